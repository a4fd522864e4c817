/* SPDX-License-Identifier: MIT */
#ifndef GIT_WRITE_H
#define GIT_WRITE_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/*
 * One commit, from an intent to the server, without a work tree and without anybody's index: files are
 * read at the branch's tip, the caller changes them, blobs, tree and commit are made by plumbing, and
 * a plain push offers it. Where somebody was faster, the intent is applied again to what they left, a
 * bounded number of times; the caller refuses where it no longer holds.
 *
 * After a lost connection the server is asked before anything is sent again. What is about to be pushed
 * is in a journal first: a program that is killed leaves either no commit or the whole one, and
 * git_recover says which.
 */
enum { GIT_CHANGES_MAX = 5000, GIT_ATTEMPTS = 12, GIT_SHA = 65 };

/* A file as it stands at the tip. */
struct git_before {
	const char *path;
	const char *bytes; /* NULL: there is none */
	size_t len;
};

/* What it is to become. */
struct git_after {
	int touched;
	char *bytes; /* malloc'd by the caller of the change, freed by the writer; NULL: deleted */
	size_t len;
};

enum git_write_end {
	GIT_WRITE_DONE,     /* it is on the server */
	GIT_WRITE_NOTHING,  /* the files are so already: there is nothing to commit */
	GIT_WRITE_REFUSED,  /* the caller's change refused, or a path may not be written */
	GIT_WRITE_REJECTED, /* the server did: a protected branch, a hook */
	GIT_WRITE_RACED,    /* others were faster GIT_ATTEMPTS times */
	GIT_WRITE_FAILED,
	GIT_WRITE_UNKNOWN,  /* it was sent and nobody could be asked whether it arrived */
};
extern const char *const git_write_end_words[7];

struct git_written {
	enum git_write_end end;
	char commit[GIT_SHA]; /* of DONE, REJECTED and UNKNOWN */
	char base[GIT_SHA];   /* what it stands on */
	int attempts;
	struct err err;       /* of all but DONE and NOTHING */
};

struct git_write_options {
	struct git *git;
	struct loop *loop;
	const char *branch;        /* the branch that is read: "main" */
	const char *push_branch;   /* the one that is pushed; NULL: the same. Another one is ours alone */
	const char *journal;       /* folder, made when it is missing, 0700 */
	const char *change_id;     /* names the journal's entry; [A-Za-z0-9-] */
	const char *const *paths;
	size_t path_count;
	/*
	 * Called for each attempt with the files at the tip. Fills `after` (same order) and the commit's
	 * message (malloc'd). Returns 0, or -1 when the intent does not hold any more. Must not block.
	 */
	int (*change)(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
	              char **message, struct err *err);
	void (*progress)(void *arg, const char *words); /* "pushing"; may be NULL */
	void (*done)(void *arg, const struct git_written *written);
	void *arg;
	int dry;        /* ends before anything is written, as GIT_WRITE_DONE without a commit */
	int fresh;      /* the branch was fetched just now: the first attempt need not */
	double backoff; /* seconds; 0: 0.05 */
};

struct git_write;
/* `done` is called exactly once, from the loop; the handle is gone after it. NULL and err when a path
 * or name is refused. Strings are copied. */
struct git_write *git_write_start(const struct git_write_options *options, struct err *err);
/* No callback follows. What was being pushed may still arrive: the journal keeps it. */
void git_write_cancel(struct git_write *write);

/* What a run before this one left. */
struct git_recovered {
	const char *change_id, *commit, *branch;
	int landed; /* the branch holds it; 0: it never got there, and is forgotten */
};
/* Looks at every entry of the journal, of programs that run no more, and removes it. `done` once, at the
 * end; err is set when some could not be judged (they stay). */
struct git_recovery *git_recover(struct git *git, struct loop *loop, const char *journal,
                                 void (*each)(void *arg, const struct git_recovered *recovered),
                                 void (*done)(void *arg, const struct err *err), void *arg);
void git_recovery_cancel(struct git_recovery *recovery); /* no callback; NULL is fine */

/* Whether a path may be written: within the tree, and none of Git's or the CI's own. */
int git_path_check(const char *path, struct err *err) MUST_USE;

#endif

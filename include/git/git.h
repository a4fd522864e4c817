/* SPDX-License-Identifier: MIT */
#ifndef GIT_GIT_H
#define GIT_GIT_H

#include <stddef.h>

#include "base/err.h"
#include "net/loop.h"
#include "net/proc.h"

/*
 * The git program, run by our rules on one bare repository: no hooks, no prompts, only the permitted
 * protocols, our environment's GIT_* variables out of the way, messages in English, the address given
 * by environment (an argument can be seen by every user of the machine) as remote "origin". Credential
 * helpers, ssh and signing are the user's own and work; a child has no terminal, so none of them can ask.
 */
struct git;

struct git_options {
	struct loop *loop;
	const char *folder;  /* of the bare repository */
	const char *url;     /* checked with url_check; may hold a password, which is never shown */
	int insecure;        /* see git/url.h */
	const char *program; /* NULL: "git" of PATH */
};

/* Copies everything. */
struct git *git_new(const struct git_options *options);
void git_free(struct git *git); /* after its calls */
const char *git_folder(const struct git *git);
const char *git_shown(const struct git *git); /* the address as it may be shown */

/* Why git failed, as far as its words tell: one table in git/trouble.c. */
enum git_trouble {
	GIT_WELL,
	GIT_NO_PROGRAM,
	GIT_TIMED_OUT,
	GIT_TOO_MUCH,      /* it said more than we wanted to hear */
	GIT_AUTHENTICATION,
	GIT_HOST_KEY,
	GIT_UNREACHABLE,
	GIT_TLS,
	GIT_NO_REPOSITORY,
	GIT_NO_BRANCH,
	GIT_DISK_FULL,
	GIT_NO_PERMISSION, /* on our own disk */
	GIT_PROTOCOL,      /* refused by our own rules */
	GIT_LOCKED,
	GIT_DAMAGED,       /* the bare repository on our disk */
	GIT_MOVED,         /* a push lost a race */
	GIT_REJECTED,      /* a hook or a protected branch refused a push */
	GIT_OTHER,
	GIT_TROUBLES
};
struct git_trouble_row {
	const char *key;    /* "authentication" */
	const char *words;  /* "the server refused our credentials" */
	const char *advice; /* what to do */
};
extern const struct git_trouble_row git_troubles[GIT_TROUBLES];
/* Of what git wrote to stderr. Pure. */
enum git_trouble git_trouble_of(const char *errors, size_t len);

struct git_answer {
	enum git_trouble trouble;
	int exit_code;       /* -1: it did not run to its end */
	const char *out;     /* NUL-terminated; of GIT_TOO_MUCH, the first part; valid during the callback */
	size_t out_len;
	const char *said;    /* what it wrote to stderr, raw: sanitise before showing */
	size_t said_len;
	const char *error;   /* a sentence for people, with what to do; "" when exit_code is 0 */
};

struct git_command {
	const char *const *argv;      /* what follows "git"; NULL-terminated */
	const char *const *extra_env; /* such as GIT_INDEX_FILE; may be NULL */
	const char *input;            /* for stdin; may be NULL */
	size_t input_len;
	size_t max_output;            /* 0: 1 MiB */
	double timeout;               /* seconds; 0: 30 */
	int plain_exit;               /* exit code 1 is an answer, no failure (merge-base --is-ancestor) */
	const char *doing;            /* for messages: "fetching" */
	void (*done)(void *arg, const struct git_answer *answer);
	void *arg;
};

/* `done` is called exactly once, from the loop, never from inside git_run, even when git cannot be
 * started; the handle is gone after it. */
struct git_call *git_run(struct git *git, const struct git_command *command);
void git_cancel(struct git_call *call); /* no callback; NULL is fine */
/* A child to talk with (struct proc_options' `converse`), by the same rules. */
struct proc *git_converse(struct git *git, const char *const *argv,
                          void (*on_out)(void *arg, const char *bytes, size_t len),
                          void (*done)(void *arg, const struct proc_result *result), void *arg, struct err *err);

#endif

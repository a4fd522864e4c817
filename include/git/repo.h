/* SPDX-License-Identifier: MIT */
#ifndef GIT_REPO_H
#define GIT_REPO_H

#include "base/clock.h"
#include "base/log.h"
#include "git/blobs.h"
#include "git/git.h"
#include "model/repository.h"

/*
 * A configured repository: a bare clone below the state folder, fetched now and then, its newest
 * commits told to the model. Everything is asynchronous; what fails is said in the facts' `error`,
 * what was read before stays. The clone is the console's own (nobody works in it), and any number of
 * consoles may share it. A branch that was rewritten is followed, and said to be. A clone that is
 * damaged is put aside and made anew.
 */
struct repo;

/* How long things may take, in seconds. Tests make them short. */
struct repo_timing {
	double interval;             /* between fetches */
	double retry, retry_max;     /* after a failure: the first, and what doubling leads to */
	double clone, fetch, ask;    /* time-outs */
};
extern const struct repo_timing repo_timing_default;

struct repo_options {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;           /* may be NULL */
	struct fleet *fleet;
	const char *folder;        /* where clones are kept; made when it is missing, 0700 */
	const char *url, *branch;  /* of the configuration; branch NULL: "main" */
	int insecure;              /* see git/url.h */
	int contents;              /* files are read too; 0: commits and folders alone are fetched where the server can */
	const char *program;       /* NULL: "git" */
	const struct repo_timing *timing; /* NULL: the default */
	void (*changed)(void *arg);  /* the facts were written; may be NULL */
	void *arg;
};

enum { REPO_COMMITS = 5000, REPO_COMMITS_WITH_PATHS = 300 };

/* NULL and err when the address or branch is refused. Adds the repository to the fleet. */
struct repo *repo_new(const struct repo_options *options, struct err *err);
void repo_free(struct repo *repo); /* before the fleet, which keeps the facts; NULL is fine */

/* Reads what the clone has from before, then fetches, and again at intervals. */
void repo_start(struct repo *repo);
/* Fetches now, or once more after the fetch that is under way. Cheap to call often. */
void repo_fetch(struct repo *repo);
/* A commit that somebody runs but the branch does not reach (another branch, a tag, rewritten): its
 * history is looked up in the clone, once for each fetch that brought something. */
void repo_want(struct repo *repo, const char *sha);

struct repository *repo_facts(struct repo *repo);
struct git *repo_git(struct repo *repo);     /* for plumbing in the clone */
struct blobs *repo_blobs(struct repo *repo); /* contents; names such as "SHA:path" */
int repo_is_busy(const struct repo *repo);   /* something is under way */

/* The clone's folder below `folder`: one for each address, however it is written. free() it. */
char *repo_place(const char *folder, const char *url);
/* A name as git permits for branches, and no option. */
int branch_is_name(const char *branch);

#endif

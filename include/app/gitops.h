/* SPDX-License-Identifier: MIT */
#ifndef APP_GITOPS_H
#define APP_GITOPS_H

#include "app/config.h"
#include "app/session.h"
#include "store/db.h"

struct repo;

/*
 * The configured repositories beside a session's clusters, and the chains that lead from their commits
 * to the services.
 */
struct gitops;

struct gitops_options {
	struct session *session;      /* outlives it */
	const struct config_repository *repositories; /* live as long as it */
	size_t repository_count;
	struct db *db;                /* history of chains; NULL: none is kept */
	struct log *log;              /* may be NULL */
	void (*changed)(void *arg);   /* facts of a repository were written: as session_options.changed; may be NULL */
	void *arg;
};

/* Clones lie beside the state file. An address that is refused becomes a repository that says why. */
struct gitops *gitops_new(const struct gitops_options *options);
void gitops_free(struct gitops *gitops); /* before the session; NULL is fine */
void gitops_start(struct gitops *gitops); /* once more does nothing */
/* After fleet_settle: brings chains up to date, and settles the fleet again when one has changed.
 * Returns whether one has. NULL is fine. */
int gitops_update(struct gitops *gitops);
/* Follows this commit for the service; NULL: the newest. */
void gitops_follow(struct gitops *gitops, const struct service *service, const char *sha);
void gitops_fetch(struct gitops *gitops); /* all repositories, now */
/* Runs the loop until every repository was read or cannot be, at most that long. 0, or -1: not all were. */
int gitops_wait(struct gitops *gitops, double seconds) MUST_USE;
/* The opened one that the configuration lists at that place; NULL when its address was refused. */
struct repo *gitops_repo(struct gitops *gitops, size_t index);

#endif

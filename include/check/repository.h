/* SPDX-License-Identifier: MIT */
#ifndef CHECK_REPOSITORY_H
#define CHECK_REPOSITORY_H

#include "check/check.h"
#include "git/git.h"

/*
 * One configured repository: does its server answer us, is the branch there, under which name would we
 * commit, and may we push? The last is asked with a dry run, and only where there is a clone already.
 */
struct repository_check;

/* `git` and `branch` outlive it. */
struct repository_check *repository_check_start(struct git *git, const char *branch, void (*done)(void *arg), void *arg);
/* After `done`, or earlier: what has no answer yet is a failure. */
void repository_check_findings(const struct repository_check *check, struct findings *findings);
void repository_check_free(struct repository_check *check); /* NULL is fine */

#endif

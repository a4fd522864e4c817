/* SPDX-License-Identifier: MIT */
#ifndef APP_FLAG_DESK_H
#define APP_FLAG_DESK_H

#include "app/cli.h"
#include "flag/change.h"
#include "flag/history.h"
#include "flag/plan.h"
#include "flag/tree.h"
#include "git/git.h"
#include "net/loop.h"

/*
 * What the commands of `flagdeck flag` work on: a folder, which can only be read, or a clone of a
 * repository, fetched when the desk is opened. Calls run the loop until they are answered.
 */
struct flag_desk {
	struct cli *cli;
	struct loop *loop;
	struct git *git;      /* NULL: a folder */
	char *folder;         /* NULL: a repository */
	char *branch, *ref, *journal;
	const char *catalog, *provider, *api, *url; /* the address is never shown */
	int by_request;
	struct flag_tree *tree;
	struct flag_history history;
	int has_history;
};

int desk_open(struct flag_desk *desk, struct cli *cli, int to_write, struct err *err) MUST_USE;
void desk_close(struct flag_desk *desk);
int desk_read_history(struct flag_desk *desk, struct err *err) MUST_USE;
/* Fetches and reads the tree again. */
int desk_refresh(struct flag_desk *desk, struct err *err) MUST_USE;

/* Whether a git command succeeds; what it says goes to `out` where that is not NULL. */
int desk_git(struct flag_desk *desk, const char *const *argv, const char *doing, struct buf *out, struct err *err) MUST_USE;

/* The places that --service, -l, --env and --region choose; region NULL where none is chosen. */
struct desk_place {
	const char *service, *env, *region;
};
/* free() *places. `every_region`: a place for each region where the environment has some. Nothing chosen
 * is an error when `narrow`. */
int desk_places(const struct flag_desk *desk, int narrow, int every_region, struct desk_place **places, size_t *count,
                struct err *err) MUST_USE;

/* Plans, shows, asks, commits, pushes, audits. The exit code. `action` names it in the audit. */
int desk_carry_out(struct flag_desk *desk, struct flag_change *change, const char *action);

/* What a plan says, for people or as JSON. */
void desk_print_plan(const struct flag_plan *plan, const struct flag_change *change);
struct cJSON *desk_plan_json(const struct flag_plan *plan, const struct flag_change *change);

#endif

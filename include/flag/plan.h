/* SPDX-License-Identifier: MIT */
#ifndef FLAG_PLAN_H
#define FLAG_PLAN_H

#include "base/vec.h"
#include "flag/change.h"
#include "flag/tree.h"

/*
 * What a change would do, before it is committed: the lines of the files, each value as it holds before
 * and after (which need not differ), what the catalog says follows, and what would be wrong then.
 */
struct flag_plan_row {
	const struct flag_intent *intent;
	char *before, *after; /* the values that hold, as text */
	int same;             /* the value that holds does not change */
	int same_file;        /* nor does the file */
};

struct flag_plan {
	struct flag_plan_row *rows;
	size_t count;
	struct flag_tree *after;      /* as it would be */
	struct buf diff;              /* unified, of every file that changes */
	size_t files;                 /* that change */
	struct flag_issues problems;  /* what is wrong then and was not before */
	struct vec effects;           /* char *: "create HorizontalPodAutoscaler: pay/prod" */
	struct vec warnings;          /* char *: sentences */
	enum flag_risk risk;
	long approvals;               /* the catalog asks for; they advise, the branch's protection enforces */
	int protected, restarts_pods, destructive;
	const struct flag_freeze *freeze; /* of the tree's catalog; NULL: none holds */
	int nothing;                  /* no value that holds changes */
};

/* Refuses only what cannot be applied. `change` and `tree` stay the caller's and must outlive it. */
int flag_plan_make(struct flag_plan *plan, const struct flag_tree *tree, const struct flag_change *change, int64_t now_ms,
                   struct err *err) MUST_USE;
void flag_plan_release(struct flag_plan *plan);

/* The lines that differ, with three around them, as diff -u writes. Nothing when they do not. */
int flag_diff(struct buf *out, const char *path, const char *before, size_t before_len, const char *after, size_t after_len)
    MUST_USE;

#endif

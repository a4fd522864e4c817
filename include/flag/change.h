/* SPDX-License-Identifier: MIT */
#ifndef FLAG_CHANGE_H
#define FLAG_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "flag/tree.h"
#include "git/write.h"

/*
 * A change of flags as an intent: which values are to become what, seen from which values they have
 * now. It is applied to files as they stand at the branch's tip at that moment, by the byte-preserving
 * editor, and refuses where somebody has changed one of its values meanwhile.
 *
 * The commit's trailers say all that is needed to show, revert, expire or guard it later:
 *
 *	Flag-Change-Id: 5f0c…
 *	Flag: hpa.enabled
 *	From: unset
 *	To: true
 *	Scope: payments-api/prod
 *	Scope: checkout-web/prod/eu-west-1
 *	Expires: 2026-11-24T18:00:00Z
 *	Guard: errorRatio<1%
 *	Guard-For: 10m
 *	Flag-Reverts: 77ab…
 *
 * Flag, From and To speak for the Scopes that follow. From and To are what stands in the file; unset:
 * nothing does.
 */
struct flag_intent {
	char *key, *service, *env, *region; /* region NULL: none */
	char *from, *to;                    /* NULL: unset */
	char *file, *path;                  /* where: the file, and the path in it */
	enum flag_type type;
};

struct flag_change {
	char id[33];
	struct flag_intent *items;
	size_t count;
	char *reason;  /* one line */
	char *subject; /* NULL: made from the items */
	char *expires, *guard, *guard_for, *reverts, *reverts_commit, *override, *audit; /* NULL: not so */
};

enum { FLAG_CHANGE_MAX = GIT_CHANGES_MAX, FLAG_REASON_MAX = 400 };

void flag_change_init(struct flag_change *change); /* with a fresh id */
void flag_change_release(struct flag_change *change);
/*
 * Adds one value; `to` NULL removes the service's own value, so that the more general one holds again.
 * Checks that flag, service and environment exist and the value is one of the flag; on, off, yes and
 * no are taken for a bool. What is so already is added too: it changes nothing.
 */
int flag_change_add(struct flag_change *change, const struct flag_tree *tree, const char *key, const char *service,
                    const char *env, const char *region, const char *to, struct err *err) MUST_USE;
/* One line, or refused: a line feed would forge a trailer. */
int flag_change_set_reason(struct flag_change *change, const char *reason, struct err *err) MUST_USE;
/* The guard: "errorRatio<1%", for 10m. */
int flag_change_set_guard(struct flag_change *change, const char *guard, const char *duration, struct err *err) MUST_USE;
/* The files, each once; the array is to be freed, the strings are the change's. */
const char **flag_change_paths(const struct flag_change *change, size_t *count);
/* A git_write's `change`: arg is the struct flag_change. */
int flag_change_apply(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
                      char **message, struct err *err);
char *flag_change_message(const struct flag_change *change);

/* A message read back: whatever anybody committed. Returns 1 when it is a change of flags, else 0. */
int flag_change_parse(struct flag_change *change, const char *subject, const char *body);

/* "payments-api/prod/eu-west-1" */
void flag_intent_scope(const struct flag_intent *intent, char *out, size_t size);
/* Splits it; pointers into `text`, which is written to. 0 or -1. */
int flag_scope_split(char *text, const char **service, const char **env, const char **region) MUST_USE;

#endif

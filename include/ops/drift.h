/* SPDX-License-Identifier: MIT */
#ifndef OPS_DRIFT_H
#define OPS_DRIFT_H

#include "base/json.h"
#include "kube/client.h"
#include "ops/own_fields.h"

/*
 * How the objects of a cluster differ from what Git renders: each is applied by a server-side dry run, in the
 * name and with the force of the controller that applies it, and the answer is compared with what is there.
 * Nothing is written, but it is asked as a write is: a program that is read-only must not begin this.
 */
enum drift_state {
	DRIFT_NONE,
	DRIFT_CHANGED, /* fields differ */
	DRIFT_MISSING, /* Git has it, the cluster has not */
	DRIFT_EXTRA,   /* the cluster has it, Git has not any more: it would be pruned */
	DRIFT_LEFT,    /* the controller is told to leave it alone; `why` says by what */
	DRIFT_UNKNOWN, /* `why` says why */
	DRIFT_STATES
};
extern const char *const drift_words[DRIFT_STATES]; /* "same", "changed", … */

struct drift_object {
	enum drift_state state;
	char *kind, *namespace, *name; /* sanitised */
	char why[500];
	struct field_changes changes;
};

struct drift;

struct drift_options {
	struct client *client;           /* outlives it */
	const char *const *managers;     /* by which the controller may be known, the usual one first */
	const char *namespace;           /* of objects that say none */
	const cJSON *objects;            /* rendered, an array; lives as long as the drift */
	const cJSON *inventory;          /* status.inventory.entries: what was applied; NULL: nothing is pruned */
	const char *substituted;         /* NULL, or what replaces ${…} when it is applied: such objects are not known */
	void (*done)(void *arg, struct drift *drift); /* once, later */
	void *arg;
};

struct drift *drift_begin(const struct drift_options *options);
void drift_free(struct drift *drift); /* no callback follows; NULL is fine */
size_t drift_count(const struct drift *drift);
const struct drift_object *drift_at(const struct drift *drift, size_t index);
size_t drift_in_state(const struct drift *drift, enum drift_state state);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CENSUS_H
#define MODEL_CENSUS_H

#include "base/text.h"
#include "base/vec.h"
#include "model/fleet.h"

/*
 * Everything that somebody holds: suspended, paused, disabled or waiting for a yes. One ordered table
 * of ways to be held; an object can be held in several. Totals are kept in O(1) an event; the list is
 * made when it is looked at.
 */
struct held_row {
	const char *key;     /* "flux-suspended" */
	const char *help;    /* for people: what is held, and what that means */
	const char *release; /* what lets it go, in words: "resume it" */
	const char *action;  /* name of the action that does, as in actions.def: "flux.resume" */
	int (*matches)(const struct object *object);
	/* What is held, in words: "suspended", "paused at step 2 of 5". */
	void (*describe)(const struct object *object, struct text *out);
	/* Since when where nobody wrote it down, from the status; 0: not known. NULL: never known. */
	int64_t (*since)(const struct object *object);
};

extern const struct held_row held_rows[];
extern const size_t held_row_count;

/* In how many ways an object is held; NULL: none. */
int object_is_held(const struct object *object);

/* One entry of the census. */
struct held {
	const struct cluster *cluster;
	const struct object *object;
	const struct held_row *row;
	int64_t since_ms, until_ms; /* 0: not known; no end */
};

/* Fills `out` (an array on the heap: free() it) with what is held in a cluster, or in all of them for
 * NULL: in the table's order, the longest held first. Returns how many. */
size_t census_run(const struct fleet *fleet, const struct cluster *only, struct held **out);
/* Who holds it, in words: "ann@laptop", "flux (program)", "Git, by Kustomization apps"; "" not known. */
void held_by(const struct held *held, struct text *out);
/* Why, as somebody wrote it; "" when nobody did. */
const char *held_why(const struct held *held);
/* Who holds an object and since when, as it is written on it; NULL: nothing is. */
const struct hold *object_hold(const struct object *object);

#endif

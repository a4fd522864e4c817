/* SPDX-License-Identifier: MIT */
#ifndef MODEL_OPERATION_H
#define MODEL_OPERATION_H

#include <stdint.h>

#include "model/timeline.h"

/*
 * How far an operation of ours has come. A write counts as done only once it was observed.
 */
enum operation_state {
	OPERATION_ASKING,   /* what is there, what we may, what would happen */
	OPERATION_READY,    /* it may be started */
	OPERATION_REFUSED,  /* nothing was sent; final */
	OPERATION_INTENDED, /* the audit has it; it is being sent */
	OPERATION_SENT,     /* the server took it */
	OPERATION_OBSERVED, /* done, and seen to be; final */
	OPERATION_FAILED,   /* refused by the server, or what was seen is a failure; final */
	OPERATION_TIMED_OUT, /* sent, and not observed in time; final */
	OPERATION_STATES
};

extern const char *const operation_words[OPERATION_STATES]; /* "asking", …, "done", "failed", "timed out" */

static inline int operation_is_final(enum operation_state state)
{
	return state == OPERATION_REFUSED || state >= OPERATION_OBSERVED;
}

/*
 * Its line in the timeline: written anew as it moves on, in its place. `id` is one of the program's run.
 * "restart  intended ✔ sent ✔ observed: 12 of 12 pods are to be new"
 */
void operation_tell(struct timeline *timeline, uint64_t id, int64_t at_ms, enum operation_state state,
                    const char *subject, const char *what, const char *detail);

#endif

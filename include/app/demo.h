/* SPDX-License-Identifier: MIT */
#ifndef APP_DEMO_H
#define APP_DEMO_H

#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * The embedded platform (sim/sim.h) as a process of its own, so that neither its work nor its
 * memory is in the console's way, in a folder of its own, so that nothing of it stays.
 *
 * The child lives as long as its parent: it holds one end of a pipe, and when the other end closes,
 * by demo_end or by the parent's death in any form, it removes the folder and ends. A second demo
 * in the same folder is refused.
 */
struct demo;

struct demo_options {
	const char *folder; /* NULL: $XDG_CACHE_HOME/flagdeck/demo. Missing, empty, or left by a demo */
	int services;       /* 0: the platform's own number */
	double speed;       /* 0: 1 */
	uint64_t seed;
	const char *story;  /* of sim_story_at; NULL: the usual one */
	const struct vec *faults; /* const char *: for sim_spoil; may be NULL */
	int whole;          /* demo_start returns when everything is in place, not as soon as clients may connect */
};

/* Returns when clients may connect. Starts no threads and no loop in this process. */
struct demo *demo_start(const struct demo_options *options, struct err *err);
/* Ends the platform and waits until its folder is gone. Returns -1 with a sentence when it had died before, or left
 * something behind. */
int demo_end(struct demo *demo, struct err *err) MUST_USE;

const char *demo_folder(const struct demo *demo); /* absolute */
int demo_pid(const struct demo *demo);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_LOGS_H
#define KUBE_LOGS_H

#include <stddef.h>
#include <stdint.h>

#include "model/logring.h"

struct source;

/*
 * Follows the logs of containers into a ring: one chunked request each, always with tailLines, at
 * most LOGS_MAX at a time (more is said in `notice`). A stream that ends is taken up again from
 * the last stamp while the container lives, with a pause between; 400 and 404 end it with a line
 * in the ring that says why.
 */
enum { LOGS_MAX = 50 };

struct logs_target {
	const char *namespace, *pod, *container;
};

struct logs_options {
	const struct logs_target *targets; /* copied */
	size_t count;
	int tail;       /* lines per container to begin with */
	int previous;   /* of the container before the last restart: no following */
	struct logring *ring;
	void (*changed)(void *arg);
	void *arg;
};

struct logs;

struct logs *logs_follow(struct source *source, const struct logs_options *options);
/* Other targets: those in both lists go on, new ones start with their tail, others end. */
void logs_retarget(struct logs *logs, const struct logs_target *targets, size_t count);
void logs_free(struct logs *logs); /* NULL is fine */
/* "12 containers" or "50 of 120 containers"; and trouble: "3 streams failed: …". */
void logs_describe(const struct logs *logs, char *out, size_t size);

#endif

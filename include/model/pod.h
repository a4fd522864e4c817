/* SPDX-License-Identifier: MIT */
#ifndef MODEL_POD_H
#define MODEL_POD_H

#include <stdint.h>

#include "model/object.h"
#include "model/reason.h"

struct owner;

/*
 * A pod, reduced to what is shown: about 350 bytes with its strings. It counts for its service while
 * it is neither finished nor terminating.
 */
struct pod {
	struct object object;
	const char *owner_uid; /* interned: of its controller; "" without */
	const char *node, *ip; /* interned; "" while not assigned */
	const char *status;    /* interned: the word of kubectl's STATUS column */
	const char *hash;      /* interned: pod-template-hash or controller-revision-hash */
	const char *containers; /* interned: names joined by "," ; init containers not included */
	int64_t restarted_ms;  /* of the latest restart; 0: none */
	int32_t restarts;      /* sum over containers, as kubectl's RESTARTS */
	uint8_t ready_containers, total_containers;
	uint8_t reason;        /* enum reason: the worst */
	unsigned ready : 1;    /* condition Ready */
	unsigned terminating : 1;
	unsigned finished : 1; /* phase Succeeded or Failed */
	char *message;         /* owned: the worst container's message, sanitised, at most 256 bytes, or NULL */

	/* Kept by the model. */
	struct owner *parent;
	uint32_t place;        /* index in the parent's pods */
};

#endif

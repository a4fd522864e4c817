/* SPDX-License-Identifier: MIT */
#ifndef KUBE_WIRE_H
#define KUBE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads a list in the API server's protobuf form while it arrives: the counterpart of kube/scan.h.
 * A list of pods is a third of its JSON there, and half of the server's work.
 *
 * The form: "k8s\0", then a message of the API machinery (runtime.Unknown) whose field 2 is the list;
 * the list's field 1 is its metadata, its field 2 an item. Any chunk boundary is fine; only one item is
 * ever held. An item over SCAN_OBJECT_MAX bytes, lengths that do not fit into each other and what is
 * no list are errors; after one, every further call fails with the same words.
 */
struct wire;

struct wire_events {
	/* The bytes of one message, valid during the call. Non-zero stops. */
	int (*object)(void *arg, const char *bytes, size_t len);
	int (*list_metadata)(void *arg, const char *bytes, size_t len);
	void *arg;
};

/* Whether an answer that starts with this byte may be in this form (JSON never starts so). */
int wire_starts(char first);

struct wire *wire_new(const struct wire_events *events);
void wire_free(struct wire *wire);
/* Takes the next bytes. Returns 0, 1 when a callback stopped it, or -1. */
int wire_feed(struct wire *wire, const char *bytes, size_t len, struct err *err) MUST_USE;
/* The body is over: an error unless the list was read to its end. */
int wire_finish(const struct wire *wire, struct err *err) MUST_USE;

/* One field after the other of a message that is in memory. */
struct wire_cursor {
	const char *at, *end;
};

struct wire_field {
	uint64_t number;
	int is_bytes;      /* text, bytes, a message; otherwise a number */
	uint64_t value;    /* of a number; fixed-width ones are passed over and read as 0 */
	const char *bytes;
	size_t len;
};

/* 1: a field; 0: the end; -1: this is no message. */
int wire_next(struct wire_cursor *cursor, struct wire_field *field);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_WIRE_DECODE_H
#define KUBE_WIRE_DECODE_H

#include <stdint.h>

#include "base/json.h"

/*
 * An object in protobuf becomes the tree that its JSON would have been parsed to, with the members
 * that a table names: so the kinds' decoders serve both forms, and cannot disagree.
 */
enum wire_type {
	WIRE_TEXT,    /* left out when empty, as the API's JSON does */
	WIRE_NUMBER,
	WIRE_BOOL,
	WIRE_STAMP,   /* a time: text in RFC 3339 */
	WIRE_MAP,     /* text to text */
	WIRE_MESSAGE,
};

struct wire_message;

struct wire_member {
	uint32_t number;
	const char *name;  /* in the JSON */
	enum wire_type type;
	int repeated;      /* an array; messages only */
	const struct wire_message *message; /* WIRE_MESSAGE */
	const char *const *keys;            /* WIRE_MAP: those wanted, NULL-terminated; NULL: all */
};

struct wire_message {
	const struct wire_member *members;
	size_t count;
};

extern const struct wire_message wire_pod, wire_list_metadata;

/* The tree lies in the arena. NULL and err when the bytes are no such message or too many. */
cJSON *wire_decode(struct arena *arena, const struct wire_message *message, const char *bytes, size_t len,
                   struct err *err);
/* Whether a path of a kind's fields ("status phase", see kube/scan.h) is in the table: what is asked of
 * JSON must come out of protobuf too. */
int wire_knows(const struct wire_message *message, const char *path);

#endif

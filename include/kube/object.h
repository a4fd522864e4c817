/* SPDX-License-Identifier: MIT */
#ifndef KUBE_OBJECT_H
#define KUBE_OBJECT_H

#include "base/err.h"
#include "model/object.h"

struct source;
struct cJSON;

/*
 * One object, read when it is looked at, as YAML in lines: without managedFields, text sanitised,
 * secrets masked: data and stringData of a Secret, the last-applied annotation of one, and the
 * values of environment variables whose name speaks of a secret (password, token, key, …). Those that
 * could be shown have a number in their mask, from 1; the one asked for is left as it is.
 */
struct object_read;

struct object_text {
	char **lines; /* sanitised */
	size_t count;
	int masked;   /* how many values are masked */
	int revealed; /* one of them is shown after all; its memory is wiped in object_text_free */
};

/* `reveal`: number of the one value to show, 0: none. Calls back exactly once, later; text is NULL and err set on failure. The callee takes the text
 * over. Cancelling ends it without a call. */
struct object_read *object_read(struct source *source, enum object_kind kind, const char *namespace, const char *name,
                                int reveal,
                                void (*done)(void *arg, struct object_text *text, const struct err *err), void *arg);
void object_read_cancel(struct object_read *read);
void object_text_free(struct object_text *text);
/* The same of a value that was read already, such as a template: what is secret in it is masked there. */
struct object_text *object_text_of(struct cJSON *json, struct err *err);

#endif

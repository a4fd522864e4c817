/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * JSON by cJSON. Look-ups are case-sensitive and check types: what is absent, null or of another
 * type gives the fallback. cJSON's allocator hooks are global, so JSON is parsed and built on one
 * thread only (the main one).
 */

/*
 * Parses exactly one value from len bytes into the arena: never freed by cJSON_Delete, gone with
 * arena_reset. Depth over 128, trailing bytes and a full arena are errors.
 */
cJSON *json_parse(struct arena *arena, const char *bytes, size_t len, struct err *err) MUST_USE;
/* Parses to the heap; free with cJSON_Delete. */
cJSON *json_parse_heap(const char *bytes, size_t len, struct err *err) MUST_USE;

const cJSON *json_get(const cJSON *object, const char *name);    /* NULL when absent or null */
/* A path of names joined by '/', e.g. "metadata/labels" (names hold dots). */
const cJSON *json_at(const cJSON *object, const char *path);
const char *json_string(const cJSON *object, const char *path);  /* NULL when it is no string */
int64_t json_int(const cJSON *object, const char *path, int64_t fallback); /* saturates */
double json_number(const cJSON *object, const char *path, double fallback);
int json_bool(const cJSON *object, const char *path, int fallback);
/* Milliseconds of an RFC 3339 string, or 0. */
int64_t json_stamp(const cJSON *object, const char *path);

/* Writes the value as text, indented by two spaces when pretty, with a final newline. */
int json_write(struct buf *out, const cJSON *value, int pretty) MUST_USE;

#endif

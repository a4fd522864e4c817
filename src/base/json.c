/* SPDX-License-Identifier: MIT */
/*
 * JSON by cJSON. Before cJSON sees a byte, one scan checks that brackets and strings close and how
 * deep they go: cJSON recurses, and has been known to read past the end of input that stops early.
 *
 * cJSON's allocator hooks are process-wide functions without a context argument, so the arena to
 * take from is found through a pointer of this file's. It is the program's one mutable static:
 * per thread, and set only while json_parse is on the stack. With it unset the hooks are malloc
 * and free, so what is built or parsed to the heap is freed as usual whenever hooks were installed.
 */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { JSON_DEPTH_MAX = 128 };

struct json_memory {
	struct arena *arena;
	int is_full;
};

static _Thread_local struct json_memory *current;

static void *hook_malloc(size_t size)
{
	void *memory;

	if (current == NULL)
		return malloc(size);
	memory = arena_alloc(current->arena, size);
	current->is_full |= memory == NULL;
	return memory;
}

static void hook_free(void *memory)
{
	if (current == NULL)
		free(memory);
}

/* The index behind the string that opens at `i`; 0 when it does not close. */
static size_t skip_string(const char *bytes, size_t len, size_t i)
{
	for (i++; i < len; i++) {
		if (bytes[i] == '"')
			return i + 1;
		if (bytes[i] == '\\')
			i++;
	}
	return 0;
}

static int check_shape(const char *bytes, size_t len, struct err *err)
{
	size_t depth = 0, next;

	for (size_t i = 0; i < len; i = next) {
		char byte = bytes[i];

		next = byte == '"' ? skip_string(bytes, len, i) : i + 1;
		if (next == 0)
			return err_set(err, "cannot parse JSON: it is cut short in the string at byte %zu",
			               i);
		if ((byte == '[' || byte == '{') && ++depth > JSON_DEPTH_MAX)
			return err_set(err,
			               "cannot parse JSON: at byte %zu it is nested deeper than %d levels", i,
			               JSON_DEPTH_MAX);
		if ((byte == ']' || byte == '}') && depth-- == 0)
			return err_set(
			    err, "cannot parse JSON: at byte %zu a bracket closes that was not opened", i);
	}
	if (depth > 0)
		return err_set(err, "cannot parse JSON: it is cut short after %zu bytes", len);
	return 0;
}

static int is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The message gives positions only: the bytes around them may be a secret. */
static cJSON *parse(const char *bytes, size_t len, struct err *err)
{
	const char *end = bytes;
	cJSON *value;

	if (len == 0) {
		err_set(err, "cannot parse JSON: there is none");
		return NULL;
	}
	if (check_shape(bytes, len, err) != 0)
		return NULL;
	value = cJSON_ParseWithLengthOpts(bytes, len, &end, 0);
	if (value == NULL && current != NULL && current->is_full) {
		err_set(err, "cannot parse JSON: %zu bytes of it need more memory than one answer may take",
		        len);
		return NULL;
	}
	if (value == NULL) {
		err_set(err, "cannot parse JSON: it is not valid at byte %zu of %zu",
		        end == NULL ? (size_t)0 : (size_t)(end - bytes), len);
		return NULL;
	}
	while (end < bytes + len && is_space(*end))
		end++;
	if (end < bytes + len) {
		err_set(err, "cannot parse JSON: something follows the value at byte %zu",
		        (size_t)(end - bytes));
		cJSON_Delete(value);
		return NULL;
	}
	return value;
}

cJSON *json_parse(struct arena *arena, const char *bytes, size_t len, struct err *err)
{
	struct json_memory memory = {.arena = arena};
	cJSON_Hooks hooks = {.malloc_fn = hook_malloc, .free_fn = hook_free};
	cJSON *value;

	cJSON_InitHooks(&hooks); /* writes the same two pointers each time */
	current = &memory;
	value = parse(bytes, len, err);
	current = NULL;
	return value;
}

cJSON *json_parse_heap(const char *bytes, size_t len, struct err *err)
{
	return parse(bytes, len, err);
}

static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
	const cJSON *child;

	if (!cJSON_IsObject(object))
		return NULL;
	for (child = object->child; child != NULL; child = child->next)
		if (child->string != NULL && strncmp(child->string, name, len) == 0 &&
		    child->string[len] == '\0')
			return child;
	return NULL;
}

const cJSON *json_get(const cJSON *object, const char *name)
{
	const cJSON *child = member(object, name, strlen(name));

	return cJSON_IsNull(child) ? NULL : child;
}

const cJSON *json_at(const cJSON *object, const char *path)
{
	while (*path != '\0' && object != NULL) {
		size_t len = strcspn(path, "/");

		object = member(object, path, len);
		path += len + (path[len] == '/');
	}
	return cJSON_IsNull(object) ? NULL : object;
}

const char *json_string(const cJSON *object, const char *path)
{
	return cJSON_GetStringValue(json_at(object, path));
}

int64_t json_int(const cJSON *object, const char *path, int64_t fallback)
{
	const cJSON *value = json_at(object, path);

	if (!cJSON_IsNumber(value) || isnan(value->valuedouble))
		return fallback;
	/* 2^63 itself does not fit; -2^63 does. */
	if (value->valuedouble >= 9223372036854775808.0)
		return INT64_MAX;
	if (value->valuedouble <= -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t)value->valuedouble;
}

double json_number(const cJSON *object, const char *path, double fallback)
{
	const cJSON *value = json_at(object, path);

	return cJSON_IsNumber(value) ? value->valuedouble : fallback;
}

int json_bool(const cJSON *object, const char *path, int fallback)
{
	const cJSON *value = json_at(object, path);

	return cJSON_IsBool(value) ? cJSON_IsTrue(value) : fallback;
}

int64_t json_stamp(const cJSON *object, const char *path)
{
	const char *text = json_string(object, path);
	int64_t ms;

	return text != NULL && stamp_parse(text, &ms) == 0 ? ms : 0;
}

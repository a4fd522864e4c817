/* SPDX-License-Identifier: MIT */
/*
 * Whether an object is as an operation wanted it: what was written is there, and the controller has
 * seen it. The first half needs nothing but what was written, so the next start of the program can ask
 * it too, when this one was killed in between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "op_state.h"

/* A merge patch in an object: what it sets is so, what it takes away (null) is not there. */
static int holds(const cJSON *object, const cJSON *patch)
{
	const cJSON *member;

	if (!cJSON_IsObject(patch))
		return cJSON_Compare(object, patch, 1);
	cJSON_ArrayForEach(member, patch)
	{
		const cJSON *there = json_get(object, member->string);
		if (strcmp(member->string, "$patch") == 0)
			continue; /* how to merge, not what */
		if (cJSON_IsNull(member) ? there != NULL : !there && !cJSON_IsObject(member))
			return 0;
		if (!cJSON_IsNull(member) && !holds(there, member))
			return 0;
	}
	return 1;
}

/* RFC 6901; of paths without '~'. */
static const cJSON *pointer_get(const cJSON *object, const char *pointer)
{
	char name[128];

	while (object && *pointer == '/') {
		size_t len = strcspn(pointer + 1, "/");
		if (len >= sizeof(name))
			return NULL;
		memcpy(name, pointer + 1, len);
		name[len] = '\0';
		object = json_get(object, name);
		pointer += 1 + len;
	}
	return object;
}

/* Only of the spec: controllers write annotations of their own at once. */
static int patch_is_there(const cJSON *object, const cJSON *patch)
{
	const cJSON *change;

	cJSON_ArrayForEach(change, patch)
	{
		const char *op = json_string(change, "op"), *path = json_string(change, "path");
		if (!op || !path || strcmp(op, "test") == 0 || strncmp(path, "/spec", 5) != 0)
			continue;
		if (!cJSON_Compare(pointer_get(object, path), json_get(change, "value"), 1))
			return 0;
	}
	return 1;
}

int write_is_there(enum write_kind kind, const char *body, const cJSON *object)
{
	cJSON *patch = body ? json_parse_heap(body, strlen(body), NULL) : NULL;
	int there = 0;

	if (kind == WRITE_DELETE)
		there = !object || json_at(object, "metadata/deletionTimestamp") != NULL;
	else if (object && patch)
		there = kind == WRITE_JSON ? patch_is_there(object, patch) : holds(object, patch);
	cJSON_Delete(patch);
	return there;
}

int generation_is_observed(const cJSON *object, int64_t generation)
{
	const cJSON *observed = json_at(object, "status/observedGeneration");

	if (!observed)
		return 1;
	/* Where the answer did not tell the generation (a subresource, a lost connection): the present one. */
	if (generation == 0)
		generation = json_int(object, "metadata/generation", 0);
	/* Argo Rollouts writes it as a string. */
	if (cJSON_IsString(observed))
		return strtoll(observed->valuestring, NULL, 10) >= generation;
	return json_int(object, "status/observedGeneration", 0) >= generation;
}

const char *condition_read(const cJSON *object, const char *type, const char **reason, const char **message)
{
	const cJSON *condition;

	*reason = *message = "";
	cJSON_ArrayForEach(condition, json_at(object, "status/conditions"))
	{
		const char *name = json_string(condition, "type"), *status = json_string(condition, "status");
		if (!name || !status || strcmp(name, type) != 0)
			continue;
		*reason = json_string(condition, "reason") ? json_string(condition, "reason") : "";
		*message = json_string(condition, "message") ? json_string(condition, "message") : "";
		return status;
	}
	return "";
}

void words_add(struct text *text, const char *foreign)
{
	char safe[320];

	utf8_sanitise(safe, sizeof(safe), foreign, strlen(foreign));
	text_add(text, safe);
}

enum op_verdict judge_written(const struct op *op, const struct op_step *step, const cJSON *object, struct text *words)
{
	(void)op;
	if (!write_is_there(step->write, step->body, object)) {
		text_add(words, object ? "the object does not have it" : "the object is gone");
		return OP_WAITING;
	}
	if (object && !generation_is_observed(object, step->generation)) {
		text_add(words, "written; the controller has not seen it yet");
		return OP_WAITING;
	}
	return OP_HAPPENED;
}

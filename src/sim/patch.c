/* SPDX-License-Identifier: MIT */
/*
 * Patches as the API server takes them: a merge patch replaces lists; a strategic one, and what is
 * applied, joins the items of the lists that have a key; a JSON patch is a row of operations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"

/* RFC 7386. */
void merge_patch(cJSON *target, const cJSON *patch)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, patch)
	{
		cJSON *own = cJSON_GetObjectItemCaseSensitive(target, item->string);
		if (cJSON_IsNull(item)) {
			cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
		} else if (cJSON_IsObject(item)) {
			if (!cJSON_IsObject(own)) {
				cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
				own = cJSON_AddObjectToObject(target, item->string);
			}
			merge_patch(own, item);
		} else {
			cJSON *copy = cJSON_Duplicate(item, 1);
			if (own)
				cJSON_ReplaceItemInObjectCaseSensitive(target, item->string, copy);
			else
				cJSON_AddItemToObject(target, item->string, copy);
		}
	}
}

/* The key by which items of that list are the same one; NULL: the list is replaced as a whole. */
static const char *list_key(const char *list)
{
	static const char *const keys[][2] = {
		{"containers", "name"}, {"initContainers", "name"}, {"ephemeralContainers", "name"}, {"env", "name"},
		{"volumes", "name"}, {"volumeMounts", "mountPath"}, {"ports", "containerPort"}, {"conditions", "type"},
		{"ownerReferences", "uid"}, {"imagePullSecrets", "name"}, {"hostAliases", "ip"},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i][0], list) == 0)
			return keys[i][1];
	return NULL;
}

static cJSON *item_with(cJSON *list, const char *key, const cJSON *value)
{
	cJSON *item;
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_Compare(cJSON_GetObjectItemCaseSensitive(item, key), value, 1))
			return item;
	}
	return NULL;
}

static int is_deletion(const cJSON *patch)
{
	const char *directive = json_string(patch, "$patch");
	return directive && strcmp(directive, "delete") == 0;
}

static void list_patch(cJSON *list, const char *key, const cJSON *patch)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, patch)
	{
		cJSON *own = item_with(list, key, cJSON_GetObjectItemCaseSensitive(item, key));
		if (is_deletion(item)) {
			if (own)
				cJSON_Delete(cJSON_DetachItemViaPointer(list, own));
			continue;
		}
		if (!own)
			cJSON_AddItemToArray(list, own = cJSON_CreateObject());
		strategic_patch(own, item);
	}
}

void strategic_patch(cJSON *target, const cJSON *patch)
{
	const cJSON *item;
	const char *directive = json_string(patch, "$patch");
	/* What is there goes first, as a ControllerRevision wants it of the template. */
	while (directive && strcmp(directive, "replace") == 0 && target->child)
		cJSON_Delete(cJSON_DetachItemViaPointer(target, target->child));
	cJSON_ArrayForEach(item, patch)
	{
		const char *key = cJSON_IsArray(item) ? list_key(item->string) : NULL;
		cJSON *own = cJSON_GetObjectItemCaseSensitive(target, item->string);
		if (item->string[0] == '$')
			continue; /* the order of elements and the like */
		if (key && cJSON_IsArray(own)) {
			list_patch(own, key, item);
		} else if (cJSON_IsObject(item) && cJSON_IsObject(own) && !is_deletion(item)) {
			strategic_patch(own, item);
		} else {
			cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
			if (!cJSON_IsNull(item) && !is_deletion(item))
				cJSON_AddItemToObject(target, item->string, cJSON_Duplicate(item, 1));
		}
	}
}

/* The next name of a JSON pointer, unescaped. */
static const char *pointer_take(const char *at, char *out, size_t size)
{
	size_t len = 0;
	for (at++; *at && *at != '/'; at++) {
		char c = *at;
		if (c == '~' && (at[1] == '0' || at[1] == '1'))
			c = *++at == '0' ? '~' : '/';
		if (len + 1 < size)
			out[len++] = c;
	}
	out[len] = '\0';
	return at;
}

static int index_of(const cJSON *list, const char *name)
{
	char *end;
	long at = strcmp(name, "-") == 0 ? cJSON_GetArraySize(list) : strtol(name, &end, 10);
	return at < 0 || at > cJSON_GetArraySize(list) ? -1 : (int)at;
}

static int operation(cJSON *root, const cJSON *step, struct err *err)
{
	const char *op = json_string(step, "op"), *path = json_string(step, "path"), *at = path;
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(step, "value");
	char name[SIM_NAME];
	cJSON *place = root, *there;
	if (!op || !path || *path != '/')
		return err_set(err, "a step of a JSON patch needs op and path");
	while (*(at = pointer_take(at, name, sizeof(name))) && place)
		place = cJSON_IsArray(place) ? cJSON_GetArrayItem(place, index_of(place, name))
		                             : cJSON_GetObjectItemCaseSensitive(place, name);
	there = cJSON_IsArray(place) ? cJSON_GetArrayItem(place, index_of(place, name))
	                             : cJSON_GetObjectItemCaseSensitive(place, name);
	if (!place || (!there && strcmp(op, "add") != 0))
		return err_set(err, "%s operation does not apply: doc is missing path: \"%s\": missing value", op, path);
	if (strcmp(op, "test") == 0)
		return cJSON_Compare(there, value, 1) ? 0 : err_set(err, "testing value %s failed", path);
	if (there && (strcmp(op, "remove") == 0 || strcmp(op, "replace") == 0 || !cJSON_IsArray(place)))
		cJSON_Delete(cJSON_DetachItemViaPointer(place, there));
	if (strcmp(op, "remove") == 0)
		return 0;
	if (!value)
		return err_set(err, "the step \"%s\" of a JSON patch needs a value", op);
	if (cJSON_IsArray(place))
		cJSON_InsertItemInArray(place, index_of(place, name), cJSON_Duplicate(value, 1));
	else
		cJSON_AddItemToObject(place, name, cJSON_Duplicate(value, 1));
	return 0;
}

int json_patch(cJSON *target, const cJSON *steps, struct err *err)
{
	const cJSON *step;
	cJSON_ArrayForEach(step, steps)
	{
		if (operation(target, step, err) < 0)
			return -1;
	}
	return 0;
}

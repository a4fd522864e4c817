/* SPDX-License-Identifier: MIT */
/*
 * The sets of fields are walked, not the objects: what the manager would own after the apply, and beside it
 * what it owns by its last one, so that a field which Git no longer has is seen going. Items of lists are
 * found by what the set says of them: the key's fields, the value, or the place.
 */
#include "ops/own_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

enum { PATH_MAX_LEN = 600 };

struct walk {
	struct field_changes *out;
	int secret;
	char path[PATH_MAX_LEN];
};

static cJSON *entry_of(const cJSON *object, const char *manager, const char *operation)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, json_at(object, "metadata/managedFields"))
	{
		const char *name = json_string(entry, "manager"), *how = json_string(entry, "operation");
		const char *sub = json_string(entry, "subresource");
		if (name && how && strcmp(name, manager) == 0 && (!operation || strcmp(how, operation) == 0) && (!sub || !*sub))
			return (cJSON *)(uintptr_t)json_get(entry, "fieldsV1");
	}
	return NULL;
}

const char *own_fields_manager(const cJSON *live, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (entry_of(live, names[i], NULL))
			return names[i];
	return names[0];
}

/* The last-applied annotation of kubectl repeats what a Secret holds. */
static int is_masked(const struct walk *walk)
{
	return walk->secret && (strncmp(walk->path, "data", 4) == 0 || strncmp(walk->path, "stringData", 10) == 0 ||
	                        strncmp(walk->path, "metadata.annotations", 20) == 0);
}

static char *value_text(const struct walk *walk, const cJSON *value)
{
	char safe[FIELD_VALUE_MAX];
	char *text;

	if (!value)
		return NULL;
	if (is_masked(walk))
		return mem_copy_string(FIELD_MASKED);
	text = cJSON_PrintUnformatted(value);
	utf8_sanitise(safe, sizeof(safe), text ? text : "", text ? strlen(text) : 0);
	cJSON_free(text);
	return mem_copy_string(safe);
}

static void add(struct walk *walk, const cJSON *live, const cJSON *applied)
{
	struct field_changes *out = walk->out;
	char safe[PATH_MAX_LEN];

	if (out->count == FIELD_CHANGES_MAX) {
		out->cut = 1;
		return;
	}
	utf8_sanitise(safe, sizeof(safe), walk->path, strlen(walk->path));
	out->items = mem_resize(out->items, out->count + 1, sizeof(*out->items));
	out->items[out->count++] =
	    (struct field_change){mem_copy_string(safe), value_text(walk, live), value_text(walk, applied)};
}

/* Returns where the path ended before: walk->path[it] = '\0' goes back. */
static size_t path_down(struct walk *walk, const char *name)
{
	size_t len = strlen(walk->path);
	int odd = name[strcspn(name, "./[]= ")] != '\0';

	snprintf(walk->path + len, sizeof(walk->path) - len, odd ? "%s[%s]" : "%s%s", !odd && len ? "." : "", name);
	return len;
}

/* "[name=web]" for {"name":"web"}; the item's key, its value, or its place. */
static size_t path_item(struct walk *walk, const cJSON *key)
{
	size_t len = strlen(walk->path);
	struct text path = text_in(walk->path + len, sizeof(walk->path) - len);
	const cJSON *part;
	char *printed;

	text_add(&path, "[");
	for (part = cJSON_IsObject(key) ? key->child : NULL; part; part = part->next)
	{
		printed = cJSON_IsString(part) ? NULL : cJSON_PrintUnformatted(part);
		text_printf(&path, "%s%s=%s", part != key->child ? "," : "", part->string, printed ? printed : part->valuestring);
		cJSON_free(printed);
	}
	if (!cJSON_IsObject(key)) {
		printed = cJSON_PrintUnformatted(key);
		text_add(&path, printed ? printed : "?");
		cJSON_free(printed);
	}
	text_add(&path, "]");
	return len;
}

/* Two values that the manager has as a whole: down to what differs in them. */
static void compare_whole(struct walk *walk, const cJSON *live, const cJSON *applied)
{
	const cJSON *member;
	char place[24];
	size_t back;

	if (live && applied && cJSON_IsObject(live) && cJSON_IsObject(applied)) {
		cJSON_ArrayForEach(member, applied)
		{
			back = path_down(walk, member->string);
			compare_whole(walk, json_get(live, member->string), member);
			walk->path[back] = '\0';
		}
		cJSON_ArrayForEach(member, live)
		{
			if (json_get(applied, member->string) || cJSON_IsNull(member))
				continue;
			back = path_down(walk, member->string);
			add(walk, member, NULL);
			walk->path[back] = '\0';
		}
	} else if (cJSON_IsArray(live) && cJSON_IsArray(applied) && cJSON_GetArraySize(live) == cJSON_GetArraySize(applied)) {
		for (int i = 0; i < cJSON_GetArraySize(live); i++) {
			snprintf(place, sizeof(place), "[%d]", i);
			back = strlen(walk->path);
			snprintf(walk->path + back, sizeof(walk->path) - back, "%s", place);
			compare_whole(walk, cJSON_GetArrayItem(live, i), cJSON_GetArrayItem(applied, i));
			walk->path[back] = '\0';
		}
	} else if (live || applied) {
		if (!live || !applied || !cJSON_Compare(live, applied, 1))
			add(walk, live, applied);
	}
}

static int has_key(const cJSON *item, const cJSON *key)
{
	const cJSON *part;

	if (!cJSON_IsObject(key))
		return 0;
	cJSON_ArrayForEach(part, key)
		if (!cJSON_Compare(json_get(item, part->string), part, 1))
			return 0;
	return 1;
}

/* The item that "k:{…}", "v:…" or "i:0" means; `key` is what follows, parsed. */
static const cJSON *item_find(const cJSON *list, char kind, const cJSON *key)
{
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return NULL;
	if (kind == 'i')
		return cJSON_IsNumber(key) ? cJSON_GetArrayItem(list, key->valueint) : NULL;
	cJSON_ArrayForEach(item, list)
		if (kind == 'k' ? has_key(item, key) : cJSON_Compare(item, key, 1))
			return item;
	return NULL;
}

static void walk_sets(struct walk *walk, const cJSON *own, const cJSON *owned, const cJSON *live, const cJSON *applied);

static void walk_child(struct walk *walk, const char *name, const cJSON *own, const cJSON *owned, const cJSON *live, const cJSON *applied)
{
	cJSON *key;
	size_t back;

	if (strncmp(name, "f:", 2) == 0) {
		back = path_down(walk, name + 2);
		walk_sets(walk, own, owned, json_get(live, name + 2), json_get(applied, name + 2));
		walk->path[back] = '\0';
		return;
	}
	if (!strchr("kvi", name[0]) || name[1] != ':' || !(key = json_parse_heap(name + 2, strlen(name + 2), NULL)))
		return; /* "." is the thing itself; others are not known */
	back = path_item(walk, key);
	walk_sets(walk, own, owned, item_find(live, name[0], key), item_find(applied, name[0], key));
	walk->path[back] = '\0';
	cJSON_Delete(key);
}

static int has_children(const cJSON *set)
{
	return set && set->child && (set->child->next || strcmp(set->child->string, ".") != 0);
}

/* `own` and `owned` are the sets after and before; either may be NULL. */
static void walk_sets(struct walk *walk, const cJSON *own, const cJSON *owned, const cJSON *live, const cJSON *applied)
{
	const cJSON *child;

	own = cJSON_IsObject(own) ? own : NULL;
	owned = cJSON_IsObject(owned) ? owned : NULL;
	if ((!live && !applied) || (!own && !owned))
		return;
	if (!has_children(own) && !has_children(owned)) {
		/* "." alone: that it is there is the manager's, what is in it is not. */
		const cJSON *set = own ? own : owned;
		if (!set->child || !live || !applied)
			compare_whole(walk, live, applied);
		return;
	}
	if (!live || !applied) {
		add(walk, live, applied);
		return;
	}
	cJSON_ArrayForEach(child, own)
		walk_child(walk, child->string, child, json_get(owned, child->string), live, applied);
	cJSON_ArrayForEach(child, owned)
		if (!json_get(own, child->string))
			walk_child(walk, child->string, NULL, child, live, applied);
}

int own_fields_compare(const cJSON *live, const cJSON *applied, const char *manager, struct field_changes *out, struct err *err)
{
	const char *kind = json_string(applied, "kind");
	const cJSON *own = entry_of(applied, manager, "Apply");
	struct walk walk = {.out = out, .secret = kind && strcmp(kind, "Secret") == 0};

	*out = (struct field_changes){0};
	if (!own)
		return err_set(err, "the server does not say which fields %s applies (metadata.managedFields)", manager);
	walk_sets(&walk, own, entry_of(live, manager, "Apply"), live, applied);
	return 0;
}

void field_changes_release(struct field_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].path);
		free(changes->items[i].live);
		free(changes->items[i].applied);
	}
	free(changes->items);
	*changes = (struct field_changes){0};
}

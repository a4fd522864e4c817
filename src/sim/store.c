/* SPDX-License-Identifier: MIT */
/* Writes: what a server adds to an object, the counter of versions, and who is told. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

/* `name` is a plural, or "plural.group" where two groups have it. */
struct table *table_named(const struct api *api, const char *name)
{
	size_t len = strcspn(name, ".");
	const char *group = name[len] ? name + len + 1 : NULL;
	for (size_t i = 0; i < api->tables.len; i++) {
		struct table *table = api->tables.items[i];
		if (strncmp(table->def.plural, name, len) == 0 && table->def.plural[len] == '\0' &&
		    (!group || strcmp(table->def.group, group) == 0))
			return table;
	}
	return NULL;
}

struct table *api_table(const struct api *api, const char *group, const char *plural)
{
	for (size_t i = 0; i < api->tables.len; i++) {
		struct table *table = api->tables.items[i];
		if (strcmp(table->def.plural, plural) == 0 && strcmp(table->def.group, group) == 0)
			return table;
	}
	return NULL;
}

struct table *api_table_by_kind(const struct api *api, const char *api_version, const char *kind)
{
	char own[256];
	for (size_t i = 0; api_version && kind && i < api->tables.len; i++) {
		struct table *table = api->tables.items[i];
		const struct api_resource *def = &table->def;
		snprintf(own, sizeof(own), "%s%s%s", def->group, def->group[0] ? "/" : "", def->version);
		if (strcmp(def->kind, kind) == 0 && strcmp(own, api_version) == 0)
			return table;
	}
	return NULL;
}

static void set_string(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, value);
}

/* The same from run to run, and shaped like a UUID. */
static void uid_make(struct api *api, char out[40])
{
	uint64_t n = ++api->uids, mixed = n * 0x9e3779b97f4a7c15u;
	snprintf(out, 40, "%08x-%04x-4%03x-a%03x-%012" PRIx64, (unsigned)(mixed >> 32),
	         (unsigned)(mixed >> 16) & 0xffff, (unsigned)(mixed >> 4) & 0xfff, (unsigned)n & 0xfff,
	         n & 0xffffffffffffu);
}

static void complete(struct api *api, cJSON *metadata, const struct doc *before)
{
	char text[64];
	const struct clock *clock = api->options.clock;
	/* A controller writes what it has read: then there is nothing to look up. */
	int whole = json_string(metadata, "uid") && json_string(metadata, "creationTimestamp");
	cJSON *old = before && !whole ? doc_json(before) : NULL;
	static const char *const kept[] = {"uid", "creationTimestamp"};
	for (size_t i = 0; i < 2; i++) {
		const char *value = json_string(json_get(old, "metadata"), kept[i]);
		if (!json_get(metadata, kept[i]) && value)
			set_string(metadata, kept[i], value);
	}
	if (!json_string(metadata, "uid")) {
		uid_make(api, text);
		set_string(metadata, "uid", text);
	}
	if (!json_string(metadata, "creationTimestamp")) {
		char stamp[32];
		stamp_format(clock->wall(clock), stamp);
		set_string(metadata, "creationTimestamp", stamp);
	}
	snprintf(text, sizeof(text), "%" PRIu64, ++api->version);
	set_string(metadata, "resourceVersion", text);
	cJSON_Delete(old);
}

static void tell(struct api *api, struct table *table, const struct change *change)
{
	watches_tell(api, table, change);
	if (api->observe)
		api->observe(api->observer, table, change);
}

struct doc *store_write(struct api *api, struct table *table, cJSON *object, struct err *err)
{
	char key[2 * SIM_NAME];
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
	const char *name = json_string(metadata, "name"), *namespace = json_string(metadata, "namespace");
	if (!name || !*name || strlen(name) >= SIM_NAME || (namespace && strlen(namespace) >= SIM_NAME)) {
		err_set(err, "the object has no usable metadata.name");
		return NULL;
	}
	if (!table->def.namespaced)
		cJSON_DeleteItemFromObjectCaseSensitive(metadata, "namespace");
	else if (!namespace || !*namespace)
		set_string(metadata, "namespace", "default");
	cJSON_DeleteItemFromObjectCaseSensitive(object, "kind");
	cJSON_DeleteItemFromObjectCaseSensitive(object, "apiVersion");
	doc_key(key, sizeof(key), json_string(metadata, "namespace"), json_string(metadata, "name"));
	complete(api, metadata, table_get(table, key));
	struct doc *doc = doc_new(object, api->version, table_like(table, key));
	tell(api, table, table_set(table, key, doc, api->version, api->options.history));
	return doc;
}

int store_remove(struct api *api, struct table *table, const char *key)
{
	if (!table_get(table, key))
		return -1;
	api->version++;
	tell(api, table, table_set(table, key, NULL, api->version, api->options.history));
	return 0;
}

int api_put(struct api *api, const cJSON *object, struct err *err)
{
	const char *kind = json_string(object, "kind"), *version = json_string(object, "apiVersion");
	struct table *table = api_table_by_kind(api, version, kind);
	if (!table)
		return err_set(err, "no resource is of kind %s "
			"in %s", kind ? kind : "(none)", version ? version : "(none)");
	cJSON *copy = cJSON_Duplicate(object, 1);
	struct doc *doc = store_write(api, table, copy, err);
	cJSON_Delete(copy);
	return doc ? 0 : -1;
}

int api_put_text(struct api *api, const char *json, struct err *err)
{
	cJSON *object = json_parse_heap(json, strlen(json), err);
	int result = object ? api_put(api, object, err) : -1;
	cJSON_Delete(object);
	return result;
}

static struct doc *doc_named(const struct api *api, const char *plural, const char *namespace,
                             const char *name, struct table **table, struct err *err)
{
	char key[2 * SIM_NAME];
	*table = table_named(api, plural);
	doc_key(key, sizeof(key), namespace, name);
	struct doc *doc = *table ? table_get(*table, key) : NULL;
	if (!doc)
		err_set(err, "%s \"%s\" not found", plural, key);
	return doc;
}

int api_patch(struct api *api, const char *plural, const char *namespace, const char *name, const char *merge,
              struct err *err)
{
	struct table *table;
	struct doc *doc = doc_named(api, plural, namespace, name, &table, err);
	cJSON *patch = doc ? json_parse_heap(merge, strlen(merge), err) : NULL;
	if (!patch)
		return -1;
	cJSON *object = doc_json(doc);
	merge_patch(object, patch);
	doc = store_write(api, table, object, err);
	cJSON_Delete(object);
	cJSON_Delete(patch);
	return doc ? 0 : -1;
}

int api_delete(struct api *api, const char *plural, const char *namespace, const char *name, struct err *err)
{
	struct table *table;
	struct doc *doc = doc_named(api, plural, namespace, name, &table, err);
	return doc ? store_remove(api, table, doc->key) : -1;
}

struct cJSON *api_get(const struct api *api, const char *plural, const char *namespace, const char *name)
{
	struct table *table;
	struct doc *doc = doc_named(api, plural, namespace, name, &table, NULL);
	return doc ? doc_json(doc) : NULL;
}

size_t api_count(const struct api *api, const char *plural)
{
	const struct table *table = table_named(api, plural);
	return table ? table->docs.len : 0;
}

int api_list_text(const struct api *api, const char *plural, struct buf *out)
{
	const struct table *table = table_named(api, plural);
	char metadata[64];
	if (!table)
		return -1;
	snprintf(metadata, sizeof(metadata), "{\"resourceVersion\":\"%" PRIu64 "\"}", api->version);
	form_list_head(out, table, FORM_PLAIN, metadata);
	for (size_t i = 0; i < table->docs.len; i++) {
		if (i > 0 && buf_add(out, ",", 1) < 0)
			return -1;
		form_object(out, table, table->docs.items[i], FORM_PLAIN, 1);
	}
	return buf_add_string(out, "]}\n");
}

void api_compact(struct api *api)
{
	for (size_t i = 0; i < api->tables.len; i++)
		table_forget(api->tables.items[i], api->version);
	api->token_floor = api->version;
}

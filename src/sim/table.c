/* SPDX-License-Identifier: MIT */
/*
 * The objects of one resource in the order of their keys, and the last changes to them. Pages of a
 * list and watches from an older version are answered by undoing changes from the newest back.
 */
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

struct table *table_new(const struct api_resource *def)
{
	struct table *table = mem_new(sizeof(*table));
	table->def = (struct api_resource){
		.group = mem_copy_string(def->group), .version = mem_copy_string(def->version),
		.plural = mem_copy_string(def->plural), .singular = mem_copy_string(def->singular),
		.kind = mem_copy_string(def->kind), .namespaced = def->namespaced, .brief = mem_copy_string(def->brief),
	};
	vec_init(&table->docs);
	vec_init(&table->changes);
	return table;
}

static void change_free(struct change *change)
{
	doc_drop(change->before);
	doc_drop(change->after);
	doc_drop(change->last);
	free(change);
}

static void table_drop_oldest(struct table *table)
{
	struct change *change = table->changes.items[0];
	table->floor = change->version;
	vec_remove(&table->changes, 0);
	change_free(change);
}

void table_forget(struct table *table, uint64_t version)
{
	while (table->changes.len > 0)
		table_drop_oldest(table);
	table->floor = version;
}

void table_free(struct table *table)
{
	table_forget(table, 0);
	for (size_t i = 0; i < table->docs.len; i++)
		doc_drop(table->docs.items[i]);
	vec_release(&table->docs);
	vec_release(&table->changes);
	free((char *)table->def.group);
	free((char *)table->def.version);
	free((char *)table->def.plural);
	free((char *)table->def.singular);
	free((char *)table->def.kind);
	free((char *)table->def.brief);
	free(table);
}

/* Where the key is, or would be. */
static size_t docs_find(const struct vec *docs, const char *key, int *there)
{
	size_t low = 0, high = docs->len;
	*there = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(((const struct doc *)docs->items[middle])->key, key);
		if (order == 0) {
			*there = 1;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t table_find(const struct table *table, const char *key, int *there)
{
	return docs_find(&table->docs, key, there);
}

struct doc *table_like(const struct table *table, const char *key)
{
	int there;
	size_t at = docs_find(&table->docs, key, &there);
	if (!there && at > 0)
		at--; /* the siblings come before more often than behind */
	return at < table->docs.len ? table->docs.items[at] : NULL;
}

struct doc *table_get(const struct table *table, const char *key)
{
	int there;
	size_t at = docs_find(&table->docs, key, &there);
	return there ? table->docs.items[at] : NULL;
}

/* Makes `doc` (NULL: nothing) stand at the key. */
static void docs_set(struct vec *docs, const char *key, struct doc *doc)
{
	int there;
	size_t at = docs_find(docs, key, &there);
	if (there && doc)
		docs->items[at] = doc;
	else if (there)
		vec_remove(docs, at);
	else if (doc)
		vec_insert(docs, at, doc);
}

void table_load(struct table *table, struct doc *doc)
{
	const struct vec *docs = &table->docs;
	if (docs->len == 0 || strcmp(((const struct doc *)docs->items[docs->len - 1])->key, doc->key) < 0)
		vec_push(&table->docs, doc);
	else
		docs_set(&table->docs, doc->key, doc);
}

const struct change *table_set(struct table *table, const char *key, struct doc *after, uint64_t version,
                               size_t history)
{
	struct change *change = mem_new(sizeof(*change));
	change->version = version;
	change->before = table_get(table, key); /* the table's share goes over to the change */
	change->after = doc_take(after);
	if (!after)
		change->last = doc_at_version(change->before, version);
	docs_set(&table->docs, key, after);
	vec_push(&table->changes, change);
	while (table->changes.len > history)
		table_drop_oldest(table);
	return change;
}

void table_at(const struct table *table, uint64_t version, struct vec *out)
{
	vec_clear(out);
	for (size_t i = 0; i < table->docs.len; i++)
		vec_push(out, table->docs.items[i]);
	for (size_t i = table->changes.len; i-- > 0;) {
		const struct change *change = table->changes.items[i];
		if (change->version <= version)
			break;
		docs_set(out, (change->after ? change->after : change->before)->key, change->before);
	}
}

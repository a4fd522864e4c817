/* SPDX-License-Identifier: MIT */
/*
 * The pool of shared strings: a map from each text to its counted entry. An entry is one
 * allocation, its text behind its count, so the map's borrowed key lives as long as the entry.
 */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct entry {
	size_t takers;
	char text[];
};

struct intern {
	struct map entries;
};

static const char empty[1];

struct intern *intern_new(void)
{
	struct intern *pool = mem_new(sizeof(*pool));

	map_init(&pool->entries);
	return pool;
}

void intern_free(struct intern *pool)
{
	struct entry *entry;

	if (pool == NULL)
		return;
	for (size_t i = 0; (entry = map_next(&pool->entries, &i)) != NULL;)
		free(entry);
	map_release(&pool->entries);
	free(pool);
}

const char *intern_take(struct intern *pool, const char *text)
{
	struct entry *entry;
	size_t len;

	if (text == NULL || text[0] == '\0')
		return empty;
	entry = map_get(&pool->entries, text);
	if (entry == NULL) {
		len = strlen(text);
		entry = mem_new(sizeof(*entry) + len + 1);
		memcpy(entry->text, text, len);
		map_put(&pool->entries, entry->text, entry);
	}
	entry->takers++;
	return entry->text;
}

void intern_drop(struct intern *pool, const char *text)
{
	struct entry *entry;

	if (text == NULL || text[0] == '\0')
		return;
	entry = map_get(&pool->entries, text);
	/* A text that is not of this pool, or was dropped too often: going on would free another's. */
	if (entry == NULL || entry->text != text)
		abort();
	if (--entry->takers > 0)
		return;
	map_remove(&pool->entries, text);
	free(entry);
}

size_t intern_count(const struct intern *pool)
{
	return pool->entries.len;
}

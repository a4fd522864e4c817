/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with linear probing in a power of two of slots, at most three quarters taken.
 * A slot keeps its key's hash, so that probing rarely reads a key and growing reads none. A removed
 * slot becomes a tombstone and nothing moves, which is what lets an iteration remove where it stands.
 */
#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAP_FIRST = 16 };

struct map_slot {
	const char *key; /* NULL: never used; `tombstone`: removed */
	void *value;     /* never NULL where there is a key */
	uint64_t hash;
};

static const char tombstone[1];

__extension__ typedef unsigned __int128 wide; /* the product of two words; no struct */

static uint64_t mix(uint64_t a, uint64_t b)
{
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes a step, each folded in by a 64x64 multiplication whose halves are then combined. */
static uint64_t hash_string(const char *key)
{
	const uint64_t odd = 0x9e3779b97f4a7c15u, salt = 0xd6e8feb86659fd93u;
	size_t len = strlen(key);
	uint64_t hash = mix((uint64_t)len ^ salt, odd), word;

	for (; len >= sizeof(word); key += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = mix(hash ^ word, odd) + salt;
	}
	word = 0;
	memcpy(&word, key, len);
	return mix(hash ^ word, odd ^ hash >> 32);
}

void map_init(struct map *map)
{
	*map = (struct map){0};
}

void map_release(struct map *map)
{
	free(map->slots);
	map_init(map);
}

static int slot_is_live(const struct map_slot *slot)
{
	return slot->key != NULL && slot->key != tombstone;
}

static struct map_slot *map_find(const struct map *map, const char *key, uint64_t hash)
{
	if (map->cap == 0)
		return NULL;
	for (size_t i = hash & (map->cap - 1);; i = (i + 1) & (map->cap - 1)) {
		struct map_slot *slot = &map->slots[i];

		if (slot->key == NULL)
			return NULL;
		if (slot->key != tombstone && slot->hash == hash && strcmp(slot->key, key) == 0)
			return slot;
	}
}

static struct map_slot *map_free_slot(const struct map *map, uint64_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (slot_is_live(&map->slots[i]))
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

/* Makes room for one more, and drops all tombstones on the way. */
static void map_grow(struct map *map)
{
	struct map old = *map;

	/* Mostly tombstones: the same size will do. */
	map->cap = old.cap == 0 ? MAP_FIRST : old.len >= old.cap / 2 ? old.cap * 2 : old.cap;
	map->slots = mem_new_array(map->cap, sizeof(map->slots[0]));
	map->tombs = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (slot_is_live(&old.slots[i]))
			*map_free_slot(map, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	const struct map_slot *slot = map_find(map, key, hash_string(key));

	return slot == NULL ? NULL : slot->value;
}

void *map_put(struct map *map, const char *key, void *value)
{
	uint64_t hash = hash_string(key);
	struct map_slot *slot = map_find(map, key, hash);

	if (value == NULL)
		abort(); /* it would look absent and end an iteration */
	if (slot != NULL) {
		void *old = slot->value;

		slot->key = key;
		slot->value = value;
		return old;
	}
	if (map->cap == 0 || map->len + map->tombs + 1 > map->cap / 4 * 3)
		map_grow(map);
	slot = map_free_slot(map, hash);
	if (slot->key == tombstone)
		map->tombs--;
	*slot = (struct map_slot){.key = key, .value = value, .hash = hash};
	map->len++;
	return NULL;
}

void *map_remove(struct map *map, const char *key)
{
	struct map_slot *slot = map_find(map, key, hash_string(key));
	void *value;
	size_t next;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	next = (size_t)(slot - map->slots + 1) & (map->cap - 1);
	/* Where a probe would end at the next slot anyway, no tombstone is needed. */
	if (map->slots[next].key != NULL) {
		slot->key = tombstone;
		map->tombs++;
	} else {
		slot->key = NULL;
	}
	slot->value = NULL;
	map->len--;
	return value;
}

void *map_next(const struct map *map, size_t *position)
{
	while (*position < map->cap) {
		const struct map_slot *slot = &map->slots[(*position)++];

		if (slot_is_live(slot))
			return slot->value;
	}
	return NULL;
}

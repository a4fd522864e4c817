/* SPDX-License-Identifier: MIT */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

/*
 * A hash map from strings to pointers. Keys are borrowed: they live in the value and must not
 * change while it is in the map. Order of iteration is unspecified; removing the entry that an
 * iteration stands on is allowed, adding is not.
 *
 *	for (size_t i = 0; (value = map_next(map, &i));)
 */
struct map {
	struct map_slot *slots;
	size_t len, cap, tombs;
};

void map_init(struct map *map);
void map_release(struct map *map);
void *map_get(const struct map *map, const char *key); /* NULL: not there */
/* Puts the value under the key, replacing key and value; returns the value replaced, or NULL. */
void *map_put(struct map *map, const char *key, void *value);
void *map_remove(struct map *map, const char *key); /* returns the value removed, or NULL */
void *map_next(const struct map *map, size_t *position);

#endif

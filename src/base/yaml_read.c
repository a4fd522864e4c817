/* SPDX-License-Identifier: MIT */
/* Reading a YAML tree: look-ups with merge keys, and what a scalar means (YAML 1.2's core schema). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

static const struct yaml_node *get_merged(const struct yaml_node *from, const char *key)
{
	const struct yaml_node *found = NULL;

	if (from->kind == YAML_MAP)
		return yaml_get(from, key);
	/* The first map of a list wins. A list in it is not YAML; what is neither is passed over. */
	for (size_t i = 0; from->kind == YAML_LIST && i < from->count && found == NULL; i++)
		if (from->items[i]->kind == YAML_MAP)
			found = yaml_get(from->items[i], key);
	return found;
}

/* Merges end: the tree has no cycles and its unshared size is bounded by the parser. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i]->value, key) == 0)
			return map->items[i];
	for (size_t i = 0; i < map->count; i++)
		if (map->keys[i]->plain && strcmp(map->keys[i]->value, "<<") == 0)
			return get_merged(map->items[i], key);
	return NULL;
}

static int is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return 1;
	return 0;
}

int yaml_is_null(const struct yaml_node *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	return node != NULL && node->kind == YAML_SCALAR && node->plain &&
	       is_one_of(node->value, nulls, sizeof(nulls) / sizeof(nulls[0]));
}

const char *yaml_string(const struct yaml_node *node)
{
	if (node == NULL || node->kind != YAML_SCALAR || yaml_is_null(node))
		return NULL;
	return node->value;
}

int yaml_bool(const struct yaml_node *node, int *out)
{
	static const char *const yes[] = {"true", "True", "TRUE"}, *const no[] = {"false", "False", "FALSE"};

	if (node == NULL || node->kind != YAML_SCALAR || !node->plain)
		return -1;
	if (is_one_of(node->value, yes, 3))
		*out = 1;
	else if (is_one_of(node->value, no, 3))
		*out = 0;
	else
		return -1;
	return 0;
}

int yaml_int(const struct yaml_node *node, long *out)
{
	const char *digits;
	char *end;
	long value;

	if (node == NULL || node->kind != YAML_SCALAR || !node->plain)
		return -1;
	/* strtol alone would take white space in front and an empty text. */
	digits = node->value + (node->value[0] == '-' || node->value[0] == '+');
	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	value = strtol(node->value, &end, 10);
	if (errno != 0 || *end != '\0')
		return -1;
	*out = value;
	return 0;
}

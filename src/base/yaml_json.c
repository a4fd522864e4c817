/* SPDX-License-Identifier: MIT */
/*
 * A tree of YAML as JSON, its plain texts typed as the readers of Kubernetes' manifests do it, which is
 * YAML 1.1: "yes" is true, and 0644 is the file mode that people mean by it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/yaml.h"

static int word_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return 1;
	return 0;
}

static int number_of(const char *text, double *out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *end = NULL;

	if (!isdigit((unsigned char)digits[*digits == '.']))
		return 0;
	if (digits[0] == '0' && digits[1] && !strpbrk(digits, ".eE89")) {
		int base = digits[1] == 'x' || digits[1] == 'X' ? 16 : 8;
		const char *from = digits + (base == 16 ? 2 : digits[1] == 'o' ? 2 : 1);
		*out = (double)strtoll(from, &end, base) * (*text == '-' ? -1 : 1);
		return end != from && !*end;
	}
	if (text[strspn(text, "0123456789.+-eE")])
		return 0;
	*out = strtod(text, &end);
	return end != text && !*end;
}

static cJSON *scalar_json(const struct yaml_node *node)
{
	static const char *const yes[] = {"true", "yes", "on", NULL}, *const no[] = {"false", "no", "off", NULL};
	double number;

	if (!node->plain)
		return cJSON_CreateString(node->value);
	if (yaml_is_null(node))
		return cJSON_CreateNull();
	if (word_of(node->value, yes) || word_of(node->value, no))
		return cJSON_CreateBool(word_of(node->value, yes));
	return number_of(node->value, &number) ? cJSON_CreateNumber(number) : cJSON_CreateString(node->value);
}

/* What a merge key brings stands behind what the map says itself. */
static void merge_into(cJSON *object, const struct yaml_node *from)
{
	if (from->kind == YAML_LIST) {
		for (size_t i = 0; i < from->count; i++)
			merge_into(object, from->items[i]);
		return;
	}
	for (size_t i = 0; from->kind == YAML_MAP && i < from->count; i++)
		if (!cJSON_GetObjectItemCaseSensitive(object, from->keys[i]->value))
			cJSON_AddItemToObject(object, from->keys[i]->value, yaml_json(from->items[i]));
}

struct cJSON *yaml_json(const struct yaml_node *node)
{
	cJSON *json;

	if (!node)
		return cJSON_CreateNull();
	if (node->kind == YAML_SCALAR)
		return scalar_json(node);
	json = node->kind == YAML_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == YAML_LIST)
			cJSON_AddItemToArray(json, yaml_json(node->items[i]));
		else if (!node->keys[i]->plain || strcmp(node->keys[i]->value, "<<") != 0)
			cJSON_AddItemToObject(json, node->keys[i]->value, yaml_json(node->items[i]));
	}
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
		if (node->keys[i]->plain && strcmp(node->keys[i]->value, "<<") == 0)
			merge_into(json, node->items[i]);
	return json;
}

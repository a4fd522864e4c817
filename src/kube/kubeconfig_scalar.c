/* SPDX-License-Identifier: MIT */
/*
 * What a scalar without quotes means. kubectl reads YAML 1.1, turns it into JSON and refuses a
 * number or a boolean where a text belongs, so "name: 1234" and "token: yes" are errors there. The
 * same must be errors here: a context that kubectl cannot use may not mean something else to us.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kubeconfig_internal.h"

static int is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return 1;
	return 0;
}

static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                  "True", "TRUE", "on",  "On",  "ON",  NULL};
static const char *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                 "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const odd[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF", "+.inf",
                                  "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL};

/* Digits of a base behind an optional sign, filling the text. */
static int is_integer(const char *text)
{
	int base = 10;

	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && text[1] != '\0') {
		int mark = tolower((unsigned char)text[1]);

		base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
		text += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
	}
	if (*text == '\0')
		return 0;
	for (; *text; text++) {
		int digit = isdigit((unsigned char)*text)    ? *text - '0'
		            : isxdigit((unsigned char)*text) ? tolower((unsigned char)*text) - 'a' + 10
		                                             : 99;

		if (digit >= base)
			return 0;
	}
	return 1;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static int is_float(const char *text)
{
	size_t whole, part = 0;

	if (*text == '-' || *text == '+')
		text++;
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.') {
		part = strspn(++text, "0123456789");
		text += part;
	}
	if (whole + part == 0)
		return 0;
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '-' || *text == '+')
			text++;
		if (!isdigit((unsigned char)*text))
			return 0;
		text += strspn(text, "0123456789");
	}
	return *text == '\0';
}

/* 1_000 is a number too. Longer texts than a number can be are texts. */
static int is_number(const char *text)
{
	char plain[400];
	size_t len = 0;

	if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
		return 0;
	for (; *text; text++) {
		if (len + 1 == sizeof(plain))
			return 0;
		if (*text != '_')
			plain[len++] = *text;
	}
	plain[len] = '\0';
	return is_integer(plain) || is_float(plain);
}

enum scalar_kind scalar_kind(const struct yaml_node *node)
{
	if (yaml_is_null(node))
		return SCALAR_NULL;
	if (!node->plain)
		return SCALAR_STRING;
	if (is_one_of(node->value, yes) || is_one_of(node->value, no))
		return SCALAR_BOOL;
	if (*node->value && (is_number(node->value) || is_one_of(node->value, odd)))
		return SCALAR_NUMBER;
	return SCALAR_STRING;
}

int scalar_is_true(const struct yaml_node *node)
{
	return node && node->kind == YAML_SCALAR && node->plain && is_one_of(node->value, yes);
}

/* Integers are kept digit by digit: a double would round long ones. */
static cJSON *number_to_json(const char *text)
{
	const char *digits = text + (*text == '-');

	if (isdigit((unsigned char)*digits) && (digits[0] != '0' || digits[1] == '\0') &&
	    digits[strspn(digits, "0123456789")] == '\0')
		return cJSON_CreateRaw(text);
	return cJSON_CreateNumber(strtod(text, NULL));
}

const char *scalar_key(const struct yaml_node *key)
{
	if (scalar_kind(key) != SCALAR_BOOL)
		return key->value;
	return scalar_is_true(key) ? "true" : "false";
}

static void map_to_json(cJSON *object, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->keys[i], *item = map->items[i];

		if (key->plain && strcmp(key->value, "<<") == 0)
			continue;
		if (!cJSON_GetObjectItemCaseSensitive(object, scalar_key(key)))
			cJSON_AddItemToObject(object, scalar_key(key), yaml_to_json(item));
	}
	/* Merged keys come after those that override them. */
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *from = map->items[i];

		if (!map->keys[i]->plain || strcmp(map->keys[i]->value, "<<") != 0)
			continue;
		if (from->kind == YAML_MAP)
			map_to_json(object, from);
		for (size_t j = 0; from->kind == YAML_LIST && j < from->count; j++)
			if (from->items[j]->kind == YAML_MAP)
				map_to_json(object, from->items[j]);
	}
}

cJSON *yaml_to_json(const struct yaml_node *node)
{
	cJSON *value;

	if (!node)
		return cJSON_CreateNull();
	switch (node->kind) {
	case YAML_MAP:
		value = cJSON_CreateObject();
		map_to_json(value, node);
		return value;
	case YAML_LIST:
		value = cJSON_CreateArray();
		for (size_t i = 0; i < node->count; i++)
			cJSON_AddItemToArray(value, yaml_to_json(node->items[i]));
		return value;
	case YAML_SCALAR:
		break;
	}
	switch (scalar_kind(node)) {
	case SCALAR_NULL:
		return cJSON_CreateNull();
	case SCALAR_BOOL:
		return cJSON_CreateBool(scalar_is_true(node));
	case SCALAR_NUMBER:
		return number_to_json(node->value);
	case SCALAR_STRING:
		break;
	}
	return cJSON_CreateString(node->value);
}

/* SPDX-License-Identifier: MIT */
/* Tables against YAML maps. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "base/utf8.h"
#include "profile_internal.h"

enum { PROBLEMS_MAX = 50, FIELDS_MAX = 32 };

void reader_problem(struct reader *reader, int line, const char *fmt, ...)
{
	char text[400];
	va_list args;
	if (reader->problems->len >= PROBLEMS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	char *safe = utf8_sanitised(text, strlen(text), sizeof(text));
	vec_push(reader->problems, mem_printf("%s:%d: %s", reader->name, line, safe));
	free(safe);
}

static void unknown_key(struct reader *reader, const struct yaml_node *key, const char *where,
                        const struct field *fields, size_t count)
{
	const char *names[FIELDS_MAX] = {0};
	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;
	const char *near = spell_nearest(key->value, names, count);
	if (near) {
		reader_problem(reader, key->line, "%s has no key \"%.60s\"; did you mean \"%s\"?", where,
		               key->value, near);
		return;
	}
	char all[300] = "";
	for (size_t i = 0; i < count; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", names[i]);
	reader_problem(reader, key->line, "%s has no key \"%.60s\"; it has: %s", where, key->value, all);
}

void reader_map(struct reader *reader, const struct yaml_node *node, const char *where,
                const struct field *fields, size_t count, void *into, unsigned *seen)
{
	if (node->kind != YAML_MAP) {
		reader_problem(reader, node->line, "%s must be a map of keys", where);
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		size_t row = 0;
		while (row < count && strcmp(fields[row].name, node->keys[i]->value) != 0)
			row++;
		if (row == count) {
			unknown_key(reader, node->keys[i], where, fields, count);
			continue;
		}
		if (seen)
			*seen |= 1u << row;
		if (!yaml_is_null(node->items[i]))
			reader_field(reader, node->items[i], &fields[row], into);
	}
}

static int in_range(struct reader *reader, const struct yaml_node *node, const struct field *field,
                    double value)
{
	if (field->low >= field->high || (value >= field->low && value <= field->high))
		return 1;
	reader_problem(reader, node->line, "%s must be between %g and %g, not %.40s", field->name, field->low,
	               field->high, node->value);
	return 0;
}

static void read_double(struct reader *reader, const struct yaml_node *node, const struct field *field,
                        double *out)
{
	static const struct {
		int (*parse)(const char *, double *);
		const char *example;
	} kinds[] = {
	    [FIELD_SECONDS] = {seconds_parse, "a duration such as 250ms, 30s or 2m"},
	    [FIELD_RATE] = {rate_parse, "a rate such as 500/s, 2k or 30/m"},
	    [FIELD_RATIO] = {ratio_parse, "a share such as 5% or 0.05"},
	    [FIELD_NUMBER] = {NULL, "a number"},
	};
	double value = 0;
	char *end = NULL;
	int result = -1;
	if (node->kind == YAML_SCALAR && field->kind == FIELD_NUMBER) {
		value = strtod(node->value, &end);
		result = end != node->value && !*end ? 0 : -1;
	} else if (node->kind == YAML_SCALAR) {
		result = kinds[field->kind].parse(node->value, &value);
	}
	if (result < 0)
		reader_problem(reader, node->line, "%s must be %s, not \"%.40s\"", field->name,
		               kinds[field->kind].example, node->value);
	else if (in_range(reader, node, field, value))
		*out = value;
}

void reader_field(struct reader *reader, const struct yaml_node *node, const struct field *field, void *into)
{
	char *at = (char *)into + field->offset;
	long number;
	int flag;
	switch (field->kind) {
	case FIELD_CUSTOM:
		field->read(reader, node, at);
		return;
	case FIELD_TEXT:
		if (!yaml_string(node))
			reader_problem(reader, node->line, "%s must be a text", field->name);
		else
			*(const char **)(void *)at = node->value;
		return;
	case FIELD_INT:
		if (node->kind != YAML_SCALAR || yaml_int(node, &number) < 0)
			reader_problem(reader, node->line, "%s must be a whole number, not \"%.40s\"",
			               field->name, node->value);
		else if (in_range(reader, node, field, (double)number))
			*(int *)(void *)at = (int)number;
		return;
	case FIELD_BOOL:
		if (yaml_bool(node, &flag) < 0)
			reader_problem(reader, node->line, "%s must be true or false", field->name);
		else
			*(int *)(void *)at = flag;
		return;
	default:
		read_double(reader, node, field, (double *)(void *)at);
	}
}

/* SPDX-License-Identifier: MIT */
/* The labels of a series: a short array in the order of their names. */
#include <regex.h>
#include <string.h>

#include "promql.h"

const char *label_of(const struct labels *labels, const char *name)
{
	for (int i = 0; i < labels->count; i++)
		if (strcmp(labels->items[i].name, name) == 0)
			return labels->items[i].value;
	return "";
}

void label_set(struct labels *labels, const char *name, const char *value)
{
	int at = 0;
	while (at < labels->count && strcmp(labels->items[at].name, name) < 0)
		at++;
	int there = at < labels->count && strcmp(labels->items[at].name, name) == 0;
	if (!*value && there) {
		labels->count--;
		memmove(&labels->items[at], &labels->items[at + 1],
		        (size_t)(labels->count - at) * sizeof(labels->items[0]));
	} else if (*value && there) {
		labels->items[at].value = value;
	} else if (*value && labels->count < LABELS_MAX) {
		memmove(&labels->items[at + 1], &labels->items[at],
		        (size_t)(labels->count - at) * sizeof(labels->items[0]));
		labels->items[at] = (struct label){name, value};
		labels->count++;
	}
}

int matches(const struct matchers *matchers, const struct labels *labels)
{
	for (int i = 0; i < matchers->count; i++) {
		const struct matcher *matcher = &matchers->items[i];
		const char *value = label_of(labels, matcher->name);
		int same = matcher->pattern ? regexec(matcher->pattern, value, 0, NULL, 0) == 0
		                            : strcmp(value, matcher->value) == 0;
		if (same != (matcher->kind == MATCH_IS || matcher->kind == MATCH_LIKE))
			return 0;
	}
	return 1;
}

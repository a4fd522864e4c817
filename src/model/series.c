/* SPDX-License-Identifier: MIT */
/* Series with one time axis. A value goes into the slot of its time, so that gaps stay gaps. */
#include "model/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void series_set_init(struct series_set *set, int64_t start_ms, int64_t end_ms, int64_t step_ms, size_t max)
{
	*set = (struct series_set){.start_ms = start_ms, .step_ms = step_ms > 0 ? step_ms : 1, .points = 1};
	set->max = max > 0 && max < SERIES_MAX ? max : SERIES_MAX;
	if (step_ms > 0 && end_ms > start_ms)
		set->points = (size_t)((end_ms - start_ms) / step_ms) + 1;
	if (set->points > SERIES_POINTS)
		set->points = SERIES_POINTS;
}

void series_set_release(struct series_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->items[i].labels);
		free(set->items[i].name);
		free(set->items[i].values);
	}
	free(set->items);
	*set = (struct series_set){0};
}

struct series *series_add(struct series_set *set, const char *labels)
{
	if (set->count >= set->max) {
		set->dropped++;
		return NULL;
	}
	if (set->count == set->cap) {
		set->cap = set->cap ? 2 * set->cap : 8;
		set->items = mem_resize(set->items, set->cap, sizeof(*set->items));
	}
	struct series *series = &set->items[set->count++];
	*series = (struct series){.labels = mem_copy_string(labels), .name = mem_copy_string("")};
	series->values = mem_new_array(set->points, sizeof(*series->values));
	for (size_t i = 0; i < set->points; i++)
		series->values[i] = NAN;
	return series;
}

void series_put(const struct series_set *set, struct series *series, int64_t at_ms, double value)
{
	int64_t slot = set->points == 1 ? 0 : (at_ms - set->start_ms + set->step_ms / 2) / set->step_ms;
	if (slot >= 0 && slot < (int64_t)set->points && (set->points == 1 || at_ms >= set->start_ms - set->step_ms / 2))
		series->values[slot] = value;
}

/* The next "name\1value\1"; 0 at the end. */
static int pair_next(const char **at, const char **name, size_t *name_len, const char **value, size_t *value_len)
{
	if (!**at)
		return 0;
	*name = *at;
	*name_len = strcspn(*at, "\1");
	*value = *name + *name_len + ((*name)[*name_len] != 0);
	*value_len = strcspn(*value, "\1");
	*at = *value + *value_len + ((*value)[*value_len] != 0);
	return 1;
}

static int pair_is_in(const char *labels, const char *name, size_t name_len, const char *value, size_t value_len)
{
	const char *n, *v;
	size_t nl, vl;
	while (pair_next(&labels, &n, &nl, &v, &vl))
		if (nl == name_len && vl == value_len && memcmp(n, name, nl) == 0 && memcmp(v, value, vl) == 0)
			return 1;
	return 0;
}

void series_label(const struct series *series, const char *label, char *out, size_t size)
{
	const char *at = series->labels, *name, *value;
	size_t name_len, value_len;
	struct text text = text_in(out, size);
	while (pair_next(&at, &name, &name_len, &value, &value_len))
		if (strlen(label) == name_len && memcmp(name, label, name_len) == 0)
			text_printf(&text, "%.*s", (int)value_len, value);
}

static int is_shared(const struct series_set *set, const char *name, size_t name_len, const char *value, size_t value_len)
{
	for (size_t i = 1; i < set->count; i++)
		if (!pair_is_in(set->items[i].labels, name, name_len, value, value_len))
			return 0;
	return set->count > 1;
}

void series_name_all(struct series_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		char room[SERIES_TEXT], metric[256];
		struct text text = text_in(room, sizeof(room));
		const char *at = set->items[i].labels, *name, *value;
		size_t name_len, value_len, shown = 0;
		series_label(&set->items[i], "__name__", metric, sizeof(metric));
		text_add(&text, metric);
		while (pair_next(&at, &name, &name_len, &value, &value_len)) {
			if ((name_len == 8 && memcmp(name, "__name__", 8) == 0) || is_shared(set, name, name_len, value, value_len))
				continue;
			text_printf(&text, "%s%.*s=\"%.*s\"", shown++ ? ", " : "{", (int)name_len, name, (int)value_len, value);
		}
		text_add(&text, shown ? "}" : "");
		if (text.len == 0)
			text_add(&text, set->count > 1 ? "{}" : "value");
		free(set->items[i].name);
		set->items[i].name = mem_copy_string(room);
	}
}

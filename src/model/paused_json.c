/* SPDX-License-Identifier: MIT */
/* The census of what is held, as a list. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_add.h"
#include "model/census.h"
#include "model/flux.h"
#include "model/sheet.h"

static struct held held_of(const struct sheet_row *row)
{
	const struct held_row *held = row->detail;
	const struct hold *hold = object_hold(row->object);
	int64_t since = hold ? hold->since_ms : 0;
	if (!since && held->since)
		since = held->since(row->object);
	return (struct held){row->cluster, row->object, held, since, hold ? hold->until_ms : 0};
}

static void held_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	((const struct held_row *)row->detail)->describe(row->object, out);
}

static void since_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	sheet_age(now_ms, held_of(row).since_ms, out);
}

static void by_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	struct held held = held_of(row);
	(void)now_ms;
	held_by(&held, out);
}

static void why_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	struct held held = held_of(row);
	(void)now_ms;
	text_add(out, held_why(&held));
}

/* "in 3h", or for how long it should be over. */
static void until_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	int64_t until = held_of(row).until_ms;
	char age[24];
	if (!until)
		return;
	age_format(until > now_ms ? until - now_ms : now_ms - until, age, sizeof(age));
	text_printf(out, until > now_ms ? "in %s" : "due %s ago", age);
}

static enum tone until_tone(const struct sheet_row *row)
{
	int64_t until = held_of(row).until_ms;
	const struct clock *clock = row->cluster->fleet->clock;
	return until && until <= clock->wall(clock) ? TONE_BAD : TONE_PLAIN;
}

static void release_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, ((const struct held_row *)row->detail)->release);
}

static enum tone dim(const struct sheet_row *row)
{
	(void)row;
	return TONE_DIM;
}

static enum tone warning(const struct sheet_row *row)
{
	(void)row;
	return TONE_WARNING;
}

static const struct sheet_column paused_columns[] = {
	{"KIND", "Kind of the object that is held", 10, 0, 4, 0, sheet_kind_cell, dim},
	{"NAME", "Its namespace and name", 16, 4, 0, 0, sheet_key_cell, NULL},
	{"CLUSTER", "The cluster, by the name of its context", 7, 1, 3, 0, sheet_cluster_cell, NULL},
	{"HELD", "How it is held", 11, 4, 1, 0, held_format, warning},
	{"SINCE", "For how long, where that is known", 5, 0, 2, 1, since_format, NULL},
	{"UNTIL", "When it should be released, as somebody wrote down", 8, 0, 7, 0, until_format, until_tone},
	{"BY", "Who holds it: a person who said so, or the program that set it", 8, 2, 5, 0, by_format, NULL},
	{"WHY", "Why, as somebody wrote down", 8, 3, 6, 0, why_format, NULL},
	{"RELEASE", "What lets it go", 10, 1, 8, 0, release_format, dim},
};

static size_t paused_run(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	struct held *held;
	struct sheet_rows rows = {0};
	size_t count = census_run(fleet, only, &held);
	for (size_t i = 0; i < count; i++) {
		struct sheet_row *row = sheet_rows_add(&rows, held[i].cluster, held[i].object);
		row->detail = held[i].row;
		row->rank = (int)(held[i].row - held_rows);
	}
	free(held);
	*out = rows.items;
	return rows.len;
}

static cJSON *paused_json(const struct sheet_row *row, int64_t now_ms)
{
	struct held held = held_of(row);
	char words[256], by[256] = "";
	struct text text = text_in(words, sizeof(words)), who = text_in(by, sizeof(by));
	cJSON *json = cJSON_CreateObject();
	(void)now_ms;
	held.row->describe(row->object, &text);
	held_by(&held, &who);
	json_add_text(json, "cluster", row->cluster->name);
	json_add_text(json, "kind", kind_rows[row->object->kind].word);
	json_add_text(json, "namespace", row->object->namespace);
	json_add_text(json, "name", row->object->name);
	json_add_text(json, "held", held.row->key);
	json_add_text(json, "message", words);
	json_add_stamp(json, "since", held.since_ms);
	json_add_stamp(json, "until", held.until_ms);
	json_add_text(json, "by", by);
	json_add_text(json, "why", held_why(&held));
	json_add_text(json, "release", held.row->release);
	return json;
}

const struct sheet paused_sheet = {
	.name = "paused",
	.help = "Everything that is held: suspended, paused, disabled or waiting for a yes",
	.empty = "nothing is suspended, paused or waiting for a yes",
	.columns = paused_columns,
	.column_count = sizeof(paused_columns) / sizeof(paused_columns[0]),
	.run = paused_run,
	.json = paused_json,
};

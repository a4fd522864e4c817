/* SPDX-License-Identifier: MIT */
/* The sheets there are, and what all of them can do. */
#include "model/sheet.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/fleet.h"

enum { CELL = 256, WORD = 128 };

const struct sheet *const sheets[] = {&flux_sheet, &rollouts_sheet, &paused_sheet, &alerts_sheet, &silences_sheet};
const size_t sheet_count = sizeof(sheets) / sizeof(sheets[0]);

const struct sheet *sheet_find(const char *name)
{
	for (size_t i = 0; i < sheet_count; i++)
		if (strcmp(sheets[i]->name, name) == 0)
			return sheets[i];
	return NULL;
}

void sheet_row_key(const struct sheet_row *row, struct text *out)
{
	text_printf(out, "%s/%s/", row->cluster->name, row->object ? kind_rows[row->object->kind].word : "");
	text_add(out, row->object ? row->object->key : row->label);
}

static int cell_has(const char *cell, const char *word)
{
	size_t len = strlen(word);
	for (; *cell; cell++)
		if (strncasecmp(cell, word, len) == 0)
			return 1;
	return 0;
}

static int row_has(const struct sheet *sheet, const struct sheet_row *row, const char *word, int64_t now_ms)
{
	for (size_t i = 0; i < sheet->column_count; i++) {
		char room[CELL];
		struct text cell = text_in(room, sizeof(room));
		sheet->columns[i].format(row, now_ms, &cell);
		if (cell_has(room, word))
			return 1;
	}
	return 0;
}

int sheet_row_matches(const struct sheet *sheet, const struct sheet_row *row, const char *filter, int64_t now_ms)
{
	while (*filter) {
		size_t len = strcspn(filter, " ");
		int negated = *filter == '!' && len > 1;
		char word[WORD];
		struct text text = text_in(word, sizeof(word));
		text_printf(&text, "%.*s", (int)(len - (size_t)negated), filter + negated);
		if (len > 0 && row_has(sheet, row, word, now_ms) == negated)
			return 0;
		filter += len + (filter[len] == ' ');
	}
	return 1;
}

struct sheet_row *sheet_rows_add(struct sheet_rows *rows, const struct cluster *cluster, const struct object *object)
{
	if (rows->len == rows->cap) {
		rows->cap = rows->cap ? 2 * rows->cap : 64;
		rows->items = mem_resize(rows->items, rows->cap, sizeof(*rows->items));
	}
	struct sheet_row *row = &rows->items[rows->len++];
	*row = (struct sheet_row){.cluster = cluster, .object = object};
	return row;
}

void sheet_kind_cell(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, kind_rows[row->object->kind].word);
}

void sheet_key_cell(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, row->object->key);
}

void sheet_cluster_cell(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, row->cluster->name);
}

void sheet_age(int64_t now_ms, int64_t at_ms, struct text *out)
{
	char age[24];
	if (!at_ms)
		return;
	int64_t ms = now_ms > at_ms ? now_ms - at_ms : 0;
	age_format(ms < 60000 ? ms : ms - ms % 60000, age, sizeof(age)); /* seconds of minutes are of no use here */
	text_add(out, age);
}

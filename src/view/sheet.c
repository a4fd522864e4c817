/* SPDX-License-Identifier: MIT */
/*
 * Any sheet of the model as a list: it stands where the services stand. As there, the selection is a
 * key, marks are keys, and rows are read again only when the fleet, the minute or the question changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/bars.h"
#include "ui/list.h"
#include "view/header.h"
#include "view/page.h"
#include "view/place.h"

enum { KEY_MAX = 1200 };

struct sheet_view {
	struct view view;
	const struct sheet *sheet;
	struct list list;
	struct sheet_row *rows;
	size_t count, total;
	char *selected, *filter, *cluster, *last_mark;
	struct map marks; /* keys of rows, owned */
	int tree;
	int asked;        /* the question changed */
	uint64_t version;
	int64_t now_ms;
};

static void string_set(char **string, const char *text)
{
	char *copy = mem_copy_string(text);
	free(*string);
	*string = copy;
}

static void sheet_open(struct view *view)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	sheet->sheet = sheet_find(view->ops->name);
	list_init(&sheet->list);
	map_init(&sheet->marks);
	sheet->selected = mem_copy_string("");
	sheet->filter = mem_copy_string("");
	sheet->last_mark = mem_copy_string("");
	sheet->asked = 1;
}

static void marks_clear(struct sheet_view *sheet)
{
	char *key;
	for (size_t i = 0; (key = map_next(&sheet->marks, &i));)
		free(map_remove(&sheet->marks, key));
}

static void sheet_close(struct view *view)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	marks_clear(sheet);
	map_release(&sheet->marks);
	free(sheet->rows);
	free(sheet->selected);
	free(sheet->filter);
	free(sheet->cluster);
	free(sheet->last_mark);
}

static struct rect list_rect(const struct sheet_view *sheet)
{
	struct rect rect = sheet->view.rect;
	rect_cut_top(&rect, 1);
	return rect;
}

static void key_of(const struct sheet_row *row, char out[KEY_MAX])
{
	struct text text = text_in(out, KEY_MAX);
	sheet_row_key(row, &text);
}

static size_t row_of(const struct sheet_view *sheet, const char *wanted)
{
	char key[KEY_MAX];
	for (size_t i = 0; *wanted && i < sheet->count; i++) {
		key_of(&sheet->rows[i], key);
		if (strcmp(key, wanted) == 0)
			return i;
	}
	return sheet->count;
}

static void selection_keep(struct sheet_view *sheet)
{
	char key[KEY_MAX] = "";
	if (sheet->list.selected < sheet->count)
		key_of(&sheet->rows[sheet->list.selected], key);
	string_set(&sheet->selected, key);
}

static void selection_restore(struct sheet_view *sheet)
{
	struct list *list = &sheet->list;
	size_t offset = list->selected - list->top, row = row_of(sheet, sheet->selected);
	if (row < sheet->count) {
		list->selected = row;
		list->top = row > offset ? row - offset : 0;
	}
	list_clamp(list, sheet->count, list_rect(sheet));
	if (row == sheet->count && sheet->count > 0)
		selection_keep(sheet);
}

static void rows_filter(struct sheet_view *sheet)
{
	size_t kept = 0;
	for (size_t i = 0; *sheet->filter && i < sheet->count; i++)
		if (sheet_row_matches(sheet->sheet, &sheet->rows[i], sheet->filter, sheet->now_ms))
			sheet->rows[kept++] = sheet->rows[i];
	if (*sheet->filter)
		sheet->count = kept;
}

static void sheet_refresh(struct sheet_view *sheet)
{
	const struct scene *scene = sheet->view.scene;
	if (!sheet->asked && sheet->version == scene->fleet->version && sheet->now_ms == scene->now_ms)
		return;
	const struct cluster *only = sheet->cluster ? fleet_cluster(scene->fleet, sheet->cluster) : NULL;
	free(sheet->rows);
	sheet->now_ms = scene->now_ms;
	sheet->version = scene->fleet->version;
	sheet->asked = 0;
	sheet->count = sheet->total = sheet->tree && sheet->sheet->tree ? sheet->sheet->tree(scene->fleet, only, &sheet->rows)
	                                                                : sheet->sheet->run(scene->fleet, only, &sheet->rows);
	rows_filter(sheet);
	selection_restore(sheet);
}

static int is_marked(const struct sheet_view *sheet, size_t row)
{
	char key[KEY_MAX];
	if (sheet->marks.len == 0)
		return 0;
	key_of(&sheet->rows[row], key);
	return map_get(&sheet->marks, key) != NULL;
}

static void mark_set(struct sheet_view *sheet, size_t row, int marked)
{
	char key[KEY_MAX];
	key_of(&sheet->rows[row], key);
	int is = map_get(&sheet->marks, key) != NULL;
	if (marked && !is) {
		char *copy = mem_copy_string(key);
		map_put(&sheet->marks, copy, copy);
	} else if (!marked && is) {
		free(map_remove(&sheet->marks, key));
	}
}

static void mark_range(struct sheet_view *sheet)
{
	size_t here = sheet->list.selected, from = row_of(sheet, sheet->last_mark);
	if (from == sheet->count)
		from = here;
	for (size_t i = from < here ? from : here; i <= (from < here ? here : from) && i < sheet->count; i++)
		mark_set(sheet, i, 1);
}

static void mark_next(struct sheet_view *sheet)
{
	for (size_t step = 1; step <= sheet->count; step++) {
		size_t row = (sheet->list.selected + step) % sheet->count;
		if (is_marked(sheet, row)) {
			list_move_to(&sheet->list, sheet->count, list_rect(sheet), row);
			return;
		}
	}
}

static int act_mark(struct sheet_view *sheet, enum action_id action)
{
	size_t here = sheet->list.selected;
	switch (action) {
	case ACTION_MARK_TOGGLE:
		if (here < sheet->count) {
			mark_set(sheet, here, !is_marked(sheet, here));
			selection_keep(sheet);
			string_set(&sheet->last_mark, sheet->selected);
			list_move(&sheet->list, sheet->count, list_rect(sheet), 1);
		}
		break;
	case ACTION_MARK_RANGE: mark_range(sheet); break;
	case ACTION_MARK_ALL:
		for (size_t i = 0; i < sheet->count; i++)
			mark_set(sheet, i, 1);
		break;
	case ACTION_MARK_CLEAR: marks_clear(sheet); break;
	case ACTION_MARK_NEXT: mark_next(sheet); break;
	default: return 0;
	}
	return 1;
}

static int sheet_act(struct view *view, enum action_id action)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	sheet_refresh(sheet);
	if (action == ACTION_SHEET_TREE) {
		sheet->tree = !sheet->tree && sheet->sheet->tree;
		sheet->asked = 1;
		sheet_refresh(sheet);
		return 1;
	}
	if (!list_act(&sheet->list, sheet->count, list_rect(sheet), action) && !act_mark(sheet, action))
		return 0;
	selection_keep(sheet);
	return 1;
}

static size_t sheet_view_rows(struct view *view)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	sheet_refresh(sheet);
	return sheet->count;
}

static void sheet_cell(void *arg, size_t at, size_t column, struct text *text, uint16_t *style)
{
	const struct sheet_view *sheet = arg;
	const struct sheet_row *row = &sheet->rows[at];
	const struct sheet_column *head = &sheet->sheet->columns[column];
	head->format(row, sheet->now_ms, text);
	*style = cluster_is_old(row->cluster) ? STYLE_STALE : head->tone ? tone_style(head->tone(row)) : STYLE_TEXT;
}

static int sheet_cell_marked(void *arg, size_t row)
{
	return is_marked(arg, row);
}

static void title_row(const struct sheet_view *sheet, struct grid *grid, struct rect row, int focused)
{
	char left[256], right[128];
	struct text title = text_in(left, sizeof(left)), status = text_in(right, sizeof(right));
	text_add(&title, sheet->sheet->name);
	if (sheet->cluster)
		text_printf(&title, " of %s", sheet->cluster);
	if (*sheet->filter)
		text_printf(&title, "  /%s", sheet->filter);
	if (sheet->count != sheet->total)
		text_printf(&status, "%zu of %zu  ", sheet->count, sheet->total);
	else
		text_printf(&status, "%zu  ", sheet->total);
	text_add(&status, sheet->tree ? "as a tree" : "by trouble");
	if (sheet->marks.len > 0)
		text_printf(&status, "  %zu marked", sheet->marks.len);
	title_draw(grid, row, left, right, focused);
}

static void sheet_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	struct list_column heads[LIST_COLUMNS_MAX];
	struct list_source source = {.cell = sheet_cell, .is_marked = sheet_cell_marked, .arg = sheet, .column = heads};
	sheet_refresh(sheet);
	source.rows = sheet->count;
	for (size_t i = 0; i < sheet->sheet->column_count && i < LIST_COLUMNS_MAX; i++) {
		const struct sheet_column *column = &sheet->sheet->columns[i];
		heads[source.columns++] = (struct list_column){.title = column->title, .min_width = column->min_width,
			.weight = column->weight, .right = column->right, .keep = column->keep};
	}
	source.empty = *sheet->filter && sheet->total ? "nothing matches the filter (Esc clears)" : sheet->sheet->empty;
	title_row(sheet, grid, rect_cut_top(&rect, 1), focused);
	list_draw(&sheet->list, grid, rect, &source, focused);
}

const struct sheet_row *sheet_selected(struct view *view)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	sheet_refresh(sheet);
	return sheet->list.selected < sheet->count ? &sheet->rows[sheet->list.selected] : NULL;
}

size_t sheet_each_target(struct view *view, void (*each)(void *arg, const struct sheet_row *row), void *arg)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	const struct sheet_row *selected = sheet_selected(view);
	size_t count = 0;
	for (size_t i = 0; sheet->marks.len && i < sheet->count; i++)
		if (is_marked(sheet, i)) {
			each(arg, &sheet->rows[i]);
			count++;
		}
	if (count == 0 && selected) {
		each(arg, selected);
		count = 1;
	}
	return count;
}

static const char *place_filter(const struct view *view)
{
	return ((const struct sheet_view *)view)->filter;
}

static int place_set_filter(struct view *view, const char *text, struct err *err)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	(void)err; /* words alone are always a filter */
	if (strcmp(sheet->filter, text) == 0)
		return 0;
	string_set(&sheet->filter, text);
	sheet->asked = 1;
	return 0;
}

static size_t place_marked(const struct view *view)
{
	return ((const struct sheet_view *)view)->marks.len;
}

static void place_set_cluster(struct view *view, const char *name)
{
	struct sheet_view *sheet = (struct sheet_view *)view;
	if (name && sheet->cluster && strcmp(name, sheet->cluster) == 0)
		return;
	sheet->asked |= name || sheet->cluster;
	string_set(&sheet->cluster, name);
}

static const struct cluster *place_cluster(struct view *view)
{
	const struct sheet_row *row = sheet_selected(view);
	return row ? row->cluster : NULL;
}

static const struct service *place_service(struct view *view)
{
	const struct sheet_row *row = sheet_selected(view);
	const struct sheet *sheet = ((const struct sheet_view *)view)->sheet;
	if (row && !row->object)
		return sheet->service ? sheet->service(row) : NULL;
	return row ? object_service(row->cluster, row->object) : NULL;
}

static void place_key(struct view *view, struct text *out)
{
	const struct sheet_row *row = sheet_selected(view);
	if (row)
		sheet_row_key(row, out);
}

const struct place_ops sheet_place = {
	.filter = place_filter, .set_filter = place_set_filter, .marked = place_marked, .set_cluster = place_set_cluster,
	.cluster = place_cluster, .service = place_service, .key = place_key,
};

#define SHEET_VIEW(name_, ...) \
	{ \
		.name = (name_), .scope = SCOPE_SHEET, .size = sizeof(struct sheet_view), .place = &sheet_place, \
		.hints = {{ACTION_OPEN, "open"}, {ACTION_VIEW_FILTER, "filter"}, {ACTION_MARK_TOGGLE, "mark"}, __VA_ARGS__ \
			  {ACTION_CLUSTER_NEXT, "cluster"}, {ACTION_APP_BACK, "services"}}, \
		.open = sheet_open, .close = sheet_close, .draw = sheet_draw, .act = sheet_act, .rows = sheet_view_rows, \
	}

const struct view_ops flux_view = SHEET_VIEW("flux", {ACTION_SHEET_TREE, "tree"}, );
const struct view_ops paused_view = SHEET_VIEW("paused", );
const struct view_ops rollouts_view = SHEET_VIEW("rollouts", );
const struct view_ops alerts_view = SHEET_VIEW("alerts", );
const struct view_ops silences_view = SHEET_VIEW("silences", );

/* SPDX-License-Identifier: MIT */
/* The flags of the service: what is declared, where, what the cluster has of it, and until when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flag_text.h"
#include "model/fleet.h"
#include "ui/list.h"
#include "view/views.h"

enum { COLUMN_KEY, COLUMN_VALUE, COLUMN_FROM, COLUMN_OBSERVED, COLUMN_EXPIRES, COLUMNS };
enum { EXPLAIN_ROWS = 6 };

struct flags {
	struct view view;
	struct list list;
	struct page page;
	const struct flag_row *row; /* valid during one call */
};

static const struct list_column heads[COLUMNS] = {
	[COLUMN_KEY] = {.title = "FLAG", .min_width = 22, .weight = 1},
	[COLUMN_VALUE] = {.title = "VALUE", .min_width = 8, .weight = 1, .keep = 1},
	[COLUMN_FROM] = {.title = "FROM", .min_width = 18, .weight = 3, .keep = 4},
	[COLUMN_OBSERVED] = {.title = "IN THE CLUSTER", .min_width = 16, .keep = 2},
	[COLUMN_EXPIRES] = {.title = "EXPIRES", .min_width = 7, .keep = 3},
};

static const struct flag_board *board_of(const struct view *view)
{
	return view->scene->flags ? view->scene->flags->board : NULL;
}

static size_t flags_rows(struct view *view)
{
	struct flags *flags = (struct flags *)view;
	const struct flag_board *board = board_of(view);
	flags->row = board ? flag_board_row(board, view_service(view)) : NULL;
	return flags->row ? board->column_count : 0;
}

static void flag_cell_text(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct flags *flags = arg;
	const struct flag_board *board = board_of(&flags->view);
	const struct flag_column *flag = &board->columns[row];
	const struct flag_cell *cell = &flags->row->cells[row];
	int differs;
	switch (column) {
	case COLUMN_KEY:
		text_add(text, flag->key);
		break;
	case COLUMN_VALUE:
		text_add(text, cell->uncertain ? "uncertain" : flag->kind == FLAG_KIND_SWITCH ? cell->on ? "on" : "off" : cell->value);
		*style = cell->uncertain ? STYLE_UNKNOWN : cell->on ? STYLE_OK : cell->own ? STYLE_TEXT : STYLE_DIM;
		break;
	case COLUMN_FROM:
		text_add(text, cell->origin);
		*style = cell->own ? STYLE_TEXT : STYLE_DIM;
		break;
	case COLUMN_OBSERVED:
		flag_observed(view_service(&flags->view), flag, cell, text, &differs);
		if (differs)
			text_add(text, " ≠ declared");
		*style = differs ? STYLE_WARNING : STYLE_DIM;
		break;
	default:
		flag_left(flags->view.scene, cell->expires_ms, text);
		*style = STYLE_WARNING;
	}
}

static const char *empty_words(const struct view *view)
{
	const struct service *service = view_service(view);
	if (!service || !board_of(view))
		return flag_nothing(view->scene);
	if (!*service->cluster->env)
		return "the configuration does not say which environment this cluster is: fleet.clusters[].env";
	return "the repository has no file for this service in this environment";
}

static void flags_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct flags *flags = (struct flags *)view;
	struct list_source source = {.columns = COLUMNS, .column = heads, .cell = flag_cell_text, .arg = flags};
	source.rows = flags_rows(view);
	source.empty = empty_words(view);
	list_clamp(&flags->list, source.rows, rect);
	if (source.rows && rect.rows > 2 * EXPLAIN_ROWS) {
		const struct flag_board *board = board_of(view);
		struct rect below = rect_cut_bottom(&rect, EXPLAIN_ROWS);
		struct pager_source text;
		struct pager pager;
		flag_explain(&flags->page, view->scene, flags->row, &board->columns[flags->list.selected],
		             &flags->row->cells[flags->list.selected], below.cols);
		page_source(&flags->page, &text);
		pager_init(&pager);
		pager_draw(&pager, grid, below, &text);
	}
	view->rect = rect;
	list_draw(&flags->list, grid, rect, &source, focused);
}

static void flags_status(struct view *view, struct text *out)
{
	const struct flag_state *state = view->scene->flags;
	if (state && *state->busy)
		text_add(out, state->busy);
	else if (state && state->board && *state->words)
		text_add(out, state->words);
	else if (state && state->board)
		text_printf(out, "%s %.7s", state->board->branch, state->board->revision);
}

static int flags_act(struct view *view, enum action_id action)
{
	struct flags *flags = (struct flags *)view;
	size_t rows = flags_rows(view);
	long page = (long)list_page(view->rect);
	switch (action) {
	case ACTION_MOVE_DOWN: list_move(&flags->list, rows, view->rect, 1); return 1;
	case ACTION_MOVE_UP: list_move(&flags->list, rows, view->rect, -1); return 1;
	case ACTION_MOVE_PAGE_DOWN: list_move(&flags->list, rows, view->rect, page); return 1;
	case ACTION_MOVE_PAGE_UP: list_move(&flags->list, rows, view->rect, -page); return 1;
	case ACTION_MOVE_HALF_DOWN: list_move(&flags->list, rows, view->rect, (page + 1) / 2); return 1;
	case ACTION_MOVE_HALF_UP: list_move(&flags->list, rows, view->rect, -(page + 1) / 2); return 1;
	case ACTION_MOVE_FIRST: list_move_to(&flags->list, rows, view->rect, 0); return 1;
	case ACTION_MOVE_LAST: list_move_to(&flags->list, rows, view->rect, rows ? rows - 1 : 0); return 1;
	default: return 0;
	}
}

size_t flags_pick(struct view *view, struct flag_pick *pick)
{
	struct flags *flags = (struct flags *)view;
	size_t rows = flags_rows(view);
	*pick = (struct flag_pick){0};
	if (flags->list.selected >= rows)
		return 0;
	pick->key = board_of(view)->columns[flags->list.selected].key;
	pick->rows[pick->count++] = flags->row;
	pick->event = flags->row->cells[flags->list.selected].changed;
	return 1;
}

static void flags_open(struct view *view)
{
	list_init(&((struct flags *)view)->list);
}

static void flags_close(struct view *view)
{
	page_release(&((struct flags *)view)->page);
}

const struct view_ops flags_view = {
	.name = "flags",
	.scope = SCOPE_FLAGS,
	.size = sizeof(struct flags),
	.hints = {{ACTION_FLAG_SET, "change"}, {ACTION_FLAG_REVERT, "take back"}, {ACTION_FLAG_OPEN, "matrix"}},
	.open = flags_open,
	.close = flags_close,
	.status = flags_status,
	.draw = flags_draw,
	.act = flags_act,
	.rows = flags_rows,
};

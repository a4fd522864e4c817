/* SPDX-License-Identifier: MIT */
/*
 * All services against all flags, over the whole screen; behind it, the changes of flags from Git, and
 * what will run out. Rows in sight are drawn from a table that was resolved once, so scrolling costs
 * the same for 240 services and for 2,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "flag_text.h"
#include "ui/bars.h"
#include "ui/list.h"
#include "view/age.h"
#include "view/views.h"

enum mode { MODE_MATRIX, MODE_HISTORY, MODE_EXPIRING, MODES };
enum { FIXED = 3, EXPLAIN_ROWS = 6, SEARCH = 128, ROWS_MAX = 20000 };

struct matrix {
	struct view view;
	enum mode mode;
	struct list lists[MODES];
	size_t column, first; /* among the main flags: the cursor, and the first in sight */
	char env[64];         /* only this environment; "" all */
	char search[SEARCH];
	struct map marks;     /* places, owned */
	struct page page;

	/* Of one board, built anew when it, the environment or the search changes. */
	const struct flag_board *board;
	size_t *mains, main_count;
	size_t *rows, row_count;
	size_t *events, event_count;

	/* During one drawing. */
	struct list_column heads[LIST_COLUMNS_MAX];
	size_t shown;
};

static int holds(const char *text, const char *part)
{
	return !*part || strcasestr(text, part) != NULL;
}

static void rebuild(struct matrix *matrix, const struct flag_board *board)
{
	matrix->board = board;
	matrix->main_count = matrix->row_count = matrix->event_count = 0;
	matrix->mains = mem_resize(matrix->mains, board ? board->column_count + 1 : 1, sizeof(size_t));
	matrix->rows = mem_resize(matrix->rows, board ? board->row_count + 1 : 1, sizeof(size_t));
	matrix->events = mem_resize(matrix->events, board ? board->event_count + 1 : 1, sizeof(size_t));
	for (size_t i = 0; board && i < board->column_count; i++)
		if (board->columns[i].is_main)
			matrix->mains[matrix->main_count++] = i;
	for (size_t i = 0; board && i < board->row_count; i++)
		if ((!*matrix->env || strcmp(board->rows[i].env, matrix->env) == 0) && holds(board->rows[i].place, matrix->search))
			matrix->rows[matrix->row_count++] = i;
	for (size_t i = 0; board && i < board->event_count; i++) {
		const struct flag_event *event = &board->events[i];
		int runs_out = !event->reverted && (event->expires_ms || event->guarded_ms);
		if ((matrix->mode != MODE_EXPIRING || runs_out) && (holds(event->what, matrix->search) || holds(event->author, matrix->search)))
			matrix->events[matrix->event_count++] = i;
	}
	if (matrix->column >= matrix->main_count)
		matrix->column = matrix->first = 0;
}

static const struct flag_board *follow(struct matrix *matrix)
{
	const struct flag_board *board = matrix->view.scene->flags ? matrix->view.scene->flags->board : NULL;
	if (board != matrix->board)
		rebuild(matrix, board);
	return board;
}

static size_t matrix_rows(struct view *view)
{
	struct matrix *matrix = (struct matrix *)view;
	follow(matrix);
	return matrix->mode == MODE_MATRIX ? matrix->row_count : matrix->event_count;
}

static const struct flag_row *row_at(const struct matrix *matrix, size_t row)
{
	return row < matrix->row_count ? &matrix->board->rows[matrix->rows[row]] : NULL;
}

static const struct flag_cell *cell_at(const struct matrix *matrix, const struct flag_row *row, size_t main)
{
	return &row->cells[matrix->mains[main]];
}

static void matrix_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct matrix *matrix = arg;
	const struct flag_row *place = row_at(matrix, row);
	if (column < FIXED) {
		text_add(text, column == 0 ? place->service : column == 1 ? place->env : place->region);
		*style = column == 1 && place->protected ? STYLE_PROTECTED : column ? STYLE_DIM : STYLE_TEXT;
		return;
	}
	size_t main = matrix->first + column - FIXED;
	const struct flag_cell *cell = cell_at(matrix, place, main);
	const struct flag_column *flag = &matrix->board->columns[matrix->mains[main]];
	const char *word = cell->uncertain ? "?" : flag->kind == FLAG_KIND_SWITCH ? cell->on ? "on" : "–" : cell->value;
	const char *own = cell->expires_ms ? "!" : cell->own ? "*" : "";
	int here = main == matrix->column && row == matrix->lists[MODE_MATRIX].selected;
	text_printf(text, here ? "[%s%s]" : "%s%s", word, own);
	*style = cell->uncertain ? STYLE_UNKNOWN : cell->expires_ms ? STYLE_WARNING : cell->on ? STYLE_OK : STYLE_DIM;
}

static int matrix_marked(void *arg, size_t row)
{
	const struct matrix *matrix = arg;
	return matrix->marks.len && map_get(&matrix->marks, row_at(matrix, row)->place) != NULL;
}

/* Heads for what fits, with the cursor's flag among them. */
static void heads_build(struct matrix *matrix, int cols)
{
	static const struct list_column fixed[FIXED] = {
	    {.title = "SERVICE", .min_width = 20}, {.title = "ENV", .min_width = 8}, {.title = "REGION", .min_width = 10}};
	int left = cols - LIST_GUTTER - 20 - 8 - 10 - 3, width = 0;
	memcpy(matrix->heads, fixed, sizeof(fixed));
	if (matrix->first > matrix->column)
		matrix->first = matrix->column;
	for (;;) {
		matrix->shown = 0;
		width = 0;
		for (size_t i = matrix->first; i < matrix->main_count && matrix->shown + FIXED < LIST_COLUMNS_MAX; i++) {
			const char *key = matrix->board->columns[matrix->mains[i]].key;
			int own = (int)strlen(key) + 1 > 10 ? (int)strlen(key) + 1 : 10;
			if (width + own + 1 > left && matrix->shown)
				break;
			matrix->heads[FIXED + matrix->shown++] = (struct list_column){.title = key, .min_width = own};
			width += own + 1;
		}
		if (matrix->column < matrix->first + matrix->shown || matrix->first >= matrix->column)
			return;
		matrix->first++;
	}
}

static void explain_draw(struct matrix *matrix, struct grid *grid, struct rect rect)
{
	const struct flag_row *row = row_at(matrix, matrix->lists[MODE_MATRIX].selected);
	struct pager_source text;
	struct pager pager;
	if (!row || !matrix->main_count)
		return;
	flag_explain(&matrix->page, matrix->view.scene, row, &matrix->board->columns[matrix->mains[matrix->column]],
	             cell_at(matrix, row, matrix->column), rect.cols);
	page_source(&matrix->page, &text);
	pager_init(&pager);
	pager_draw(&pager, grid, rect, &text);
}

enum { EVENT_WHEN, EVENT_COMMIT, EVENT_AUTHOR, EVENT_WHAT, EVENT_WHY, EVENT_STATE, EVENT_COLUMNS };

static const struct list_column event_heads[EVENT_COLUMNS] = {
	[EVENT_WHEN] = {.title = "AGO", .min_width = 5, .right = 1},
	[EVENT_COMMIT] = {.title = "COMMIT", .min_width = 7, .keep = 3},
	[EVENT_AUTHOR] = {.title = "AUTHOR", .min_width = 14, .weight = 1, .keep = 2},
	[EVENT_WHAT] = {.title = "WHAT", .min_width = 26, .weight = 3},
	[EVENT_WHY] = {.title = "WHY", .min_width = 14, .weight = 2, .keep = 4},
	[EVENT_STATE] = {.title = "STATE", .min_width = 16, .keep = 1},
};

static void event_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct matrix *matrix = arg;
	const struct flag_event *event = &matrix->board->events[matrix->events[row]];
	const struct scene *scene = matrix->view.scene;
	switch (column) {
	case EVENT_WHEN: age_text(scene->now_ms, event->at_ms, text); break;
	case EVENT_COMMIT: text_printf(text, "%.7s", event->sha); break;
	case EVENT_AUTHOR: text_printf(text, "%.*s", (int)strcspn(event->author, "<"), event->author); break;
	case EVENT_WHAT: text_add(text, event->what); break;
	case EVENT_WHY: text_add(text, event->reason); break;
	default:
		*style = event->reverted ? STYLE_DIM : event->expires_ms || event->guarded_ms ? STYLE_WARNING : STYLE_OK;
		text_add(text, event->reverted ? "reverted" : event->expires_ms ? "expires " : event->guarded_ms > scene->now_ms ? "guarded " : "in force");
		if (!event->reverted)
			flag_left(scene, event->expires_ms ? event->expires_ms : event->guarded_ms > scene->now_ms ? event->guarded_ms : 0, text);
	}
}

static void title_text(const struct matrix *matrix, struct text *left, struct text *right)
{
	static const char *const names[MODES] = {"flags: services × flags", "flags: changes", "flags: expiring"};
	const struct flag_state *state = matrix->view.scene->flags;
	text_add(left, names[matrix->mode]);
	if (*matrix->env)
		text_printf(left, "  %s", matrix->env);
	if (*matrix->search)
		text_printf(left, "  /%s", matrix->search);
	if (!state)
		return;
	if (*state->busy)
		text_add(right, state->busy);
	else if (*state->words)
		text_add(right, state->words);
	else if (state->board)
		text_printf(right, "%s%zu marked  %s %.7s", state->board->issues ? "lint finds errors  " : "", matrix->marks.len, state->board->branch,
		            state->board->revision);
}

static void matrix_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct matrix *matrix = (struct matrix *)view;
	char left[160], right[300];
	struct text title = text_in(left, sizeof(left)), status = text_in(right, sizeof(right));
	struct list_source source = {.rows = matrix_rows(view), .arg = matrix, .empty = flag_nothing(view->scene)};
	title_text(matrix, &title, &status);
	title_draw(grid, rect_cut_top(&rect, 1), left, right, focused);
	if (matrix->mode == MODE_MATRIX && matrix->board) {
		heads_build(matrix, rect.cols);
		source.columns = FIXED + matrix->shown;
		source.column = matrix->heads;
		source.cell = matrix_cell;
		source.is_marked = matrix_marked;
		if (rect.rows > 3 * EXPLAIN_ROWS)
			explain_draw(matrix, grid, rect_cut_bottom(&rect, EXPLAIN_ROWS));
	} else {
		source.columns = EVENT_COLUMNS;
		source.column = event_heads;
		source.cell = event_cell;
		if (matrix->board)
			source.empty = matrix->mode == MODE_EXPIRING ? "nothing expires and nothing is guarded" : "no flag was changed by a commit of ours yet";
	}
	view->rect = rect;
	list_draw(&matrix->lists[matrix->mode], grid, rect, &source, focused);
}

static void mark_set(struct matrix *matrix, const char *place, int on)
{
	if (!on)
		free(map_remove(&matrix->marks, place));
	else if (!map_get(&matrix->marks, place)) {
		char *copy = mem_copy_string(place);
		map_put(&matrix->marks, copy, copy);
	}
}

static void marks_clear(struct matrix *matrix)
{
	char *place;
	for (size_t i = 0; (place = map_next(&matrix->marks, &i));)
		free(place);
	map_release(&matrix->marks);
	map_init(&matrix->marks);
}

static int mark_act(struct matrix *matrix, enum action_id action)
{
	struct list *list = &matrix->lists[MODE_MATRIX];
	const struct flag_row *row = row_at(matrix, list->selected);
	if (matrix->mode != MODE_MATRIX || !row)
		return 0;
	switch (action) {
	case ACTION_MARK_TOGGLE:
		mark_set(matrix, row->place, !map_get(&matrix->marks, row->place));
		list_move(list, matrix->row_count, matrix->view.rect, 1);
		return 1;
	case ACTION_MARK_ALL:
		for (size_t i = 0; i < matrix->row_count; i++)
			mark_set(matrix, row_at(matrix, i)->place, 1);
		return 1;
	case ACTION_MARK_CLEAR:
		marks_clear(matrix);
		return 1;
	default:
		return 0;
	}
}

/* All environments, then each in the catalog's order. */
static void env_next(struct matrix *matrix)
{
	const struct flag_board *board = matrix->board;
	const char *next = NULL;
	int passed = !*matrix->env;
	for (size_t i = 0; board && i < board->row_count && !next; i++) {
		const char *env = board->rows[i].env;
		int seen = 0;
		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(board->rows[k].env, env) == 0;
		if (seen)
			continue;
		if (passed)
			next = env;
		passed |= strcmp(env, matrix->env) == 0;
	}
	snprintf(matrix->env, sizeof(matrix->env), "%s", next ? next : "");
	rebuild(matrix, board);
}

static int matrix_act(struct view *view, enum action_id action)
{
	struct matrix *matrix = (struct matrix *)view;
	size_t rows = matrix_rows(view);
	struct list *list = &matrix->lists[matrix->mode];
	long page = (long)list_page(view->rect);
	switch (action) {
	case ACTION_MOVE_DOWN: list_move(list, rows, view->rect, 1); return 1;
	case ACTION_MOVE_UP: list_move(list, rows, view->rect, -1); return 1;
	case ACTION_MOVE_PAGE_DOWN: list_move(list, rows, view->rect, page); return 1;
	case ACTION_MOVE_PAGE_UP: list_move(list, rows, view->rect, -page); return 1;
	case ACTION_MOVE_HALF_DOWN: list_move(list, rows, view->rect, (page + 1) / 2); return 1;
	case ACTION_MOVE_HALF_UP: list_move(list, rows, view->rect, -(page + 1) / 2); return 1;
	case ACTION_MOVE_FIRST: list_move_to(list, rows, view->rect, 0); return 1;
	case ACTION_MOVE_LAST: list_move_to(list, rows, view->rect, rows ? rows - 1 : 0); return 1;
	case ACTION_MOVE_RIGHT:
		if (matrix->column + 1 < matrix->main_count)
			matrix->column++;
		return 1;
	case ACTION_MOVE_LEFT:
		if (matrix->column)
			matrix->column--;
		return 1;
	case ACTION_FLAG_VIEW:
		matrix->mode = (enum mode)((matrix->mode + 1) % MODES);
		rebuild(matrix, matrix->board);
		return 1;
	case ACTION_FLAG_ENV:
		env_next(matrix);
		return 1;
	case ACTION_APP_BACK:
		if (matrix->mode == MODE_MATRIX)
			return 0;
		matrix->mode = MODE_MATRIX;
		rebuild(matrix, matrix->board);
		return 1;
	default: return mark_act(matrix, action);
	}
}

/* Here a search is a filter: what does not hold the text is not in the way. */
static int matrix_search(struct view *view, const char *text)
{
	struct matrix *matrix = (struct matrix *)view;
	snprintf(matrix->search, sizeof(matrix->search), "%s", text);
	rebuild(matrix, matrix->board);
	return *text && !matrix_rows(view) ? -1 : 0;
}

static const char *matrix_searching(const struct view *view)
{
	return ((const struct matrix *)view)->search;
}

size_t matrix_pick(struct view *view, struct flag_pick *pick)
{
	struct matrix *matrix = (struct matrix *)view;
	const struct flag_board *board = follow(matrix);
	*pick = (struct flag_pick){0};
	if (!board)
		return 0;
	if (matrix->mode != MODE_MATRIX) {
		size_t at = matrix->lists[matrix->mode].selected;
		pick->event = at < matrix->event_count ? &board->events[matrix->events[at]] : NULL;
		return 0;
	}
	if (!matrix->main_count)
		return 0;
	pick->key = board->columns[matrix->mains[matrix->column]].key;
	/* Marks hold beyond what is in sight. */
	for (size_t i = 0; i < board->row_count && matrix->marks.len && pick->count < FLAG_PICK_MAX; i++)
		if (map_get(&matrix->marks, board->rows[i].place))
			pick->rows[pick->count++] = &board->rows[i];
	const struct flag_row *row = row_at(matrix, matrix->lists[MODE_MATRIX].selected);
	if (row && !pick->count)
		pick->rows[pick->count++] = row;
	if (row)
		pick->event = cell_at(matrix, row, matrix->column)->changed;
	return pick->count;
}

static void matrix_open(struct view *view)
{
	struct matrix *matrix = (struct matrix *)view;
	for (int i = 0; i < MODES; i++)
		list_init(&matrix->lists[i]);
	map_init(&matrix->marks);
	rebuild(matrix, NULL);
}

static void matrix_close(struct view *view)
{
	struct matrix *matrix = (struct matrix *)view;
	marks_clear(matrix);
	map_release(&matrix->marks);
	page_release(&matrix->page);
	free(matrix->mains);
	free(matrix->rows);
	free(matrix->events);
}

const struct view_ops matrix_view = {
	.name = "flags",
	.scope = SCOPE_FLAGS,
	.size = sizeof(struct matrix),
	.hints = {{ACTION_FLAG_SET, "change"}, {ACTION_MARK_TOGGLE, "mark"}, {ACTION_FLAG_REVERT, "take back"}, {ACTION_FLAG_VIEW, "changes"},
	          {ACTION_FLAG_ENV, "environment"}, {ACTION_SEARCH, "find"}, {ACTION_APP_BACK, "back"}},
	.open = matrix_open,
	.close = matrix_close,
	.draw = matrix_draw,
	.act = matrix_act,
	.search = matrix_search,
	.searching = matrix_searching,
	.rows = matrix_rows,
};

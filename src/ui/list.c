/* SPDX-License-Identifier: MIT */
/* The table. Everything that depends on the number of rows is O(rows in sight). */
#include "ui/list.h"

#include <string.h>

#include "base/utf8.h"

void list_init(struct list *list)
{
	memset(list, 0, sizeof(*list));
	list->sort_column = -1;
}

size_t list_page(struct rect rect)
{
	return rect.rows > 1 ? (size_t)rect.rows - 1 : 0;
}

void list_clamp(struct list *list, size_t rows, struct rect rect)
{
	size_t page = list_page(rect);

	if (rows == 0) {
		list->selected = list->top = 0;
		return;
	}
	if (list->selected >= rows)
		list->selected = rows - 1;
	if (list->top > list->selected)
		list->top = list->selected;
	if (page > 0 && list->selected >= list->top + page)
		list->top = list->selected - page + 1;
	/* No blank rows at the end while there are rows above. */
	if (list->top + page > rows)
		list->top = rows > page ? rows - page : 0;
}

void list_move_to(struct list *list, size_t rows, struct rect rect, size_t row)
{
	list->selected = row;
	list_clamp(list, rows, rect);
}

void list_move(struct list *list, size_t rows, struct rect rect, long delta)
{
	size_t back = delta < 0 ? (size_t)-delta : 0;

	if (delta >= 0)
		list->selected += (size_t)delta;
	else
		list->selected -= back < list->selected ? back : list->selected;
	list_clamp(list, rows, rect);
}

void list_visible(const struct list *list, size_t rows, struct rect rect, size_t *first, size_t *count)
{
	struct list now = *list;
	size_t page = list_page(rect);

	list_clamp(&now, rows, rect);
	*first = now.top;
	*count = rows - now.top < page ? rows - now.top : page;
}

/* The column to give up next, or -1: the largest keep, of equals the rightmost; never the last one. */
static int column_worst(const struct list_source *source, const int *widths)
{
	int worst = -1, shown = 0;

	for (size_t i = 0; i < source->columns && i < LIST_COLUMNS_MAX; i++) {
		if (widths[i] == 0)
			continue;
		shown++;
		if (worst < 0 || source->column[i].keep >= source->column[worst].keep)
			worst = (int)i;
	}
	return shown > 1 ? worst : -1;
}

static int widths_sum(const struct list_source *source, const int *widths)
{
	int sum = 0;

	for (size_t i = 0; i < source->columns; i++)
		if (widths[i] > 0)
			sum += widths[i] + (sum > 0 ? 1 : 0);
	return sum;
}

void list_widths(const struct list_source *source, int cols, int *widths)
{
	int room = cols - LIST_GUTTER, left, weights = 0, worst;

	for (size_t i = 0; i < source->columns; i++) {
		int title = utf8_cells(source->column[i].title);
		widths[i] = source->column[i].min_width > title ? source->column[i].min_width : title;
	}
	while (widths_sum(source, widths) > room && (worst = column_worst(source, widths)) >= 0)
		widths[worst] = 0;
	left = room - widths_sum(source, widths);
	for (size_t i = 0; i < source->columns; i++)
		weights += widths[i] > 0 ? source->column[i].weight : 0;
	for (size_t i = 0; i < source->columns && left > 0; i++) {
		int weight = source->column[i].weight, share;
		if (widths[i] == 0 || weight == 0)
			continue;
		/* Shares of what is left for those that are left: no cell is lost to rounding. */
		share = left * weight / weights;
		widths[i] += share;
		left -= share;
		weights -= weight;
	}
	for (size_t i = 0; i < source->columns; i++)
		if (widths[i] > room)
			widths[i] = room > 0 ? room : 0;
}

static void cell_draw(struct grid *grid, int row, int col, int width, int right, uint16_t style,
                      const char *text)
{
	if (right)
		grid_put_right(grid, row, col, width, style, text);
	else
		grid_put_cut(grid, row, col, width, style, text);
}

static void heads_draw(const struct list *list, struct grid *grid, struct rect rect,
                       const struct list_source *source, const int *widths)
{
	int col = rect.col + LIST_GUTTER;

	for (size_t i = 0; i < source->columns; i++) {
		const struct list_column *column = &source->column[i];
		int sorts = (int)i == list->sort_column, width = widths[i];
		int title = utf8_cells(column->title);
		uint16_t style = sorts ? STYLE_SORTED : STYLE_COLUMN;
		if (width == 0)
			continue;
		if (!sorts || title >= width) {
			cell_draw(grid, rect.row, col, width, column->right, style, column->title);
		} else {
			int at = column->right ? col + width - title - 1 : col;
			at += grid_put(grid, rect.row, at, title, style, column->title);
			grid_put(grid, rect.row, at, 1, style, list->sort_descends ? "▾" : "▴");
		}
		col += width + 1;
	}
}

static void row_draw(const struct list *list, struct grid *grid, struct rect line, size_t row,
                     const struct list_source *source, const int *widths, int focused)
{
	int selected = row == list->selected, col = line.col + LIST_GUTTER;
	int marked = source->is_marked && source->is_marked(source->arg, row);
	char room[LIST_CELL];

	grid_put(grid, line.row, line.col, 1, STYLE_KEY, selected ? "▸" : " ");
	grid_put(grid, line.row, line.col + 1, 1, STYLE_MARK, marked ? "●" : " ");
	for (size_t i = 0; i < source->columns; i++) {
		struct text text = text_in(room, sizeof(room));
		uint16_t style = STYLE_TEXT;
		if (widths[i] == 0)
			continue;
		source->cell(source->arg, row, i, &text, &style);
		cell_draw(grid, line.row, col, widths[i], source->column[i].right, style, text.data);
		col += widths[i] + 1;
	}
	if (selected)
		grid_lay(grid, line, focused ? STYLE_SELECTED : STYLE_SELECTED_IDLE);
	else if (marked)
		grid_lay(grid, line, STYLE_MARKED);
}

/* How many of the selected row's cells have something to say, beside the first. */
static size_t plain_facts(const struct list *list, const struct list_source *source)
{
	size_t facts = 0;
	char room[LIST_CELL];

	for (size_t i = 1; i < source->columns && source->rows > 0; i++) {
		struct text text = text_in(room, sizeof(room));
		uint16_t style;
		source->cell(source->arg, list->selected, i, &text, &style);
		facts += text.len > 0;
	}
	return facts;
}

/* Title and value of each cell of the selected row, one a line. */
static void plain_row_facts(const struct list *list, struct grid *grid, struct rect *rest, const struct list_source *source)
{
	char room[LIST_CELL];

	for (size_t i = 1; i < source->columns && !rect_is_empty(*rest); i++) {
		struct text text = text_in(room, sizeof(room));
		uint16_t style = STYLE_TEXT;
		source->cell(source->arg, list->selected, i, &text, &style);
		if (text.len == 0)
			continue;
		struct rect line = rect_cut_top(rest, 1);
		int at = 4 + rect_put(grid, line, 0, 4, STYLE_COLUMN, source->column[i].title) + 1;
		rect_put_cut(grid, line, 0, at, style, room);
	}
}

/* For a screen reader: a name a line, the selected one with its facts below it and the cursor on it. */
static void plain_draw(struct list *list, struct grid *grid, struct rect rect, const struct list_source *source, int focused)
{
	size_t lines = (size_t)rect.rows, facts = plain_facts(list, source);
	size_t page = lines > facts ? lines - facts : 1, first = list->top;
	char room[LIST_CELL];

	if (list->selected >= first + page)
		first = list->selected - page + 1;
	for (size_t row = first; row < source->rows && !rect_is_empty(rect); row++) {
		struct rect line = rect_cut_top(&rect, 1);
		struct text text = text_in(room, sizeof(room));
		uint16_t style = STYLE_TEXT;
		int selected = row == list->selected;
		source->cell(source->arg, row, 0, &text, &style);
		text_add(&text, source->is_marked && source->is_marked(source->arg, row) ? ", marked" : "");
		text_add(&text, selected ? ", selected" : "");
		rect_put_cut(grid, line, 0, 1, style, room);
		if (!selected)
			continue;
		if (focused) {
			grid->cursor_row = line.row;
			grid->cursor_col = line.col;
		}
		plain_row_facts(list, grid, &rect, source);
	}
	if (source->rows == 0 && source->empty)
		rect_put_cut(grid, rect, 0, 1, STYLE_DIM, source->empty);
}

void list_draw(struct list *list, struct grid *grid, struct rect rect, const struct list_source *source,
               int focused)
{
	int widths[LIST_COLUMNS_MAX] = {0};
	struct list_source clipped = *source;
	struct rect rest = rect;
	size_t first, count;

	if (rect_is_empty(rect))
		return;
	if (clipped.columns > LIST_COLUMNS_MAX)
		clipped.columns = LIST_COLUMNS_MAX;
	list_clamp(list, source->rows, rect);
	if (grid->plain) {
		plain_draw(list, grid, rect, &clipped, focused);
		return;
	}
	list_visible(list, source->rows, rect, &first, &count);
	list_widths(&clipped, rect.cols, widths);
	rect_cut_top(&rest, 1);
	heads_draw(list, grid, rect, &clipped, widths);
	for (size_t i = 0; i < count; i++)
		row_draw(list, grid, rect_cut_top(&rest, 1), first + i, &clipped, widths, focused);
	if (source->rows == 0 && source->empty)
		rect_put_cut(grid, rest, 0, LIST_GUTTER, STYLE_DIM, source->empty);
}

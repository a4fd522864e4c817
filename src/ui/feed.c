/* SPDX-License-Identifier: MIT */
/* The timeline: what happened, newest first. */
#include "ui/feed.h"

#include <stdio.h>
#include <string.h>

#include "ui/bars.h"

static size_t feed_rows(struct rect rect)
{
	return rect.rows > 1 ? (size_t)rect.rows - 1 : 0;
}

size_t feed_top_max(const struct feed_source *source, struct rect rect)
{
	size_t rows = feed_rows(rect);

	return source->count > rows ? source->count - rows : 0;
}

static void row_draw(struct grid *grid, struct rect line, const struct feed_row *row)
{
	int col = 1;

	col += rect_put(grid, line, 0, col, STYLE_TIME, row->time) + 2;
	if (row->subject && *row->subject)
		col += rect_put_cut(grid, line, 0, col, STYLE_STRONG, row->subject) + 2;
	if (row->text)
		col += rect_put_cut(grid, line, 0, col, row->style, row->text) + 1;
	if (row->count > 1)
		rect_printf(grid, line, 0, col, STYLE_DIM, "×%d", row->count);
}

void feed_draw(struct grid *grid, struct rect rect, const struct feed_source *source, size_t top, int focused)
{
	size_t most = feed_top_max(source, rect), rows = feed_rows(rect);
	char right[48] = "";

	if (rect_is_empty(rect))
		return;
	if (top > most)
		top = most;
	if (top > 0)
		snprintf(right, sizeof(right), "%zu newer above", top);
	title_draw(grid, rect_cut_top(&rect, 1), source->title ? source->title : "timeline", right, focused);
	for (size_t i = top; i < source->count && i < top + rows; i++) {
		struct feed_row row;
		memset(&row, 0, sizeof(row));
		source->row(source->arg, i, &row);
		row_draw(grid, rect_cut_top(&rect, 1), &row);
	}
	if (source->count == 0 && source->empty)
		rect_put_cut(grid, rect, 0, 1, STYLE_DIM, source->empty);
}

/* SPDX-License-Identifier: MIT */
/* Header, footer, messages, titles: lines of one row. */
#include "ui/bars.h"

#include <string.h>

#include "base/utf8.h"

enum { GAP = 2, LINE_GAP = 3 };

/* Cells that the bar's visible cells need. */
static int bar_width(const struct bar_cell *cells, size_t count, const char *hidden)
{
	int width = 1, first = 1;

	for (size_t i = 0; i < count; i++) {
		if (hidden[i] || !*cells[i].text)
			continue;
		width += utf8_cells(cells[i].text) + (first ? 0 : cells[i].line ? LINE_GAP : GAP);
		first = 0;
	}
	return width + 1;
}

static int bar_worst(const struct bar_cell *cells, size_t count, const char *hidden)
{
	int worst = -1;

	for (size_t i = 0; i < count; i++)
		if (!hidden[i] && cells[i].keep > 0 && (worst < 0 || cells[i].keep >= cells[worst].keep))
			worst = (int)i;
	return worst;
}

void header_draw(struct grid *grid, struct rect row, const struct bar_cell *cells, size_t count)
{
	char hidden[BAR_CELLS] = {0};
	int col = 1, worst, end = row.cols - 1;

	if (count > BAR_CELLS)
		count = BAR_CELLS;
	grid_fill(grid, row, STYLE_HEADER, ' ');
	while (bar_width(cells, count, hidden) > row.cols && (worst = bar_worst(cells, count, hidden)) >= 0)
		hidden[worst] = 1;
	for (size_t i = 0; i < count; i++) {
		const struct bar_cell *cell = &cells[i];
		if (hidden[i] || !*cell->text)
			continue;
		if (cell->at_end) {
			end -= utf8_cells(cell->text);
			rect_put_cut(grid, row, 0, end, cell->style, cell->text);
			end -= GAP;
			continue;
		}
		if (cell->line && col > 1)
			rect_put(grid, row, 0, col - 1, STYLE_BORDER, "│");
		col += (cell->line && col > 1 ? 1 : 0);
		col += rect_put_cut(grid, row, 0, col, cell->style, cell->text) + GAP;
	}
	grid_lay(grid, row, STYLE_HEADER);
}

void hints_draw(struct grid *grid, struct rect row, const struct hint *hints, size_t count, const char *right,
                uint16_t right_style)
{
	int room = row.cols - 1, col = 1, width = right ? utf8_cells(right) : 0;

	grid_fill(grid, row, STYLE_FOOTER, ' ');
	if (width > 0) {
		if (width > room - 1)
			width = room - 1;
		rect_put_cut(grid, row, 0, row.cols - width - 1, right_style, right);
		room -= width + GAP;
	}
	for (size_t i = 0; i < count; i++) {
		int cells = utf8_cells(hints[i].key) + 1 + utf8_cells(hints[i].text);
		if (col + cells > room)
			break;
		col += rect_put(grid, row, 0, col, STYLE_KEY, hints[i].key) + 1;
		col += rect_put(grid, row, 0, col, STYLE_HINT, hints[i].text) + GAP;
	}
}

void message_draw(struct grid *grid, struct rect row, const char *text, uint16_t style)
{
	grid_fill(grid, row, style, ' ');
	rect_put_cut(grid, row, 0, 1, style, text);
}

void title_draw(struct grid *grid, struct rect row, const char *text, const char *right, int focused)
{
	int width = right ? utf8_cells(right) : 0, left = row.cols - (width > 0 ? width + GAP : 0);

	if (rect_is_empty(row))
		return;
	/* What is at the right gives way to the title. */
	if (width > 0 && utf8_cells(text) + 1 <= left)
		grid_put(grid, row.row, row.col + row.cols - width - 1, width, STYLE_DIM, right);
	else
		left = row.cols;
	if (left > 1)
		grid_put_cut(grid, row.row, row.col + 1, left - 1, focused ? STYLE_TITLE : STYLE_DIM, text);
}

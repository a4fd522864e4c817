/* SPDX-License-Identifier: MIT */
/*
 * The help screen. Rows are laid out as one column of lines (a blank one before each section but
 * the first); with room for two, the second begins at the first section past the middle.
 */
#include "ui/help.h"

#include "base/utf8.h"

enum { HELP_TWO = 80, HELP_GAP = 2, KEY_MIN = 6, KEY_MAX = 18 };

/* Where the second column begins: an index into rows, count when there is none. */
static size_t split_find(const struct help_row *rows, size_t count, int cols)
{
	size_t lines = 0, total = count;

	if (cols < HELP_TWO)
		return count;
	for (size_t i = 1; i < count; i++)
		total += rows[i].key == NULL;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && !rows[i].key && 2 * lines >= total)
			return i;
		lines += 1 + (i > 0 && !rows[i].key);
	}
	/* No section begins past the middle: the last one that there is, if it is not the first. */
	for (size_t i = count; i-- > 1;)
		if (!rows[i].key)
			return i;
	return count;
}

static size_t lines_of(const struct help_row *rows, size_t first, size_t end)
{
	size_t lines = 0;

	for (size_t i = first; i < end; i++)
		lines += 1 + (i > first && !rows[i].key);
	return lines;
}

size_t help_lines(const struct help_row *rows, size_t count, int cols)
{
	size_t split = split_find(rows, count, cols);
	size_t left = lines_of(rows, 0, split), right = lines_of(rows, split, count);

	return left > right ? left : right;
}

static int key_width(const struct help_row *rows, size_t count)
{
	int width = KEY_MIN;

	for (size_t i = 0; i < count; i++) {
		int cells = rows[i].key ? utf8_cells(rows[i].key) : 0;
		width = cells > width ? cells : width;
	}
	return width < KEY_MAX ? width : KEY_MAX;
}

static void column_draw(struct grid *grid, struct rect rect, const struct help_row *rows, size_t first,
                        size_t end, size_t top, int width)
{
	size_t line = 0;

	for (size_t i = first; i < end; i++, line++) {
		int row;
		line += i > first && !rows[i].key;
		if (line < top)
			continue;
		row = (int)(line - top);
		if (row >= rect.rows)
			return;
		if (!rows[i].key) {
			rect_put_cut(grid, rect, row, 0, STYLE_TITLE, rows[i].text);
			continue;
		}
		grid_put_cut(grid, rect.row + row, rect.col + HELP_GAP, width, STYLE_KEY, rows[i].key);
		rect_put_cut(grid, rect, row, 2 * HELP_GAP + width, STYLE_HINT, rows[i].text);
	}
}

void help_draw(struct grid *grid, struct rect rect, const struct help_row *rows, size_t count, size_t top)
{
	size_t split = split_find(rows, count, rect.cols);
	int width = key_width(rows, count);
	struct rect right = rect;

	if (split < count) {
		rect = rect_cut_left(&right, right.cols / 2);
		rect_cut_right(&rect, HELP_GAP);
		column_draw(grid, right, rows, split, count, top, width);
	}
	column_draw(grid, rect, rows, 0, split, top, width);
}

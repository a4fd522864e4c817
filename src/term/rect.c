/* SPDX-License-Identifier: MIT */
/* Rectangles of cells. Sizes never go below zero, so an empty one draws nothing anywhere. */
#include "term/grid.h"

static int between(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

struct rect rect_make(int row, int col, int rows, int cols)
{
	return (struct rect){row, col, rows > 0 ? rows : 0, cols > 0 ? cols : 0};
}

struct rect grid_rect(const struct grid *grid)
{
	return rect_make(0, 0, grid->rows, grid->cols);
}

int rect_is_empty(struct rect rect)
{
	return rect.rows <= 0 || rect.cols <= 0;
}

struct rect rect_inset(struct rect rect, int rows, int cols)
{
	return rect_make(rect.row + rows, rect.col + cols, rect.rows - 2 * rows, rect.cols - 2 * cols);
}

struct rect rect_clip(struct rect rect, struct rect to)
{
	int row = between(rect.row, to.row, to.row + to.rows),
	    col = between(rect.col, to.col, to.col + to.cols);
	int bottom = between(rect.row + rect.rows, to.row, to.row + to.rows);
	int right = between(rect.col + rect.cols, to.col, to.col + to.cols);

	return rect_make(row, col, bottom - row, right - col);
}

struct rect rect_center(struct rect in, int rows, int cols)
{
	rows = between(rows, 0, in.rows);
	cols = between(cols, 0, in.cols);
	return rect_make(in.row + (in.rows - rows) / 2, in.col + (in.cols - cols) / 2, rows, cols);
}

struct rect rect_cut_top(struct rect *rect, int n)
{
	struct rect cut = *rect;

	cut.rows = between(n, 0, rect->rows);
	rect->row += cut.rows;
	rect->rows -= cut.rows;
	return cut;
}

struct rect rect_cut_bottom(struct rect *rect, int n)
{
	struct rect cut = *rect;

	cut.rows = between(n, 0, rect->rows);
	rect->rows -= cut.rows;
	cut.row = rect->row + rect->rows;
	return cut;
}

struct rect rect_cut_left(struct rect *rect, int n)
{
	struct rect cut = *rect;

	cut.cols = between(n, 0, rect->cols);
	rect->col += cut.cols;
	rect->cols -= cut.cols;
	return cut;
}

struct rect rect_cut_right(struct rect *rect, int n)
{
	struct rect cut = *rect;

	cut.cols = between(n, 0, rect->cols);
	rect->cols -= cut.cols;
	cut.col = rect->col + rect->cols;
	return cut;
}

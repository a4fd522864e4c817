/* SPDX-License-Identifier: MIT */
/*
 * The cell grid. Everything ends in cell_set, which alone keeps the rule for wide characters: a
 * left half (width 2) is always followed by its right half (width 0), and none stands alone.
 */
#include "term/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static struct cell *cell_at(const struct grid *grid, int row, int col)
{
	if (row < 0 || col < 0 || row >= grid->rows || col >= grid->cols)
		return NULL;
	return &grid->cells[(size_t)row * (size_t)grid->cols + (size_t)col];
}

static void cell_blank(struct cell *cell)
{
	*cell = (struct cell){.code = ' ', .style = cell->style, .width = 1};
}

void grid_clear(struct grid *grid)
{
	size_t count = (size_t)grid->rows * (size_t)grid->cols;

	for (size_t i = 0; i < count; i++)
		grid->cells[i] = (struct cell){.code = ' ', .style = STYLE_TEXT, .width = 1};
	grid->cursor_row = grid->cursor_col = -1;
}

void grid_init(struct grid *grid, int rows, int cols)
{
	grid->rows = rows > 0 ? rows : 0;
	grid->cols = cols > 0 ? cols : 0;
	grid->plain = 0;
	grid->cells = mem_new_array((size_t)grid->rows * (size_t)grid->cols + 1, sizeof(*grid->cells));
	grid_clear(grid);
}

void grid_release(struct grid *grid)
{
	free(grid->cells);
	memset(grid, 0, sizeof(*grid));
}

void grid_resize(struct grid *grid, int rows, int cols)
{
	if (rows == grid->rows && cols == grid->cols) {
		grid_clear(grid);
		return;
	}
	int plain = grid->plain;
	grid_release(grid);
	grid_init(grid, rows, cols);
	grid->plain = plain;
}

const struct cell *grid_cell(const struct grid *grid, int row, int col)
{
	return cell_at(grid, row, col);
}

/* The caller knows that the cells are inside. */
static void cell_set(struct grid *grid, int row, int col, uint16_t style, uint32_t code, int width)
{
	if (grid->plain && width == 1 && glyph_decorates(code))
		code = ' ';
	struct cell *cell = cell_at(grid, row, col);
	struct cell *last = cell + width - 1;

	if (cell->width == 0)
		cell_blank(cell - 1);
	if (last->width == 2)
		cell_blank(last + 1);
	*cell = (struct cell){.code = code, .style = style, .width = (uint8_t)width};
	if (width == 2)
		*last = (struct cell){.code = 0, .style = style, .width = 0};
}

/* An accent on the character that ends before this column. */
static void cell_mark(struct grid *grid, int row, int col, uint32_t code)
{
	struct cell *cell = cell_at(grid, row, col - 1);

	if (cell && cell->width == 0)
		cell--;
	for (int i = 0; cell && i < CELL_MARKS; i++)
		if (!cell->marks[i]) {
			cell->marks[i] = code;
			return;
		}
}

void grid_put_code(struct grid *grid, int row, int col, uint16_t style, uint32_t code)
{
	int width = utf8_width(code);

	if (width > 0 && cell_at(grid, row, col) && cell_at(grid, row, col + width - 1))
		cell_set(grid, row, col, style, code, width);
}

int grid_put(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text)
{
	size_t len = strlen(text), used;
	int done = 0;

	if (!cell_at(grid, row, col))
		return 0;
	if (max_cells > grid->cols - col)
		max_cells = grid->cols - col;
	for (size_t at = 0; at < len; at += used) {
		uint32_t code = utf8_decode(text + at, len - at, &used);
		int width = utf8_width(code);
		if (width == 0 && done > 0 && utf8_is_mark(code))
			cell_mark(grid, row, col + done, code);
		if (width == 0)
			continue;
		if (done + width > max_cells)
			break;
		cell_set(grid, row, col + done, style, code, width);
		done += width;
	}
	return done;
}

int grid_put_cut(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text)
{
	int done;

	if (max_cells > grid->cols - col)
		max_cells = grid->cols - col;
	if (max_cells <= 0)
		return 0;
	if (utf8_cells(text) <= max_cells)
		return grid_put(grid, row, col, max_cells, style, text);
	done = grid_put(grid, row, col, max_cells - 1, style, text);
	return done + grid_put(grid, row, col + done, 1, style, "…");
}

int grid_put_right(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text)
{
	int cells = utf8_cells(text);

	if (cells >= max_cells)
		return grid_put_cut(grid, row, col, max_cells, style, text);
	return grid_put(grid, row, col + max_cells - cells, cells, style, text);
}

static int put_formatted(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *fmt,
                         va_list args)
{
	char room[1024];

	vsnprintf(room, sizeof(room), fmt, args);
	return grid_put(grid, row, col, max_cells, style, room);
}

int grid_printf(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *fmt, ...)
{
	va_list args;
	int done;

	va_start(args, fmt);
	done = put_formatted(grid, row, col, max_cells, style, fmt, args);
	va_end(args);
	return done;
}

static int rect_holds(struct rect rect, int row, int col)
{
	return row >= 0 && col >= 0 && row < rect.rows && col < rect.cols;
}

int rect_put(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *text)
{
	if (!rect_holds(rect, row, col))
		return 0;
	return grid_put(grid, rect.row + row, rect.col + col, rect.cols - col, style, text);
}

int rect_put_cut(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *text)
{
	if (!rect_holds(rect, row, col))
		return 0;
	return grid_put_cut(grid, rect.row + row, rect.col + col, rect.cols - col, style, text);
}

int rect_printf(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *fmt, ...)
{
	va_list args;
	int done;

	if (!rect_holds(rect, row, col))
		return 0;
	va_start(args, fmt);
	done = put_formatted(grid, rect.row + row, rect.col + col, rect.cols - col, style, fmt, args);
	va_end(args);
	return done;
}

void grid_fill(struct grid *grid, struct rect rect, uint16_t style, uint32_t code)
{
	rect = rect_clip(rect, grid_rect(grid));
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int col = rect.col; col < rect.col + rect.cols; col++)
			cell_set(grid, row, col, style, code, 1);
}

void grid_lay(struct grid *grid, struct rect rect, enum element above)
{
	rect = rect_clip(rect, grid_rect(grid));
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int col = rect.col; col < rect.col + rect.cols; col++) {
			struct cell *cell = cell_at(grid, row, col);
			cell->style = style_over(cell->style, (uint16_t)above);
		}
}

void grid_hline(struct grid *grid, int row, int col, int cols, uint16_t style)
{
	grid_fill(grid, rect_make(row, col, 1, cols), style, 0x2500);
}

void grid_vline(struct grid *grid, int row, int col, int rows, uint16_t style)
{
	grid_fill(grid, rect_make(row, col, rows, 1), style, 0x2502);
}

void grid_box(struct grid *grid, struct rect rect, uint16_t style, uint16_t title_style, const char *title)
{
	int bottom = rect.row + rect.rows - 1, right = rect.col + rect.cols - 1;

	if (rect.rows < 2 || rect.cols < 2)
		return;
	grid_hline(grid, rect.row, rect.col, rect.cols, style);
	grid_hline(grid, bottom, rect.col, rect.cols, style);
	grid_vline(grid, rect.row, rect.col, rect.rows, style);
	grid_vline(grid, rect.row, right, rect.rows, style);
	grid_put_code(grid, rect.row, rect.col, style, 0x250c);
	grid_put_code(grid, rect.row, right, style, 0x2510);
	grid_put_code(grid, bottom, rect.col, style, 0x2514);
	grid_put_code(grid, bottom, right, style, 0x2518);
	if (title && rect.cols > 6) {
		int done = grid_put_cut(grid, rect.row, rect.col + 3, rect.cols - 6, title_style, title);
		grid_put(grid, rect.row, rect.col + 2, 1, style, " ");
		grid_put(grid, rect.row, rect.col + 3 + done, 1, style, " ");
	}
}

static int dump_row(const struct grid *grid, int row, struct buf *out, int flags)
{
	int end = grid->cols;

	while (end > 0 && cell_at(grid, row, end - 1)->code == ' ')
		end--;
	for (int col = 0; col < end; col++) {
		const struct cell *cell = cell_at(grid, row, col);
		char bytes[4 + 4 * CELL_MARKS] = {' '};
		size_t len = 1;
		if (flags & GRID_DUMP_ASCII)
			bytes[0] = cell->width == 0 ? ' ' : glyph_ascii(cell->code);
		else if (cell->width == 0)
			continue;
		else
			len = utf8_encode(cell->code, bytes);
		for (int i = 0; i < CELL_MARKS && cell->marks[i] && !(flags & GRID_DUMP_ASCII); i++)
			len += utf8_encode(cell->marks[i], bytes + len);
		if (buf_add(out, bytes, len) < 0)
			return -1;
	}
	return buf_add(out, "\n", 1);
}

static int dump_styles(const struct grid *grid, int row, struct buf *out)
{
	for (int col = 0, end; col < grid->cols; col = end) {
		uint16_t style = cell_at(grid, row, col)->style;
		const char *above = style_above(style) ? element_name(style_above(style)) : NULL;
		for (end = col; end < grid->cols && cell_at(grid, row, end)->style == style; end++)
			;
		if (style == STYLE_TEXT)
			continue;
		if (buf_printf(out, "  | %d-%d %s%s%s\n", col, end - 1, element_name(style_below(style)),
		               above ? "+" : "", above ? above : "") < 0)
			return -1;
	}
	return 0;
}

int grid_dump(const struct grid *grid, struct buf *out, int flags)
{
	for (int row = 0; row < grid->rows; row++) {
		if (dump_row(grid, row, out, flags) < 0)
			return -1;
		if ((flags & GRID_DUMP_STYLES) && dump_styles(grid, row, out) < 0)
			return -1;
	}
	return 0;
}

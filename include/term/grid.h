/* SPDX-License-Identifier: MIT */
#ifndef TERM_GRID_H
#define TERM_GRID_H

#include <stdint.h>

#include "base/buf.h"
#include "term/style.h"

/*
 * The cells that views and widgets draw into. Drawing clips: nothing outside the grid or the
 * rectangle is touched, negative positions and sizes draw nothing. Text is UTF-8 that was
 * sanitised when it was taken in. Combining marks go with the character before them, two at most; other
 * characters without a width are left out.
 */
enum { CELL_MARKS = 2 };

struct cell {
	uint32_t code;
	uint32_t marks[CELL_MARKS]; /* combining; 0: none */
	uint16_t style;
	uint8_t width; /* 1, 2 (the left half of a wide character), 0 (its right half) */
};

struct grid {
	int rows, cols;
	struct cell *cells;         /* rows * cols */
	int cursor_row, cursor_col; /* where the terminal's cursor shows; row -1: hidden */
	int plain;                  /* for screen readers: what only decorates is blank, tables are one fact a line */
};

struct rect {
	int row, col, rows, cols;
};

void grid_init(struct grid *grid, int rows, int cols); /* blank */
void grid_release(struct grid *grid);
void grid_resize(struct grid *grid, int rows, int cols);                 /* blank afterwards */
void grid_clear(struct grid *grid);                                      /* blank, cursor hidden */
const struct cell *grid_cell(const struct grid *grid, int row, int col); /* NULL outside */

/*
 * Draws text from (row, col) in at most max_cells cells and returns the cells used. A wide
 * character that does not fit whole is left out. What a half overwritten wide character leaves
 * becomes a blank. grid_put_cut ends in "…" when it cut; grid_put_right ends at col + max_cells.
 */
int grid_put(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text);
int grid_put_cut(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text);
int grid_put_right(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *text);
int grid_printf(struct grid *grid, int row, int col, int max_cells, uint16_t style, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void grid_put_code(struct grid *grid, int row, int col, uint16_t style, uint32_t code);

/* The same inside a rectangle: row and col count from its corner, max_cells ends at its edge. */
int rect_put(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *text);
int rect_put_cut(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *text);
int rect_printf(struct grid *grid, struct rect rect, int row, int col, uint16_t style, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

void grid_fill(struct grid *grid, struct rect rect, uint16_t style, uint32_t code);
/* Lays an element over what is there: the ground of a selected row, a match. */
void grid_lay(struct grid *grid, struct rect rect, enum element above);
/* A frame along the edge of rect, with a title in its upper line when title is not NULL. */
void grid_box(struct grid *grid, struct rect rect, uint16_t style, uint16_t title_style, const char *title);
void grid_hline(struct grid *grid, int row, int col, int cols, uint16_t style);
void grid_vline(struct grid *grid, int row, int col, int rows, uint16_t style);

struct rect grid_rect(const struct grid *grid); /* all of it */
struct rect rect_make(int row, int col, int rows, int cols);
int rect_is_empty(struct rect rect);
struct rect rect_inset(struct rect rect, int rows, int cols); /* smaller on every side */
struct rect rect_clip(struct rect rect, struct rect to);
struct rect rect_center(struct rect in, int rows, int cols); /* cut to `in` */
/* Cut n rows or columns off one side of *rect and return what was cut off. */
struct rect rect_cut_top(struct rect *rect, int n);
struct rect rect_cut_bottom(struct rect *rect, int n);
struct rect rect_cut_left(struct rect *rect, int n);
struct rect rect_cut_right(struct rect *rect, int n);

/*
 * The grid as text for golden tests: one line a row, without the blanks at its end. With
 * GRID_DUMP_STYLES the runs of styles other than "text" follow each row, as "  | 3-9 ok+selected".
 * With GRID_DUMP_ASCII characters are what an ASCII terminal would get.
 */
enum { GRID_DUMP_STYLES = 1, GRID_DUMP_ASCII = 2 };
int grid_dump(const struct grid *grid, struct buf *out, int flags) MUST_USE;

/* What stands for a character on an ASCII terminal: one printable byte for one cell; '?' for the
 * unknown. The one table of it is in src/term/ascii.c. */
char glyph_ascii(uint32_t code);
/* Whether it only decorates: lines, blocks, braille, bullets. A screen reader would spell it. */
int glyph_decorates(uint32_t code);

#endif

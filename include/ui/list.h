/* SPDX-License-Identifier: MIT */
#ifndef UI_LIST_H
#define UI_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "term/grid.h"

/*
 * A table that scrolls. Its rows are the caller's: only those in sight are asked for. Line 0 of the
 * rectangle holds the column heads, the rest rows; the cells at the left are the gutter
 * (▸ selected, ● marked). Columns get min_width; what is left is shared by weight; when there is
 * too little, columns with the largest `keep` go first (0 goes last, the rightmost first).
 */
enum { LIST_COLUMNS_MAX = 64, LIST_CELL = 256, LIST_GUTTER = 3 };

struct list_column {
	const char *title;
	int min_width, weight;
	int right; /* aligned to the right */
	int keep;  /* as in model/column.h */
};

struct list_source {
	size_t rows, columns;
	const struct list_column *column;
	/* Writes a cell's text and, unless STYLE_TEXT is right, its style. */
	void (*cell)(void *arg, size_t row, size_t column, struct text *text, uint16_t *style);
	int (*is_marked)(void *arg, size_t row); /* NULL: nothing is */
	void *arg;
	const char *empty; /* a sentence for a list without rows; NULL: none */
};

struct list {
	size_t selected, top;
	int sort_column; /* index of the column that sorts, or -1 */
	int sort_descends;
};

void list_init(struct list *list);
/* Keeps selection and scroll inside `rows` rows of which the rectangle shows list_page. */
void list_clamp(struct list *list, size_t rows, struct rect rect);
size_t list_page(struct rect rect); /* rows in sight */
void list_move(struct list *list, size_t rows, struct rect rect, long delta);
void list_move_to(struct list *list, size_t rows, struct rect rect, size_t row);
/* The rows in sight: what a view asks data for. */
void list_visible(const struct list *list, size_t rows, struct rect rect, size_t *first, size_t *count);
/* Widths by column, 0: dropped. `widths` holds source->columns items. */
void list_widths(const struct list_source *source, int cols, int *widths);
/* Clamps, then draws. */
void list_draw(struct list *list, struct grid *grid, struct rect rect, const struct list_source *source,
               int focused);

#endif

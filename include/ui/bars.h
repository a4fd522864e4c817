/* SPDX-License-Identifier: MIT */
#ifndef UI_BARS_H
#define UI_BARS_H

#include <stddef.h>
#include <stdint.h>

#include "term/grid.h"

/*
 * The header: cells from the left, two blanks apart, a " │ " where `line` asks for one. When they
 * do not all fit, cells with the largest `keep` go first; one with `at_end` stands at the right.
 */
struct bar_cell {
	const char *text;
	uint16_t style;
	int line; /* a line before it */
	int keep; /* 0 goes last */
	int at_end;
};
enum { BAR_CELLS = 64 };
void header_draw(struct grid *grid, struct rect row, const struct bar_cell *cells, size_t count);

/* The footer: "f flags  r rollout  ? help", as many as fit, and a text at the right end. */
struct hint {
	const char *key, *text;
};
void hints_draw(struct grid *grid, struct rect row, const struct hint *hints, size_t count, const char *right,
                uint16_t right_style);
/* A message instead of the hints. */
void message_draw(struct grid *grid, struct rect row, const char *text, uint16_t style);
/* A pane's title line: bold text at the left, something dim at the right. */
void title_draw(struct grid *grid, struct rect row, const char *text, const char *right, int focused);

#endif

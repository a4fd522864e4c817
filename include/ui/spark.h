/* SPDX-License-Identifier: MIT */
#ifndef UI_SPARK_H
#define UI_SPARK_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "term/grid.h"

/*
 * Small graphs as text. A value that is NaN is a gap, never a zero. The scale goes from 0 (or the
 * least value, when negative) to the largest value.
 */
enum graph { GRAPH_BLOCK, GRAPH_BRAILLE, GRAPH_TTY };

int graph_parse(const char *name, enum graph *graph); /* "block", "braille", "tty"; 0 or -1 */
/* The last `cells` values (twice as many with braille), right-aligned: "▁▂▃▅▇". */
void spark_text(const double *values, size_t count, int cells, enum graph graph, struct text *out);
/* "▓▓▓░ 80%" in `cells` cells; without room for the bar only "80%". percent under 0: "". */
void progress_text(int percent, int cells, struct text *out);
/* The same, the two parts in STYLE_BAR_DONE and STYLE_BAR_REST over the ground of `style`. */
int progress_draw(struct grid *grid, int row, int col, int cells, int percent, uint16_t style);

/* "4.2k", "182", "0.31", "–" for NaN: three significant figures. */
void number_text(double value, struct text *out);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef UI_PALETTE_H
#define UI_PALETTE_H

#include <stddef.h>

#include "term/grid.h"

/*
 * Fuzzy choice by typing, for the command prompt: the letters of the query in their order.
 */

/* How well text fits the query: 0 not at all, larger is better. Starts of words and runs count. */
int fuzzy_score(const char *query, const char *text);
/* Indexes of the texts that fit, best first (equal ones in their order); how many, at most max. */
size_t fuzzy_rank(const char *query, const char *const *texts, size_t count, size_t *order, size_t max);

/* A box over the screen's lower part: a line per row, name, sentence and key. */
struct palette_row {
	const char *name, *help, *key;
};
void palette_draw(struct grid *grid, struct rect above, const struct palette_row *rows, size_t count,
                  size_t selected);

#endif

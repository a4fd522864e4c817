/* SPDX-License-Identifier: MIT */
#ifndef UI_HELP_H
#define UI_HELP_H

#include <stddef.h>

#include "term/grid.h"

/*
 * The help screen: keys and sentences in sections, in two columns where there is room (80 cells).
 * A row whose key is NULL is the title of a section. A section is not broken across columns.
 */
struct help_row {
	const char *key, *text;
};

/* Lines that the rows take at that width; what `top` may scroll to is that less rect.rows. */
size_t help_lines(const struct help_row *rows, size_t count, int cols);
void help_draw(struct grid *grid, struct rect rect, const struct help_row *rows, size_t count, size_t top);

#endif

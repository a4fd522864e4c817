/* SPDX-License-Identifier: MIT */
#ifndef UI_TABS_H
#define UI_TABS_H

#include <stddef.h>

#include "term/grid.h"

/* One line of tabs, " 1 overview  2 pods ". When they do not all fit, those left of the active one
 * give way first, and ‹ › say that there are more. */
int tabs_cells(const char *const *names, size_t count); /* that all of them take */
void tabs_draw(struct grid *grid, struct rect rect, const char *const *names, size_t count, size_t active);

#endif

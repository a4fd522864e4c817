/* SPDX-License-Identifier: MIT */
/* A line of tabs. */
#include "ui/tabs.h"

#include <stdio.h>

#include "base/utf8.h"

enum { TAB_TEXT = 64 };

static int tab_format(char out[TAB_TEXT], const char *name, size_t index)
{
	/* Only the first nine have a key. */
	if (index < 9)
		snprintf(out, TAB_TEXT, " %zu %s ", index + 1, name);
	else
		snprintf(out, TAB_TEXT, " %s ", name);
	return utf8_cells(out);
}

static int tabs_width(const char *const *names, size_t first, size_t end)
{
	char text[TAB_TEXT];
	int width = 0;

	for (size_t i = first; i < end; i++)
		width += tab_format(text, names[i], i);
	return width;
}

int tabs_cells(const char *const *names, size_t count)
{
	return tabs_width(names, 0, count);
}

void tabs_draw(struct grid *grid, struct rect rect, const char *const *names, size_t count, size_t active)
{
	size_t first = 0;
	int col = 0;

	if (active >= count || rect_is_empty(rect))
		return;
	/* One cell at either side for ‹ and ›. */
	if (tabs_width(names, 0, count) > rect.cols)
		while (first < active && tabs_width(names, first, active + 1) > rect.cols - (first > 0) - 1)
			first++;
	if (first > 0)
		col += rect_put(grid, rect, 0, 0, STYLE_DIM, "‹");
	for (size_t i = first; i < count; i++) {
		char text[TAB_TEXT];
		int width = tab_format(text, names[i], i), room = rect.cols - col - (i + 1 < count);
		if (width > room && i > active) {
			rect_put(grid, rect, 0, rect.cols - 1, STYLE_DIM, "›");
			return;
		}
		col += rect_put_cut(grid, rect, 0, col, i == active ? STYLE_TAB_ACTIVE : STYLE_TAB, text);
	}
}

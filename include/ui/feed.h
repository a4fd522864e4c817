/* SPDX-License-Identifier: MIT */
#ifndef UI_FEED_H
#define UI_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "term/grid.h"

/*
 * The timeline's widget: a title line, then what happened, newest first, one a line: a time, a
 * subject, a text. `top` scrolls, 0 shows the newest.
 */
struct feed_row {
	char time[16];
	const char *subject, *text; /* until the next call; NULL: none */
	int count;                  /* over 1: "×3" at the end */
	uint16_t style;             /* of the text */
};

struct feed_source {
	size_t count;
	void (*row)(void *arg, size_t index, struct feed_row *row);
	void *arg;
	const char *title, *empty;
};

/* How far `top` may go in that rectangle. */
size_t feed_top_max(const struct feed_source *source, struct rect rect);
void feed_draw(struct grid *grid, struct rect rect, const struct feed_source *source, size_t top,
               int focused);

#endif

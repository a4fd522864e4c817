/* SPDX-License-Identifier: MIT */
#ifndef UI_PAGER_H
#define UI_PAGER_H

#include <stddef.h>
#include <stdint.h>

#include "term/grid.h"

/*
 * Lines of text that scroll: logs, YAML, diffs, events, help. The lines are the caller's; only those
 * in sight (and, while searching, those searched) are asked for. `top` is the first line in sight.
 * With `follow` the last line is kept in sight; scrolling up ends that, reaching the end by
 * pager_end begins it where the caller allows it. With `wrap` long lines go on in the next row.
 */
enum { PAGER_SEARCH = 128, PAGER_SPANS = 32 };

struct pager_span {
	int first, bytes; /* of the line */
	uint16_t style;
};

struct pager_source {
	size_t count;
	/* A line; its pointer holds until the next call. *style is STYLE_TEXT unless set. */
	const char *(*line)(void *arg, size_t index, uint16_t *style);
	/* Styles of parts of a line, in order; how many were written. NULL: none. */
	size_t (*spans)(void *arg, size_t index, const char *line, struct pager_span *out, size_t max);
	void *arg;
	const char *empty; /* a sentence for no lines; NULL: none */
};

struct pager {
	size_t top;
	int part; /* rows of the top line that are scrolled out, while wrapping */
	int left; /* cells scrolled out at the left, while not */
	int follow, wrap;
	char search[PAGER_SEARCH]; /* "" : none; without capitals it matches either case */
	long match;                /* the line the search stands on, or -1 */
};

void pager_init(struct pager *pager);
void pager_scroll(struct pager *pager, const struct pager_source *source, struct rect rect, long rows);
void pager_scroll_side(struct pager *pager, int cells);
void pager_home(struct pager *pager);
void pager_end(struct pager *pager, const struct pager_source *source, struct rect rect, int follow);
/* Brings a line into sight. */
void pager_show(struct pager *pager, const struct pager_source *source, struct rect rect, size_t line);
/* `dropped` lines at the beginning are gone: what is in sight stays in sight. */
void pager_shift(struct pager *pager, size_t dropped);
/* Starts a search, "" ends it. The first match from the top of the screen on is shown; -1: none. */
int pager_search(struct pager *pager, const struct pager_source *source, struct rect rect, const char *text);
/* The next match after (step 1) or before (-1) the current one, wrapping around. -1: none. */
int pager_search_step(struct pager *pager, const struct pager_source *source, struct rect rect, int step);
/* Clamps, then draws. */
void pager_draw(struct pager *pager, struct grid *grid, struct rect rect, const struct pager_source *source);
/* For a title: "37 of 812" (the first line in sight), "end of 812", "all of 12", "empty". */
void pager_position(const struct pager *pager, const struct pager_source *source, struct rect rect, char *out,
                    size_t size);

#endif

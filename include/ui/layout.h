/* SPDX-License-Identifier: MIT */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "term/grid.h"

/*
 * Where the panes of the main screen stand. Pure: from a wish to rectangles. Header and footer take
 * one row each, the timeline the rows above the footer. With LAYOUT_WIDE columns or more the list
 * stands left and the detail right of a line that has a blank at either side; with fewer one of the
 * two has all the room: the list, or the detail while it is open. What does not fit is empty.
 */
enum { LAYOUT_WIDE = 100, LAYOUT_SHARE_MIN = 20, LAYOUT_SHARE_MAX = 80, LAYOUT_SHARE = 60 };

enum pane { PANE_LIST, PANE_DETAIL, PANE_TIMELINE };

struct layout_wish {
	int rows, cols;
	int list_share;    /* per cent of the width; clamped to LAYOUT_SHARE_MIN..MAX */
	int timeline_rows; /* with its title; 0: hidden */
	int plain;         /* one pane at a time on a wide screen too */
	int detail_open;   /* something is shown in detail; a wide screen keeps room for it anyway */
	int zoomed;        /* the pane with the focus takes all the room */
	enum pane focus;
};

struct layout {
	struct rect header, list, line, detail, timeline, footer;
	int narrow;
};

void layout_compute(const struct layout_wish *wish, struct layout *layout);
/* The pane after (or, with step -1, before) `from` that has room. */
enum pane layout_next_pane(const struct layout *layout, enum pane from, int step);
struct rect layout_pane(const struct layout *layout, enum pane pane);

#endif

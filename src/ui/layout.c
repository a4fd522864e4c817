/* SPDX-License-Identifier: MIT */
/* Panes of the main screen: rows are cut off a rectangle, what is left over is shared. */
#include "ui/layout.h"

#include <string.h>

static void body_split(const struct layout_wish *wish, struct layout *layout, struct rect body)
{
	int share = wish->list_share < LAYOUT_SHARE_MIN   ? LAYOUT_SHARE_MIN
	            : wish->list_share > LAYOUT_SHARE_MAX ? LAYOUT_SHARE_MAX
	                                                  : wish->list_share;

	if (layout->narrow) {
		*(wish->detail_open ? &layout->detail : &layout->list) = body;
		return;
	}
	layout->list = rect_cut_left(&body, (body.cols - 3) * share / 100);
	rect_cut_left(&body, 1);
	layout->line = rect_cut_left(&body, 1);
	rect_cut_left(&body, 1);
	layout->detail = body;
}

void layout_compute(const struct layout_wish *wish, struct layout *layout)
{
	struct rect rest = rect_make(0, 0, wish->rows, wish->cols);
	int timeline = wish->timeline_rows;

	memset(layout, 0, sizeof(*layout));
	layout->narrow = wish->plain || wish->cols < LAYOUT_WIDE;
	/* The footer holds the prompt: on a screen of one row it is what is left. */
	layout->footer = rect_cut_bottom(&rest, 1);
	layout->header = rect_cut_top(&rest, 1);
	if (wish->zoomed) {
		*(wish->focus == PANE_LIST       ? &layout->list
		  : wish->focus == PANE_TIMELINE ? &layout->timeline
		                                 : &layout->detail) = rest;
		return;
	}
	/* The body keeps two thirds: the timeline is beside the point, the list is the point. */
	if (timeline > rest.rows / 3)
		timeline = rest.rows / 3;
	if (timeline >= 2)
		layout->timeline = rect_cut_bottom(&rest, timeline);
	body_split(wish, layout, rest);
}

struct rect layout_pane(const struct layout *layout, enum pane pane)
{
	return pane == PANE_LIST ? layout->list : pane == PANE_DETAIL ? layout->detail : layout->timeline;
}

enum pane layout_next_pane(const struct layout *layout, enum pane from, int step)
{
	int pane = (int)from;

	for (int i = 0; i < 3; i++) {
		pane = (pane + (step < 0 ? 2 : 1)) % 3;
		if (!rect_is_empty(layout_pane(layout, (enum pane)pane)))
			return (enum pane)pane;
	}
	return from;
}

/* SPDX-License-Identifier: MIT */
/* What happened in the fleet, newest first. Scrolled, it stays on what it shows. */
#include <string.h>

#include "ui/feed.h"
#include "view/views.h"

struct timeline_view {
	struct view view;
	size_t top;
};

static void feed_entry(void *arg, size_t index, struct feed_row *row)
{
	static const uint16_t styles[] = {
		[TIMELINE_INFO] = STYLE_TEXT,
		[TIMELINE_GOOD] = STYLE_OK,
		[TIMELINE_WARNING] = STYLE_WARNING,
		[TIMELINE_BAD] = STYLE_BAD,
	};
	const struct timeline_view *timeline = arg;
	const struct timeline_entry *entry = timeline_at(&timeline->view.scene->fleet->timeline, index);

	if (!entry)
		return;
	stamp_format_clock(entry->at_ms, row->time);
	row->subject = entry->subject;
	row->text = entry->text;
	row->count = entry->count;
	row->style = styles[entry->level];
}

static void timeline_source(struct timeline_view *timeline, struct feed_source *source)
{
	*source = (struct feed_source){
		.count = timeline->view.scene->fleet->timeline.len,
		.row = feed_entry,
		.arg = timeline,
		.title = "timeline",
		.empty = "nothing has happened yet",
	};
}

static void timeline_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct timeline_view *timeline = (struct timeline_view *)view;
	struct feed_source source;

	timeline_source(timeline, &source);
	feed_draw(grid, rect, &source, timeline->top, focused);
}

static int timeline_act(struct view *view, enum action_id action)
{
	struct timeline_view *timeline = (struct timeline_view *)view;
	struct feed_source source;
	size_t most;
	long page = view->rect.rows > 2 ? view->rect.rows - 1 : 1, top;

	timeline_source(timeline, &source);
	most = feed_top_max(&source, view->rect);
	top = (long)timeline->top;
	switch (action) {
	case ACTION_MOVE_DOWN: top++; break;
	case ACTION_MOVE_UP: top--; break;
	case ACTION_MOVE_PAGE_DOWN: top += page; break;
	case ACTION_MOVE_PAGE_UP: top -= page; break;
	case ACTION_MOVE_HALF_DOWN: top += (page + 1) / 2; break;
	case ACTION_MOVE_HALF_UP: top -= (page + 1) / 2; break;
	case ACTION_MOVE_FIRST: top = 0; break;
	case ACTION_MOVE_LAST: top = (long)most; break;
	default: return 0;
	}
	timeline->top = top < 0 ? 0 : (size_t)top > most ? most : (size_t)top;
	return 1;
}

static size_t timeline_rows(struct view *view)
{
	return view->scene->fleet->timeline.len;
}

const char *timeline_subject(struct view *view)
{
	const struct timeline_entry *entry =
		timeline_at(&view->scene->fleet->timeline, ((struct timeline_view *)view)->top);

	return entry ? entry->subject : NULL;
}

const struct view_ops timeline_view = {
	.name = "timeline",
	.scope = SCOPE_TIMELINE,
	.size = sizeof(struct timeline_view),
	.hints = {
		{ACTION_OPEN, "to the service"},
		{ACTION_MOVE_DOWN, "older"},
		{ACTION_MOVE_UP, "newer"},
		{ACTION_TIMELINE_TOGGLE, "hide"},
		{ACTION_PANE_ZOOM, "zoom"},
		{ACTION_APP_BACK, "back"},
	},
	.draw = timeline_draw,
	.act = timeline_act,
	.rows = timeline_rows,
};

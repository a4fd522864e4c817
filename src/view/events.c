/* SPDX-License-Identifier: MIT */
/* All events about the service and what belongs to it, newest first, warnings in their colour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/age.h"
#include "view/page.h"
#include "view/views.h"

struct events_view {
	struct view view;
	struct page page;
	struct pager pager;
	size_t *entry_of; /* by line: index into the log */
	size_t entry_cap;
	uint64_t version;
	int64_t now_ms;
	int width, built;
};

static void events_open(struct view *view)
{
	pager_init(&((struct events_view *)view)->pager);
}

static void events_close(struct view *view)
{
	struct events_view *events = (struct events_view *)view;

	page_release(&events->page);
	free(events->entry_of);
}

static void events_select(struct view *view)
{
	struct events_view *events = (struct events_view *)view;

	events->built = 0;
	pager_home(&events->pager);
}

static void events_demand(const struct view *view, struct demand *demand)
{
	snprintf(demand->events.service, sizeof(demand->events.service), "%s", view->service);
}

static const struct eventlog *events_log(const struct events_view *events)
{
	const struct scene *scene = events->view.scene;

	return *events->view.service && strcmp(scene->answers.events.service,
	                                       events->view.service) == 0 ? scene->events
	                                                                                                  : NULL;
}

static void put_entry(struct events_view *events, const struct eventlog_entry *entry)
{
	struct page *page = &events->page;
	char room[32];
	struct text age = text_in(room, sizeof(room));

	age_text(events->view.scene->now_ms, entry->last_ms, &age);
	page_line(page);
	page_printf(page, STYLE_TIME, " %5s", room);
	page_printf(page, entry->warning ? STYLE_WARNING : STYLE_TEXT, "  %s%s",
	            entry->warning ? "Warning " : "",
	            entry->reason);
	if (entry->count > 1)
		page_printf(page, STYLE_DIM, " ×%d", entry->count);
	page_printf(page, STYLE_DIM, "  %s", entry->about);
	if (*entry->message) {
		page_line(page);
		page_put(page, STYLE_TEXT, "        ");
		page_wrap(page, STYLE_TEXT, events->width, entry->message);
	}
}

static void events_build(struct events_view *events, const struct eventlog *log)
{
	page_clear(&events->page);
	for (size_t i = 0; log && i < log->len; i++) {
		size_t line = events->page.count;
		put_entry(events, &log->entries[i]);
		if (events->page.count > events->entry_cap) {
			events->entry_cap = events->page.count * 2;
			events->entry_of = mem_resize(events->entry_of, events->entry_cap, sizeof(*events->entry_of));
		}
		for (; line < events->page.count; line++)
			events->entry_of[line] = i;
	}
}

static const char *events_empty(const struct events_view *events, const struct eventlog *log)
{
	const char *trouble = events->view.scene->events_state;

	if (!*events->view.service)
		return "no service is selected";
	if (!log)
		return "opening the events…";
	return *trouble ? trouble : "no events in the last hour or so: the API server forgets older ones";
}

static void events_source(struct events_view *events, struct pager_source *source)
{
	const struct eventlog *log = events_log(events);
	uint64_t version = log ? log->version + 1 : 0;
	int width = events->view.rect.cols - 1;

	if (!events->built || events->version != version || events->now_ms != events->view.scene->now_ms ||
	    events->width != width) {
		events->built = 1;
		events->version = version;
		events->now_ms = events->view.scene->now_ms;
		events->width = width;
		events_build(events, log);
	}
	page_source(&events->page, source);
	source->empty = events_empty(events, log);
}

static void events_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct events_view *events = (struct events_view *)view;
	struct pager_source source;

	(void)focused;
	events_source(events, &source);
	pager_draw(&events->pager, grid, rect, &source);
}

static void events_status(struct view *view, struct text *out)
{
	struct events_view *events = (struct events_view *)view;
	const struct eventlog *log = events_log(events);

	if (!log)
		return;
	text_printf(out, "%zu event%s", log->len, log->len == 1 ? "" : "s");
	if (*view->scene->events_state)
		text_printf(out, "  %s", view->scene->events_state);
}

static int events_act(struct view *view, enum action_id action)
{
	struct events_view *events = (struct events_view *)view;
	struct pager_source source;

	events_source(events, &source);
	return pager_act(&events->pager, &source, view->rect, action);
}

static int events_copy(struct view *view, struct buf *out)
{
	struct events_view *events = (struct events_view *)view;
	struct pager_source source;

	events_source(events, &source);
	return pager_copy(&events->pager, &source, out);
}

static int events_search(struct view *view, const char *text)
{
	struct events_view *events = (struct events_view *)view;
	struct pager_source source;

	events_source(events, &source);
	return pager_search(&events->pager, &source, view->rect, text);
}

static const char *events_searching(const struct view *view)
{
	return ((const struct events_view *)view)->pager.search;
}

static size_t events_rows(struct view *view)
{
	const struct eventlog *log = events_log((struct events_view *)view);

	return log ? log->len : 0;
}

const char *events_about(struct view *view)
{
	struct events_view *events = (struct events_view *)view;
	const struct eventlog *log = events_log(events);
	struct pager_source source;
	size_t line;

	events_source(events, &source);
	line = events->pager.match >= 0 ? (size_t)events->pager.match : events->pager.top;
	if (!log || line >= events->page.count || events->entry_of[line] >= log->len)
		return NULL;
	return log->entries[events->entry_of[line]].about;
}

const struct view_ops events_view = {
	.name = "events",
	.scope = SCOPE_EVENTS,
	.size = sizeof(struct events_view),
	.hints = {
		{ACTION_OPEN, "to the pod"},
		{ACTION_SEARCH, "search"},
		{ACTION_SEARCH_NEXT, "next"},
		{ACTION_TAB_LOGS, "logs"},
		{ACTION_APP_BACK, "back"},
	},
	.open = events_open,
	.close = events_close,
	.select = events_select,
	.status = events_status,
	.draw = events_draw,
	.act = events_act,
	.search = events_search,
	.copy = events_copy,
	.searching = events_searching,
	.rows = events_rows,
	.demand = events_demand,
};

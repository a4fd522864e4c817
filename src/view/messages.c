/* SPDX-License-Identifier: MIT */
/* The messages that the footer showed, newest last. The oldest give way. */
#include <stdio.h>
#include <string.h>

#include "ui/bars.h"
#include "view/page.h"
#include "view/views.h"

enum { MESSAGES_MAX = 200, MESSAGE_TEXT = 256 };

struct messages {
	struct view view;
	struct page page;
	struct pager pager;
	size_t first, count;
	struct message {
		int64_t at_ms;
		int error;
		char text[MESSAGE_TEXT];
	} ring[MESSAGES_MAX];
};

static void messages_open(struct view *view)
{
	struct messages *messages = (struct messages *)view;

	pager_init(&messages->pager);
	messages->pager.wrap = 1;
}

static void messages_close(struct view *view)
{
	page_release(&((struct messages *)view)->page);
}

void messages_add(struct view *view, int64_t at_ms, int error, const char *text)
{
	struct messages *messages = (struct messages *)view;
	struct message *message;

	if (messages->count == MESSAGES_MAX)
		messages->first = (messages->first + 1) % MESSAGES_MAX;
	else
		messages->count++;
	message = &messages->ring[(messages->first + messages->count - 1) % MESSAGES_MAX];
	message->at_ms = at_ms;
	message->error = error;
	snprintf(message->text, sizeof(message->text), "%s", text);
}

static void messages_source(struct messages *messages, struct pager_source *source)
{
	page_clear(&messages->page);
	for (size_t i = 0; i < messages->count; i++) {
		const struct message *message = &messages->ring[(messages->first + i) % MESSAGES_MAX];
		char stamp[16];
		stamp_format_clock(message->at_ms, stamp);
		page_line(&messages->page);
		page_printf(&messages->page, STYLE_TIME, " %s  ", stamp);
		page_put(&messages->page, message->error ? STYLE_ERROR : STYLE_TEXT, message->text);
	}
	page_source(&messages->page, source);
	source->empty = "no messages so far";
}

static void messages_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct messages *messages = (struct messages *)view;
	struct pager_source source;

	messages_source(messages, &source);
	title_draw(grid, rect_cut_top(&rect, 1), "messages", "", focused);
	pager_draw(&messages->pager, grid, rect, &source);
}

static int messages_act(struct view *view, enum action_id action)
{
	struct messages *messages = (struct messages *)view;
	struct pager_source source;

	messages_source(messages, &source);
	return pager_act(&messages->pager, &source, view->rect, action);
}

static int messages_copy(struct view *view, struct buf *out)
{
	struct messages *messages = (struct messages *)view;
	struct pager_source source;

	messages_source(messages, &source);
	return pager_copy(&messages->pager, &source, out);
}

static int messages_search(struct view *view, const char *text)
{
	struct messages *messages = (struct messages *)view;
	struct pager_source source;

	messages_source(messages, &source);
	return pager_search(&messages->pager, &source, view->rect, text);
}

static const char *messages_searching(const struct view *view)
{
	return ((const struct messages *)view)->pager.search;
}

const struct view_ops messages_view = {
	.name = "messages",
	.scope = SCOPE_TEXT,
	.size = sizeof(struct messages),
	.hints = {{ACTION_SEARCH, "search"}, {ACTION_APP_BACK, "close"}},
	.open = messages_open,
	.close = messages_close,
	.draw = messages_draw,
	.act = messages_act,
	.search = messages_search,
	.copy = messages_copy,
	.searching = messages_searching,
};

/* SPDX-License-Identifier: MIT */
/* The way of the newest commit to this service, stage by stage: is it live, and if not, where does it hang. */
#include "view/chain_page.h"
#include "view/views.h"

struct chain_view {
	struct view view;
	struct page page;
	struct pager pager;
	uint64_t version; /* what the page was built from */
	int64_t now_ms;
	int width, built;
};

static void chain_open(struct view *view)
{
	pager_init(&((struct chain_view *)view)->pager);
}

static void chain_close(struct view *view)
{
	page_release(&((struct chain_view *)view)->page);
}

static void chain_select(struct view *view)
{
	struct chain_view *chain = (struct chain_view *)view;

	chain->built = 0;
	pager_home(&chain->pager);
}

static void chain_refresh(struct chain_view *chain)
{
	const struct scene *scene = chain->view.scene;
	const struct service *service = view_service(&chain->view);
	int width = chain->view.rect.cols - 1;

	if (chain->built && chain->version == scene->fleet->version && chain->now_ms == scene->now_ms && chain->width == width)
		return;
	chain->version = scene->fleet->version;
	chain->now_ms = scene->now_ms;
	chain->width = width;
	chain->built = 1;
	page_clear(&chain->page);
	if (service) {
		chain_page_full(&chain->page, scene, service, width);
	} else {
		page_line(&chain->page);
		page_put(&chain->page, STYLE_DIM,
		         *chain->view.service ? " this service is gone from its cluster" : " no service is selected");
	}
}

static void chain_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct chain_view *chain = (struct chain_view *)view;
	struct pager_source source;

	(void)focused;
	chain_refresh(chain);
	page_source(&chain->page, &source);
	pager_draw(&chain->pager, grid, rect, &source);
}

static int chain_act(struct view *view, enum action_id action)
{
	struct chain_view *chain = (struct chain_view *)view;
	struct pager_source source;

	chain_refresh(chain);
	page_source(&chain->page, &source);
	return pager_act(&chain->pager, &source, view->rect, action);
}

static int chain_search(struct view *view, const char *text)
{
	struct chain_view *chain = (struct chain_view *)view;
	struct pager_source source;

	chain_refresh(chain);
	page_source(&chain->page, &source);
	return pager_search(&chain->pager, &source, view->rect, text);
}

static const char *chain_searching(const struct view *view)
{
	return ((const struct chain_view *)view)->pager.search;
}

const struct view_ops chain_view = {
	.name = "chain",
	.scope = SCOPE_CHAIN,
	.size = sizeof(struct chain_view),
	.hints = {
		{ACTION_TAB_OVERVIEW, "overview"},
		{ACTION_TAB_PODS, "pods"},
		{ACTION_TAB_EVENTS, "events"},
		{ACTION_SEARCH, "search"},
		{ACTION_APP_BACK, "back"},
	},
	.open = chain_open,
	.close = chain_close,
	.select = chain_select,
	.draw = chain_draw,
	.act = chain_act,
	.search = chain_search,
	.searching = chain_searching,
};

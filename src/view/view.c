/* SPDX-License-Identifier: MIT */
/* What all views share: birth, death, the service they are about. */
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void demand_init(struct demand *demand)
{
	/* Zeroed whole, padding too: demands are compared as bytes. */
	memset(demand, 0, sizeof(*demand));
}

struct view *view_new(const struct view_ops *ops, const struct scene *scene)
{
	struct view *view = mem_new(ops->size);

	view->ops = ops;
	view->scene = scene;
	view->service = mem_copy_string("");
	if (ops->open)
		ops->open(view);
	return view;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	if (view->ops->close)
		view->ops->close(view);
	free(view->service);
	free(view);
}

void view_select(struct view *view, const char *key)
{
	if (strcmp(view->service, key) == 0)
		return;
	free(view->service);
	view->service = mem_copy_string(key);
	if (view->ops->select)
		view->ops->select(view);
}

void view_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	view->rect = rect;
	if (!rect_is_empty(rect))
		view->ops->draw(view, grid, rect, focused);
}

const struct service *view_service(const struct view *view)
{
	return *view->service ? map_get(&view->scene->fleet->by_key, view->service) : NULL;
}

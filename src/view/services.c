/* SPDX-License-Identifier: MIT */
/*
 * The list of services over all clusters. The query runs only when the fleet or the query changed;
 * the selection is a key, so that it stays on its service whatever the order becomes, and the row
 * stays at its height on the screen.
 */
#include "services_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static void string_set(char **string, const char *text)
{
	char *copy = mem_copy_string(text);

	free(*string);
	*string = copy;
}

static void services_open(struct view *view)
{
	struct services *services = (struct services *)view;

	list_init(&services->list);
	vec_init(&services->rows);
	map_init(&services->marks);
	services->selected = mem_copy_string("");
	services->filter = mem_copy_string("");
	services->last_mark = mem_copy_string("");
	services->asked = 1;
}

static void marks_clear(struct services *services)
{
	char *key;

	for (size_t i = 0; (key = map_next(&services->marks, &i));)
		free(map_remove(&services->marks, key));
}

static void services_close(struct view *view)
{
	struct services *services = (struct services *)view;

	marks_clear(services);
	map_release(&services->marks);
	vec_release(&services->rows);
	filter_free(services->query.filter);
	page_release(&services->notes);
	free(services->selected);
	free(services->filter);
	free(services->cluster);
	free(services->last_mark);
}

struct rect services_list_rect(const struct services *services)
{
	struct rect rect = services->view.rect;

	rect_cut_top(&rect, 1); /* the title */
	return rect;
}

static const struct service *row_at(const struct services *services, size_t row)
{
	return row < services->rows.len ? services->rows.items[row] : NULL;
}

static size_t row_of(const struct services *services, const char *key)
{
	const struct service *service = *key ? map_get(&services->view.scene->fleet->by_key, key) : NULL;

	for (size_t i = 0; service && i < services->rows.len; i++)
		if (services->rows.items[i] == service)
			return i;
	return services->rows.len;
}

/* After the user chose a row: the selection follows its service from now on. */
static void selection_keep(struct services *services)
{
	const struct service *service = row_at(services, services->list.selected);

	string_set(&services->selected, service ? service->key : "");
}

static void selection_restore(struct services *services)
{
	struct list *list = &services->list;
	size_t offset = list->selected - list->top, row;

	if (!*services->selected) {
		list->selected = list->top = 0;
		return;
	}
	row = row_of(services, services->selected);
	if (row < services->rows.len) {
		list->selected = row;
		list->top = row > offset ? row - offset : 0;
	}
	list_clamp(list, services->rows.len, services_list_rect(services));
	/* While rows are still coming the one that is wanted may come yet. */
	if (row == services->rows.len && services->rows.len > 0)
		selection_keep(services);
}

/* Marks of services that are gone are gone too. */
static void marks_sweep(struct services *services)
{
	const struct fleet *fleet = services->view.scene->fleet;
	char *key;

	if (services->membership == fleet->membership)
		return;
	services->membership = fleet->membership;
	for (size_t i = 0; (key = map_next(&services->marks, &i));)
		if (!map_get(&fleet->by_key, key))
			free(map_remove(&services->marks, key));
}

static void widths_measure(struct services *services)
{
	services->name_cells = services->cluster_cells = services->any_old = 0;
	for (size_t i = 0; i < services->rows.len; i++) {
		const struct service *service = services->rows.items[i];
		int name = utf8_cells(service->name), cluster = utf8_cells(service->cluster->name);
		services->name_cells = name > services->name_cells ? name : services->name_cells;
		services->any_old |= service_old(service) != NULL;
		services->cluster_cells = cluster > services->cluster_cells ? cluster : services->cluster_cells;
	}
}

void services_refresh(struct services *services)
{
	const struct fleet *fleet = services->view.scene->fleet;

	if (!services->asked && services->version == fleet->version)
		return;
	services->query.cluster = services->cluster ? fleet_cluster(fleet, services->cluster) : NULL;
	query_run(&services->query, fleet, &services->rows);
	services->asked = 0;
	services->version = fleet->version;
	widths_measure(services);
	marks_sweep(services);
	selection_restore(services);
}

static void mark_set(struct services *services, const char *key, int marked)
{
	int is_marked = map_get(&services->marks, key) != NULL;

	if (marked && !is_marked) {
		char *copy = mem_copy_string(key);
		map_put(&services->marks, copy, copy);
	} else if (!marked && is_marked) {
		free(map_remove(&services->marks, key));
	}
}

static void mark_range(struct services *services)
{
	size_t here = services->list.selected, from = row_of(services, services->last_mark);
	size_t first, last;

	if (from == services->rows.len)
		from = here;
	first = from < here ? from : here;
	last = from < here ? here : from;
	for (size_t i = first; i <= last && i < services->rows.len; i++)
		mark_set(services, row_at(services, i)->key, 1);
}

static void mark_next(struct services *services)
{
	for (size_t step = 1; step <= services->rows.len; step++) {
		size_t row = (services->list.selected + step) % services->rows.len;
		if (services_is_marked(&services->view, row_at(services, row)->key)) {
			list_move_to(&services->list, services->rows.len, services_list_rect(services), row);
			return;
		}
	}
}

static int act_mark(struct services *services, enum action_id action)
{
	const struct service *service = row_at(services, services->list.selected);

	switch (action) {
	case ACTION_MARK_TOGGLE:
		if (service) {
			mark_set(services, service->key, !services_is_marked(&services->view, service->key));
			string_set(&services->last_mark, service->key);
			list_move(&services->list, services->rows.len, services_list_rect(services), 1);
		}
		break;
	case ACTION_MARK_RANGE: mark_range(services); break;
	case ACTION_MARK_ALL:
		for (size_t i = 0; i < services->rows.len; i++)
			mark_set(services, row_at(services, i)->key, 1);
		break;
	case ACTION_MARK_CLEAR: marks_clear(services); break;
	case ACTION_MARK_NEXT: mark_next(services); break;
	default: return 0;
	}
	return 1;
}

/* Trouble, then the columns of the table, around. */
static void sort_step(struct services *services, int step)
{
	const struct column *order[LIST_COLUMNS_MAX] = {NULL};
	size_t count = 1, now = 0;

	for (size_t i = 0; i < column_count && count < LIST_COLUMNS_MAX; i++) {
		if (!columns[i].in_table)
			continue;
		if (&columns[i] == services->query.sort)
			now = count;
		order[count++] = &columns[i];
	}
	services_sort(&services->view, order[(now + count + (size_t)step) % count]);
}

static int act_sort(struct services *services, enum action_id action)
{
	switch (action) {
	case ACTION_SORT_NEXT: sort_step(services, 1); break;
	case ACTION_SORT_PREVIOUS: sort_step(services, -1); break;
	case ACTION_SORT_TROUBLE: services_sort(&services->view, NULL); break;
	case ACTION_SORT_REVERSE:
		services->query.reverse = !services->query.reverse;
		services->asked = 1;
		break;
	default: return 0;
	}
	services_refresh(services);
	return 1;
}

static int services_act(struct view *view, enum action_id action)
{
	struct services *services = (struct services *)view;

	services_refresh(services);
	if (list_act(&services->list, services->rows.len, services_list_rect(services), action) || act_mark(services, action)) {
		selection_keep(services);
		return 1;
	}
	return act_sort(services, action);
}

/* The marked names, one a line, in the order of the list; without marks the selected one. */
static int services_copy(struct view *view, struct buf *out)
{
	struct services *services = (struct services *)view;

	services_refresh(services);
	for (size_t i = 0; i < services->rows.len; i++) {
		const struct service *service = row_at(services, i);
		int chosen = services->marks.len > 0 ? services_is_marked(view, service->key) : i == services->list.selected;
		if (chosen && ((out->len > 0 && buf_add(out, "\n", 1) < 0) || buf_add_string(out, service->name) < 0))
			return -1;
	}
	return out->len > 0 ? 0 : -1;
}

static size_t services_rows(struct view *view)
{
	struct services *services = (struct services *)view;

	services_refresh(services);
	return services->rows.len;
}

const struct service *services_selected(struct view *view)
{
	struct services *services = (struct services *)view;

	services_refresh(services);
	return row_at(services, services->list.selected);
}

int services_go(struct view *view, const char *key)
{
	struct services *services = (struct services *)view;
	size_t row;

	services_refresh(services);
	row = row_of(services, key);
	if (row == services->rows.len)
		return -1;
	list_move_to(&services->list, services->rows.len, services_list_rect(services), row);
	selection_keep(services);
	return 0;
}

int services_set_filter(struct view *view, const char *text, struct err *err)
{
	struct services *services = (struct services *)view;
	struct filter *filter = NULL;

	if (strcmp(services->filter, text) == 0)
		return 0;
	if (text[strspn(text, " ")] && !(filter = filter_parse(text, err)))
		return -1;
	filter_free(services->query.filter);
	services->query.filter = filter;
	string_set(&services->filter, text);
	services->asked = 1;
	return 0;
}

const char *services_filter(const struct view *view)
{
	return ((const struct services *)view)->filter;
}

size_t services_marked(const struct view *view)
{
	return ((const struct services *)view)->marks.len;
}

int services_is_marked(const struct view *view, const char *key)
{
	return map_get(&((const struct services *)view)->marks, key) != NULL;
}

void services_sort(struct view *view, const struct column *column)
{
	struct services *services = (struct services *)view;

	services->query.sort = column;
	services->query.reverse = column ? column->descends : 0;
	services->asked = 1;
}

const struct column *services_sorted(const struct view *view)
{
	return ((const struct services *)view)->query.sort;
}

void services_set_cluster(struct view *view, const char *name)
{
	struct services *services = (struct services *)view;

	string_set(&services->cluster, name);
	services->asked = 1;
}

const char *services_cluster(const struct view *view)
{
	return ((const struct services *)view)->cluster;
}

static const struct cluster *place_cluster(struct view *view)
{
	const struct service *service = services_selected(view);

	return service ? service->cluster : NULL;
}

const struct place_ops services_place = {
	.filter = services_filter,
	.set_filter = services_set_filter,
	.marked = services_marked,
	.set_cluster = services_set_cluster,
	.cluster = place_cluster,
	.service = services_selected,
};

const struct view_ops services_view = {
	.place = &services_place,
	.name = "services",
	.scope = SCOPE_LIST,
	.size = sizeof(struct services),
	.hints = {
		{ACTION_OPEN, "open"},
		{ACTION_VIEW_FILTER, "filter"},
		{ACTION_SORT_NEXT, "sort"},
		{ACTION_MARK_TOGGLE, "mark"},
		{ACTION_TAB_LOGS, "logs"},
		{ACTION_CLUSTER_NEXT, "cluster"},
	},
	.open = services_open,
	.close = services_close,
	.draw = services_draw,
	.act = services_act,
	.rows = services_rows,
	.copy = services_copy,
};

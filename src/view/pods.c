/* SPDX-License-Identifier: MIT */
/*
 * The pods of the service, worst first. They are gathered at each call: a pod that changes is a new
 * object, so no pointer to one outlives the call; the selection is a name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "model/pod.h"
#include "ui/list.h"
#include "view/age.h"
#include "view/page.h"
#include "view/views.h"

enum { POD_NAME, POD_READY, POD_STATUS, POD_RESTARTS, POD_AGE, POD_NODE, POD_MESSAGE, POD_COLUMNS };
enum { EXPLAIN_ROWS = 4 };

struct pods {
	struct view view;
	struct list list;
	struct vec rows; /* const struct pod *, valid during one call */
	char *selected;  /* name; "" for the first */
	struct list_column heads[POD_COLUMNS];
	struct page page; /* the selected pod in full, under the list */
};

static const struct list_column heads[POD_COLUMNS] = {
	[POD_NAME] = {.title = "POD", .min_width = 18, .weight = 2},
	[POD_READY] = {.title = "READY", .min_width = 5, .keep = 1},
	[POD_STATUS] = {.title = "STATUS", .min_width = 16, .keep = 0},
	[POD_RESTARTS] = {.title = "RESTARTS", .min_width = 8, .right = 1, .keep = 2},
	[POD_AGE] = {.title = "AGE", .min_width = 5, .right = 1, .keep = 3},
	[POD_NODE] = {.title = "NODE", .min_width = 14, .weight = 1, .keep = 5},
	[POD_MESSAGE] = {.title = "MESSAGE", .min_width = 20, .weight = 3, .keep = 4},
};

static void pods_open(struct view *view)
{
	struct pods *pods = (struct pods *)view;

	list_init(&pods->list);
	vec_init(&pods->rows);
	pods->selected = mem_copy_string("");
}

static void pods_close(struct view *view)
{
	struct pods *pods = (struct pods *)view;

	vec_release(&pods->rows);
	page_release(&pods->page);
	free(pods->selected);
}

static void selected_set(struct pods *pods, const char *name)
{
	free(pods->selected);
	pods->selected = mem_copy_string(name);
}

static void pods_select(struct view *view)
{
	struct pods *pods = (struct pods *)view;

	list_init(&pods->list);
	selected_set(pods, "");
}

static void pod_take(void *arg, const struct pod *pod)
{
	vec_push(arg, (void *)pod);
}

/* The enum of reasons is in order of trouble, but for "none", which comes last. */
static int reason_rank(const struct pod *pod)
{
	return pod->reason == REASON_NONE ? REASON_COUNT : pod->reason;
}

static int pod_compare(const void *a, const void *b)
{
	const struct pod *one = *(const struct pod *const *)a, *other = *(const struct pod *const *)b;

	if (reason_rank(one) != reason_rank(other))
		return reason_rank(one) - reason_rank(other);
	if (one->ready != other->ready)
		return (int)one->ready - (int)other->ready;
	return strcmp(one->object.name, other->object.name);
}

static void pods_gather(struct pods *pods)
{
	const struct service *service = view_service(&pods->view);

	vec_clear(&pods->rows);
	if (service)
		service_each_pod(service, pod_take, &pods->rows);
	if (pods->rows.len > 1)
		qsort(pods->rows.items, pods->rows.len, sizeof(*pods->rows.items), pod_compare);
	if (!*pods->selected) {
		pods->list.selected = pods->list.top = 0;
		return;
	}
	for (size_t i = 0; i < pods->rows.len; i++)
		if (strcmp(((const struct pod *)pods->rows.items[i])->object.name, pods->selected) == 0)
			pods->list.selected = i;
	list_clamp(&pods->list, pods->rows.len, pods->view.rect);
}

static uint16_t status_style(const struct pod *pod)
{
	if (pod->reason < REASON_COUNT && reasons[pod->reason].trouble)
		return STYLE_BAD;
	if (pod->finished)
		return STYLE_DIM;
	if (pod->terminating || pod->reason == REASON_STARTING)
		return STYLE_PROGRESS;
	return pod->ready ? STYLE_OK : STYLE_WARNING;
}

static void pod_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct pods *pods = arg;
	const struct pod *pod = pods->rows.items[row];
	int64_t now_ms = pods->view.scene->now_ms;

	switch (column) {
	case POD_NAME: text_add(text, pod->object.name); break;
	case POD_READY: text_printf(text, "%d/%d", pod->ready_containers, pod->total_containers); break;
	case POD_STATUS:
		text_add(text, pod->status);
		*style = status_style(pod);
		break;
	case POD_RESTARTS:
		text_printf(text, "%d", (int)pod->restarts);
		if (pod->restarts > 0 && pod->restarted_ms) {
			text_add(text, " (");
			age_text(now_ms, pod->restarted_ms, text);
			text_add(text, ")");
		}
		*style = pod->restarts > 0 ? STYLE_WARNING : STYLE_DIM;
		break;
	case POD_AGE: age_text(now_ms, pod->object.created_ms, text); break;
	case POD_NODE:
		text_add(text, pod->node);
		*style = STYLE_DIM;
		break;
	default: text_add(text, pod->message ? pod->message : "");
	}
}

/* A sentence for a service without pods. */
static const char *pods_empty(const struct pods *pods)
{
	const struct service *service = view_service(&pods->view);
	const struct kind_state *state;

	if (!service)
		return *pods->view.service ? "this service is gone from its cluster" : "no service is selected";
	state = &service->cluster->kinds[OBJECT_POD];
	if (*state->error)
		return state->error;
	return state->complete ? "no pods" : "reading pods…";
}

/* Columns as wide as what stands in them; the name gives way before ready and status do. */
static void heads_build(struct pods *pods, int cols)
{
	static const int sized[] = {POD_NAME, POD_STATUS, POD_RESTARTS};
	int widths[POD_COLUMNS] = {0}, most;
	char room[LIST_CELL];

	memcpy(pods->heads, heads, sizeof(heads));
	for (size_t row = 0; row < pods->rows.len; row++) {
		for (size_t i = 0; i < sizeof(sized) / sizeof(sized[0]); i++) {
			struct text text = text_in(room, sizeof(room));
			uint16_t style = STYLE_TEXT;
			int cells;
			pod_cell(pods, row, (size_t)sized[i], &text, &style);
			cells = utf8_cells(room);
			widths[sized[i]] = cells > widths[sized[i]] ? cells : widths[sized[i]];
		}
	}
	most = cols - LIST_GUTTER - heads[POD_READY].min_width - widths[POD_STATUS] - 2;
	for (size_t i = 0; i < sizeof(sized) / sizeof(sized[0]); i++)
		pods->heads[sized[i]].min_width = widths[sized[i]];
	if (pods->heads[POD_NAME].min_width > most)
		pods->heads[POD_NAME].min_width = most;
	if (pods->heads[POD_NAME].min_width < heads[POD_NAME].min_width)
		pods->heads[POD_NAME].min_width = heads[POD_NAME].min_width;
	/* A name that stands there whole needs no more. */
	else if (widths[POD_NAME] <= most)
		pods->heads[POD_NAME].weight = 0;
}

/* What the columns have no room for, of the selected pod. */
static void explain_draw(struct pods *pods, struct grid *grid, struct rect rect)
{
	const struct pod *pod = pods->rows.items[pods->list.selected];
	struct page *page = &pods->page;
	struct pager_source source;
	struct pager pager;

	page_clear(page);
	page_line(page);
	page_printf(page, STYLE_STRONG, " %s", pod->object.name);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	if (*pod->node)
		page_printf(page, STYLE_DIM, "on %s  ", pod->node);
	if (*pod->ip)
		page_printf(page, STYLE_DIM, "%s  ", pod->ip);
	page_printf(page, STYLE_DIM, "containers %s", pod->containers);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_wrap(page, status_style(pod), rect.cols - 1,
	          pod->message ? pod->message
	          : pod->reason > REASON_NONE && pod->reason < REASON_COUNT && reasons[pod->reason].help
	                  ? reasons[pod->reason].help
	                  : pod->status);
	page_source(page, &source);
	pager_init(&pager);
	pager_draw(&pager, grid, rect, &source);
}

static void pods_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct pods *pods = (struct pods *)view;
	struct list_source source = {
		.columns = POD_COLUMNS, .column = pods->heads, .cell = pod_cell, .arg = pods, .empty = pods_empty(pods)};

	pods_gather(pods);
	heads_build(pods, rect.cols);
	source.rows = pods->rows.len;
	if (pods->rows.len > 0 && rect.rows > 3 * EXPLAIN_ROWS)
		explain_draw(pods, grid, rect_cut_bottom(&rect, EXPLAIN_ROWS));
	view->rect = rect;
	list_draw(&pods->list, grid, rect, &source, focused);
}

static void pods_status(struct view *view, struct text *out)
{
	const struct service *service = view_service(view);

	if (service && service->pods > 0)
		text_printf(out, "%d of %d ready, worst first", service->pods_ready, service->pods);
}

static int pods_act(struct view *view, enum action_id action)
{
	struct pods *pods = (struct pods *)view;
	long page = (long)list_page(view->rect), delta = 0;

	pods_gather(pods);
	switch (action) {
	case ACTION_MOVE_DOWN: delta = 1; break;
	case ACTION_MOVE_UP: delta = -1; break;
	case ACTION_MOVE_PAGE_DOWN: delta = page > 1 ? page - 1 : 1; break;
	case ACTION_MOVE_PAGE_UP: delta = page > 1 ? 1 - page : -1; break;
	case ACTION_MOVE_HALF_DOWN: delta = page > 1 ? page / 2 : 1; break;
	case ACTION_MOVE_HALF_UP: delta = page > 1 ? -(page / 2) : -1; break;
	case ACTION_MOVE_FIRST: delta = -(long)pods->rows.len; break;
	case ACTION_MOVE_LAST: delta = (long)pods->rows.len; break;
	default: return 0;
	}
	list_move(&pods->list, pods->rows.len, view->rect, delta);
	if (pods->rows.len > 0)
		selected_set(pods, ((const struct pod *)pods->rows.items[pods->list.selected])->object.name);
	return 1;
}

static size_t pods_rows(struct view *view)
{
	struct pods *pods = (struct pods *)view;

	pods_gather(pods);
	return pods->rows.len;
}

const char *pods_selected(struct view *view)
{
	struct pods *pods = (struct pods *)view;

	pods_gather(pods);
	if (pods->list.selected >= pods->rows.len)
		return NULL;
	selected_set(pods, ((const struct pod *)pods->rows.items[pods->list.selected])->object.name);
	return pods->selected;
}

int pods_go(struct view *view, const char *name)
{
	struct pods *pods = (struct pods *)view;
	const struct pod *pod;

	selected_set(pods, name);
	pods_gather(pods);
	pod = pods->list.selected < pods->rows.len ? pods->rows.items[pods->list.selected] : NULL;
	return pod && strcmp(pod->object.name, name) == 0 ? 0 : -1;
}

static int pods_copy(struct view *view, struct buf *out)
{
	const char *name = pods_selected(view);

	return name ? buf_add_string(out, name) : -1;
}

const struct view_ops pods_view = {
	.name = "pods",
	.scope = SCOPE_PODS,
	.size = sizeof(struct pods),
	.hints = {
		{ACTION_OPEN, "logs of the pod"},
		{ACTION_TAB_LOGS, "logs of all"},
		{ACTION_TAB_EVENTS, "events"},
		{ACTION_TAB_YAML, "yaml"},
		{ACTION_APP_BACK, "back"},
	},
	.open = pods_open,
	.close = pods_close,
	.select = pods_select,
	.status = pods_status,
	.draw = pods_draw,
	.act = pods_act,
	.rows = pods_rows,
	.copy = pods_copy,
};

/* SPDX-License-Identifier: MIT */
/*
 * How the list of services looks. What is old says so: rows of a cluster that is not live, and
 * those remembered from the last run, lose their colours and carry the word with their cluster.
 * Where there are no rows, sentences say why.
 */
#include "services_state.h"

#include <stdio.h>
#include <string.h>

#include "ui/bars.h"
#include "view/age.h"
#include "view/header.h"

/* Columns as the list wants them, built at each drawing: the table is const and small. */
struct shape {
	const struct services *services;
	const struct column *column[LIST_COLUMNS_MAX];
	struct list_column heads[LIST_COLUMNS_MAX];
	size_t count;
	const char *old_in; /* key of the column that says that a row is old */
};

/* What a column may take for the widest name in it; 0: what the table says. */
static int column_wish(const struct services *services, const struct column *column)
{
	if (strcmp(column->key, "service") == 0)
		return services->name_cells;
	return strcmp(column->key, "cluster") == 0 ? services->cluster_cells : 0;
}

static void shape_fill(struct shape *shape, const struct services *services, int most)
{
	shape->services = services;
	shape->count = 0;
	for (size_t i = 0; i < column_count && shape->count < LIST_COLUMNS_MAX; i++) {
		const struct column *column = &columns[i];
		int wish = column_wish(services, column), width = wish < most ? wish : most;
		if (!column_is_shown(column, services->view.scene->fleet))
			continue;
		shape->column[shape->count] = column;
		shape->heads[shape->count++] = (struct list_column){
			.title = column->title,
			.min_width = width > column->min_width ? width : column->min_width,
			/* A name that stands there whole needs no more. */
			.weight = wish > 0 && wish <= most ? 0 : column->weight,
			.right = column->right,
			.keep = column->keep,
		};
	}
}

/* Whether the reason is among the columns that have room. */
static int shape_has_reason(const struct shape *shape, int cols)
{
	struct list_source source = {.columns = shape->count, .column = shape->heads};
	int widths[LIST_COLUMNS_MAX] = {0};

	list_widths(&source, cols, widths);
	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(shape->column[i]->key, "reason") == 0)
			return widths[i] > 0;
	return 1;
}

/* Names are given room, but not the room of the reason. */
static void shape_build(struct shape *shape, struct services *services, int cols)
{
	enum { NAME_LEAST = 12, NAME_MOST = 40, HEALTH_AND_OLD = 18 };
	int most = NAME_MOST;

	shape_fill(shape, services, most);
	while (most > NAME_LEAST && !shape_has_reason(shape, cols))
		shape_fill(shape, services, --most);
	/* Where the reason has no room, the word stands with the health, which then needs more. */
	shape->old_in = shape_has_reason(shape, cols) ? "reason" : "health";
	services->list.sort_column = -1;
	for (size_t i = 0; i < shape->count; i++) {
		if (shape->column[i] == services->query.sort)
			services->list.sort_column = (int)i;
		if (services->any_old && strcmp(shape->old_in, "health") == 0 && strcmp(shape->column[i]->key,
		                                                                        "health") == 0)
			shape->heads[i].min_width = HEALTH_AND_OLD;
	}
	services->list.sort_descends = services->query.reverse;
}

const char *service_old(const struct service *service)
{
	if (service->remembered)
		return "last run";
	if (service->cluster->link == LINK_LIVE || service->cluster->link == LINK_CONNECTING)
		return NULL;
	return service->cluster->link == LINK_DENIED ? NULL : link_words[service->cluster->link];
}

static void shape_cell(void *arg, size_t row, size_t index, struct text *text, uint16_t *style)
{
	const struct shape *shape = arg;
	const struct service *service = shape->services->rows.items[row];
	const struct column *column = shape->column[index];
	const char *old = service_old(service);

	int tells = old && strcmp(column->key, shape->old_in) == 0, reason = strcmp(column->key, "reason") == 0;

	if (tells && reason)
		text_printf(text, "%s%s", old, *service->reason ? ": " : "");
	/* Ages are told by the minute, or no screen would ever be still. */
	if (strcmp(column->key, "age") == 0)
		age_text(shape->services->view.scene->now_ms, service->created_ms, text);
	else
		column->format(service, text);
	if (tells && !reason)
		text_printf(text, ", %s", old);
	*style = old ? STYLE_STALE : column->tone ? tone_style(column->tone(service)) : STYLE_TEXT;
}

static int shape_marked(void *arg, size_t row)
{
	const struct shape *shape = arg;
	const struct service *service = shape->services->rows.items[row];

	return services_is_marked(&shape->services->view, service->key);
}

static void cluster_note(struct page *page, const struct cluster *cluster, int width)
{
	char room[320], words[96];
	struct text trouble = text_in(room, sizeof(room)), state = text_in(words, sizeof(words));

	cluster_describe(cluster, &state);
	cluster_trouble(cluster, &trouble);
	page_line(page);
	page_put(page, STYLE_TEXT, "  ");
	if (cluster->link == LINK_CONNECTING && trouble.len == 0) {
		page_printf(page, STYLE_PROGRESS, "%s connecting to %s…", link_glyph(cluster->link), cluster->name);
		return;
	}
	page_printf(page, link_style(cluster->link), "%s %s: ", link_glyph(cluster->link), cluster->name);
	page_put(page, link_style(cluster->link), state.data);
	if (trouble.len > 0) {
		page_line(page);
		page_put(page, STYLE_TEXT, "    ");
		page_wrap(page, STYLE_TEXT, width, trouble.data);
	} else if (cluster->link == LINK_LIVE) {
		page_put(page, STYLE_DIM, ", and there is no Deployment, StatefulSet or DaemonSet in it");
	}
}

static void notes_without_rows(struct services *services, int width)
{
	const struct fleet *fleet = services->view.scene->fleet;
	struct page *page = &services->notes;

	page_line(page);
	if (fleet->services.len > 0 && *services->filter) {
		page_line(page);
		page_printf(page, STYLE_TEXT, "  no service%s%s matches '%s'", services->cluster ? " of " : "",
		            services->cluster ? services->cluster : "", services->filter);
		page_put(page, STYLE_DIM, "  (Esc clears)");
		page_line(page);
	}
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if (services->cluster && strcmp(services->cluster, cluster->name) != 0)
			continue;
		if (cluster->services == 0)
			cluster_note(page, cluster, width);
	}
}

/* Clusters that show no rows although others do, and those whose rows are old: in one line each, with the
 * reason, under the list. */
static void notes_beside_rows(struct services *services)
{
	enum { NOTES_MAX = 3 };
	const struct fleet *fleet = services->view.scene->fleet;
	struct page *page = &services->notes;

	for (size_t i = 0; i < fleet->clusters.len && page->count < NOTES_MAX; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		char room[320];
		struct text trouble = text_in(room, sizeof(room));
		cluster_trouble(cluster, &trouble);
		if ((cluster->services > 0 && !cluster_is_old(cluster)) || trouble.len == 0)
			continue;
		page_line(page);
		page_printf(page, link_style(cluster->link), "  %s %s: ", link_glyph(cluster->link), cluster->name);
		page_put(page, STYLE_DIM, trouble.data);
	}
}

static void notes_draw(struct services *services, struct grid *grid, struct rect rect)
{
	struct pager_source source;
	struct pager pager;

	page_source(&services->notes, &source);
	pager_init(&pager);
	pager_draw(&pager, grid, rect, &source);
}

static void title_row(struct services *services, struct grid *grid, struct rect row, int focused)
{
	const struct query *query = &services->query;
	char left[256], right[128];
	struct text title = text_in(left, sizeof(left)), status = text_in(right, sizeof(right));
	int total = services->view.scene->fleet->totals.services;

	text_add(&title, "services");
	if (services->cluster)
		text_printf(&title, " of %s", services->cluster);
	if (*services->filter)
		text_printf(&title, "  /%s", services->filter);
	if ((int)services->rows.len != total)
		text_printf(&status, "%zu of %d  ", services->rows.len, total);
	text_printf(&status, "by %s", query->sort ? query->sort->key : "trouble");
	if (query->reverse != (query->sort ? query->sort->descends : 0))
		text_add(&status, " reversed");
	if (services->marks.len > 0)
		text_printf(&status, "  %zu marked", services->marks.len);
	title_draw(grid, row, left, right, focused);
}

void services_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct services *services = (struct services *)view;
	struct shape shape;
	struct list_source source = {.cell = shape_cell, .is_marked = shape_marked, .arg = &shape};

	services_refresh(services);
	shape_build(&shape, services, rect.cols);
	source.column = shape.heads;
	source.columns = shape.count;
	source.rows = services->rows.len;
	title_row(services, grid, rect_cut_top(&rect, 1), focused);
	page_clear(&services->notes);
	if (services->rows.len == 0) {
		notes_without_rows(services, rect.cols - 2);
		list_draw(&services->list, grid, rect, &source, focused);
		rect_cut_top(&rect, 1);
		notes_draw(services, grid, rect);
		return;
	}
	notes_beside_rows(services);
	if (rect.rows > 8)
		notes_draw(services, grid, rect_cut_bottom(&rect, (int)services->notes.count));
	list_draw(&services->list, grid, rect, &source, focused);
}

/* SPDX-License-Identifier: MIT */
/*
 * Live charts of a service: as many panels as fit, one of them large on request, all over the same
 * stretch of time with one cursor. Rollouts, alerts, flag changes and load tests stand in them as
 * vertical marks, from the timeline.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/bars.h"
#include "view/header.h"
#include "view/views.h"

enum { PANEL_ROWS = 9, PANEL_ROWS_LEAST = 6, MARKS_MAX = 64, SERIES_DRAWN = 16, POINTS_EACH = 100, BUCKETS_MAX = 64 };

struct metrics {
	struct view view;
	struct chart_window window;
	int selected, top, large, as_table;
	char expr[DEMAND_EXPR];
	int asks_names;
};

static void metrics_open(struct view *view)
{
	chart_window_init(&((struct metrics *)view)->window);
}

/* The panels that there are: the typed one first, those that nobody tells left out. */
static size_t panels_list(const struct metrics *metrics, enum panel list[PANELS])
{
	const struct scene_charts *charts = metrics->view.scene->charts;
	size_t count = 0;
	if (*metrics->expr)
		list[count++] = PANEL_QUERY;
	for (int panel = 0; panel < PANEL_QUERY; panel++)
		if (!charts || !charts->panels[panel].absent)
			list[count++] = (enum panel)panel;
	return count;
}

static size_t panels_in_sight(const struct metrics *metrics, size_t count, int *rows)
{
	int room = metrics->view.rect.rows > 0 ? metrics->view.rect.rows : 24;
	size_t fit = metrics->large ? 1 : (size_t)(room / PANEL_ROWS);
	if (fit < 1)
		fit = 1;
	if (fit > count)
		fit = count ? count : 1;
	*rows = room / (int)fit;
	return fit;
}

static void metrics_scroll(struct metrics *metrics)
{
	enum panel list[PANELS];
	int rows, count = (int)panels_list(metrics, list), fit = (int)panels_in_sight(metrics, (size_t)count, &rows);
	if (metrics->selected >= count)
		metrics->selected = count > 0 ? count - 1 : 0;
	if (metrics->selected < 0)
		metrics->selected = 0;
	if (metrics->top > metrics->selected)
		metrics->top = metrics->selected;
	if (metrics->top < metrics->selected - fit + 1)
		metrics->top = metrics->selected - fit + 1;
	if (metrics->top > count - fit)
		metrics->top = count > fit ? count - fit : 0;
}

static void metrics_demand(const struct view *view, struct demand *demand)
{
	const struct metrics *metrics = (const struct metrics *)view;
	struct demand_charts *charts = &demand->charts;
	enum panel list[PANELS];
	int rows, dots = view->rect.cols > 8 ? 2 * (view->rect.cols - 8) : 200;
	size_t count = panels_list(metrics, list), fit = panels_in_sight(metrics, count, &rows);
	snprintf(charts->service, sizeof(charts->service), "%s", view->service);
	for (size_t i = (size_t)metrics->top; i < count && i < (size_t)metrics->top + fit; i++)
		charts->panels |= 1u << list[i];
	charts->range_ms = metrics->window.range_ms;
	charts->end_ms = metrics->window.end_ms;
	charts->compare_ms = metrics->window.compare_ms;
	charts->points = (dots / POINTS_EACH + 1) * POINTS_EACH;
	charts->names = metrics->asks_names;
	snprintf(charts->expr, sizeof(charts->expr), "%s", metrics->expr);
}

/* Topics of the timeline that are drawn. */
static const struct {
	const char *topic;
	char glyph;
	uint16_t style;
} topics[] = {{"new revision", 'R', STYLE_CHART_MARK}, {"rollout", 'R', STYLE_CHART_MARK}, {"alert", 'A', STYLE_BAD},
	{"flag", 'F', STYLE_CHART_MARK}, {"load", 'L', STYLE_PROGRESS}};

static size_t marks_read(const struct metrics *metrics, const struct service *service, struct chart_mark *marks)
{
	const struct timeline *timeline = &metrics->view.scene->fleet->timeline;
	char subject[160];
	size_t count = 0;
	snprintf(subject, sizeof(subject), "%s/%s", service->name, service->cluster->name);
	for (size_t i = 0; i < timeline->len && count < MARKS_MAX; i++) {
		const struct timeline_entry *entry = timeline_at(timeline, i);
		if (strcmp(entry->subject, subject) != 0)
			continue;
		for (size_t k = 0; k < sizeof(topics) / sizeof(topics[0]); k++)
			if (strncmp(entry->text, topics[k].topic, strlen(topics[k].topic)) == 0) {
				marks[count++] = (struct chart_mark){entry->at_ms + service->cluster->metrics.skew_ms, topics[k].style,
				                                     topics[k].glyph, entry->text};
				break;
			}
	}
	return count;
}

static int series_order(const void *a, const void *b)
{
	char left[32], right[32];
	series_label(*(const struct series *const *)a, "le", left, sizeof(left));
	series_label(*(const struct series *const *)b, "le", right, sizeof(right));
	double l = strtod(left, NULL), r = strtod(right, NULL);
	return l < r ? -1 : l > r;
}

/* Cumulative buckets by `le` to counts of each; bounds in milliseconds. free() the counts. */
static double *heat_build(const struct series_set *set, double ms, struct chart_heat *heat, double bounds[BUCKETS_MAX])
{
	const struct series *order[BUCKETS_MAX];
	size_t rows = set->count < BUCKETS_MAX ? set->count : BUCKETS_MAX;
	double *counts = mem_new_array(rows * set->points + 1, sizeof(*counts));
	for (size_t i = 0; i < rows; i++)
		order[i] = &set->items[i];
	qsort(order, rows, sizeof(order[0]), series_order);
	for (size_t r = 0; r < rows; r++) {
		char le[32];
		series_label(order[r], "le", le, sizeof(le));
		bounds[r] = strtod(le, NULL) * ms;
		for (size_t c = 0; c < set->points; c++) {
			double below = r > 0 ? order[r - 1]->values[c] : 0, count = order[r]->values[c] - below;
			/* Two buckets are not scraped at the same instant: a little less than nothing is nothing. */
			counts[r * set->points + c] = count < 0 ? 0 : count;
		}
	}
	*heat = (struct chart_heat){rows, set->points, bounds, counts};
	return counts;
}

/* The unit of the latency buckets follows from them: the largest finite bound of seconds is small. */
static double heat_unit(const struct series_set *set)
{
	double most = 0;
	for (size_t i = 0; i < set->count; i++) {
		char le[32];
		series_label(&set->items[i], "le", le, sizeof(le));
		double bound = strtod(le, NULL);
		if (isfinite(bound) && bound > most)
			most = bound;
	}
	return most > 0 && most <= 120 ? 1000 : 1;
}

static void series_add_to(struct chart *chart, struct chart_series *list, const char *name, const struct series_set *set,
                          size_t index, uint16_t style, int sparse)
{
	if (index >= set->count || chart->series_count == SERIES_DRAWN)
		return;
	list[chart->series_count++] = (struct chart_series){name, set->items[index].values, set->points, style, sparse};
}

static void panel_series(struct chart *chart, struct chart_series *list, enum panel panel, const struct panel_data *data)
{
	const struct panel_info *info = &panel_infos[panel];
	const struct series_set *first = &data->sets[0];
	if (panel == PANEL_QUERY)
		for (size_t i = 0; i < first->count; i++)
			series_add_to(chart, list, first->items[i].name, first, i, chart_style(i), 0);
	for (size_t i = 0; i < info->metric_count; i++)
		series_add_to(chart, list, metric_infos[info->metrics[i]].title, &data->sets[i], 0, chart_style(i), i > 0 && info->metrics[i] >= METRIC_KEPT);
	series_add_to(chart, list, "before", &data->before, 0, STYLE_DIM, 1);
}

static void panel_table(struct grid *grid, struct rect rect, const struct panel_data *data, const char *title)
{
	const struct series_set *set = &data->sets[0];
	rect_put_cut(grid, rect_cut_top(&rect, 1), 0, 0, STYLE_CHART_AXIS, title);
	for (size_t i = 0; i < set->count && (int)i < rect.rows; i++) {
		char room[32];
		struct text text = text_in(room, sizeof(room));
		double last = set->items[i].values[set->points - 1];
		text_printf(&text, isnan(last) ? "NaN" : "%.6g", last);
		grid_put_right(grid, rect.row + (int)i, rect.col, 14, isnan(last) ? STYLE_UNKNOWN : STYLE_TEXT, room);
		rect_put_cut(grid, rect, (int)i, 16, STYLE_TEXT, set->items[i].name);
	}
}

/* What stands where a chart has nothing to draw. */
static const char *panel_empty(const struct scene_charts *charts, const struct panel_data *data)
{
	int any = 0;
	for (size_t i = 0; i < PANEL_SERIES; i++)
		any |= data->sets[i].count > 0;
	if (any)
		return NULL;
	return *charts->error ? charts->error : *data->error ? data->error : data->asked ? "reading…" : "no series";
}

static void panel_draw(struct metrics *metrics, struct grid *grid, struct rect rect, enum panel panel, int selected)
{
	const struct scene_charts *charts = metrics->view.scene->charts;
	const struct service *service = view_service(&metrics->view);
	const struct panel_data *data = &charts->panels[panel];
	const struct panel_info *info = &panel_infos[panel];
	struct chart_series series[SERIES_DRAWN];
	struct chart_mark marks[MARKS_MAX];
	struct chart_heat heat;
	double bounds[BUCKETS_MAX], *counts = NULL;
	char title[DEMAND_EXPR + 8], note[320];
	const char *empty = panel_empty(charts, data);
	snprintf(title, sizeof(title), "%s%s", selected ? "▸ " : "  ", panel == PANEL_QUERY ? metrics->expr : info->title);
	snprintf(note, sizeof(note), "%s%s", *data->error ? "old: " : *data->partial ? "partial: " : "",
	         *data->error ? data->error : data->partial);
	struct chart chart = {
		.title = title, .unit = info->unit, .note = note, .kind = info->kind, .graph = metrics->view.scene->graph, .series = series,
		.start_ms = charts->start_ms, .end_ms = charts->end_ms, .marks = marks,
		.mark_count = service ? marks_read(metrics, service, marks) : 0, .cursor_ms = metrics->window.cursor_ms,
	};
	if (empty) {
		chart_draw(grid, rect, &chart);
		rect_put_cut(grid, rect, rect.rows / 2, 9, *charts->error || *data->error ? STYLE_WARNING : STYLE_DIM, empty);
		return;
	}
	if (panel == PANEL_QUERY && metrics->as_table) {
		panel_table(grid, rect, data, title);
		return;
	}
	/* The values have their own time: that of the last reading. */
	const struct series_set *set = &data->sets[0];
	for (size_t i = 1; i < PANEL_SERIES && set->count == 0; i++)
		set = &data->sets[i];
	chart.start_ms = set->start_ms;
	chart.end_ms = set->start_ms + (int64_t)(set->points - 1) * set->step_ms;
	if (panel == PANEL_HEAT) {
		counts = heat_build(set, heat_unit(set), &heat, bounds);
		chart.heat = &heat;
	} else {
		panel_series(&chart, series, panel, data);
		chart.legend = chart.series_count > 3 || metrics->large ? 2 : 0;
	}
	chart_draw(grid, rect, &chart);
	free(counts);
}

static void metrics_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct metrics *metrics = (struct metrics *)view;
	const struct service *service = view_service(view);
	enum panel list[PANELS];
	int rows;
	size_t count = panels_list(metrics, list), fit = panels_in_sight(metrics, count, &rows);
	metrics_scroll(metrics);
	if (!service || !view->scene->charts || rect.rows < PANEL_ROWS_LEAST / 2) {
		rect_put_cut(grid, rect, 0, 1, STYLE_DIM, service ? "no metrics here" : "no service is selected");
		return;
	}
	if (strcmp(view->scene->answers.charts.service, view->service) != 0) {
		rect_put_cut(grid, rect, 0, 1, STYLE_DIM, "reading…");
		return;
	}
	for (size_t i = 0; i < fit && (size_t)metrics->top + i < count; i++) {
		size_t at = (size_t)metrics->top + i;
		struct rect one = i + 1 == fit ? rect : rect_cut_top(&rect, rows);
		panel_draw(metrics, grid, one, list[at], focused && count > 1 && (int)at == metrics->selected);
	}
}

static void metrics_status(struct view *view, struct text *out)
{
	const struct metrics *metrics = (const struct metrics *)view;
	const struct service *service = view_service(view);
	chart_window_describe(&metrics->window, out);
	if (!service)
		return;
	if (service->cluster->metrics.preset[0])
		text_printf(out, "  %s", service->cluster->metrics.preset);
	if (service->cluster->metrics.state != METERING_LIVE) {
		text_add(out, "  ");
		metering_describe(service->cluster, out);
	}
}

static int metrics_act(struct view *view, enum action_id action)
{
	struct metrics *metrics = (struct metrics *)view;
	const struct scene_charts *charts = view->scene->charts;
	int64_t now = charts && charts->now_ms ? charts->now_ms : view->scene->now_ms;
	switch (action) {
	case ACTION_MOVE_DOWN: metrics->selected++; break;
	case ACTION_MOVE_UP: metrics->selected--; break;
	case ACTION_MOVE_FIRST: metrics->selected = 0; break;
	case ACTION_MOVE_LAST: metrics->selected = PANELS; break;
	case ACTION_MOVE_PAGE_DOWN:
	case ACTION_MOVE_HALF_DOWN: metrics->selected += 2; break;
	case ACTION_MOVE_PAGE_UP:
	case ACTION_MOVE_HALF_UP: metrics->selected -= 2; break;
	case ACTION_OPEN: metrics->large = !metrics->large; break;
	case ACTION_CHART_ZOOM_IN: chart_window_zoom(&metrics->window, now, -1); break;
	case ACTION_CHART_ZOOM_OUT: chart_window_zoom(&metrics->window, now, 1); break;
	case ACTION_CHART_EARLIER: chart_window_pan(&metrics->window, now, -1); break;
	case ACTION_CHART_LATER: chart_window_pan(&metrics->window, now, 1); break;
	case ACTION_CHART_CURSOR_LEFT: chart_window_cursor(&metrics->window, now, -1); break;
	case ACTION_CHART_CURSOR_RIGHT: chart_window_cursor(&metrics->window, now, 1); break;
	case ACTION_CHART_NOW: chart_window_live(&metrics->window); break;
	case ACTION_CHART_COMPARE: chart_window_compare(&metrics->window); break;
	case ACTION_CHART_TABLE: metrics->as_table = !metrics->as_table; break;
	default: return 0;
	}
	metrics_scroll(metrics);
	return 1;
}

static size_t metrics_rows(struct view *view)
{
	enum panel list[PANELS];
	return panels_list((struct metrics *)view, list);
}

void metrics_set_expr(struct view *view, const char *expr)
{
	struct metrics *metrics = (struct metrics *)view;
	snprintf(metrics->expr, sizeof(metrics->expr), "%s", expr);
	metrics->selected = metrics->top = 0;
}

const char *metrics_expr(const struct view *view)
{
	return ((const struct metrics *)view)->expr;
}

void metrics_ask_names(struct view *view)
{
	((struct metrics *)view)->asks_names = 1;
}

const struct view_ops metrics_view = {
	.name = "metrics",
	.scope = SCOPE_METRICS,
	.size = sizeof(struct metrics),
	.hints = {
		{ACTION_CHART_ZOOM_IN, "closer"},
		{ACTION_CHART_ZOOM_OUT, "wider"},
		{ACTION_CHART_CURSOR_LEFT, "cursor"},
		{ACTION_CHART_EARLIER, "earlier"},
		{ACTION_CHART_COMPARE, "compare"},
		{ACTION_CHART_QUERY, "PromQL"},
		{ACTION_OPEN, "large"},
	},
	.open = metrics_open,
	.status = metrics_status,
	.draw = metrics_draw,
	.act = metrics_act,
	.rows = metrics_rows,
	.demand = metrics_demand,
};

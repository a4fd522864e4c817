/* SPDX-License-Identifier: MIT */
/* From what the charts want to range queries, and back. */
#include "app/charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "prom/names.h"
#include "prom/range.h"
#include "prom/source.h"
#include "ui/chart.h"

enum { READS_MAX = PANELS * (PANEL_SERIES + 1), EXPR_MAX = 32 << 10, QUERY_SERIES = 50 };
static const double AGAIN_LEAST = 10, READ_SECONDS = 20;

/* One query under way, and where its answer goes. */
struct read {
	struct charts *charts;
	struct range *range;
	enum panel panel;
	enum metric metric;
	size_t slot;      /* of panel_data.sets; PANEL_SERIES: the comparison */
};

struct charts {
	struct session *session;
	struct scene_charts *scene;
	struct demand_charts demand;
	struct read reads[READS_MAX];
	struct timer *again;
	struct names_read *names;
	void (*changed)(void *arg);
	void *arg;
};

static void charts_read(void *arg);

struct charts *charts_new(struct session *session, struct scene_charts *scene, void (*changed)(void *arg), void *arg)
{
	struct charts *charts = mem_new(sizeof(*charts));
	charts->session = session;
	charts->scene = scene;
	charts->changed = changed;
	charts->arg = arg;
	charts->again = timer_new(session->loop, charts_read, charts);
	return charts;
}

static void reads_cancel(struct charts *charts)
{
	for (size_t i = 0; i < READS_MAX; i++) {
		range_cancel(charts->reads[i].range);
		charts->reads[i].range = NULL;
	}
	for (int i = 0; i < PANELS; i++)
		charts->scene->panels[i].asked = 0;
}

static void panel_release(struct panel_data *panel)
{
	for (size_t i = 0; i < PANEL_SERIES; i++)
		series_set_release(&panel->sets[i]);
	series_set_release(&panel->before);
	*panel = (struct panel_data){0};
}

void charts_free(struct charts *charts)
{
	if (!charts)
		return;
	reads_cancel(charts);
	names_cancel(charts->names);
	timer_free(charts->again);
	for (int i = 0; i < PANELS; i++)
		panel_release(&charts->scene->panels[i]);
	for (size_t i = 0; i < charts->scene->name_count; i++)
		free(charts->scene->names[i]);
	free(charts->scene->names);
	*charts->scene = (struct scene_charts){0};
	free(charts);
}

static void scale_set(struct series_set *set, double scale)
{
	for (size_t i = 0; i < set->count && scale != 1; i++)
		for (size_t k = 0; k < set->points; k++)
			set->items[i].values[k] *= scale;
}

/* Requests and limits come for both resources: the one that the panel is about stays, in front. */
static void resource_choose(struct series_set *set, enum metric metric)
{
	const char *wanted = metric == METRIC_MEMORY_REQUEST || metric == METRIC_MEMORY_LIMIT ? "memory" : "cpu";
	for (size_t i = 0; i < set->count; i++) {
		char resource[16];
		series_label(&set->items[i], "resource", resource, sizeof(resource));
		if (strcmp(resource, wanted) == 0) {
			struct series first = set->items[0];
			set->items[0] = set->items[i];
			set->items[i] = first;
			return;
		}
	}
}

static void read_done(void *arg, struct series_set *set, const struct prom_result *result)
{
	struct read *read = arg;
	struct panel_data *panel = &read->charts->scene->panels[read->panel];
	struct series_set *into = read->slot == PANEL_SERIES ? &panel->before : &panel->sets[read->slot];
	read->range = NULL;
	panel->asked--;
	if (result->failed) {
		snprintf(panel->error, sizeof(panel->error), "%s", result->error);
	} else {
		series_set_release(into);
		*into = *set;
		*set = (struct series_set){0};
		if (read->metric >= METRIC_KEPT && read->panel != PANEL_QUERY)
			resource_choose(into, read->metric);
		scale_set(into, panel_infos[read->panel].scale);
		snprintf(panel->partial, sizeof(panel->partial), "%s", result->partial);
		if (!panel->asked)
			panel->error[0] = '\0';
	}
	read->charts->changed(read->charts->arg);
}

static void read_start(struct charts *charts, enum panel panel, size_t slot, enum metric metric, const char *expr)
{
	const struct service *service = map_get(&charts->session->fleet->by_key, charts->demand.service);
	struct prom_client *client = prom_source_client(session_meter(charts->session, service->cluster));
	int64_t shift = slot == PANEL_SERIES ? charts->demand.compare_ms : 0;
	struct read *read = charts->reads;
	while (read < charts->reads + READS_MAX && read->range)
		read++;
	if (read == charts->reads + READS_MAX)
		return;
	const struct range_request request = {
		.expr = expr, .start_ms = charts->scene->start_ms - shift, .end_ms = charts->scene->end_ms - shift,
		.step_ms = chart_step(charts->demand.range_ms, (size_t)charts->demand.points), .max_series = QUERY_SERIES,
		.timeout = READ_SECONDS, .done = read_done, .arg = read,
	};
	*read = (struct read){.charts = charts, .panel = panel, .metric = metric, .slot = slot};
	read->range = range_read(client, &request);
	charts->scene->panels[panel].asked++;
}

static enum metric source_metric(enum metric metric)
{
	/* Both resources of requests and limits are one query, which is the CPU's. */
	return metric == METRIC_MEMORY_REQUEST ? METRIC_CPU_REQUEST : metric == METRIC_MEMORY_LIMIT ? METRIC_CPU_LIMIT : metric;
}

static void panel_read(struct charts *charts, enum panel panel, const struct service *service)
{
	const struct panel_info *info = &panel_infos[panel];
	struct prom_source *meter = session_meter(charts->session, service->cluster);
	struct panel_data *data = &charts->scene->panels[panel];
	struct preset_scope scope;
	struct buf expr;
	size_t told = 0;
	buf_init(&expr, EXPR_MAX);
	if (panel == PANEL_QUERY) {
		read_start(charts, panel, 0, METRIC_RPS, charts->demand.expr);
		if (charts->demand.compare_ms)
			read_start(charts, panel, PANEL_SERIES, METRIC_RPS, charts->demand.expr);
		told = 1;
	} else if (panel == PANEL_HEAT) {
		const struct preset *preset = prom_source_preset(meter, METRIC_P99, &scope);
		if (preset && !preset->native && preset_service_buckets(preset, &scope, service, &expr) == 0) {
			read_start(charts, panel, 0, METRIC_RPS, buf_string(&expr));
			told = 1;
		}
	}
	for (size_t i = 0; i < info->metric_count; i++) {
		enum metric metric = info->metrics[i];
		const struct preset *preset = prom_source_preset(meter, source_metric(metric), &scope);
		buf_clear(&expr);
		if (!preset || preset_service_query(preset, source_metric(metric), &scope, service, &expr) < 0)
			continue;
		told++;
		read_start(charts, panel, i, metric, buf_string(&expr));
		if (i == 0 && charts->demand.compare_ms)
			read_start(charts, panel, PANEL_SERIES, metric, buf_string(&expr));
	}
	data->absent = told == 0;
	if (!charts->demand.compare_ms)
		series_set_release(&data->before);
	buf_release(&expr);
}

static void names_came(void *arg, char **names, size_t count)
{
	struct charts *charts = arg;
	charts->names = NULL;
	charts->scene->names = names;
	charts->scene->name_count = count;
	charts->changed(charts->arg);
}

/* Also the timer's: again while the charts follow now. */
static void charts_read(void *arg)
{
	struct charts *charts = arg;
	const struct demand_charts *demand = &charts->demand;
	const struct service *service = *demand->service ? map_get(&charts->session->fleet->by_key, demand->service) : NULL;
	struct prom_source *meter = service ? session_meter(charts->session, service->cluster) : NULL;
	const struct clock *clock = charts->session->fleet->clock;
	reads_cancel(charts);
	charts->scene->error[0] = '\0';
	if (!service)
		return;
	if (!meter || !prom_source_client(meter)) {
		struct text words = text_in(charts->scene->error, sizeof(charts->scene->error));
		text_add(&words, "metrics: ");
		metering_describe(service->cluster, &words);
		timer_start(charts->again, 1);
		charts->changed(charts->arg);
		return;
	}
	int64_t now = clock->wall(clock) + service->cluster->metrics.skew_ms;
	int64_t step = chart_step(demand->range_ms, (size_t)demand->points);
	charts->scene->now_ms = now;
	charts->scene->end_ms = demand->end_ms ? demand->end_ms : now;
	charts->scene->end_ms -= charts->scene->end_ms % step;
	charts->scene->start_ms = charts->scene->end_ms - demand->range_ms;
	for (int panel = 0; panel < PANELS; panel++)
		if (demand->panels & 1u << panel)
			panel_read(charts, (enum panel)panel, service);
	if (demand->names && !charts->names && charts->scene->name_count == 0)
		charts->names = names_read(prom_source_client(meter), names_came, charts);
	if (!demand->end_ms)
		timer_start(charts->again, fmax(AGAIN_LEAST, (double)step / 1000));
}

void charts_set(struct charts *charts, const struct demand_charts *demand)
{
	int other = strcmp(charts->demand.service, demand->service) != 0;
	if (other || strcmp(charts->demand.expr, demand->expr) != 0)
		for (int i = 0; i < PANELS; i++)
			if (other || i == PANEL_QUERY)
				panel_release(&charts->scene->panels[i]);
	reads_cancel(charts);
	timer_stop(charts->again);
	charts->demand = *demand;
	charts_read(charts);
}

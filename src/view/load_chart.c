/* SPDX-License-Identifier: MIT */
/*
 * Charts of a load test. A run has a value a second; where there are more than columns, a column tells
 * of several: the mean of rates, the highest of latencies.
 */
#include "load_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	POINTS_MAX = 360,
	SERIES = 4,
	/* of a run, and one of its target */ MARKS = 16,
	HEAT_ROWS = 24,
	HEAT_FIRST = 4
};

static double rate_intended(const struct run_second *s)
{
	return (double)s->intended / s->seconds;
}
static double rate_ended(const struct run_second *s)
{
	return (double)(s->ok + run_failed(s)) / s->seconds;
}
static double rate_failed(const struct run_second *s)
{
	return (double)run_failed(s) / s->seconds;
}
static double p50(const struct run_second *s)
{
	return s->p50;
}
static double p99(const struct run_second *s)
{
	return s->p99;
}
static double highest(const struct run_second *s)
{
	return s->max;
}
static double timeouts(const struct run_second *s)
{
	return (double)(s->errors[RUN_ERROR_TIMEOUT] + s->errors[RUN_ERROR_UNSENT]) / s->seconds;
}
static double statuses(const struct run_second *s)
{
	return (double)(s->errors[RUN_ERROR_STATUS] + s->errors[RUN_ERROR_EXPECT]) / s->seconds;
}
static double broken(const struct run_second *s)
{
	return rate_failed(s) - timeouts(s) - statuses(s);
}
static double cpu(const struct run_second *s)
{
	return 100 * s->cpu;
}
static double late(const struct run_second *s)
{
	return s->intended ? 100 * (double)s->late / (double)s->intended : 0;
}
static double waiting(const struct run_second *s)
{
	return (double)s->backlog;
}

static const struct load_series {
	const char *title, *unit;
	struct {
		const char *name;
		double (*of)(const struct run_second *second);
		int highest;
	} series[SERIES];
} charts[LOAD_CHARTS] = {
    [LOAD_RATE] = {"requests a second", "", {{"answered", rate_ended, 0}, {"intended", rate_intended, 0}}},
    [LOAD_LATENCY] = {"latency from the intended moment",
                      "ms",
                      {{"p50", p50, 1}, {"p99", p99, 1}, {"max", highest, 1}}},
    [LOAD_HEAT] = {"answers by latency", "ms", {{NULL, NULL, 0}}},
    [LOAD_ERRORS] = {"failures a second",
                     "",
                     {{"too late", timeouts, 0}, {"unexpected", statuses, 0}, {"connection", broken, 0}}},
    [LOAD_GENERATOR] = {"generator", "", {{"cpu %", cpu, 0}, {"late %", late, 0}, {"waiting", waiting, 1}}},
};

static size_t points_of(const struct run *run, int cols)
{
	size_t points = cols > 20 ? (size_t)cols * 2 : 40;
	points = points > POINTS_MAX ? POINTS_MAX : points;
	return run->second_count < points ? run->second_count : points;
}

static void fill(double *out, size_t points, const struct run *run, double (*of)(const struct run_second *),
                 int highest_of)
{
	for (size_t i = 0; i < points; i++) {
		size_t from = i * run->second_count / points, to = (i + 1) * run->second_count / points;
		double sum = 0, most = NAN;
		size_t count = 0;
		for (size_t k = from; k < to; k++) {
			double value = run->seconds[k].seconds > 0.2 ? of(&run->seconds[k]) : NAN;
			if (!isfinite(value))
				continue;
			sum += value;
			count++;
			most = most >= value ? most : value;
		}
		out[i] = count == 0 ? NAN : highest_of ? most : sum / (double)count;
	}
}

/* What happened to the service while it was loaded. */
static size_t marks_of(const struct run *run, const struct timeline *timeline, struct chart_mark *marks)
{
	int64_t end = run->started_ms + (int64_t)(run->second_count * 1000);
	const struct timeline_entry *entry;
	size_t count = 0, len = strlen(run->service);
	for (size_t i = 0; timeline && len > 0 && count < MARKS && (entry = timeline_at(timeline, i)); i++) {
		if (entry->at_ms < run->started_ms || entry->at_ms > end ||
		    strncmp(entry->subject, run->service, len) != 0)
			continue;
		static const uint16_t styles[] = {[TIMELINE_INFO] = STYLE_TEXT,
		                                  [TIMELINE_GOOD] = STYLE_OK,
		                                  [TIMELINE_WARNING] = STYLE_WARNING,
		                                  [TIMELINE_BAD] = STYLE_BAD};
		marks[count++] = (struct chart_mark){
		    .at_ms = entry->at_ms, .style = styles[entry->level], .glyph = 'E', .text = entry->text};
	}
	return count;
}

/* The target's own figure, every half minute, on the run's axis. Returns whether there is any. */
static int fill_target(double *out, size_t points, const struct run *run, const struct load_target *target,
                       enum metric metric)
{
	double history[METRIC_HISTORY];
	int known = 0;
	if (!target->service || !service_metric(target->service, metric))
		return 0;
	service_metric_history(target->service, metric, target->now_ms, history, METRIC_HISTORY);
	for (size_t i = 0; i < points; i++) {
		int64_t at = run->started_ms +
		             (int64_t)((double)i * 1000 * (double)run->second_count / (double)points);
		int64_t back = (target->now_ms - at) / METRIC_STEP_MS;
		out[i] = back >= 0 && back < METRIC_HISTORY ? history[METRIC_HISTORY - 1 - back] : NAN;
		known |= isfinite(out[i]);
	}
	return known;
}

static void heat_draw(struct grid *grid, struct rect rect, const struct run *run, struct chart *chart)
{
	size_t cols = points_of(run, rect.cols / 2);
	double bounds[HEAT_ROWS], *counts = mem_new_array(HEAT_ROWS * (cols + 1), sizeof(double));
	struct chart_heat heat = {.rows = HEAT_ROWS, .cols = cols, .bounds = bounds, .counts = counts};
	/* From 0.25 ms on, a doubling in two rows; what is below or above lies in the outermost. */
	for (int row = 0; row < HEAT_ROWS; row++)
		bounds[row] = run_heat_from(HEAT_FIRST + row + 1);
	for (size_t second = 0; second < run->second_count; second++)
		for (int place = 0; place < RUN_HEAT; place++) {
			int row = place < HEAT_FIRST                ? 0
			          : place >= HEAT_FIRST + HEAT_ROWS ? HEAT_ROWS - 1
			                                            : place - HEAT_FIRST;
			counts[(size_t)row * cols + second * cols / run->second_count] +=
			    run->seconds[second].heat[place];
		}
	chart->kind = CHART_HEATMAP;
	chart->heat = &heat;
	chart_draw(grid, rect, chart);
	free(counts);
}

void load_chart_draw(struct grid *grid, struct rect rect, const struct run *run, enum load_chart which,
                     const struct load_target *target)
{
	const struct load_series *told = &charts[which];
	struct chart_mark marks[MARKS];
	struct chart_series series[SERIES + 1];
	double values[SERIES + 1][POINTS_MAX];
	struct chart chart = {.title = told->title,
	                      .unit = told->unit,
	                      .graph = GRAPH_BRAILLE,
	                      .series = series,
	                      .start_ms = run->started_ms,
	                      .end_ms = run->started_ms + (int64_t)(run->second_count * 1000)};
	if (run->second_count == 0 || rect_is_empty(rect))
		return;
	chart.marks = marks;
	chart.mark_count = marks_of(run, target->timeline, marks);
	if (which == LOAD_HEAT) {
		heat_draw(grid, rect, run, &chart);
		return;
	}
	size_t points = points_of(run, rect.cols);
	for (size_t i = 0; i < SERIES && told->series[i].of; i++) {
		fill(values[i], points, run, told->series[i].of, told->series[i].highest);
		series[chart.series_count++] = (struct chart_series){.name = told->series[i].name,
		                                                     .values = values[i],
		                                                     .count = points,
		                                                     .style = chart_style(i),
		                                                     .sparse = which == LOAD_RATE && i == 1};
	}
	size_t last = chart.series_count;
	if ((which == LOAD_RATE && fill_target(values[last], points, run, target, METRIC_RPS)) ||
	    (which == LOAD_LATENCY && fill_target(values[last], points, run, target, METRIC_P99)))
		series[chart.series_count++] =
		    (struct chart_series){.name = which == LOAD_RATE ? "target's rps" : "target's p99",
		                          .values = values[last],
		                          .count = points,
		                          .style = chart_style(last),
		                          .sparse = 1};
	chart_draw(grid, rect, &chart);
}

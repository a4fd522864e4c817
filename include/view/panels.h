/* SPDX-License-Identifier: MIT */
#ifndef VIEW_PANELS_H
#define VIEW_PANELS_H

#include "model/metrics.h"
#include "model/series.h"
#include "ui/chart.h"

/*
 * The charts of the metrics tab, one row each: what the app reads for it and how it is drawn. The last
 * one is the expression that somebody typed.
 */
enum panel { PANEL_REQUESTS, PANEL_ERRORS, PANEL_LATENCY, PANEL_HEAT, PANEL_CPU, PANEL_MEMORY, PANEL_THROTTLED, PANEL_QUERY,
	PANELS };
enum { PANEL_SERIES = 3 };

struct panel_info {
	const char *title, *unit;
	enum chart_kind kind;
	enum metric metrics[PANEL_SERIES];
	size_t metric_count;
	double scale; /* of the values, for the unit */
};
extern const struct panel_info panel_infos[PANELS];

/* What came for a panel. Belongs to the app. */
struct panel_data {
	struct series_set sets[PANEL_SERIES], before; /* by metric; before: the first one, of the period compared */
	size_t asked;        /* queries that are under way */
	int absent;          /* no preset tells it */
	char error[300], partial[240];
};

/* The charts that are open, as far as they came. */
struct scene_charts {
	struct panel_data panels[PANELS];
	int64_t now_ms;      /* the end of what follows now: when it was read */
	int64_t start_ms, end_ms;
	char error[300];     /* why nothing can be read; "" when all is well */
	/* Names of metrics and labels, sorted, for completion; read once the prompt is open. */
	char **names;
	size_t name_count;
};

#endif

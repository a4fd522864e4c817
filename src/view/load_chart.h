/* SPDX-License-Identifier: MIT */
#ifndef VIEW_LOAD_CHART_H
#define VIEW_LOAD_CHART_H

#include "model/fleet.h"
#include "model/run.h"
#include "term/grid.h"
#include "ui/chart.h"

enum load_chart { LOAD_RATE, LOAD_LATENCY, LOAD_HEAT, LOAD_ERRORS, LOAD_GENERATOR, LOAD_CHARTS };

/* What is known of the loaded service by others: its metrics, for lines beside our own, and what the
 * timeline says of it, as marks. */
struct load_target {
	const struct service *service; /* NULL: it is in no cluster that is shown */
	const struct timeline *timeline;
	int64_t now_ms;
};

void load_chart_draw(struct grid *grid, struct rect rect, const struct run *run, enum load_chart which,
                     const struct load_target *target);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef VIEW_LOAD_CHART_H
#define VIEW_LOAD_CHART_H

#include "model/run.h"
#include "model/timeline.h"
#include "term/grid.h"
#include "ui/chart.h"

enum load_chart { LOAD_RATE, LOAD_LATENCY, LOAD_HEAT, LOAD_ERRORS, LOAD_GENERATOR, LOAD_CHARTS };

/* Draws one chart of a run, with what the timeline says of its service as marks. */
void load_chart_draw(struct grid *grid, struct rect rect, const struct run *run, enum load_chart which,
                     const struct timeline *timeline);

#endif

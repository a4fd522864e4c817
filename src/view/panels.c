/* SPDX-License-Identifier: MIT */
#include "view/panels.h"

const struct panel_info panel_infos[PANELS] = {
	[PANEL_REQUESTS] = {"requests", "/s", CHART_AREA, {METRIC_RPS}, 1, 1},
	[PANEL_ERRORS] = {"errors", "/s", CHART_LINE, {METRIC_ERRORS}, 1, 1},
	[PANEL_LATENCY] = {"latency", "ms", CHART_LINE, {METRIC_P99, METRIC_P50}, 2, 1},
	[PANEL_HEAT] = {"latency, requests a second by bucket (ms)", "", CHART_HEATMAP, {METRIC_P99}, 0, 1},
	[PANEL_CPU] = {"CPU", "cores", CHART_LINE, {METRIC_CPU, METRIC_CPU_REQUEST, METRIC_CPU_LIMIT}, 3, 1},
	[PANEL_MEMORY] = {"memory", "MiB", CHART_LINE, {METRIC_MEMORY, METRIC_MEMORY_REQUEST, METRIC_MEMORY_LIMIT}, 3,
		1.0 / (1 << 20)},
	[PANEL_THROTTLED] = {"throttled", "%", CHART_LINE, {METRIC_THROTTLED}, 1, 100},
	[PANEL_QUERY] = {"", "", CHART_LINE, {METRIC_RPS}, 0, 1},
};

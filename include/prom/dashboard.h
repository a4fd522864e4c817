/* SPDX-License-Identifier: MIT */
#ifndef PROM_DASHBOARD_H
#define PROM_DASHBOARD_H

#include "base/buf.h"
#include "base/vec.h"

/*
 * A dashboard of Grafana, reduced to what can be shown: panels with their PromQL and the values of the
 * variables. What is not supported keeps its title and says its type. Bounded; text is sanitised.
 */
enum { DASHBOARD_PANELS = 200, DASHBOARD_TARGETS = 16, DASHBOARD_VARIABLES = 64, DASHBOARD_EXPR = 4096 };
enum panel_shape { SHAPE_CHART, SHAPE_STAT, SHAPE_TABLE, SHAPE_ROW, SHAPE_UNSUPPORTED };

struct dashboard_panel {
	enum panel_shape shape;
	char title[200], type[40], unit[32];
	struct dashboard_target {
		char expr[DASHBOARD_EXPR], legend[200];
	} *targets;
	size_t target_count;
};

struct dashboard_variable {
	char name[80], value[512], type[24];
};

struct dashboard {
	char title[200];
	struct vec panels; /* struct dashboard_panel * */
	struct dashboard_variable *variables;
	size_t variable_count;
};

/* The JSON of a file, or of Grafana's /api/dashboards/uid answer. */
int dashboard_decode(struct dashboard *dashboard, const char *body, size_t len, struct err *err) MUST_USE;
void dashboard_release(struct dashboard *dashboard);
/* "name=value": sets a variable; -1 when there is none of that name. */
int dashboard_set(struct dashboard *dashboard, const char *assignment, struct err *err) MUST_USE;
/*
 * The expression with its variables replaced: $name, ${name}, ${name:format} and [[name]];
 * $__interval, $__rate_interval and $__range from `step` and `range` in seconds. -1: one is unknown.
 */
int dashboard_expand(const struct dashboard *dashboard, const char *expr, double step, double range, struct buf *out,
                     struct err *err) MUST_USE;

#endif

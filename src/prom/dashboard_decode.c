/* SPDX-License-Identifier: MIT */
/* Grafana's JSON, of new and old dashboards: panels stand in a list, in rows, or in rows' panels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "prom/dashboard.h"

static const struct {
	const char *type;
	enum panel_shape shape;
} shapes[] = {
	{"timeseries", SHAPE_CHART}, {"graph", SHAPE_CHART}, {"stat", SHAPE_STAT}, {"singlestat", SHAPE_STAT},
	{"gauge", SHAPE_STAT}, {"bargauge", SHAPE_STAT}, {"table", SHAPE_TABLE}, {"table-old", SHAPE_TABLE}, {"row", SHAPE_ROW},
};

static void copy(char *out, size_t size, const char *text)
{
	out[0] = '\0';
	if (text)
		utf8_sanitise(out, size, text, strlen(text));
}

static void panel_take(struct dashboard *dashboard, const cJSON *json)
{
	const cJSON *targets = json_get(json, "targets"), *target;
	const char *type = json_string(json, "type"), *unit = json_string(json, "fieldConfig/defaults/unit");
	if (dashboard->panels.len >= DASHBOARD_PANELS)
		return;
	struct dashboard_panel *panel = mem_new(sizeof(*panel));
	panel->shape = SHAPE_UNSUPPORTED;
	copy(panel->title, sizeof(panel->title), json_string(json, "title"));
	copy(panel->type, sizeof(panel->type), type ? type : "unknown");
	copy(panel->unit, sizeof(panel->unit), unit ? unit : json_string(json, "format"));
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(shapes[i].type, panel->type) == 0)
			panel->shape = shapes[i].shape;
	panel->targets = mem_new_array(DASHBOARD_TARGETS, sizeof(*panel->targets));
	cJSON_ArrayForEach(target, targets) {
		const char *expr = json_string(target, "expr");
		if (!expr || json_bool(target, "hide", 0) || panel->target_count == DASHBOARD_TARGETS || strlen(expr) >= DASHBOARD_EXPR)
			continue;
		struct dashboard_target *one = &panel->targets[panel->target_count++];
		copy(one->expr, sizeof(one->expr), expr);
		copy(one->legend, sizeof(one->legend), json_string(target, "legendFormat"));
	}
	vec_push(&dashboard->panels, panel);
}

static void panels_take(struct dashboard *dashboard, const cJSON *list, int depth)
{
	const cJSON *panel;
	cJSON_ArrayForEach(panel, list) {
		panel_take(dashboard, panel);
		if (depth < 2)
			panels_take(dashboard, json_get(panel, "panels"), depth + 1);
	}
}

/* One value as it goes into an expression; several of them as a pattern. */
static void value_take(struct dashboard_variable *variable, const cJSON *value, const char *all)
{
	struct text text = text_in(variable->value, sizeof(variable->value));
	const cJSON *item;
	char one[256];
	if (cJSON_IsArray(value)) {
		cJSON_ArrayForEach(item, value) {
			copy(one, sizeof(one), cJSON_IsString(item) ? item->valuestring : NULL);
			if (strcmp(one, "$__all") == 0) {
				text_clear(&text);
				text_add(&text, all && *all ? all : ".*");
				return;
			}
			text_printf(&text, "%s%s", text.len ? "|" : "", one);
		}
	} else {
		copy(one, sizeof(one), cJSON_IsString(value) ? value->valuestring : NULL);
		text_add(&text, strcmp(one, "$__all") == 0 ? (all && *all ? all : ".*") : one);
	}
}

static void variables_take(struct dashboard *dashboard, const cJSON *list)
{
	const cJSON *item;
	dashboard->variables = mem_new_array(DASHBOARD_VARIABLES, sizeof(*dashboard->variables));
	cJSON_ArrayForEach(item, list) {
		const char *name = json_string(item, "name");
		if (!name || !*name || dashboard->variable_count == DASHBOARD_VARIABLES)
			continue;
		struct dashboard_variable *variable = &dashboard->variables[dashboard->variable_count++];
		copy(variable->name, sizeof(variable->name), name);
		copy(variable->type, sizeof(variable->type), json_string(item, "type"));
		value_take(variable, json_at(item, "current/value"), json_string(item, "allValue"));
		if (!variable->value[0] && (strcmp(variable->type, "constant") == 0 || strcmp(variable->type, "textbox") == 0))
			copy(variable->value, sizeof(variable->value), json_string(item, "query"));
	}
}

int dashboard_decode(struct dashboard *dashboard, const char *body, size_t len, struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	const cJSON *root = json_get(json, "dashboard") ? json_get(json, "dashboard") : json, *row;
	*dashboard = (struct dashboard){0};
	if (!json)
		return -1;
	if (!json_get(root, "panels") && !json_get(root, "rows")) {
		cJSON_Delete(json);
		return err_set(err, "this is no dashboard of Grafana: it has no panels");
	}
	copy(dashboard->title, sizeof(dashboard->title), json_string(root, "title"));
	panels_take(dashboard, json_get(root, "panels"), 0);
	cJSON_ArrayForEach(row, json_get(root, "rows"))
		panels_take(dashboard, json_get(row, "panels"), 1);
	variables_take(dashboard, json_at(root, "templating/list"));
	cJSON_Delete(json);
	return 0;
}

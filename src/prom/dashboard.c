/* SPDX-License-Identifier: MIT */
/* Variables of a dashboard: set, and put into expressions. */
#include "prom/dashboard.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spell.h"

void dashboard_release(struct dashboard *dashboard)
{
	for (size_t i = 0; i < dashboard->panels.len; i++) {
		struct dashboard_panel *panel = dashboard->panels.items[i];
		free(panel->targets);
		free(panel);
	}
	vec_release(&dashboard->panels);
	free(dashboard->variables);
	*dashboard = (struct dashboard){0};
}

static struct dashboard_variable *variable_find(const struct dashboard *dashboard, const char *name, size_t len)
{
	for (size_t i = 0; i < dashboard->variable_count; i++)
		if (strlen(dashboard->variables[i].name) == len && strncmp(dashboard->variables[i].name, name, len) == 0)
			return &dashboard->variables[i];
	return NULL;
}

int dashboard_set(struct dashboard *dashboard, const char *assignment, struct err *err)
{
	size_t len = strcspn(assignment, "=");
	const char *names[DASHBOARD_VARIABLES];
	char name[80];
	struct dashboard_variable *variable = variable_find(dashboard, assignment, len);
	if (assignment[len] == '=' && variable) {
		snprintf(variable->value, sizeof(variable->value), "%s", assignment + len + 1);
		return 0;
	}
	if (assignment[len] != '=')
		return err_set(err, "\"%.80s\" sets no variable: it reads name=value", assignment);
	for (size_t i = 0; i < dashboard->variable_count; i++)
		names[i] = dashboard->variables[i].name;
	snprintf(name, sizeof(name), "%.*s", (int)len, assignment);
	const char *near = spell_nearest(name, names, dashboard->variable_count);
	return err_set(err, "the dashboard has no variable \"%s\"%s%s%s", name, near ? "; did you mean \"" : "", near ? near : "",
	               near ? "\"?" : "");
}

static int add_variable(const struct dashboard *dashboard, const char *name, size_t len, double step, double range,
                        struct buf *out, struct err *err)
{
	const struct dashboard_variable *variable = variable_find(dashboard, name, len);
	double seconds = 0;
	if (variable)
		return buf_add_string(out, variable->value);
	if (len == 15 && strncmp(name, "__rate_interval", len) == 0)
		seconds = step < 60 ? 300 : step + 240; /* four scrapes of a minute */
	else if (len == 10 && strncmp(name, "__interval", len) == 0)
		seconds = step;
	else if ((len == 7 && strncmp(name, "__range", len) == 0) || (len == 9 && strncmp(name, "__range_s", len) == 0))
		seconds = range;
	if (seconds <= 0)
		return err_set(err, "the variable $%.*s is not defined in the dashboard", (int)(len < 60 ? len : 60), name);
	return buf_printf(out, len == 9 ? "%.0f" : "%.0fs", seconds);
}

static size_t name_length(const char *at)
{
	size_t len = 0;
	while (isalnum((unsigned char)at[len]) || at[len] == '_')
		len++;
	return len;
}

int dashboard_expand(const struct dashboard *dashboard, const char *expr, double step, double range, struct buf *out,
                     struct err *err)
{
	for (const char *at = expr; *at;) {
		const char *close = at[0] == '$' && at[1] == '{' ? "}" : at[0] == '[' && at[1] == '[' ? "]]" : NULL;
		const char *name = close ? at + 2 : at + 1, *end = close ? strstr(at, close) : NULL;
		size_t len = close || *at == '$' ? name_length(name) : 0;
		if (len == 0 || (close && !end)) {
			if (buf_add(out, at++, 1) < 0)
				return err_set(err, "the expression is too long");
			continue;
		}
		if (add_variable(dashboard, name, len, step, range, out, err) < 0)
			return -1;
		at = close ? end + strlen(close) : name + len;
	}
	return 0;
}

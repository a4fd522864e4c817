/* SPDX-License-Identifier: MIT */
/* Alerts and silences as lists. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_add.h"
#include "base/mem.h"
#include "model/alert.h"
#include "model/fleet.h"
#include "model/sheet.h"

static const struct alert *alert_of(const struct sheet_row *row)
{
	return row->detail;
}

/* What counts, first; then what is held back by an inhibition or a silence. */
static const char *state_word(const struct alert *alert)
{
	return alert->silenced_by[0] ? "silenced" : alert->inhibited ? "inhibited" : alert_state_words[alert->state];
}

static void name_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, alert_of(row)->name);
}

static void state_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, state_word(alert_of(row)));
}

static enum tone state_tone(const struct sheet_row *row)
{
	const struct alert *alert = alert_of(row);
	if (alert->silenced_by[0] || alert->inhibited)
		return TONE_DIM;
	return alert->state == ALERT_PENDING || strcmp(alert->severity, "info") == 0 ? TONE_WARNING : TONE_BAD;
}

static void severity_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, alert_of(row)->severity);
}

static void service_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const char *slash = strchr(alert_of(row)->service, '/');
	(void)now_ms;
	text_add(out, slash ? slash + 1 : "");
}

static void since_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	sheet_age(now_ms, alert_of(row)->since_ms, out);
}

static void value_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	double value = alert_of(row)->value;
	(void)now_ms;
	text_printf(out, isnan(value) ? "" : "%.4g", value);
}

static void summary_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct alert *alert = alert_of(row);
	(void)now_ms;
	text_add(out, alert->summary);
	if (alert->summary[0])
		return;
	for (const char *at = alert->labels; *at;) { /* no words: its labels */
		size_t key = strcspn(at, "\1"), value = strcspn(at + key + 1, "\1");
		if (strncmp(at, "alertname", key) != 0 && strncmp(at, "severity", key) != 0)
			text_printf(out, "%s%.*s=%.*s", out->len ? " " : "", (int)key, at, (int)value, at + key + 1);
		at += key + 1 + value + (at[key + 1 + value] != 0);
	}
}

static const struct sheet_column alert_columns[] = {
	{"ALERT", "The alert's name", 16, 3, 0, 0, name_format, NULL},
	{"STATE", "firing, pending, silenced, or inhibited by another alert", 9, 0, 1, 0, state_format, state_tone},
	{"SEVERITY", "Its severity label", 8, 0, 4, 0, severity_format, NULL},
	{"CLUSTER", "The cluster, by the name of its context", 7, 1, 3, 0, sheet_cluster_cell, NULL},
	{"SERVICE", "Namespace and name of the service it is about, by its labels", 14, 3, 2, 0, service_format, NULL},
	{"SINCE", "For how long", 5, 0, 3, 1, since_format, NULL},
	{"VALUE", "The value of its expression", 6, 0, 6, 1, value_format, NULL},
	{"SUMMARY", "What it says", 20, 6, 5, 0, summary_format, NULL},
};

static int alert_rank(const struct alert *alert)
{
	int quiet = alert->silenced_by[0] || alert->inhibited;
	int severity = strcmp(alert->severity, "critical") == 0 || strcmp(alert->severity, "page") == 0 ? 0
	               : strcmp(alert->severity, "warning") == 0                                        ? 1
	                                                                                                : 2;
	return quiet * 100 + (int)alert->state * 10 + severity;
}

static int alert_order(const void *a, const void *b)
{
	const struct sheet_row *one = a, *other = b;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	int64_t left = alert_of(one)->since_ms, right = alert_of(other)->since_ms;
	if (left != right) /* the newest first */
		return left > right ? -1 : 1;
	return strcmp(alert_of(one)->labels, alert_of(other)->labels);
}

static size_t alerts_run(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	struct sheet_rows rows = {0};
	for (size_t c = 0; c < fleet->clusters.len; c++) {
		const struct cluster *cluster = fleet->clusters.items[c];
		if (only && cluster != only)
			continue;
		for (size_t i = 0; i < cluster->alerts.alerts.len; i++) {
			const struct alert *alert = cluster->alerts.alerts.items[i];
			struct sheet_row *row = sheet_rows_add(&rows, cluster, NULL);
			row->detail = alert;
			row->label = alert->labels;
			row->rank = alert_rank(alert);
		}
	}
	if (rows.len > 1)
		qsort(rows.items, rows.len, sizeof(*rows.items), alert_order);
	*out = rows.items;
	return rows.len;
}

static cJSON *alert_json(const struct sheet_row *row, int64_t now_ms)
{
	const struct alert *alert = alert_of(row);
	cJSON *json = cJSON_CreateObject(), *labels = cJSON_AddObjectToObject(json, "labels");
	(void)now_ms;
	json_add_text(json, "cluster", row->cluster->name);
	json_add_text(json, "name", alert->name);
	json_add_text(json, "state", alert_state_words[alert->state]);
	json_add_text(json, "severity", alert->severity);
	cJSON_AddBoolToObject(json, "inhibited", alert->inhibited);
	json_add_text(json, "silencedBy", alert->silenced_by);
	const char *slash = strchr(alert->service, '/');
	json_add_text(json, "service", slash ? slash + 1 : NULL);
	json_add_stamp(json, "since", alert->since_ms);
	if (isfinite(alert->value))
		cJSON_AddNumberToObject(json, "value", alert->value);
	else
		cJSON_AddNullToObject(json, "value");
	json_add_text(json, "summary", alert->summary);
	json_add_text(json, "url", alert->url);
	for (const char *at = alert->labels; *at;) {
		size_t key = strcspn(at, "\1"), value = strcspn(at + key + 1, "\1");
		char *name = mem_copy(at, key), *text = mem_copy(at + key + 1, value);
		cJSON_AddStringToObject(labels, name, text);
		free(name);
		free(text);
		at += key + 1 + value + (at[key + 1 + value] != 0);
	}
	return json;
}

static const struct service *alert_about(const struct sheet_row *row)
{
	return map_get(&row->cluster->fleet->by_key, alert_of(row)->service);
}

const struct sheet alerts_sheet = {
	.name = "alerts",
	.help = "Alerts that fire or are pending, with what silences or inhibits them",
	.empty = "no alert is pending or firing, as far as a Prometheus was found",
	.columns = alert_columns,
	.column_count = sizeof(alert_columns) / sizeof(alert_columns[0]),
	.run = alerts_run,
	.json = alert_json,
	.service = alert_about,
};

static const struct silence *silence_of(const struct sheet_row *row)
{
	return row->detail;
}

static void id_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, silence_of(row)->id);
}

static void silence_state_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, silence_state_words[silence_of(row)->state]);
}

static enum tone silence_tone(const struct sheet_row *row)
{
	return silence_of(row)->state == SILENCE_EXPIRED ? TONE_DIM : TONE_BUSY;
}

static void matchers_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	silence_describe(silence_of(row), out);
}

static size_t silence_hits(const struct sheet_row *row)
{
	const struct vec *alerts = &row->cluster->alerts.alerts;
	size_t hits = 0;
	for (size_t i = 0; i < alerts->len; i++)
		hits += silence_matches(silence_of(row), alerts->items[i]) != 0;
	return hits;
}

static void hits_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_printf(out, "%zu", silence_hits(row));
}

static void ends_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	int64_t end = silence_of(row)->end_ms;
	char age[24];
	age_format(end > now_ms ? end - now_ms : now_ms - end, age, sizeof(age));
	text_printf(out, end > now_ms ? "in %s" : "%s ago", age);
}

static void author_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, silence_of(row)->author);
}

static void comment_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	text_add(out, silence_of(row)->comment);
}

static const struct sheet_column silence_columns[] = {
	{"ID", "Alertmanager's name for it", 36, 0, 5, 0, id_format, NULL},
	{"STATE", "active, pending or expired", 7, 0, 1, 0, silence_state_format, silence_tone},
	{"CLUSTER", "The cluster, by the name of its context", 7, 1, 3, 0, sheet_cluster_cell, NULL},
	{"MATCHERS", "Labels of the alerts that it silences", 20, 5, 0, 0, matchers_format, NULL},
	{"ALERTS", "How many alerts match now", 6, 0, 2, 1, hits_format, NULL},
	{"ENDS", "When it ends, or ended", 8, 0, 2, 0, ends_format, NULL},
	{"AUTHOR", "Who made it", 8, 1, 4, 0, author_format, NULL},
	{"COMMENT", "Why", 10, 4, 4, 0, comment_format, NULL},
};

static int silence_order(const void *a, const void *b)
{
	const struct silence *one = silence_of(a), *other = silence_of(b);
	if (one->state != other->state)
		return one->state < other->state ? -1 : 1;
	return one->end_ms < other->end_ms ? -1 : one->end_ms > other->end_ms;
}

static size_t silences_run(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	struct sheet_rows rows = {0};
	for (size_t c = 0; c < fleet->clusters.len; c++) {
		const struct cluster *cluster = fleet->clusters.items[c];
		for (size_t i = 0; (!only || cluster == only) && i < cluster->alerts.silences.len; i++) {
			struct sheet_row *row = sheet_rows_add(&rows, cluster, NULL);
			row->detail = cluster->alerts.silences.items[i];
			row->label = silence_of(row)->id;
			row->rank = (int)silence_of(row)->state;
		}
	}
	if (rows.len > 1)
		qsort(rows.items, rows.len, sizeof(*rows.items), silence_order);
	*out = rows.items;
	return rows.len;
}

static cJSON *silence_json(const struct sheet_row *row, int64_t now_ms)
{
	const struct silence *silence = silence_of(row);
	cJSON *json = cJSON_CreateObject(), *matchers;
	(void)now_ms;
	json_add_text(json, "cluster", row->cluster->name);
	json_add_text(json, "id", silence->id);
	json_add_text(json, "state", silence_state_words[silence->state]);
	json_add_text(json, "author", silence->author);
	json_add_text(json, "comment", silence->comment);
	json_add_stamp(json, "start", silence->start_ms);
	json_add_stamp(json, "end", silence->end_ms);
	cJSON_AddNumberToObject(json, "alerts", (double)silence_hits(row));
	matchers = cJSON_AddArrayToObject(json, "matchers");
	for (size_t i = 0; i < silence->matcher_count; i++) {
		const struct silence_matcher *matcher = &silence->matchers[i];
		cJSON *one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "name", matcher->name);
		cJSON_AddStringToObject(one, "value", matcher->value);
		cJSON_AddBoolToObject(one, "isRegex", matcher->is_regex);
		cJSON_AddBoolToObject(one, "isEqual", matcher->is_equal);
		cJSON_AddItemToArray(matchers, one);
	}
	return json;
}

const struct sheet silences_sheet = {
	.name = "silences",
	.help = "Alertmanager's silences",
	.empty = "no silence, as far as an Alertmanager was found",
	.columns = silence_columns,
	.column_count = sizeof(silence_columns) / sizeof(silence_columns[0]),
	.run = silences_run,
	.json = silence_json,
};

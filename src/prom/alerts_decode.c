/* SPDX-License-Identifier: MIT */
/* Alerts as Prometheus lists them, and as Alertmanager sees them; its silences. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "prom/alerts.h"

static void copy_text(char *out, size_t size, const char *text)
{
	out[0] = '\0';
	if (text)
		utf8_sanitise(out, size, text, strlen(text));
}

/* All labels, and out of them what has its own field. */
static void labels_take(struct alert *alert, const cJSON *labels)
{
	struct text out = text_in(alert->labels, sizeof(alert->labels));
	const cJSON *label;
	cJSON_ArrayForEach(label, labels) {
		char name[128], value[512];
		if (!cJSON_IsString(label) || !label->string)
			continue;
		copy_text(name, sizeof(name), label->string);
		copy_text(value, sizeof(value), label->valuestring);
		if (out.len + strlen(name) + strlen(value) + 3 < sizeof(alert->labels))
			text_printf(&out, "%s\1%s\1", name, value);
	}
	copy_text(alert->name, sizeof(alert->name), json_string(labels, "alertname"));
	copy_text(alert->severity, sizeof(alert->severity), json_string(labels, "severity"));
}

static void words_take(struct alert *alert, const cJSON *annotations)
{
	static const char *const names[] = {"summary", "message", "description"};
	for (size_t i = 0; i < 3 && !alert->summary[0]; i++)
		copy_text(alert->summary, sizeof(alert->summary), json_string(annotations, names[i]));
}

static void url_take(struct alert *alert, const char *url)
{
	/* It becomes a link: nothing but the web. */
	if (url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0))
		copy_text(alert->url, sizeof(alert->url), url);
}

int alerts_decode(struct vec *alerts, const char *body, size_t len, struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	const cJSON *list = json_at(json, "data/alerts"), *item;
	if (!json)
		return -1;
	if (!cJSON_IsArray(list)) {
		cJSON_Delete(json);
		return err_set(err, "the answer holds no list of alerts");
	}
	cJSON_ArrayForEach(item, list) {
		const char *state = json_string(item, "state"), *value = json_string(item, "value");
		if (alerts->len >= ALERTS_MAX)
			break;
		struct alert *alert = mem_new(sizeof(*alert));
		alert->state = state && strcmp(state, "pending") == 0 ? ALERT_PENDING : ALERT_FIRING;
		alert->since_ms = json_stamp(item, "activeAt");
		alert->value = value ? strtod(value, NULL) : NAN;
		labels_take(alert, json_get(item, "labels"));
		words_take(alert, json_get(item, "annotations"));
		vec_push(alerts, alert);
	}
	cJSON_Delete(json);
	return 0;
}

/* Alertmanager has every label of Prometheus, and the external ones beside. */
static int is_same(const struct alert *alert, const cJSON *labels)
{
	for (const char *at = alert->labels; *at;) {
		size_t key = strcspn(at, "\1"), value = strcspn(at + key + 1, "\1");
		char name[128], text[512], theirs[512];
		snprintf(name, sizeof(name), "%.*s", (int)key, at);
		snprintf(text, sizeof(text), "%.*s", (int)value, at + key + 1);
		const cJSON *label = json_get(labels, name);
		copy_text(theirs, sizeof(theirs), cJSON_IsString(label) ? label->valuestring : NULL);
		if (strcmp(theirs, text) != 0)
			return 0;
		at += key + 1 + value + (at[key + 1 + value] != 0);
	}
	return alert->labels[0] != 0;
}

static struct alert *find(const struct vec *alerts, const cJSON *labels)
{
	for (size_t i = 0; i < alerts->len; i++) {
		struct alert *alert = alerts->items[i];
		if (alert->state == ALERT_FIRING && is_same(alert, labels))
			return alert;
	}
	return NULL;
}

int alerts_decode_held(struct vec *alerts, const char *body, size_t len, struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	const cJSON *item;
	if (!json)
		return -1;
	if (!cJSON_IsArray(json)) {
		cJSON_Delete(json);
		return err_set(err, "the answer holds no list of alerts");
	}
	cJSON_ArrayForEach(item, json) {
		const cJSON *labels = json_get(item, "labels"), *status = json_get(item, "status");
		const cJSON *silenced = json_get(status, "silencedBy"), *inhibited = json_get(status, "inhibitedBy");
		struct alert *alert = find(alerts, labels);
		if (!alert && alerts->len < ALERTS_MAX) {
			alert = mem_new(sizeof(*alert));
			alert->value = NAN;
			alert->since_ms = json_stamp(item, "startsAt");
			labels_take(alert, labels);
			words_take(alert, json_get(item, "annotations"));
			vec_push(alerts, alert);
		}
		if (!alert)
			continue;
		url_take(alert, json_string(item, "generatorURL"));
		alert->inhibited = cJSON_IsArray(inhibited) && inhibited->child != NULL;
		if (cJSON_IsArray(silenced) && cJSON_IsString(silenced->child))
			copy_text(alert->silenced_by, sizeof(alert->silenced_by), silenced->child->valuestring);
	}
	cJSON_Delete(json);
	return 0;
}

static void matchers_take(struct silence *silence, const cJSON *matchers)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, matchers) {
		if (silence->matcher_count == SILENCE_MATCHERS)
			return;
		struct silence_matcher *matcher = &silence->matchers[silence->matcher_count++];
		copy_text(matcher->name, sizeof(matcher->name), json_string(item, "name"));
		copy_text(matcher->value, sizeof(matcher->value), json_string(item, "value"));
		matcher->is_regex = json_bool(item, "isRegex", 0) != 0;
		matcher->is_equal = json_bool(item, "isEqual", 1) != 0; /* older ones know no other */
	}
}

int silences_decode(struct vec *silences, const char *body, size_t len, struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	const cJSON *item;
	if (!json)
		return -1;
	if (!cJSON_IsArray(json)) {
		cJSON_Delete(json);
		return err_set(err, "the answer holds no list of silences");
	}
	cJSON_ArrayForEach(item, json) {
		const char *state = json_string(item, "status/state");
		if (silences->len >= SILENCES_MAX)
			break;
		struct silence *silence = mem_new(sizeof(*silence));
		silence->state = state && strcmp(state, "expired") == 0   ? SILENCE_EXPIRED
		                 : state && strcmp(state, "pending") == 0 ? SILENCE_PENDING
		                                                          : SILENCE_ACTIVE;
		copy_text(silence->id, sizeof(silence->id), json_string(item, "id"));
		copy_text(silence->author, sizeof(silence->author), json_string(item, "createdBy"));
		copy_text(silence->comment, sizeof(silence->comment), json_string(item, "comment"));
		silence->start_ms = json_stamp(item, "startsAt");
		silence->end_ms = json_stamp(item, "endsAt");
		matchers_take(silence, json_get(item, "matchers"));
		vec_push(silences, silence);
	}
	cJSON_Delete(json);
	return 0;
}

int silence_encode(struct buf *out, const struct silence *silence)
{
	cJSON *json = cJSON_CreateObject(), *matchers = cJSON_AddArrayToObject(json, "matchers");
	char stamp[32];
	for (size_t i = 0; i < silence->matcher_count; i++) {
		cJSON *one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "name", silence->matchers[i].name);
		cJSON_AddStringToObject(one, "value", silence->matchers[i].value);
		cJSON_AddBoolToObject(one, "isRegex", silence->matchers[i].is_regex);
		cJSON_AddBoolToObject(one, "isEqual", silence->matchers[i].is_equal);
		cJSON_AddItemToArray(matchers, one);
	}
	stamp_format(silence->start_ms, stamp);
	cJSON_AddStringToObject(json, "startsAt", stamp);
	stamp_format(silence->end_ms, stamp);
	cJSON_AddStringToObject(json, "endsAt", stamp);
	cJSON_AddStringToObject(json, "createdBy", silence->author);
	cJSON_AddStringToObject(json, "comment", silence->comment);
	int result = json_write(out, json, 0);
	cJSON_Delete(json);
	return result;
}

void silence_id_decode(const char *body, size_t len, char out[40])
{
	cJSON *json = json_parse_heap(body, len, NULL);
	copy_text(out, 40, json_string(json, "silenceID"));
	cJSON_Delete(json);
}

/* SPDX-License-Identifier: MIT */
/* The alerting rules of a cluster's Prometheus, and an Alertmanager's alerts and silences. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "monitor.h"

enum { LOOK_SECONDS = 5 };

struct alert_rule {
	const char *name, *severity, *query, *summary;
	double seconds; /* it has to be true for so long */
	double limit;
	double (*value)(const struct monitor *monitor, size_t service, int64_t ms);
};

static double error_ratio(const struct monitor *monitor, size_t service, int64_t ms)
{
	return traffic_errors(monitor->traffic, monitor->stage->number, service, ms);
}

static double slowness(const struct monitor *monitor, size_t service, int64_t ms)
{
	return traffic_median(monitor->traffic, monitor->stage->number, service, ms) /
	       monitor->traffic->plan->services[service].latency;
}

static double saturation(const struct monitor *monitor, size_t service, int64_t ms)
{
	return traffic_load(monitor->traffic, monitor->stage->number, service, ms);
}

static const struct alert_rule rules[] = {
	{"HighErrorRatio", "critical",
	 "sum by (namespace, service) (rate(http_requests_total{code=~\"5..\"}[5m])) / sum by (namespace, service) "
	 "(rate(http_requests_total[5m])) > 0.05",
	 "More than 5 % of the answers are errors", 30, 0.05, error_ratio},
	{"SlowResponses", "warning",
	 "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
	 "Answers take three times as long as usual", 60, 3, slowness},
	{"CpuSaturated", "warning",
	 "sum by (namespace, service) (rate(container_cpu_usage_seconds_total[5m])) > 0.95", "The pods have no CPU left", 120, 0.97,
	 saturation},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

void monitor_init(struct monitor *monitor)
{
	vec_init(&monitor->alerts);
	vec_init(&monitor->silences);
}

void monitor_release(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->alerts.len; i++)
		free(monitor->alerts.items[i]);
	for (size_t i = 0; i < monitor->silences.len; i++) {
		struct silence *silence = monitor->silences.items[i];
		cJSON_Delete(silence->json);
		free(silence);
	}
	vec_release(&monitor->alerts);
	vec_release(&monitor->silences);
}

static struct alert *alert_find(const struct monitor *monitor, const struct alert_rule *rule, size_t service)
{
	for (size_t i = 0; i < monitor->alerts.len; i++) {
		struct alert *alert = monitor->alerts.items[i];
		if (alert->rule == rule && alert->service == service)
			return alert;
	}
	return NULL;
}

void monitor_look(void *arg, const char *key)
{
	struct monitor *monitor = arg;
	const struct clock *clock = monitor->stage->api->options.clock;
	int64_t now = clock->wall(clock);
	for (size_t r = 0; r < RULES; r++)
		for (size_t i = 0; i < monitor->traffic->plan->count; i++) {
			double value = rules[r].value(monitor, i, now);
			if (value <= rules[r].limit)
				continue;
			struct alert *alert = alert_find(monitor, &rules[r], i);
			if (!alert) {
				alert = mem_new(sizeof(*alert));
				*alert = (struct alert){.rule = &rules[r], .service = i, .since_ms = now};
				vec_push(&monitor->alerts, alert);
			}
			alert->value = value;
			alert->seen_ms = now;
			double passed = (double)(now - alert->since_ms) / 1000 * agenda_speed(monitor->stage->agenda);
			if (!alert->fired_ms && passed >= rules[r].seconds)
				alert->fired_ms = now;
		}
	for (size_t i = monitor->alerts.len; i-- > 0;) {
		struct alert *alert = monitor->alerts.items[i];
		if (alert->seen_ms != now) {
			vec_remove(&monitor->alerts, i);
			free(alert);
		}
	}
	agenda_add(monitor->stage->agenda, LOOK_SECONDS, monitor_look, monitor, key);
}

static void alert_labels(const struct monitor *monitor, const struct alert *alert, struct labels *labels)
{
	const struct plan_service *service = &monitor->traffic->plan->services[alert->service];
	*labels = (struct labels){.count = 0};
	label_set(labels, "alertname", alert->rule->name);
	label_set(labels, "severity", alert->rule->severity);
	label_set(labels, "namespace", service->namespace);
	label_set(labels, "service", service->name);
	label_set(labels, "team", service->team);
	label_set(labels, "cluster", monitor->cluster);
}

static double alert_is(const struct series *series, int64_t ms)
{
	(void)ms;
	return series->number;
}

void alerts_find(struct monitor *monitor, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to)
{
	for (size_t i = 0; i < monitor->alerts.len; i++) {
		const struct alert *alert = monitor->alerts.items[i];
		struct series series = {.owner = monitor, .number = 1, .at = alert_is};
		alert_labels(monitor, alert, &series.labels);
		label_set(&series.labels, "__name__", "ALERTS");
		label_set(&series.labels, "alertstate", alert->fired_ms ? "firing" : "pending");
		if (matches(matchers, &series.labels))
			found(to, &series);
	}
}

static void labels_write(struct buf *out, const struct labels *labels)
{
	buf_must(buf_add(out, "{", 1));
	for (int i = 0; i < labels->count; i++) {
		buf_must(buf_printf(out, "%s\"%s\":", i ? "," : "", labels->items[i].name));
		json_text_write(out, labels->items[i].value);
	}
	buf_must(buf_add(out, "}", 1));
}

static void alert_write(const struct monitor *monitor, const struct alert *alert, struct buf *out)
{
	char since[32];
	struct labels labels;
	stamp_format(alert->fired_ms ? alert->fired_ms : alert->since_ms, since);
	alert_labels(monitor, alert, &labels);
	buf_must(buf_add_string(out, "{\"labels\":"));
	labels_write(out, &labels);
	buf_must(buf_add_string(out, ",\"annotations\":{\"summary\":"));
	json_text_write(out, alert->rule->summary);
	buf_must(buf_printf(out, "},\"state\":\"%s\",\"activeAt\":\"%s\",\"value\":\"%.6g\"}", alert->fired_ms ? "firing" : "pending",
	                    since, alert->value));
}

void alerts_write(const struct monitor *monitor, struct buf *out)
{
	buf_must(buf_add_string(out, "{\"alerts\":["));
	for (size_t i = 0; i < monitor->alerts.len; i++) {
		if (i)
			buf_must(buf_add(out, ",", 1));
		alert_write(monitor, monitor->alerts.items[i], out);
	}
	buf_must(buf_add_string(out, "]}"));
}

void alerts_rules_write(const struct monitor *monitor, struct buf *out)
{
	buf_must(buf_add_string(out, "{\"groups\":[{\"name\":\"services\",\"file\":\"services.yaml\",\"interval\":15,\"rules\":["));
	for (size_t r = 0; r < RULES; r++) {
		const char *state = "inactive", *comma = "";
		for (size_t i = 0; i < monitor->alerts.len; i++) {
			const struct alert *alert = monitor->alerts.items[i];
			if (alert->rule == &rules[r] && strcmp(state, "firing") != 0)
				state = alert->fired_ms ? "firing" : "pending";
		}
		buf_must(buf_printf(out, "%s{\"type\":\"alerting\",\"name\":\"%s\",\"query\":", r ? "," : "", rules[r].name));
		json_text_write(out, rules[r].query);
		buf_must(buf_printf(out, ",\"duration\":%.0f,\"labels\":{\"severity\":\"%s\"},\"annotations\":{\"summary\":",
		                    rules[r].seconds, rules[r].severity));
		json_text_write(out, rules[r].summary);
		buf_must(buf_printf(out, "},\"state\":\"%s\",\"health\":\"ok\",\"alerts\":[", state));
		for (size_t i = 0; i < monitor->alerts.len; i++) {
			const struct alert *alert = monitor->alerts.items[i];
			if (alert->rule != &rules[r])
				continue;
			buf_must(buf_add_string(out, comma));
			alert_write(monitor, alert, out);
			comma = ",";
		}
		buf_must(buf_add_string(out, "]}"));
	}
	buf_must(buf_add_string(out, "]}]}"));
}

/* Alertmanager */

static int silence_is_active(const struct silence *silence, int64_t now)
{
	return json_stamp(silence->json, "startsAt") <= now && json_stamp(silence->json, "endsAt") > now;
}

static int silence_fits(const struct silence *silence, const struct labels *labels)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_get(silence->json, "matchers"))
	{
		const char *name = json_string(item, "name"), *value = json_string(item, "value");
		struct err err;
		struct arena *arena;
		if (!name || !value)
			return 0;
		if (!json_bool(item, "isRegex", 0)) {
			if ((strcmp(label_of(labels, name), value) == 0) != json_bool(item, "isEqual", 1))
				return 0;
			continue;
		}
		/* The same patterns as in a query's matchers. */
		char text[512];
		const struct matchers *parsed;
		snprintf(text, sizeof(text), "{%.100s=~`%.300s`}", name, value);
		arena = arena_new(1 << 20);
		struct promql *query = promql_parse(arena, text, &err);
		int fits = query && promql_selector(query, &parsed) == 0 && matches(parsed, labels);
		promql_free(query);
		arena_free(arena);
		if (fits != json_bool(item, "isEqual", 1))
			return 0;
	}
	return 1;
}

static void answer_alerts(struct monitor *monitor, struct server_call *call)
{
	const struct clock *clock = monitor->stage->api->options.clock;
	int64_t now = clock->wall(clock);
	const char *comma = "";
	struct buf out;
	buf_init(&out, SIM_BODY_MAX);
	buf_must(buf_add(&out, "[", 1));
	for (size_t i = 0; i < monitor->alerts.len; i++) {
		const struct alert *alert = monitor->alerts.items[i];
		struct labels labels;
		char starts[32], ends[32], updated[32], by[2048] = "";
		if (!alert->fired_ms)
			continue;
		alert_labels(monitor, alert, &labels);
		for (size_t k = 0; k < monitor->silences.len; k++) {
			const struct silence *silence = monitor->silences.items[k];
			if (silence_is_active(silence, now) && silence_fits(silence, &labels) && strlen(by) < sizeof(by) - 64)
				snprintf(by + strlen(by), sizeof(by) - strlen(by), "%s\"%s\"", *by ? "," : "", silence->id);
		}
		stamp_format(alert->fired_ms, starts);
		stamp_format(now + 240000, ends);
		stamp_format(now, updated);
		buf_must(buf_printf(&out, "%s{\"annotations\":{\"summary\":", comma));
		json_text_write(&out, alert->rule->summary);
		buf_must(buf_printf(&out, "},\"endsAt\":\"%s\",\"fingerprint\":\"%016llx\",\"receivers\":[{\"name\":\"on-call\"}],"
		                          "\"startsAt\":\"%s\",\"status\":{\"inhibitedBy\":[],\"mutedBy\":[],\"silencedBy\":[%s],\"state\":"
		                          "\"%s\"},\"updatedAt\":\"%s\",\"generatorURL\":\"\",\"labels\":", ends,
		                    (unsigned long long)mix(alert->service * 16 + (size_t)(alert->rule - rules)), starts, by,
		                    *by ? "suppressed" : "active", updated));
		labels_write(&out, &labels);
		buf_must(buf_add(&out, "}", 1));
		comma = ",";
	}
	buf_must(buf_add_string(&out, "]"));
	reply_text(call, 200, &out);
	buf_release(&out);
}

static void silence_write(const struct monitor *monitor, const struct silence *silence, struct buf *out)
{
	const struct clock *clock = monitor->stage->api->options.clock;
	int64_t now = clock->wall(clock);
	cJSON *copy = cJSON_Duplicate(silence->json, 1);
	const char *state = json_stamp(copy, "endsAt") <= now ? "expired" : json_stamp(copy, "startsAt") > now ? "pending" : "active";
	cJSON_AddStringToObject(cJSON_AddObjectToObject(copy, "status"), "state", state);
	char *text = cJSON_PrintUnformatted(copy);
	buf_must(buf_add_string(out, text));
	free(text);
	cJSON_Delete(copy);
}

static struct silence *silence_find(const struct monitor *monitor, const char *id)
{
	for (size_t i = 0; i < monitor->silences.len; i++)
		if (strcmp(((struct silence *)monitor->silences.items[i])->id, id) == 0)
			return monitor->silences.items[i];
	return NULL;
}

static void silence_post(struct monitor *monitor, struct server_call *call, const struct server_request *request)
{
	const struct clock *clock = monitor->stage->api->options.clock;
	char now[32], answer[80];
	struct buf out;
	cJSON *json = json_parse_heap(request->body, request->body_len, NULL);
	if (!json || cJSON_GetArraySize(json_get(json, "matchers")) == 0 || !json_string(json, "createdBy") ||
	    json_stamp(json, "endsAt") <= clock->wall(clock)) {
		static const char words[] = "\"invalid silence: at least one matcher, a creator and an end in the future are required\"";
		call_reply(call, 400, "application/json", NULL, words, sizeof(words) - 1);
		cJSON_Delete(json);
		return;
	}
	const char *id = json_string(json, "id");
	struct silence *silence = id ? silence_find(monitor, id) : NULL;
	if (!silence) {
		silence = mem_new(sizeof(*silence));
		mix_uid(0xa0000000 + ++monitor->silence_ids, silence->id);
		vec_push(&monitor->silences, silence);
	}
	cJSON_Delete(silence->json);
	silence->json = json;
	stamp_format(clock->wall(clock), now);
	set_text(json, "id", silence->id);
	set_text(json, "updatedAt", now);
	cJSON_DeleteItemFromObjectCaseSensitive(json, "status");
	buf_init(&out, sizeof(answer) + 1);
	buf_must(buf_printf(&out, "{\"silenceID\":\"%s\"}", silence->id));
	reply_text(call, 200, &out);
	buf_release(&out);
}

static void answer_silence(struct monitor *monitor, struct server_call *call, const struct server_request *request, const char *id)
{
	const struct clock *clock = monitor->stage->api->options.clock;
	struct silence *silence = silence_find(monitor, id);
	struct buf out;
	char now[32];
	if (!silence) {
		call_reply(call, 404, "application/json", NULL, "\"silence not found\"", 19);
		return;
	}
	buf_init(&out, SIM_TEXT_MAX);
	if (strcmp(request->method, "DELETE") == 0) {
		stamp_format(clock->wall(clock), now);
		set_text(silence->json, "endsAt", now);
		set_text(silence->json, "updatedAt", now);
	} else {
		silence_write(monitor, silence, &out);
	}
	reply_text(call, 200, &out);
	buf_release(&out);
}

void alerts_answer(struct monitor *monitor, struct server_call *call, const struct server_request *request, const char *path)
{
	struct buf out;
	if (strcmp(path, "/api/v2/alerts") == 0) {
		answer_alerts(monitor, call);
	} else if (strcmp(path, "/api/v2/silences") == 0 && strcmp(request->method, "POST") == 0) {
		silence_post(monitor, call, request);
	} else if (strncmp(path, "/api/v2/silence/", 16) == 0) {
		answer_silence(monitor, call, request, path + 16);
	} else if (strcmp(path, "/api/v2/silences") == 0) {
		buf_init(&out, SIM_BODY_MAX);
		buf_must(buf_add(&out, "[", 1));
		for (size_t i = 0; i < monitor->silences.len; i++) {
			if (i)
				buf_must(buf_add(&out, ",", 1));
			silence_write(monitor, monitor->silences.items[i], &out);
		}
		buf_must(buf_add(&out, "]", 1));
		reply_text(call, 200, &out);
		buf_release(&out);
	} else if (strcmp(path, "/api/v2/status") == 0) {
		static const char status[] = "{\"cluster\":{\"status\":\"disabled\"},\"config\":{\"original\":\"\"},\"versionInfo\":{"
		                             "\"version\":\"0.28.1\"},\"uptime\":\"2026-01-01T00:00:00Z\"}";
		call_reply(call, 200, "application/json", NULL, status, sizeof(status) - 1);
	} else {
		call_reply(call, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n", 19);
	}
}

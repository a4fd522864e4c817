/* SPDX-License-Identifier: MIT */
/* Prometheus' HTTP API, and how the traffic follows what happens in the cluster. */
#include "monitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

enum { ARENA_MAX = 256 << 20, QUERY_MAX = 16384, POINTS_MAX = 11000 };

void json_text_write(struct buf *out, const char *text)
{
	buf_must(buf_add(out, "\"", 1));
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_must(buf_printf(out, "\\%c", *text));
		else if ((unsigned char)*text < 0x20)
			buf_must(buf_printf(out, "\\u%04x", (unsigned)*text));
		else
			buf_must(buf_add(out, text, 1));
	}
	buf_must(buf_add(out, "\"", 1));
}

static void refuse(struct server_call *call, int status, const char *type, const char *why)
{
	struct buf out;
	buf_init(&out, SIM_TEXT_MAX);
	buf_must(buf_printf(&out, "{\"status\":\"error\",\"errorType\":\"%s\",\"error\":", type));
	json_text_write(&out, why);
	buf_must(buf_add_string(&out, "}"));
	reply_text(call, status, &out);
	buf_release(&out);
}

/* A parameter of the query string, or of a form in the body. */
static const char *parameter(const struct server_request *request, const char *name, char *out, size_t size)
{
	const char *found = server_query(request, name, out, size);
	if (found || request->body_len == 0)
		return found;
	char *body = mem_copy(request->body, request->body_len);
	struct server_request form = *request;
	form.query = body;
	found = server_query(&form, name, out, size);
	free(body);
	return found;
}

static int64_t moment(const struct server_request *request, const char *name, int64_t fallback)
{
	char text[64];
	int64_t ms;
	if (!parameter(request, name, text, sizeof(text)))
		return fallback;
	if (stamp_parse(text, &ms) == 0)
		return ms;
	return (int64_t)(strtod(text, NULL) * 1000);
}

static void labels_json(struct buf *out, const struct labels *labels)
{
	buf_must(buf_add(out, "{", 1));
	for (int i = 0; i < labels->count; i++) {
		buf_must(buf_printf(out, "%s\"%s\":", i ? "," : "", labels->items[i].name));
		json_text_write(out, labels->items[i].value);
	}
	buf_must(buf_add(out, "}", 1));
}

static void point_write(struct buf *out, int64_t ms, double value)
{
	buf_must(buf_printf(out, "[%lld.%03d,\"", (long long)(ms / 1000), (int)(ms % 1000)));
	if (isnan(value))
		buf_must(buf_add_string(out, "NaN"));
	else if (isinf(value))
		buf_must(buf_add_string(out, value > 0 ? "+Inf" : "-Inf"));
	else
		buf_must(buf_printf(out, "%.12g", value));
	buf_must(buf_add_string(out, "\"]"));
}

static void vector_write(struct buf *out, const struct vector *vector, int64_t ms)
{
	if (vector->is_scalar) {
		buf_must(buf_add_string(out, "{\"resultType\":\"scalar\",\"result\":"));
		point_write(out, ms, vector->items[0].value);
		buf_must(buf_add(out, "}", 1));
		return;
	}
	buf_must(buf_add_string(out, "{\"resultType\":\"vector\",\"result\":["));
	for (size_t i = 0; i < vector->count; i++) {
		buf_must(buf_add_string(out, i ? ",{\"metric\":" : "{\"metric\":"));
		labels_json(out, &vector->items[i].labels);
		buf_must(buf_add_string(out, ",\"value\":"));
		point_write(out, ms, vector->items[i].value);
		buf_must(buf_add(out, "}", 1));
	}
	buf_must(buf_add_string(out, "]}"));
}

struct asking {
	struct monitor *monitor;
	struct server_call *call;
	struct arena *arena;
	struct promql *query;
	struct series_store store;
	struct err err;
};

static int asking_begin(struct asking *asking, struct monitor *monitor, struct server_call *call,
                        const struct server_request *request, const char *name)
{
	char *text = mem_new(QUERY_MAX);
	*asking = (struct asking){.monitor = monitor, .call = call, .store = {monitor_find, monitor}};
	asking->arena = arena_new(ARENA_MAX);
	const char *found = parameter(request, name, text, QUERY_MAX);
	asking->query = promql_parse(asking->arena, found ? found : "", &asking->err);
	free(text);
	if (!asking->query)
		refuse(call, 400, "bad_data", asking->err.text);
	return asking->query ? 0 : -1;
}

static void asking_end(struct asking *asking)
{
	promql_free(asking->query);
	arena_free(asking->arena);
}

static void data_reply(struct server_call *call, struct buf *out)
{
	buf_must(buf_add(out, "}", 1));
	reply_text(call, 200, out);
}

static void answer_query(struct monitor *monitor, struct server_call *call, const struct server_request *request)
{
	struct asking asking;
	struct vector vector = {0};
	struct buf out;
	const struct clock *clock = monitor->stage->api->options.clock;
	int64_t ms = moment(request, "time", clock->wall(clock));
	buf_init(&out, SIM_BODY_MAX);
	if (asking_begin(&asking, monitor, call, request, "query") == 0) {
		if (promql_eval(asking.query, &asking.store, ms, &vector, &asking.err) < 0) {
			refuse(call, 422, "execution", asking.err.text);
		} else {
			buf_must(buf_add_string(&out, "{\"status\":\"success\",\"data\":"));
			vector_write(&out, &vector, ms);
			data_reply(call, &out);
		}
	}
	asking_end(&asking);
	buf_release(&out);
}

/* A row of a range's answer while its points come in. */
struct row {
	char *key;
	struct buf text;
};

static int range_step(struct asking *asking, int64_t ms, struct map *rows, struct vec *order)
{
	struct vector vector = {0};
	struct buf key;
	if (promql_eval(asking->query, &asking->store, ms, &vector, &asking->err) < 0)
		return -1;
	buf_init(&key, SIM_TEXT_MAX);
	for (size_t i = 0; i < vector.count; i++) {
		buf_clear(&key);
		labels_json(&key, &vector.items[i].labels);
		struct row *row = map_get(rows, buf_string(&key));
		if (!row) {
			row = mem_new(sizeof(*row));
			row->key = mem_copy_string(buf_string(&key));
			buf_init(&row->text, SIM_BODY_MAX);
			map_put(rows, row->key, row);
			vec_push(order, row);
		}
		if (row->text.len > 0)
			buf_must(buf_add(&row->text, ",", 1));
		point_write(&row->text, ms, vector.items[i].value);
	}
	buf_release(&key);
	return 0;
}

static void answer_range(struct monitor *monitor, struct server_call *call, const struct server_request *request)
{
	struct asking asking;
	struct map rows;
	struct vec order;
	struct buf out;
	char text[64] = "15";
	int64_t start = moment(request, "start", -1), end = moment(request, "end", -1);
	parameter(request, "step", text, sizeof(text));
	char *unit;
	double step = strtod(text, &unit);
	step *= *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 1;
	if (start < 0 || end < start || !(step > 0)) {
		refuse(call, 400, "bad_data", "invalid parameter \"end\": end timestamp must not be before start time, and the step "
		                              "must be positive");
		return;
	}
	if ((double)(end - start) / 1000 / step > POINTS_MAX) {
		refuse(call, 400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
		                              "resolution (?step=XX)");
		return;
	}
	if (asking_begin(&asking, monitor, call, request, "query") < 0) {
		asking_end(&asking);
		return;
	}
	map_init(&rows);
	vec_init(&order);
	buf_init(&out, SIM_BODY_MAX);
	int result = 0;
	char *query = mem_new(QUERY_MAX);
	parameter(request, "query", query, QUERY_MAX);
	for (int64_t i = 0; result == 0 && start + (int64_t)((double)i * step * 1000) <= end; i++) {
		/* Each step leaves its samples in the arena: it is emptied before there are too many. */
		if (arena_used(asking.arena) > ARENA_MAX / 4) {
			promql_free(asking.query);
			arena_reset(asking.arena);
			asking.query = promql_parse(asking.arena, query, &asking.err);
		}
		result = range_step(&asking, start + (int64_t)((double)i * step * 1000), &rows, &order);
	}
	free(query);
	buf_must(buf_add_string(&out, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["));
	for (size_t i = 0; i < order.len; i++) {
		struct row *row = order.items[i];
		buf_must(buf_printf(&out, "%s{\"metric\":%s,\"values\":[", i ? "," : "", row->key));
		buf_must(buf_add(&out, row->text.data, row->text.len));
		buf_must(buf_add_string(&out, "]}"));
		buf_release(&row->text);
		free(row->key);
		free(row);
	}
	buf_must(buf_add_string(&out, "]}"));
	if (result < 0)
		refuse(call, 422, "execution", asking.err.text);
	else
		data_reply(call, &out);
	buf_release(&out);
	map_release(&rows);
	vec_release(&order);
	asking_end(&asking);
}

/* series, labels and label values are all made from the series that are there. */
struct listing_series {
	const char *label; /* NULL: whole series; "": the labels' names */
	struct map seen;
	struct vec keys; /* char * */
};

static void listing_add(struct listing_series *listing, const char *text)
{
	if (map_get(&listing->seen, text))
		return;
	char *copy = mem_copy_string(text);
	map_put(&listing->seen, copy, copy);
	vec_push(&listing->keys, copy);
}

static void listing_found(void *to, const struct series *series)
{
	struct listing_series *listing = to;
	struct buf text;
	if (listing->label && *listing->label) {
		const char *value = label_of(&series->labels, listing->label);
		if (*value)
			listing_add(listing, value);
		return;
	}
	for (int i = 0; listing->label && i < series->labels.count; i++)
		listing_add(listing, series->labels.items[i].name);
	if (listing->label)
		return;
	buf_init(&text, SIM_TEXT_MAX);
	labels_json(&text, &series->labels);
	listing_add(listing, buf_string(&text));
	buf_release(&text);
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void answer_series(struct monitor *monitor, struct server_call *call, const struct server_request *request, const char *label)
{
	struct listing_series listing = {.label = label};
	static const struct matchers all = {.count = 0};
	const struct matchers *matchers = &all;
	struct asking asking = {0};
	struct buf out;
	char text[8];
	int chosen = parameter(request, "match[]", text, sizeof(text)) != NULL;
	if (!chosen && !label) {
		refuse(call, 400, "bad_data", "no match[] parameter provided");
		return;
	}
	if (chosen && asking_begin(&asking, monitor, call, request, "match[]") < 0) {
		asking_end(&asking);
		return;
	}
	if (chosen && promql_selector(asking.query, &matchers) < 0) {
		refuse(call, 400, "bad_data", "invalid parameter \"match[]\": expected a series selector");
		asking_end(&asking);
		return;
	}
	map_init(&listing.seen);
	vec_init(&listing.keys);
	monitor_find(monitor, matchers, listing_found, &listing);
	qsort(listing.keys.items, listing.keys.len, sizeof(void *), text_order);
	buf_init(&out, SIM_BODY_MAX);
	buf_must(buf_add_string(&out, "{\"status\":\"success\",\"data\":["));
	for (size_t i = 0; i < listing.keys.len; i++) {
		if (i)
			buf_must(buf_add(&out, ",", 1));
		if (label)
			json_text_write(&out, listing.keys.items[i]);
		else
			buf_must(buf_add_string(&out, listing.keys.items[i]));
		free(listing.keys.items[i]);
	}
	buf_must(buf_add(&out, "]", 1));
	data_reply(call, &out);
	buf_release(&out);
	map_release(&listing.seen);
	vec_release(&listing.keys);
	if (chosen)
		asking_end(&asking);
}

static void answer_prometheus(struct monitor *monitor, struct server_call *call, const struct server_request *request,
                              const char *path)
{
	struct buf out;
	char label[128];
	buf_init(&out, SIM_BODY_MAX);
	if (strcmp(path, "/api/v1/query") == 0)
		answer_query(monitor, call, request);
	else if (strcmp(path, "/api/v1/query_range") == 0)
		answer_range(monitor, call, request);
	else if (strcmp(path, "/api/v1/series") == 0)
		answer_series(monitor, call, request, NULL);
	else if (strcmp(path, "/api/v1/labels") == 0)
		answer_series(monitor, call, request, "");
	else if (sscanf(path, "/api/v1/label/%127[^/]/values", label) == 1)
		answer_series(monitor, call, request, label);
	else if (strcmp(path, "/api/v1/rules") == 0 || strcmp(path, "/api/v1/alerts") == 0) {
		buf_must(buf_add_string(&out, "{\"status\":\"success\",\"data\":"));
		if (strcmp(path, "/api/v1/rules") == 0)
			alerts_rules_write(monitor, &out);
		else
			alerts_write(monitor, &out);
		data_reply(call, &out);
	} else if (strcmp(path, "/api/v1/status/buildinfo") == 0) {
		buf_must(buf_add_string(&out, "{\"status\":\"success\",\"data\":{\"version\":\"3.5.0\",\"revision\":\"demo\",\"branch\":"
		                              "\"HEAD\",\"goVersion\":\"none\"}"));
		data_reply(call, &out);
	} else if (strcmp(path, "/-/healthy") == 0 || strcmp(path, "/-/ready") == 0) {
		call_reply(call, 200, "text/plain; charset=utf-8", NULL, "Prometheus Server is Ready.\n", 28);
	} else {
		call_reply(call, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n", 19);
	}
	buf_release(&out);
}

int monitor_answer(struct monitor *monitor, struct server_call *call, const struct server_request *request,
                   const char *service, const char *path)
{
	if (strcmp(service, "prometheus") == 0)
		answer_prometheus(monitor, call, request, path);
	else if (strcmp(service, "alertmanager") == 0)
		alerts_answer(monitor, call, request, path);
	else
		return 0;
	return 1;
}

/* Weighs the verdicts by how many ready pods run what they are on. */
static void weigh(struct monitor *monitor, size_t index, const cJSON *workload)
{
	const struct plan_service *service = &monitor->traffic->plan->services[index];
	const struct clock *clock = monitor->stage->api->options.clock;
	char prefix[2 * SIM_NAME];
	double all = 0, errors = 0, slower = 0;
	struct vec sets;
	snprintf(prefix, sizeof(prefix), "%s/%s-", service->namespace, service->name);
	stage_owned(monitor->stage, "replicasets", prefix, json_string(workload, "metadata/uid"), &sets);
	for (size_t i = 0; i < sets.len; i++) {
		const char *image = json_string(cJSON_GetArrayItem(json_at(sets.items[i], "spec/template/spec/containers"), 0), "image");
		double ready = (double)json_int(sets.items[i], "status/readyReplicas", 0);
		const struct verdict *verdict = stage_verdict(monitor->stage, service->name, image_tag(image));
		all += ready;
		errors += ready * (verdict ? verdict->errors : 0);
		slower += ready * (verdict && verdict->slower > 0 ? verdict->slower : 1);
		cJSON_Delete(sets.items[i]);
	}
	vec_release(&sets);
	traffic_incident(monitor->traffic, monitor->stage->number, index, clock->wall(clock), all > 0 ? errors / all : 0,
	                 all > 0 ? slower / all : 1);
}

static cJSON *canary_of(const struct monitor *monitor, const struct doc *doc, const char *name)
{
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), doc->namespace, name);
	return stage_get(monitor->stage, "canaries", key);
}

static void weigh_canary(struct monitor *monitor, size_t index, const cJSON *target, int weight)
{
	const struct clock *clock = monitor->stage->api->options.clock;
	const char *image = json_string(cJSON_GetArrayItem(json_at(target, "spec/template/spec/containers"), 0), "image");
	const struct verdict *verdict = stage_verdict(monitor->stage, monitor->traffic->plan->services[index].name, image_tag(image));
	double share = weight / 100.0;
	traffic_incident(monitor->traffic, monitor->stage->number, index, clock->wall(clock), verdict ? share * verdict->errors : 0,
	                 verdict && verdict->slower > 0 ? 1 + share * (verdict->slower - 1) : 1);
}

static int has_verdict(const struct monitor *monitor, const char *service)
{
	for (size_t i = 0; monitor->stage->verdicts && i < monitor->stage->verdicts->len; i++)
		if (strcmp(((const struct verdict *)monitor->stage->verdicts->items[i])->service, service) == 0)
			return 1;
	return 0;
}

void monitor_follow(struct monitor *monitor, const struct table *table, const struct doc *doc)
{
	const char *plural = table->def.plural;
	if (strcmp(plural, "canaries") == 0) { /* its weight is what changed: its target is looked at */
		struct doc *target = table_get(stage_table(monitor->stage, "deployments"), doc->key);
		if (target)
			monitor_follow(monitor, stage_table(monitor->stage, "deployments"), target);
		return;
	}
	if (strcmp(plural, "deployments") != 0 && strcmp(plural, "statefulsets") != 0 && strcmp(plural, "rollouts") != 0)
		return;
	char name[SIM_NAME];
	size_t len = strlen(doc->name);
	int is_primary = len > 8 && strcmp(doc->name + len - 8, "-primary") == 0;
	snprintf(name, sizeof(name), "%.*s", (int)(len - (is_primary ? 8 : 0)), doc->name);
	const struct plan_service *service = plan_find(monitor->traffic->plan, doc->namespace, name);
	if (!service)
		return;
	size_t index = (size_t)(service - monitor->traffic->plan->services);
	struct service_traffic *traffic = &monitor->traffic->services[monitor->stage->number][index];
	cJSON *workload = doc_json(doc), *canary = service->extra == PLAN_CANARY || is_primary ? canary_of(monitor, doc, name) : NULL;
	int ready = (int)json_int(workload, "status/readyReplicas", 0);
	/* Of a canary its share of the traffic counts, not that of the pods. */
	if (is_primary || !canary)
		traffic->pods = ready;
	if (has_verdict(monitor, service->name) && canary && !is_primary)
		weigh_canary(monitor, index, workload, (int)json_int(canary, "status/canaryWeight", 0));
	else if (has_verdict(monitor, service->name) && !canary)
		weigh(monitor, index, workload);
	cJSON_Delete(canary);
	cJSON_Delete(workload);
}

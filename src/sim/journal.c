/* SPDX-License-Identifier: MIT */
/*
 * Logs of containers, written when they are read. Time is cut into slots, of which each holds one line
 * at most; what it says hangs on the pod, the slot and what the traffic was then.
 */
#include "journal.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	KEPT_MS = 30 * 60 * 1000, /* older ones were rotated away */
	START_MS = 2400,          /* until it serves */
	UNREADY_MS = 10000,       /* between words about not being ready */
	LAST_MS = 20,             /* the last words come within that of the end */
	LINE_MAX_BYTES = 512,
};

/* One run of a container, and who writes. */
struct writer {
	const struct journal *journal;
	const struct plan_service *service;
	size_t index;                    /* of the service in the plan */
	const struct verdict *verdict;   /* of the release; NULL: an ordinary one */
	const char *tag, *reason;        /* why it ended; NULL: it runs */
	int64_t began, served, ended;    /* served: ready since; past `ended` when it never was */
	int64_t from, to;
	uint64_t seed;
	struct vec *lines;
};

__attribute__((format(printf, 3, 4)))
static void say(const struct writer *writer, int64_t at, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;
	if (at <= writer->from || at > writer->to)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line_add(writer->lines, at, text);
}

static void say_start(const struct writer *writer)
{
	const char *name = writer->service->name;
	say(writer, writer->began + 1, "level=info msg=\"starting\" service=%s version=%s", name, writer->tag);
	say(writer, writer->began + 140, "level=info msg=\"configuration read\" file=/etc/%s/config.yaml settings=%d", name,
	    writer->service->settings);
	say(writer, writer->began + 420, "level=info msg=\"connected\" to=%s-db:5432 pool=8", writer->service->namespace);
	if (!writer->reason || strcmp(writer->reason, "Error") != 0)
		say(writer, writer->began + 900, "level=info msg=\"listening\" addr=:8080 metrics=:9090");
}

static void say_unready(const struct writer *writer)
{
	int64_t end = writer->served < writer->ended ? writer->served : writer->ended;
	for (int64_t at = writer->began + UNREADY_MS; at < end && at <= writer->to; at += UNREADY_MS)
		say(writer, at, "level=warn msg=\"not ready\" probe=/healthz status=503 waited=%" PRId64 "s error=\"dial tcp "
		    "%s-cache:6379: connect: connection refused\"", (at - writer->began) / 1000, writer->service->namespace);
}

/* A crash before anything was served, as a runtime reports it. */
static void say_last(const struct writer *writer)
{
	static const char *const members[] = {"pool", "currency", "discount", "tenant", "retries"};
	const char *member = members[writer->service->number % 5];
	int line = 40 + writer->service->number % 160;
	int64_t at = writer->ended + 1;
	if (!writer->reason || strcmp(writer->reason, "Error") != 0)
		return;
	say(writer, at, "level=error msg=\"cannot start\" version=%s error=\"migration 0042_%s: relation \\\"%s\\\" does not "
	    "exist\"", writer->tag, member, writer->service->namespace);
	say(writer, at + 1, "/app/dist/store.js:%d", line);
	say(writer, at + 2, "TypeError: Cannot read properties of undefined (reading '%s')", member);
	say(writer, at + 3, "    at Store.migrate (/app/dist/store.js:%d:31)", line);
	say(writer, at + 4, "    at async Service.start (/app/dist/service.js:%d:5)", line / 2 + 11);
	say(writer, at + 5, "    at async main (/app/dist/main.js:64:3)");
}

/* How long one of the answers of that moment took, in milliseconds. */
static double took_ms(double median, uint64_t bits)
{
	double sum = 0;
	for (uint64_t i = 0; i < 6; i++)
		sum += mix_fraction(bits + i);
	double deviation = (sum - 3) * M_SQRT2; /* of nearly a normal distribution */
	return 1000 * median * exp(0.45 * deviation) * (mix_fraction(bits + 9) < 0.02 ? 4 : 1);
}

static double error_share(const struct writer *writer, int64_t at)
{
	int cluster = writer->journal->stage->number;
	double load = traffic_load(writer->journal->traffic, cluster, writer->index, at);
	double errors = writer->service->errors + (writer->verdict ? writer->verdict->errors : 0);
	return load > 1 ? errors + 1 - 1 / load : errors;
}

static void say_failure(const struct writer *writer, int64_t at, const char *path, double took, uint64_t bits)
{
	const char *namespace = writer->service->namespace;
	if (writer->verdict && writer->verdict->errors > 0) {
		say(writer, at, "level=error msg=\"request failed\" method=POST path=%s status=500 duration=%.0fms trace=%016" PRIx64
		    " error=\"TypeError: Cannot read properties of undefined (reading 'discount')\"", path, took, bits);
		say(writer, at + 1, "    at priceOf (/app/dist/basket.js:88:17)");
		say(writer, at + 2, "    at async handle (/app/dist/routes.js:41:20)");
	} else if (bits % 2) {
		say(writer, at, "level=error msg=\"request failed\" method=GET path=%s status=504 duration=2000ms trace=%016" PRIx64
		    " error=\"%s-db: context deadline exceeded\"", path, bits, namespace);
	} else {
		say(writer, at, "level=error msg=\"request failed\" method=GET path=%s status=502 duration=%.0fms trace=%016" PRIx64
		    " error=\"%s-cache: connection reset by peer\"", path, took, bits, namespace);
	}
}

static void say_request(const struct writer *writer, int64_t at, uint64_t bits)
{
	static const char *const methods[] = {"GET", "GET", "GET", "POST", "PUT"};
	const char *role = writer->service->role, *namespace = writer->service->namespace;
	int cluster = writer->journal->stage->number, bytes = 200 + (int)(bits >> 9 & 0xfff);
	double median = traffic_median(writer->journal->traffic, cluster, writer->index, at);
	double took = took_ms(median, bits);
	char path[96];
	snprintf(path, sizeof(path), "/v1/%s/%u", namespace, 10000 + (unsigned)(bits >> 20 & 0xffff));
	if (mix_fraction(bits + 11) < error_share(writer, at))
		say_failure(writer, at, path, took, bits);
	else if (strcmp(role, "worker") == 0 || strcmp(role, "stream") == 0)
		say(writer, at, "level=info msg=\"message handled\" topic=%s partition=%u offset=%" PRId64 " duration=%.1fms", namespace,
		    (unsigned)(bits % 12), at / 97, took);
	else if (strcmp(role, "cron") == 0 || strcmp(role, "sync") == 0)
		say(writer, at, "level=info msg=\"batch done\" job=%s-%s items=%d duration=%.0fms", namespace, role, bytes, took);
	else if (took > 4000 * median)
		say(writer, at, "level=warn msg=\"slow request\" method=%s path=%s status=200 duration=%.0fms trace=%016" PRIx64,
		    methods[bits % 5], path, took, bits);
	else
		say(writer, at, "level=info msg=\"request\" method=%s path=%s status=%d duration=%.*fms bytes=%d trace=%016" PRIx64,
		    methods[bits % 5], path, bits % 5 == 3 ? 201 : 200, took < 10 ? 1 : 0, took, bytes, bits);
}

/* Its pace follows from the service: a busy one writes a line a second, a quiet one every few. */
static void say_work(const struct writer *writer)
{
	int64_t slot = writer->journal->stage->number == 2 ? 6000 : 900 + (int64_t)(mix(writer->seed >> 7) % 1800);
	int64_t from = writer->from > writer->served ? writer->from : writer->served;
	int64_t to = writer->to < writer->ended ? writer->to : writer->ended;
	int oom = writer->reason && strcmp(writer->reason, "OOMKilled") == 0;
	for (int64_t i = from / slot; i <= to / slot; i++) {
		uint64_t bits = mix(writer->seed ^ (uint64_t)i);
		int64_t at = i * slot + (int64_t)(bits % (uint64_t)(slot - 4));
		if (at <= from || at > to)
			continue;
		if (oom && writer->ended - at < 12000)
			say(writer, at, "level=warn msg=\"heap is nearly full\" used=%dMi limit=512Mi gc=%.0fms",
			    508 - (int)((writer->ended - at) / 400), took_ms(0.4, bits));
		else
			say_request(writer, at, bits);
	}
}

static int64_t time_at(const cJSON *object, const char *path)
{
	int64_t ms = 0;
	const char *text = json_string(object, path);
	return text && stamp_parse(text, &ms) == 0 ? ms : 0;
}

/* When it began to be ready, of a run that goes on. */
static int64_t ready_since(const cJSON *pod)
{
	const cJSON *condition;
	cJSON_ArrayForEach(condition, json_at(pod, "status/conditions"))
	{
		const char *type = json_string(condition, "type"), *status = json_string(condition, "status");
		if (type && strcmp(type, "Ready") == 0)
			return status && strcmp(status, "True") == 0 ? time_at(condition, "lastTransitionTime") : INT64_MAX;
	}
	return INT64_MAX;
}

/* Finds the run; -1 when there is none. A container that waits to be started again shows its last one. */
static int run_find(struct writer *writer, const cJSON *pod, int previous)
{
	const cJSON *container = cJSON_GetArrayItem(json_at(pod, "status/containerStatuses"), 0);
	const cJSON *running = json_at(container, "state/running"), *ended = json_at(container, "state/terminated");
	if (previous || (!running && !ended))
		ended = json_at(container, "lastState/terminated");
	writer->ended = INT64_MAX;
	if (running && !previous) {
		writer->began = time_at(running, "startedAt");
		writer->served = ready_since(pod);
	} else if (ended) {
		writer->began = time_at(ended, "startedAt");
		writer->ended = time_at(ended, "finishedAt");
		writer->reason = json_string(ended, "reason");
		writer->served = writer->reason && strcmp(writer->reason, "OOMKilled") == 0 ? 0 : INT64_MAX;
	} else {
		return -1;
	}
	if (writer->served < writer->began + START_MS)
		writer->served = writer->began + START_MS;
	return writer->reason ? 0 : 1;
}

static const struct plan_service *service_of(const struct plan *plan, const cJSON *pod)
{
	const char *namespace = json_string(pod, "metadata/namespace");
	const char *label = text_of(json_at(pod, "metadata/labels"), "app.kubernetes.io/name");
	char name[PLAN_NAME];
	if (!namespace || !label)
		return NULL;
	size_t len = strlen(label), tail = strlen("-primary"); /* what Flagger runs is the same service */
	if (len > tail && strcmp(label + len - tail, "-primary") == 0)
		len -= tail;
	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : 0), label);
	return plan_find(plan, namespace, name);
}

int journal_tell(const struct journal *journal, const cJSON *pod, int previous, int64_t from_ms, int64_t to_ms,
                 struct vec *lines)
{
	const struct plan *plan = journal->stage->plan;
	struct writer writer = {.journal = journal, .service = service_of(plan, pod), .lines = lines, .to = to_ms};
	const char *uid = json_string(pod, "metadata/uid");
	const char *image = json_string(cJSON_GetArrayItem(json_at(pod, "spec/containers"), 0), "image");
	int goes_on = run_find(&writer, pod, previous);
	if (goes_on < 0 || !writer.service)
		return goes_on;
	writer.tag = image_tag(image ? image : "");
	writer.index = (size_t)(writer.service - plan->services);
	writer.verdict = stage_verdict(journal->stage, writer.service->name, writer.tag);
	for (const char *at = uid ? uid : ""; *at; at++)
		writer.seed = mix(writer.seed + (unsigned char)*at);
	int64_t newest = writer.ended < to_ms ? writer.ended : to_ms;
	writer.from = from_ms > newest - KEPT_MS ? from_ms : newest - KEPT_MS;
	if (writer.ended < to_ms - LAST_MS)
		writer.to = writer.ended + LAST_MS;
	say_start(&writer);
	say_unready(&writer);
	say_work(&writer);
	say_last(&writer);
	return goes_on;
}

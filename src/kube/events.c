/* SPDX-License-Identifier: MIT */
/*
 * A watch from resourceVersion "" first says what is there and then what comes, in one request.
 * When it ends, it starts again from the beginning: entries replace themselves by their uid.
 */
#include "kube/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "kube/decode.h"
#include "kube/scan.h"
#include "kube/source.h"
#include "net/backoff.h"

enum { ARENA_MAX = 4 << 20 };

struct events {
	struct source *source;
	struct events_options options;
	char *namespace;
	struct client_call *call;
	struct scan_filter *filter;
	struct scan *scan;
	struct arena *arena;
	struct timer *retry;
	struct backoff backoff;
	char trouble[240];
};

static void events_open(void *arg);

static void events_put(struct events *events, const cJSON *json)
{
	struct eventlog_entry entry = {0};
	char about_kind[64], about_name[96], uid[64];
	const char *type = json_string(json, "type");
	decode_text(about_kind, sizeof(about_kind), json_string(json, "involvedObject/kind"));
	decode_text(about_name, sizeof(about_name), json_string(json, "involvedObject/name"));
	decode_text(uid, sizeof(uid), json_string(json, "involvedObject/uid"));
	if (!events->options.wanted(events->options.arg, about_kind, about_name, uid))
		return;
	decode_text(entry.uid, sizeof(entry.uid), json_string(json, "metadata/uid"));
	snprintf(entry.about, sizeof(entry.about), "%s/%s", about_kind, about_name);
	decode_text(entry.reason, sizeof(entry.reason), json_string(json, "reason"));
	decode_text(entry.message, sizeof(entry.message), json_string(json, "message"));
	entry.last_ms = decode_event_time(json);
	entry.count = decode_count(json, "series/count", decode_count(json, "count", 1));
	entry.warning = type && strcmp(type, "Warning") == 0;
	eventlog_put(events->options.log, &entry);
}

static int events_object(void *arg, const char *type, const char *bytes, size_t len)
{
	struct events *events = arg;
	cJSON *json = json_parse(events->arena, bytes, len, NULL);
	int stop = strcmp(type, "ERROR") == 0;
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		events_put(events, json);
	else if (strcmp(type, "DELETED") == 0 && json_string(json, "metadata/uid"))
		eventlog_remove(events->options.log, json_string(json, "metadata/uid"));
	arena_reset(events->arena);
	return stop;
}

static int events_body(void *arg, const char *bytes, size_t len)
{
	struct events *events = arg;
	struct err err = {0};
	int result = scan_feed(events->scan, bytes, len, &err);
	if (result < 0)
		snprintf(events->trouble, sizeof(events->trouble), "%s", err.text);
	else
		events->trouble[0] = '\0';
	events->options.changed(events->options.arg);
	return result != 0;
}

static void events_done(void *arg, const struct client_result *result)
{
	struct events *events = arg;
	events->call = NULL;
	if (result->error[0])
		snprintf(events->trouble, sizeof(events->trouble), "%s", result->error);
	events->options.changed(events->options.arg);
	timer_start(events->retry, backoff_step(&events->backoff, loop_now(source_loop(events->source)), random_fraction()));
}

static void events_open(void *arg)
{
	struct events *events = arg;
	const struct scan_events scan_events = {.object = events_object, .arg = events};
	char path[640];
	scan_free(events->scan);
	events->scan = scan_new(SCAN_WATCH, events->filter, &scan_events);
	kind_path(kind_of(OBJECT_EVENT), NULL, events->namespace, NULL, path, sizeof(path) - 64);
	strcat(path, "?watch=true&resourceVersion=&timeoutSeconds=600");
	const struct client_request request = {
		.path = path, .patience = HTTP_STREAM, .on_body = events_body, .on_done = events_done, .arg = events,
	};
	events->call = client_send(source_client(events->source), &request);
}

struct events *events_follow(struct source *source, const struct events_options *options)
{
	struct events *events = mem_new(sizeof(*events));
	events->source = source;
	events->options = *options;
	events->namespace = mem_copy_string(options->namespace);
	events->filter = scan_filter_new(kind_of(OBJECT_EVENT)->fields);
	events->arena = arena_new(ARENA_MAX);
	events->retry = timer_new(source_loop(source), events_open, events);
	backoff_init(&events->backoff);
	events_open(events);
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	client_cancel(events->call);
	timer_free(events->retry);
	scan_free(events->scan);
	scan_filter_free(events->filter);
	arena_free(events->arena);
	free(events->namespace);
	free(events);
}

const char *events_trouble(const struct events *events)
{
	return events->trouble;
}

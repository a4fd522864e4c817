/* SPDX-License-Identifier: MIT */
/*
 * What arrives on a page or a stream: bytes go through the scanner, objects through the kind's
 * decoder into the model. An object that cannot be read is counted and left out; the others go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/decode.h"
#include "kube/wire_decode.h"
#include "model/writer.h"
#include "watch_state.h"

static const char initial_events_end[] = "k8s.io/initial-events-end";

static void feed_unreadable(struct watch *watch, const struct err *why)
{
	watch->unreadable++;
	log_line(watch->context.log, "%s: %s left out: %s", watch->context.cluster->name, kind_names(watch->kind)->word, why->text);
}

static void feed_put(struct watch *watch, const cJSON *json)
{
	struct err err = {0};
	struct object *object = watch->kind->decode(&watch->context.decode, json, &err);
	if (!object) {
		feed_unreadable(watch, &err);
		return;
	}
	cluster_put(watch->context.cluster, object);
	watch->wrote = 1;
}

static void feed_remove(struct watch *watch, const cJSON *json)
{
	struct err err = {0};
	struct object *object = watch->kind->decode(&watch->context.decode, json, &err);
	if (!object) {
		feed_unreadable(watch, &err);
		return;
	}
	cluster_remove(watch->context.cluster, watch->kind->object, object->key);
	object_discard(watch->context.cluster->fleet, object);
	watch->wrote = 1;
}

static void feed_advance(struct watch *watch, const cJSON *json)
{
	const char *version = json_string(json, "metadata/resourceVersion");
	if (version && *version && strlen(version) < sizeof(watch->version))
		snprintf(watch->version, sizeof(watch->version), "%s", version);
}

static void feed_error(struct watch *watch, const cJSON *status)
{
	watch->error.set = 1;
	watch->error.code = (int)json_int(status, "code", 500);
	watch->error.retry_after = (double)json_int(status, "details/retryAfterSeconds", -1);
	decode_text(watch->error.reason, sizeof(watch->error.reason), json_string(status, "reason"));
	decode_text(watch->error.message, sizeof(watch->error.message), json_string(status, "message"));
}

static int feed_event(struct watch *watch, const char *type, const cJSON *json)
{
	if (strcmp(type, "ERROR") == 0) {
		feed_error(watch, json);
		return 1;
	}
	watch->events++;
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		feed_put(watch, json);
	else if (strcmp(type, "DELETED") == 0)
		feed_remove(watch, json);
	else if (strcmp(type, "BOOKMARK") != 0)
		return 0;
	/* Initial events come in no order: their versions are not a place to go on from. */
	if (watch->synced || strcmp(type, "BOOKMARK") == 0)
		feed_advance(watch, json);
	if (watch->synced || strcmp(type, "BOOKMARK") != 0)
		return 0;
	if (json_get(json_at(json, "metadata/annotations"), initial_events_end)) {
		watch_synced(watch);
		return 0;
	}
	/* A server that is past the initial events and did not say so does not know WatchList. */
	watch->error = (struct stream_error){.set = 1, .code = 422, .retry_after = -1};
	return 1;
}

static int feed_object(void *arg, const char *type, const char *bytes, size_t len)
{
	struct watch *watch = arg;
	struct err err = {0};
	int stop = 0;
	cJSON *json = json_parse(watch->arena, bytes, len, &err);
	if (!json)
		feed_unreadable(watch, &err);
	else if (watch->phase == WATCH_LISTING)
		feed_put(watch, json);
	else
		stop = feed_event(watch, type, json);
	arena_reset(watch->arena);
	return stop;
}

static void take_list_metadata(struct watch *watch, const cJSON *json)
{
	const char *version = json_string(json, "resourceVersion"), *next = json_string(json, "continue");
	watch->page_version_seen = version && *version && strlen(version) < sizeof(watch->page_version);
	/* Later pages are of the first one's snapshot; where they are not, the oldest is the safe one. */
	if (watch->page_version_seen && !watch->page_version[0])
		snprintf(watch->page_version, sizeof(watch->page_version), "%s", version);
	free(watch->page_next);
	watch->page_next = next && *next ? mem_copy_string(next) : NULL;
	watch->context.cluster->kinds[watch->kind->object].remaining = json_int(json, "remainingItemCount", -1);
	arena_reset(watch->arena);
}

static void feed_list_metadata(void *arg, const char *bytes, size_t len)
{
	struct watch *watch = arg;
	take_list_metadata(watch, json_parse(watch->arena, bytes, len, NULL));
}

/* Of protobuf nothing is left out: a message that does not fit its table makes the whole doubtful. */
static int feed_wire_object(void *arg, const char *bytes, size_t len)
{
	struct watch *watch = arg;
	cJSON *json = wire_decode(watch->arena, watch->kind->wire, bytes, len, &watch->scan_error);
	watch->scan_failed |= !json;
	if (json)
		feed_put(watch, json);
	arena_reset(watch->arena);
	return !json;
}

static int feed_wire_metadata(void *arg, const char *bytes, size_t len)
{
	struct watch *watch = arg;
	cJSON *json = wire_decode(watch->arena, &wire_list_metadata, bytes, len, &watch->scan_error);
	watch->scan_failed |= !json;
	take_list_metadata(watch, json);
	return !json;
}

void feed_begin(struct watch *watch, enum scan_form form)
{
	const struct scan_events events = {.object = feed_object, .list_metadata = feed_list_metadata, .arg = watch};
	feed_end(watch);
	watch->scan = scan_new(form, watch->filter, &events);
	watch->error = (struct stream_error){0};
	watch->scan_failed = 0;
	watch->events = 0;
	watch->head = 0;
	watch->begun = 0;
}

/* What was asked for as protobuf may still be answered as JSON; the first byte tells. */
static int feed_bytes(struct watch *watch, const char *bytes, size_t len)
{
	const struct wire_events events = {feed_wire_object, feed_wire_metadata, watch};
	if (!watch->begun && watch_wants_wire(watch) && wire_starts(bytes[0]))
		watch->wire = wire_new(&events);
	watch->begun = 1;
	return watch->wire ? wire_feed(watch->wire, bytes, len, &watch->scan_error)
	                   : scan_feed(watch->scan, bytes, len, &watch->scan_error);
}

int feed_body(struct watch *watch, const char *bytes, size_t len)
{
	int result = len > 0 ? feed_bytes(watch, bytes, len) : 0;
	watch->scan_failed |= result < 0;
	/* The same page would be as doubtful again: from here on JSON. */
	watch->no_wire |= watch->wire && watch->scan_failed;
	cluster_heard(watch->context.cluster, watch->kind->object);
	if (watch->wrote && watch->context.changed)
		watch->context.changed(watch->context.arg);
	watch->wrote = 0;
	return result != 0;
}

int feed_finish(const struct watch *watch, struct err *err)
{
	return watch->wire ? wire_finish(watch->wire, err) : scan_finish(watch->scan, err);
}

void feed_end(struct watch *watch)
{
	scan_free(watch->scan);
	wire_free(watch->wire);
	watch->scan = NULL;
	watch->wire = NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * A watch of one name without a resourceVersion says what is there and then what comes. It says
 * nothing while there is no such object, so the object is read once beside it. Both lead to the same
 * callback; a resourceVersion that was told already is not told again.
 */
#include "kube/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "kube/scan.h"
#include "net/backoff.h"

static const double READ_AGAIN = 2; /* seconds, where there is no watch */

struct follow {
	struct follow_options options;
	struct client_call *watching, *reading;
	struct scan_filter *filter;
	struct scan *scan;
	struct timer *again;
	struct backoff backoff;
	char version[64]; /* told last */
	int no_watch, told;
	int *gone;        /* set when it is freed within a callback of its own */
	struct vec news;  /* cJSON *, or NULL for its end: seen in the bytes that just came */
};

static const char *const fields[] = {"apiVersion", "kind", "metadata", "spec", "status", NULL};

static void follow_begin(void *arg);

/* Returns whether the follow is gone. */
static int follow_tell(struct follow *follow, const cJSON *object)
{
	const char *version = json_string(object, "metadata/resourceVersion");
	int gone = 0;

	if (!version)
		version = "";
	if (follow->told && strcmp(follow->version, version) == 0)
		return 0;
	follow->told = 1;
	snprintf(follow->version, sizeof(follow->version), "%s", version);
	follow->gone = &gone;
	follow->options.seen(follow->options.arg, object);
	if (!gone)
		follow->gone = NULL;
	return gone;
}

static int follow_say(struct follow *follow, const char *words)
{
	int gone = 0;

	if (!follow->options.trouble)
		return 0;
	follow->gone = &gone;
	follow->options.trouble(follow->options.arg, words);
	if (!gone)
		follow->gone = NULL;
	return gone;
}

static void read_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct follow *follow = arg;

	follow->reading = NULL;
	if (result->status == 404) {
		if (follow_tell(follow, NULL))
			return;
	} else if (result->error[0]) {
		if (follow_say(follow, result->error))
			return;
	} else {
		cJSON *json = json_parse_heap(body, len, NULL);
		int gone = json && follow_tell(follow, json);
		cJSON_Delete(json);
		if (gone)
			return;
	}
	if (follow->no_watch && !timer_is_running(follow->again))
		timer_start(follow->again, READ_AGAIN);
}

static void follow_read(struct follow *follow)
{
	char path[1024];

	api_object_path(&follow->options.object, path, sizeof(path));
	client_cancel(follow->reading);
	follow->reading = client_get(follow->options.client, path, NULL, read_answered, follow);
}

/* Kept until the scanner has returned: who is told may free the follow, and the scanner with it. */
static int watch_object(void *arg, const char *type, const char *bytes, size_t len)
{
	struct follow *follow = arg;

	if (strcmp(type, "ERROR") == 0)
		return 1;
	if (strcmp(type, "DELETED") == 0)
		vec_push(&follow->news, NULL);
	else if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		vec_push(&follow->news, json_parse_heap(bytes, len, NULL));
	return 0;
}

static int watch_body(void *arg, const char *bytes, size_t len)
{
	struct follow *follow = arg;
	struct err err;
	int stop = scan_feed(follow->scan, bytes, len, &err) != 0;

	while (follow->news.len > 0) {
		cJSON *json = follow->news.items[0];
		vec_remove(&follow->news, 0);
		int gone = follow_tell(follow, json);
		cJSON_Delete(json);
		if (gone)
			return 1;
	}
	return stop;
}

static void watch_done(void *arg, const struct client_result *result)
{
	struct follow *follow = arg;

	follow->watching = NULL;
	if (result->status == 403 || result->status == 405)
		follow->no_watch = 1;
	timer_start(follow->again, backoff_step(&follow->backoff, loop_now(follow->options.loop), random_fraction()));
}

static void watch_begin(struct follow *follow)
{
	const struct scan_events events = {.object = watch_object, .arg = follow};
	struct api_object collection = follow->options.object;
	char path[1200];
	struct text text;

	collection.name = collection.subresource = NULL;
	api_object_path(&collection, path, sizeof(path));
	text = text_in(path + strlen(path), sizeof(path) - strlen(path));
	text_add(&text, "?watch=true&resourceVersion=&timeoutSeconds=600&fieldSelector=metadata.name%3D");
	text_add_escaped(&text, follow->options.object.name);
	scan_free(follow->scan);
	follow->scan = scan_new(SCAN_WATCH, follow->filter, &events);
	const struct client_request request = {
		.path = path, .patience = HTTP_STREAM, .on_body = watch_body, .on_done = watch_done, .arg = follow,
	};
	follow->watching = client_send(follow->options.client, &request);
}

static void follow_begin(void *arg)
{
	struct follow *follow = arg;

	if (!follow->no_watch)
		watch_begin(follow);
	follow_read(follow);
}

struct follow *follow_new(const struct follow_options *options)
{
	struct follow *follow = mem_new(sizeof(*follow));
	struct api_object *object = &follow->options.object;

	follow->options = *options;
	object->group = mem_copy_string(options->object.group ? options->object.group : "");
	object->version = mem_copy_string(options->object.version);
	object->plural = mem_copy_string(options->object.plural);
	object->namespace = mem_copy_string(options->object.namespace ? options->object.namespace : "");
	object->name = mem_copy_string(options->object.name);
	object->subresource = NULL;
	follow->filter = scan_filter_new(fields);
	follow->again = timer_new(options->loop, follow_begin, follow);
	backoff_init(&follow->backoff);
	vec_init(&follow->news);
	follow_begin(follow);
	return follow;
}

void follow_free(struct follow *follow)
{
	const struct api_object *object;

	if (!follow)
		return;
	if (follow->gone)
		*follow->gone = 1;
	object = &follow->options.object;
	client_cancel(follow->watching);
	client_cancel(follow->reading);
	timer_free(follow->again);
	scan_free(follow->scan);
	scan_filter_free(follow->filter);
	for (size_t i = 0; i < follow->news.len; i++)
		cJSON_Delete(follow->news.items[i]);
	vec_release(&follow->news);
	free((char *)(uintptr_t)object->group);
	free((char *)(uintptr_t)object->version);
	free((char *)(uintptr_t)object->plural);
	free((char *)(uintptr_t)object->namespace);
	free((char *)(uintptr_t)object->name);
	free(follow);
}

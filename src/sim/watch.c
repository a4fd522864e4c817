/* SPDX-License-Identifier: MIT */
/*
 * Watches: what was since the asked-for version, then each change as it happens. A watch whose
 * sender ended is only marked, and dropped when nobody walks the list of watches.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

struct watching {
	struct api *api;
	struct table *table;
	struct sender *sender; /* NULL: over */
	struct selector selector;
	char namespace[SIM_NAME];
	enum form form;
	int bookmarks;
	struct sim_fault fault; /* what becomes of its frames; kind FAULT_KINDS: nothing */
	struct timer *bookmark, *end;
};

static void watching_over(void *arg)
{
	struct watching *watching = arg;
	watching->sender = NULL;
	timer_stop(watching->bookmark);
	timer_stop(watching->end);
}

static void watching_free(struct watching *watching)
{
	timer_free(watching->bookmark);
	timer_free(watching->end);
	selector_release(&watching->selector);
	fault_release(&watching->fault);
	free(watching);
}

static void watches_drop_ended(struct api *api)
{
	for (size_t i = api->watches.len; i-- > 0;) {
		struct watching *watching = api->watches.items[i];
		if (watching->sender)
			continue;
		vec_remove(&api->watches, i);
		watching_free(watching);
	}
}

void watches_free(struct api *api)
{
	for (size_t i = 0; i < api->watches.len; i++)
		watching_free(api->watches.items[i]);
	vec_release(&api->watches);
}

/* Sends a frame, which is spoiled first when it shall be. */
static void watching_send(struct watching *watching, struct buf *frame)
{
	buf_must(buf_add(frame, "\n", 1));
	if (watching->fault.kind != FAULT_KINDS)
		fault_spoil(&watching->fault, frame);
	if (watching->fault.kind == FAULT_HUGE || watching->fault.kind == FAULT_DEEP)
		watching->fault.kind = FAULT_KINDS; /* the first object only */
	if (watching->sender)
		sender_write(watching->sender, buf_string(frame), frame->len);
	buf_release(frame);
}

static void watching_event(struct watching *watching, const char *type, const struct doc *doc)
{
	struct buf frame;
	buf_init(&frame, SIM_BODY_MAX);
	buf_must(buf_printf(&frame, "{\"type\":\"%s\",\"object\":", type));
	form_object(&frame, watching->table, doc, watching->form, 0);
	buf_must(buf_add(&frame, "}", 1));
	watching_send(watching, &frame);
}

static void watching_bookmark(struct watching *watching, int ends_initial)
{
	const struct api_resource *def = &watching->table->def;
	struct buf frame;
	buf_init(&frame, SIM_TEXT_MAX);
	if (watching->form == FORM_METADATA)
		buf_must(buf_printf(&frame, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"PartialObjectMetadata\","
		                            "\"apiVersion\":\"meta.k8s.io/v1\","));
	else
		buf_must(buf_printf(&frame, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\","
			"\"apiVersion\":\"%s%s%s\",", def->kind,
		                    def->group, def->group[0] ? "/" : "", def->version));
	buf_must(buf_printf(&frame, "\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\","
		"\"creationTimestamp\":null%s}}}",
	                    watching->api->version,
	                    ends_initial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : ""));
	watching_send(watching, &frame);
}

static void watching_bookmark_due(void *arg)
{
	struct watching *watching = arg;
	timer_start(watching->bookmark, watching->api->options.bookmark_seconds);
	watching_bookmark(watching, 0);
	watches_drop_ended(watching->api);
}

static void watching_end(struct watching *watching)
{
	struct sender *sender = watching->sender;
	watching_over(watching);
	if (sender)
		sender_end(sender);
}

static void watching_end_due(void *arg)
{
	struct watching *watching = arg;
	struct api *api = watching->api;
	watching_end(watching);
	watches_drop_ended(api);
}

static void watching_error(struct watching *watching, int code, const char *message)
{
	struct buf frame;
	buf_init(&frame, SIM_TEXT_MAX);
	buf_must(buf_printf(&frame, "{\"type\":\"ERROR\",\"object\":"));
	status_text(&frame, code, NULL, message, NULL);
	buf_must(buf_add(&frame, "}", 1));
	watching_send(watching, &frame);
	watching_end(watching);
}

static int watching_wants(const struct watching *watching, const struct doc *doc)
{
	return doc && (!watching->namespace[0] || strcmp(watching->namespace, doc->namespace) == 0) &&
	       selector_matches(&watching->selector, doc);
}

/* By its selector an object can come and go for a watch without being created or deleted. */
static void watching_tell(struct watching *watching, const struct change *change)
{
	int was = watching_wants(watching, change->before), is = watching_wants(watching, change->after);
	if (is)
		watching_event(watching, was ? "MODIFIED" : "ADDED", change->after);
	else if (was && change->last)
		watching_event(watching, "DELETED", change->last);
	else if (was) {
		struct doc *last = doc_at_version(change->before, change->version);
		watching_event(watching, "DELETED", last);
		doc_drop(last);
	}
}

void watches_tell(struct api *api, struct table *table, const struct change *change)
{
	for (size_t i = 0; i < api->watches.len; i++) {
		struct watching *watching = api->watches.items[i];
		if (watching->table == table && watching->sender)
			watching_tell(watching, change);
	}
	watches_drop_ended(api);
}

/* All that is there, in no order that a client could rely on. */
static void watching_send_all(struct watching *watching)
{
	const struct vec *docs = &watching->table->docs;
	for (size_t half = 0; half < 2; half++)
		for (size_t i = half; i < docs->len && watching->sender; i += 2)
			if (watching_wants(watching, docs->items[i]))
				watching_event(watching, "ADDED", docs->items[i]);
}

static void watching_replay(struct watching *watching, uint64_t version)
{
	const struct vec *changes = &watching->table->changes;
	for (size_t i = 0; i < changes->len && watching->sender; i++) {
		const struct change *change = changes->items[i];
		if (change->version > version)
			watching_tell(watching, change);
	}
}

static void watching_disturb(struct watching *watching, const struct sim_fault *fault)
{
	static const char part[] = "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"hal";
	switch (fault->kind) {
	case FAULT_END:
		watching_end(watching);
		break;
	case FAULT_ERROR_EVENT:
		watching_error(watching, (int)fault->number,
		               fault->text ? fault->text : fault->number == 410 ? "too old resource version: "
		               	"1 (2)" : "etcd has trouble");
		break;
	case FAULT_FRAME:
		sender_write(watching->sender, fault->text, strlen(fault->text));
		if (watching->sender)
			sender_write(watching->sender, "\n", 1);
		break;
	case FAULT_CUT:
	case FAULT_CUT_CHUNK:
		sender_write(watching->sender, part, sizeof(part) - 1);
		/* fall through */
	default:
		if (watching->sender)
			sender_disturb(watching->sender, fault);
	}
}

int api_disturb(struct api *api, const char *plural, const struct sim_fault *fault)
{
	int count = 0;
	for (size_t i = 0; i < api->watches.len; i++) {
		struct watching *watching = api->watches.items[i];
		if (!watching->sender || (plural && strcmp(watching->table->def.plural, plural) != 0))
			continue;
		watching_disturb(watching, fault);
		count++;
	}
	watches_drop_ended(api);
	return count;
}

int api_watches(const struct api *api, const char *plural)
{
	int count = 0;
	for (size_t i = 0; i < api->watches.len; i++) {
		const struct watching *watching = api->watches.items[i];
		count += watching->sender && (!plural || strcmp(watching->table->def.plural, plural) == 0);
	}
	return count;
}

int api_bookmark(struct api *api)
{
	int count = 0;
	for (size_t i = 0; i < api->watches.len; i++) {
		struct watching *watching = api->watches.items[i];
		if (!watching->sender || !watching->bookmarks)
			continue;
		watching_bookmark(watching, 0);
		count++;
	}
	watches_drop_ended(api);
	return count;
}

/* What a watch asks for. */
struct wish {
	uint64_t version;
	int initial, send_initial, bookmarks;
	long seconds;
};

static int wish_read(struct api *api, struct server_call *call, const struct server_request *request,
                     struct wish *wish)
{
	char version[64] = "", match[32] = "", text[32] = "", *end;
	const char *wrong = NULL;
	server_query(request, "resourceVersion", version, sizeof(version));
	server_query(request, "resourceVersionMatch", match, sizeof(match));
	wish->bookmarks =
	    server_query(request, "allowWatchBookmarks", text, sizeof(text)) && (*text == 't' || *text == '1');
	wish->send_initial =
	    server_query(request, "sendInitialEvents", text, sizeof(text)) && (*text == 't' || *text == '1');
	wish->seconds = server_query(request, "timeoutSeconds", text, sizeof(text)) ? strtol(text, NULL, 10) : 0;
	wish->version = strtoull(version, &end, 10);
	wish->initial = wish->send_initial || wish->version == 0;
	if (*end) {
		status_reply(api, call, 400, "BadRequest", "resourceVersion: Invalid value", NULL, NULL);
		return -1;
	}
	if (wish->send_initial && api->options.no_watch_list)
		wrong = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the "
		        "WatchList feature gate "
		        "is enabled";
	else if (wish->send_initial && strcmp(match, "NotOlderThan") != 0)
		wrong = "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch "
			"to NotOlderThan";
	else if (!wish->send_initial && match[0])
		wrong = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless "
		        "sendInitialEvents is "
		        "provided";
	if (!wrong)
		return 0;
	struct buf message;
	buf_init(&message, 1024);
	buf_must(buf_printf(&message, "ListOptions.meta.k8s.io \"\" is invalid: %s", wrong));
	status_reply(api, call, 422, "Invalid", buf_string(&message), NULL, NULL);
	buf_release(&message);
	return -1;
}

static struct watching *watching_new(struct api *api, const struct ask *ask, struct table *table,
                                     const struct wish *wish, struct err *err)
{
	char fields[512] = "", labels[512] = "";
	struct watching *watching = mem_new(sizeof(*watching));
	server_query(ask->request, "fieldSelector", fields, sizeof(fields));
	server_query(ask->request, "labelSelector", labels, sizeof(labels));
	if (selector_parse(&watching->selector, fields, labels, err) < 0) {
		free(watching);
		return NULL;
	}
	watching->api = api;
	watching->table = table;
	watching->form = form_of(ask->request, 0);
	watching->bookmarks = wish->bookmarks;
	snprintf(watching->namespace, sizeof(watching->namespace), "%s", ask->namespace);
	watching->fault.kind = FAULT_KINDS;
	if (ask->fault)
		fault_copy(&watching->fault, ask->fault);
	watching->bookmark = timer_new(api->loop, watching_bookmark_due, watching);
	watching->end = timer_new(api->loop, watching_end_due, watching);
	return watching;
}

/* From the head to the point from where changes are told as they come. */
static void watching_start(struct watching *watching, const struct wish *wish)
{
	struct api *api = watching->api;
	const struct sim_fault fault = watching->fault;
	sender_begin(watching->sender, 200, form_content_type(watching->form));
	if (!watching->sender)
		return;
	if (fault.kind == FAULT_END) {
		watching_end(watching);
		return;
	}
	if (!wish->initial && wish->version < watching->table->floor) {
		char message[96];
		snprintf(message, sizeof(message), "too old resource "
			"version: %" PRIu64 " (%" PRIu64 ")", wish->version,
		         watching->table->floor);
		watching_error(watching, 410, message);
		return;
	}
	if (wish->initial)
		watching_send_all(watching);
	else
		watching_replay(watching, wish->version);
	if (wish->send_initial && wish->bookmarks && watching->sender && fault.kind != FAULT_NO_BOOKMARK)
		watching_bookmark(watching, 1);
	if (watching->sender && (fault.kind == FAULT_ERROR_EVENT || fault.kind == FAULT_FRAME))
		watching_disturb(watching, &fault);
	if (!watching->sender)
		return;
	if (wish->bookmarks)
		timer_start(watching->bookmark, api->options.bookmark_seconds);
	if (wish->seconds > 0)
		timer_start(watching->end, (double)wish->seconds);
}

void answer_watch(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct wish wish = {0};
	struct err err = {0};
	if (wish_read(api, call, ask->request, &wish) < 0)
		return;
	if (!wish.initial && wish.version < table->floor && api->options.gone_as_status) {
		status_reply(api, call, 410, "Expired", "too old resource version", NULL, NULL);
		return;
	}
	struct watching *watching = watching_new(api, ask, table, &wish, &err);
	if (!watching) {
		status_reply(api, call, 400, "BadRequest", err.text, NULL, NULL);
		return;
	}
	watching->sender = sender_new(api, call, ask->fault, watching_over, watching);
	vec_push(&api->watches, watching);
	watching_start(watching, &wish);
	watches_drop_ended(api);
}

/* SPDX-License-Identifier: MIT */
/*
 * What happens next. After every end of a request exactly one of these is chosen:
 *
 *	the next page, the watch after the last page;
 *	the watch again from the last version (a clean end: the server's time-out);
 *	the watch again after a pause (connection lost, 5xx): the version is kept;
 *	a new list (410, a watch that ends at once without an event): what is shown stays until the
 *	list was read to its end, and only then what it did not have is removed;
 *	a slow retry (403, 404, 401): said in the model, looked at again later.
 *
 * Sources: the Kubernetes API concepts page on efficient detection of changes, and what client-go's
 * reflector does where that page is silent.
 */
#include "kube/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/writer.h"
#include "watch_state.h"

enum { ARENA_MAX = 32 << 20, PATH_MAX_BYTES = 16384 };

const struct watch_timing watch_timing_default = {
	.page = 500, .pause = 0.8, .pause_max = 30, .silence_stream = 10, .silence_watch = 180, .retry_denied = 60, .retry_absent = 300,
	.retry_after_max = 32, .quick_end = 1, .failing_relist = 60,
};
static const int BUSY_MAX = 10;

static void watch_list(struct watch *watch);
static void watch_open(struct watch *watch);

/* How long a stream may say nothing. */
static double watch_patience(const struct watch *watch)
{
	return watch->phase == WATCH_STREAMING ? watch->timing.silence_stream : watch->timing.silence_watch;
}

static struct kind_state *watch_model(const struct watch *watch)
{
	return &watch->context.cluster->kinds[watch->kind->object];
}

static void watch_say(struct watch *watch, enum sync sync, const char *error)
{
	cluster_set_sync(watch->context.cluster, watch->kind->object, sync, error);
	if (watch->context.changed)
		watch->context.changed(watch->context.arg);
}

/* Trouble of a kind that was complete once is staleness; before that it is a failure. */
static void watch_say_trouble(struct watch *watch, const char *error)
{
	watch_say(watch, watch_model(watch)->complete ? SYNC_STALE : SYNC_FAILED, error);
}

static void watch_well(struct watch *watch)
{
	int was_failing = watch->failing_ms != 0;
	char words[120] = "";
	watch->busy = 0;
	watch->failing_ms = 0;
	if (watch->scoped)
		snprintf(words, sizeof(words), "only namespace %s may be read", watch->context.namespace);
	else if (watch->unreadable)
		snprintf(words, sizeof(words), "%d of them could not be read, see --log-file", watch->unreadable);
	cluster_set_error(watch->context.cluster, 0, NULL);
	watch_say(watch, watch_model(watch)->complete ? SYNC_LIVE : SYNC_LISTING, words[0] ? words : NULL);
	if (was_failing)
		queue_hurry(watch->context.queue);
}

static void watch_cancel(struct watch *watch)
{
	if (watch->call)
		client_cancel(watch->call);
	watch->call = NULL;
	timer_stop(watch->silence);
	timer_stop(watch->retry);
	feed_end(watch);
	queue_release(watch->context.queue, watch);
}

static void watch_wait(struct watch *watch, enum watch_next next, double seconds)
{
	watch->phase = WATCH_WAITING;
	watch->next = next;
	timer_start(watch->retry, seconds);
}

static void watch_back_off(struct watch *watch, enum watch_next next)
{
	watch_wait(watch, next, backoff_step(&watch->backoff, loop_now(watch->context.loop), random_fraction()));
}

/* The version is of no use any more: read the list again, at it if the server can, else the newest. */
static void watch_expired(struct watch *watch, int at_once)
{
	watch->latest = watch->phase == WATCH_LISTING;
	if (at_once)
		watch_list(watch);
	else
		watch_back_off(watch, NEXT_LIST);
}

/* A continue token that is too old: once more from the start, then without pages. */
static void watch_page_expired(struct watch *watch)
{
	watch->expired_pages++;
	watch->whole = watch->expired_pages > 1;
	watch_back_off(watch, NEXT_LIST);
}

static void watch_busy(struct watch *watch, double retry_after, enum watch_next next)
{
	if (++watch->busy > BUSY_MAX) {
		watch->busy = 0;
		watch_say_trouble(watch, "the server is too busy (429), still after 10 tries; trying on slowly");
		watch_wait(watch, next, watch->timing.retry_denied * (1 + random_fraction()));
		return;
	}
	if (retry_after < 0) {
		watch_back_off(watch, next);
		return;
	}
	if (retry_after > watch->timing.retry_after_max)
		retry_after = watch->timing.retry_after_max;
	/* Those who were told the same do not come back together. */
	watch_wait(watch, next, retry_after + watch->timing.pause * random_fraction());
}

static void watch_denied(struct watch *watch, const char *words)
{
	if (watch->context.namespace && watch->kind->namespaced && !watch->scoped) {
		watch->scoped = 1;
		watch->phase = WATCH_IDLE;
		snprintf(watch->denied, sizeof(watch->denied), "%s", words);
		watch_list(watch);
		return;
	}
	/* The refusal for the whole cluster is the one to tell: the namespace was our own idea. */
	watch_say(watch, SYNC_DENIED, watch->scoped ? watch->denied : words);
	watch->scoped = 0;
	watch_wait(watch, NEXT_LIST, watch->timing.retry_denied * (1 + random_fraction()));
}

/* A definition that goes takes its objects with it, whether or not the watch lived to tell. */
static void watch_absent(struct watch *watch)
{
	enum object_kind kind = watch->kind->object;
	struct cluster *cluster = watch->context.cluster;
	if (watch_model(watch)->complete)
		cluster_sweep(cluster, kind, cluster_begin_list(cluster, kind));
	watch->version[0] = '\0';
	watch_say(watch, SYNC_ABSENT, "this server does not have the kind");
	if (!watch->context.absent) {
		watch_wait(watch, NEXT_LIST, watch->timing.retry_absent * (1 + random_fraction()));
		return;
	}
	watch->phase = WATCH_IDLE;
	queue_release(watch->context.queue, watch);
	watch->context.absent(watch->context.arg);
}

static int too_large(const char *words)
{
	return strstr(words, "Too large resource version") != NULL;
}

/* A request ended with a status that is no success, outside or inside of a stream. */
static void watch_refused(struct watch *watch, int status, const char *reason, const char *words, double retry_after)
{
	enum watch_next next = watch->phase == WATCH_OPEN && watch->synced ? NEXT_WATCH : NEXT_LIST;
	int listing = watch->phase == WATCH_LISTING;
	if (watch->phase == WATCH_STREAMING && (status == 400 || status == 422)) {
		watch->no_stream = 1;
		watch_list(watch);
	} else if (status == 406 && watch_wants_wire(watch)) {
		watch->no_wire = 1;
		watch_list(watch);
	} else if (status == 410 || strcmp(reason, "Expired") == 0 || strcmp(reason, "Gone") == 0) {
		if (listing && watch->page_next)
			watch_page_expired(watch);
		else
			watch_expired(watch, !listing);
	} else if (listing && too_large(words)) {
		watch_expired(watch, 0);
	} else if (status == 429) {
		watch_busy(watch, retry_after, next);
	} else if (status == 403) {
		watch_denied(watch, words);
	} else if (status == 404) {
		watch_absent(watch);
	} else {
		watch_say_trouble(watch, words);
		/* A watch that keeps failing may be at a version that will never work again. */
		int64_t now = loop_now(watch->context.loop);
		if (next == NEXT_WATCH && watch->failing_ms && (double)(now - watch->failing_ms) > 1000 * watch->timing.failing_relist)
			next = NEXT_LIST;
		if (!watch->failing_ms)
			watch->failing_ms = now;
		watch_back_off(watch, next);
	}
}

/* No answer, half an answer, or one that is not Kubernetes'. */
static void watch_lost(struct watch *watch, const char *words, int expired)
{
	/* After a frame that cannot be read, the same frame would come again: list instead. */
	enum watch_next next = watch->phase == WATCH_OPEN && watch->synced && !watch->scan_failed ? NEXT_WATCH : NEXT_LIST;
	if (!watch->failing_ms)
		watch->failing_ms = loop_now(watch->context.loop);
	log_line(watch->context.log, "%s: %s: %s", watch->context.cluster->name, kind_names(watch->kind)->plural, words);
	cluster_set_error(watch->context.cluster, expired, words);
	watch_say_trouble(watch, words);
	watch_back_off(watch, next);
}

static void page_done(struct watch *watch, struct err *err)
{
	struct cluster *cluster = watch->context.cluster;

	queue_open(watch->context.queue);
	if (feed_finish(watch, err) < 0 || !watch->page_version_seen) {
		watch_lost(watch, watch->page_version_seen ? err->text : "the list has no resourceVersion", 0);
		return;
	}
	if (watch->page_next) {
		watch_well(watch);
		watch_list(watch);
		return;
	}
	cluster_sweep(cluster, watch->kind->object, watch->epoch);
	watch_model(watch)->complete = 1;
	snprintf(watch->version, sizeof(watch->version), "%s", watch->page_version);
	watch->whole = watch->expired_pages = watch->latest = 0;
	watch_well(watch);
	queue_release(watch->context.queue, watch);
	watch_open(watch);
}

static void stream_done(struct watch *watch)
{
	int quick = (double)(loop_now(watch->context.loop) - watch->opened_ms) < 1000 * watch->timing.quick_end;
	if (watch->error.set)
		watch_refused(watch, watch->error.code, watch->error.reason, watch->error.message, watch->error.retry_after);
	else if (watch->phase == WATCH_STREAMING)
		watch_lost(watch, "the server ended the stream before its first objects were complete", 0);
	else if (quick) /* without an event, it can be how a stale version is refused */
		watch_back_off(watch, watch->events == 0 ? NEXT_LIST : NEXT_WATCH);
	else
		watch_open(watch);
}

static void watch_request_done(void *arg, const struct client_result *result)
{
	struct watch *watch = arg;
	struct err err = {0};
	watch->call = NULL;
	timer_stop(watch->silence);
	if (watch->phase == WATCH_PROBING) {
		/* Any answer means that the server is there and the old connection was not. */
		if (result->status)
			watch_open(watch);
		else
			watch->phase = WATCH_OPEN, watch_lost(watch, result->error, result->expired);
		return;
	}
	if (watch->phase == WATCH_LISTING && result->outcome == HTTP_DONE && result->status == 200)
		page_done(watch, &err);
	else if (watch->scan_failed)
		watch_lost(watch, watch->scan_error.text, 0);
	else if (watch->error.set || (result->outcome == HTTP_DONE && result->status == 200))
		stream_done(watch);
	else if (result->status >= 300 && !result->expired)
		watch_refused(watch, result->status, result->reason, result->error, result->retry_after);
	else
		watch_lost(watch, result->error, result->expired);
	if (watch->phase == WATCH_WAITING)
		queue_release(watch->context.queue, watch);
}

static void watch_head(void *arg, int status)
{
	struct watch *watch = arg;
	(void)status;
	watch->head = 1;
	if (watch->phase == WATCH_OPEN)
		watch_well(watch);
}

static int watch_body(void *arg, const char *bytes, size_t len)
{
	struct watch *watch = arg;
	int stop = feed_body(watch, bytes, len);
	if (watch->phase != WATCH_LISTING) /* which may have become another by what came */
		timer_start(watch->silence, watch_patience(watch));
	return stop;
}

void watch_synced(struct watch *watch)
{
	watch->synced = 1;
	watch->phase = WATCH_OPEN;
	cluster_sweep(watch->context.cluster, watch->kind->object, watch->epoch);
	watch_model(watch)->complete = 1;
	watch->latest = 0;
	watch_well(watch);
}

static void watch_send(struct watch *watch, const char *query, enum http_patience patience, const char *accept)
{
	char path[PATH_MAX_BYTES];
	size_t len;
	kind_path(watch->kind, watch->version_used, watch->scoped ? watch->context.namespace : NULL, NULL, path, sizeof(path));
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "?%s%s%s", query, watch->kind->selector ? "&" : "",
	         watch->kind->selector ? watch->kind->selector : "");
	const struct client_request request = {
		.path = path, .accept = accept, .patience = patience, .on_head = watch_head, .on_body = watch_body,
		.on_done = watch_request_done, .arg = watch,
	};
	watch->opened_ms = loop_now(watch->context.loop);
	watch->call = client_send(watch->context.client, &request);
}

int watch_wants_wire(const struct watch *watch)
{
	return watch->phase == WATCH_LISTING && watch->kind->wire && !watch->no_wire;
}

static const char *watch_accept(const struct watch *watch, int list)
{
	if (watch_wants_wire(watch))
		return "application/vnd.kubernetes.protobuf,application/json";
	if (!watch->kind->metadata_only)
		return NULL;
	return list ? "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
	            : "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
}

static void watch_send_page(struct watch *watch)
{
	char query[PATH_MAX_BYTES - 512];
	struct text text = text_in(query, sizeof(query));
	if (watch->whole)
		text_add(&text, "pretty=false");
	else
		text_printf(&text, "limit=%d", watch->timing.page);
	if (watch->page_next) {
		text_add(&text, "&continue=");
		text_add_escaped(&text, watch->page_next);
	} else if (watch->version[0] && !watch->latest) {
		text_add(&text, "&resourceVersionMatch=NotOlderThan&resourceVersion=");
		text_add_escaped(&text, watch->version);
	}
	watch->page_version_seen = 0;
	feed_begin(watch, SCAN_LIST);
	watch_send(watch, query, HTTP_LIST, watch_accept(watch, 1));
}

static void watch_send_stream(struct watch *watch, const char *version, const char *more)
{
	char query[512];
	struct text text = text_in(query, sizeof(query));
	text_printf(&text, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d%s&resourceVersion=",
	            300 + (int)(300 * random_fraction()), more);
	text_add_escaped(&text, version);
	feed_begin(watch, SCAN_WATCH);
	timer_start(watch->silence, watch_patience(watch));
	watch_send(watch, query, HTTP_STREAM, watch_accept(watch, 0));
}

/* It is our turn, or we need none: read from the start. */
void watch_turn(struct watch *watch)
{
	free(watch->page_next);
	watch->page_next = NULL;
	watch->page_version[0] = '\0';
	watch->unreadable = 0;
	watch->epoch = cluster_begin_list(watch->context.cluster, watch->kind->object);
	if (!watch_model(watch)->complete)
		watch_say(watch, SYNC_LISTING, NULL);
	if (watch->kind->reading == KIND_STREAMED && !watch->no_stream) {
		watch->phase = WATCH_STREAMING;
		watch->synced = 0;
		watch_send_stream(watch, "", "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
		return;
	}
	watch->phase = WATCH_LISTING;
	watch->synced = 1;
	watch_send_page(watch);
}

static void watch_list(struct watch *watch)
{
	if (watch->phase == WATCH_LISTING && watch->page_next) {
		watch_send_page(watch);
		return;
	}
	if (watch->kind->reading == KIND_STREAMED && !watch->no_stream) {
		watch_turn(watch);
		return;
	}
	queue_release(watch->context.queue, watch);
	watch->phase = WATCH_QUEUED;
	queue_ask(watch->context.queue, watch);
}

static void watch_open(struct watch *watch)
{
	watch->phase = WATCH_OPEN;
	watch_send_stream(watch, watch->version, "");
}

static void watch_retry(void *arg)
{
	struct watch *watch = arg;
	if (watch->next == NEXT_WATCH)
		watch_open(watch);
	else
		watch_list(watch);
}

static int probe_body(void *arg, const char *bytes, size_t len)
{
	(void)arg, (void)bytes, (void)len;
	return 0;
}

/* Nothing came for long: a stream that never became complete, or a peer that may be gone. */
static void watch_silent(void *arg)
{
	struct watch *watch = arg;
	client_cancel(watch->call);
	watch->call = NULL;
	if (watch->phase == WATCH_STREAMING) {
		watch->no_stream = 1;
		watch_list(watch);
		return;
	}
	const struct client_request request = {
		.path = "/livez", .patience = HTTP_CALL, .fresh = 1, .on_body = probe_body,
		.on_done = watch_request_done, .arg = watch,
	};
	watch->phase = WATCH_PROBING;
	watch->call = client_send(watch->context.client, &request);
}

struct watch *watch_new(const struct watch_context *context, const struct kind *kind)
{
	struct watch *watch = mem_new(sizeof(*watch));
	watch->context = *context;
	watch->context.namespace = mem_copy_string(context->namespace);
	watch->kind = kind;
	watch->filter = scan_filter_new(kind->fields);
	watch->arena = arena_new(ARENA_MAX);
	watch->retry = timer_new(context->loop, watch_retry, watch);
	watch->silence = timer_new(context->loop, watch_silent, watch);
	watch->timing = context->timing ? *context->timing : watch_timing_default;
	backoff_init(&watch->backoff);
	watch->backoff.base = watch->backoff.next = watch->timing.pause;
	watch->backoff.cap = watch->timing.pause_max;
	queue_join(context->queue, watch);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_cancel(watch);
	queue_leave(watch->context.queue, watch);
	timer_free(watch->retry);
	timer_free(watch->silence);
	arena_free(watch->arena);
	scan_filter_free(watch->filter);
	free((char *)watch->context.namespace);
	free(watch->page_next);
	free(watch);
}

void watch_start(struct watch *watch)
{
	watch_list(watch);
}

void watch_start_version(struct watch *watch, const char *version)
{
	int same = watch->version_used && strcmp(watch->version_used, version) == 0;
	watch->version_used = version;
	if (watch->phase == WATCH_IDLE)
		watch_list(watch);
	else if (!same)
		watch_relist(watch);
}

const char *watch_version(const struct watch *watch)
{
	return watch->version_used ? watch->version_used : watch->kind->versions[0];
}

int watch_is_started(const struct watch *watch)
{
	return watch->phase != WATCH_IDLE;
}

void watch_relist(struct watch *watch)
{
	watch_cancel(watch);
	backoff_reset(&watch->backoff);
	watch->phase = WATCH_IDLE;
	watch->latest = 1;
	watch->scoped = 0;
	watch_list(watch);
}

void watch_hurry(struct watch *watch)
{
	if (watch->phase == WATCH_WAITING && watch->failing_ms)
		timer_start(watch->retry, 0.1 * random_fraction());
}

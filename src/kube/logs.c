/* SPDX-License-Identifier: MIT */
/*
 * One stream a container. Lines come with the runtime's stamp (timestamps=true), which orders them
 * for the reader and is the place to go on from (sinceTime) when a stream is cut. The API gives
 * whole seconds of sinceTime, so that lines of that second come twice: those up to the last stamp
 * seen are left out.
 */
#include "kube/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "kube/source.h"
#include "net/backoff.h"

/* Bytes of one line; a longer one is cut there, as the ring does with less. */
enum { LINE_MAX_BYTES = 64 << 10, STAMP_MAX = 40 };
/* A request's first seconds bring what was written before it. */
enum { HISTORY_MS = 2000, LIVE_REACH_MS = 3000 };

struct stream {
	struct logs *logs;
	char *namespace, *pod, *container;
	uint32_t source;
	struct client_call *call;
	struct timer *retry;
	struct backoff backoff;
	struct buf line;
	int overlong;            /* the rest of this line is dropped */
	int64_t seen_ms;         /* wall clock of the last line; 0: none yet */
	char seen[STAMP_MAX];    /* its stamp as written */
	int resumed;             /* taken up again: lines up to `seen` come a second time */
	int64_t begun_ms;        /* of the loop: the first bytes of this request came; 0: none yet */
	int lines;               /* of this request */
	int failed;
	char trouble[200];
};

struct logs {
	struct source *from;
	struct logs_options options;
	struct vec streams;
	size_t asked; /* targets, with those over LOGS_MAX */
};

static void stream_open(void *arg);

/* "2026-11-23T13:26:13.000000001Z the text": the stamp's length, or 0. */
static size_t stamp_length(const char *line, size_t len, int64_t *ms)
{
	char stamp[STAMP_MAX];
	const char *space = memchr(line, ' ', len < STAMP_MAX ? len : STAMP_MAX);
	size_t n = space ? (size_t)(space - line) : len;
	if (n == 0 || n >= STAMP_MAX)
		return 0;
	memcpy(stamp, line, n);
	stamp[n] = '\0';
	return stamp_parse(stamp, ms) == 0 ? n : 0;
}

/* Fractions are written without trailing zeros: digits are compared as far as both have them. */
static int is_later(const char *stamp, size_t len, const char *seen)
{
	size_t seen_len = strlen(seen);
	size_t both = (len < seen_len ? len : seen_len) - 1; /* without the Z */
	int order = strncmp(stamp, seen, both);
	return order > 0 || (order == 0 && len > seen_len);
}

/* How far back a line may be put, so that the lines of several pods stand in order: what was there when
 * the log was opened anywhere; what comes as it happens only a little, because on a node whose clock is
 * behind it would be put where nobody looks. */
static int64_t stream_reach(const struct stream *stream)
{
	const struct logs *logs = stream->logs;
	int64_t now = loop_now(source_loop(logs->from));
	int is_history = stream->lines <= logs->options.tail && now - stream->begun_ms < HISTORY_MS;
	return is_history ? INT64_MAX : LIVE_REACH_MS;
}

static void stream_line(struct stream *stream)
{
	const char *line = buf_string(&stream->line);
	size_t len = stream->line.len;
	int64_t at = 0;
	size_t stamp = stamp_length(line, len, &at);
	if (stamp > 0) {
		if (stream->resumed && !is_later(line, stamp, stream->seen))
			goto out;
		memcpy(stream->seen, line, stamp);
		stream->seen[stamp] = '\0';
		stream->seen_ms = at;
		stream->resumed = 0;
		line += stamp;
		len -= stamp;
		if (len > 0)
			line++, len--;
	}
	stream->lines++;
	logring_insert(stream->logs->options.ring, stream->source, at, stream_reach(stream), line, len);
out:
	buf_clear(&stream->line);
	stream->overlong = 0;
}

static int stream_body(void *arg, const char *bytes, size_t len)
{
	struct stream *stream = arg;
	if (!stream->begun_ms)
		stream->begun_ms = loop_now(source_loop(stream->logs->from));
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		if (!stream->overlong && buf_add(&stream->line, bytes, n) < 0)
			stream->overlong = 1;
		if (end)
			stream_line(stream);
		bytes += n + (end != NULL);
		len -= n + (end != NULL);
	}
	stream->failed = 0;
	stream->logs->options.changed(stream->logs->options.arg);
	return 0;
}

static void stream_say(struct stream *stream, const char *words)
{
	char line[320];
	snprintf(line, sizeof(line), "-- %s --", words);
	logring_add(stream->logs->options.ring, stream->source, 0, line, strlen(line));
}

static void stream_done(void *arg, const struct client_result *result)
{
	struct stream *stream = arg;
	struct logs *logs = stream->logs;
	stream->call = NULL;
	if (stream->line.len > 0)
		stream_line(stream);
	snprintf(stream->trouble, sizeof(stream->trouble), "%s", result->error);
	stream->failed = result->error[0] != '\0';
	if (logs->options.previous || result->status == 400 || result->status == 404 || result->status == 403) {
		if (stream->failed)
			stream_say(stream, stream->trouble);
	} else {
		timer_start(stream->retry, backoff_step(&stream->backoff, loop_now(source_loop(logs->from)), random_fraction()));
	}
	logs->options.changed(logs->options.arg);
}

static void stream_open(void *arg)
{
	struct stream *stream = arg;
	const struct logs_options *options = &stream->logs->options;
	char path[1400], since[32];
	struct text text = text_in(path, sizeof(path));
	text_printf(&text, "/api/v1/namespaces/%s/pods/%s/log?container=", stream->namespace, stream->pod);
	text_add_escaped(&text, stream->container);
	text_add(&text, "&timestamps=true&limitBytes=268435456");
	if (options->previous)
		text_add(&text, "&previous=true");
	else
		text_add(&text, "&follow=true");
	if (stream->seen_ms > 0 && !options->previous) {
		stamp_format(stream->seen_ms, since);
		text_add(&text, "&sinceTime=");
		text_add_escaped(&text, since);
		stream->resumed = 1;
	} else {
		text_printf(&text, "&tailLines=%d", options->tail);
	}
	const struct client_request request = {
		.path = path, .accept = "*/*", .patience = HTTP_STREAM, .on_body = stream_body, .on_done = stream_done,
		.arg = stream,
	};
	stream->begun_ms = stream->lines = 0;
	stream->call = client_send(source_client(stream->logs->from), &request);
}

static struct stream *stream_new(struct logs *logs, const struct logs_target *target)
{
	struct stream *stream = mem_new(sizeof(*stream));
	char name[400];
	snprintf(name, sizeof(name), "%s/%s", target->pod, target->container);
	stream->logs = logs;
	stream->namespace = mem_copy_string(target->namespace);
	stream->pod = mem_copy_string(target->pod);
	stream->container = mem_copy_string(target->container);
	stream->source = logring_source(logs->options.ring, name);
	stream->retry = timer_new(source_loop(logs->from), stream_open, stream);
	backoff_init(&stream->backoff);
	buf_init(&stream->line, LINE_MAX_BYTES);
	stream_open(stream);
	return stream;
}

static void stream_free(struct stream *stream)
{
	client_cancel(stream->call);
	timer_free(stream->retry);
	buf_release(&stream->line);
	free(stream->namespace);
	free(stream->pod);
	free(stream->container);
	free(stream);
}

static int stream_is(const struct stream *stream, const struct logs_target *target)
{
	return strcmp(stream->pod, target->pod) == 0 && strcmp(stream->container, target->container) == 0 &&
	       strcmp(stream->namespace, target->namespace) == 0;
}

struct logs *logs_follow(struct source *source, const struct logs_options *options)
{
	struct logs *logs = mem_new(sizeof(*logs));
	logs->from = source;
	logs->options = *options;
	logs->options.targets = NULL;
	vec_init(&logs->streams);
	logs_retarget(logs, options->targets, options->count);
	return logs;
}

void logs_retarget(struct logs *logs, const struct logs_target *targets, size_t count)
{
	struct vec next;
	logs->asked = count;
	vec_init(&next);
	for (size_t i = 0; i < count && next.len < LOGS_MAX; i++) {
		struct stream *found = NULL;
		for (size_t k = 0; k < logs->streams.len && !found; k++)
			if (stream_is(logs->streams.items[k], &targets[i]))
				found = logs->streams.items[k];
		if (found)
			vec_remove_item(&logs->streams, found);
		vec_push(&next, found ? found : stream_new(logs, &targets[i]));
	}
	for (size_t i = 0; i < logs->streams.len; i++)
		stream_free(logs->streams.items[i]);
	vec_release(&logs->streams);
	logs->streams = next;
}

void logs_free(struct logs *logs)
{
	if (!logs)
		return;
	for (size_t i = 0; i < logs->streams.len; i++)
		stream_free(logs->streams.items[i]);
	vec_release(&logs->streams);
	free(logs);
}

void logs_describe(const struct logs *logs, char *out, size_t size)
{
	struct text text = text_in(out, size);
	size_t failed = 0;
	const char *trouble = "";
	for (size_t i = 0; i < logs->streams.len; i++) {
		const struct stream *stream = logs->streams.items[i];
		if (!stream->failed)
			continue;
		failed++;
		trouble = stream->trouble;
	}
	if (logs->asked > logs->streams.len)
		text_printf(&text, "%zu of %zu containers", logs->streams.len, logs->asked);
	else
		text_printf(&text, "%zu container%s", logs->asked, logs->asked == 1 ? "" : "s");
	if (failed > 0)
		text_printf(&text, ", %zu failed: %s", failed, trouble);
}

/* SPDX-License-Identifier: MIT */
/* Logs of containers: what was written, and whoever follows. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api_state.h"
#include "base/mem.h"

struct log_line {
	int64_t at_ms;
	char text[]; /* without line feed */
};

struct podlog {
	char *key;      /* "namespace/pod/container", and "!" at the end for the previous one */
	struct vec lines;   /* struct log_line * */
	struct vec readers; /* struct log_reader * */
};

/* Follows. What is told by the platform is asked for from time to time, only as long as somebody reads. */
struct log_reader {
	struct api *api;
	struct podlog *log;
	struct sender *sender;
	int stamps;
	struct timer *timer; /* NULL: lines come by api_log only */
	char *pod;           /* its key */
	int64_t told_ms;     /* told up to here */
};

static const double ask_seconds = 0.5;

static void log_free(struct podlog *log)
{
	for (size_t i = 0; i < log->lines.len; i++)
		free(log->lines.items[i]);
	vec_release(&log->lines);
	vec_release(&log->readers);
	free(log->key);
	free(log);
}

/* Those of which nothing is kept and that nobody reads any more. */
static void logs_sweep(struct api *api)
{
	for (size_t i = api->logs.len; i-- > 0;) {
		struct podlog *log = api->logs.items[i];
		if (log->lines.len > 0 || log->readers.len > 0)
			continue;
		vec_remove(&api->logs, i);
		log_free(log);
	}
}

static struct podlog *log_named(struct api *api, const char *namespace, const char *pod,
                                const char *container, int previous, int make)
{
	char key[4 * SIM_NAME];
	snprintf(key, sizeof(key), "%s/%s/%s%s", namespace, pod, container, previous ? "!" : "");
	for (size_t i = 0; i < api->logs.len; i++) {
		struct podlog *log = api->logs.items[i];
		if (strcmp(log->key, key) == 0)
			return log;
	}
	if (!make)
		return NULL;
	logs_sweep(api);
	struct podlog *log = mem_new(sizeof(*log));
	log->key = mem_copy_string(key);
	vec_init(&log->lines);
	vec_init(&log->readers);
	vec_push(&api->logs, log);
	return log;
}

static void reader_over(void *arg)
{
	struct log_reader *reader = arg;
	vec_remove_item(&reader->log->readers, reader);
	timer_free(reader->timer);
	free(reader->pod);
	free(reader);
}

void logs_free_all(struct api *api)
{
	for (size_t i = 0; i < api->logs.len; i++)
		log_free(api->logs.items[i]);
	vec_release(&api->logs);
}

/* As the kubelet stamps: RFC 3339 with nanoseconds. */
static void line_write(struct buf *out, const struct log_line *line, int stamps)
{
	char stamp[32];
	stamp_format(line->at_ms, stamp);
	stamp[strcspn(stamp, "Z")] = '\0';
	if (stamps)
		buf_must(buf_printf(out, "%s.%03d000000Z ", stamp, (int)(line->at_ms % 1000)));
	buf_must(buf_add_string(out, line->text));
	buf_must(buf_add(out, "\n", 1));
}

void log_line_add(struct vec *lines, int64_t at_ms, const char *text)
{
	struct log_line *line = mem_new(sizeof(*line) + strlen(text) + 1);
	line->at_ms = at_ms;
	memcpy(line->text, text, strlen(text) + 1);
	vec_push(lines, line);
}

static void lines_release(struct vec *lines)
{
	for (size_t i = 0; i < lines->len; i++)
		free(lines->items[i]);
	vec_release(lines);
}

void api_log(struct api *api, const char *namespace, const char *pod, const char *container, int previous,
             const char *text)
{
	struct podlog *log = log_named(api, namespace, pod, container, previous, 1);
	struct buf out;
	log_line_add(&log->lines, api->options.clock->wall(api->options.clock), text);
	const struct log_line *line = log->lines.items[log->lines.len - 1];
	for (size_t i = log->readers.len; i-- > 0;) {
		struct log_reader *reader = log->readers.items[i];
		buf_init(&out, SIM_TEXT_MAX);
		line_write(&out, line, reader->stamps);
		sender_write(reader->sender, buf_string(&out), out.len); /* the reader may end here */
		buf_release(&out);
	}
}

struct log_wish {
	char container[SIM_NAME];
	long tail, limit; /* -1: all */
	int follow, stamps, previous;
	int64_t since_ms;
};

static int wish_flag(const struct server_request *request, const char *name)
{
	char text[16];
	return server_query(request, name, text, sizeof(text)) && (*text == 't' || *text == '1');
}

static long wish_number(const struct server_request *request, const char *name)
{
	char text[32];
	return server_query(request, name, text, sizeof(text)) ? strtol(text, NULL, 10) : -1;
}

static void wish_read(struct api *api, const struct server_request *request, struct log_wish *wish)
{
	char since[64];
	long seconds = wish_number(request, "sinceSeconds");
	server_query(request, "container", wish->container, sizeof(wish->container));
	wish->tail = wish_number(request, "tailLines");
	wish->limit = wish_number(request, "limitBytes");
	wish->follow = wish_flag(request, "follow");
	wish->stamps = wish_flag(request, "timestamps");
	wish->previous = wish_flag(request, "previous");
	if (server_query(request, "sinceTime", since, sizeof(since)))
		(void)!stamp_parse(since, &wish->since_ms);
	if (seconds >= 0)
		wish->since_ms = api->options.clock->wall(api->options.clock) - 1000 * (int64_t)seconds;
}

/* Finds the container; 0, or -1 and the answer was no. */
static int choose_container(struct api *api, struct server_call *call, const struct ask *ask,
                            const cJSON *pod, struct log_wish *wish)
{
	static const char *const places[] = {"spec/containers", "spec/initContainers"};
	char message[4 * SIM_NAME], names[SIM_NAME] = "";
	int count = 0;
	const cJSON *container;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(container, json_at(pod, places[i]))
		{
			const char *name = json_string(container, "name");
			if (!name)
				continue;
			if (strcmp(name, wish->container) == 0)
				return 0;
			size_t len = strlen(names);
			snprintf(names + len, sizeof(names) - len, "%s%s", len ? " " : "", name);
			count++;
		}
	if (!wish->container[0] && count == 1) {
		snprintf(wish->container, sizeof(wish->container), "%s", names);
		return 0;
	}
	if (wish->container[0])
		snprintf(message, sizeof(message), "container %s is not valid for "
			"pod %s", wish->container, ask->name);
	else
		snprintf(message, sizeof(message), "a container name must be specified for pod %s, choose one of: "
			"[%s]", ask->name,
		         names);
	status_reply(api, call, 400, "BadRequest", message, NULL, NULL);
	return -1;
}

static void lines_write(struct buf *out, const struct vec *lines, const struct log_wish *wish)
{
	size_t from = 0, count = lines->len;
	if (wish->tail >= 0 && count > (size_t)wish->tail)
		from = count - (size_t)wish->tail;
	for (size_t i = from; i < count; i++) {
		const struct log_line *line = lines->items[i];
		if (line->at_ms >= wish->since_ms)
			line_write(out, line, wish->stamps);
	}
	if (wish->limit >= 0 && out->len > (size_t)wish->limit)
		out->len = (size_t)wish->limit;
}

/* What was written since; the stream ends with the container, as the kubelet's does. */
static void reader_due(void *arg)
{
	struct log_reader *reader = arg;
	struct api *api = reader->api;
	const struct table *table = table_named(api, "pods");
	const struct doc *doc = table_get(table, reader->pod);
	int64_t now = api->options.clock->wall(api->options.clock);
	cJSON *pod = doc ? doc_json(doc) : NULL;
	struct vec lines;
	struct buf out;
	vec_init(&lines);
	buf_init(&out, SIM_TEXT_MAX);
	int goes_on = pod ? api->tell_log(api->observer, pod, 0, reader->told_ms, now, &lines) : -1;
	reader->told_ms = now;
	for (size_t i = 0; i < lines.len; i++)
		line_write(&out, lines.items[i], reader->stamps);
	timer_start(reader->timer, ask_seconds);
	size_t readers = reader->log->readers.len;
	struct podlog *log = reader->log;
	if (out.len > 0)
		sender_write(reader->sender, buf_string(&out), out.len); /* the reader may end here */
	if (goes_on <= 0 && log->readers.len == readers) {
		sender_end(reader->sender);
		reader_over(reader);
	}
	buf_release(&out);
	lines_release(&lines);
	cJSON_Delete(pod);
}

static void follow(struct api *api, struct server_call *call, const struct ask *ask, struct podlog *log,
                   const struct log_wish *wish, const struct buf *text, int64_t told_ms)
{
	struct log_reader *reader = mem_new(sizeof(*reader));
	char key[2 * SIM_NAME];
	reader->api = api;
	if (api->tell_log) {
		doc_key(key, sizeof(key), ask->namespace, ask->name);
		reader->pod = mem_copy_string(key);
		reader->told_ms = told_ms;
		reader->timer = timer_new(api->loop, reader_due, reader);
		timer_start(reader->timer, ask_seconds);
	}
	reader->log = log;
	reader->stamps = wish->stamps;
	reader->sender = sender_new(api, call, ask->fault, reader_over, reader);
	vec_push(&log->readers, reader);
	size_t count = log->readers.len;
	sender_begin(reader->sender, 200, "text/plain");
	if (log->readers.len == count && text->len > 0)
		sender_write(reader->sender, buf_string(text), text->len);
}

static void refuse(struct api *api, struct server_call *call, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void refuse(struct api *api, struct server_call *call, const char *fmt, ...)
{
	char message[4 * SIM_NAME];
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	status_reply(api, call, 400, "BadRequest", message, NULL, NULL);
}

/* Answers with what the platform's containers tell. */
static void answer_told(struct api *api, struct server_call *call, const struct ask *ask, const cJSON *pod,
                        const struct log_wish *wish)
{
	int64_t now = api->options.clock->wall(api->options.clock);
	struct vec lines;
	struct buf text;
	vec_init(&lines);
	buf_init(&text, SIM_BODY_MAX);
	int goes_on = api->tell_log(api->observer, pod, wish->previous, wish->since_ms - 1, now, &lines);
	lines_write(&text, &lines, wish);
	if (goes_on < 0 && wish->previous)
		refuse(api, call, "previous terminated container \"%s\" in pod \"%s\" not found", wish->container, ask->name);
	else if (goes_on < 0)
		refuse(api, call, "container \"%s\" in pod \"%s\" is waiting to start: ContainerCreating", wish->container,
		       ask->name);
	else if (goes_on && wish->follow)
		follow(api, call, ask, log_named(api, ask->namespace, ask->name, wish->container, 0, 1), wish, &text, now);
	else
		send_whole(api, call, ask->fault, 200, "text/plain", &text);
	buf_release(&text);
	lines_release(&lines);
}

/* Answers with what was put there by api_log. */
static void answer_kept(struct api *api, struct server_call *call, const struct ask *ask, const struct log_wish *wish)
{
	struct podlog *log = log_named(api, ask->namespace, ask->name, wish->container, wish->previous, !wish->previous);
	struct buf text;
	if (!log) {
		refuse(api, call, "previous terminated container \"%s\" in pod \"%s\" not found", wish->container, ask->name);
		return;
	}
	buf_init(&text, SIM_BODY_MAX);
	lines_write(&text, &log->lines, wish);
	if (wish->follow && !wish->previous)
		follow(api, call, ask, log, wish, &text, 0);
	else
		send_whole(api, call, ask->fault, 200, "text/plain", &text);
	buf_release(&text);
}

void answer_log(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct log_wish wish = {0};
	char key[2 * SIM_NAME], message[3 * SIM_NAME];
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	struct doc *doc = table_get(table, key);
	if (!doc) {
		snprintf(message, sizeof(message), "pods \"%s\" not found", ask->name);
		status_reply(api, call, 404, "NotFound", message, NULL, NULL);
		return;
	}
	cJSON *pod = doc_json(doc);
	wish_read(api, ask->request, &wish);
	if (choose_container(api, call, ask, pod, &wish) == 0) {
		if (api->tell_log)
			answer_told(api, call, ask, pod, &wish);
		else
			answer_kept(api, call, ask, &wish);
	}
	cJSON_Delete(pod);
}

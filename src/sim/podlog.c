/* SPDX-License-Identifier: MIT */
/* Logs of containers: what was written, and whoever follows. */
#include <inttypes.h>
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

struct log_reader {
	struct podlog *log;
	struct sender *sender;
	int stamps;
};

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
	free(reader);
}

void logs_free_all(struct api *api)
{
	for (size_t i = 0; i < api->logs.len; i++) {
		struct podlog *log = api->logs.items[i];
		for (size_t j = 0; j < log->lines.len; j++)
			free(log->lines.items[j]);
		vec_release(&log->lines);
		vec_release(&log->readers);
		free(log->key);
		free(log);
	}
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

void api_log(struct api *api, const char *namespace, const char *pod, const char *container, int previous,
             const char *text)
{
	struct podlog *log = log_named(api, namespace, pod, container, previous, 1);
	struct log_line *line = mem_new(sizeof(*line) + strlen(text) + 1);
	struct buf out;
	line->at_ms = api->options.clock->wall(api->options.clock);
	memcpy(line->text, text, strlen(text) + 1);
	vec_push(&log->lines, line);
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

static void lines_write(struct buf *out, const struct podlog *log, const struct log_wish *wish)
{
	size_t from = 0, count = log ? log->lines.len : 0;
	if (wish->tail >= 0 && count > (size_t)wish->tail)
		from = count - (size_t)wish->tail;
	for (size_t i = from; i < count; i++) {
		const struct log_line *line = log->lines.items[i];
		if (line->at_ms >= wish->since_ms)
			line_write(out, line, wish->stamps);
	}
	if (wish->limit >= 0 && out->len > (size_t)wish->limit)
		out->len = (size_t)wish->limit;
}

static void follow(struct api *api, struct server_call *call, const struct ask *ask, struct podlog *log,
                   const struct log_wish *wish, const struct buf *text)
{
	struct log_reader *reader = mem_new(sizeof(*reader));
	reader->log = log;
	reader->stamps = wish->stamps;
	reader->sender = sender_new(api, call, ask->fault, reader_over, reader);
	vec_push(&log->readers, reader);
	size_t count = log->readers.len;
	sender_begin(reader->sender, 200, "text/plain");
	if (log->readers.len == count && text->len > 0)
		sender_write(reader->sender, buf_string(text), text->len);
}

void answer_log(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct log_wish wish = {0};
	char key[2 * SIM_NAME], message[3 * SIM_NAME];
	struct buf text;
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	struct doc *doc = table_get(table, key);
	if (!doc) {
		snprintf(message, sizeof(message), "pods \"%s\" not found", ask->name);
		status_reply(api, call, 404, "NotFound", message, NULL, NULL);
		return;
	}
	cJSON *pod = doc_json(doc);
	wish_read(api, ask->request, &wish);
	int result = choose_container(api, call, ask, pod, &wish);
	cJSON_Delete(pod);
	if (result < 0)
		return;
	struct podlog *log =
	    log_named(api, ask->namespace, ask->name, wish.container, wish.previous, !wish.previous);
	if (!log) {
		snprintf(message, sizeof(message), "previous terminated container \"%s\" in pod \"%s\" not "
			"found", wish.container,
		         ask->name);
		status_reply(api, call, 400, "BadRequest", message, NULL, NULL);
		return;
	}
	buf_init(&text, SIM_BODY_MAX);
	lines_write(&text, log, &wish);
	if (wish.follow && !wish.previous)
		follow(api, call, ask, log, &wish, &text);
	else
		send_whole(api, call, ask->fault, 200, "text/plain", &text);
	buf_release(&text);
}

/* SPDX-License-Identifier: MIT */
#ifndef TEST_SIM_FETCH_H
#define TEST_SIM_FETCH_H

/* The embedded API server and a client that fetches from it, on one loop. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "net/http.h"
#include "sim/api.h"
#include "unit/sim/wait.h"

struct fetched {
	int done, status;
	enum http_outcome outcome;
	double retry_after;
	char type[128], error[512];
	struct buf body;
};

struct platform {
	struct loop *loop;
	struct api *api;
	struct http *http;
	struct http_server *server;
};

static inline void platform_start(struct platform *platform, const struct api_options *options)
{
	struct err err = {0};
	platform->loop = loop_new(&err);
	platform->api = api_new(platform->loop, options, &err);
	platform->http = http_new(platform->loop, &err);
	if (!platform->api || !platform->http)
		fail_msg("%s", err.text);
	const struct http_endpoint endpoint = {
		.url = api_url(platform->api), .ca_pem = api_ca(platform->api),
		.ca_pem_len = api_ca(platform->api) ? strlen(api_ca(platform->api)) : 0,
	};
	platform->server = http_server_new(platform->http, &endpoint, &err);
	assert_non_null(platform->server);
}

static inline void platform_end(struct platform *platform)
{
	http_server_free(platform->server);
	http_free(platform->http);
	api_free(platform->api);
	loop_free(platform->loop);
}

static inline void fetched_head(void *arg, int status, const char *type)
{
	struct fetched *fetched = arg;
	fetched->status = status;
	snprintf(fetched->type, sizeof(fetched->type), "%s", type ? type : "");
}

static inline int fetched_body(void *arg, const char *bytes, size_t len)
{
	struct fetched *fetched = arg;
	return buf_add(&fetched->body, bytes, len) < 0;
}

static inline void fetched_done(void *arg, const struct http_result *result)
{
	struct fetched *fetched = arg;
	fetched->done = 1;
	fetched->status = result->status;
	fetched->outcome = result->outcome;
	fetched->retry_after = result->retry_after;
	snprintf(fetched->error, sizeof(fetched->error), "%s", result->error);
}

static inline struct http_call *fetch_start(struct platform *platform, struct fetched *fetched,
                                            const char *method, const char *path, const char *const *headers,
                                            const char *body)
{
	const struct http_request request = {
		.method = method, .path = path, .headers = headers, .body = body, .body_len = body ? strlen(body) : 0,
		.patience = HTTP_STREAM, .on_head = fetched_head, .on_body = fetched_body, .on_done = fetched_done,
		.arg = fetched,
	};
	struct err err = {0};
	*fetched = (struct fetched){0};
	buf_init(&fetched->body, 64 << 20);
	struct http_call *call = http_send(platform->server, &request, &err);
	if (!call)
		fail_msg("%s", err.text);
	return call;
}

static inline void fetch(struct platform *platform, struct fetched *fetched, const char *method,
                         const char *path, const char *const *headers, const char *body)
{
	fetch_start(platform, fetched, method, path, headers, body);
	WAIT_FOR(platform->loop, fetched->done);
}

/* GET, expecting that status; the JSON to free with cJSON_Delete. */
static inline cJSON *fetch_json(struct platform *platform, const char *path, const char *accept, int status)
{
	struct fetched fetched;
	char header[256];
	const char *headers[] = {header, NULL};
	struct err err = {0};
	snprintf(header, sizeof(header), "Accept: %s", accept ? accept : "application/json");
	fetch(platform, &fetched, "GET", path, headers, NULL);
	if (fetched.outcome != HTTP_DONE || fetched.status != status)
		fail_msg("%s: %d %s %s", path, fetched.status, fetched.error, buf_string(&fetched.body));
	cJSON *json = json_parse_heap(buf_string(&fetched.body), fetched.body.len, &err);
	if (!json)
		fail_msg("%s: %s", path, err.text);
	buf_release(&fetched.body);
	return json;
}

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

/*
 * A loop, a server and a client on it, and a record of what one call brought. Waiting is always
 * for a condition; the guard only turns a hang into a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/server.h"

#define GUARD 20.0 /* seconds */

struct net {
	struct loop *loop;
	struct timer *guard;
	struct http *http;
	struct server *server;
	struct http_server *client;
	struct err err;
	void (*handle)(struct net *net, struct server_call *call, const struct server_request *request);
	struct server_call *call; /* kept by a handler for later */
	int handled, closed;
	char *cert, *key;
};

struct record {
	struct net *net;
	struct http_call *call;
	int heads, done, status, pieces;
	int stop_after; /* on_body stops at this piece */
	int cancel_on_head, cancel_on_body;
	struct http_call *cancel_other;
	struct buf body;
	char content_type[64];
	struct http_result result;
	char error[ERR_MAX];
};

static inline void guard_fired(void *arg)
{
	(void)arg;
	fail_msg("the test hangs");
}

static inline void net_handle(void *arg, struct server_call *call, const struct server_request *request)
{
	struct net *net = arg;

	net->handled++;
	net->handle(net, call, request);
}

static inline void net_closed(void *arg)
{
	struct net *net = arg;

	net->closed++;
	net->call = NULL;
}

/* For handlers that answer later. */
static inline void net_keep(struct net *net, struct server_call *call, const struct server_request *request)
{
	(void)request;
	net->call = call;
	call_on_closed(call, net_closed, net);
}

static inline void net_open_loop(struct net *net)
{
	memset(net, 0, sizeof(*net));
	unsetenv("HTTP_PROXY");
	unsetenv("http_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("https_proxy");
	net->loop = loop_new(&net->err);
	assert_non_null(net->loop);
	net->guard = timer_new(net->loop, guard_fired, net);
	timer_start(net->guard, GUARD);
	net->http = http_new(net->loop, &net->err);
	assert_non_null(net->http);
}

static inline void net_serve(struct net *net, const char *client_ca,
                             void (*handle)(struct net *, struct server_call *,
                                            const struct server_request *))
{
	struct server_options options = {.cert_pem = net->cert,
	                                 .key_pem = net->key,
	                                 .client_ca_pem = client_ca,
	                                 .handle = net_handle,
	                                 .arg = net};

	net->handle = handle;
	net->server = server_new(net->loop, &options, &net->err);
	if (!net->server)
		fail_msg("%s", net->err.text);
}

static inline char *net_url(struct net *net)
{
	return mem_printf("%s://127.0.0.1:%d", net->cert ? "https" : "http", server_port(net->server));
}

static inline void net_connect(struct net *net, struct http_endpoint endpoint)
{
	char *url = endpoint.url ? mem_copy_string(endpoint.url) : net_url(net);

	endpoint.url = url;
	net->client = http_server_new(net->http, &endpoint, &net->err);
	if (!net->client)
		fail_msg("%s", net->err.text);
	free(url);
}

/* Plain HTTP, all at once. */
static inline void net_open(struct net *net,
                            void (*handle)(struct net *, struct server_call *, const struct server_request *))
{
	net_open_loop(net);
	net_serve(net, NULL, handle);
	net_connect(net, (struct http_endpoint){0});
}

static inline void net_close(struct net *net)
{
	http_server_free(net->client);
	http_free(net->http);
	server_free(net->server);
	timer_free(net->guard);
	loop_free(net->loop);
	free(net->cert);
	free(net->key);
}

static inline void record_head(void *arg, int status, const char *content_type)
{
	struct record *record = arg;

	record->heads++;
	record->status = status;
	snprintf(record->content_type, sizeof(record->content_type), "%s", content_type);
	if (record->cancel_on_head)
		http_cancel(record->call);
}

static inline int record_body(void *arg, const char *bytes, size_t len)
{
	struct record *record = arg;

	record->pieces++;
	assert_int_equal(buf_add(&record->body, bytes, len), 0);
	if (record->cancel_other)
		http_cancel(record->cancel_other);
	record->cancel_other = NULL;
	if (record->cancel_on_body)
		http_cancel(record->call);
	return record->stop_after && record->pieces >= record->stop_after;
}

static inline void record_done(void *arg, const struct http_result *result)
{
	struct record *record = arg;

	record->done++;
	record->result = *result;
	snprintf(record->error, sizeof(record->error), "%s", result->error);
	record->result.error = record->error;
	record->call = NULL;
}

static inline void record_init(struct record *record, struct net *net)
{
	memset(record, 0, sizeof(*record));
	record->net = net;
	buf_init(&record->body, 64 << 20);
}

static inline void record_send(struct record *record, struct http_request request)
{
	request.on_head = record_head;
	request.on_body = record_body;
	request.on_done = record_done;
	request.arg = record;
	if (!request.path)
		request.path = "/";
	record->call = http_send(record->net->client, &request, &record->net->err);
	if (!record->call)
		fail_msg("%s", record->net->err.text);
	assert_int_equal(record->done, 0);
}

static inline void record_wait(struct record *record)
{
	while (!record->done)
		loop_poll(record->net->loop, 1);
}

/* Sends and waits for the end. */
static inline void record_run(struct record *record, struct net *net, struct http_request request)
{
	record_init(record, net);
	record_send(record, request);
	record_wait(record);
	assert_int_equal(record->done, 1);
}

#define assert_has(text, part)                                                                               \
	do {                                                                                                 \
		if (!strstr(text, part))                                                                     \
			fail_msg("\"%s\" does not hold \"%s\"", text, part);                                 \
	} while (0)

#endif

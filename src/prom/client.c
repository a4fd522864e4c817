/* SPDX-License-Identifier: MIT */
/*
 * Both ways to a server end in the same three callbacks: head, body, done. What is over the limit of
 * requests under way waits in order; a query that is cancelled while it waits was never sent.
 */
#include "prom/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/vec.h"

enum { ANSWER_MAX = 8 << 20, SECRET_MAX = 64 << 10,
	POINTS_MAX = 11000, LONG_QUERY = 4000 };
static const double CALL_SECONDS = 30;

struct prom_client {
	struct loop *loop;
	struct http *http;
	struct http_server *server;  /* NULL: through the API server */
	struct client *kube;
	char *prefix;                /* of paths through the API server */
	char *where;
	char *parameters;            /* "&partial_response=true…" */
	char *token_file, *username, *password_file;
	struct vec headers;          /* char * */
	struct vec calls;            /* struct prom_call *, in order */
	size_t in_flight;
	struct timer *starter;
};

struct prom_call {
	struct prom_client *client;
	char *path, *form, *method;  /* form: a body to post */
	const char *content_type;
	double seconds;
	struct http_call *http;
	struct client_call *kube;
	struct timer *deadline;
	struct vec headers;          /* of this request: char *, with secrets */
	struct answer *answer;       /* of a query */
	struct buf body;             /* of what is no query, and of errors */
	int status, timed_out, started;
	struct err trouble;
	void (*done)(void *arg, const struct prom_result *result);
	void (*got)(void *arg, const struct prom_result *result, const char *body, size_t len);
	void *arg;
};

static void calls_start(void *arg);

static void headers_release(struct vec *headers)
{
	for (size_t i = 0; i < headers->len; i++) {
		char *header = headers->items[i];
		if (header)
			memset(header, 0, strlen(header)); /* it may hold a secret */
		free(header);
	}
	vec_release(headers);
}

static int file_read(const char *path, const char *what, struct buf *out, struct err *err)
{
	buf_init(out, 1 << 20);
	if (!path)
		return 0;
	if (buf_read_file(out, path, err) == 0)
		return 0;
	buf_release(out);
	return err_wrap(err, "%s", what);
}

static int client_connect(struct prom_client *client, const struct prom_access *access, struct err *err)
{
	struct buf ca, cert, key;
	int result = -1;
	buf_init(&cert, 0), buf_init(&key, 0);
	if (file_read(access->ca_file, "the certificate authority of Prometheus", &ca, err) < 0)
		return -1;
	if (file_read(access->cert_file, "the client certificate for Prometheus", &cert, err) < 0 ||
	    file_read(access->key_file, "the client key for Prometheus", &key, err) < 0)
		goto out;
	const struct http_endpoint endpoint = {
		.url = access->url, .ca_pem = ca.data, .ca_pem_len = ca.len, .cert_pem = cert.data, .cert_pem_len = cert.len,
		.key_pem = key.data, .key_pem_len = key.len, .insecure = access->insecure,
	};
	client->server = http_server_new(client->http, &endpoint, err);
	result = client->server ? 0 : -1;
out:
	buf_release(&ca);
	buf_release(&cert);
	buf_release(&key);
	return result;
}

/* "[https:]namespace/name[:port][/prefix]" to the path of the API server's proxy. */
static char *service_path(const char *service, struct err *err)
{
	const char *scheme = strncmp(service, "https:", 6) == 0 ? "https:" : "";
	const char *at = service + strlen(scheme), *slash = strchr(at, '/');
	size_t space = slash ? (size_t)(slash - at) : 0;
	const char *name = slash ? slash + 1 : "", *prefix = strchr(name, '/');
	size_t name_len = prefix ? (size_t)(prefix - name) : strlen(name);
	if (space == 0 || name_len == 0 || strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-./:") != strlen(at)) {
		err_set(err, "\"%.120s\" is no Service: it reads [https:]namespace/name[:port][/prefix]", service);
		return NULL;
	}
	return mem_printf("/api/v1/namespaces/%.*s/services/%s%.*s/proxy%s", (int)space, at, scheme, (int)name_len, name,
	                  prefix ? prefix : "");
}

static void header_add(struct prom_client *client, const char *name, const char *value)
{
	if (value && *value)
		vec_push(&client->headers, mem_printf("%s%s%s", name, *name ? ": " : "", value));
}

/* Without user and password, which may stand in a URL. */
static char *where_of(const struct prom_access *access)
{
	if (!access->url)
		return mem_printf("Service %s", access->service);
	const char *rest = strstr(access->url, "://");
	const char *host = rest ? rest + 3 : access->url, *at = strchr(host, '@'), *slash = strchr(host, '/');
	if (!at || (slash && at > slash))
		return mem_copy_string(access->url);
	return mem_printf("%.*s%s", (int)(host - access->url), access->url, at + 1);
}

struct prom_client *prom_client_new(const struct prom_client_options *options, struct err *err)
{
	const struct prom_access *access = options->access;
	struct prom_client *client = mem_new(sizeof(*client));
	client->loop = options->loop;
	client->http = options->http;
	client->kube = options->kube;
	client->where = where_of(access);
	client->token_file = mem_copy_string(access->token_file);
	client->username = mem_copy_string(access->username);
	client->password_file = mem_copy_string(access->password_file);
	client->parameters = mem_printf("%s%s",
		access->partial_response == 0 ? "" : access->partial_response > 0 ? "&partial_response=true"
		                                                                  : "&partial_response=false",
		access->dedup == 0 ? "" : access->dedup > 0 ? "&dedup=true" : "&dedup=false");
	client->starter = timer_new(client->loop, calls_start, client);
	for (size_t i = 0; i < PROM_HEADERS && access->headers[i]; i++)
		header_add(client, "", access->headers[i]);
	header_add(client, "X-Scope-OrgID", access->org_id);
	if (access->url ? client_connect(client, access, err) == 0
	                : client->kube && (client->prefix = service_path(access->service, err)))
		return client;
	if (!access->url && !client->kube)
		err_set(err, "there is no API server to reach %s through", client->where);
	prom_client_free(client);
	return NULL;
}

static void call_free(struct prom_call *call)
{
	struct prom_client *client = call->client;
	if (call->http)
		http_cancel(call->http);
	if (call->kube)
		client_cancel(call->kube);
	if (call->started)
		client->in_flight--;
	vec_remove_item(&client->calls, call);
	timer_free(call->deadline);
	answer_free(call->answer);
	buf_release(&call->body);
	headers_release(&call->headers);
	free(call->path);
	free(call->form);
	free(call->method);
	free(call);
}

void prom_client_free(struct prom_client *client)
{
	if (!client)
		return;
	while (client->calls.len > 0)
		call_free(client->calls.items[client->calls.len - 1]);
	if (client->server)
		http_server_free(client->server);
	timer_free(client->starter);
	headers_release(&client->headers);
	vec_release(&client->calls);
	free(client->prefix);
	free(client->where);
	free(client->parameters);
	free(client->token_file);
	free(client->username);
	free(client->password_file);
	free(client);
}

const char *prom_client_where(const struct prom_client *client)
{
	return client->where;
}

/* What the server says of a failure: Prometheus' error, Alertmanager's string, or the number. */
static void failure_read(const struct prom_call *call, struct prom_result *result)
{
	cJSON *json = json_parse_heap(buf_string(&call->body), call->body.len, NULL);
	const char *said = cJSON_IsString(json) ? json->valuestring : json_string(json, "error");
	if (!said)
		said = json_string(json, "message");
	char room[300] = "";
	if (said)
		utf8_sanitise(room, sizeof(room), said, strlen(said));
	if (result->status == 401 || result->status == 403)
		snprintf(result->error, sizeof(result->error), "%s does not let us in (%d%s%s)", call->client->where,
		         result->status, *room ? ": " : "", room);
	else if (*room)
		snprintf(result->error, sizeof(result->error), "%s", room);
	else
		snprintf(result->error, sizeof(result->error), "%s answered %d%s", call->client->where, result->status,
		         result->status == 404 ? ": there is no such path; is the prefix right?" : "");
	cJSON_Delete(json);
}

static void answer_judge(struct prom_call *call, struct prom_result *result)
{
	struct err err = {0};
	const struct answer_head *head = answer_head(call->answer);
	result->head = head;
	if (head->warnings > 1)
		snprintf(result->partial, sizeof(result->partial), "%s (and %zu more)", head->warning, head->warnings - 1);
	else
		snprintf(result->partial, sizeof(result->partial), "%s", head->warning);
	if (result->error[0] || result->stopped)
		return;
	if (call->trouble.text[0] || answer_finish(call->answer, &err) < 0)
		snprintf(result->error, sizeof(result->error), "%s: %s", call->client->where,
		         call->trouble.text[0] ? call->trouble.text : err.text);
	else if (!head->success)
		snprintf(result->error, sizeof(result->error), "%s", head->error[0] ? head->error : "the server says it failed");
}

static void call_over(struct prom_call *call, struct prom_result *result)
{
	if (call->timed_out)
		snprintf(result->error, sizeof(result->error), "%s gave no whole answer within %.0f s", call->client->where,
		         call->seconds);
	else if (result->status >= 300 && call->body.len > 0)
		failure_read(call, result);
	if (call->answer)
		answer_judge(call, result);
	else if (call->trouble.text[0] && !result->error[0])
		snprintf(result->error, sizeof(result->error), "%s", call->trouble.text);
	result->denied = result->status == 401 || result->status == 403;
	result->failed = result->error[0] != 0;
	struct prom_client *client = call->client;
	struct answer *answer = call->answer;
	struct buf body = call->body;
	call->answer = NULL;
	buf_init(&call->body, ANSWER_MAX);
	void (*done)(void *, const struct prom_result *) = call->done;
	void (*got)(void *, const struct prom_result *, const char *, size_t) = call->got;
	void *arg = call->arg;
	timer_start(client->starter, 0);
	call_free(call); /* before the callback, which may free the client */
	if (got)
		got(arg, result, buf_string(&body), body.len);
	else
		done(arg, result);
	answer_free(answer);
	buf_release(&body);
}

static int body_take(struct prom_call *call, const char *bytes, size_t len)
{
	if (call->status >= 300)
		return buf_add(&call->body, bytes, len) < 0;
	if (call->answer) {
		int result = answer_feed(call->answer, bytes, len, &call->trouble);
		return result != 0;
	}
	if (buf_add(&call->body, bytes, len) == 0)
		return 0;
	err_set(&call->trouble, "the answer of %s is over %d MiB", call->client->where, ANSWER_MAX >> 20);
	return 1;
}

static void http_head(void *arg, int status, const char *content_type)
{
	(void)content_type;
	((struct prom_call *)arg)->status = status;
}

static int http_body(void *arg, const char *bytes, size_t len)
{
	return body_take(arg, bytes, len);
}

static void http_over(void *arg, const struct http_result *http)
{
	struct prom_call *call = arg;
	struct prom_result result = {.status = http->status, .stopped = http->outcome == HTTP_STOPPED && !call->trouble.text[0]};
	call->http = NULL;
	if (http->outcome == HTTP_FAILED)
		snprintf(result.error, sizeof(result.error), "%s", http->error);
	else if (http->status >= 300)
		snprintf(result.error, sizeof(result.error), "%s answered %d", call->client->where, http->status);
	call_over(call, &result);
}

static int kube_body(void *arg, const char *bytes, size_t len)
{
	return body_take(arg, bytes, len);
}

static void kube_over(void *arg, const struct client_result *kube)
{
	struct prom_call *call = arg;
	struct prom_result result = {.status = kube->status, .stopped = kube->outcome == HTTP_STOPPED && !call->trouble.text[0]};
	call->kube = NULL;
	if (!result.stopped)
		snprintf(result.error, sizeof(result.error), "%s", kube->error);
	call_over(call, &result);
}

static void deadline_over(void *arg)
{
	struct prom_call *call = arg;
	struct prom_result result = {0};
	call->timed_out = 1;
	call_over(call, &result);
}

/* A call that fails before it was sent says so later, never from inside. */
static void failed_later(void *arg)
{
	struct prom_result result = {0};
	call_over(arg, &result);
}

static int secret_read(const char *path, const char *what, char *out, size_t size, struct err *err)
{
	struct buf buf;
	int result = -1;
	buf_init(&buf, SECRET_MAX);
	if (buf_read_file(&buf, path, err) < 0) {
		err_wrap(err, "%s", what);
	} else {
		size_t len = buf.len;
		while (len > 0 && strchr(" \t\r\n", buf.data[len - 1]))
			len--;
		if (len == 0 || len >= size || memchr(buf.data, '\n', len))
			err_set(err, "%s: %s does not hold one line of fitting length", what, path);
		else
			result = snprintf(out, size, "%.*s", (int)len, buf.data) > 0 ? 0 : -1;
		memset(buf.data, 0, buf.len);
	}
	buf_release(&buf);
	return result;
}

static int credentials_add(struct prom_call *call, struct err *err)
{
	const struct prom_client *client = call->client;
	char secret[8192] = "";
	int result = -1;
	if (client->token_file) {
		if (secret_read(client->token_file, "the token for Prometheus", secret, sizeof(secret), err) < 0)
			goto out;
		vec_push(&call->headers, mem_printf("Authorization: Bearer %s", secret));
	} else if (client->username) {
		struct buf plain, coded;
		if (client->password_file &&
		    secret_read(client->password_file, "the password for Prometheus", secret, sizeof(secret), err) < 0)
			goto out;
		buf_init(&plain, 2 * sizeof(secret));
		buf_init(&coded, 4 * sizeof(secret));
		if (buf_printf(&plain, "%s:%s", client->username, secret) == 0 &&
		    base64_encode(plain.data, plain.len, &coded) == 0)
			vec_push(&call->headers, mem_printf("Authorization: Basic %s", buf_string(&coded)));
		memset(plain.data, 0, plain.len);
		buf_release(&plain);
		buf_release(&coded);
	}
	result = 0;
out:
	memset(secret, 0, sizeof(secret));
	return result;
}

static void call_send(struct prom_call *call)
{
	struct prom_client *client = call->client;
	struct err err = {0};
	call->started = 1;
	client->in_flight++;
	for (size_t i = 0; i < client->headers.len; i++)
		vec_push(&call->headers, mem_copy_string(client->headers.items[i]));
	if (client->server) {
		vec_push(&call->headers, mem_copy_string("Accept: application/json"));
		vec_push(&call->headers, mem_copy_string("User-Agent: flagdeck/" FLAGDECK_VERSION));
		if (call->form)
			vec_push(&call->headers, mem_printf("Content-Type: %s", call->content_type));
		if (credentials_add(call, &err) < 0)
			goto failed;
	}
	vec_push(&call->headers, NULL);
	call->deadline = timer_new(client->loop, deadline_over, call);
	timer_start(call->deadline, call->seconds);
	if (client->server) {
		const struct http_request request = {
			.method = call->method, .path = call->path, .headers = (const char *const *)call->headers.items,
			.body = call->form, .body_len = call->form ? strlen(call->form) : 0, .patience = HTTP_LIST,
			.on_head = http_head, .on_body = http_body, .on_done = http_over, .arg = call,
		};
		call->http = http_send(client->server, &request, &err);
		if (!call->http)
			goto failed;
		return;
	}
	const struct client_request request = {
		.method = call->method, .path = call->path, .headers = (const char *const *)call->headers.items,
		.content_type = call->form ? call->content_type : NULL, .body = call->form,
		.body_len = call->form ? strlen(call->form) : 0, .patience = HTTP_LIST, .on_body = kube_body,
		.on_done = kube_over, .arg = call,
	};
	call->kube = client_send(client->kube, &request);
	return;
failed:
	call->trouble = err;
	timer_free(call->deadline);
	call->deadline = timer_new(client->loop, failed_later, call);
	timer_start(call->deadline, 0);
}

static void calls_start(void *arg)
{
	struct prom_client *client = arg;
	for (size_t i = 0; i < client->calls.len && client->in_flight < PROM_IN_FLIGHT; i++) {
		struct prom_call *call = client->calls.items[i];
		if (!call->started)
			call_send(call);
	}
}

static struct prom_call *call_new(struct prom_client *client, double seconds, void *arg)
{
	struct prom_call *call = mem_new(sizeof(*call));
	call->client = client;
	call->seconds = seconds > 0 ? seconds : CALL_SECONDS;
	call->arg = arg;
	call->content_type = "application/x-www-form-urlencoded";
	buf_init(&call->body, ANSWER_MAX);
	vec_init(&call->headers);
	vec_push(&client->calls, call);
	/* In the same turn of the loop, but not from inside: several calls of one moment go out together. */
	if (!timer_is_running(client->starter))
		timer_start(client->starter, 0);
	return call;
}

static char *escaped(const char *text)
{
	size_t size = 3 * strlen(text) + 1;
	char *room = mem_new(size);
	struct text out = text_in(room, size);
	text_add_escaped(&out, text);
	return room;
}

struct prom_call *prom_query(struct prom_client *client, const struct prom_query *query)
{
	struct prom_call *call = call_new(client, query->timeout, query->arg);
	char *expr = escaped(query->expr), times[160] = "", limit[40] = "";
	const char *prefix = client->prefix ? client->prefix : "", *api = "/api/v1/query";
	if (query->step_ms > 0) {
		int64_t end = query->end_ms - query->end_ms % query->step_ms, start = query->start_ms;
		if ((end - start) / query->step_ms > POINTS_MAX)
			start = end - POINTS_MAX * query->step_ms;
		start -= start % query->step_ms;
		snprintf(times, sizeof(times), "&start=%.3f&end=%.3f&step=%.3f", (double)start / 1000, (double)end / 1000,
		         (double)query->step_ms / 1000);
		api = "/api/v1/query_range";
	} else if (query->at_ms) {
		snprintf(times, sizeof(times), "&time=%.3f", (double)query->at_ms / 1000);
	}
	if (query->timeout > 0)
		snprintf(limit, sizeof(limit), "&timeout=%.0fs", query->timeout < 1 ? 1 : query->timeout);
	/* Through the API server a GET needs fewer rights; a long expression fits no URL. */
	if (strlen(expr) > (client->server ? LONG_QUERY : 2 * LONG_QUERY)) {
		call->method = mem_copy_string("POST");
		call->path = mem_printf("%s%s", prefix, api);
		call->form = mem_printf("query=%s%s%s%s", expr, times, limit, client->parameters);
	} else {
		call->path = mem_printf("%s%s?query=%s%s%s%s", prefix, api, expr, times, limit, client->parameters);
	}
	call->answer = answer_new(&query->events);
	call->done = query->done;
	free(expr);
	return call;
}

struct prom_call *prom_send(struct prom_client *client, const char *method, const char *path, const char *body,
                            void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                            void *arg)
{
	struct prom_call *call = call_new(client, 0, arg);
	call->method = mem_copy_string(method);
	call->path = mem_printf("%s%s", client->prefix ? client->prefix : "", path);
	call->form = mem_copy_string(body);
	call->content_type = "application/json";
	call->got = done;
	return call;
}

void prom_cancel(struct prom_call *call)
{
	if (call)
		call_free(call);
}

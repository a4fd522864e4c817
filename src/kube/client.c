/* SPDX-License-Identifier: MIT */
/*
 * A call goes through: credential (may wait for a plugin) → HTTP → on 401 once more with what the
 * credential has then. The HTTP server object is made with the first credential, because the
 * client certificate belongs to it, and updated when that certificate changes.
 */
#include "kube/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/vec.h"

enum { ERROR_BODY_MAX = 64 << 10, ANSWER_MAX = 8 << 20 };

struct client {
	struct loop *loop;
	struct http *http;
	struct credential *credential;
	struct http_endpoint endpoint; /* strings below are ours */
	struct http_server *server;    /* NULL until the first credential came */
	uint64_t tls_generation;
	struct vec calls; /* struct client_call * */
};

struct client_call {
	struct client *client;
	struct client_request request; /* strings are ours */
	struct credential_wait *wait;
	struct http_call *http;
	struct timer *later; /* gives a result that was known at once */
	struct client_result result;
	struct buf error_body;
	uint64_t generation;
	int retried, status;
	int page; /* what comes is a web page */
	/* Of client_get and client_post: the answer, gathered, and who wants it. */
	struct buf answer;
	void (*gathered)(void *arg, const struct client_result *result, const char *answer, size_t len);
	void *gathered_arg;
};

static void call_start(struct client_call *call);

static void call_free(struct client_call *call)
{
	if (call->wait)
		credential_cancel(call->wait);
	if (call->http)
		http_cancel(call->http);
	vec_remove_item(&call->client->calls, call);
	timer_free(call->later);
	buf_release(&call->error_body);
	buf_release(&call->answer);
	free((char *)call->request.method);
	free((char *)call->request.path);
	free((char *)call->request.accept);
	free((char *)call->request.content_type);
	free((char *)call->request.body);
	free(call);
}

static void call_finish(struct client_call *call)
{
	void (*const on_done)(void *, const struct client_result *) = call->request.on_done;
	void (*const gathered)(void *, const struct client_result *, const char *, size_t) = call->gathered;
	void *arg = gathered ? call->gathered_arg : call->request.arg;
	struct client_result result = call->result;
	struct buf answer = call->answer;
	buf_init(&call->answer, ANSWER_MAX);
	call_free(call); /* before the callback: it may free the client */
	if (gathered && result.outcome == HTTP_STOPPED && !result.error[0])
		snprintf(result.error, sizeof(result.error), "the answer is over %d MiB", ANSWER_MAX >> 20);
	if (gathered)
		gathered(arg, &result, buf_string(&answer), answer.len);
	else
		on_done(arg, &result);
	buf_release(&answer);
}

static void call_finish_now(void *arg)
{
	call_finish(arg);
}

static void call_fail(struct client_call *call, int expired, const char *words)
{
	call->result = (struct client_result){.outcome = HTTP_FAILED, .expired = expired, .retry_after = -1};
	snprintf(call->result.error, sizeof(call->result.error), "%s", words);
	timer_start(call->later, 0);
}

/* A web page where an API should be is somebody else's. */
static int is_page(const char *content_type)
{
	return content_type && strncasecmp(content_type, "text/html", 9) == 0;
}

static void call_say_page(struct client_call *call)
{
	snprintf(call->result.error, sizeof(call->result.error),
	         "%s answered with a web page, not as a Kubernetes API server: is there a proxy or a sign-in portal in between?",
	         call->client->endpoint.url);
}

/* The health endpoints' way of telling: a line "[-]etcd failed: reason withheld" for each that fails. */
static int call_failed_checks(const struct client_call *call, char *out, size_t size)
{
	const char *body = buf_string(&call->error_body);
	struct text text = text_in(out, size);
	for (const char *line = body; (line = strstr(line, "[-]")); line += 3) {
		char name[64];
		size_t len = strcspn(line + 3, " \r\n");
		if (line > body && line[-1] != '\n')
			continue;
		utf8_sanitise(name, sizeof(name), line + 3, len < sizeof(name) ? len : sizeof(name) - 1);
		text_printf(&text, text.len ? ", %s" : "the API server says it is not ready: %s", name);
	}
	return text.len > 0;
}

/* What the server says about an error: a Status object, or at least the number. */
static void call_read_status(struct client_call *call, const char *redirect)
{
	struct client_result *result = &call->result;
	cJSON *json = json_parse_heap(buf_string(&call->error_body), call->error_body.len, NULL);
	const char *message = json_string(json, "message"), *reason = json_string(json, "reason");
	/* Behind the service proxy others speak: Prometheus says "error", Alertmanager a bare string. */
	if (!message)
		message = cJSON_IsString(json) ? json->valuestring : json_string(json, "error");
	if (reason)
		utf8_sanitise(result->reason, sizeof(result->reason), reason, strlen(reason));
	if (message && *message) {
		int len = snprintf(result->error, sizeof(result->error), "%d: ", result->status);
		utf8_sanitise(result->error + len, sizeof(result->error) - (size_t)len, message, strlen(message));
	} else if (call_failed_checks(call, result->error, sizeof(result->error))) {
		; /* said */
	} else if (redirect && *redirect) {
		snprintf(result->error, sizeof(result->error),
		         "%s answered %d, a redirect to %s, which is not followed: is there a proxy or a sign-in portal in between?",
		         call->client->endpoint.url, result->status, redirect);
	} else {
		snprintf(result->error, sizeof(result->error), "%s answered %d%s", call->client->endpoint.url, result->status,
		         result->status >= 500 ? " (the server has trouble)" : "");
	}
	cJSON_Delete(json);
}

static void call_http_head(void *arg, int status, const char *content_type)
{
	struct client_call *call = arg;
	call->status = status;
	call->page = is_page(content_type);
	if (status >= 200 && status < 300 && call->request.on_head && !call->page)
		call->request.on_head(call->request.arg, status);
}

static int call_http_body(void *arg, const char *bytes, size_t len)
{
	struct client_call *call = arg;
	if (call->page && call->status < 300)
		return 1;
	if (call->status >= 200 && call->status < 300)
		return call->request.on_body(call->request.arg, bytes, len);
	return buf_add(&call->error_body, bytes, len) < 0;
}

static void call_http_done(void *arg, const struct http_result *done)
{
	struct client_call *call = arg;
	call->http = NULL;
	if (done->unauthorised && !call->retried) {
		call->retried = 1;
		if (credential_reject(call->client->credential, call->generation)) {
			buf_clear(&call->error_body);
			call_start(call);
			return;
		}
	}
	struct client_result *result = &call->result;
	*result = (struct client_result){
		.outcome = done->outcome, .status = done->status, .refused = done->refused,
		.expired = done->unauthorised, .retry_after = done->retry_after,
	};
	if (done->status >= 300)
		call_read_status(call, done->redirect);
	else if (call->page)
		call_say_page(call);
	else if (done->outcome == HTTP_FAILED)
		snprintf(result->error, sizeof(result->error), "%s", done->error);
	if (result->status == 401)
		snprintf(result->error, sizeof(result->error),
		         "the server does not accept the credentials (401): sign in again, or see `flagdeck doctor`");
	call_finish(call);
}

/* Makes the server, or tells it of a new certificate. */
static int client_prepare(struct client *client, const struct credential_answer *answer, struct err *err)
{
	struct http_endpoint endpoint = client->endpoint;
	if (client->server && answer->tls_generation == client->tls_generation)
		return 0;
	endpoint.cert_pem = answer->cert_pem;
	endpoint.cert_pem_len = answer->cert_pem_len;
	endpoint.key_pem = answer->key_pem;
	endpoint.key_pem_len = answer->key_pem_len;
	if (answer->ca_pem) {
		endpoint.ca_pem = answer->ca_pem;
		endpoint.ca_pem_len = answer->ca_pem_len;
	}
	client->tls_generation = answer->tls_generation;
	if (client->server)
		return http_server_update(client->server, &endpoint, err);
	client->server = http_server_new(client->http, &endpoint, err);
	return client->server ? 0 : -1;
}

static void call_ready(void *arg, const struct credential_answer *answer)
{
	struct client_call *call = arg;
	const struct client_request *request = &call->request;
	struct err err = {0};
	struct vec headers;
	char accept[512], type[128], agent[] = "User-Agent: flagdeck/" FLAGDECK_VERSION;
	call->wait = NULL;
	if (answer->error) {
		call_fail(call, 1, answer->error);
		return;
	}
	if (client_prepare(call->client, answer, &err) < 0) {
		call_fail(call, 0, err.text);
		return;
	}
	call->generation = answer->generation;
	vec_init(&headers);
	snprintf(accept, sizeof(accept), "Accept: %s", request->accept ? request->accept : "application/json");
	vec_push(&headers, accept);
	vec_push(&headers, agent);
	if (request->content_type) {
		snprintf(type, sizeof(type), "Content-Type: %s", request->content_type);
		vec_push(&headers, type);
	}
	for (const char *const *header = request->headers; header && *header; header++)
		vec_push(&headers, (void *)(uintptr_t)*header);
	for (const char *const *header = answer->headers; header && *header; header++)
		vec_push(&headers, (void *)(uintptr_t)*header);
	vec_push(&headers, NULL);
	const struct http_request http = {
		.method = request->method, .path = request->path, .headers = (const char *const *)headers.items,
		.body = request->body, .body_len = request->body_len, .patience = request->patience,
		.fresh = request->fresh, .on_head = call_http_head, .on_body = call_http_body, .on_done = call_http_done,
		.arg = call,
	};
	call->http = http_send(call->client->server, &http, &err);
	vec_release(&headers);
	if (!call->http)
		call_fail(call, 0, err.text);
}

static void call_start(struct client_call *call)
{
	call->status = 0;
	/* Calls back from inside when nothing has to be waited for: `wait` is then set to NULL after. */
	call->wait = credential_get(call->client->credential, call_ready, call);
}

struct client *client_new(const struct client_options *options, struct err *err)
{
	struct client *client = mem_new(sizeof(*client));
	const struct http_endpoint *from = &options->endpoint;
	(void)err;
	client->loop = options->loop;
	client->http = options->http;
	client->credential = options->credential;
	client->endpoint = *from;
	client->endpoint.url = mem_copy_string(from->url);
	client->endpoint.ca_pem = from->ca_pem ? mem_copy(from->ca_pem, from->ca_pem_len) : NULL;
	client->endpoint.tls_name = mem_copy_string(from->tls_name);
	client->endpoint.proxy_url = mem_copy_string(from->proxy_url);
	client->endpoint.cert_pem = client->endpoint.key_pem = NULL;
	vec_init(&client->calls);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	while (client->calls.len > 0)
		call_free(client->calls.items[client->calls.len - 1]);
	if (client->server)
		http_server_free(client->server);
	credential_free(client->credential);
	vec_release(&client->calls);
	free((char *)client->endpoint.url);
	free((char *)client->endpoint.ca_pem);
	free((char *)client->endpoint.tls_name);
	free((char *)client->endpoint.proxy_url);
	free(client);
}

struct client_call *client_send(struct client *client, const struct client_request *request)
{
	struct client_call *call = mem_new(sizeof(*call));
	call->client = client;
	call->request = *request;
	call->request.method = mem_copy_string(request->method);
	call->request.path = mem_copy_string(request->path);
	call->request.accept = mem_copy_string(request->accept);
	call->request.content_type = mem_copy_string(request->content_type);
	call->request.body = request->body ? mem_copy(request->body, request->body_len) : NULL;
	call->later = timer_new(client->loop, call_finish_now, call);
	buf_init(&call->error_body, ERROR_BODY_MAX);
	buf_init(&call->answer, ANSWER_MAX);
	vec_push(&client->calls, call);
	call_start(call);
	return call;
}

void client_cancel(struct client_call *call)
{
	if (call)
		call_free(call);
}

static int gather_body(void *arg, const char *bytes, size_t len)
{
	struct client_call *call = arg;
	return buf_add(&call->answer, bytes, len) < 0;
}

static struct client_call *client_gather(struct client *client, struct client_request *request,
                                         void (*done)(void *arg, const struct client_result *result,
                                                      const char *answer, size_t len),
                                         void *arg)
{
	request->patience = HTTP_CALL;
	request->on_body = gather_body;
	struct client_call *call = client_send(client, request);
	call->request.arg = call;
	call->gathered = done;
	call->gathered_arg = arg;
	return call;
}

struct client_call *client_get(struct client *client, const char *path, const char *accept,
                               void (*done)(void *arg, const struct client_result *result, const char *body, size_t len),
                               void *arg)
{
	struct client_request request = {.path = path, .accept = accept};
	return client_gather(client, &request, done, arg);
}

struct client_call *client_post(struct client *client, const char *method, const char *path, const char *content_type,
                                const char *body,
                                void (*done)(void *arg, const struct client_result *result, const char *answer,
                                             size_t len),
                                void *arg)
{
	struct client_request request = {.method = method, .path = path, .content_type = content_type, .body = body,
	                                 .body_len = body ? strlen(body) : 0};
	return client_gather(client, &request, done, arg);
}

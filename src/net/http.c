/* SPDX-License-Identifier: MIT */
/*
 * The HTTP client's engine. A server has one pool: a curl multi with its connections, its TLS
 * sessions and the set-up they were made with. New credentials make a new pool; the old one is
 * retired and goes with its last call, so nothing ever travels on a connection of old standing.
 *
 * curl forbids adding and removing handles from its own callbacks, and ours may do anything there:
 * send, cancel, free the server. So inside curl such wishes are only noted, and pool_settle, which
 * runs after every visit to curl, fulfils them and then calls on_done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http_internal.h"

struct http_server {
	struct http *http;
	struct http_server *prev, *next;
	struct http_pool *pools; /* the first is current, the others are retired */
};

struct http_socket {
	struct http_pool *pool;
	struct http_socket *prev, *next;
	struct watcher *watcher;
	curl_socket_t fd;
};

enum { KEPT_CONNECTIONS = 32 };

static void http_unref(struct http *http)
{
	if (--http->references)
		return;
	curl_global_cleanup();
	free(http);
}

/* Calls. */

static void call_release(struct http_call *call)
{
	if (call->easy)
		curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	timer_free(call->head_timer);
	free(call);
}

static void call_unlink(struct http_call *call)
{
	if (call->state == CALL_RUNNING)
		curl_multi_remove_handle(call->pool->multi, call->easy);
	if (call->prev)
		call->prev->next = call->next;
	else
		call->pool->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	call->state = CALL_DONE;
}

static void call_finish(struct http_call *call)
{
	struct err sentence = {.text = ""};
	struct http_result result = {0};

	if (call->head_timer)
		timer_stop(call->head_timer);
	if (!call->cancelled) {
		call_describe(call, &result, &sentence);
		result.error = sentence.text;
		call->on_done(call->arg, &result);
	}
	call_release(call);
}

/* Pools. */

static void pool_free(struct http_pool *pool)
{
	struct http_socket *socket;

	if (pool->server)
		for (struct http_pool **link = &pool->server->pools; *link; link = &(*link)->next)
			if (*link == pool) {
				*link = pool->next;
				break;
			}
	curl_multi_cleanup(pool->multi);
	curl_share_cleanup(pool->share);
	while ((socket = pool->sockets)) {
		pool->sockets = socket->next;
		watcher_free(socket->watcher);
		free(socket);
	}
	timer_free(pool->timer);
	target_release(&pool->target);
	http_unref(pool->http);
	free(pool);
}

static void pool_add(struct http_pool *pool, struct http_call *call)
{
	const struct http_limits *limits = &pool->http->limits[call->patience];
	CURLMcode code = curl_multi_add_handle(pool->multi, call->easy);

	if (code != CURLM_OK) {
		call->code = CURLE_FAILED_INIT;
		call->state = CALL_ENDED;
		pool->dirty = 1;
		timer_start(pool->timer, 0); /* on_done is never called from http_send */
		return;
	}
	call->state = CALL_RUNNING;
	if (call->head_timer)
		timer_start(call->head_timer, limits->head);
}

static void pool_collect(struct http_pool *pool)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left))) {
		struct http_call *call = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		curl_multi_remove_handle(pool->multi, call->easy);
		call->code = code;
		call->state = CALL_ENDED;
		pool->dirty = 1;
	}
}

/* The first call that is due for something, for the callbacks change the list as they like. */
static struct http_call *pool_next(struct http_pool *pool)
{
	struct http_call *call;

	for (call = pool->calls; call; call = call->next)
		if (call->cancelled || call->state == CALL_WAITING || call->state == CALL_ENDED)
			break;
	return call;
}

static void pool_settle(struct http_pool *pool)
{
	struct http_call *call;

	if (pool->in_curl || pool->settling)
		return;
	pool->settling = 1;
	pool_collect(pool);
	while (pool->dirty) {
		call = pool_next(pool);
		if (!call) {
			pool->dirty = 0;
		} else if (call->state == CALL_WAITING && !call->cancelled) {
			pool_add(pool, call);
		} else {
			call_unlink(call);
			call_finish(call);
		}
	}
	pool->settling = 0;
	if (pool->retired && !pool->calls)
		pool_free(pool);
}

static void pool_visit(struct http_pool *pool, curl_socket_t fd, int events)
{
	int running;

	pool->in_curl = 1;
	curl_multi_socket_action(pool->multi, fd, events, &running);
	pool->in_curl = 0;
	pool_settle(pool);
}

static void timer_fired(void *arg)
{
	pool_visit(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void socket_ready(void *arg, int events)
{
	struct http_socket *socket = arg;

	pool_visit(socket->pool, socket->fd,
	           (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

/* curl's wish for a timer: only ever arms it, for acting here would re-enter curl. */
static int want_timer(CURLM *multi, long ms, void *arg)
{
	struct http_pool *pool = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(pool->timer);
	else
		timer_start(pool->timer, (double)ms / 1000.0);
	return 0;
}

static void socket_free(struct http_socket *socket)
{
	if (socket->prev)
		socket->prev->next = socket->next;
	else
		socket->pool->sockets = socket->next;
	if (socket->next)
		socket->next->prev = socket->prev;
	watcher_free(socket->watcher);
	free(socket);
}

/* curl's wish for a socket to be watched, differently or no more. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http_pool *pool = arg;
	struct http_socket *socket = known;
	int events = (what == CURL_POLL_IN || what == CURL_POLL_INOUT ? LOOP_READ : 0) |
	             (what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? LOOP_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			socket_free(socket);
		curl_multi_assign(pool->multi, fd, NULL);
		return 0;
	}
	if (socket) {
		watcher_set(socket->watcher, events);
		return 0;
	}
	socket = mem_new(sizeof(*socket));
	socket->pool = pool;
	socket->fd = fd;
	socket->next = pool->sockets;
	if (socket->next)
		socket->next->prev = socket;
	pool->sockets = socket;
	socket->watcher = watcher_new(pool->http->loop, fd, events, socket_ready, socket);
	curl_multi_assign(pool->multi, fd, socket);
	return 0;
}

static struct http_pool *pool_new(struct http *http, const struct http_endpoint *endpoint, struct err *err)
{
	struct http_target target;
	struct http_pool *pool;

	if (target_init(&target, endpoint, err))
		return NULL;
	pool = mem_new(sizeof(*pool));
	pool->target = target;
	pool->multi = curl_multi_init();
	pool->share = curl_share_init();
	if (!pool->multi || !pool->share ||
	    curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
		err_set(err, "cannot set up connections to %s: libcurl does not start", target.shown);
		curl_multi_cleanup(pool->multi);
		curl_share_cleanup(pool->share);
		target_release(&pool->target);
		free(pool);
		return NULL;
	}
	pool->http = http;
	http->references++;
	pool->timer = timer_new(http->loop, timer_fired, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
	curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	return pool;
}

static void pool_retire(struct http_pool *pool)
{
	pool->retired = 1;
	pool_settle(pool);
}

/* The client. */

struct http *http_new(struct loop *loop, struct err *err)
{
	struct http *http;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, "cannot start the HTTP client: libcurl or its TLS library does not start");
		return NULL;
	}
	http = mem_new(sizeof(*http));
	http->loop = loop;
	http->references = 1;
	/* Older ones report aborted HTTP/2 bodies as complete and stall whole connections. */
	http->version = curl_version_info(CURLVERSION_NOW)->version_num < 0x080e01 ? CURL_HTTP_VERSION_1_1
	                                                                           : CURL_HTTP_VERSION_2TLS;
	http->limits[HTTP_CALL] = (struct http_limits){.connect = 10, .whole = 15};
	http->limits[HTTP_LIST] = (struct http_limits){.connect = 10, .silence = 30, .whole = 600};
	http->limits[HTTP_STREAM] = (struct http_limits){.connect = 10, .head = 200};
	return http;
}

void http_set_limits(struct http *http, enum http_patience patience, const struct http_limits *limits)
{
	http->limits[patience] = *limits;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->servers)
		http_server_free(http->servers);
	http_unref(http);
}

uint64_t http_received(const struct http *http)
{
	return http->received;
}

/* Servers. */

struct http_server *http_server_new(struct http *http, const struct http_endpoint *endpoint, struct err *err)
{
	struct http_pool *pool = pool_new(http, endpoint, err);
	struct http_server *server;

	if (!pool)
		return NULL;
	server = mem_new(sizeof(*server));
	server->http = http;
	server->pools = pool;
	pool->server = server;
	server->next = http->servers;
	if (server->next)
		server->next->prev = server;
	http->servers = server;
	return server;
}

int http_server_update(struct http_server *server, const struct http_endpoint *endpoint, struct err *err)
{
	struct http_pool *fresh = pool_new(server->http, endpoint, err);

	if (!fresh)
		return -1;
	/* The old one stays in the list while it has calls, so that http_server_free finds them. */
	fresh->server = server;
	fresh->next = server->pools;
	server->pools = fresh;
	pool_retire(fresh->next);
	return 0;
}

void http_server_free(struct http_server *server)
{
	struct http_pool *pool, *next;

	if (!server)
		return;
	if (server->prev)
		server->prev->next = server->next;
	else
		server->http->servers = server->next;
	if (server->next)
		server->next->prev = server->prev;
	for (pool = server->pools; pool; pool = next) {
		next = pool->next;
		pool->server = NULL;
		for (struct http_call *call = pool->calls; call; call = call->next)
			call->cancelled = 1;
		pool->dirty = 1;
		pool_retire(pool);
	}
	free(server);
}

static void head_missed(void *arg)
{
	struct http_call *call = arg;
	struct http_pool *pool = call->pool;

	curl_multi_remove_handle(pool->multi, call->easy);
	call->head_late = 1;
	call->code = CURLE_OPERATION_TIMEDOUT;
	call->state = CALL_ENDED;
	pool->dirty = 1;
	pool_settle(pool);
}

struct http_call *http_send(struct http_server *server, const struct http_request *request, struct err *err)
{
	struct http_pool *pool = server->pools;
	struct http_call *call = mem_new(sizeof(*call));

	call->pool = pool;
	call->patience = request->patience;
	call->retry_after = -1;
	call->on_head = request->on_head;
	call->on_body = request->on_body;
	call->on_done = request->on_done;
	call->arg = request->arg;
	if (call_set_up(call, request, err)) {
		call_release(call);
		return NULL;
	}
	if (pool->http->limits[call->patience].head > 0)
		call->head_timer = timer_new(pool->http->loop, head_missed, call);
	call->next = pool->calls;
	if (call->next)
		call->next->prev = call;
	pool->calls = call;
	call->state = CALL_WAITING;
	if (pool->in_curl)
		pool->dirty = 1;
	else
		pool_add(pool, call);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call || call->state == CALL_DONE)
		return;
	call->cancelled = 1;
	if (call->head_timer)
		timer_stop(call->head_timer);
	call->pool->dirty = 1;
	pool_settle(call->pool);
}

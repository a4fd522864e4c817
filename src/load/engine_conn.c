/* SPDX-License-Identifier: MIT */
/*
 * A connection and HTTP/1.1 on it. It reads into the worker's one buffer and writes from the request's
 * one text, so that an idle connection costs its struct and nothing else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine_internal.h"

void conn_watch(struct conn *conn, int events)
{
	if (ev_is_active(&conn->io) && (conn->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(conn->worker->loop, &conn->io);
	ev_io_set(&conn->io, conn->io.fd, events);
	if (events)
		ev_io_start(conn->worker->loop, &conn->io);
}

static enum run_error error_of(int code)
{
	switch (code) {
	case ECONNREFUSED:
		return RUN_ERROR_REFUSED;
	case ETIMEDOUT:
		return RUN_ERROR_CONNECT_TIMEOUT;
	case ECONNRESET:
	case EPIPE:
		return RUN_ERROR_RESET;
	default:
		return RUN_ERROR_UNREACHABLE;
	}
}

void conn_close(struct conn *conn)
{
	struct worker *worker = conn->worker;
	if (conn->state == CONN_CLOSED)
		return;
	worker_idle_remove(worker, conn);
	if (conn->flush) {
		struct conn **at = &worker->flush_first;
		while (*at && *at != conn)
			at = &(*at)->flush_next;
		if (*at)
			*at = conn->flush_next;
		conn->flush = 0;
	}
	ev_io_stop(worker->loop, &conn->io);
	h2_end(conn);
	tls_end(conn);
	close(conn->io.fd);
	free(conn->out_own);
	conn->out_own = NULL;
	conn->out_len = 0;
	*(conn->state == CONN_OPEN ? &worker->open : &worker->connecting) -= 1;
	conn->state = CONN_CLOSED;
}

void conn_fail(struct conn *conn, enum run_error error, const char *fmt, ...)
{
	struct worker *worker = conn->worker;
	int was_connecting = conn->state == CONN_CONNECTING || conn->state == CONN_TLS, had = 0;
	char text[160];
	va_list args;
	if (fmt) {
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		engine_note(worker->engine, error, "%s: %s", worker->engine->profile->target, text);
	}
	if (conn->flight.active) {
		had = 1;
		worker_flight_end(worker, &conn->flight, (int)error);
	}
	if (conn->h2)
		had |= h2_drop(conn, error);
	conn_close(conn);
	if (was_connecting)
		worker_connect_failed(worker, conn, error);
	else if (had && worker->engine->profile->users > 0)
		worker_answered(worker, conn);
}

/* --- bytes --- */

int conn_flush(struct conn *conn)
{
	while (conn->out_len > 0) {
		ssize_t done = conn_write(conn, conn->out, conn->out_len);
		if (done == -2) {
			conn_watch(conn, EV_READ | EV_WRITE);
			return 0;
		}
		if (done < 0) {
			conn_fail(conn, RUN_ERROR_RESET, "writing: %s", strerror(errno));
			return -1;
		}
		conn->out += done;
		conn->out_len -= (size_t)done;
	}
	free(conn->out_own);
	conn->out_own = NULL;
	conn_watch(conn, EV_READ);
	return 0;
}

/* --- HTTP/1.1 --- */

void flight_header(struct flight *flight, const char *name, size_t name_len, const char *value,
                   size_t value_len)
{
	const struct profile *profile = flight->conn->worker->engine->profile;
	const struct profile_header *wanted = &profile->requests[flight->request].expect.header;
	if (wanted->name && strlen(wanted->name) == name_len &&
	    strncasecmp(wanted->name, name, name_len) == 0 &&
	    memmem(value, value_len, wanted->value, strlen(wanted->value)))
		flight->header_seen = 1;
}

void flight_body(struct flight *flight, const char *bytes, size_t len)
{
	const struct profile *profile = flight->conn->worker->engine->profile;
	const struct profile_expect *expect = &profile->requests[flight->request].expect;
	if (!expect->contains && !expect->lacks)
		return;
	if (!flight->body) {
		flight->body = mem_new(sizeof(*flight->body));
		buf_init(flight->body, ENGINE_BODY);
	}
	size_t left = ENGINE_BODY - flight->body->len;
	(void)!buf_add(flight->body, bytes, len < left ? len : left);
}

static void watch_header(void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
	flight_header(arg, name, name_len, value, value_len);
}

static void watch_body(void *arg, const char *bytes, size_t len)
{
	flight_body(arg, bytes, len);
}

static void h1_render(struct conn *conn, const struct payload *payload)
{
	struct worker *worker = conn->worker;
	struct buf *text = &worker->scratch, *body = &worker->scratch_body;
	const char *method = payload->request->method;
	buf_clear(text);
	buf_clear(body);
	template_render(&payload->head, worker->number, text);
	template_render(&payload->body, worker->number, body);
	if (payload->request->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0)
		(void)!buf_printf(text, "Content-Length: %zu\r\n", body->len);
	(void)!buf_add(text, "\r\n", 2);
	(void)!buf_add(text, buf_string(body), body->len);
	conn->out_own = mem_copy(buf_string(text), text->len);
	conn->out = conn->out_own;
	conn->out_len = text->len;
}

void conn_send(struct conn *conn, int64_t intended)
{
	struct worker *worker = conn->worker;
	if (conn->h2) {
		h2_send(conn, intended);
		return;
	}
	worker_flight_begin(worker, &conn->flight, conn, intended);
	const struct payload *payload = &worker->engine->payloads[conn->flight.request];
	response_begin(&conn->response, payload->to_head);
	if (payload->wire) {
		conn->out = payload->wire;
		conn->out_len = payload->wire_len;
	} else {
		h1_render(conn, payload);
	}
	conn->used = 1;
	conn_flush(conn);
}

/* A whole answer is there. */
static void h1_answered(struct conn *conn, int more)
{
	struct worker *worker = conn->worker;
	int keeps = response_keeps(&conn->response) && conn->out_len == 0;
	conn->flight.status = conn->response.status;
	worker_flight_end(worker, &conn->flight, -1);
	if (more) {
		/* Bytes that nobody asked for would be taken for the next answer. */
		engine_note(worker->engine, RUN_ERROR_PROTOCOL, "%s: bytes behind the end of an answer",
		            worker->engine->profile->target);
		keeps = 0;
	}
	if (!keeps)
		conn_close(conn);
	worker_answered(worker, conn);
}

static void h1_bytes(struct conn *conn, const char *bytes, size_t len)
{
	struct worker *worker = conn->worker;
	struct flight *flight = &conn->flight;
	const struct response_watch watch = {watch_header, watch_body, flight};
	size_t used;
	if (!flight->active) {
		conn_close(conn); /* an answer to nothing */
		return;
	}
	flight->bytes += len;
	switch (response_feed(&conn->response, bytes, len, &used,
	                      worker->engine->payloads[flight->request].looks ? &watch : NULL)) {
	case RESPONSE_BAD:
		conn_fail(conn, RUN_ERROR_PROTOCOL, "the answer is no HTTP/1.1");
		break;
	case RESPONSE_DONE:
		h1_answered(conn, used < len);
		break;
	default:
		break;
	}
}

static void h1_ended(struct conn *conn)
{
	if (!conn->flight.active) {
		conn_close(conn); /* an idle connection was closed: the target's good right */
		if (conn->worker->engine->profile->users > 0)
			return; /* its user is in the heap and opens it anew */
		return;
	}
	if (response_ends(&conn->response))
		h1_answered(conn, 0);
	else
		conn_fail(conn, RUN_ERROR_CLOSED,
		          conn->response.started ? "the connection ended within an answer"
		                                 : "the connection ended before an answer");
}

static void h1_readable(struct conn *conn)
{
	struct worker *worker = conn->worker;
	for (int again = 0; again < 4 && conn->state == CONN_OPEN; again++) {
		ssize_t got = conn_read(conn, worker->room, ENGINE_ROOM);
		if (got == -2)
			return;
		if (got == 0) {
			h1_ended(conn);
			return;
		}
		if (got < 0) {
			if (conn->flight.active)
				conn_fail(conn,
				          errno == ECONNRESET || errno == EPIPE ? RUN_ERROR_RESET
				                                                : RUN_ERROR_TLS,
				          "reading: %s", errno ? strerror(errno) : "TLS failed");
			else
				conn_close(conn);
			return;
		}
		h1_bytes(conn, worker->room, (size_t)got);
		if (got < ENGINE_ROOM && !conn->ssl)
			return; /* there is no more now: spares a call that would say so */
	}
}

/* --- the connection's life --- */

void conn_established(struct conn *conn)
{
	struct worker *worker = conn->worker;
	worker->connecting--;
	worker->open++;
	worker->tally->counts.connects++;
	conn->state = CONN_OPEN;
	conn->since = worker->now;
	conn_watch(conn, EV_READ);
	if (worker->engine->profile->protocol == PROTOCOL_HTTP2 && h2_begin(conn) < 0)
		return;
	if (worker->engine->profile->users == 0)
		worker_idle_add(worker, conn);
	else if (!worker->draining)
		conn_send(conn, conn->due > 0 && worker->now - conn->due < engine_second * 60 ? conn->due
		                                                                              : worker->now);
}

static void connected(struct conn *conn)
{
	int code = 0;
	socklen_t size = sizeof(code);
	if (getsockopt(conn->io.fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
		code = errno;
	if (code) {
		conn_fail(conn, error_of(code), "connecting: %s", strerror(code));
		return;
	}
	if (!conn->worker->engine->tls) {
		conn_established(conn);
		return;
	}
	conn->state = CONN_TLS;
	if (tls_begin(conn) == 0)
		tls_go_on(conn);
}

static void conn_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *conn = io->data;
	struct worker *worker = conn->worker;
	(void)loop;
	worker_clock(worker);
	if (conn->state == CONN_CONNECTING) {
		connected(conn);
	} else if (conn->state == CONN_TLS) {
		tls_go_on(conn);
	} else {
		if ((events & EV_WRITE) && conn->state == CONN_OPEN &&
		    (conn->h2 ? h2_flush(conn) : conn_flush(conn)) < 0)
			goto out;
		if (conn->state == CONN_OPEN && conn->h2)
			h2_readable(conn);
		else if (conn->state == CONN_OPEN)
			h1_readable(conn);
	}
out:
	worker_dispatch(worker);
}

int conn_open(struct conn *conn)
{
	struct worker *worker = conn->worker;
	struct engine *engine = worker->engine;
	int address = worker->address++ % engine->address_count, yes = 1;
	const struct sockaddr *to = (const struct sockaddr *)&engine->addresses[address];
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		engine_note(engine, RUN_ERROR_UNREACHABLE, "the generator cannot make a socket: %s",
		            strerror(errno));
		worker_connect_failed(worker, conn, RUN_ERROR_UNREACHABLE);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	ev_io_init(&conn->io, conn_ready, fd, EV_WRITE);
	conn->io.data = conn;
	conn->state = CONN_CONNECTING;
	conn->since = worker->now;
	conn->used = conn->ending = 0;
	worker->connecting++;
	if (connect(fd, to, engine->address_sizes[address]) < 0 && errno != EINPROGRESS) {
		conn_fail(conn, error_of(errno), "connecting: %s", strerror(errno));
		return -1;
	}
	ev_io_start(worker->loop, &conn->io);
	return 0;
}

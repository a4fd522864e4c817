/* SPDX-License-Identifier: MIT */
/*
 * The loopback server's connections. Each has an input buffer, an output queue and at most one
 * call; the next request is looked at when the answer before it is sent. A connection closes only
 * from its own event or from the sweep, a timer of zero, so never under the feet of a handler that
 * stops the server while it answers: that one finds it marked, and frees it on the way out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "server_internal.h"

enum { BACKLOG = 256, PIECE = 64 * 1024, KEPT_ROOM = 1024 * 1024, ACCEPTS = 32 };

static void connection_free(struct connection *connection)
{
	buf_release(&connection->in);
	buf_release(&connection->out);
	free(connection);
}

/* Ends the connection at once, tells the call, and leaves the rest to a handler that still runs. */
static void connection_close(struct connection *connection, int reset)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	struct server *server = connection->server;
	struct server_call *call = connection->call;

	connection->server = NULL;
	connection->call = NULL;
	if (connection->prev)
		connection->prev->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next)
		connection->next->prev = connection->prev;
	watcher_free(connection->watcher);
	SSL_free(connection->ssl);
	if (reset)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(connection->fd);
	if (call && call->closed)
		call->closed(call->closed_arg);
	free(call);
	if (!connection->busy)
		connection_free(connection);
}

static void sweep(void *arg)
{
	struct server *server = arg;
	struct connection *connection = server->connections;

	/* A `closed` callback may change the list, so it starts anew after each. */
	while (connection) {
		if (connection->doomed) {
			connection_close(connection, 1);
			connection = server->connections;
		} else {
			connection = connection->next;
		}
	}
}

void connection_watch(struct connection *connection)
{
	int pending = connection->out.len > connection->sent || connection->after != QUEUE_KEEP;
	int full = connection->in.len > SERVER_HEAD_MAX + SERVER_BODY_MAX;

	if (!connection->server)
		return;
	if (connection->doomed)
		timer_start(connection->server->sweep, 0);
	if (connection->doomed)
		watcher_set(connection->watcher, 0);
	else if (connection->frozen)
		watcher_set(connection->watcher, connection->out.len > connection->sent ? LOOP_WRITE : 0);
	else
		watcher_set(connection->watcher, (full ? 0 : LOOP_READ) | connection->tls_waits |
		                                     (pending && !connection->finned ? LOOP_WRITE : 0));
}

void connection_queue(struct connection *connection, const void *bytes, size_t len)
{
	if (connection->frozen || connection->doomed || !connection->server)
		return;
	if (connection->sent > KEPT_ROOM && connection->sent > connection->out.len / 2) {
		buf_consume(&connection->out, connection->sent);
		connection->sent = 0;
	}
	if (buf_add(&connection->out, bytes, len))
		connection->doomed = 1;
}

/* Sends what the socket takes. Returns -1 when the connection is closed. */
static int connection_flush(struct connection *connection)
{
	struct buf *out = &connection->out;

	while (connection->sent < out->len) {
		long got =
		    connection_send(connection, out->data + connection->sent, out->len - connection->sent);

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			connection_close(connection, 0);
			return -1;
		}
		connection->sent += (size_t)got;
	}
	connection->sent = 0;
	if (out->cap > KEPT_ROOM)
		buf_release(out);
	else
		buf_clear(out);
	if (connection->after == QUEUE_RESET) {
		connection_close(connection, 1);
		return -1;
	}
	if (connection->after == QUEUE_CLOSE && !connection->finned) {
		connection->finned = 1;
		if (connection->ssl)
			SSL_shutdown(connection->ssl);
		shutdown(connection->fd, SHUT_WR);
	}
	return 0;
}

static void refuse(struct connection *connection, int status)
{
	struct parsed parsed = {.request = {.method = ""}};

	call_reply(call_new(connection, &parsed), status, "text/plain", NULL, "", 0);
}

/* Hands the requests that are there to the handler, one at a time. Returns -1 when it is closed. */
static int connection_serve(struct connection *connection)
{
	struct parsed parsed;
	int status;

	while (!connection->call && connection->after == QUEUE_KEEP && connection->in.len &&
	       !connection->frozen && connection->out.len == connection->sent) {
		struct server *server = connection->server;
		long used = request_parse(&connection->in, &parsed, &status);

		if (used == 0) {
			if (parsed.wants_continue && !connection->continued)
				connection_queue(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
			connection->continued |= parsed.wants_continue;
			break;
		}
		if (used < 0) {
			refuse(connection, status);
			break;
		}
		connection->continued = 0;
		connection->busy = 1;
		server->options.handle(server->options.arg, call_new(connection, &parsed), &parsed.request);
		connection->busy = 0;
		if (!connection->server) {
			connection_free(connection);
			return -1;
		}
		buf_consume(&connection->in, (size_t)used);
		if (connection->in.len == 0 && connection->in.cap > KEPT_ROOM)
			buf_release(&connection->in);
	}
	return 0;
}

/* Takes in what is there. Returns -1 when the connection is closed. */
static int connection_read(struct connection *connection)
{
	char piece[PIECE];

	for (int i = 0; i < 16; i++) { /* then others get their turn */
		long got = connection->finned ? recv(connection->fd, piece, sizeof(piece), 0)
		                              : connection_recv(connection, piece, sizeof(piece));

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			connection_close(connection, 0);
			return -1;
		}
		if (connection->after != QUEUE_KEEP)
			continue; /* we are leaving: nothing more is answered */
		if (buf_add(&connection->in, piece, (size_t)got)) {
			connection_close(connection, 1);
			return -1;
		}
		if (connection->in.len > SERVER_HEAD_MAX + SERVER_BODY_MAX)
			return 0;
	}
	return 0;
}

/* TLS keeps decrypted bytes back that no event of the socket will announce. */
static int tls_holds(const struct connection *connection)
{
	return connection->ssl && SSL_pending(connection->ssl) > 0;
}

static void connection_ready(void *arg, int events)
{
	struct connection *connection = arg;

	if (connection->frozen) {
		if (!connection->doomed && connection_flush(connection) == 0)
			connection_watch(connection);
		return;
	}
	do {
		if ((events & LOOP_READ || connection->tls_waits || tls_holds(connection)) &&
		    connection_read(connection))
			return;
		if (connection_serve(connection))
			return;
		if (!connection->doomed && connection_flush(connection))
			return;
		/* The answer may have gone out whole: then a pipelined request is next. */
		if (connection_serve(connection))
			return;
	} while (tls_holds(connection) && connection->in.len <= SERVER_HEAD_MAX + SERVER_BODY_MAX &&
	         !connection->frozen && !connection->doomed);
	connection_watch(connection);
}

static void connection_add(struct server *server, int fd)
{
	struct connection *connection = mem_new(sizeof(*connection));
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connection->server = server;
	connection->fd = fd;
	buf_init(&connection->in, SERVER_HEAD_MAX + SERVER_BODY_MAX + 16 * PIECE);
	buf_init(&connection->out, SERVER_QUEUE_MAX);
	if (server->tls) {
		connection->ssl = SSL_new(server->tls);
		if (connection->ssl) {
			SSL_set_fd(connection->ssl, fd);
			SSL_set_accept_state(connection->ssl);
		}
	}
	connection->next = server->connections;
	if (connection->next)
		connection->next->prev = connection;
	server->connections = connection;
	connection->watcher = watcher_new(server->loop, fd, LOOP_READ, connection_ready, connection);
	if (server->tls && !connection->ssl)
		connection_close(connection, 1);
}

static void listener_ready(void *arg, int events)
{
	struct server *server = arg;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		connection_add(server, fd);
	}
}

static int server_listen(struct server *server, struct err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
	socklen_t len = sizeof(address);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return err_set(err, "cannot listen on 127.0.0.1: %s", strerror(errno));
	setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server->fd, (struct sockaddr *)&address, sizeof(address)) || listen(server->fd, BACKLOG) ||
	    getsockname(server->fd, (struct sockaddr *)&address, &len)) {
		err_set(err, "cannot listen on 127.0.0.1:%d: %s%s", server->port, strerror(errno),
		        errno == EADDRINUSE ? "; choose another port, or 0 for a free one" : "");
		close(server->fd);
		server->fd = -1;
		return -1;
	}
	server->port = ntohs(address.sin_port);
	server->watcher = watcher_new(server->loop, server->fd, server->options.asleep ? 0 : LOOP_READ, listener_ready, server);
	return 0;
}

void server_wake(struct server *server)
{
	server->options.asleep = 0;
	if (server->watcher)
		watcher_set(server->watcher, LOOP_READ);
}

static void server_stop(struct server *server)
{
	watcher_free(server->watcher);
	server->watcher = NULL;
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
	while (server->connections)
		connection_close(server->connections, 1);
}

struct server *server_new(struct loop *loop, const struct server_options *options, struct err *err)
{
	struct server *server = mem_new(sizeof(*server));

	server->loop = loop;
	server->options = *options;
	server->port = options->port;
	server->fd = -1;
	if ((options->cert_pem && !(server->tls = server_tls_new(options, err))) ||
	    server_listen(server, err)) {
		SSL_CTX_free(server->tls);
		free(server);
		return NULL;
	}
	/* The texts are the caller's and may go now. */
	server->options.cert_pem = server->options.key_pem = server->options.client_ca_pem = NULL;
	server->sweep = timer_new(loop, sweep, server);
	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_stop(server);
	timer_free(server->sweep);
	SSL_CTX_free(server->tls);
	free(server);
}

int server_port(const struct server *server)
{
	return server->port;
}

int server_set_listening(struct server *server, int listening, struct err *err)
{
	if (!listening)
		server_stop(server);
	else if (server->fd < 0)
		return server_listen(server, err);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#ifndef NET_SERVER_INTERNAL_H
#define NET_SERVER_INTERNAL_H

/* What the files of the loopback server share. Nothing outside src/net/server*.c includes it. */

#include <openssl/ssl.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/server.h"

enum {
	SERVER_HEAD_MAX = 64 * 1024,
	SERVER_BODY_MAX = 4 * 1024 * 1024,
	SERVER_QUEUE_MAX = 256 * 1024 * 1024, /* a peer that reads nothing is reset here */
};

/* What becomes of a connection when its queue is sent. */
enum after_queue {
	QUEUE_KEEP,
	QUEUE_CLOSE, /* FIN, then wait for the peer's, so that it is no reset */
	QUEUE_RESET,
};

struct connection {
	struct server *server; /* NULL: closed, freed when `busy` ends */
	struct connection *prev, *next;
	int fd;
	struct watcher *watcher;
	SSL *ssl;
	int tls_waits; /* LOOP_WRITE when a TLS read has to write first */
	struct buf in, out;
	size_t sent; /* bytes of out that are gone */
	struct server_call *call;
	enum after_queue after;
	int finned;    /* our FIN is out: only the peer's end is awaited */
	int frozen;    /* what was queued before still goes out */
	int continued; /* 100 Continue was said for the request that is coming in */
	int busy;      /* its handler runs */
	int doomed;    /* to be reset by the sweep */
};

struct server_call {
	struct connection *connection;
	int keep_alive; /* what the request asked for */
	int chunks;     /* the answer is framed in chunks */
	int is_head;    /* HEAD: no body is sent */
	void (*closed)(void *arg);
	void *closed_arg;
};

struct server {
	struct loop *loop;
	struct server_options options;
	SSL_CTX *tls;
	int port;
	int fd; /* -1 while not listening */
	struct watcher *watcher;
	struct connection *connections;
	struct timer *sweep; /* closes what is doomed, outside any call of the answering side */
};

/* server.c */
void connection_queue(struct connection *connection, const void *bytes, size_t len);
void connection_watch(struct connection *connection);

/* server_parse.c: a whole request at the front of `in`. Returns the bytes it takes, 0 when more
 * must come, or -1 and a status to answer with. The request's strings are cut out of `in` in
 * place and live until the bytes are consumed. */
struct parsed {
	struct server_request request;
	int keep_alive, version10;
	int wants_continue; /* with a result of 0: "Expect: 100-continue" was sent and the body waits */
};
long request_parse(struct buf *in, struct parsed *parsed, int *status);

/* server_call.c */
struct server_call *call_new(struct connection *connection, const struct parsed *parsed);

/* server_tls.c */
SSL_CTX *server_tls_new(const struct server_options *options, struct err *err);
/* As recv and send: -1 with EAGAIN in errno when it has to wait. */
long connection_recv(struct connection *connection, void *out, size_t size);
long connection_send(struct connection *connection, const void *bytes, size_t len);

#endif

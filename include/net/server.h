/* SPDX-License-Identifier: MIT */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <stddef.h>

#include "base/err.h"
#include "net/loop.h"

/*
 * A small HTTP/1.1 server on the loop, for the embedded platform and the tests' doubles; loopback
 * only. TLS when a certificate is given. Keep-alive, chunked answers, bounded heads (64 KiB) and
 * bodies (4 MiB). Answers can be slow, cut or malformed on purpose: that is what it is for.
 */
struct server;
struct server_call; /* one request being answered */

struct server_request {
	const char *method;
	const char *path;   /* decoded, without query */
	const char *query;  /* raw, "" when none */
	const char *headers; /* raw head lines, for server_header */
	const char *body;
	size_t body_len;
};


struct server_options {
	int port;                     /* 0: a free one */
	const char *cert_pem, *key_pem; /* NULL: plain HTTP */
	int asleep;                   /* accepts nobody until server_wake; who connects waits */
	const char *client_ca_pem;    /* demand a client certificate that one of these vouches for */
	/* Called when a request is complete; answer now or later, exactly once, through the call. */
	void (*handle)(void *arg, struct server_call *call, const struct server_request *request);
	void *arg;
};

struct server *server_new(struct loop *loop, const struct server_options *options, struct err *err);
void server_wake(struct server *server);
void server_free(struct server *server); /* closes every connection; `closed` callbacks run */
int server_port(const struct server *server);
/* Stops or resumes accepting, to play a dead server; existing connections are reset when stopping. */
int server_set_listening(struct server *server, int listening, struct err *err) MUST_USE;

/* A query parameter, percent-decoded, or NULL. Writes to out. */
const char *server_query(const struct server_request *request, const char *name, char *out, size_t size);
/* A header's value by name (any case), trimmed, or NULL. Writes to out. */
const char *server_header(const struct server_request *request, const char *name, char *out, size_t size);

/* Tells the answering side that the peer went away or that the server is freed; the call is gone
 * after the callback. */
void call_on_closed(struct server_call *call, void (*closed)(void *arg), void *arg);
/* A whole answer. extra_headers: lines "Name: value\r\n", or NULL. The call is gone afterwards. */
void call_reply(struct server_call *call, int status, const char *content_type, const char *extra_headers,
                const char *body, size_t len);
/* A streamed answer, chunked. call_end finishes it; the call is gone afterwards. */
void call_begin(struct server_call *call, int status, const char *content_type, const char *extra_headers);
void call_write(struct server_call *call, const char *bytes, size_t len);
void call_end(struct server_call *call);
/* Faults: bytes as they are (no framing); end of the connection with a clean FIN and without the
 * final chunk; or with a reset. The call is gone after the last two. */
void call_write_raw(struct server_call *call, const char *bytes, size_t len);
void call_cut(struct server_call *call);
void call_reset(struct server_call *call);
/* Silence: nothing is sent or read from now on, the connection stays open (half-open peer). */
void call_freeze(struct server_call *call);
/* Bytes not yet taken by the peer. */
size_t call_pending(const struct server_call *call);

/* A self-signed certificate for 127.0.0.1, ::1 and localhost and any extra DNS names. PEM strings to free(). */
int server_certificate(const char *const *names, char **cert_pem, char **key_pem, struct err *err) MUST_USE;

#endif

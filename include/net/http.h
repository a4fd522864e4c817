/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

/*
 * HTTP client: a curl multi on the loop. HTTP/1.1 only while libcurl is older than 8.14.1 (its
 * HTTP/2 reported aborted bodies as complete and stalled whole connections). No redirects, no
 * signals, no environment proxies but by Go's rules (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, loopback
 * always exempt).
 */
struct http;

/* How to reach a server. Copied by http_server_new; strings may be NULL. */
struct http_endpoint {
	const char *url;          /* https://host:port[/prefix], no trailing slash needed */
	const char *ca_pem;       /* trust exactly this; NULL with https: the system's store */
	size_t ca_pem_len;
	const char *cert_pem, *key_pem; /* client certificate, both or neither */
	size_t cert_pem_len, key_pem_len;
	int insecure;             /* no verification */
	const char *tls_name;     /* name to verify and send as SNI instead of the URL's host */
	const char *proxy_url;    /* http, https, socks5 (resolves remotely), socks5h */
	int no_compression;
};

/* One server: its TLS set-up and its pool of connections. */
struct http_server;

enum http_patience {
	HTTP_CALL,   /* a small answer: connect 10 s, whole call 15 s */
	HTTP_LIST,   /* a big body: connect 10 s, 1 B/s for 30 s, whole 10 min */
	/* Watches and logs: connect 10 s, no limit after the head. The head within 200 s: proxies hold it
	 * back until the first bytes, and a quiet watch gets a bookmark about once a minute. */
	HTTP_STREAM,
};

enum http_outcome {
	HTTP_DONE,       /* a whole answer came */
	HTTP_FAILED,     /* no connection, TLS, timeout, reset, cut body: see `error` */
	HTTP_STOPPED,    /* on_body returned non-zero */
};

struct http_result {
	enum http_outcome outcome;
	int status;              /* 0 when no head came */
	int refused;             /* connection refused (retry soon and keep state) */
	int unauthorised;        /* TLS refused our certificate, or status 401 */
	double retry_after;      /* seconds of Retry-After, -1 when absent */
	uint64_t received;       /* body bytes */
	const char *error;       /* HTTP_FAILED: a sentence for people, host included; else "" */
	const char *redirect;    /* of a status 3xx: scheme and host of where it points to; "" otherwise */
};

struct http_request {
	const char *method;             /* NULL: GET */
	const char *path;               /* with query, appended to the endpoint's url */
	const char *const *headers;     /* "Name: value", NULL-terminated; may be NULL */
	const char *body;               /* may be NULL */
	size_t body_len;
	enum http_patience patience;
	int fresh;                      /* a connection of its own, not from the pool */
	void (*on_head)(void *arg, int status, const char *content_type);    /* may be NULL */
	int (*on_body)(void *arg, const char *bytes, size_t len);            /* non-zero: stop */
	void (*on_done)(void *arg, const struct http_result *result);
	void *arg;
};

/* Seconds; 0: no limit. http_new sets what enum http_patience says. */
struct http_limits {
	double connect; /* name look-up, TCP, proxy and TLS together */
	double head;    /* from sending to the end of the answer's head; for HTTP_STREAM only */
	double silence; /* less than a byte a second for so long */
	double whole;
};

struct http *http_new(struct loop *loop, struct err *err);
/* For the calls that are sent from now on. */
void http_set_limits(struct http *http, enum http_patience patience, const struct http_limits *limits);
void http_free(struct http *http); /* cancels what is left */

struct http_server *http_server_new(struct http *http, const struct http_endpoint *endpoint, struct err *err);
/* Takes new trust and client certificate; closes idle connections, later calls use fresh ones. */
int http_server_update(struct http_server *server, const struct http_endpoint *endpoint, struct err *err) MUST_USE;
void http_server_free(struct http_server *server); /* cancels its calls without callbacks */

/* Copies the request. on_done is called exactly once, from the loop, never from inside http_send;
 * the handle is gone after it. NULL and err when the request is malformed. */
struct http_call *http_send(struct http_server *server, const struct http_request *request, struct err *err);
/* No callback after this. Allowed from the call's own callbacks (takes effect at their return). */
void http_cancel(struct http_call *call);

/* Bytes received on all calls so far, for `doctor` and benchmarks. */
uint64_t http_received(const struct http *http);

#endif

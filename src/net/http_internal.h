/* SPDX-License-Identifier: MIT */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

/* What the files of the HTTP client share. Nothing outside src/net/http*.c includes it. */

#include <curl/curl.h>

#include "net/http.h"

/* Where a pool's calls go and how: worked out once from the endpoint, then never changed. */
struct http_target {
	int tls, insecure, gzip;
	char *base;        /* what URLs begin with; holds the TLS name when one is set */
	char *shown;       /* scheme://host:port, for people */
	char *host_header; /* the real host, when base holds another; or NULL */
	struct curl_slist *connect_to;
	char *user, *password; /* of the URL, or NULL */
	char *proxy;           /* "": none */
	char *proxy_shown;
	struct curl_blob ca, cert, key; /* data NULL: none */
};

struct http {
	struct loop *loop;
	struct http_server *servers;
	struct http_limits limits[HTTP_STREAM + 1];
	long version; /* CURL_HTTP_VERSION_* */
	uint64_t received;
	int references; /* the owner's one and one for each pool */
};

struct http_pool {
	struct http *http;
	struct http_server *server; /* NULL once that is freed */
	struct http_target target;
	CURLM *multi;
	CURLSH *share;
	struct timer *timer;
	struct http_socket *sockets;
	struct http_call *calls;
	struct http_pool *next; /* of the same server, older */
	int in_curl;            /* inside curl_multi_socket_action: handles may not be added or removed */
	int settling;
	int dirty;   /* some call waits, was cancelled or has ended */
	int retired; /* freed with its last call */
};

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_ENDED, CALL_DONE };

struct http_call {
	struct http_pool *pool;
	struct http_call *prev, *next;
	CURL *easy;
	struct curl_slist *headers;
	struct timer *head_timer; /* HTTP_STREAM only */
	enum http_patience patience;
	enum call_state state;
	int cancelled, stopped, head_late;
	int once;     /* POST, PATCH: never sent twice */
	int attempts; /* how often the request was put on a connection */
	int repeated; /* a second attempt was refused */
	int status, head_seen;
	int in_head; /* a status line came, the blank line not yet */
	double retry_after;
	uint64_t received;
	CURLcode code;
	char content_type[128];
	char redirect[256];
	char curl_error[CURL_ERROR_SIZE];
	void (*on_head)(void *arg, int status, const char *content_type);
	int (*on_body)(void *arg, const char *bytes, size_t len);
	void (*on_done)(void *arg, const struct http_result *result);
	void *arg;
};

/* http_target.c */
int target_init(struct http_target *target, const struct http_endpoint *endpoint, struct err *err) MUST_USE;
void target_release(struct http_target *target);

/* http_setup.c: checks the request and writes it into call->easy and call->headers. */
int call_set_up(struct http_call *call, const struct http_request *request, struct err *err) MUST_USE;

/* http_error.c */
/* Fills outcome, status, refused, unauthorised; for a failure writes the sentence to `sentence`. */
void call_describe(struct http_call *call, struct http_result *result, struct err *sentence);
/* A URL that may not parse, for people: without user info, path and query, sanitised. */
void url_shown(const char *url, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "kube/credential.h"
#include "net/http.h"

/*
 * Requests to one cluster's API server with its credentials: waits for the plugin or token file,
 * sends, and after a 401 asks the credential for a new one and sends once more. What a Status
 * object says of an error is read and put into words.
 */
struct client;
struct client_call;

struct client_result {
	enum http_outcome outcome;
	int status;             /* HTTP, or 0 */
	int refused;            /* connection refused */
	int expired;            /* the credentials are refused, or none could be got */
	double retry_after;     /* seconds, -1 when absent */
	char reason[64];        /* of the Status object: "Expired", "Forbidden", …; "" when none */
	char error[400];        /* in words; "" when the status is 2xx and the body whole */
};

struct client_request {
	const char *method;     /* NULL: GET */
	const char *path;       /* with query */
	const char *accept;     /* NULL: application/json */
	const char *content_type; /* of body */
	const char *const *headers; /* more of them, NULL-terminated, the caller's until on_done; may be NULL */
	const char *body;
	size_t body_len;
	enum http_patience patience;
	int fresh;
	void (*on_head)(void *arg, int status); /* 2xx only; may be NULL */
	int (*on_body)(void *arg, const char *bytes, size_t len); /* 2xx only; non-zero stops */
	void (*on_done)(void *arg, const struct client_result *result);
	void *arg;
};

struct client_options {
	struct loop *loop;
	struct http *http;
	struct credential *credential; /* the client takes it over */
	struct http_endpoint endpoint; /* copied; client certificate comes from the credential */
};

struct client *client_new(const struct client_options *options, struct err *err);
void client_free(struct client *client); /* cancels its calls without callbacks */
/* Never calls back from inside. The handle is gone after on_done. */
struct client_call *client_send(struct client *client, const struct client_request *request);
void client_cancel(struct client_call *call);

/* A whole small answer in memory: at most 8 MiB, NUL-terminated, valid during the call. */
struct client_call *client_get(struct client *client, const char *path, const char *accept,
                               void (*done)(void *arg, const struct client_result *result, const char *body, size_t len),
                               void *arg);
/* The same for a body to send. */
struct client_call *client_post(struct client *client, const char *method, const char *path, const char *content_type,
                                const char *body,
                                void (*done)(void *arg, const struct client_result *result, const char *answer,
                                             size_t len),
                                void *arg);

#endif

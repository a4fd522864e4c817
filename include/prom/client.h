/* SPDX-License-Identifier: MIT */
#ifndef PROM_CLIENT_H
#define PROM_CLIENT_H

#include <stdint.h>

#include "kube/client.h"
#include "net/http.h"
#include "prom/answer.h"

/*
 * One server that speaks Prometheus' HTTP API, or Alertmanager's: by its own URL, or as a Service behind a
 * cluster's API server. At most PROM_IN_FLIGHT requests are under way at a time, the others wait in
 * order.
 */
enum { PROM_IN_FLIGHT = 8, PROM_HEADERS = 16 };

/* Strings stay the caller's; NULL or 0: not set. Files are read again for each request, or, for TLS, when
 * the client is made. */
struct prom_access {
	const char *url;           /* "https://host/prefix" */
	const char *service;       /* "[https:]namespace/name[:port][/prefix]", through the API server */
	const char *headers[PROM_HEADERS + 1]; /* "Name: value", NULL-terminated */
	const char *org_id;        /* X-Scope-OrgID */
	const char *token_file;    /* of a bearer token */
	const char *username, *password_file;
	const char *ca_file, *cert_file, *key_file;
	int insecure;
	int partial_response, dedup; /* Thanos: 1 yes, -1 no, 0 not said */
};

struct prom_client;
struct prom_call;

struct prom_result {
	int failed;          /* `error` says why; what came before it may have been told */
	int status;          /* HTTP, or 0 */
	int denied;          /* 401 or 403 */
	int stopped;         /* the series callback had enough */
	char error[400];     /* "" when all is well */
	char partial[300];   /* the server's warning, or what was left out; "" without */
	const struct answer_head *head; /* of a query; NULL for prom_get */
};

struct prom_query {
	const char *expr;
	int64_t at_ms;                   /* instant: 0 is the server's now */
	int64_t start_ms, end_ms, step_ms; /* a range when step_ms > 0: aligned, at most 11,000 points */
	double timeout;                  /* seconds; 0: the server's */
	struct answer_events events;
	void (*done)(void *arg, const struct prom_result *result);
	void *arg;
};

struct prom_client_options {
	struct loop *loop;
	struct http *http;
	struct client *kube;             /* for access->service; stays the caller's */
	const struct prom_access *access; /* copied */
};

struct prom_client *prom_client_new(const struct prom_client_options *options, struct err *err);
void prom_client_free(struct prom_client *client); /* cancels its calls without callbacks; NULL is fine */
/* For people: without credentials. */
const char *prom_client_where(const struct prom_client *client);

/* Never calls back from inside. The handle is gone after `done`. */
struct prom_call *prom_query(struct prom_client *client, const struct prom_query *query);
/* Any other request: a whole answer of at most 8 MiB. `path` is under the server's prefix. */
struct prom_call *prom_send(struct prom_client *client, const char *method, const char *path, const char *body,
                            void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                            void *arg);
void prom_cancel(struct prom_call *call); /* NULL is fine */

#endif

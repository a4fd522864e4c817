/* SPDX-License-Identifier: MIT */
#ifndef PROM_DISCOVER_H
#define PROM_DISCOVER_H

#include <stddef.h>

#include "kube/client.h"

/*
 * Services of a cluster that look like a Prometheus or an Alertmanager: by the labels that charts and
 * operators give them, else by the names they usually have. They are candidates: whether one answers
 * is for the caller to try, in their order.
 */
enum discover_what { DISCOVER_PROMETHEUS, DISCOVER_ALERTMANAGER };
enum { DISCOVER_MAX = 8, DISCOVER_NAME = 320 };

struct discover_found {
	char services[DISCOVER_MAX][DISCOVER_NAME]; /* as in struct prom_access */
	size_t count;
	char error[300];  /* why it could not be looked everywhere; "" when all is well */
};

struct discover;

/* Calls back exactly once, later; `found` is valid during the call. */
struct discover *discover_start(struct client *client, enum discover_what what,
                                void (*done)(void *arg, const struct discover_found *found), void *arg);
void discover_cancel(struct discover *discover); /* NULL is fine */

/* A ServiceList: adds those that fit, best first, none twice. */
int discover_decode(struct discover_found *found, enum discover_what what, const char *body, size_t len,
                    struct err *err) MUST_USE;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TRACER_H
#define TRACE_TRACER_H

#include "base/log.h"
#include "model/fleet.h"
#include "store/db.h"
#include "trace/chain.h"

/*
 * Keeps the chain of every service up to date: looks again at what may have changed, tells the
 * timeline as stages are passed or hang, keeps chains that have ended, and knows what is usual.
 */
struct tracer;

struct tracer_options {
	struct fleet *fleet;
	struct db *db;    /* NULL: nothing is kept; stays the caller's */
	struct log *log;  /* may be NULL */
	/* A commit that the clusters name and no repository has. May be NULL. */
	void (*want)(void *arg, const char *sha);
	void *arg;
};

struct tracer *tracer_new(const struct tracer_options *options);
void tracer_free(struct tracer *tracer); /* before the fleet; NULL is fine */

/* After fleet_settle, and every second or so: what only time decides is looked at too. Returns
 * whether a chain changed; then the fleet is to be settled again, so that views see a new version. */
int tracer_update(struct tracer *tracer);
/* Follows this commit for the service from now on, whole or abbreviated; NULL: the newest again. */
void tracer_follow(struct tracer *tracer, const struct service *service, const char *sha);

#endif

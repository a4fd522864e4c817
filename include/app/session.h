/* SPDX-License-Identifier: MIT */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "model/fleet.h"
#include "net/http.h"
#include "net/loop.h"

struct kube_access;
struct source;
struct credential_cache;
struct prom_config;
struct config_metrics;
struct prom_source;

/*
 * The clusters somebody works on, connected: the loop, HTTP, credentials, the model and one source
 * a cluster. The console and the commands that read clusters are both built on it.
 */

/* A context of the kubeconfig, resolved, with what the configuration says about it. */
struct session_context {
	const char *name;
	const char *env, *region; /* NULL or "": nothing is said */
	int protected;
	const struct prom_config *prometheus; /* NULL: nothing is said */
	const struct kube_access *access; /* NULL: it could not be resolved, `error` says why */
	const char *error;
};

struct session_options {
	const struct session_context *contexts;
	size_t context_count;
	const char *service_label, *team_label; /* NULL: the usual ones */
	const struct config_metrics *metrics;   /* NULL: no metrics are read */
	int only_ask;                           /* only the metrics' servers are looked for: no watches, no rounds */
	const struct clock *clock;              /* NULL: clock_system */
	struct log *log;                        /* may be NULL; stays the caller's */
	int (*borrow_terminal)(void *arg, int take); /* for interactive plugins; NULL: there is none */
	void (*changed)(void *arg);             /* the model was written: cheap and frequent; may be NULL */
	void *arg;
};

struct session {
	struct loop *loop;
	struct http *http;
	struct credential_cache *credentials;
	struct fleet *fleet;
	struct source **sources; /* by cluster, in the order of fleet->clusters; NULL: cannot work at all */
	size_t source_count;
	int only_ask;
	struct prom_source **meters; /* likewise; all NULL without options->metrics */
};

/*
 * Builds everything but asks nobody yet: rows of the last run can be put into the fleet before
 * session_start. A context that cannot work becomes a cluster that says why; only a missing loop
 * or HTTP client fails the session.
 */
struct session *session_new(const struct session_options *options, struct err *err);
void session_free(struct session *session); /* NULL is fine */
void session_start(struct session *session);
/* Runs the loop until every cluster is complete or cannot be, at most that long; then settles the
 * fleet. Returns 0, or -1 when the time was over before. */
int session_wait(struct session *session, double seconds) MUST_USE;
/* The same, for the kinds that rows of services do without too. */
int session_wait_whole(struct session *session, double seconds) MUST_USE;
/* The same for the first values of the metrics: 0, or -1 when some have not come. */
int session_wait_metrics(struct session *session, double seconds) MUST_USE;
/* The source of a cluster; NULL when it has none. */
struct source *session_source(const struct session *session, const struct cluster *cluster);
struct prom_source *session_meter(const struct session *session, const struct cluster *cluster);

#endif

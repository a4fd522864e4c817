/* SPDX-License-Identifier: MIT */
#ifndef PROM_SOURCE_H
#define PROM_SOURCE_H

#include "base/log.h"
#include "model/fleet.h"
#include "prom/client.h"
#include "prom/preset.h"

/*
 * The Prometheus of one cluster as a source of facts. Where no access is configured it looks for a
 * Service behind the cluster's API server. Then it probes once which presets have series, and from
 * then on asks one grouped query a metric for the whole fleet, every interval, jittered, while it is
 * not paused. What goes wrong is a state of the cluster's metrics, with words; values that are there
 * stay and are marked old.
 */
struct prom_source;
struct slo_rule;

/* What the configuration says of a cluster's Prometheus. Strings stay the caller's. */
struct prom_config {
	int off;                   /* do not look for one */
	struct prom_access access; /* url and service NULL: discover */
	struct prom_access alertmanager; /* url and service NULL: discover */
	const char *preset;        /* of the requests; NULL: the first found */
	const char *match;         /* matchers of this cluster's series: cluster="eu-prod"; NULL: all */
	const char *window;        /* NULL: 5m */
	double interval;           /* seconds; 0: 30 */
};

struct prom_source_options {
	struct loop *loop;
	struct http *http;
	const struct clock *clock;
	struct log *log;
	struct cluster *cluster;
	struct client *kube;             /* NULL: only a URL can work */
	const struct prom_config *config; /* NULL: discover all; outlives the source */
	const struct preset *own;        /* presets of the configuration, tried first; outlive the source */
	size_t own_count;
	const struct slo_rule *slos;     /* service level objectives; outlive the source */
	size_t slo_count;
	double patience;                 /* seconds for an answer; 0: 10 */
	int only_find;                   /* find the server and its presets, and ask no more */
	void (*changed)(void *arg);      /* the model was written */
	void *arg;
};

struct prom_source *prom_source_new(const struct prom_source_options *options);
void prom_source_free(struct prom_source *source); /* NULL is fine */
void prom_source_start(struct prom_source *source);
/* Nobody looks: no rounds until somebody does again; then one at once when it is due. */
void prom_source_pause(struct prom_source *source, int paused);
/* Whether a round is over, or it is known that none can be. */
int prom_source_settled(const struct prom_source *source);
/* Its alerts. */
struct alerting;
struct alerting *prom_source_alerting(const struct prom_source *source);
/* NULL while none was found. */
struct prom_client *prom_source_client(const struct prom_source *source);
/* The preset in use for a metric; NULL: none tells it. `scope` is filled with this source's. */
const struct preset *prom_source_preset(const struct prom_source *source, enum metric metric, struct preset_scope *scope);
unsigned long prom_source_rounds(const struct prom_source *source); /* that are over */
/* Queries sent so far, for benchmarks and `doctor`. */
size_t prom_source_queries(const struct prom_source *source);

#endif

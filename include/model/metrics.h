/* SPDX-License-Identifier: MIT */
#ifndef MODEL_METRICS_H
#define MODEL_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct cluster;
struct fleet;
struct service;

/*
 * What a service does, as its cluster's Prometheus tells it: the value of now and the last hour of
 * it. Absent (nobody measured it), NaN (measured, and no number: 0 errors of 0 requests) and zero
 * are three different things everywhere. Units: requests and errors a second, ratios from 0 to 1,
 * milliseconds, cores, bytes.
 */
enum metric {
	METRIC_RPS,
	METRIC_ERRORS,      /* failed requests a second; the ratio is derived from it */
	METRIC_ERROR_RATIO,
	METRIC_P50,
	METRIC_P99,
	METRIC_CPU,
	METRIC_MEMORY,
	METRIC_THROTTLED,   /* share of CPU periods in which it was held back */
	METRIC_KEPT,        /* those above have a history */
	METRIC_CPU_REQUEST = METRIC_KEPT,
	METRIC_CPU_LIMIT,
	METRIC_MEMORY_REQUEST,
	METRIC_MEMORY_LIMIT,
	METRICS
};

struct metric_info {
	const char *key;   /* in configuration and JSON: "p99Ms" */
	const char *title; /* for people: "p99" */
	const char *unit;  /* behind numbers: "ms"; "" for none */
	int worst;         /* parts of a service are not added: the largest stands for it */
};
extern const struct metric_info metric_infos[METRICS];

enum { METRIC_HISTORY = 120, METRIC_STEP_MS = 30000 }; /* an hour in steps of half a minute */

struct metric_value {
	int64_t at_ms;  /* when it was measured, by the server's clock; 0: absent */
	double value;   /* may be NaN or infinite */
	double adding;  /* of the round under way */
	int parts;      /* added in it so far */
};

/*
 * A service level objective and how it stands. A burn rate of 1 uses the error budget up exactly when
 * the window is over; the windows of the rates are 5 m, 30 m, 1 h and 6 h.
 */
enum { SLO_BURNS = 4 };
struct service_slo {
	double objective, window_ms;
	double ratio;            /* of errors over the window; NaN: not known */
	double burn[SLO_BURNS];  /* NaN: not known */
	int64_t at_ms;
};

/* Of one service; on the heap, made with its first value. About 4 KiB. */
struct service_metrics {
	struct metric_value now[METRICS];
	struct service_slo *slo;                      /* NULL: it has none */
	int64_t last_step[METRIC_KEPT];               /* at / METRIC_STEP_MS of the newest; 0: none */
	float history[METRIC_KEPT][METRIC_HISTORY];   /* ring by step; NaN: a gap */
};

/* How the metrics of a cluster stand. */
enum metering {
	METERING_OFF,      /* not asked for, or nothing answers as a Prometheus */
	METERING_LOOKING,
	METERING_LIVE,
	METERING_PARTIAL,  /* the server warned, or part of the queries failed */
	METERING_STALE,    /* values are there and old */
	METERING_FAILED,
	METERINGS
};
extern const char *const metering_words[METERINGS]; /* "off", "looking", "live", … */

struct cluster_metrics {
	enum metering state;
	char words[240];     /* why it is not live; "" when it is */
	char source[200];    /* where from: a URL without credentials, or "Service monitoring/prometheus" */
	char preset[48];     /* of the requests; "" without */
	int64_t heard_ms;    /* wall clock of the last good answer */
	int64_t interval_ms; /* between two rounds */
	int64_t skew_ms;     /* the server's clock less ours */
	double rps, errors;  /* of all its services; rps is NaN while nothing is known */
};

/* What is told of a service. */
const struct metric_value *service_metric(const struct service *service, enum metric metric); /* NULL: absent */
/* The value; `absent` when there is none. */
double service_metric_or(const struct service *service, enum metric metric, double absent);
/* Whether the value is older than its cluster's rounds explain. */
int service_metric_is_old(const struct service *service, enum metric metric);
/* The newest `count` steps of the history, the oldest first, to `out`; gaps are NaN. Ends at `now_ms`. */
void service_metric_history(const struct service *service, enum metric metric, int64_t now_ms, double *out, size_t count);

/*
 * Writing, for sources. A round of one metric: begin, add for each part of each service (pods,
 * workloads), commit. What had no part in it is absent from then on.
 */
void metrics_begin(struct cluster *cluster, enum metric metric);
void metrics_add(struct service *service, enum metric metric, double value);
void metrics_commit(struct cluster *cluster, enum metric metric, int64_t at_ms);
void metrics_set_state(struct cluster *cluster, enum metering state, const char *words);

/* burn -1: the ratio over the objective's window, else the index of a burn rate's window. */
void slo_put(struct service *service, double objective, double window_ms, int burn, int64_t at_ms, double ratio);
/* What is left of the error budget, 1 to minus much; NaN: not known. */
double slo_budget(const struct service *service);
/* The burn rate that pages by several windows: the lower of 1 h and 5 m, or of 6 h and 30 m where that is
 * nearer to its threshold (14.4 and 6). NaN: not known. */
double slo_burn(const struct service *service);
/* 2: page (over 14.4 or 6), 1: ticket (over 1), 0: neither. */
int slo_urgency(const struct service *service);
void service_metrics_free(struct service_metrics *metrics); /* NULL is fine */

/* What a label pair of a series names. */
enum metric_target { TARGET_SERVICE, TARGET_WORKLOAD, TARGET_POD };
/* The service that it belongs to, NULL when there is none. Flagger's X-primary and X-canary are X. */
struct service *metrics_find(const struct cluster *cluster, enum metric_target target, const char *namespace,
                             const char *name);

/* "live", "stale 2m: connection refused", … */
void metering_describe(const struct cluster *cluster, struct text *out);

/* Prices; 0 where nothing is configured. */
struct prices {
	double vcpu_hour, gib_hour, million_requests;
	char currency[8];
};
/* What the service costs an hour, by the larger of what it uses and what it asked for; NaN when there
 * is no price or nothing to price. */
double service_cost(const struct service *service);
double fleet_team_cost(const struct fleet *fleet, const char *team); /* interned; NaN as above */

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include <stdint.h>

#include "base/vec.h"
#include "plan.h"

/*
 * How much the services are used and how they answer, as functions of time: nothing is sampled or
 * stored, whoever asks for last week gets it computed. What does not follow from the hour are surges,
 * incidents, and how many pods there are now.
 */
enum { TRAFFIC_CLUSTERS = 3 };

struct surge { /* more or less traffic for a while */
	int cluster;           /* -1: all */
	const char *namespace; /* NULL: all */
	double factor;
	int64_t from_ms, to_ms, ramp_ms;
};

struct incident { /* from then on, until the next one */
	int64_t from_ms;
	double errors, slower; /* share of answers added; factor of latency */
};

struct service_traffic {
	int pods;             /* ready now */
	struct vec incidents; /* struct incident * */
};

struct traffic {
	const struct plan *plan;
	int64_t began_ms;
	double shares[TRAFFIC_CLUSTERS];
	struct service_traffic *services[TRAFFIC_CLUSTERS]; /* in the plan's order */
	struct vec surges;                                  /* struct surge * */
};

void traffic_init(struct traffic *traffic, const struct plan *plan, const double *shares, int64_t now_ms);
void traffic_release(struct traffic *traffic);
void traffic_surge(struct traffic *traffic, const struct surge *surge); /* copied */
/* How the service answers from now on. Does nothing when that is how it is. */
void traffic_incident(struct traffic *traffic, int cluster, size_t service, int64_t now_ms, double errors, double slower);

double traffic_rps(const struct traffic *traffic, int cluster, size_t service, int64_t ms);
/* Share of its capacity: 0.7 is what autoscalers aim at, 1 is all of it. */
double traffic_load(const struct traffic *traffic, int cluster, size_t service, int64_t ms);
double traffic_errors(const struct traffic *traffic, int cluster, size_t service, int64_t ms); /* share */
double traffic_median(const struct traffic *traffic, int cluster, size_t service, int64_t ms); /* seconds */
/* The share of answers within that time. */
double traffic_within(double median, double seconds);
double traffic_pod_cpu(const struct traffic *traffic, int cluster, size_t service, int64_t ms, uint64_t pod); /* cores */
double traffic_pod_memory(const struct traffic *traffic, int cluster, size_t service, int64_t ms, uint64_t pod); /* bytes */

#endif

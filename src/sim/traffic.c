/* SPDX-License-Identifier: MIT */
/* The model behind all metrics. Its figures are plausible, and the same for the same question. */
#include "traffic.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define DAY_MS 86400000.0

void traffic_init(struct traffic *traffic, const struct plan *plan, const double *shares, int64_t now_ms)
{
	*traffic = (struct traffic){.plan = plan, .began_ms = now_ms};
	vec_init(&traffic->surges);
	for (int i = 0; i < TRAFFIC_CLUSTERS; i++) {
		traffic->shares[i] = shares[i];
		traffic->services[i] = mem_new_array(plan->count + 1, sizeof(**traffic->services));
		for (size_t k = 0; k < plan->count; k++)
			vec_init(&traffic->services[i][k].incidents);
	}
}

static void items_free(struct vec *vec)
{
	for (size_t i = 0; i < vec->len; i++)
		free(vec->items[i]);
	vec_release(vec);
}

void traffic_release(struct traffic *traffic)
{
	for (int i = 0; i < TRAFFIC_CLUSTERS && traffic->plan; i++) {
		for (size_t k = 0; k < traffic->plan->count; k++)
			items_free(&traffic->services[i][k].incidents);
		free(traffic->services[i]);
	}
	items_free(&traffic->surges);
}

void traffic_surge(struct traffic *traffic, const struct surge *surge)
{
	struct surge *copy = mem_new(sizeof(*copy));
	*copy = *surge;
	vec_push(&traffic->surges, copy);
}

static const struct incident *incident_at(const struct service_traffic *service, int64_t ms)
{
	for (size_t i = service->incidents.len; i-- > 0;) {
		const struct incident *incident = service->incidents.items[i];
		if (incident->from_ms <= ms)
			return incident;
	}
	return NULL;
}

void traffic_incident(struct traffic *traffic, int cluster, size_t service, int64_t now_ms, double errors, double slower)
{
	struct service_traffic *own = &traffic->services[cluster][service];
	const struct incident *last = incident_at(own, now_ms);
	if (fabs((last ? last->errors : 0) - errors) < 0.0005 && fabs((last ? last->slower : 1) - slower) < 0.01)
		return;
	struct incident *incident = mem_new(sizeof(*incident));
	*incident = (struct incident){.from_ms = now_ms, .errors = errors, .slower = slower};
	vec_push(&own->incidents, incident);
}

/* Between 0.35 at four in the night and 1.05 in the evening, by the cluster's own hours. */
static double day_curve(int cluster, double ms)
{
	double hour = fmod(ms / DAY_MS, 1.0) * 24 + (cluster == 1 ? -5 : 1);
	return 0.7 + 0.3 * sin((hour - 10) / 24 * 2 * M_PI) + 0.05 * sin((hour - 3) / 6 * 2 * M_PI);
}

/* Smooth noise around 1: a random value for each period, and between them the way from one to the next. */
static double wobble(uint64_t seed, double ms, double period, double strength)
{
	double at = ms / period, whole = floor(at), part = at - whole;
	double a = mix_fraction(seed ^ (uint64_t)(int64_t)whole), b = mix_fraction(seed ^ (uint64_t)((int64_t)whole + 1));
	part = part * part * (3 - 2 * part);
	return 1 + strength * (2 * (a + (b - a) * part) - 1);
}

static double surge_at(const struct surge *surge, int64_t ms)
{
	double in, out;
	if (ms < surge->from_ms || ms > surge->to_ms + surge->ramp_ms)
		return 1;
	in = surge->ramp_ms > 0 ? (double)(ms - surge->from_ms) / (double)surge->ramp_ms : 1;
	out = surge->ramp_ms > 0 ? (double)(surge->to_ms + surge->ramp_ms - ms) / (double)surge->ramp_ms : 1;
	in = in > 1 ? 1 : in;
	in = out < in ? out : in;
	return 1 + (surge->factor - 1) * in;
}

double traffic_rps(const struct traffic *traffic, int cluster, size_t service, int64_t ms)
{
	const struct plan_service *plan = &traffic->plan->services[service];
	uint64_t seed = mix((uint64_t)plan->number * 977 + (uint64_t)cluster);
	/* Now is taken for an ordinary busy hour, whenever that is: what runs is made for it. */
	double rps = plan->rps * traffic->shares[cluster] * day_curve(cluster, (double)ms) /
	             day_curve(cluster, (double)traffic->began_ms);
	rps *= wobble(seed, (double)ms, 61000, 0.04) * wobble(seed + 1, (double)ms, 307000, 0.05);
	for (size_t i = 0; i < traffic->surges.len; i++) {
		const struct surge *surge = traffic->surges.items[i];
		if ((surge->cluster < 0 || surge->cluster == cluster) &&
		    (!surge->namespace || surge->namespace == plan->namespace))
			rps *= surge_at(surge, ms);
	}
	return rps;
}

double traffic_load(const struct traffic *traffic, int cluster, size_t service, int64_t ms)
{
	int pods = traffic->services[cluster][service].pods;
	return 0.7 * traffic_rps(traffic, cluster, service, ms) /
	       (traffic->plan->services[service].pod_rps * (pods > 0 ? pods : 1));
}

double traffic_errors(const struct traffic *traffic, int cluster, size_t service, int64_t ms)
{
	const struct plan_service *plan = &traffic->plan->services[service];
	const struct service_traffic *own = &traffic->services[cluster][service];
	const struct incident *incident = incident_at(own, ms);
	double errors = plan->errors * wobble(mix((uint64_t)plan->number + 5), (double)ms, 97000, 0.7);
	double load = traffic_load(traffic, cluster, service, ms);
	if (incident)
		errors += incident->errors;
	if (load > 1)
		errors += 1 - 1 / load; /* what does not fit is refused */
	if (own->pods == 0)
		errors = 1;
	return errors > 1 ? 1 : errors;
}

double traffic_median(const struct traffic *traffic, int cluster, size_t service, int64_t ms)
{
	const struct plan_service *plan = &traffic->plan->services[service];
	const struct incident *incident = incident_at(&traffic->services[cluster][service], ms);
	double load = traffic_load(traffic, cluster, service, ms);
	load = load > 0.97 ? 0.97 : load;
	double queue = load * load * load * load / (1 - load);
	return plan->latency * (1 + queue) * (incident ? incident->slower : 1) *
	       wobble(mix((uint64_t)plan->number + 9), (double)ms, 71000, 0.08);
}

double traffic_within(double median, double seconds)
{
	/* Most answers are near the median; one in fifty waited for something. */
	double usual = 0.5 * erfc(-log(seconds / median) / 0.45 / M_SQRT2);
	double slow = 0.5 * erfc(-log(seconds / (4 * median)) / 0.6 / M_SQRT2);
	return 0.98 * usual + 0.02 * slow;
}

double traffic_pod_cpu(const struct traffic *traffic, int cluster, size_t service, int64_t ms, uint64_t pod)
{
	double load = traffic_load(traffic, cluster, service, ms);
	return 0.25 * (load > 1.2 ? 1.2 : load) * wobble(mix(pod), (double)ms, 43000, 0.15) + 0.004;
}

double traffic_pod_memory(const struct traffic *traffic, int cluster, size_t service, int64_t ms, uint64_t pod)
{
	(void)cluster;
	double base = 110 + 90 * mix_fraction((uint64_t)traffic->plan->services[service].number + 3);
	return base * 1048576 * wobble(mix(pod + 1), (double)ms, 600000, 0.12);
}

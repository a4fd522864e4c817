/* SPDX-License-Identifier: MIT */
/*
 * Metrics of services. A service gets its 4 KiB only when somebody measures it. History is a ring of
 * half minutes by absolute time, so that what was not measured leaves a gap where it belongs, and
 * floats, so that an hour of a fleet stays small.
 */
#include "model/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"
#include "model/owner.h"

const struct metric_info metric_infos[METRICS] = {
	[METRIC_RPS] = {"rps", "requests", "/s", 0},
	[METRIC_ERRORS] = {"errors", "errors", "/s", 0},
	[METRIC_ERROR_RATIO] = {"errorRatio", "error ratio", "", 1},
	[METRIC_P50] = {"p50Ms", "p50", "ms", 1},
	[METRIC_P99] = {"p99Ms", "p99", "ms", 1},
	[METRIC_CPU] = {"cpuCores", "CPU", "cores", 0},
	[METRIC_MEMORY] = {"memBytes", "memory", "B", 0},
	[METRIC_THROTTLED] = {"throttledRatio", "throttled", "", 1},
	[METRIC_CPU_REQUEST] = {"cpuRequestCores", "CPU request", "cores", 0},
	[METRIC_CPU_LIMIT] = {"cpuLimitCores", "CPU limit", "cores", 0},
	[METRIC_MEMORY_REQUEST] = {"memRequestBytes", "memory request", "B", 0},
	[METRIC_MEMORY_LIMIT] = {"memLimitBytes", "memory limit", "B", 0},
};

const char *const metering_words[METERINGS] = {
	[METERING_OFF] = "off", [METERING_LOOKING] = "looking", [METERING_LIVE] = "live",
	[METERING_PARTIAL] = "partial", [METERING_STALE] = "stale", [METERING_FAILED] = "failed",
};

const struct metric_value *service_metric(const struct service *service, enum metric metric)
{
	const struct service_metrics *metrics = service->metrics;
	return metrics && metrics->now[metric].at_ms ? &metrics->now[metric] : NULL;
}

double service_metric_or(const struct service *service, enum metric metric, double absent)
{
	const struct metric_value *value = service_metric(service, metric);
	return value ? value->value : absent;
}

int service_metric_is_old(const struct service *service, enum metric metric)
{
	const struct cluster_metrics *state = &service->cluster->metrics;
	return service_metric(service, metric) && (state->state == METERING_STALE || state->state == METERING_FAILED);
}

void service_metric_history(const struct service *service, enum metric metric, int64_t now_ms, double *out, size_t count)
{
	const struct service_metrics *metrics = service->metrics;
	int64_t now = now_ms / METRIC_STEP_MS;
	for (size_t i = 0; i < count; i++) {
		int64_t step = now - (int64_t)(count - 1 - i);
		out[i] = NAN;
		if (metrics && metric < METRIC_KEPT && step > 0 && step <= metrics->last_step[metric] &&
		    step > metrics->last_step[metric] - METRIC_HISTORY)
			out[i] = (double)metrics->history[metric][step % METRIC_HISTORY];
	}
}

static void history_put(struct service_metrics *metrics, enum metric metric, int64_t at_ms, double value)
{
	int64_t step = at_ms / METRIC_STEP_MS, last = metrics->last_step[metric];
	if (step <= 0 || step < last) /* a clock that went back: the newest stays */
		return;
	if (step - last > METRIC_HISTORY)
		last = step - METRIC_HISTORY;
	for (int64_t gap = last + 1; gap < step; gap++)
		metrics->history[metric][gap % METRIC_HISTORY] = NAN;
	metrics->history[metric][step % METRIC_HISTORY] = (float)value;
	metrics->last_step[metric] = step;
}

static struct service_metrics *metrics_of(struct service *service)
{
	if (service->metrics)
		return service->metrics;
	service->metrics = mem_new(sizeof(*service->metrics));
	for (int i = 0; i < METRIC_KEPT; i++)
		for (int k = 0; k < METRIC_HISTORY; k++)
			service->metrics->history[i][k] = NAN;
	return service->metrics;
}

void metrics_begin(struct cluster *cluster, enum metric metric)
{
	const struct vec *all = &cluster->fleet->services;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster == cluster && service->metrics)
			service->metrics->now[metric].parts = 0;
	}
}

void metrics_add(struct service *service, enum metric metric, double value)
{
	struct metric_value *now = &metrics_of(service)->now[metric];
	if (now->parts++ == 0 || isnan(now->adding))
		now->adding = value;
	else if (isnan(value)) /* a part without a number takes nothing from the others */
		return;
	else if (metric_infos[metric].worst)
		now->adding = fmax(now->adding, value);
	else
		now->adding += value;
}

void service_metrics_free(struct service_metrics *metrics)
{
	if (metrics)
		free(metrics->slo);
	free(metrics);
}

void slo_put(struct service *service, double objective, double window_ms, int burn, int64_t at_ms, double ratio)
{
	struct service_metrics *metrics = metrics_of(service);
	if (!metrics->slo) {
		metrics->slo = mem_new(sizeof(*metrics->slo));
		metrics->slo->ratio = NAN;
		for (int i = 0; i < SLO_BURNS; i++)
			metrics->slo->burn[i] = NAN;
	}
	struct service_slo *slo = metrics->slo;
	double *slot = burn < 0 ? &slo->ratio : &slo->burn[burn], value = burn < 0 ? ratio : ratio / (1 - objective);
	/* Parts of one answer have one time: then the worst stands. */
	if (slo->at_ms == at_ms && !isnan(*slot) && !(value > *slot))
		return;
	slo->objective = objective;
	slo->window_ms = window_ms;
	slo->at_ms = at_ms;
	*slot = value;
	service->cluster->fleet->stirred = 1;
}

static const struct service_slo *slo_of(const struct service *service)
{
	return service->metrics ? service->metrics->slo : NULL;
}

double slo_budget(const struct service *service)
{
	const struct service_slo *slo = slo_of(service);
	return slo ? 1 - slo->ratio / (1 - slo->objective) : NAN;
}

enum { BURN_5M, BURN_30M, BURN_1H, BURN_6H };
static const double FAST = 14.4, SLOW = 6;

static double lower(double a, double b)
{
	return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

double slo_burn(const struct service *service)
{
	const struct service_slo *slo = slo_of(service);
	double fast = slo ? lower(slo->burn[BURN_1H], slo->burn[BURN_5M]) : NAN;
	double slow = slo ? lower(slo->burn[BURN_6H], slo->burn[BURN_30M]) : NAN;
	if (isnan(fast) || isnan(slow))
		return isnan(fast) ? slow : fast;
	return slow / SLOW > fast / FAST ? slow : fast;
}

int slo_urgency(const struct service *service)
{
	const struct service_slo *slo = slo_of(service);
	if (!slo)
		return 0;
	if (lower(slo->burn[BURN_1H], slo->burn[BURN_5M]) > FAST || lower(slo->burn[BURN_6H], slo->burn[BURN_30M]) > SLOW)
		return 2;
	return slo_burn(service) > 1 || slo_budget(service) < 0;
}

static void commit_service(struct service *service, enum metric metric, int64_t at_ms)
{
	struct metric_value *now = &service->metrics->now[metric];
	double before = now->at_ms ? now->value : NAN;
	int was = now->at_ms != 0, is = now->parts > 0;
	now->at_ms = is ? at_ms : 0;
	if (is)
		now->value = now->adding;
	if (is && metric < METRIC_KEPT)
		history_put(service->metrics, metric, at_ms, now->value);
	if (was != is || (is && before != now->value && !(isnan(before) && isnan(now->value))))
		service->cluster->fleet->stirred = 1;
}

/* Errors and requests of one round make the ratio: exactly what the server would have divided. */
static void derive_ratio(struct service *service, int64_t at_ms)
{
	const struct metric_value *now = service->metrics->now;
	const struct metric_value *rps = &now[METRIC_RPS], *errors = &now[METRIC_ERRORS];
	if (rps->at_ms != at_ms || errors->at_ms != at_ms)
		return;
	service->metrics->now[METRIC_ERROR_RATIO].parts = 0;
	metrics_add(service, METRIC_ERROR_RATIO, rps->value > 0 ? errors->value / rps->value : NAN);
	commit_service(service, METRIC_ERROR_RATIO, at_ms);
}

void metrics_commit(struct cluster *cluster, enum metric metric, int64_t at_ms)
{
	const struct vec *all = &cluster->fleet->services;
	double sum = NAN;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster != cluster || !service->metrics)
			continue;
		commit_service(service, metric, at_ms);
		if (metric == METRIC_RPS || metric == METRIC_ERRORS)
			derive_ratio(service, at_ms);
		double value = service_metric_or(service, metric, NAN);
		if (isfinite(value))
			sum = isnan(sum) ? value : sum + value;
	}
	if (metric == METRIC_RPS)
		cluster->metrics.rps = sum;
	else if (metric == METRIC_ERRORS)
		cluster->metrics.errors = sum;
}

void metrics_set_state(struct cluster *cluster, enum metering state, const char *words)
{
	struct cluster_metrics *metrics = &cluster->metrics;
	char cut[sizeof(metrics->words)];
	snprintf(cut, sizeof(cut), "%s", words ? words : "");
	if (metrics->state == state && strcmp(metrics->words, cut) == 0)
		return;
	metrics->state = state;
	memcpy(metrics->words, cut, sizeof(cut));
	cluster->fleet->stirred = 1;
}

static struct service *workload_service(const struct cluster *cluster, const char *key)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		if (!kind_is_workload(kind))
			continue;
		const struct workload *workload = map_get(&cluster->objects[kind], key);
		if (workload && workload->owner)
			return workload->owner->service;
	}
	return NULL;
}

static struct service *named_service(const struct cluster *cluster, enum metric_target target, const char *namespace,
                                     const char *name)
{
	char key[1024];
	struct service *found = NULL;
	if (target == TARGET_SERVICE) {
		int len = snprintf(key, sizeof(key), "%s/%s/%s", cluster->name, namespace, name);
		found = len > 0 && (size_t)len < sizeof(key) ? map_get(&cluster->fleet->by_key, key) : NULL;
	}
	if (!found && object_key(key, sizeof(key), namespace, name))
		found = workload_service(cluster, key);
	return found;
}

struct service *metrics_find(const struct cluster *cluster, enum metric_target target, const char *namespace,
                             const char *name)
{
	static const char *const twins[] = {"-primary", "-canary"};
	char key[640];
	size_t len = strlen(name);
	if (target == TARGET_POD) {
		const struct pod *pod = object_key(key, sizeof(key), namespace, name)
		                      ? map_get(&cluster->objects[OBJECT_POD], key) : NULL;
		return pod && pod->parent ? pod->parent->service : NULL;
	}
	struct service *found = named_service(cluster, target, namespace, name);
	for (size_t i = 0; !found && i < sizeof(twins) / sizeof(twins[0]); i++) {
		size_t tail = strlen(twins[i]);
		if (len <= tail || len >= sizeof(key) || strcmp(name + len - tail, twins[i]) != 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)(len - tail), name);
		found = named_service(cluster, target, namespace, key);
	}
	return found;
}

void metering_describe(const struct cluster *cluster, struct text *out)
{
	const struct cluster_metrics *metrics = &cluster->metrics;
	const struct clock *clock = cluster->fleet->clock;
	text_add(out, metering_words[metrics->state]);
	if ((metrics->state == METERING_STALE || metrics->state == METERING_FAILED) && metrics->heard_ms) {
		char age[24];
		int64_t ms = clock->wall(clock) - metrics->heard_ms;
		age_format(ms < 0 ? 0 : ms, age, sizeof(age));
		text_printf(out, " %s", age);
	}
	if (metrics->words[0])
		text_printf(out, ": %s", metrics->words);
}

static double larger(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : fmax(a, b);
}

double service_cost(const struct service *service)
{
	const struct prices *prices = &service->cluster->fleet->prices;
	double cpu = larger(service_metric_or(service, METRIC_CPU, NAN), service_metric_or(service, METRIC_CPU_REQUEST, NAN));
	double memory = larger(service_metric_or(service, METRIC_MEMORY, NAN),
	                       service_metric_or(service, METRIC_MEMORY_REQUEST, NAN));
	double rps = service_metric_or(service, METRIC_RPS, NAN), cost = NAN;
	const double parts[] = {cpu * prices->vcpu_hour, memory / (1 << 30) * prices->gib_hour,
		rps * 3600 / 1e6 * prices->million_requests};
	const double prices_of[] = {prices->vcpu_hour, prices->gib_hour, prices->million_requests};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (prices_of[i] > 0 && isfinite(parts[i]))
			cost = isnan(cost) ? parts[i] : cost + parts[i];
	return cost;
}

double fleet_team_cost(const struct fleet *fleet, const char *team)
{
	double sum = NAN;
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		double cost = service->team == team ? service_cost(service) : NAN;
		if (!isnan(cost))
			sum = isnan(sum) ? cost : sum + cost;
	}
	return sum;
}

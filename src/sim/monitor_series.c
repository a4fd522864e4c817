/* SPDX-License-Identifier: MIT */
/* The series of a cluster: what the services' own metrics, the kubelets and kube-state-metrics would expose. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor.h"

static const struct traffic *traffic_of(const struct series *series)
{
	return ((const struct monitor *)series->owner)->traffic;
}

static double at_code(const struct series *series, int64_t ms)
{
	size_t service = (size_t)series->service;
	double errors = traffic_errors(traffic_of(series), series->cluster, service, ms);
	double rps = traffic_rps(traffic_of(series), series->cluster, service, ms);
	/* Some answers of every service are a client's fault. */
	return rps * (series->part == 0 ? (1 - errors) * 0.985 : series->part == 1 ? (1 - errors) * 0.015 : errors);
}

static double at_bucket(const struct series *series, int64_t ms)
{
	size_t service = (size_t)series->service;
	double rps = traffic_rps(traffic_of(series), series->cluster, service, ms);
	double median = traffic_median(traffic_of(series), series->cluster, service, ms);
	return isinf(series->number) ? rps : rps * traffic_within(median, series->number);
}

static double at_sum(const struct series *series, int64_t ms)
{
	size_t service = (size_t)series->service;
	return traffic_rps(traffic_of(series), series->cluster, service, ms) *
	       traffic_median(traffic_of(series), series->cluster, service, ms) * 1.2;
}

static double at_cpu(const struct series *series, int64_t ms)
{
	return traffic_pod_cpu(traffic_of(series), series->cluster, (size_t)series->service, ms, series->pod);
}

static double at_memory(const struct series *series, int64_t ms)
{
	return traffic_pod_memory(traffic_of(series), series->cluster, (size_t)series->service, ms, series->pod);
}

static double at_throttled(const struct series *series, int64_t ms)
{
	double load = traffic_load(traffic_of(series), series->cluster, (size_t)series->service, ms);
	return load > 0.9 ? 10 * (load - 0.9 > 0.6 ? 0.6 : load - 0.9) : 0;
}

static double at_constant(const struct series *series, int64_t ms)
{
	(void)ms;
	return series->number;
}

enum spread { BY_CODE, BY_BUCKET, BY_SERVICE, BY_POD, BY_RESOURCE, BY_REPLICAS, BY_JOB, BY_ALERT };

static const struct metric {
	const char *name;
	enum spread spread;
	int is_counter;
	double (*at)(const struct series *series, int64_t ms);
	double number;
} table[] = {
	{"http_requests_total", BY_CODE, 1, at_code, 0},
	{"http_request_duration_seconds_bucket", BY_BUCKET, 1, at_bucket, 0},
	{"http_request_duration_seconds_count", BY_BUCKET, 1, at_bucket, INFINITY},
	{"http_request_duration_seconds_sum", BY_SERVICE, 1, at_sum, 0},
	{"container_cpu_usage_seconds_total", BY_POD, 1, at_cpu, 0},
	{"container_memory_working_set_bytes", BY_POD, 0, at_memory, 0},
	{"container_cpu_cfs_periods_total", BY_POD, 1, at_constant, 10},
	{"container_cpu_cfs_throttled_periods_total", BY_POD, 1, at_throttled, 0},
	{"kube_pod_container_resource_requests", BY_RESOURCE, 0, at_constant, 0},
	{"kube_pod_container_resource_limits", BY_RESOURCE, 0, at_constant, 1},
	{"kube_deployment_status_replicas_ready", BY_REPLICAS, 0, at_constant, 0},
	{"up", BY_JOB, 0, at_constant, 1},
	{"ALERTS", BY_ALERT, 0, at_constant, 1},
};

const char *monitor_metric(size_t index)
{
	return index < sizeof(table) / sizeof(table[0]) ? table[index].name : NULL;
}

struct finding {
	struct monitor *monitor;
	const struct metric *metric;
	const struct matchers *matchers;
	void (*found)(void *to, const struct series *series);
	void *to;
	struct series series;
};

static void offer(struct finding *finding)
{
	if (matches(finding->matchers, &finding->series.labels))
		finding->found(finding->to, &finding->series);
}

/* Everything but the parts: whether any series of that namespace and service can match is seen before they are made. */
static int begin(struct finding *finding, const struct plan_service *service)
{
	for (int i = 0; i < finding->matchers->count; i++) {
		const struct matcher *matcher = &finding->matchers->items[i];
		if (matcher->kind != MATCH_IS || !*matcher->value)
			continue;
		if ((strcmp(matcher->name, "namespace") == 0 && strcmp(matcher->value, service->namespace) != 0) ||
		    (strcmp(matcher->name, "service") == 0 && strcmp(matcher->value, service->name) != 0))
			return 0;
	}
	struct series *series = &finding->series;
	series->labels = (struct labels){.count = 0};
	series->service = (int)(service - finding->monitor->traffic->plan->services);
	label_set(&series->labels, "__name__", finding->metric->name);
	label_set(&series->labels, "namespace", service->namespace);
	return 1;
}

static void by_code(struct finding *finding)
{
	static const char *const codes[] = {"200", "404", "500"};
	for (int i = 0; i < 3; i++) {
		label_set(&finding->series.labels, "code", codes[i]);
		finding->series.part = i;
		offer(finding);
	}
}

static void by_bucket(struct finding *finding)
{
	static const char *const bounds[] = {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5",
	                                     "1", "2.5", "5", "10", "+Inf"};
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		label_set(&finding->series.labels, "le", bounds[i]);
		finding->series.number = i + 1 < sizeof(bounds) / sizeof(bounds[0]) ? strtod(bounds[i], NULL) : INFINITY;
		offer(finding);
	}
}

static void over_services(struct finding *finding)
{
	const struct plan *plan = finding->monitor->traffic->plan;
	for (size_t i = 0; i < plan->count; i++) {
		if (!begin(finding, &plan->services[i]))
			continue;
		struct labels *labels = &finding->series.labels;
		if (finding->metric->spread == BY_REPLICAS) {
			label_set(labels, "deployment", plan->services[i].name);
			finding->series.number = finding->monitor->traffic->services[finding->series.cluster][i].pods;
			offer(finding);
			continue;
		}
		label_set(labels, "job", plan->services[i].name);
		label_set(labels, "service", plan->services[i].name);
		finding->series.number = finding->metric->number;
		if (finding->metric->spread == BY_CODE)
			by_code(finding);
		else if (finding->metric->spread == BY_BUCKET && finding->metric->number == 0)
			by_bucket(finding);
		else
			offer(finding);
	}
}

/* "payments-api-7d9f8-x2k4q" or "payments-cache-0" is of which service. */
static const struct plan_service *service_of_pod(const struct plan *plan, const struct doc *doc)
{
	char name[SIM_NAME];
	snprintf(name, sizeof(name), "%s", doc->name);
	for (int cut = 0; cut < 2; cut++) {
		char *dash = strrchr(name, '-');
		if (!dash)
			return NULL;
		*dash = '\0';
		const struct plan_service *service = plan_find(plan, doc->namespace, name);
		size_t len = strlen(name);
		if (!service && len > 8 && strcmp(name + len - 8, "-primary") == 0) {
			name[len - 8] = '\0';
			service = plan_find(plan, doc->namespace, name);
		}
		if (service && (cut == 1) == (service->kind != PLAN_STATEFUL_SET))
			return service;
	}
	return NULL;
}

static void over_pods(struct finding *finding)
{
	const struct table *pods = stage_table(finding->monitor->stage, "pods");
	static const char *const resources[][2] = {{"cpu", "core"}, {"memory", "byte"}};
	static const double amounts[2][2] = {{0.25, 268435456}, {0, 536870912}};
	for (size_t i = 0; i < pods->docs.len; i++) {
		const struct doc *doc = pods->docs.items[i];
		const struct plan_service *service = service_of_pod(finding->monitor->traffic->plan, doc);
		if (!service || !begin(finding, service))
			continue;
		struct labels *labels = &finding->series.labels;
		label_set(labels, "pod", doc->name);
		label_set(labels, "container", "app");
		finding->series.pod = 5381;
		for (const char *c = doc->name; *c; c++)
			finding->series.pod = finding->series.pod * 33 + (unsigned char)*c;
		finding->series.number = finding->metric->number;
		if (finding->metric->spread == BY_POD) {
			offer(finding);
			continue;
		}
		int of_limits = finding->metric->number > 0;
		for (int k = of_limits; k < 2; k++) { /* no limit of CPU is set */
			label_set(labels, "resource", resources[k][0]);
			label_set(labels, "unit", resources[k][1]);
			finding->series.number = amounts[of_limits][k];
			offer(finding);
		}
	}
}

static void over_jobs(struct finding *finding)
{
	static const char *const jobs[] = {"kubelet", "kube-state-metrics", "apiserver", "prometheus"};
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct labels *labels = &finding->series.labels;
		*labels = (struct labels){.count = 0};
		label_set(labels, "__name__", finding->metric->name);
		label_set(labels, "job", jobs[i]);
		finding->series.number = 1;
		offer(finding);
	}
}

void monitor_find(void *arg, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to)
{
	struct monitor *monitor = arg;
	struct labels name = {.count = 0};
	struct matchers of_name = {.count = 0};
	for (int i = 0; i < matchers->count; i++)
		if (strcmp(matchers->items[i].name, "__name__") == 0)
			of_name.items[of_name.count++] = matchers->items[i];
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct finding finding = {.monitor = monitor, .metric = &table[i], .matchers = matchers, .found = found, .to = to};
		label_set(&name, "__name__", table[i].name);
		if (!matches(&of_name, &name))
			continue;
		finding.series = (struct series){.owner = monitor, .cluster = monitor->stage->number, .at = table[i].at,
		                                 .is_counter = table[i].is_counter};
		if (table[i].spread == BY_POD || table[i].spread == BY_RESOURCE)
			over_pods(&finding);
		else if (table[i].spread == BY_JOB)
			over_jobs(&finding);
		else if (table[i].spread == BY_ALERT)
			alerts_find(monitor, matchers, found, to);
		else
			over_services(&finding);
	}
}

/* SPDX-License-Identifier: MIT */
/* Services and pods as JSON: the interface that scripts rely on, so names never change. */
#include "model/service_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_add.h"
#include "model/fleet.h"
#include "model/flux.h"
#include "model/pod.h"
#include "model/workload.h"

static void add_number(cJSON *object, const char *name, int64_t number)
{
	cJSON_AddNumberToObject(object, name, (double)number);
}

/* kubectl's sentence about the workload that gives the service its phase. */
static void add_message(cJSON *object, const struct service *service)
{
	char room[512];
	struct text text = text_in(room, sizeof(room));
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (rollout_of(workload).phase != service->rollout.phase)
			continue;
		rollout_describe(workload, &text);
		break;
	}
	json_add_text(object, "message", room);
}

static void add_rollout(cJSON *object, const struct service *service)
{
	const struct rollout *rollout = &service->rollout;
	cJSON *json = cJSON_AddObjectToObject(object, "rollout");
	json_add_text(json, "phase", rollout_phase_words[rollout->phase]);
	add_number(json, "progress", rollout->total > 0 ? 100LL * rollout->done / rollout->total : 100);
	json_add_text(json, "revision", service->revision);
	add_message(json, service);
}

/* JSON has no NaN: it is written as Prometheus writes it, a string. Absent is null. */
static void add_metrics(cJSON *object, const struct service *service)
{
	cJSON *values = cJSON_AddObjectToObject(object, "metrics");
	for (enum metric metric = 0; metric < METRICS; metric++) {
		const struct metric_value *value = service_metric(service, metric);
		const char *key = metric_infos[metric].key;
		if (!value)
			cJSON_AddNullToObject(values, key);
		else if (isfinite(value->value))
			cJSON_AddNumberToObject(values, key, value->value);
		else
			cJSON_AddStringToObject(values, key, isnan(value->value) ? "NaN" : value->value < 0 ? "-Inf" : "+Inf");
	}
	double cost = service_cost(service);
	if (isfinite(cost))
		cJSON_AddNumberToObject(values, "costHour", cost);
	else
		cJSON_AddNullToObject(values, "costHour");
	const struct service_slo *slo = service->metrics ? service->metrics->slo : NULL;
	if (slo) {
		cJSON *objective = cJSON_AddObjectToObject(values, "slo");
		const double numbers[] = {slo->objective, slo_budget(service), slo->burn[0], slo->burn[1], slo->burn[2], slo->burn[3]};
		static const char *const names[] = {"objective", "budgetLeft", "burn5m", "burn30m", "burn1h", "burn6h"};
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			cJSON_AddItemToObject(objective, names[i], isfinite(numbers[i]) ? cJSON_CreateNumber(numbers[i]) : cJSON_CreateNull());
	}
	const struct metric_value *rps = service_metric(service, METRIC_RPS), *cpu = service_metric(service, METRIC_CPU);
	char stamp[32] = "";
	if (rps || cpu)
		stamp_format(rps ? rps->at_ms : cpu->at_ms, stamp);
	json_add_text(values, "at", stamp);
	json_add_text(values, "state", metering_words[service->cluster->metrics.state]);
}

/* `revision` is the commit that is applied where one is known: a HelmRelease has none of its own. */
static void add_flux(cJSON *object, const struct service *service)
{
	const struct service_flux *flux = &service->flux;
	const struct object *by = flux->by.kind[0] ? ref_resolve(service->cluster, &flux->by) : NULL;
	if (!flux->by.kind[0]) {
		cJSON_AddNullToObject(object, "flux");
		return;
	}
	cJSON *json = cJSON_AddObjectToObject(object, "flux");
	json_add_text(json, "kind", flux->by.kind);
	json_add_text(json, "namespace", flux->by.namespace);
	json_add_text(json, "name", flux->by.name);
	json_add_text(json, "revision", flux->revision);
	if (flux->ready == 'T' || flux->ready == 'F')
		cJSON_AddBoolToObject(json, "ready", flux->ready == 'T');
	else
		cJSON_AddNullToObject(json, "ready");
	cJSON_AddBoolToObject(json, "suspended", flux->suspended);
	json_add_text(json, "message", by ? flux_message(by) : NULL);
}

cJSON *service_json(const struct service *service)
{
	cJSON *object = cJSON_CreateObject();
	json_add_text(object, "cluster", service->cluster->name);
	json_add_text(object, "env", service->cluster->env);
	json_add_text(object, "region", service->cluster->region);
	json_add_text(object, "namespace", service->namespace);
	json_add_text(object, "name", service->name);
	json_add_text(object, "kind", service->kind);
	json_add_text(object, "team", service->team);
	json_add_text(object, "image", service->images);
	add_number(object, "ready", service->ready);
	add_number(object, "desired", service->desired);
	add_number(object, "updated", service->updated);
	add_number(object, "available", service->available);
	if (service_knows_pods(service))
		add_number(object, "restarts", service->restarts);
	else
		cJSON_AddNullToObject(object, "restarts");
	json_add_text(object, "health", health_words[service->health]);
	json_add_text(object, "reason", service->reason);
	add_number(object, "generation", service->generation);
	add_number(object, "observedGeneration", service->observed);
	add_rollout(object, service);
	add_flux(object, service);
	add_metrics(object, service);
	cJSON_AddObjectToObject(object, "flags");
	return object;
}

cJSON *pod_json(const struct cluster *cluster, const struct pod *pod)
{
	const struct clock *clock = cluster->fleet->clock;
	const struct service *service = pod_service(pod);
	cJSON *object = cJSON_CreateObject();
	char room[64];
	json_add_text(object, "cluster", cluster->name);
	json_add_text(object, "namespace", pod->object.namespace);
	json_add_text(object, "name", pod->object.name);
	json_add_text(object, "service", service ? service->name : NULL);
	json_add_text(object, "node", pod->node);
	json_add_text(object, "ip", pod->ip);
	json_add_text(object, "status", pod->status);
	snprintf(room, sizeof(room), "%d/%d", pod->ready_containers, pod->total_containers);
	json_add_text(object, "ready", room);
	add_number(object, "readyContainers", pod->ready_containers);
	add_number(object, "containers", pod->total_containers);
	add_number(object, "restarts", pod->restarts);
	json_add_text(object, "message", pod->message);
	room[0] = '\0';
	if (pod->object.created_ms)
		age_format(clock->wall(clock) - pod->object.created_ms, room, sizeof(room));
	json_add_text(object, "age", room);
	room[0] = '\0';
	if (pod->object.created_ms)
		stamp_format(pod->object.created_ms, room);
	json_add_text(object, "createdAt", room);
	return object;
}

cJSON *services_json(const struct vec *rows)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < rows->len; i++)
		cJSON_AddItemToArray(array, service_json(rows->items[i]));
	return array;
}

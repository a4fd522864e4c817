/* SPDX-License-Identifier: MIT */
/* The rules are the real ones: a tolerance of a tenth, fast up, and down only after five calm minutes. */
#include "autoscale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { LOOK_SECONDS = 15, CALM_SECONDS = 300 };
static const double tolerance = 0.1;

void autoscale_init(struct autoscaler *autoscaler)
{
	autoscaler->busy = mem_new_array(autoscaler->stage->plan->count + 1, sizeof(*autoscaler->busy));
	autoscale_look(autoscaler, "");
}

void autoscale_release(struct autoscaler *autoscaler)
{
	free(autoscaler->busy);
}

static double use_of(const struct autoscaler *autoscaler, size_t service)
{
	const struct clock *clock = autoscaler->stage->api->options.clock;
	return traffic_load(autoscaler->traffic, autoscaler->stage->number, service, clock->wall(clock));
}

void autoscale_look(void *arg, const char *key)
{
	struct autoscaler *autoscaler = arg;
	const struct plan *plan = autoscaler->stage->plan;
	for (size_t i = 0; i < plan->count; i++) {
		char name[2 * SIM_NAME];
		double ratio = use_of(autoscaler, i) / 0.7;
		if (fabs(ratio - 1) <= tolerance || plan->services[i].kind == PLAN_STATEFUL_SET)
			continue;
		snprintf(name, sizeof(name), "%s/%s%s", plan->services[i].namespace,
		         plan->services[i].extra == PLAN_KEDA ? "keda-hpa-" : "", plan->services[i].name);
		agenda_want(autoscaler->stage->agenda, stage_dice(autoscaler->stage, 0.1, 5), autoscale_sync, autoscaler, name);
	}
	agenda_add(autoscaler->stage->agenda, LOOK_SECONDS, autoscale_look, autoscaler, key);
}

static int target_of(const cJSON *scaler)
{
	const cJSON *metric = cJSON_GetArrayItem(json_at(scaler, "spec/metrics"), 0);
	return (int)json_int(metric, "resource/target/averageUtilization", 70);
}

/* How many it wants; `busy`: the calm starts anew. */
static int desired_of(struct autoscaler *autoscaler, size_t service, const cJSON *scaler, int current, const char **limited)
{
	int least = (int)json_int(scaler, "spec/minReplicas", 1), most = (int)json_int(scaler, "spec/maxReplicas", 1);
	double ratio = use_of(autoscaler, service) * 100 / target_of(scaler), now = agenda_seconds(autoscaler->stage->agenda);
	int ready = autoscaler->traffic->services[autoscaler->stage->number][service].pods;
	int wanted = fabs(ratio - 1) <= tolerance ? current : (int)ceil((ready > 0 ? ready : current) * ratio - 1e-6);
	int fastest = current + (current > 4 ? current : 4);
	*limited = NULL;
	wanted = wanted > fastest ? fastest : wanted;
	if (wanted >= current)
		autoscaler->busy[service] = now;
	else if (now - autoscaler->busy[service] < CALM_SECONDS)
		wanted = current;
	if (wanted > most)
		*limited = "TooManyReplicas";
	else if (wanted < least)
		*limited = "TooFewReplicas";
	return wanted > most ? most : wanted < least ? least : wanted;
}

static void status_write(struct autoscaler *autoscaler, size_t service, cJSON *scaler, int current, int desired, const char *limited)
{
	char now[32], value[32];
	cJSON *status = sub_object(scaler, "status");
	int percent = (int)(use_of(autoscaler, service) * 100 + 0.5);
	stage_stamp(autoscaler->stage, now);
	snprintf(value, sizeof(value), "%dm", percent * 5 / 2);
	set_number(status, "currentReplicas", current);
	set_number(status, "desiredReplicas", desired);
	if (desired != current)
		set_text(status, "lastScaleTime", now);
	cJSON_DeleteItemFromObjectCaseSensitive(status, "currentMetrics");
	cJSON *metric = cJSON_CreateObject(), *resource;
	cJSON_AddItemToArray(cJSON_AddArrayToObject(status, "currentMetrics"), metric);
	cJSON_AddStringToObject(metric, "type", "Resource");
	resource = cJSON_AddObjectToObject(metric, "resource");
	cJSON_AddStringToObject(resource, "name", "cpu");
	resource = cJSON_AddObjectToObject(resource, "current");
	cJSON_AddNumberToObject(resource, "averageUtilization", percent);
	cJSON_AddStringToObject(resource, "averageValue", value);
	set_condition(status, "AbleToScale", "True", desired != current ? "SucceededRescale" : "ReadyForNewScale",
	              desired != current ? "the HPA controller was able to update the target scale" : "recommended size matches "
	                                   "current size", now, 0);
	set_condition(status, "ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica "
	              "count from cpu resource utilization (percentage of request)", now, 0);
	set_condition(status, "ScalingLimited", limited ? "True" : "False", limited ? limited : "DesiredWithinRange",
	              !limited ? "the desired count is within the acceptable range"
	              : strcmp(limited, "TooManyReplicas") == 0 ? "the desired replica count is more than the maximum replica count"
	                                                        : "the desired replica count is less than the minimum replica count",
	              now, 0);
}

static cJSON *primary_of(const struct stage *stage, const char *key)
{
	char primary[2 * SIM_NAME];
	snprintf(primary, sizeof(primary), "%s-primary", key);
	return stage_get(stage, "deployments", primary);
}

void autoscale_sync(void *arg, const char *key)
{
	struct autoscaler *autoscaler = arg;
	struct stage *stage = autoscaler->stage;
	cJSON *scaler = stage_get(stage, "horizontalpodautoscalers", key);
	const char *kind = json_string(scaler, "spec/scaleTargetRef/kind"), *name = json_string(scaler, "spec/scaleTargetRef/name");
	const char *namespace = json_string(scaler, "metadata/namespace"), *limited;
	const struct plan_service *service = scaler && name ? plan_find(stage->plan, namespace, name) : NULL;
	const char *plural = kind && strcmp(kind, "Rollout") == 0 ? "rollouts" : "deployments";
	char target[2 * SIM_NAME], now[32];
	/* Flagger makes the autoscaler of a canary's target work on the primary. */
	int by_primary = service && service->extra == PLAN_CANARY;
	cJSON *workload = NULL;
	if (!service)
		goto out;
	size_t index = (size_t)(service - stage->plan->services);
	doc_key(target, sizeof(target), namespace, name);
	workload = by_primary ? primary_of(stage, target) : NULL;
	if (!workload)
		workload = stage_get(stage, plural, target);
	int current = (int)json_int(workload, "spec/replicas", 1);
	stage_stamp(stage, now);
	if (!workload || current == 0) {
		if (set_condition(sub_object(scaler, "status"), "ScalingActive", "False", "ScalingDisabled",
		                  "scaling is disabled since the replica count of the target is zero", now, 0)) {
			stage_put(stage, "horizontalpodautoscalers", scaler);
			scaler = NULL;
		}
		goto out;
	}
	cJSON *before = cJSON_Duplicate(json_get(scaler, "status"), 1);
	int desired = desired_of(autoscaler, index, scaler, current, &limited);
	status_write(autoscaler, index, scaler, current, desired, limited);
	if (desired != current) {
		stage_event(stage, scaler, "autoscaling/v2", "HorizontalPodAutoscaler", "horizontal-pod-autoscaler", 0,
		            "SuccessfulRescale", "New size: %d; reason: cpu resource utilization (percentage of request) %s target",
		            desired, desired > current ? "above" : "below");
		set_number(sub_object(workload, "spec"), "replicas", desired);
		stage_put(stage, plural, workload);
		workload = NULL;
	}
	/* Use moves all the time: only what moved a lot is worth a write. */
	int old = (int)json_int(cJSON_GetArrayItem(json_get(before, "currentMetrics"), 0), "resource/current/averageUtilization", -100);
	int new = (int)json_int(cJSON_GetArrayItem(json_at(scaler, "status/currentMetrics"), 0), "resource/current/averageUtilization", 0);
	if (desired != current || abs(old - new) > 8) {
		stage_put(stage, "horizontalpodautoscalers", scaler);
		scaler = NULL;
	}
	cJSON_Delete(before);
out:
	cJSON_Delete(workload);
	cJSON_Delete(scaler);
}

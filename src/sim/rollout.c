/* SPDX-License-Identifier: MIT */
/*
 * Argo Rollouts' controller for the canary strategy: weights by the number of pods, pauses with and
 * without an end, promotion and abort as its own program asks for them, by the status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sets.h"

struct rolling_out {
	struct stage *stage;
	const char *key;
	cJSON *json, *status;
	int replicas;
	struct set *sets, *fresh, *stable;
	size_t count;
	const cJSON *steps;
	int step, step_count;
	char now[32];
	double again; /* seconds; 0: only when something changes */
};

static void phase_set(struct rolling_out *out, const char *phase, const char *message)
{
	set_text(out->status, "phase", phase);
	set_text(out->status, "message", *message ? message : NULL);
}

static double pause_seconds(const cJSON *pause)
{
	const cJSON *duration = json_get(pause, "duration");
	char *unit;
	if (cJSON_IsNumber(duration))
		return duration->valuedouble;
	if (!cJSON_IsString(duration))
		return -1;
	double amount = strtod(duration->valuestring, &unit);
	return amount * (*unit == 'm' ? 60 : *unit == 'h' ? 3600 : 1);
}

static void step_next(struct rolling_out *out)
{
	out->step++;
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "pauseConditions");
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "controllerPause");
	out->again = 0.1;
}

static int weigh(struct rolling_out *out, int weight);
static int weight_at(const struct rolling_out *out);

static void step_pause(struct rolling_out *out, const cJSON *pause)
{
	const cJSON *conditions = json_get(out->status, "pauseConditions");
	double seconds = pause_seconds(pause);
	if (!conditions && json_bool(out->status, "controllerPause", 0)) {
		step_next(out); /* somebody promoted it */
		return;
	}
	if (!conditions) {
		cJSON *condition = cJSON_CreateObject();
		cJSON_AddItemToArray(cJSON_AddArrayToObject(out->status, "pauseConditions"), condition);
		cJSON_AddStringToObject(condition, "reason", "CanaryPauseStep");
		cJSON_AddStringToObject(condition, "startTime", out->now);
		cJSON_AddTrueToObject(out->status, "controllerPause");
		stage_event(out->stage, out->json, "argoproj.io/v1alpha1", "Rollout", "rollouts-controller", 0, "RolloutPaused",
		            "Rollout is paused (CanaryPauseStep)");
		conditions = json_get(out->status, "pauseConditions");
	}
	phase_set(out, "Paused", "CanaryPauseStep");
	weigh(out, weight_at(out)); /* an autoscaler may change the number meanwhile */
	if (seconds < 0)
		return;
	const struct clock *clock = out->stage->api->options.clock;
	double passed = (double)(clock->wall(clock) - json_stamp(cJSON_GetArrayItem(conditions, 0), "startTime")) / 1000 *
	                agenda_speed(out->stage->agenda);
	if (passed >= seconds)
		step_next(out);
	else
		out->again = seconds - passed + 0.5;
}

/* Returns 1 when the pods are as the weight says. */
static int weigh(struct rolling_out *out, int weight)
{
	int canary = (out->replicas * weight + 99) / 100, stable = out->replicas - canary;
	set_scale(out->stage, &rollout_marks, out->json, out->fresh, canary);
	if (out->fresh->available < canary)
		return 0;
	set_scale(out->stage, &rollout_marks, out->json, out->stable, stable);
	return out->stable->replicas == stable;
}

static void weights_write(struct rolling_out *out, int weight)
{
	cJSON *weights = sub_object(sub_object(out->status, "canary"), "weights"), *one;
	one = sub_object(weights, "canary");
	set_text(one, "podTemplateHash", set_hash(out->fresh, &rollout_marks));
	set_number(one, "weight", weight);
	one = sub_object(weights, "stable");
	set_text(one, "podTemplateHash", set_hash(out->stable, &rollout_marks));
	set_number(one, "weight", 100 - weight);
}

static int weight_at(const struct rolling_out *out)
{
	int weight = 0;
	for (int i = 0; i <= out->step && i < out->step_count; i++)
		weight = (int)json_int(cJSON_GetArrayItem(out->steps, i), "setWeight", weight);
	return out->step >= out->step_count ? 100 : weight;
}

static void go_on(struct rolling_out *out)
{
	phase_set(out, "Progressing", "more replicas need to be updated");
	if (json_bool(out->status, "promoteFull", 0))
		out->step = out->step_count;
	if (out->step < out->step_count) {
		const cJSON *step = cJSON_GetArrayItem(out->steps, out->step);
		if (json_get(step, "pause") || cJSON_GetObjectItemCaseSensitive(step, "pause"))
			step_pause(out, json_get(step, "pause"));
		else if (weigh(out, weight_at(out)))
			step_next(out);
	} else if (weigh(out, 100)) {
		set_text(out->status, "stableRS", set_hash(out->fresh, &rollout_marks));
		cJSON_DeleteItemFromObjectCaseSensitive(out->status, "promoteFull");
		out->again = 0.1;
	}
	weights_write(out, weight_at(out));
}

static void be_stable(struct rolling_out *out)
{
	for (size_t i = 0; i < out->count; i++)
		set_scale(out->stage, &rollout_marks, out->json, &out->sets[i], &out->sets[i] == out->fresh ? out->replicas : 0);
	out->step = out->step_count;
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "pauseConditions");
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "controllerPause");
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "abort");
	if (out->fresh->available >= out->replicas)
		phase_set(out, "Healthy", "");
	else
		phase_set(out, "Progressing", "waiting for all pods to be available");
}

static void abort_it(struct rolling_out *out)
{
	char message[128];
	set_scale(out->stage, &rollout_marks, out->json, out->stable, out->replicas);
	if (out->stable->available >= out->replicas)
		set_scale(out->stage, &rollout_marks, out->json, out->fresh, 0);
	snprintf(message, sizeof(message), "RolloutAborted: Rollout aborted update to revision %ld", out->fresh->revision);
	phase_set(out, "Degraded", message);
	out->step = 0;
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "pauseConditions");
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "controllerPause");
	if (!json_get(out->status, "abortedAt"))
		set_text(out->status, "abortedAt", out->now);
	weights_write(out, 0);
}

static void status_write(struct rolling_out *out, const cJSON *before)
{
	int replicas = 0, ready = 0, available = 0;
	char generation[24];
	for (size_t i = 0; i < out->count; i++) {
		replicas += out->sets[i].replicas;
		ready += out->sets[i].ready;
		available += out->sets[i].available;
	}
	snprintf(generation, sizeof(generation), "%d", (int)json_int(out->json, "metadata/generation", 1));
	set_text(out->status, "observedGeneration", generation);
	set_number(out->status, "replicas", replicas);
	set_number(out->status, "HPAReplicas", replicas);
	set_number(out->status, "readyReplicas", ready);
	set_number(out->status, "availableReplicas", available);
	set_number(out->status, "updatedReplicas", out->fresh ? out->fresh->replicas : 0);
	set_number(out->status, "currentStepIndex", out->step);
	const char *phase = json_string(out->status, "phase"), *hash = out->fresh ? set_hash(out->fresh, &rollout_marks) : "";
	char message[160];
	int healthy = phase && strcmp(phase, "Healthy") == 0, paused = phase && strcmp(phase, "Paused") == 0;
	snprintf(message, sizeof(message), "ReplicaSet \"%.80s\" %s", hash, healthy ? "has successfully progressed." : "is progressing.");
	set_condition(out->status, "Progressing", paused ? "Unknown" : "True", healthy ? "NewReplicaSetAvailable" : paused
	              ? "RolloutPaused" : "ReplicaSetUpdated", paused ? "Rollout is paused" : message, out->now, 1);
	set_condition(out->status, "Healthy", healthy ? "True" : "False", healthy ? "RolloutHealthy" : "RolloutNotHealthy",
	              healthy ? "Rollout is healthy" : "Rollout is not healthy", out->now, 1);
	set_condition(out->status, "Paused", paused ? "True" : "False", "RolloutPaused", paused ? "Rollout is paused"
	              : "Rollout is not paused", out->now, 1);
	if (out->again > 0)
		agenda_want(out->stage->agenda, out->again, rollout_sync, out->stage, out->key);
	if (cJSON_Compare(before, out->status, 1))
		return;
	stage_put(out->stage, "rollouts", out->json);
	out->json = NULL;
}

static void fresh_make(struct rolling_out *out)
{
	char hash[12];
	long revision = (out->count ? out->sets[out->count - 1].revision : 0) + 1;
	revision_write(out->json, &rollout_marks, revision);
	set_make(out->stage, &rollout_marks, out->json, revision, hash);
	set_text(out->status, "currentPodHash", hash);
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "abort");
	cJSON_DeleteItemFromObjectCaseSensitive(out->status, "abortedAt");
	out->step = 0;
	phase_set(out, "Progressing", "more replicas need to be updated");
	out->again = 0.1;
}

void rollout_sync(void *arg, const char *key)
{
	struct rolling_out out = {.stage = arg, .key = key, .json = stage_get(arg, "rollouts", key)};
	if (!out.json)
		return;
	cJSON *before = cJSON_Duplicate(json_get(out.json, "status"), 1);
	const cJSON *template = json_at(out.json, "spec/template");
	out.status = sub_object(out.json, "status");
	out.replicas = (int)json_int(out.json, "spec/replicas", 1);
	out.steps = json_at(out.json, "spec/strategy/canary/steps");
	out.step_count = cJSON_GetArraySize(out.steps);
	out.step = (int)json_int(out.status, "currentStepIndex", 0);
	out.sets = sets_read(arg, &rollout_marks, key, json_string(out.json, "metadata/uid"), &out.count);
	stage_stamp(arg, out.now);
	const char *stable = json_string(out.status, "stableRS"), *current = json_string(out.status, "currentPodHash");
	for (size_t i = 0; i < out.count; i++) {
		if (set_is_of(&out.sets[i], &rollout_marks, template))
			out.fresh = &out.sets[i];
		if (stable && strcmp(set_hash(&out.sets[i], &rollout_marks), stable) == 0)
			out.stable = &out.sets[i];
	}
	if (out.fresh && current && strcmp(current, set_hash(out.fresh, &rollout_marks)) != 0) {
		/* Back to a template that there was before: its steps begin anew. */
		set_text(out.status, "currentPodHash", set_hash(out.fresh, &rollout_marks));
		cJSON_DeleteItemFromObjectCaseSensitive(out.status, "abort");
		cJSON_DeleteItemFromObjectCaseSensitive(out.status, "abortedAt");
		out.step = 0;
	}
	if (!out.fresh)
		fresh_make(&out);
	else if (!out.stable || out.stable == out.fresh)
		be_stable(&out);
	else if (json_bool(out.status, "abort", 0))
		abort_it(&out);
	else if (json_bool(out.json, "spec/paused", 0))
		phase_set(&out, "Paused", "manually paused");
	else
		go_on(&out);
	sets_store(arg, out.sets, out.count);
	status_write(&out, before);
	cJSON_Delete(before);
	sets_free(out.sets, out.count);
	cJSON_Delete(out.json);
}

/* SPDX-License-Identifier: MIT */
/*
 * Flagger. Users are served by NAME-primary, and NAME is scaled to nothing; a new template of NAME gets
 * pods and a growing share of the traffic while its answers are looked at, and is copied to the primary
 * when they are good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sets.h"

enum { INTERVAL = 10, THRESHOLD = 3, STEP = 10, MOST = 50 };

struct canary {
	struct stage *stage;
	const char *key; /* of the Canary and its target */
	cJSON *json, *status, *target, *primary;
	char primary_key[2 * SIM_NAME], now[32], hash[12];
};

#define TELL(warns, reason, ...) \
	stage_event(canary->stage, canary->json, "flagger.app/v1beta1", "Canary", "flagger", warns, reason, __VA_ARGS__)

static void phase_set(struct canary *canary, const char *phase, const char *reason, const char *message)
{
	set_text(canary->status, "phase", phase);
	set_text(canary->status, "lastTransitionTime", canary->now);
	set_condition(canary->status, "Promoted", strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Initialized") == 0 ? "True"
	              : strcmp(phase, "Failed") == 0 ? "False" : "Unknown", reason, message, canary->now, 1);
}

/* Scales a Deployment, which it stores and frees. */
static void deployment_scale(struct canary *canary, cJSON **deployment, int replicas)
{
	set_number(sub_object(*deployment, "spec"), "replicas", replicas);
	stage_put(canary->stage, "deployments", *deployment);
	*deployment = NULL;
}

static int is_rolled_out(const cJSON *deployment)
{
	int64_t wanted = json_int(deployment, "spec/replicas", 1);
	return json_int(deployment, "status/observedGeneration", 0) == json_int(deployment, "metadata/generation", 1) &&
	       json_int(deployment, "status/updatedReplicas", 0) == wanted && json_int(deployment, "status/replicas", 0) == wanted &&
	       json_int(deployment, "status/availableReplicas", 0) >= wanted;
}

/* The primary of a target: the same, by another name. */
static void primary_make(struct canary *canary)
{
	char name[SIM_NAME];
	cJSON *primary = cJSON_Duplicate(canary->target, 1), *metadata = sub_object(primary, "metadata");
	static const char *const own[] = {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "annotations"};
	snprintf(name, sizeof(name), "%s-primary", json_string(metadata, "name"));
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(metadata, own[i]);
	set_text(metadata, "name", name);
	set_text(sub_object(metadata, "labels"), "app.kubernetes.io/name", name);
	cJSON *spec = sub_object(primary, "spec");
	set_text(sub_object(sub_object(spec, "selector"), "matchLabels"), "app.kubernetes.io/name", name);
	set_text(sub_object(sub_object(sub_object(spec, "template"), "metadata"), "labels"), "app.kubernetes.io/name", name);
	cJSON_DeleteItemFromObjectCaseSensitive(primary, "status");
	stage_put(canary->stage, "deployments", primary);
}

static void initialise(struct canary *canary)
{
	if (!canary->primary) {
		primary_make(canary);
		phase_set(canary, "Initializing", "Initializing", "New Canary resource detected.");
	} else if (is_rolled_out(canary->primary)) {
		deployment_scale(canary, &canary->target, 0);
		set_text(canary->status, "lastAppliedSpec", canary->hash);
		set_text(canary->status, "lastPromotedSpec", canary->hash);
		set_number(canary->status, "canaryWeight", 0);
		phase_set(canary, "Initialized", "Initialized", "Deployment initialization completed.");
		TELL(0, "Synced", "Initialization done! %s", canary->key);
	}
}

static void start(struct canary *canary)
{
	TELL(0, "Synced", "New revision detected! Scaling up %s", canary->key);
	set_text(canary->status, "lastAppliedSpec", canary->hash);
	set_number(canary->status, "canaryWeight", 0);
	set_number(canary->status, "iterations", 0);
	set_number(canary->status, "failedChecks", 0);
	phase_set(canary, "Progressing", "Progressing", "New revision detected, starting initialization.");
	deployment_scale(canary, &canary->target, (int)json_int(canary->primary, "spec/replicas", 1));
}

static void fail(struct canary *canary, const char *why)
{
	TELL(1, "Synced", "Rolling back %s %s", canary->key, why);
	TELL(1, "Synced", "Canary failed! Scaling down %s", canary->key);
	set_number(canary->status, "canaryWeight", 0);
	phase_set(canary, "Failed", "Failed", "Canary analysis failed, Deployment scaled to zero.");
	deployment_scale(canary, &canary->target, 0);
}

/* One look at the answers of the new pods. */
static void analyse(struct canary *canary)
{
	const char *image = json_string(cJSON_GetArrayItem(json_at(canary->target, "spec/template/spec/containers"), 0), "image");
	const struct verdict *verdict = stage_verdict(canary->stage, json_string(canary->target, "metadata/name"), image_tag(image));
	int weight = (int)json_int(canary->status, "canaryWeight", 0), failed = (int)json_int(canary->status, "failedChecks", 0);
	if (!is_rolled_out(canary->target)) {
		const cJSON *item;
		cJSON_ArrayForEach(item, json_at(canary->target, "status/conditions"))
		{
			const char *reason = json_string(item, "reason");
			if (reason && strcmp(reason, "ProgressDeadlineExceeded") == 0) {
				fail(canary, "progress deadline exceeded");
				return;
			}
		}
		return;
	}
	if (weight > 0 && verdict && verdict->errors > 0.01) {
		set_number(canary->status, "failedChecks", ++failed);
		TELL(1, "Synced", "Halt advancement %s success rate %.2f%% < 99%%", canary->key, 100 * (1 - verdict->errors));
		if (failed >= THRESHOLD)
			fail(canary, "failed checks threshold reached 3");
		return;
	}
	if (weight < MOST) {
		set_number(canary->status, "canaryWeight", weight + STEP);
		set_number(canary->status, "iterations", (double)json_int(canary->status, "iterations", 0) + 1);
		TELL(0, "Synced", "Advance %s canary weight %d", canary->key, weight + STEP);
		return;
	}
	TELL(0, "Synced", "Copying %s template spec to %s-primary", canary->key, canary->key);
	phase_set(canary, "Promoting", "Promoting", "Canary analysis completed, starting primary rolling update.");
	cJSON *template = cJSON_Duplicate(json_at(canary->target, "spec/template"), 1);
	set_text(sub_object(sub_object(template, "metadata"), "labels"), "app.kubernetes.io/name",
	         json_string(canary->primary, "metadata/name"));
	cJSON_ReplaceItemInObjectCaseSensitive(sub_object(canary->primary, "spec"), "template", template);
	stage_put(canary->stage, "deployments", canary->primary);
	canary->primary = NULL;
}

static void step(struct canary *canary)
{
	const char *phase = json_string(canary->status, "phase"), *applied = json_string(canary->status, "lastAppliedSpec");
	if (!phase || strcmp(phase, "Initializing") == 0) {
		initialise(canary);
	} else if (!applied || strcmp(applied, canary->hash) != 0) {
		start(canary); /* also in the middle of another one */
	} else if (strcmp(phase, "Progressing") == 0) {
		analyse(canary);
	} else if (strcmp(phase, "Promoting") == 0 && is_rolled_out(canary->primary)) {
		set_number(canary->status, "canaryWeight", 0);
		phase_set(canary, "Finalising", "Finalising", "Canary analysis completed, routing all traffic to primary.");
	} else if (strcmp(phase, "Finalising") == 0) {
		set_text(canary->status, "lastPromotedSpec", canary->hash);
		phase_set(canary, "Succeeded", "Succeeded", "Canary analysis completed successfully, promotion finished.");
		TELL(0, "Synced", "Promotion completed! Scaling down %s", canary->key);
		deployment_scale(canary, &canary->target, 0);
	}
}

void canary_sync(void *arg, const char *key)
{
	struct canary canary = {.stage = arg, .key = key, .json = stage_get(arg, "canaries", key)};
	if (!canary.json)
		return;
	snprintf(canary.primary_key, sizeof(canary.primary_key), "%s-primary", key);
	cJSON *before = cJSON_Duplicate(json_get(canary.json, "status"), 1);
	canary.status = sub_object(canary.json, "status");
	canary.target = stage_get(arg, "deployments", key);
	canary.primary = stage_get(arg, "deployments", canary.primary_key);
	stage_stamp(arg, canary.now);
	template_hash(json_at(canary.target, "spec/template"), canary.hash);
	if (canary.target && !json_bool(canary.json, "spec/suspend", 0))
		step(&canary);
	cJSON_Delete(canary.target);
	cJSON_Delete(canary.primary);
	if (cJSON_Compare(before, canary.status, 1))
		cJSON_Delete(canary.json);
	else
		stage_put(arg, "canaries", canary.json);
	cJSON_Delete(before);
	agenda_want(((struct stage *)arg)->agenda, INTERVAL, canary_sync, arg, key);
}

/* Without the Canary, the target serves again. */
void canary_gone(struct stage *stage, const char *key)
{
	char primary_key[2 * SIM_NAME];
	snprintf(primary_key, sizeof(primary_key), "%s-primary", key);
	cJSON *target = stage_get(stage, "deployments", key), *primary = stage_get(stage, "deployments", primary_key);
	if (target && primary) {
		set_number(sub_object(target, "spec"), "replicas", (double)json_int(primary, "spec/replicas", 1));
		stage_put(stage, "deployments", target);
		target = NULL;
		stage_remove(stage, "deployments", primary_key);
	}
	cJSON_Delete(target);
	cJSON_Delete(primary);
}

/* SPDX-License-Identifier: MIT */
/*
 * kustomize-controller: builds what its namespace's part of the artifact says, applies what differs
 * from what it has applied, and waits until that is healthy. The build is a small set of rules: the
 * files of a service become ConfigMaps named by their content, and its HelmRelease names those.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"

enum { TIMEOUT = 330, RETRY = 30, DEPENDENCY_RETRY = 5, POLL = 2 };

static void application_apply(void *delivery, const char *name);
static void application_wait(void *delivery, const char *name);

static cJSON *object_of(const struct delivery *delivery, const char *name, char key[2 * SIM_NAME])
{
	doc_key(key, 2 * SIM_NAME, "flux-system", name);
	return stage_get(delivery->stage, "kustomizations", key);
}

static void finish(struct delivery *delivery, struct application *application, cJSON *object)
{
	application->busy = 0;
	vec_clear(&application->waits);
	condition_drop(sub_object(object, "status"), "Reconciling");
	handled_set(object);
	set_number(sub_object(object, "status"), "observedGeneration", (double)json_int(object, "metadata/generation", 1));
	stage_put(delivery->stage, "kustomizations", object);
}

/* Ends the attempt; it is tried again after a while. */
static void fail(struct delivery *delivery, struct application *application, cJSON *object, const char *reason,
                 const char *message)
{
	char now[32];
	stage_stamp(delivery->stage, now);
	flux_condition(object, "Ready", "False", reason, now, "%s", message);
	if (strcmp(reason, "HealthCheckFailed") == 0)
		flux_condition(object, "Healthy", "False", reason, now, "%s", message);
	stage_event(delivery->stage, object, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomize-controller", 1, reason,
	            "%s", message);
	finish(delivery, application, object);
}

static void history_add(cJSON *status, const char *revision, const char *now, double seconds)
{
	cJSON *history = cJSON_GetObjectItemCaseSensitive(status, "history"), *entry = cJSON_CreateObject();
	char digest[80], took[24];
	if (!cJSON_IsArray(history))
		history = cJSON_AddArrayToObject(status, "history");
	snprintf(digest, sizeof(digest), "sha256:%.64s", strchr(revision, ':') + 1);
	snprintf(took, sizeof(took), "%.1fs", seconds);
	cJSON_AddStringToObject(entry, "digest", digest);
	cJSON_AddStringToObject(entry, "firstReconciled", now);
	cJSON_AddStringToObject(entry, "lastReconciled", now);
	cJSON_AddStringToObject(entry, "lastReconciledDuration", took);
	cJSON_AddStringToObject(entry, "lastReconciledStatus", "ReconciliationSucceeded");
	cJSON_AddNumberToObject(entry, "totalReconciliations", 1);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(entry, "metadata"), "revision", revision);
	cJSON_InsertItemInArray(history, 0, entry);
	while (cJSON_GetArraySize(history) > 5)
		cJSON_DeleteItemFromArray(history, 5);
}

static void succeed(struct delivery *delivery, struct application *application, cJSON *object)
{
	char now[32], revision[80];
	double took = agenda_seconds(delivery->stage->agenda) - (application->deadline - TIMEOUT);
	cJSON *status = sub_object(object, "status");
	int fresh = application->applied != application->attempted;
	stage_stamp(delivery->stage, now);
	revision_of(application->attempted, revision, sizeof(revision));
	set_text(status, "lastAppliedRevision", revision);
	flux_condition(object, "Ready", "True", "ReconciliationSucceeded", now, "Applied revision: %s", revision);
	flux_condition(object, "Healthy", "True", "Succeeded", now, "Health check passed in %.3fs", took > 0 ? took : 0.05);
	if (fresh)
		history_add(status, revision, now, took);
	snapshot_drop(application->applied);
	application->applied = snapshot_take(application->attempted);
	finish(delivery, application, object);
}

/* Whether all that it depends on has applied the same revision. Else says so in the object, which it stores. */
static int dependencies_ready(struct delivery *delivery, cJSON *object)
{
	const cJSON *item;
	char key[2 * SIM_NAME], revision[80], now[32];
	revision_of(delivery->artifact, revision, sizeof(revision));
	cJSON_ArrayForEach(item, json_at(object, "spec/dependsOn"))
	{
		const char *name = json_string(item, "name");
		cJSON *other = name ? object_of(delivery, name, key) : NULL;
		const char *applied = json_string(other, "status/lastAppliedRevision");
		int ready = applied && strcmp(applied, revision) == 0;
		cJSON_Delete(other);
		if (ready)
			continue;
		stage_stamp(delivery->stage, now);
		flux_condition(object, "Ready", "False", "DependencyNotReady", now, "dependency 'flux-system/%s' is not ready",
		               name ? name : "");
		stage_put(delivery->stage, "kustomizations", object);
		return 0;
	}
	return 1;
}

void application_sync(void *arg, const char *name)
{
	struct delivery *delivery = arg;
	struct application *application = application_find(delivery, name);
	char key[2 * SIM_NAME], now[32], revision[80];
	cJSON *object = object_of(delivery, name, key);
	if (!object || !application || application->busy || is_suspended(object))
		goto out;
	const struct snapshot *last = application->attempted ? application->attempted : application->applied;
	int failed = application->attempted && application->attempted != application->applied;
	if (last == delivery->artifact && !asked_for(object, "reconcile.fluxcd.io/requestedAt", "lastHandledReconcileAt") &&
	    json_int(object, "status/observedGeneration", 0) == json_int(object, "metadata/generation", 1) && !failed)
		goto out;
	if (!dependencies_ready(delivery, object)) {
		agenda_want(delivery->stage->agenda, DEPENDENCY_RETRY, application_sync, delivery, name);
		return;
	}
	application->busy = 1;
	application->deadline = agenda_seconds(delivery->stage->agenda) + TIMEOUT;
	snapshot_drop(application->attempted);
	application->attempted = snapshot_take(delivery->artifact);
	stage_stamp(delivery->stage, now);
	revision_of(delivery->artifact, revision, sizeof(revision));
	set_text(sub_object(object, "status"), "lastAttemptedRevision", revision);
	flux_condition(object, "Reconciling", "True", failed ? "ProgressingWithRetry" : "Progressing", now,
	               "Building manifests for revision %s with a timeout of 5m30s", revision);
	if (!failed)
		flux_condition(object, "Ready", "Unknown", "Progressing", now, "Reconciliation in progress");
	stage_put(delivery->stage, "kustomizations", object);
	agenda_add(delivery->stage->agenda, stage_dice(delivery->stage, 0.6, 1.8), application_apply, delivery,
	           application->name);
	return;
out:
	cJSON_Delete(object);
}

/* Puts the map there, and takes the one before away when it has another name. */
static void map_apply(struct delivery *delivery, const struct application *application, const char *namespace,
                      const char *service)
{
	char before[SIM_NAME], after[SIM_NAME], key[2 * SIM_NAME];
	const struct snapshot *snapshots[] = {application->applied, application->attempted};
	char *names[] = {before, after};
	for (int i = 0; i < 2; i++)
		if (service)
			own_map_name(delivery, snapshots[i], service, names[i], SIM_NAME);
		else
			shared_map_name(delivery, snapshots[i], names[i], SIM_NAME);
	if (strcmp(before, after) == 0)
		return;
	stage_put(delivery->stage, "configmaps", values_map(delivery, application->attempted, namespace, service));
	doc_key(key, sizeof(key), namespace, before);
	stage_remove(delivery->stage, "configmaps", key);
}

static void release_apply(struct delivery *delivery, const struct application *application,
                          const struct plan_service *service)
{
	char shared[SIM_NAME], own[SIM_NAME], key[2 * SIM_NAME];
	doc_key(key, sizeof(key), service->namespace, service->name);
	cJSON *object = stage_get(delivery->stage, "helmreleases", key), *item;
	int at = 0;
	if (!object)
		return;
	shared_map_name(delivery, application->attempted, shared, sizeof(shared));
	own_map_name(delivery, application->attempted, service->name, own, sizeof(own));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(sub_object(object, "spec"), "valuesFrom"))
	{
		set_text(item, "name", at < 3 ? shared : own);
		at++;
	}
	stage_put(delivery->stage, "helmreleases", object);
}

/* 1: what is said of the service changed; -1: it is no YAML. */
static int service_changed(struct delivery *delivery, const struct application *application,
                           const struct plan_service *service, struct err *err)
{
	char before[SIM_NAME], after[SIM_NAME], shared[2][SIM_NAME];
	own_map_name(delivery, application->applied, service->name, before, sizeof(before));
	own_map_name(delivery, application->attempted, service->name, after, sizeof(after));
	shared_map_name(delivery, application->applied, shared[0], SIM_NAME);
	shared_map_name(delivery, application->attempted, shared[1], SIM_NAME);
	if (strcmp(before, after) == 0 && strcmp(shared[0], shared[1]) == 0)
		return 0;
	cJSON *values = values_of(application->attempted, service->name, delivery->env, delivery->region, err);
	cJSON_Delete(values);
	return values ? 1 : -1;
}

static void inventory_write(struct delivery *delivery, const struct application *application, cJSON *object)
{
	cJSON *inventory = cJSON_CreateObject(), *entries = cJSON_AddArrayToObject(inventory, "entries");
	char id[3 * SIM_NAME], map[SIM_NAME];
	for (size_t i = 0; i < delivery->stage->plan->count; i++) {
		const struct plan_service *service = &delivery->stage->plan->services[i];
		if (strcmp(service->namespace, application->name) != 0)
			continue;
		own_map_name(delivery, application->attempted, service->name, map, sizeof(map));
		for (int release = 0; release < 2; release++) {
			cJSON *entry = cJSON_CreateObject();
			snprintf(id, sizeof(id), "%s_%s_%s", service->namespace, release ? service->name : map,
			         release ? "helm.toolkit.fluxcd.io_HelmRelease" : "_ConfigMap");
			cJSON_AddStringToObject(entry, "id", id);
			cJSON_AddStringToObject(entry, "v", release ? "v2" : "v1");
			cJSON_AddItemToArray(entries, entry);
		}
	}
	cJSON *status = sub_object(object, "status");
	cJSON_DeleteItemFromObjectCaseSensitive(status, "inventory");
	cJSON_AddItemToObject(status, "inventory", inventory);
}

static void application_apply(void *arg, const char *name)
{
	struct delivery *delivery = arg;
	struct application *application = application_find(delivery, name);
	const struct plan *plan = delivery->stage->plan;
	struct err err = {0};
	char key[2 * SIM_NAME], now[32], revision[80], message[ERR_MAX + 64];
	int shared = 0;
	struct vec changed;
	cJSON *object = object_of(delivery, name, key);
	if (!object)
		return;
	vec_init(&changed);
	for (size_t i = 0; i < plan->count; i++) {
		int change = strcmp(plan->services[i].namespace, name) == 0
		                 ? service_changed(delivery, application, &plan->services[i], &err) : 0;
		if (change < 0) {
			snprintf(message, sizeof(message), "kustomize build failed: accumulating resources: %s", err.text);
			fail(delivery, application, object, "BuildFailed", message);
			agenda_want(delivery->stage->agenda, RETRY, application_sync, delivery, name);
			vec_release(&changed);
			return;
		}
		if (change)
			vec_push(&changed, &delivery->releases[i]);
	}
	for (size_t i = 0; i < changed.len; i++) {
		const struct release *release = changed.items[i];
		if (!shared++)
			map_apply(delivery, application, name, NULL);
		map_apply(delivery, application, name, release->service->name);
		release_apply(delivery, application, release->service);
		vec_push(&application->waits, changed.items[i]);
	}
	stage_stamp(delivery->stage, now);
	revision_of(application->attempted, revision, sizeof(revision));
	if (changed.len > 0) {
		inventory_write(delivery, application, object);
		flux_condition(object, "Reconciling", "True", "Progressing", now,
		               "Running health checks for revision %s with a timeout of 5m30s", revision);
		flux_condition(object, "Healthy", "Unknown", "Progressing", now,
		               "Running health checks for revision %s with a timeout of 5m30s", revision);
		stage_put(delivery->stage, "kustomizations", object);
		agenda_add(delivery->stage->agenda, POLL, application_wait, delivery, application->name);
	} else {
		succeed(delivery, application, object);
	}
	vec_release(&changed);
}

/* 1: ready, -1: given up, 0: under way. */
static int release_health(const struct delivery *delivery, const struct release *release)
{
	char key[2 * SIM_NAME];
	int ready = 0;
	const cJSON *item;
	doc_key(key, sizeof(key), release->service->namespace, release->service->name);
	cJSON *object = stage_get(delivery->stage, "helmreleases", key);
	if (json_int(object, "status/observedGeneration", 0) == json_int(object, "metadata/generation", 1))
		cJSON_ArrayForEach(item, json_at(object, "status/conditions"))
		{
			const char *type = json_string(item, "type"), *state = json_string(item, "status");
			int yes = state && strcmp(state, "True") == 0;
			if (type && strcmp(type, "Ready") == 0 && yes)
				ready = 1;
			if (type && strcmp(type, "Stalled") == 0 && yes)
				ready = -1;
		}
	cJSON_Delete(object);
	return ready;
}

static void application_wait(void *arg, const char *name)
{
	struct delivery *delivery = arg;
	struct application *application = application_find(delivery, name);
	char key[2 * SIM_NAME], message[2 * SIM_NAME], now[32];
	const struct release *stalled = NULL;
	cJSON *object = object_of(delivery, name, key);
	if (!object)
		return;
	for (size_t i = application->waits.len; i-- > 0;) {
		int health = release_health(delivery, application->waits.items[i]);
		if (health < 0)
			stalled = application->waits.items[i];
		if (health > 0)
			vec_remove(&application->waits, i);
	}
	double left = application->deadline - agenda_seconds(delivery->stage->agenda);
	if (stalled || left <= 0) {
		const struct release *first = stalled ? stalled : application->waits.items[0];
		snprintf(message, sizeof(message), "health check failed after %.0fs: %s: [HelmRelease/%s/%s status: '%s']",
		         TIMEOUT - left, stalled ? "failed early due to stalled resources" : "timeout waiting for",
		         first->service->namespace, first->service->name, stalled ? "Failed" : "InProgress");
		fail(delivery, application, object, "HealthCheckFailed", message);
		agenda_want(delivery->stage->agenda, RETRY, application_sync, delivery, name);
	} else if (application->waits.len == 0) {
		succeed(delivery, application, object);
	} else if (delivery->artifact != application->attempted) {
		/* What came since may be what repairs it. */
		stage_stamp(delivery->stage, now);
		flux_condition(object, "Healthy", "False", "HealthCheckCanceled", now,
		               "New reconciliation triggered by GitRepository/flux-system/platform");
		snapshot_drop(application->applied);
		application->applied = snapshot_take(application->attempted);
		finish(delivery, application, object);
		agenda_want(delivery->stage->agenda, 0.2, application_sync, delivery, name);
	} else {
		cJSON_Delete(object);
		agenda_add(delivery->stage->agenda, POLL, application_wait, delivery, application->name);
	}
}

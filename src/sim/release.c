/* SPDX-License-Identifier: MIT */
/*
 * helm-controller: a HelmRelease whose values changed is upgraded and waited for; what does not get
 * ready in five minutes is rolled back, tried once more, and given up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "delivery.h"

enum { TIMEOUT = 300, RETRIES = 1 };
#define CHART "1.4.2"

static void release_step(void *delivery, const char *key);

/* The values that its ConfigMaps hold, merged; NULL and err when one is missing or no YAML. */
static cJSON *values_read(const struct delivery *delivery, const cJSON *object, struct err *err)
{
	const char *namespace = json_string(object, "metadata/namespace");
	cJSON *values = cJSON_CreateObject();
	const cJSON *item;
	char key[2 * SIM_NAME];
	cJSON_ArrayForEach(item, json_at(object, "spec/valuesFrom"))
	{
		const char *name = json_string(item, "name"), *in = json_string(item, "valuesKey");
		doc_key(key, sizeof(key), namespace, name ? name : "");
		cJSON *map = stage_get(delivery->stage, "configmaps", key);
		const char *text = in ? text_of(json_get(map, "data"), in) : NULL;
		int result = 0;
		if (text)
			result = values_add(values, key, text, err);
		else if (!map && !json_bool(item, "optional", 0))
			result = err_set(err, "could not find ConfigMap '%s' with values", key);
		cJSON_Delete(map);
		if (result < 0) {
			cJSON_Delete(values);
			return NULL;
		}
	}
	return values;
}

static void digest_of(const cJSON *values, char out[72])
{
	char *text = cJSON_PrintUnformatted(values), hex[65];
	sha256_hex(text, strlen(text), hex);
	snprintf(out, 72, "sha256:%s", hex);
	free(text);
}

static cJSON *values_running(struct delivery *delivery, struct release *release)
{
	struct err err;
	if (!release->values)
		release->values = values_of(delivery->first, release->service->name, delivery->env, delivery->region, &err);
	return release->values;
}

static int version_of(const cJSON *object)
{
	return (int)json_int(cJSON_GetArrayItem(json_at(object, "status/history"), 0), "version", 0);
}

static void history_add(cJSON *object, const char *digest, const char *now)
{
	cJSON *status = sub_object(object, "status"), *history = cJSON_GetObjectItemCaseSensitive(status, "history");
	if (!cJSON_IsArray(history))
		history = cJSON_AddArrayToObject(status, "history");
	cJSON *last = cJSON_GetArrayItem(history, 0), *entry = cJSON_CreateObject();
	const char *first = json_string(last, "firstDeployed");
	int version = version_of(object) + 1;
	if (last && json_string(last, "status") && strcmp(json_string(last, "status"), "deployed") == 0)
		set_text(last, "status", "superseded");
	char hex[65], own[80];
	snprintf(own, sizeof(own), "%s %d", digest, version);
	sha256_hex(own, strlen(own), hex);
	snprintf(own, sizeof(own), "sha256:%s", hex);
	cJSON_AddStringToObject(entry, "appVersion", CHART);
	cJSON_AddStringToObject(entry, "chartName", "service");
	cJSON_AddStringToObject(entry, "chartVersion", CHART);
	cJSON_AddStringToObject(entry, "configDigest", digest);
	cJSON_AddStringToObject(entry, "digest", own);
	cJSON_AddStringToObject(entry, "firstDeployed", first ? first : now);
	cJSON_AddStringToObject(entry, "lastDeployed", now);
	cJSON_AddStringToObject(entry, "name", json_string(object, "metadata/name"));
	cJSON_AddStringToObject(entry, "namespace", json_string(object, "metadata/namespace"));
	cJSON_AddStringToObject(entry, "status", "deployed");
	cJSON_AddNumberToObject(entry, "version", version);
	cJSON_InsertItemInArray(history, 0, entry);
	while (cJSON_GetArraySize(history) > 5)
		cJSON_DeleteItemFromArray(history, 5);
}

/* Stores the object and looks again soon, as long as there is something to do. */
static void go_on(struct delivery *delivery, const struct release *release, cJSON *object, double seconds)
{
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), release->service->namespace, release->service->name);
	stage_put(delivery->stage, "helmreleases", object);
	agenda_add(delivery->stage->agenda, seconds, release_step, delivery, key);
}

static void end(struct delivery *delivery, struct release *release, cJSON *object)
{
	cJSON *status = sub_object(object, "status");
	release->phase = RELEASE_IDLE;
	release->force = 0;
	condition_drop(status, "Reconciling");
	handled_set(object);
	set_number(status, "observedGeneration", (double)json_int(object, "metadata/generation", 1));
	stage_put(delivery->stage, "helmreleases", object);
}

void release_sync(void *arg, const char *key)
{
	struct delivery *delivery = arg;
	struct stage *stage = delivery->stage;
	cJSON *object = stage_get(stage, "helmreleases", key);
	const char *name = json_string(object, "metadata/name"), *namespace = json_string(object, "metadata/namespace");
	struct release *release = object ? release_find(delivery, namespace, name) : NULL;
	char now[32];
	const char *asked = object ? asked_for(object, "reconcile.fluxcd.io/requestedAt", "lastHandledReconcileAt") : NULL;
	int stale = json_int(object, "status/observedGeneration", 0) != json_int(object, "metadata/generation", 1);
	if (!release || release->phase != RELEASE_IDLE || is_suspended(object) || !(asked || stale)) {
		cJSON_Delete(object);
		return;
	}
	const char *force = asked ? asked_for(object, "reconcile.fluxcd.io/forceAt", "lastHandledForceAt") : NULL;
	const char *reset = asked ? asked_for(object, "reconcile.fluxcd.io/resetAt", "lastHandledResetAt") : NULL;
	release->force = force && strcmp(force, asked) == 0;
	if (force && strcmp(force, asked) == 0)
		set_text(sub_object(object, "status"), "lastHandledForceAt", force);
	if (reset && strcmp(reset, asked) == 0)
		set_text(sub_object(object, "status"), "lastHandledResetAt", reset);
	if (stale || (reset && strcmp(reset, asked) == 0))
		release->failures = 0;
	stage_stamp(stage, now);
	release->phase = RELEASE_PREPARES;
	flux_condition(object, "Reconciling", "True", "Progressing", now, "Fulfilling prerequisites");
	flux_condition(object, "Ready", "Unknown", "Progressing", now, "Fulfilling prerequisites");
	condition_drop(sub_object(object, "status"), "Stalled");
	go_on(delivery, release, object, stage_dice(stage, 0.3, 1.0));
}

static void upgrade_begin(struct delivery *delivery, struct release *release, cJSON *object, const char *now)
{
	struct err err = {0};
	cJSON *status = sub_object(object, "status"), *values = values_read(delivery, object, &err);
	if (!values) {
		flux_condition(object, "Ready", "False", "ValuesError", now, "could not resolve values: %s", err.text);
		end(delivery, release, object);
		return;
	}
	cJSON *running = values_running(delivery, release);
	if (cJSON_Compare(values, running, 1) && !release->force) {
		/* Other texts, the same values: nothing to do. */
		cJSON_Delete(values);
		flux_condition(object, "Ready", "True", "UpgradeSucceeded", now, "Helm upgrade succeeded for release %s/%s.v%d with "
		               "chart service@" CHART, release->service->namespace, release->service->name, version_of(object));
		end(delivery, release, object);
		return;
	}
	digest_of(values, release->digest);
	cJSON_Delete(release->coming);
	release->coming = values;
	release->phase = RELEASE_RUNS;
	release->deadline = agenda_seconds(delivery->stage->agenda) + TIMEOUT;
	set_text(status, "lastAttemptedConfigDigest", release->digest);
	set_text(status, "lastAttemptedReleaseAction", "upgrade");
	set_text(status, "lastAttemptedRevision", CHART "+2c26b46b68ff");
	set_number(status, "lastAttemptedGeneration", (double)json_int(object, "metadata/generation", 1));
	flux_condition(object, "Reconciling", "True", "Progressing", now, "Running 'upgrade' action with timeout of 5m0s");
	flux_condition(object, "Ready", "Unknown", "Progressing", now, "Running 'upgrade' action with timeout of 5m0s");
	render(delivery->stage, release->service, running, values);
	go_on(delivery, release, object, 1);
}

static void upgrade_done(struct delivery *delivery, struct release *release, cJSON *object, const char *now)
{
	const struct plan_service *service = release->service;
	history_add(object, release->digest, now);
	cJSON_Delete(release->values);
	release->values = release->coming;
	release->coming = NULL;
	release->failures = 0;
	cJSON_DeleteItemFromObjectCaseSensitive(sub_object(object, "status"), "failures");
	cJSON_DeleteItemFromObjectCaseSensitive(sub_object(object, "status"), "upgradeFailures");
	condition_drop(sub_object(object, "status"), "Remediated");
	flux_condition(object, "Released", "True", "UpgradeSucceeded", now, "Helm upgrade succeeded for release %s/%s.v%d with "
	               "chart service@" CHART, service->namespace, service->name, version_of(object));
	flux_condition(object, "Ready", "True", "UpgradeSucceeded", now, "Helm upgrade succeeded for release %s/%s.v%d with "
	               "chart service@" CHART, service->namespace, service->name, version_of(object));
	stage_event(delivery->stage, object, "helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm-controller", 0, "UpgradeSucceeded",
	            "Helm upgrade succeeded for release %s/%s.v%d with chart service@" CHART, service->namespace, service->name,
	            version_of(object));
	end(delivery, release, object);
}

static void upgrade_failed(struct delivery *delivery, struct release *release, cJSON *object, const char *now)
{
	const struct plan_service *service = release->service;
	release->failures++;
	set_number(sub_object(object, "status"), "failures", release->failures);
	set_number(sub_object(object, "status"), "upgradeFailures", release->failures);
	static const char words[] = "Helm upgrade failed for release %s/%s with chart service@" CHART ": resource not ready, name: "
	                            "%s, kind: Deployment, status: InProgress: context deadline exceeded";
	flux_condition(object, "Released", "False", "UpgradeFailed", now, words, service->namespace, service->name, service->name);
	flux_condition(object, "Ready", "False", "UpgradeFailed", now, words, service->namespace, service->name, service->name);
	stage_event(delivery->stage, object, "helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm-controller", 1, "UpgradeFailed",
	            words, service->namespace, service->name, service->name);
	release->phase = RELEASE_ROLLS_BACK;
	release->deadline = agenda_seconds(delivery->stage->agenda) + TIMEOUT;
	render(delivery->stage, service, release->coming, values_running(delivery, release));
	go_on(delivery, release, object, 1);
}

static void rolled_back(struct delivery *delivery, struct release *release, cJSON *object, const char *now)
{
	const struct plan_service *service = release->service;
	char digest[72];
	digest_of(values_running(delivery, release), digest);
	history_add(object, digest, now);
	flux_condition(object, "Remediated", "True", "RollbackSucceeded", now, "Helm rollback to previous release %s/%s.v%d with "
	               "chart service@" CHART " succeeded", service->namespace, service->name, version_of(object) - 1);
	if (release->failures <= RETRIES) {
		release->phase = RELEASE_PREPARES;
		go_on(delivery, release, object, 5);
		return;
	}
	flux_condition(object, "Stalled", "True", "RetriesExceeded", now, "Failed to upgrade after %d attempt(s)", release->failures);
	flux_condition(object, "Ready", "False", "RetriesExceeded", now, "Failed to upgrade after %d attempt(s)", release->failures);
	end(delivery, release, object);
}

static void release_step(void *arg, const char *key)
{
	struct delivery *delivery = arg;
	cJSON *object = stage_get(delivery->stage, "helmreleases", key);
	struct release *release = object ? release_find(delivery, json_string(object, "metadata/namespace"),
	                                                json_string(object, "metadata/name")) : NULL;
	char now[32];
	if (!release || release->phase == RELEASE_IDLE) {
		cJSON_Delete(object);
		return;
	}
	stage_stamp(delivery->stage, now);
	if (release->phase == RELEASE_PREPARES) {
		upgrade_begin(delivery, release, object, now);
		return;
	}
	int state = workload_state(delivery->stage, release->service);
	int late = agenda_seconds(delivery->stage->agenda) > release->deadline;
	if (state > 0 && release->phase == RELEASE_RUNS) {
		upgrade_done(delivery, release, object, now);
	} else if (state > 0 || (late && release->phase == RELEASE_ROLLS_BACK)) {
		rolled_back(delivery, release, object, now);
	} else if (late) {
		upgrade_failed(delivery, release, object, now);
	} else {
		cJSON_Delete(object);
		agenda_add(delivery->stage->agenda, 1, release_step, delivery, key);
	}
}

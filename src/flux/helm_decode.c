/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "flux/decode.h"

static void decode_history(const struct decode *decode, const cJSON *json, struct helm_release *release)
{
	const cJSON *list = json_at(json, "status/history"), *item;
	int count = decode_length(list, HISTORY_MAX);
	if (count == 0)
		return;
	release->history = mem_new_array((size_t)count, sizeof(*release->history));
	cJSON_ArrayForEach(item, list)
	{
		if (release->history_count >= count)
			break;
		struct release_record *record = &release->history[release->history_count++];
		record->version = decode_count(item, "version", 0);
		record->status = decode_word(decode, item, "status");
		record->chart = decode_word(decode, item, "chartName");
		record->chart_version = decode_word(decode, item, "chartVersion");
		record->app_version = decode_word(decode, item, "appVersion");
		record->config_digest = decode_word(decode, item, "configDigest");
		record->digest = decode_word(decode, item, "digest");
		record->oci_digest = decode_word(decode, item, "ociDigest");
		record->first_ms = json_stamp(item, "firstDeployed");
		record->last_ms = json_stamp(item, "lastDeployed");
	}
}

/* "namespace/name" of the HelmChart that was made for it. */
static void decode_chart_object(const struct decode *decode, const cJSON *json, struct object_ref *ref)
{
	const char *text = json_string(json, "status/helmChart"), *slash = text ? strchr(text, '/') : NULL;
	char namespace[256];
	*ref = (struct object_ref){"", "", ""};
	if (!slash || (size_t)(slash - text) >= sizeof(namespace))
		return;
	memcpy(namespace, text, (size_t)(slash - text));
	namespace[slash - text] = '\0';
	ref->kind = decode_intern(decode, "HelmChart");
	ref->namespace = decode_intern(decode, namespace);
	ref->name = decode_intern(decode, slash + 1);
}

static void decode_retries(const cJSON *json, struct helm_release *release)
{
	release->install_retries = (int)json_int(json, "spec/install/remediation/retries", 0);
	release->upgrade_retries = (int)json_int(json, "spec/upgrade/remediation/retries", 0);
	release->failures = decode_count(json, "status/failures", 0);
	release->install_failures = decode_count(json, "status/installFailures", 0);
	release->upgrade_failures = decode_count(json, "status/upgradeFailures", 0);
}

static void decode_tokens(const struct decode *decode, const cJSON *json, struct helm_release *release)
{
	release->force_requested = decode_intern(decode, decode_annotation(json, "reconcile.fluxcd.io/forceAt"));
	release->reset_requested = decode_intern(decode, decode_annotation(json, "reconcile.fluxcd.io/resetAt"));
	release->force_handled = decode_word(decode, json, "status/lastHandledForceAt");
	release->reset_handled = decode_word(decode, json, "status/lastHandledResetAt");
}

struct object *helmrelease_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct helm_release *release = decode_resource(decode, json, OBJECT_HELMRELEASE, sizeof(*release), err);
	if (!release)
		return NULL;
	const char *namespace = release->resource.object.namespace;
	const cJSON *chart_ref = json_at(json, "spec/chartRef");
	decode_ref(decode, chart_ref ? chart_ref : json_at(json, "spec/chart/spec/sourceRef"), "", namespace, &release->source);
	decode_refs(decode, json_at(json, "spec/dependsOn"), "HelmRelease", namespace, &release->depends_on);
	decode_refs(decode, json_at(json, "spec/valuesFrom"), "ConfigMap", namespace, &release->values);
	decode_chart_object(decode, json, &release->chart_object);
	decode_retries(json, release);
	decode_tokens(decode, json, release);
	decode_history(decode, json, release);
	decode_inventory(decode, json, &release->inventory);
	release->chart = decode_word(decode, json, "spec/chart/spec/chart");
	release->chart_version = decode_word(decode, json, "spec/chart/spec/version");
	release->release_name = decode_word(decode, json, "spec/releaseName");
	release->target_namespace = decode_word(decode, json, "spec/targetNamespace");
	release->storage_namespace = decode_word(decode, json, "status/storageNamespace");
	release->attempted = decode_word(decode, json, "status/lastAttemptedRevision");
	release->attempted_digest = decode_word(decode, json, "status/lastAttemptedConfigDigest");
	release->attempted_action = decode_word(decode, json, "status/lastAttemptedReleaseAction");
	release->attempted_generation = json_int(json, "status/lastAttemptedGeneration", -1);
	release->drift_mode = decode_word(decode, json, "spec/driftDetection/mode");
	release->timeout_ms = decode_duration(json, "spec/timeout");
	return &release->resource.object;
}

/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "base/mem.h"
#include "flux/decode.h"

static void decode_history(const struct decode *decode, const cJSON *json, struct kustomization *kustomization)
{
	const cJSON *list = json_at(json, "status/history"), *item;
	int count = decode_length(list, HISTORY_MAX);
	if (count == 0)
		return;
	kustomization->history = mem_new_array((size_t)count, sizeof(*kustomization->history));
	cJSON_ArrayForEach(item, list)
	{
		if (kustomization->history_count >= count)
			break;
		struct apply_record *record = &kustomization->history[kustomization->history_count++];
		record->digest = decode_word(decode, item, "digest");
		record->status = decode_word(decode, item, "lastReconciledStatus");
		record->revision = decode_word(decode, item, "metadata/revision");
		record->first_ms = json_stamp(item, "firstReconciled");
		record->last_ms = json_stamp(item, "lastReconciled");
		record->took_ms = decode_duration(item, "lastReconciledDuration");
		record->total = decode_count(item, "totalReconciliations", 0);
	}
}

struct object *kustomization_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct kustomization *k = decode_resource(decode, json, OBJECT_KUSTOMIZATION, sizeof(*k), err);
	if (!k)
		return NULL;
	const char *namespace = k->resource.object.namespace;
	decode_ref(decode, json_at(json, "spec/sourceRef"), "", namespace, &k->source);
	decode_refs(decode, json_at(json, "spec/dependsOn"), "Kustomization", namespace, &k->depends_on);
	k->path = decode_word(decode, json, "spec/path");
	k->target_namespace = decode_word(decode, json, "spec/targetNamespace");
	k->retry_ms = decode_duration(json, "spec/retryInterval");
	k->timeout_ms = decode_duration(json, "spec/timeout");
	k->wait = json_bool(json, "spec/wait", 0) != 0;
	k->prune = json_bool(json, "spec/prune", 0) != 0;
	k->force = json_bool(json, "spec/force", 0) != 0;
	k->health_checks = (uint16_t)decode_length(json_at(json, "spec/healthChecks"), UINT16_MAX);
	k->applied = decode_word(decode, json, "status/lastAppliedRevision");
	k->attempted = decode_word(decode, json, "status/lastAttemptedRevision");
	k->applied_origin = decode_word(decode, json, "status/lastAppliedOriginRevision");
	k->attempted_origin = decode_word(decode, json, "status/lastAttemptedOriginRevision");
	decode_inventory(decode, json, &k->inventory);
	decode_history(decode, json, k);
	return &k->resource.object;
}

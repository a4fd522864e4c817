/* SPDX-License-Identifier: MIT */
/* Deployments, StatefulSets, DaemonSets and ReplicaSets. Three kinds (and a fourth in flux/) fill one struct workload. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kube/decode.h"
#include "kube/resource_decode.h"

static void decode_labels(const struct decode *decode, const cJSON *json, struct workload *workload)
{
	const cJSON *labels = json_at(json, "metadata/labels"), *label;
	int count = cJSON_IsObject(labels) ? cJSON_GetArraySize(labels) : 0;
	workload->service = workload->team = "";
	if (count == 0)
		return;
	if (count > 256)
		count = 256; /* more than any object of a sane cluster has */
	workload->labels = mem_new_array((size_t)count, sizeof(*workload->labels));
	cJSON_ArrayForEach(label, labels)
	{
		if (!cJSON_IsString(label) || workload->label_count >= count)
			continue;
		struct label *slot = &workload->labels[workload->label_count++];
		slot->key = decode_intern(decode, label->string);
		slot->value = decode_intern(decode, label->valuestring);
		if (strcmp(label->string, decode->service_label) == 0)
			workload->service = decode_intern(decode, label->valuestring);
		if (strcmp(label->string, decode->team_label) == 0)
			workload->team = decode_intern(decode, label->valuestring);
	}
}

struct workload *workload_decode(const struct decode *decode, const cJSON *json, enum object_kind kind,
                                 struct err *err)
{
	struct workload *workload = mem_new(sizeof(*workload));
	char images[1024];
	if (decode_identity(decode, json, kind, &workload->object, err) < 0) {
		free(workload);
		return NULL;
	}
	decode_labels(decode, json, workload);
	workload->images = decode_joined(decode, json_at(json, "spec/template/spec/containers"), "image", images, sizeof(images));
	workload->revision = workload->current_revision = "";
	workload->selector = decode_selector(decode, json_at(json, "spec/selector"));
	workload->generation = json_int(json, "metadata/generation", 0);
	workload->observed = json_int(json, "status/observedGeneration", 0);
	workload->desired = decode_count(json, "spec/replicas", 1);
	workload->replicas = decode_count(json, "status/replicas", 0);
	workload->ready = decode_count(json, "status/readyReplicas", 0);
	workload->updated = decode_count(json, "status/updatedReplicas", 0);
	workload->available = decode_count(json, "status/availableReplicas", 0);
	const char *strategy = json_string(json, "spec/updateStrategy/type");
	workload->on_delete = strategy && strcmp(strategy, "OnDelete") == 0;
	workload->disabled = decode_is_disabled(json) != 0;
	workload->hold = decode_hold(decode, json, NULL);
	decode_applied_by(decode, json, &workload->applied_by);
	decode_owner(decode, json, &workload->managed_by, NULL);
	workload->progressing = workload->is_available = workload->failure = (struct condition){.status = ' ', .reason = ""};
	return workload;
}

struct object *deployment_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct workload *workload = workload_decode(decode, json, OBJECT_DEPLOYMENT, err);
	if (!workload)
		return NULL;
	const cJSON *annotations = json_at(json, "metadata/annotations"), *status = json_get(json, "status");
	const cJSON *revision = json_get(annotations, "deployment.kubernetes.io/revision");
	workload->revision = decode_intern(decode, cJSON_IsString(revision) ? revision->valuestring : NULL);
	workload->paused = json_bool(json, "spec/paused", 0) != 0;
	decode_condition(decode, status, "Progressing", &workload->progressing);
	decode_condition(decode, status, "Available", &workload->is_available);
	decode_condition(decode, status, "ReplicaFailure", &workload->failure);
	return &workload->object;
}

struct object *statefulset_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct workload *workload = workload_decode(decode, json, OBJECT_STATEFULSET, err);
	if (!workload)
		return NULL;
	const cJSON *rolling = json_at(json, "spec/updateStrategy/rollingUpdate");
	workload->has_partition = json_get(rolling, "partition") != NULL;
	workload->partition = decode_count(rolling, "partition", 0);
	workload->current = decode_count(json, "status/currentReplicas", 0);
	workload->revision = decode_intern(decode, json_string(json, "status/updateRevision"));
	workload->current_revision = decode_intern(decode, json_string(json, "status/currentRevision"));
	return &workload->object;
}

struct object *daemonset_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct workload *workload = workload_decode(decode, json, OBJECT_DAEMONSET, err);
	if (!workload)
		return NULL;
	workload->desired = decode_count(json, "status/desiredNumberScheduled", 0);
	workload->replicas = workload->current = decode_count(json, "status/currentNumberScheduled", 0);
	workload->ready = decode_count(json, "status/numberReady", 0);
	workload->updated = decode_count(json, "status/updatedNumberScheduled", 0);
	workload->available = decode_count(json, "status/numberAvailable", 0);
	return &workload->object;
}

struct object *replicaset_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct replicaset *set = mem_new(sizeof(*set));
	char owner[128];
	if (decode_identity(decode, json, OBJECT_REPLICASET, &set->object, err) < 0) {
		free(set);
		return NULL;
	}
	decode_controller(json, owner, sizeof(owner));
	set->owner_uid = decode_intern(decode, owner);
	const char *revision = decode_annotation(json, "deployment.kubernetes.io/revision");
	const char *hash = json_string(json, "metadata/labels/pod-template-hash");
	/* Argo Rollouts' own names for the same. */
	if (!revision)
		revision = decode_annotation(json, "rollout.argoproj.io/revision");
	if (!hash)
		hash = json_string(json, "metadata/labels/rollouts-pod-template-hash");
	set->revision = decode_intern(decode, revision);
	set->hash = decode_intern(decode, hash);
	return &set->object;
}

/* SPDX-License-Identifier: MIT */
#include "sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct set_marks deployment_marks = {"apps/v1", "Deployment", "pod-template-hash", "deployment.kubernetes.io/revision"};
const struct set_marks rollout_marks = {"argoproj.io/v1alpha1", "Rollout", "rollouts-pod-template-hash",
                                        "rollout.argoproj.io/revision"};

long revision_read(const cJSON *object, const struct set_marks *marks)
{
	const char *text = text_of(json_at(object, "metadata/annotations"), marks->revision);
	return text ? strtol(text, NULL, 10) : 0;
}

void revision_write(cJSON *object, const struct set_marks *marks, long revision)
{
	char text[24];
	snprintf(text, sizeof(text), "%ld", revision);
	set_text(sub_object(sub_object(object, "metadata"), "annotations"), marks->revision, text);
}

static int set_order(const void *a, const void *b)
{
	const struct set *one = a, *other = b;
	return one->revision < other->revision ? -1 : one->revision > other->revision;
}

struct set *sets_read(const struct stage *stage, const struct set_marks *marks, const char *key, const char *uid, size_t *count)
{
	char prefix[2 * SIM_NAME];
	struct vec owned;
	snprintf(prefix, sizeof(prefix), "%s-", key);
	stage_owned(stage, "replicasets", prefix, uid, &owned);
	struct set *sets = mem_new_array(owned.len + 1, sizeof(*sets));
	for (size_t i = 0; i < owned.len; i++)
		sets[i] = (struct set){
			.json = owned.items[i], .wanted = (int)json_int(owned.items[i], "spec/replicas", 0),
			.replicas = (int)json_int(owned.items[i], "status/replicas", 0),
			.ready = (int)json_int(owned.items[i], "status/readyReplicas", 0),
			.available = (int)json_int(owned.items[i], "status/availableReplicas", 0),
			.revision = revision_read(owned.items[i], marks),
		};
	*count = owned.len;
	vec_release(&owned);
	qsort(sets, *count, sizeof(*sets), set_order);
	return sets;
}

void sets_free(struct set *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cJSON_Delete(sets[i].json);
	free(sets);
}

void sets_store(struct stage *stage, const struct set *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sets[i].dirty)
			stage_put(stage, "replicasets", cJSON_Duplicate(sets[i].json, 1));
}

int set_is_of(const struct set *set, const struct set_marks *marks, const cJSON *template)
{
	cJSON *own = cJSON_Duplicate(json_at(set->json, "spec/template"), 1);
	cJSON *labels = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(own, "metadata"), "labels");
	cJSON_DeleteItemFromObjectCaseSensitive(labels, marks->hash);
	int same = cJSON_Compare(own, template, 1);
	cJSON_Delete(own);
	return same;
}

const char *set_hash(const struct set *set, const struct set_marks *marks)
{
	const char *hash = text_of(json_at(set->json, "metadata/labels"), marks->hash);
	return hash ? hash : "";
}

void template_hash(const cJSON *template, char hash[12])
{
	uint64_t bits = 14695981039346656037u;
	char *text = cJSON_PrintUnformatted(template);
	for (const char *at = text; at && *at; at++)
		bits = (bits ^ (unsigned char)*at) * 1099511628211u;
	free(text);
	mix_word(bits, 10, hash);
}

static void desired_write(cJSON *set, const cJSON *owner)
{
	char number[24];
	snprintf(number, sizeof(number), "%d", (int)json_int(owner, "spec/replicas", 1));
	set_text(sub_object(sub_object(set, "metadata"), "annotations"), "deployment.kubernetes.io/desired-replicas", number);
}

void set_make(struct stage *stage, const struct set_marks *marks, const cJSON *owner, long revision, char hash[12])
{
	char name[SIM_NAME];
	const cJSON *template = json_at(owner, "spec/template");
	const char *own = json_string(owner, "metadata/name");
	template_hash(template, hash);
	snprintf(name, sizeof(name), "%s-%s", own, hash);
	cJSON *set = cJSON_CreateObject(), *metadata = cJSON_AddObjectToObject(set, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", json_string(owner, "metadata/namespace"));
	cJSON *copy = cJSON_Duplicate(template, 1), *labels = sub_object(sub_object(copy, "metadata"), "labels");
	cJSON_AddStringToObject(labels, marks->hash, hash);
	cJSON_AddItemToObject(metadata, "labels", cJSON_Duplicate(labels, 1));
	cJSON *reference = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(metadata, "ownerReferences"), reference);
	cJSON_AddStringToObject(reference, "apiVersion", marks->api_version);
	cJSON_AddStringToObject(reference, "kind", marks->kind);
	cJSON_AddStringToObject(reference, "name", own);
	cJSON_AddStringToObject(reference, "uid", json_string(owner, "metadata/uid"));
	cJSON_AddTrueToObject(reference, "controller");
	cJSON_AddTrueToObject(reference, "blockOwnerDeletion");
	cJSON *spec = cJSON_AddObjectToObject(set, "spec");
	cJSON_AddNumberToObject(spec, "replicas", 0);
	cJSON *selector = cJSON_Duplicate(json_at(owner, "spec/selector"), 1);
	cJSON_AddStringToObject(sub_object(selector, "matchLabels"), marks->hash, hash);
	cJSON_AddItemToObject(spec, "selector", selector);
	cJSON_AddItemToObject(spec, "template", copy);
	cJSON_AddNumberToObject(cJSON_AddObjectToObject(set, "status"), "replicas", 0);
	desired_write(set, owner);
	revision_write(set, marks, revision);
	stage_put(stage, "replicasets", set);
}

void set_scale(struct stage *stage, const struct set_marks *marks, const cJSON *owner, struct set *set, int wanted)
{
	wanted = wanted < 0 ? 0 : wanted;
	if (set->wanted == wanted)
		return;
	stage_event(stage, owner, marks->api_version, marks->kind, marks == &rollout_marks ? "rollouts-controller"
	            : "deployment-controller", 0, "ScalingReplicaSet", "Scaled %s replica set %s from %d to %d",
	            wanted > set->wanted ? "up" : "down", json_string(set->json, "metadata/name"), set->wanted, wanted);
	set_number(sub_object(set->json, "spec"), "replicas", wanted);
	desired_write(set->json, owner);
	set->wanted = wanted;
	set->dirty = 1;
}

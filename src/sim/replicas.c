/* SPDX-License-Identifier: MIT */
/*
 * The controllers that keep a number of pods: of a ReplicaSet any, of a StatefulSet those with the
 * numbers from zero on, one after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "stage.h"

static int is_ready(const cJSON *pod)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(pod, "status/conditions"))
	{
		const char *type = json_string(item, "type"), *state = json_string(item, "status");
		if (type && state && strcmp(type, "Ready") == 0)
			return strcmp(state, "True") == 0;
	}
	return 0;
}

static int is_ending(const cJSON *pod)
{
	return json_string(pod, "metadata/deletionTimestamp") != NULL;
}

/* Those that nobody misses go first: not ready, then the youngest. */
static int worth_order(const void *a, const void *b)
{
	const cJSON *one = *(const cJSON *const *)a, *other = *(const cJSON *const *)b;
	int order = is_ready(one) - is_ready(other);
	if (order)
		return order;
	order = strcmp(json_string(other, "metadata/creationTimestamp"), json_string(one, "metadata/creationTimestamp"));
	return order ? order : strcmp(json_string(one, "metadata/name"), json_string(other, "metadata/name"));
}

struct keeping {
	struct stage *stage;
	cJSON *json;
	struct vec pods; /* cJSON *: those that are not ending */
	int wanted, ready;
};

static int keeping_read(struct keeping *keeping, struct stage *stage, const char *plural, const char *key)
{
	char prefix[2 * SIM_NAME];
	struct vec owned;
	*keeping = (struct keeping){.stage = stage, .json = stage_get(stage, plural, key)};
	if (!keeping->json)
		return -1;
	snprintf(prefix, sizeof(prefix), "%s-", key);
	stage_owned(stage, "pods", prefix, json_string(keeping->json, "metadata/uid"), &owned);
	vec_init(&keeping->pods);
	for (size_t i = 0; i < owned.len; i++) {
		if (is_ending(owned.items[i])) {
			cJSON_Delete(owned.items[i]);
			continue;
		}
		vec_push(&keeping->pods, owned.items[i]);
		keeping->ready += is_ready(owned.items[i]);
	}
	vec_release(&owned);
	keeping->wanted = (int)json_int(keeping->json, "spec/replicas", 1);
	return 0;
}

static void keeping_release(struct keeping *keeping)
{
	for (size_t i = 0; i < keeping->pods.len; i++)
		cJSON_Delete(keeping->pods.items[i]);
	vec_release(&keeping->pods);
	cJSON_Delete(keeping->json);
}

static void pod_key(const cJSON *pod, char *out, size_t size)
{
	doc_key(out, size, json_string(pod, "metadata/namespace"), json_string(pod, "metadata/name"));
}

static void counts_write(struct keeping *keeping, const char *plural, int count, const char *const *names, const int *values)
{
	cJSON *status = sub_object(keeping->json, "status");
	int changed = json_int(status, "observedGeneration", 0) != json_int(keeping->json, "metadata/generation", 0);
	for (int i = 0; i < count; i++)
		changed |= json_int(status, names[i], 0) != values[i];
	if (!changed)
		return;
	set_number(status, "observedGeneration", (double)json_int(keeping->json, "metadata/generation", 0));
	for (int i = 0; i < count; i++)
		set_number(status, names[i], values[i]);
	stage_put(keeping->stage, plural, keeping->json);
	keeping->json = NULL;
}

void replica_set_sync(void *arg, const char *key)
{
	struct keeping keeping;
	char name[SIM_NAME], tail[8], pod[2 * SIM_NAME];
	if (keeping_read(&keeping, arg, "replicasets", key) < 0)
		return;
	struct stage *stage = arg;
	int have = (int)keeping.pods.len;
	for (int i = have; i < keeping.wanted; i++) {
		mix_word(mix(++stage->pods * 31 + (uint64_t)stage->number), 5, tail);
		snprintf(name, sizeof(name), "%s-%s", json_string(keeping.json, "metadata/name"), tail);
		pod_make(stage, keeping.json, "apps/v1", "ReplicaSet", name, json_at(keeping.json, "spec/template"));
		stage_event(stage, keeping.json, "apps/v1", "ReplicaSet", "replicaset-controller", 0, "SuccessfulCreate",
		              "Created pod: %s", name);
	}
	if (have > keeping.wanted)
		qsort(keeping.pods.items, keeping.pods.len, sizeof(void *), worth_order);
	for (int i = 0; i < have - keeping.wanted; i++) {
		keeping.ready -= is_ready(keeping.pods.items[i]);
		pod_key(keeping.pods.items[i], pod, sizeof(pod));
		stage_event(stage, keeping.json, "apps/v1", "ReplicaSet", "replicaset-controller", 0, "SuccessfulDelete",
		              "Deleted pod: %s", json_string(keeping.pods.items[i], "metadata/name"));
		pod_end(stage, pod);
	}
	static const char *const names[] = {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"};
	const int values[] = {keeping.wanted, keeping.wanted, keeping.ready, keeping.ready};
	counts_write(&keeping, "replicasets", 4, names, values);
	keeping_release(&keeping);
}

static cJSON *pod_numbered(const struct keeping *keeping, int number, const char *set)
{
	char name[SIM_NAME];
	snprintf(name, sizeof(name), "%s-%d", set, number);
	for (size_t i = 0; i < keeping->pods.len; i++)
		if (strcmp(json_string(keeping->pods.items[i], "metadata/name"), name) == 0)
			return keeping->pods.items[i];
	return NULL;
}

static const char *revision_of(const cJSON *pod)
{
	const char *revision = json_string(json_at(pod, "metadata/labels"), "controller-revision-hash");
	return revision ? revision : "";
}

/* The name of the template's revision: the first one keeps the name that it was filled with. */
static void update_revision(const struct keeping *keeping, char *out, size_t size)
{
	const char *known = json_string(keeping->json, "status/updateRevision");
	int64_t generation = json_int(keeping->json, "metadata/generation", 1);
	const cJSON *marks = json_at(keeping->json, "metadata/annotations");
	cJSON *template = cJSON_Duplicate(json_at(keeping->json, "spec/template"), 1);
	char *text = cJSON_PrintUnformatted(template), hash[65], word[12];
	(void)generation, (void)marks;
	sha256_hex(text, strlen(text), hash);
	mix_word(strtoull(hash + 48, NULL, 16), 10, word);
	snprintf(out, size, "%s-%s", json_string(keeping->json, "metadata/name"), word);
	/* A pod of the present template, made before names followed from it, says what it is called. */
	for (size_t i = 0; known && i < keeping->pods.len; i++) {
		const cJSON *image = json_string(keeping->pods.items[i], "metadata/name") ? json_at(keeping->pods.items[i], "spec/containers") : NULL;
		if (strcmp(revision_of(keeping->pods.items[i]), known) == 0 &&
		    cJSON_Compare(image, json_at(template, "spec/containers"), 1) &&
		    cJSON_Compare(json_at(keeping->pods.items[i], "metadata/annotations"), json_at(template, "metadata/annotations"), 1))
			snprintf(out, size, "%s", known);
	}
	free(text);
	cJSON_Delete(template);
}

/* In order: the first pod that is missing or not ready is all that is worked on; then the last one of an old revision. */
static void stateful_step(struct keeping *keeping, const char *revision)
{
	const char *set = json_string(keeping->json, "metadata/name");
	char name[SIM_NAME], key[2 * SIM_NAME];
	for (int i = 0; i < keeping->wanted; i++) {
		const cJSON *pod = pod_numbered(keeping, i, set);
		if (pod && is_ready(pod))
			continue;
		if (pod && strcmp(revision_of(pod), revision) == 0)
			return;
		if (pod)
			break; /* broken, and of an old revision: it is replaced below */
		cJSON *template = cJSON_Duplicate(json_at(keeping->json, "spec/template"), 1);
		snprintf(name, sizeof(name), "%s-%d", set, i);
		cJSON *labels = sub_object(sub_object(template, "metadata"), "labels");
		set_text(labels, "controller-revision-hash", revision);
		set_text(labels, "statefulset.kubernetes.io/pod-name", name);
		pod_make(keeping->stage, keeping->json, "apps/v1", "StatefulSet", name, template);
		stage_event(keeping->stage, keeping->json, "apps/v1", "StatefulSet", "statefulset-controller", 0,
		              "SuccessfulCreate", "create Pod %s in StatefulSet %s successful", name, set);
		cJSON_Delete(template);
		return;
	}
	for (int i = (int)keeping->pods.len + 8; i-- > 0;) {
		const cJSON *pod = pod_numbered(keeping, i, set);
		if (!pod || (i < keeping->wanted && strcmp(revision_of(pod), revision) == 0))
			continue;
		pod_key(pod, key, sizeof(key));
		stage_event(keeping->stage, keeping->json, "apps/v1", "StatefulSet", "statefulset-controller", 0,
		              "SuccessfulDelete", "delete Pod %s in StatefulSet %s successful", json_string(pod, "metadata/name"), set);
		pod_end(keeping->stage, key);
		return;
	}
}

void stateful_set_sync(void *arg, const char *key)
{
	struct keeping keeping;
	char revision[SIM_NAME];
	if (keeping_read(&keeping, arg, "statefulsets", key) < 0)
		return;
	update_revision(&keeping, revision, sizeof(revision));
	cJSON *status = sub_object(keeping.json, "status");
	int updated = 0, count = (int)keeping.pods.len;
	for (size_t i = 0; i < keeping.pods.len; i++)
		updated += strcmp(revision_of(keeping.pods.items[i]), revision) == 0;
	stateful_step(&keeping, revision);
	const char *known = json_string(status, "updateRevision"), *current = json_string(status, "currentRevision");
	int done = updated == count && count == keeping.wanted;
	int renamed = !known || strcmp(known, revision) != 0 || (done && (!current || strcmp(current, revision) != 0));
	if (renamed) {
		set_text(status, "updateRevision", revision);
		if (done || !current)
			set_text(status, "currentRevision", revision);
		set_number(status, "observedGeneration", -1); /* so that the counts below are written */
	}
	static const char *const names[] = {"replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "currentReplicas"};
	const int values[] = {count, keeping.ready, keeping.ready, updated, done ? count : count - updated};
	counts_write(&keeping, "statefulsets", 5, names, values);
	keeping_release(&keeping);
}

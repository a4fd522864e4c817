/* SPDX-License-Identifier: MIT */
/*
 * The identity of objects, and their end: which strings of which kind are shares of the pool. A
 * string that a decoder left out is made "" when the object is put, so that readers never test.
 */
#include "model/object.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/owner.h"
#include "model/pod.h"
#include "model/workload.h"
#include "model/writer.h"

/* The interned fields of each kind, as offsets; 0 ends a row (no kind has one at offset 0). */
enum { WORDS_MAX = 7 };

static const size_t words[OBJECT_KINDS][WORDS_MAX] = {
	[OBJECT_NAMESPACE] = {offsetof(struct namespace, team)},
	[OBJECT_NODE] = {offsetof(struct node, zone), offsetof(struct node, reason)},
#define WORKLOAD_WORDS \
	{offsetof(struct workload, service), offsetof(struct workload, team), \
	 offsetof(struct workload, images), offsetof(struct workload, revision), \
	 offsetof(struct workload, current_revision)}
	[OBJECT_DEPLOYMENT] = WORKLOAD_WORDS,
	[OBJECT_STATEFULSET] = WORKLOAD_WORDS,
	[OBJECT_DAEMONSET] = WORKLOAD_WORDS,
	[OBJECT_REPLICASET] = {offsetof(struct replicaset, owner_uid), offsetof(struct replicaset, revision),
		offsetof(struct replicaset, hash)},
	[OBJECT_HPA] = {offsetof(struct hpa, target_kind), offsetof(struct hpa, target_name)},
	[OBJECT_POD] = {offsetof(struct pod, owner_uid), offsetof(struct pod, node), offsetof(struct pod, ip),
		offsetof(struct pod, status), offsetof(struct pod, hash), offsetof(struct pod, containers)},
	[OBJECT_EVENT] = {offsetof(struct event, about_kind), offsetof(struct event, about_name),
		offsetof(struct event, about_uid), offsetof(struct event, reason)},
};

static const char **object_word(struct object *object, size_t i)
{
	size_t offset = i < WORDS_MAX ? words[object->kind][i] : 0;
	return offset ? (const char **)(void *)((char *)object + offset) : NULL;
}

int object_key(char *out, size_t size, const char *namespace, const char *name)
{
	size_t space = namespace ? strlen(namespace) : 0, len = strlen(name), start = space ? space + 1 : 0;
	if (start + len + 1 > size)
		return 0;
	if (space) {
		memcpy(out, namespace, space);
		out[space] = '/';
	}
	memcpy(out + start, name, len + 1);
	return 1;
}

void object_init(struct object *object, enum object_kind kind, struct intern *pool, const char *namespace,
                 const char *name, const char *uid, const char *version)
{
	namespace = namespace ? namespace : "";
	uid = uid ? uid : "";
	version = version ? version : "";
	size_t space = strlen(namespace), key_len = (space ? space + 1 : 0) + strlen(name);
	size_t uid_len = strlen(uid), version_len = strlen(version);
	char *block = mem_new(key_len + uid_len + version_len + 3);
	object_key(block, key_len + 1, namespace, name);
	memcpy(block + key_len + 1, uid, uid_len);
	memcpy(block + key_len + uid_len + 2, version, version_len);
	object->kind = kind;
	object->namespace = intern_take(pool, namespace);
	object->key = block;
	object->name = block + (space ? space + 1 : 0);
	object->uid = block + key_len + 1;
	object->version = block + key_len + uid_len + 2;
}

static void condition_release(struct intern *pool, struct condition *condition)
{
	intern_drop(pool, condition->reason);
	free(condition->message);
}

static void condition_complete(struct condition *condition)
{
	if (!condition->reason)
		condition->reason = "";
	if (!condition->status)
		condition->status = ' ';
}

static void workload_release(struct intern *pool, struct workload *workload)
{
	for (uint16_t i = 0; i < workload->label_count; i++) {
		intern_drop(pool, workload->labels[i].key);
		intern_drop(pool, workload->labels[i].value);
	}
	free(workload->labels);
	condition_release(pool, &workload->progressing);
	condition_release(pool, &workload->is_available);
	condition_release(pool, &workload->failure);
}

void object_complete(struct object *object)
{
	const char **word;
	for (size_t i = 0; (word = object_word(object, i)); i++)
		if (!*word)
			*word = "";
	if (kind_is_workload(object->kind)) {
		struct workload *workload = (struct workload *)object;
		condition_complete(&workload->progressing);
		condition_complete(&workload->is_available);
		condition_complete(&workload->failure);
	} else if (object->kind == OBJECT_HPA) {
		condition_complete(&((struct hpa *)object)->active);
		condition_complete(&((struct hpa *)object)->limited);
	}
}

void object_discard(struct fleet *fleet, struct object *object)
{
	if (!object)
		return;
	const char **word;
	struct intern *pool = fleet->strings;
	for (size_t i = 0; (word = object_word(object, i)); i++)
		intern_drop(pool, *word);
	if (kind_is_workload(object->kind)) {
		workload_release(pool, (struct workload *)object);
	} else if (object->kind == OBJECT_HPA) {
		struct hpa *hpa = (struct hpa *)object;
		condition_release(pool, &hpa->active);
		condition_release(pool, &hpa->limited);
		free(hpa->target_key);
	} else if (object->kind == OBJECT_POD) {
		free(((struct pod *)object)->message);
	} else if (object->kind == OBJECT_EVENT) {
		free(((struct event *)object)->message);
	}
	intern_drop(pool, object->namespace);
	free((void *)object->key);
	free(object);
}

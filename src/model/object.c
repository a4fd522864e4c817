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
#include "shape.h"

static void pod_release(struct intern *pool, struct object *object)
{
	(void)pool;
	free(((struct pod *)object)->message);
}

static void event_release(struct intern *pool, struct object *object)
{
	(void)pool;
	free(((struct event *)object)->message);
}

static void hpa_release(struct intern *pool, struct object *object)
{
	struct hpa *hpa = (struct hpa *)object;
	condition_release(pool, &hpa->active);
	condition_release(pool, &hpa->limited);
	free(hpa->target_key);
}

static void hpa_complete(struct object *object)
{
	condition_complete(&((struct hpa *)object)->active);
	condition_complete(&((struct hpa *)object)->limited);
}

static void workload_release(struct intern *pool, struct object *object)
{
	struct workload *workload = (struct workload *)object;
	for (uint16_t i = 0; i < workload->label_count; i++) {
		intern_drop(pool, workload->labels[i].key);
		intern_drop(pool, workload->labels[i].value);
	}
	free(workload->labels);
	condition_release(pool, &workload->progressing);
	condition_release(pool, &workload->is_available);
	condition_release(pool, &workload->failure);
	hold_free(pool, workload->hold);
	argo_release(pool, workload->argo);
}

static void workload_complete(struct object *object)
{
	struct workload *workload = (struct workload *)object;
	condition_complete(&workload->progressing);
	condition_complete(&workload->is_available);
	condition_complete(&workload->failure);
	argo_complete(workload->argo);
}

#define WORDS(...) (const size_t[]){__VA_ARGS__, 0}
#define WORKLOAD_SHAPE \
	{WORDS(offsetof(struct workload, service), offsetof(struct workload, team), \
	       offsetof(struct workload, images), offsetof(struct workload, revision), \
	       offsetof(struct workload, current_revision), offsetof(struct workload, selector), REF_WORDS(struct workload, applied_by), \
	       REF_WORDS(struct workload, managed_by)), \
	 workload_release, workload_complete}

static const struct shape shapes[OBJECT_CRONJOB] = {
	[OBJECT_NAMESPACE] = {WORDS(offsetof(struct namespace, team)), NULL, NULL},
	[OBJECT_NODE] = {WORDS(offsetof(struct node, zone), offsetof(struct node, reason)), NULL, NULL},
	[OBJECT_DEPLOYMENT] = WORKLOAD_SHAPE,
	[OBJECT_STATEFULSET] = WORKLOAD_SHAPE,
	[OBJECT_DAEMONSET] = WORKLOAD_SHAPE,
	[OBJECT_ROLLOUT] = WORKLOAD_SHAPE,
	[OBJECT_REPLICASET] = {WORDS(offsetof(struct replicaset, owner_uid), offsetof(struct replicaset, revision),
	                             offsetof(struct replicaset, hash)), NULL, NULL},
	[OBJECT_HPA] = {WORDS(offsetof(struct hpa, target_kind), offsetof(struct hpa, target_name),
	                      offsetof(struct hpa, owner_kind), offsetof(struct hpa, owner_name)),
	                hpa_release, hpa_complete},
	[OBJECT_POD] = {WORDS(offsetof(struct pod, owner_uid), offsetof(struct pod, node), offsetof(struct pod, ip),
	                      offsetof(struct pod, status), offsetof(struct pod, hash),
	                      offsetof(struct pod, containers)),
	                pod_release, NULL},
	[OBJECT_EVENT] = {WORDS(offsetof(struct event, about_kind), offsetof(struct event, about_name),
	                        offsetof(struct event, about_uid), offsetof(struct event, reason)),
	                  event_release, NULL},
};

static const struct shape *shape_of(const struct object *object)
{
	return kind_is_resource(object->kind) ? &flux_shapes[object->kind] : &shapes[object->kind];
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

void condition_release(struct intern *pool, struct condition *condition)
{
	intern_drop(pool, condition->reason);
	free(condition->message);
}

void word_complete(const char **word)
{
	if (!*word)
		*word = "";
}

void condition_complete(struct condition *condition)
{
	word_complete(&condition->reason);
	if (!condition->status)
		condition->status = ' ';
}

void object_complete(struct object *object)
{
	const struct shape *shape = shape_of(object);
	const char **word;
	for (size_t i = 0; (word = shape_word(shape->words, object, i)); i++)
		word_complete(word);
	if (kind_is_resource(object->kind))
		resource_complete((struct resource *)object);
	if (shape->complete)
		shape->complete(object);
}

void object_discard(struct fleet *fleet, struct object *object)
{
	if (!object)
		return;
	const struct shape *shape = shape_of(object);
	const char **word;
	struct intern *pool = fleet->strings;
	for (size_t i = 0; (word = shape_word(shape->words, object, i)); i++)
		intern_drop(pool, *word);
	if (kind_is_resource(object->kind))
		resource_release(pool, (struct resource *)object);
	if (shape->release)
		shape->release(pool, object);
	intern_drop(pool, object->namespace);
	free((void *)object->key);
	free(object);
}

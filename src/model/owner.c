/* SPDX-License-Identifier: MIT */
/*
 * The tree of ownerReferences: pods hang on the node of their controller's uid, ReplicaSets' nodes
 * on those of their Deployments. Nothing depends on the order of arrival, because every node exists
 * as soon as anything names it, and carries the sum of its pods wherever its chain leads.
 */
#include "model/owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct owner *owner_take(struct cluster *cluster, const char *uid)
{
	struct owner *owner = map_get(&cluster->owners, uid);
	if (owner)
		return owner;
	size_t size = strlen(uid) + 1;
	owner = mem_new(sizeof(*owner) + size);
	memcpy(owner->uid, uid, size);
	owner->cluster = cluster;
	map_put(&cluster->owners, owner->uid, owner);
	return owner;
}

static void crowd_free(struct owner *owner)
{
	if (!owner->crowd)
		return;
	vec_release(&owner->crowd->pods);
	free(owner->crowd);
	owner->crowd = NULL;
}

/* A node lives while it has an object, a pod or a child. */
static void owner_drop(struct owner *owner)
{
	if (owner->object || owner->children)
		return;
	if (owner->crowd) {
		if (owner->crowd->pods.len > 0)
			return;
		crowd_free(owner);
	}
	struct owner *parent = owner->parent;
	if (parent) {
		*owner->link = owner->next;
		if (owner->next)
			owner->next->link = owner->link;
	}
	map_remove(&owner->cluster->owners, owner->uid);
	free(owner);
	if (parent)
		owner_drop(parent);
}

void owner_free_all(struct cluster *cluster)
{
	struct owner *owner;
	for (size_t i = 0; (owner = map_next(&cluster->owners, &i));) {
		crowd_free(owner);
		free(owner);
	}
	map_release(&cluster->owners);
}

static void tally_add(struct tally *tally, const struct pod *pod, int sign)
{
	if (pod->finished)
		return;
	if (pod->terminating) {
		tally->terminating += sign;
		return;
	}
	tally->pods += sign;
	tally->ready += pod->ready ? sign : 0;
	tally->restarts += sign * (int64_t)pod->restarts;
	tally->by_reason[pod->reason < REASON_COUNT ? pod->reason : REASON_OTHER] += sign;
}

static void tally_shift(struct tally *to, const struct tally *by)
{
	to->pods += by->pods;
	to->ready += by->ready;
	to->terminating += by->terminating;
	to->restarts += by->restarts;
	for (int i = 0; i < REASON_COUNT; i++)
		to->by_reason[i] += by->by_reason[i];
}

static void service_shift(struct service *service, const struct tally *by, int sign)
{
	if (!service)
		return;
	service->pods += sign * by->pods;
	service->pods_ready += sign * by->ready;
	service->pods_terminating += sign * by->terminating;
	service->restarts += sign * by->restarts;
	for (int i = 0; i < REASON_COUNT; i++)
		service->by_reason[i] += (uint32_t)(sign * by->by_reason[i]);
	service_stir(service);
}

static void owner_flow(struct owner *owner, struct service *service, int depth)
{
	if (owner->service == service)
		return;
	if (owner->crowd) {
		service_shift(owner->service, &owner->crowd->tally, -1);
		service_shift(service, &owner->crowd->tally, 1);
	}
	owner->service = service;
	owner->cluster->joined = 1;
	for (struct owner *child = owner->children; child; child = child->next)
		owner_flow(child, depth < OWNER_DEPTH ? service : NULL, depth + 1);
}

/* The service that a node's chain leads to, and how far away it is. */
static struct service *owner_look_up(const struct owner *owner, int *depth)
{
	const struct owner *at = owner;
	for (*depth = 0; at && *depth <= OWNER_DEPTH; ++*depth, at = at->parent)
		if (at->object && kind_is_workload(at->object->kind))
			return at->service;
	return NULL;
}

struct owner *owner_attach(struct cluster *cluster, struct object *object)
{
	if (!object->uid[0])
		return NULL;
	struct owner *owner = owner_take(cluster, object->uid);
	if (owner->object)
		return NULL;
	owner->object = object;
	return owner;
}

void owner_detach(struct owner *owner)
{
	owner->object = NULL;
	owner_drop(owner);
}

void owner_hang(struct owner *owner, const char *parent_uid)
{
	struct owner *old = owner->parent, *parent = NULL;
	if (parent_uid[0] && strcmp(parent_uid, owner->uid) != 0)
		parent = owner_take(owner->cluster, parent_uid);
	if (parent == old)
		return;
	if (old) {
		*owner->link = owner->next;
		if (owner->next)
			owner->next->link = owner->link;
	}
	owner->parent = parent;
	owner->next = NULL;
	owner->link = NULL;
	if (parent) {
		owner->next = parent->children;
		owner->link = &parent->children;
		if (owner->next)
			owner->next->link = &owner->next;
		parent->children = owner;
	}
	int depth;
	struct service *service = owner_look_up(owner, &depth);
	owner_flow(owner, service, service ? depth : 0);
	if (old)
		owner_drop(old);
}

void owner_set_service(struct owner *owner, struct service *service)
{
	owner_flow(owner, service, 0);
}

void pod_join(struct cluster *cluster, struct pod *pod)
{
	cluster->joined = 1;
	if (!pod->owner_uid[0])
		return;
	struct owner *owner = owner_take(cluster, pod->owner_uid);
	struct tally delta = {0};
	if (!owner->crowd)
		owner->crowd = mem_new(sizeof(*owner->crowd));
	pod->parent = owner;
	pod->place = (uint32_t)owner->crowd->pods.len;
	vec_push(&owner->crowd->pods, pod);
	tally_add(&delta, pod, 1);
	tally_shift(&owner->crowd->tally, &delta);
	service_shift(owner->service, &delta, 1);
}

void pod_leave(struct pod *pod)
{
	struct owner *owner = pod->parent;
	struct tally delta = {0};
	if (!owner)
		return;
	struct vec *pods = &owner->crowd->pods;
	vec_remove_swap(pods, pod->place);
	if (pod->place < pods->len)
		((struct pod *)pods->items[pod->place])->place = pod->place;
	pod->parent = NULL;
	tally_add(&delta, pod, -1);
	tally_shift(&owner->crowd->tally, &delta);
	service_shift(owner->service, &delta, 1);
	if (pods->len == 0)
		crowd_free(owner);
	owner_drop(owner);
}

/* Whether two states of a pod are the same to a person. All but the message are interned or plain. */
static int pod_looks_like(const struct pod *a, const struct pod *b)
{
	if (a->node != b->node || a->ip != b->ip || a->status != b->status || a->hash != b->hash ||
	    a->containers != b->containers || a->restarted_ms != b->restarted_ms ||
	    a->restarts != b->restarts || a->ready_containers != b->ready_containers ||
	    a->total_containers != b->total_containers || a->reason != b->reason || a->ready != b->ready ||
	    a->terminating != b->terminating || a->finished != b->finished ||
	    a->object.created_ms != b->object.created_ms)
		return 0;
	return strcmp(a->message ? a->message : "", b->message ? b->message : "") == 0;
}

void pod_replace(struct pod *old, struct pod *fresh)
{
	struct owner *owner = old->parent;
	struct tally delta = {0};
	fresh->parent = owner;
	fresh->place = old->place;
	if (!owner)
		return;
	owner->crowd->pods.items[old->place] = fresh;
	old->parent = NULL;
	if (pod_looks_like(old, fresh))
		return;
	tally_add(&delta, old, -1);
	tally_add(&delta, fresh, 1);
	tally_shift(&owner->crowd->tally, &delta);
	service_shift(owner->service, &delta, 1);
}

const struct replicaset *workload_replicaset(const struct workload *workload, const char *hash)
{
	const struct owner *child = workload->owner ? workload->owner->children : NULL;

	for (; child; child = child->next) {
		const struct replicaset *set = (const struct replicaset *)child->object;
		if (!set || set->object.kind != OBJECT_REPLICASET)
			continue;
		if (hash ? strcmp(set->hash, hash) == 0 : *set->revision && strcmp(set->revision, workload->revision) == 0)
			return set;
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * How workloads become services, and what else belongs to them. A workload's service is its label,
 * else its name. Flagger runs a copy named X-primary beside X and gives it the label X-primary too:
 * where X exists, the copy belongs to X's service. So each change of an X looks at its copy again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/owner.h"

enum { KEY_MAX = 640 };
#define PRIMARY "-primary"

static const enum object_kind workload_kinds[] = {OBJECT_DEPLOYMENT, OBJECT_STATEFULSET, OBJECT_DAEMONSET, OBJECT_ROLLOUT};
enum { WORKLOAD_KINDS = sizeof(workload_kinds) / sizeof(workload_kinds[0]) };

static const char *own_name(const struct workload *workload)
{
	return workload->service[0] ? workload->service : workload->object.name;
}

static struct workload *workload_find(const struct cluster *cluster, enum object_kind kind, const char *key)
{
	return map_get(&cluster->objects[kind], key);
}

/* The workload that this one is Flagger's copy of, or NULL. */
static const struct workload *original_of(const struct cluster *cluster, const struct workload *workload)
{
	const size_t tail = sizeof(PRIMARY) - 1;
	char key[KEY_MAX];
	size_t len = strlen(workload->object.key), name = strlen(workload->object.name);
	if (strcmp(own_name(workload), workload->object.name) != 0 || name <= tail || len >= sizeof(key) ||
	    strcmp(workload->object.name + name - tail, PRIMARY) != 0)
		return NULL;
	memcpy(key, workload->object.key, len - tail);
	key[len - tail] = '\0';
	for (size_t i = 0; i < WORKLOAD_KINDS; i++) {
		const struct workload *original = workload_find(cluster, workload_kinds[i], key);
		if (original)
			return original;
	}
	return NULL;
}

static const char *service_name(const struct cluster *cluster, const struct workload *workload)
{
	const struct workload *original = original_of(cluster, workload);
	return own_name(original ? original : workload);
}

static void service_insert(struct service *service, struct workload *workload)
{
	struct vec *all = &service->workloads;
	size_t i = 0;
	for (; i < all->len; i++) {
		const struct workload *other = all->items[i];
		int order = strcmp(workload->object.name, other->object.name);
		if (order < 0 || (order == 0 && workload->object.kind < other->object.kind))
			break;
	}
	vec_insert(all, i, workload);
}

/* A row of the last run is confirmed: from here on it counts what is there. */
static void service_confirm(struct service *service)
{
	if (!service->remembered)
		return;
	service->remembered = 0;
	service->cluster->remembered--;
	service->pods = service->pods_ready = service->pods_terminating = 0;
	service->restarts = 0;
	memset(service->by_reason, 0, sizeof(service->by_reason));
	service_stir(service);
}

static void workload_enter(struct cluster *cluster, struct workload *workload)
{
	struct service *service =
		service_take(cluster, workload->object.namespace, service_name(cluster, workload));
	service_confirm(service);
	service_insert(service, workload);
	workload->joined = service;
	if (workload->owner)
		owner_set_service(workload->owner, service);
	cluster->joined = 1;
	service_mark(service);
}

static void workload_exit(struct workload *workload)
{
	struct service *service = workload->joined;
	vec_remove_item(&service->workloads, workload);
	workload->joined = NULL;
	service_mark(service);
}

/* Moves a workload to the service that its name says now. */
static void workload_settle_in(struct cluster *cluster, struct workload *workload)
{
	if (strcmp(workload->joined->name, service_name(cluster, workload)) == 0) {
		service_mark(workload->joined);
		return;
	}
	workload_exit(workload);
	workload_enter(cluster, workload);
}

static void copies_settle_in(struct cluster *cluster, const struct workload *original)
{
	char key[KEY_MAX];
	size_t len = strlen(original->object.key);
	if (len + sizeof(PRIMARY) > sizeof(key))
		return;
	memcpy(key, original->object.key, len);
	memcpy(key + len, PRIMARY, sizeof(PRIMARY));
	for (size_t i = 0; i < WORKLOAD_KINDS; i++) {
		struct workload *copy = workload_find(cluster, workload_kinds[i], key);
		if (copy && copy->joined)
			workload_settle_in(cluster, copy);
	}
}

static struct hpa *hpa_of(const struct cluster *cluster, const struct workload *workload)
{
	char key[KEY_MAX];
	const char *kind = kind_rows[workload->object.kind].word;
	size_t len = strlen(kind), rest = strlen(workload->object.key);
	if (len + rest + 2 > sizeof(key))
		return NULL;
	memcpy(key, kind, len);
	key[len] = '/';
	memcpy(key + len + 1, workload->object.key, rest + 1);
	return map_get(&cluster->scaled, key);
}

static void workload_scaled(struct cluster *cluster, struct workload *workload, struct workload *target)
{
	struct hpa *hpa = hpa_of(cluster, workload);
	if (hpa)
		hpa->target = target;
}

void workload_change(struct cluster *cluster, struct workload *old, struct workload *fresh)
{
	if (old && fresh) {
		struct vec *all = &old->joined->workloads;
		for (size_t i = 0; i < all->len; i++)
			if (all->items[i] == old)
				all->items[i] = fresh;
		fresh->joined = old->joined;
		fresh->owner = old->owner;
		if (fresh->owner)
			fresh->owner->object = &fresh->object;
		workload_settle_in(cluster, fresh);
	} else if (fresh) {
		fresh->owner = owner_attach(cluster, &fresh->object);
		workload_enter(cluster, fresh);
	} else {
		if (old->owner) {
			owner_set_service(old->owner, NULL);
			owner_detach(old->owner);
		}
		workload_exit(old);
	}
	workload_scaled(cluster, fresh ? fresh : old, fresh);
	copies_settle_in(cluster, fresh ? fresh : old);
}

void replicaset_change(struct cluster *cluster, struct replicaset *old, struct replicaset *fresh)
{
	struct owner *owner = old ? old->owner : owner_attach(cluster, &fresh->object);
	if (!owner)
		return;
	if (!old || !fresh || old->revision != fresh->revision || old->hash != fresh->hash)
		service_stir(owner->service);
	if (!fresh) {
		owner_hang(owner, "");
		owner_detach(owner);
		return;
	}
	owner->object = &fresh->object;
	fresh->owner = owner;
	owner_hang(owner, fresh->owner_uid);
	fresh->parent = owner->parent;
	if (!old)
		service_stir(owner->service);
}

static void hpa_let_go(struct cluster *cluster, struct hpa *hpa)
{
	if (hpa->target)
		service_mark(hpa->target->joined);
	hpa->target = NULL;
	if (map_get(&cluster->scaled, hpa->target_key) == hpa)
		map_remove(&cluster->scaled, hpa->target_key);
}

void hpa_change(struct cluster *cluster, struct hpa *old, struct hpa *fresh)
{
	if (old)
		hpa_let_go(cluster, old);
	if (!fresh)
		return;
	fresh->target_key =
	    mem_printf("%s/%s/%s", fresh->target_kind, fresh->object.namespace, fresh->target_name);
	struct hpa *other = map_put(&cluster->scaled, fresh->target_key, fresh);
	if (other) /* two of them for one target: a mistake of its owner; the last one counts */
		other->target = NULL;
	enum object_kind kind = workload_kind(fresh->target_kind);
	if (kind == OBJECT_KINDS)
		return;
	fresh->target = workload_find(cluster, kind, fresh->target_key + strlen(fresh->target_kind) + 1);
	if (fresh->target)
		service_mark(fresh->target->joined);
	cluster->joined = 1;
}

void namespace_change(struct cluster *cluster, struct namespace *old, struct namespace *fresh)
{
	const struct vec *all = &cluster->fleet->services;
	if (old && fresh && old->team == fresh->team)
		return;
	const char *name = (fresh ? fresh : old)->object.name;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster == cluster && strcmp(service->namespace, name) == 0)
			service_mark(service);
	}
}

/* A node's heartbeat is no news. */
void node_change(struct cluster *cluster, struct node *old, struct node *fresh)
{
	if (old && fresh && old->ready == fresh->ready && old->cordoned == fresh->cordoned &&
	    old->zone == fresh->zone && old->reason == fresh->reason)
		return;
	cluster->fleet->stirred = 1;
}

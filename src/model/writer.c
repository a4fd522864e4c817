/* SPDX-License-Identifier: MIT */
/*
 * How sources write. An object is in its cluster's map before it is joined and out of it before it
 * is taken apart, so that looking up others while joining sees the cluster as it will be.
 */
#include "model/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/census.h"
#include "model/owner.h"

static void pod_change(struct cluster *cluster, struct pod *old, struct pod *fresh)
{
	if (old && fresh && old->owner_uid == fresh->owner_uid) {
		pod_replace(old, fresh);
		return;
	}
	if (old)
		pod_leave(old);
	if (fresh)
		pod_join(cluster, fresh);
}

/* `old` is NULL for what is new, `fresh` for what goes; both have the same uid. */
static void object_change(struct cluster *cluster, struct object *old, struct object *fresh)
{
	void *was = old, *is = fresh;
	enum object_kind kind = fresh ? fresh->kind : old->kind;
	if (kind != OBJECT_POD)
		cluster->held += object_is_held(fresh) - object_is_held(old);
	switch (kind) {
	case OBJECT_POD:
		pod_change(cluster, was, is);
		break;
	case OBJECT_DEPLOYMENT:
	case OBJECT_STATEFULSET:
	case OBJECT_DAEMONSET:
	case OBJECT_ROLLOUT:
		workload_change(cluster, was, is);
		break;
	case OBJECT_REPLICASET:
		replicaset_change(cluster, was, is);
		break;
	case OBJECT_HPA:
		hpa_change(cluster, was, is);
		break;
	case OBJECT_EVENT:
		event_change(cluster, was, is);
		break;
	case OBJECT_NAMESPACE:
		namespace_change(cluster, was, is);
		break;
	case OBJECT_NODE:
		node_change(cluster, was, is);
		break;
	default:
		flux_change(cluster, kind, was, is);
		break;
	}
}

void cluster_put(struct cluster *cluster, struct object *object)
{
	struct map *all = &cluster->objects[object->kind];
	object_complete(object);
	object->epoch = cluster->kinds[object->kind].epoch;
	struct object *old = map_put(all, object->key, object);
	if (!old) {
		object_change(cluster, NULL, object);
		return;
	}
	int same = strcmp(old->uid, object->uid) == 0;
	if (same && old->version[0] && strcmp(old->version, object->version) == 0) {
		old->epoch = object->epoch;
		map_put(all, old->key, old);
		object_discard(cluster->fleet, object);
		return;
	}
	if (same) {
		object_change(cluster, old, object);
	} else {
		/* Out of the map while the old one is taken apart: nothing may find the new one yet. */
		map_remove(all, object->key);
		object_change(cluster, old, NULL);
		map_put(all, object->key, object);
		object_change(cluster, NULL, object);
	}
	object_discard(cluster->fleet, old);
}

static void object_remove(struct cluster *cluster, struct object *object)
{
	map_remove(&cluster->objects[object->kind], object->key);
	object_change(cluster, object, NULL);
	object_discard(cluster->fleet, object);
}

void cluster_remove(struct cluster *cluster, enum object_kind kind, const char *key)
{
	struct object *object = map_get(&cluster->objects[kind], key);
	if (object)
		object_remove(cluster, object);
}

uint32_t cluster_begin_list(struct cluster *cluster, enum object_kind kind)
{
	return ++cluster->kinds[kind].epoch;
}

/* Some words about services depend on whether pods are known. */
static void kind_completed(struct cluster *cluster, enum object_kind kind)
{
	const struct vec *all = &cluster->fleet->services;
	if (cluster->kinds[kind].complete)
		return;
	cluster->kinds[kind].complete = 1;
	cluster->fleet->stirred = 1;
	if (kind == OBJECT_POD || kind == OBJECT_REPLICASET)
		for (size_t i = 0; i < all->len; i++)
			if (((struct service *)all->items[i])->cluster == cluster)
				service_stir(all->items[i]);
}

void cluster_sweep(struct cluster *cluster, enum object_kind kind, uint32_t epoch)
{
	struct object *object;
	if (epoch != cluster->kinds[kind].epoch)
		return; /* of a list that was given up for a newer one */
	for (size_t i = 0; (object = map_next(&cluster->objects[kind], &i));)
		if (object->epoch != epoch)
			object_remove(cluster, object);
	kind_completed(cluster, kind);
}

void cluster_set_sync(struct cluster *cluster, enum object_kind kind, enum sync sync, const char *error)
{
	struct kind_state *state = &cluster->kinds[kind];
	int64_t now = cluster->fleet->clock->wall(cluster->fleet->clock);
	if (state->sync != sync) {
		state->sync = sync;
		state->since_ms = now;
		cluster->fleet->stirred = 1;
	}
	if (strncmp(state->error, error ? error : "", sizeof(state->error) - 1) != 0) {
		snprintf(state->error, sizeof(state->error), "%s", error ? error : "");
		cluster->fleet->stirred = 1;
	}
	if (sync == SYNC_LIVE) {
		kind_completed(cluster, kind);
		state->stale_ms = 0;
		state->heard_ms = now;
	} else if (sync == SYNC_STALE && !state->stale_ms) {
		state->stale_ms = now;
	} else if (sync == SYNC_DENIED || sync == SYNC_ABSENT) {
		state->stale_ms = 0;
	}
}

void cluster_heard(struct cluster *cluster, enum object_kind kind)
{
	cluster->kinds[kind].heard_ms = cluster->fleet->clock->wall(cluster->fleet->clock);
}

void cluster_set_error(struct cluster *cluster, int expired, const char *error)
{
	const char *words = error ? error : "";
	expired = error && expired;
	if (cluster->expired == expired && strncmp(cluster->error, words, sizeof(cluster->error) - 1) == 0)
		return;
	cluster->expired = expired;
	snprintf(cluster->error, sizeof(cluster->error), "%s", words);
	cluster->fleet->stirred = 1;
}

int cluster_set_unready(struct cluster *cluster, const char *words)
{
	int64_t now = cluster->fleet->clock->wall(cluster->fleet->clock);
	int was = cluster->unready[0] != '\0';
	if (!words)
		cluster->ready_ms = now;
	else if (!was)
		cluster->unready_ms = cluster->ready_ms ? cluster->ready_ms : now;
	if (strncmp(cluster->unready, words ? words : "", sizeof(cluster->unready) - 1) == 0)
		return 0;
	snprintf(cluster->unready, sizeof(cluster->unready), "%s", words ? words : "");
	cluster->fleet->stirred = 1;
	return 1;
}

static uint16_t memory_row(const struct service_memory *memory)
{
	size_t first = health_row_count - 1;
	for (size_t i = health_row_count; i-- > 0;) {
		if (health_rows[i].health != memory->health)
			continue;
		if (memory->health_key && strcmp(health_rows[i].key, memory->health_key) == 0)
			return (uint16_t)i;
		first = i;
	}
	return (uint16_t)first;
}

static const char *memory_kind(const char *word)
{
	if (!word)
		return "";
	enum object_kind kind = workload_kind(word);
	return strcmp(word, "mixed") == 0 ? "mixed" : kind == OBJECT_KINDS ? "" : kind_rows[kind].word;
}

void cluster_remember(struct cluster *cluster, const struct service_memory *memory)
{
	if (!memory->namespace || !memory->name || cluster_workloads_are_known(cluster) ||
	    (unsigned)memory->health >= HEALTH_LEVELS || (unsigned)memory->rollout.phase >= ROLLOUT_PHASES)
		return;
	struct service *service = service_take(cluster, memory->namespace, memory->name);
	if (service->workloads.len > 0 || service->remembered)
		return;
	service->remembered = 1;
	cluster->remembered++;
	cluster->remembered_ms = memory->saved_ms;
	service->kind = memory_kind(memory->kind);
	service_set_word(service, &service->team, memory->team);
	service_set_word(service, &service->images, memory->images);
	service_set_word(service, &service->revision, memory->revision);
	snprintf(service->reason, sizeof(service->reason), "%s", memory->reason ? memory->reason : "");
	service->desired = memory->desired;
	service->replicas = memory->replicas;
	service->ready = memory->ready;
	service->updated = memory->updated;
	service->available = memory->available;
	service->pods = memory->pods;
	service->pods_ready = memory->pods_ready;
	service->restarts = memory->restarts;
	service->generation = memory->generation;
	service->observed = memory->observed;
	service->created_ms = memory->created_ms;
	service->health = memory->health;
	service->health_row = memory_row(memory);
	service->rollout = memory->rollout;
}

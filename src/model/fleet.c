/* SPDX-License-Identifier: MIT */
/* The model's root: its life and how it is looked up. Who writes it: writer.c and settle.c. */
#include "model/fleet.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/owner.h"
#include "model/repository.h"
#include "model/writer.h"

struct fleet *fleet_new(const struct clock *clock)
{
	struct fleet *fleet = mem_new(sizeof(*fleet));
	fleet->clock = clock;
	fleet->strings = intern_new();
	fleet->warnings_due_ms = INT64_MAX;
	vec_init(&fleet->clusters);
	vec_init(&fleet->services);
	vec_init(&fleet->repositories);
	vec_init(&fleet->dirty);
	vec_init(&fleet->timed);
	map_init(&fleet->by_key);
	timeline_init(&fleet->timeline);
	return fleet;
}

struct cluster *fleet_add_cluster(struct fleet *fleet, const char *name, const char *env, const char *region,
                                  int protected)
{
	struct cluster *cluster = mem_new(sizeof(*cluster));
	cluster->fleet = fleet;
	cluster->name = intern_take(fleet->strings, name);
	cluster->env = intern_take(fleet->strings, env);
	cluster->region = intern_take(fleet->strings, region);
	cluster->protected = protected;
	cluster->configured_order = (int)fleet->clusters.len;
	cluster->link_since_ms = fleet->clock->wall(fleet->clock);
	cluster->metrics.rps = cluster->metrics.errors = NAN;
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		map_init(&cluster->objects[kind]);
		cluster->kinds[kind].remaining = -1;
	}
	map_init(&cluster->owners);
	map_init(&cluster->scaled);
	map_init(&cluster->applied);
	map_init(&cluster->canaries);
	map_init(&cluster->scalers);
	vec_push(&fleet->clusters, cluster);
	fleet->stirred = 1;
	return cluster;
}

static void cluster_free(struct cluster *cluster)
{
	struct intern *pool = cluster->fleet->strings;
	struct object *object;
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		for (size_t i = 0; (object = map_next(&cluster->objects[kind], &i));)
			object_discard(cluster->fleet, object);
		map_release(&cluster->objects[kind]);
	}
	owner_free_all(cluster);
	cluster_release_alerts(cluster);
	map_release(&cluster->scaled);
	map_release(&cluster->applied);
	map_release(&cluster->canaries);
	map_release(&cluster->scalers);
	intern_drop(pool, cluster->name);
	intern_drop(pool, cluster->env);
	intern_drop(pool, cluster->region);
	free(cluster);
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	while (fleet->services.len > 0)
		service_free(fleet->services.items[fleet->services.len - 1]);
	for (size_t i = 0; i < fleet->clusters.len; i++)
		cluster_free(fleet->clusters.items[i]);
	for (size_t i = 0; i < fleet->repositories.len; i++)
		repository_free(fleet->repositories.items[i]);
	vec_release(&fleet->repositories);
	timeline_release(&fleet->timeline);
	vec_release(&fleet->clusters);
	vec_release(&fleet->services);
	vec_release(&fleet->dirty);
	vec_release(&fleet->timed);
	map_release(&fleet->by_key);
	intern_free(fleet->strings);
	free(fleet);
}

const struct service *fleet_find(const struct fleet *fleet, const char *cluster, const char *namespace,
                                 const char *name)
{
	char key[1024];
	int len = snprintf(key, sizeof(key), "%s/%s/%s", cluster, namespace, name);
	return len > 0 && (size_t)len < sizeof(key) ? map_get(&fleet->by_key, key) : NULL;
}

const struct cluster *fleet_cluster(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if (strcmp(cluster->name, name) == 0)
			return cluster;
	}
	return NULL;
}

const struct object *cluster_object(const struct cluster *cluster, enum object_kind kind,
                                    const char *namespace, const char *name)
{
	char key[640];
	return object_key(key, sizeof(key), namespace, name) ? map_get(&cluster->objects[kind], key) : NULL;
}

const struct object *ref_resolve(const struct cluster *cluster, const struct object_ref *ref)
{
	enum object_kind kind = kind_find(ref->kind);
	return kind < OBJECT_KINDS ? cluster_object(cluster, kind, ref->namespace, ref->name) : NULL;
}

const struct service *pod_service(const struct pod *pod)
{
	return pod->parent ? pod->parent->service : NULL;
}

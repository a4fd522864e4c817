/* SPDX-License-Identifier: MIT */
/*
 * What applies a service, and what leads its rollout. A Kustomization or HelmRelease is known to a
 * service by name, so that it may come, go and change without the service's workloads being looked
 * at; when it changes, the services that name it are derived again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/flux.h"
#include "model/owner.h"

enum { ID_MAX = 1024 };

static int same_ref(const struct object_ref *ref, const struct object *object)
{
	/* Names of objects are not interned; namespaces are. */
	return ref->kind[0] && ref->namespace == object->namespace && strcmp(ref->name, object->name) == 0 &&
	       strcmp(ref->kind, kind_rows[object->kind].word) == 0;
}

static void mark_applied(struct cluster *cluster, const struct object *object)
{
	const struct vec *all = &cluster->fleet->services;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster == cluster &&
		    (same_ref(&service->flux.by, object) || same_ref(&service->flux.above, object)))
			service_stir(service);
	}
}

static int same_inventory(const struct inventory *a, const struct inventory *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof(*a->ids)) == 0);
}

/* The services of workloads that an inventory has gained or lost are derived again. */
static void mark_inventory(struct cluster *cluster, const struct inventory *inventory)
{
	static const char *const tails[] = {"_apps_Deployment", "_apps_StatefulSet", "_apps_DaemonSet", "_argoproj.io_Rollout"};
	static const enum object_kind tail_kinds[] = {OBJECT_DEPLOYMENT, OBJECT_STATEFULSET, OBJECT_DAEMONSET, OBJECT_ROLLOUT};
	for (uint32_t i = 0; i < inventory->count; i++) {
		const char *id = inventory->ids[i];
		size_t len = strlen(id);
		for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
			size_t tail = strlen(tails[k]);
			char key[ID_MAX];
			if (len <= tail || len - tail >= sizeof(key) || strcmp(id + len - tail, tails[k]) != 0)
				continue;
			memcpy(key, id, len - tail);
			key[len - tail] = '\0';
			char *bar = strchr(key, '_');
			if (bar)
				*bar = '/';
			const struct workload *workload = map_get(&cluster->objects[tail_kinds[k]], key);
			if (workload)
				service_mark(workload->joined);
		}
	}
}

static void inventory_change(struct cluster *cluster, struct object *old, struct object *fresh)
{
	static const struct inventory none;
	const struct inventory *was = old ? flux_inventory(old) : &none, *is = fresh ? flux_inventory(fresh) : &none;
	int same = same_inventory(was, is), taken = 0;
	for (uint32_t i = 0; i < was->count; i++)
		if (map_get(&cluster->applied, was->ids[i]) == old)
			map_remove(&cluster->applied, was->ids[i]);
	/* Where two claim the same, the last one to say so has it, until the other speaks again. */
	for (uint32_t i = 0; i < is->count; i++)
		taken |= map_put(&cluster->applied, is->ids[i], fresh) != NULL;
	if (same && !taken)
		return;
	mark_inventory(cluster, was);
	mark_inventory(cluster, is);
}

static struct workload *target_of(const struct cluster *cluster, const struct object_ref *target)
{
	enum object_kind kind = workload_kind(target->kind);
	return kind == OBJECT_KINDS ? NULL : (struct workload *)cluster_object(cluster, kind, target->namespace, target->name);
}

/* Puts what leads a workload where service_derive finds it; `slot` is its target_key. */
static void leader_change(struct cluster *cluster, struct map *map, void *old, char *old_key, void *fresh, char **slot,
                          const struct object_ref *target)
{
	if (old && old_key && map_get(map, old_key) == old)
		map_remove(map, old_key);
	if (fresh && target->name[0]) {
		*slot = mem_printf("%s/%s/%s", target->kind, target->namespace, target->name);
		map_put(map, *slot, fresh);
	}
	struct workload *workload = target_of(cluster, target);
	if (workload)
		service_stir(workload->joined);
}

static void canary_change(struct cluster *cluster, struct canary *old, struct canary *fresh)
{
	if (old && fresh && strcmp(old->target.name, fresh->target.name) != 0)
		leader_change(cluster, &cluster->canaries, old, old->target_key, NULL, NULL, &old->target);
	leader_change(cluster, &cluster->canaries, old, old ? old->target_key : NULL, fresh,
	              fresh ? &fresh->target_key : NULL, fresh ? &fresh->target : &old->target);
}

static void scaler_change(struct cluster *cluster, struct scaled_object *old, struct scaled_object *fresh)
{
	if (old && fresh && strcmp(old->target.name, fresh->target.name) != 0)
		leader_change(cluster, &cluster->scalers, old, old->target_key, NULL, NULL, &old->target);
	leader_change(cluster, &cluster->scalers, old, old ? old->target_key : NULL, fresh,
	              fresh ? &fresh->target_key : NULL, fresh ? &fresh->target : &old->target);
}

void flux_change(struct cluster *cluster, enum object_kind kind, struct object *old, struct object *fresh)
{
	cluster->fleet->stirred = 1;
	/* What is read for the first time has not happened now. */
	if (old && fresh && cluster->settled && cluster->kinds[kind].complete)
		flux_tell(cluster, old, fresh);
	switch (kind) {
	case OBJECT_KUSTOMIZATION:
	case OBJECT_HELMRELEASE:
		inventory_change(cluster, old, fresh);
		mark_applied(cluster, fresh ? fresh : old);
		break;
	case OBJECT_CANARY:
		canary_change(cluster, (struct canary *)old, (struct canary *)fresh);
		break;
	case OBJECT_SCALEDOBJECT:
		scaler_change(cluster, (struct scaled_object *)old, (struct scaled_object *)fresh);
		break;
	default:
		break;
	}
}

/* By the inventory that has the workload in it. */
static const struct object *by_inventory(const struct workload *workload, const struct cluster *cluster)
{
	const struct kind_row *row = &kind_rows[workload->object.kind];
	char id[ID_MAX];
	struct text text = text_in(id, sizeof(id));
	text_printf(&text, "%s_%s_%s_%s", workload->object.namespace, workload->object.name, row->group, row->word);
	return map_get(&cluster->applied, id);
}

static void set_ref(struct service *service, struct object_ref *slot, const char *kind, const char *namespace,
                    const char *name)
{
	service_set_word(service, &slot->kind, kind);
	service_set_word(service, &slot->namespace, namespace);
	service_set_word(service, &slot->name, name);
}

/* Whatever owns the workload may itself be applied. */
static const struct object_ref *by_owner(const struct workload *workload, const struct cluster *cluster)
{
	const struct resource *owner = resource_of(ref_resolve(cluster, &workload->managed_by));
	return owner && owner->applied_by.kind[0] ? &owner->applied_by : NULL;
}

static void find_applier(struct service *service)
{
	const struct cluster *cluster = service->cluster;
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		const struct object_ref *ref = workload->applied_by.kind[0] ? &workload->applied_by : NULL;
		const struct object *object = ref ? NULL : by_inventory(workload, cluster);
		if (object) {
			set_ref(service, &service->flux.by, kind_rows[object->kind].word, object->namespace, object->name);
			return;
		}
		if (!ref)
			ref = by_owner(workload, cluster);
		if (ref) {
			set_ref(service, &service->flux.by, ref->kind, ref->namespace, ref->name);
			return;
		}
	}
	set_ref(service, &service->flux.by, "", "", "");
}

static const char *git_revision(const struct object *object)
{
	if (object->kind != OBJECT_KUSTOMIZATION)
		return flux_revision(object);
	const struct kustomization *k = (const struct kustomization *)object;
	return k->applied_origin[0] ? k->applied_origin : k->applied;
}

void flux_derive(struct service *service)
{
	struct service_flux *flux = &service->flux;
	const struct cluster *cluster = service->cluster;
	find_applier(service);
	const struct object *by = flux->by.kind[0] ? ref_resolve(cluster, &flux->by) : NULL;
	const struct resource *resource = resource_of(by);
	const struct object *above = NULL;
	flux->ready = resource ? resource_condition(resource, "Ready")->status : ' ';
	flux->suspended = resource && resource->suspended;
	flux->above_suspended = 0;
	if (resource && resource->applied_by.kind[0]) {
		const struct object_ref *up = &resource->applied_by;
		set_ref(service, &flux->above, up->kind, up->namespace, up->name);
		above = ref_resolve(cluster, up);
		flux->above_suspended = above && resource_of(above) && resource_of(above)->suspended;
	} else {
		set_ref(service, &flux->above, "", "", "");
	}
	const char *revision = by ? git_revision(by) : "";
	if (by && by->kind == OBJECT_HELMRELEASE && above)
		revision = git_revision(above);
	service_set_word(service, &flux->revision, revision);
}

/* A canary's phase is the rollout's, but where the workload itself does worse. */
void canary_derive(struct service *service)
{
	static const struct {
		const char *phase;
		enum rollout_phase rollout;
	} phases[] = {
		{"Initializing", ROLLOUT_PROGRESSING}, {"Progressing", ROLLOUT_PROGRESSING}, {"Waiting", ROLLOUT_PAUSED},
		{"WaitingPromotion", ROLLOUT_PAUSED}, {"Promoting", ROLLOUT_PROGRESSING}, {"Finalising", ROLLOUT_PROGRESSING},
		{"Failed", ROLLOUT_FAILED},
	};
	if (!service->canary || service->rollout.phase == ROLLOUT_FAILED || service->rollout.phase == ROLLOUT_WAITING)
		return;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (strcmp(service->canary->phase, phases[i].phase) == 0)
			service->rollout.phase = phases[i].rollout;
	service->rolling |= service->rollout.phase == ROLLOUT_PROGRESSING;
}

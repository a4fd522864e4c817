/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MODEL_FLUX_BUILD_H
#define TESTS_UNIT_MODEL_FLUX_BUILD_H

/* Flux' objects for tests of the model and of views, as a decoder would hand them over. */
#include "build.h"
#include "model/flux.h"

static inline struct object_ref make_ref(struct fleet *fleet, const char *kind, const char *namespace, const char *name)
{
	return (struct object_ref){word_of(fleet, kind), word_of(fleet, namespace), word_of(fleet, name)};
}

/* A zeroed object of `size` bytes with a Ready condition (' ': none). */
static inline void *make_resource(struct cluster *cluster, enum object_kind kind, size_t size, const char *namespace,
                                  const char *name, char ready, const char *reason, const char *message)
{
	struct fleet *fleet = cluster->fleet;
	struct resource *resource = mem_new(size);
	char uid[160];
	snprintf(uid, sizeof(uid), "uid-%s-%s-%s", kind_rows[kind].word, namespace, name);
	object_init(&resource->object, kind, fleet->strings, namespace, name, uid, next_version(fleet));
	resource->object.created_ms = NOW - 86400000;
	resource->generation = resource->observed = 1;
	resource->has_status = 1;
	if (ready == ' ')
		return resource;
	resource->conditions = mem_new_array(1, sizeof(*resource->conditions));
	resource->condition_count = 1;
	resource->conditions[0] = (struct named_condition){
	    .type = word_of(fleet, "Ready"),
	    .is = {.status = ready, .reason = word_of(fleet, reason), .changed_ms = NOW - 600000,
	           .message = message ? mem_copy_string(message) : NULL}};
	return resource;
}

static inline struct flux_source *make_source(struct cluster *cluster, const char *name, const char *revision)
{
	struct flux_source *source = make_resource(cluster, OBJECT_GITREPOSITORY, sizeof(*source), "flux-system", name, 'T',
	                                           "Succeeded", "stored artifact");
	source->revision = word_of(cluster->fleet, revision);
	return source;
}

static inline struct kustomization *make_kustomization(struct cluster *cluster, const char *name, const char *source,
                                                       const char *applied, char ready, const char *message)
{
	struct kustomization *k = make_resource(cluster, OBJECT_KUSTOMIZATION, sizeof(*k), "flux-system", name, ready,
	                                        ready == 'T' ? "ReconciliationSucceeded" : "HealthCheckFailed", message);
	k->source = make_ref(cluster->fleet, "GitRepository", "flux-system", source);
	k->applied = word_of(cluster->fleet, applied);
	return k;
}

static inline void make_depends(struct cluster *cluster, struct object_refs *refs, const char *kind, const char *name)
{
	refs->items = mem_resize(refs->items, refs->count + 1u, sizeof(*refs->items));
	refs->items[refs->count++] = make_ref(cluster->fleet, kind, "flux-system", name);
}

static inline void make_inventory(struct cluster *cluster, struct inventory *inventory, const char *id)
{
	inventory->ids = mem_resize(inventory->ids, inventory->count + 1u, sizeof(*inventory->ids));
	inventory->ids[inventory->count++] = word_of(cluster->fleet, id);
}

static inline struct helm_release *make_release(struct cluster *cluster, const char *namespace, const char *name,
                                                const char *kustomization, const char *version, char ready,
                                                const char *message)
{
	struct fleet *fleet = cluster->fleet;
	struct helm_release *h = make_resource(cluster, OBJECT_HELMRELEASE, sizeof(*h), namespace, name, ready,
	                                       ready == 'T' ? "UpgradeSucceeded" : "UpgradeFailed", message);
	h->source = make_ref(fleet, "GitRepository", "flux-system", "platform");
	if (kustomization)
		h->resource.applied_by = make_ref(fleet, "Kustomization", "flux-system", kustomization);
	h->history = mem_new_array(1, sizeof(*h->history));
	h->history_count = 1;
	h->history[0].version = 3;
	h->history[0].status = word_of(fleet, ready == 'T' ? "deployed" : "failed");
	h->history[0].chart_version = word_of(fleet, version);
	h->history[0].last_ms = NOW - 600000;
	return h;
}

static inline struct hold *make_hold(struct fleet *fleet, const char *by, const char *why, const char *manager,
                                     int64_t since_ms, int64_t until_ms)
{
	struct hold *hold = mem_new(sizeof(*hold));
	*hold = (struct hold){word_of(fleet, by), word_of(fleet, why), word_of(fleet, manager), since_ms, until_ms};
	return hold;
}

/* A Rollout with steps 20 %, pause, 60 %, pause 10 s, at `step`. */
static inline struct workload *make_argo(struct cluster *cluster, const char *namespace, const char *name, const char *phase,
                                         int step, int weight)
{
	struct fleet *fleet = cluster->fleet;
	char uid[160];
	snprintf(uid, sizeof(uid), "uid-%s", name);
	struct workload *w = make_workload(cluster, OBJECT_ROLLOUT, namespace, name, uid, 3);
	struct argo_rollout *argo = w->argo = mem_new(sizeof(*argo));
	argo->phase = word_of(fleet, phase);
	argo->observed = word_of(fleet, "1");
	argo->step = step;
	argo->weight = weight;
	argo->stable_weight = 100 - weight;
	argo->paused_ms = NOW - 300000;
	argo->step_count = 4;
	argo->steps = mem_new_array(4, sizeof(*argo->steps));
	argo->steps[0] = (struct argo_step){ARGO_STEP_WEIGHT, 20};
	argo->steps[1] = (struct argo_step){ARGO_STEP_PAUSE, -1};
	argo->steps[2] = (struct argo_step){ARGO_STEP_WEIGHT, 60};
	argo->steps[3] = (struct argo_step){ARGO_STEP_PAUSE, 10};
	return w;
}

static inline struct canary *make_canary(struct cluster *cluster, const char *namespace, const char *name, const char *phase,
                                         int weight)
{
	struct fleet *fleet = cluster->fleet;
	struct canary *canary = make_resource(cluster, OBJECT_CANARY, sizeof(*canary), namespace, name, ' ', "", NULL);
	canary->resource.observed = -1;
	canary->target = make_ref(fleet, "Deployment", namespace, name);
	canary->phase = word_of(fleet, phase);
	canary->weight = weight;
	canary->max_weight = 50;
	canary->threshold = 5;
	canary->moved_ms = NOW - 120000;
	return canary;
}

#endif

/* SPDX-License-Identifier: MIT */
/* The ways in which something can be held, in the order in which a person wants to know of them. */
#include "model/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/flux.h"
#include "model/owner.h"

static const struct workload *workload_of(const struct object *object)
{
	return kind_is_workload(object->kind) ? (const struct workload *)object : NULL;
}

static int is_suspended(const struct object *object, enum object_kind from, enum object_kind to)
{
	return object->kind >= from && object->kind <= to && ((const struct resource *)object)->suspended;
}

static void say_suspended(const struct object *object, struct text *out)
{
	(void)object;
	text_add(out, "suspended");
}

static int flux_matches(const struct object *object)
{
	return is_suspended(object, OBJECT_GITREPOSITORY, OBJECT_HELMRELEASE) ||
	       is_suspended(object, OBJECT_TERRAFORM, OBJECT_RECEIVER);
}

static int disabled_matches(const struct object *object)
{
	const struct resource *resource = resource_of(object);
	const struct workload *workload = workload_of(object);
	return (resource && resource->disabled) || (workload && workload->disabled);
}

static void disabled_describe(const struct object *object, struct text *out)
{
	(void)object;
	text_add(out, "reconcile: disabled");
}

static int argo_is_paused(const struct object *object)
{
	const struct workload *workload = workload_of(object);
	return workload && workload->argo && !workload->argo->aborted &&
	       (workload->paused || rollout_of(workload).phase == ROLLOUT_PAUSED);
}

static void argo_pause_describe(const struct object *object, struct text *out)
{
	const struct workload *workload = workload_of(object);
	const struct argo_rollout *argo = workload->argo;
	const struct argo_step *step = argo->step >= 0 && argo->step < argo->step_count ? &argo->steps[argo->step] : NULL;
	text_add(out, "paused");
	if (workload->paused || !step)
		return;
	text_printf(out, " at step %d of %d", argo->step + 1, argo->step_count);
	if (step->kind == ARGO_STEP_PAUSE && step->value >= 0)
		text_printf(out, ", for %d s", step->value);
	else if (step->kind == ARGO_STEP_PAUSE)
		text_add(out, ", until promoted");
}

static int64_t argo_pause_since(const struct object *object)
{
	return workload_of(object)->argo->paused_ms;
}

static int abort_matches(const struct object *object)
{
	const struct workload *workload = workload_of(object);
	return workload && workload->argo && workload->argo->aborted;
}

static void abort_describe(const struct object *object, struct text *out)
{
	(void)object;
	text_add(out, "aborted: the old revision serves");
}

static int64_t abort_since(const struct object *object)
{
	return workload_of(object)->argo->aborted_ms;
}

static int canary_suspend_matches(const struct object *object)
{
	return is_suspended(object, OBJECT_CANARY, OBJECT_CANARY);
}

static int canary_waits(const struct object *object)
{
	if (object->kind != OBJECT_CANARY)
		return 0;
	const char *phase = ((const struct canary *)object)->phase;
	return strcmp(phase, "Waiting") == 0 || strcmp(phase, "WaitingPromotion") == 0;
}

static void canary_describe(const struct object *object, struct text *out)
{
	const struct canary *canary = (const struct canary *)object;
	text_add(out, strcmp(canary->phase, "Waiting") == 0 ? "waits for a yes to start" : "waits for a yes to promote");
	if (canary->weight)
		text_printf(out, ", weight %d %%", canary->weight);
}

static int64_t canary_since(const struct object *object)
{
	return ((const struct canary *)object)->moved_ms;
}

static int keda_matches(const struct object *object)
{
	return is_suspended(object, OBJECT_SCALEDOBJECT, OBJECT_SCALEDOBJECT);
}

static void keda_describe(const struct object *object, struct text *out)
{
	const struct scaled_object *scaled = (const struct scaled_object *)object;
	text_add(out, "scaling paused");
	if (scaled->paused_replicas >= 0)
		text_printf(out, " at %d", scaled->paused_replicas);
}

static int64_t keda_since(const struct object *object)
{
	const struct condition *paused = resource_condition((const struct resource *)object, "Paused");
	return paused->status == 'T' ? paused->changed_ms : 0;
}

static int hpa_matches(const struct object *object)
{
	const struct hpa *hpa = (const struct hpa *)object;
	return object->kind == OBJECT_HPA && hpa->active.status == 'F' && strcmp(hpa->active.reason, "ScalingDisabled") == 0;
}

static void hpa_describe(const struct object *object, struct text *out)
{
	(void)object;
	text_add(out, "scaled to zero: scaling is disabled");
}

static int64_t hpa_since(const struct object *object)
{
	return ((const struct hpa *)object)->active.changed_ms;
}

static int cronjob_matches(const struct object *object)
{
	return is_suspended(object, OBJECT_CRONJOB, OBJECT_CRONJOB);
}

static int deployment_matches(const struct object *object)
{
	const struct workload *workload = workload_of(object);
	return workload && !workload->argo && workload->paused;
}

static void deployment_describe(const struct object *object, struct text *out)
{
	(void)object;
	text_add(out, "paused: no change is rolled out");
}

static int64_t deployment_since(const struct object *object)
{
	const struct condition *progressing = &workload_of(object)->progressing;
	return strcmp(progressing->reason, "DeploymentPaused") == 0 ? progressing->changed_ms : 0;
}

const struct held_row held_rows[] = {
	{"rollout-aborted", "An Argo Rollout was aborted: what Git says is not what runs.", "retry it", "rollout.retry",
	 abort_matches, abort_describe, abort_since},
	{"rollout-paused", "An Argo Rollout is paused, by its steps or by somebody.", "promote or resume it",
	 "rollout.resume", argo_is_paused, argo_pause_describe, argo_pause_since},
	{"canary-waiting", "A Canary waits for a yes.", "promote it", "rollout.promote", canary_waits, canary_describe,
	 canary_since},
	{"canary-suspended", "A Canary is suspended: updates are not analysed.", "resume it", "flux.resume",
	 canary_suspend_matches, say_suspended, NULL},
	{"deployment-paused", "A Deployment is paused: no change of it is rolled out.", "resume it", "rollout.resume",
	 deployment_matches, deployment_describe, deployment_since},
	{"flux-suspended", "A Flux object is suspended: what comes after it gets no commits.", "resume it", "flux.resume",
	 flux_matches, say_suspended, NULL},
	{"reconcile-disabled", "An object is left alone by its Kustomization: kustomize.toolkit.fluxcd.io/reconcile.",
	 "remove the annotation", "flux.resume", disabled_matches, disabled_describe, NULL},
	{"keda-paused", "KEDA does not scale it.", "remove the annotation", "flux.resume", keda_matches, keda_describe,
	 keda_since},
	{"hpa-disabled", "An autoscaler does nothing, because its workload is scaled to zero.", "scale the workload up",
	 "rollout.scale", hpa_matches, hpa_describe, hpa_since},
	{"cronjob-suspended", "A CronJob starts no jobs.", "resume it", "flux.resume", cronjob_matches, say_suspended, NULL},
};

const size_t held_row_count = sizeof(held_rows) / sizeof(held_rows[0]);

int object_is_held(const struct object *object)
{
	int count = 0;
	for (size_t i = 0; object && i < held_row_count; i++)
		count += held_rows[i].matches(object) != 0;
	return count;
}

const struct hold *object_hold(const struct object *object)
{
	const struct resource *resource = resource_of(object);
	const struct workload *workload = workload_of(object);
	return resource ? resource->hold : workload ? workload->hold : NULL;
}

static void held_add(struct held **out, size_t *count, size_t *room, const struct cluster *cluster,
                     const struct object *object)
{
	const struct hold *hold = object_hold(object);
	for (size_t i = 0; i < held_row_count; i++) {
		if (!held_rows[i].matches(object))
			continue;
		if (*count == *room) {
			*room = *room ? 2 * *room : 32;
			*out = mem_resize(*out, *room, sizeof(**out));
		}
		int64_t since = hold ? hold->since_ms : 0;
		if (!since && held_rows[i].since)
			since = held_rows[i].since(object);
		(*out)[(*count)++] = (struct held){cluster, object, &held_rows[i], since, hold ? hold->until_ms : 0};
	}
}

static int held_compare(const void *a, const void *b)
{
	const struct held *left = a, *right = b;
	if (left->row != right->row)
		return left->row < right->row ? -1 : 1;
	if (left->since_ms != right->since_ms) {
		if (!left->since_ms || !right->since_ms)
			return left->since_ms ? -1 : 1;
		return left->since_ms < right->since_ms ? -1 : 1;
	}
	if (left->cluster != right->cluster)
		return left->cluster->configured_order < right->cluster->configured_order ? -1 : 1;
	int order = strcmp(left->object->key, right->object->key);
	return order ? order : (int)left->object->kind - (int)right->object->kind;
}

size_t census_run(const struct fleet *fleet, const struct cluster *only, struct held **out)
{
	size_t count = 0, room = 0;
	*out = NULL;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if ((only && only != cluster) || !cluster->held)
			continue;
		for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
			struct object *object;
			if (kind == OBJECT_POD || kind == OBJECT_REPLICASET || kind == OBJECT_EVENT)
				continue; /* of which there are many, and none is ever held */
			for (size_t at = 0; (object = map_next(&cluster->objects[kind], &at));)
				held_add(out, &count, &room, cluster, object);
		}
	}
	if (count)
		qsort(*out, count, sizeof(**out), held_compare);
	return count;
}

void held_by(const struct held *held, struct text *out)
{
	const struct hold *hold = object_hold(held->object);
	const struct resource *resource = resource_of(held->object);
	if (!hold)
		return;
	if (hold->by[0]) {
		text_add(out, hold->by);
	} else if (strcmp(hold->manager, "kustomize-controller") == 0 || strcmp(hold->manager, "helm-controller") == 0) {
		text_add(out, "Git");
		if (resource && resource->applied_by.kind[0])
			text_printf(out, ", by %s %s", resource->applied_by.kind, resource->applied_by.name);
	} else if (hold->manager[0]) {
		text_printf(out, "%s (program)", hold->manager);
	}
}

const char *held_why(const struct held *held)
{
	const struct hold *hold = object_hold(held->object);
	return hold ? hold->why : "";
}

/* SPDX-License-Identifier: MIT */
/* One question, many kinds: what the kinds of model/flux.h have under different names. */
#include "model/flux.h"

#include <stdlib.h>
#include <string.h>

#include "model/workload.h"

static const struct object_ref no_ref = {"", "", ""};
static const struct object_refs no_refs;
static const struct inventory no_inventory;

/* The current release, as Helm counts: "6.5.0", or what was tried when there is none yet. */
static const char *helm_revision(const struct helm_release *release)
{
	return release->history_count ? release->history[0].chart_version : "";
}

const char *flux_revision(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_GITREPOSITORY:
	case OBJECT_OCIREPOSITORY:
	case OBJECT_BUCKET:
	case OBJECT_HELMREPOSITORY:
	case OBJECT_HELMCHART:
		return ((const struct flux_source *)object)->revision;
	case OBJECT_KUSTOMIZATION:
		return ((const struct kustomization *)object)->applied;
	case OBJECT_HELMRELEASE:
		return helm_revision((const struct helm_release *)object);
	case OBJECT_TERRAFORM:
		return ((const struct terraform *)object)->applied;
	case OBJECT_IMAGEREPOSITORY:
	case OBJECT_IMAGEPOLICY:
	case OBJECT_IMAGEUPDATE:
		return ((const struct flux_other *)object)->revision;
	default:
		return "";
	}
}

const char *flux_attempted(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_KUSTOMIZATION:
		return ((const struct kustomization *)object)->attempted;
	case OBJECT_HELMRELEASE:
		return ((const struct helm_release *)object)->attempted;
	case OBJECT_TERRAFORM:
		return ((const struct terraform *)object)->attempted;
	default:
		return flux_revision(object);
	}
}

const char *flux_ready(const struct object *object)
{
	const struct resource *resource = resource_of(object);
	char status = resource ? resource_condition(resource, "Ready")->status : ' ';
	return status == 'T' ? "True" : status == 'F' ? "False" : status == 'U' ? "Unknown" : "";
}

static const char *own_message(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_ANALYSISRUN:
		return ((const struct analysis_run *)object)->message;
	case OBJECT_ACTIONSET:
		return ((const struct action_set *)object)->error;
	default:
		return "";
	}
}

const char *flux_message(const struct object *object)
{
	static const char *const types[] = {"Ready", "Promoted", "Stalled", "Reconciling", "Active"};
	const struct resource *resource = resource_of(object);
	for (size_t i = 0; resource && i < sizeof(types) / sizeof(types[0]); i++) {
		const struct condition *condition = resource_condition(resource, types[i]);
		if (condition->message && condition->message[0])
			return condition->message;
	}
	const char *own = own_message(object);
	return own ? own : "";
}

const struct object_ref *flux_source_of(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_HELMCHART:
		return &((const struct flux_source *)object)->source;
	case OBJECT_KUSTOMIZATION:
		return &((const struct kustomization *)object)->source;
	case OBJECT_HELMRELEASE:
		return &((const struct helm_release *)object)->source;
	case OBJECT_TERRAFORM:
		return &((const struct terraform *)object)->source;
	case OBJECT_IMAGEPOLICY:
	case OBJECT_IMAGEUPDATE:
		return &((const struct flux_other *)object)->source;
	default:
		return &no_ref;
	}
}

const struct object_refs *flux_depends_on(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_KUSTOMIZATION:
		return &((const struct kustomization *)object)->depends_on;
	case OBJECT_HELMRELEASE:
		return &((const struct helm_release *)object)->depends_on;
	case OBJECT_TERRAFORM:
		return &((const struct terraform *)object)->depends_on;
	default:
		return &no_refs;
	}
}

const struct inventory *flux_inventory(const struct object *object)
{
	switch (object->kind) {
	case OBJECT_KUSTOMIZATION:
		return &((const struct kustomization *)object)->inventory;
	case OBJECT_HELMRELEASE:
		return &((const struct helm_release *)object)->inventory;
	case OBJECT_TERRAFORM:
		return &((const struct terraform *)object)->inventory;
	default:
		return &no_inventory;
	}
}

int argo_weight(const struct argo_rollout *argo)
{
	int weight = argo->step >= 0 && argo->step_count ? 0 : -1;
	/* The status says it only where traffic is routed; the steps that are behind say it always. */
	if (argo->weight >= 0)
		return argo->weight;
	for (int i = 0; i < argo->step && i < argo->step_count; i++)
		if (argo->steps[i].kind == ARGO_STEP_WEIGHT)
			weight = argo->steps[i].value;
	return argo->step >= argo->step_count && argo->step_count ? 100 : weight;
}

int argo_is_observed(const struct workload *workload)
{
	/* A number, written as text; a controller of old wrote a digest there, which is never equal. */
	char *end;
	const char *observed = workload->argo ? workload->argo->observed : "";
	long long generation = strtoll(observed, &end, 10);
	return *observed && !*end && generation == workload->generation;
}

/* SPDX-License-Identifier: MIT */
/* Which objects stand between a commit and a service, upwards from the workload. */
#include <string.h>

#include "tracing.h"

static const struct object *find(const struct tracing *tracing, const struct object_ref *ref)
{
	enum object_kind kind = *ref->kind ? kind_find(ref->kind) : OBJECT_KINDS;

	return kind == OBJECT_KINDS ? NULL : cluster_object(tracing->cluster, kind, ref->namespace, ref->name);
}

static const void *find_kind(const struct tracing *tracing, const struct object_ref *ref, enum object_kind kind)
{
	const struct object *object = find(tracing, ref);

	return object && object->kind == kind ? object : NULL;
}

static int ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), wanted = strlen(end);

	return len > wanted && strcmp(text + len - wanted, end) == 0;
}

/* The one that Git describes: not the copy that Flagger keeps beside it. */
static const struct workload *choose_workload(const struct service *service)
{
	const struct workload *chosen = NULL;

	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		int copy = ends_with(workload->object.name, "-primary");
		if (!chosen || (!copy && (*workload->applied_by.kind != '\0') > (*chosen->applied_by.kind != '\0')) ||
		    (ends_with(chosen->object.name, "-primary") && !copy))
			chosen = workload;
	}
	return chosen;
}

static const struct canary *find_canary(const struct tracing *tracing)
{
	const struct map *canaries = &tracing->cluster->objects[OBJECT_CANARY];
	const struct workload *workload = tracing->workload;
	const struct canary *canary;

	if (!workload || canaries->len == 0)
		return NULL;
	/* Nearly always the Canary has its target's name. */
	canary = (const struct canary *)cluster_object(tracing->cluster, OBJECT_CANARY, workload->object.namespace,
	                                               workload->object.name);
	if (canary && strcmp(canary->target.name, workload->object.name) == 0)
		return canary;
	for (size_t i = 0; (canary = map_next(canaries, &i));)
		if (strcmp(canary->resource.object.namespace, workload->object.namespace) == 0 &&
		    strcmp(canary->target.name, workload->object.name) == 0)
			return canary;
	return NULL;
}

/* A revision that names a Git commit, or "". */
static const char *git_revision(const char *revision, const char *origin)
{
	char sha[COMMIT_SHA];

	if (*origin)
		return origin;
	return revision_commit(revision, sha) ? revision : "";
}

void tracing_gather(struct tracing *tracing)
{
	const struct chain_question *question = tracing->question;
	const struct object_ref *applied_by = NULL;

	tracing->cluster = question->cluster ? question->cluster : question->service->cluster;
	tracing->service = question->service;
	tracing->kustomization = question->kustomization;
	tracing->release = question->release;
	if (tracing->service && (tracing->workload = choose_workload(tracing->service))) {
		applied_by = &tracing->workload->applied_by;
		tracing->release = find_kind(tracing, applied_by, OBJECT_HELMRELEASE);
		tracing->kustomization = find_kind(tracing, applied_by, OBJECT_KUSTOMIZATION);
	}
	if (tracing->release)
		tracing->kustomization = find_kind(tracing, &tracing->release->resource.applied_by, OBJECT_KUSTOMIZATION);
	tracing->canary = find_canary(tracing);
	tracing->attempted = tracing->applied = "";
	if (!tracing->kustomization)
		return;
	const struct kustomization *kustomization = tracing->kustomization;
	tracing->source_ref = &kustomization->source;
	tracing->source = find(tracing, tracing->source_ref);
	tracing->oci = strcmp(kustomization->source.kind, "GitRepository") != 0;
	tracing->attempted = git_revision(kustomization->attempted, kustomization->attempted_origin);
	tracing->applied = git_revision(kustomization->applied, kustomization->applied_origin);
}

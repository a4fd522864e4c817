/* SPDX-License-Identifier: MIT */
/*
 * The Kustomization in two stages, because they fail for different people: what it cannot build is a
 * mistake in Git, what it cannot apply is a dispute with the cluster. lastAttemptedRevision is set
 * when it begins, lastAppliedRevision only after its health checks.
 */
#include <string.h>

#include "tracing.h"

enum { LATE_MS = 60 * 1000, QUEUE_MS = 120 * 1000 };

/* The hang of a Ready=False; HANG_NONE while it is not. `keep`: a retry under way hides the reason. */
static enum hang trouble_of(const struct tracing *tracing, enum sign_area area, enum chain_stage stage, const char **message)
{
	const struct resource *resource = &tracing->kustomization->resource;
	const struct condition *ready = resource_condition(resource, "Ready");
	const struct condition *busy = resource_condition(resource, "Reconciling");
	const struct chain_link *before = link_before(tracing, stage);

	*message = ready->message;
	if (ready->status == 'F')
		return sign_find(area, ready->reason, ready->message);
	if (ready->status == 'U' && busy->status == 'T' && before && before->hang != HANG_NONE &&
	    hangs[before->hang].stage == stage && strcmp(busy->reason, "ProgressingWithRetry") == 0) {
		*message = before->words;
		return before->hang;
	}
	return HANG_NONE;
}

/* Why it does not begin. Returns whether there is a reason. */
static int attempt_is_held(struct tracing *tracing, struct chain_link *link)
{
	const struct resource *resource = &tracing->kustomization->resource;

	if (resource->deleted_ms) {
		link_hang(link, HANG_KUSTOMIZATION_DELETED, resource->finalizers);
		return 1;
	}
	if (resource->suspended) {
		link_hang(link, HANG_KUSTOMIZATION_SUSPENDED, resource->hold ? resource->hold->why : "");
		return 1;
	}
	if (resource->disabled) {
		link_hang(link, HANG_KUSTOMIZATION_DISABLED, "");
		return 1;
	}
	return 0;
}

static int is_build(enum hang hang)
{
	return hang != HANG_NONE && hangs[hang].stage == STAGE_ATTEMPT;
}

static void attempt_behind(struct tracing *tracing, struct chain_link *link)
{
	const struct resource *resource = &tracing->kustomization->resource;
	const struct chain_link *above = tracing_link(tracing, STAGE_SOURCE);
	const char *message;
	enum hang hang;
	int64_t wait = resource->interval_ms > QUEUE_MS ? resource->interval_ms : QUEUE_MS, late;

	if (!link_is_passed(above)) {
		link->state = CHAIN_WAITING;
		return;
	}
	if (attempt_is_held(tracing, link))
		return;
	hang = trouble_of(tracing, SIGN_BUILD, STAGE_ATTEMPT, &message);
	/* What it says of an older commit is not about this one, but a dependency holds every commit. */
	if (hang == HANG_KUSTOMIZATION_DEPENDENCY) {
		link_depends(tracing, link, hang, &tracing->kustomization->depends_on, message);
		return;
	}
	if (hang == HANG_KUSTOMIZATION_ARTIFACT || hang == HANG_KUSTOMIZATION_PATH) {
		link_hang(link, hang, message);
		return;
	}
	late = link->began_ms + wait + LATE_MS;
	if (link->began_ms && tracing->now_ms > late) {
		link_hang(link, HANG_KUSTOMIZATION_LATE, "");
		link_say(link, "it tried %s last", *tracing->attempted ? tracing->attempted : "nothing");
		return;
	}
	tracing_due(tracing, late + 1);
	link_progress(link, resource);
}

/* The entry of the history for a revision; NULL: none (any more). */
static const struct apply_record *record_of(const struct kustomization *kustomization, const char *sha)
{
	for (uint16_t i = 0; i < kustomization->history_count; i++) {
		char has[COMMIT_SHA];
		if (revision_commit(kustomization->history[i].revision, has) && strncmp(has, sha, strlen(sha)) == 0)
			return &kustomization->history[i];
	}
	return NULL;
}

/* When the reconciliation that Ready tells of began, from how long it took; 0: not known. */
static int64_t attempt_began(const struct tracing *tracing)
{
	const struct condition *ready = resource_condition(&tracing->kustomization->resource, "Ready");
	const struct apply_record *record = record_of(tracing->kustomization, tracing->sha);
	int64_t apart = record ? record->last_ms - ready->changed_ms : 0;

	if (ready->status == 'U')
		return ready->changed_ms;
	return record && record->took_ms && apart >= -1500 && apart <= 1500 ? ready->changed_ms - record->took_ms : 0;
}

void stage_attempt(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_ATTEMPT);
	const struct kustomization *kustomization = tracing->kustomization;
	const char *message;
	enum hang hang;
	int64_t began;

	if (!kustomization || !*tracing->sha) {
		link_skip(link, NULL);
		return;
	}
	link_of(link, "Kustomization", kustomization->resource.object.namespace, kustomization->resource.object.name);
	link->began_ms = above_ended(tracing, STAGE_ATTEMPT);
	if (revision_contains(tracing->fleet, tracing->attempted, tracing->sha) != ANCESTRY_YES) {
		attempt_behind(tracing, link);
		return;
	}
	hang = trouble_of(tracing, SIGN_BUILD, STAGE_ATTEMPT, &message);
	if (is_build(hang) && revision_contains(tracing->fleet, tracing->applied, tracing->sha) != ANCESTRY_YES) {
		link_hang(link, hang, message);
		return;
	}
	began = attempt_began(tracing);
	link_done(tracing, link, began >= link->began_ms - 1000 ? began : 0);
}

static void say_unchanged(struct tracing *tracing, struct chain_link *link)
{
	const struct apply_record *record = record_of(tracing->kustomization, tracing->sha);
	int64_t fetched = tracing_link(tracing, STAGE_SOURCE)->ended_ms;

	if (record && fetched && record->total > 1 && record->first_ms < fetched)
		link_say(link, "what it renders is the same as before");
}

static void apply_passed(struct tracing *tracing, struct chain_link *link)
{
	const struct kustomization *kustomization = tracing->kustomization;
	const struct condition *ready = resource_condition(&kustomization->resource, "Ready");
	const struct apply_record *record = record_of(kustomization, tracing->sha);
	const char *message;
	char has[COMMIT_SHA];
	enum hang hang = trouble_of(tracing, SIGN_APPLY, STAGE_APPLY, &message);
	int64_t ended = 0;

	/* It holds for this commit, unless the controller found the same commit wanting since. */
	if (hang != HANG_NONE && ready->status == 'F' && revision_same(tracing->attempted, tracing->applied) &&
	    hangs[hang].stage == STAGE_APPLY && hang != HANG_APPLY_FAILED) {
		link_hang(link, hang, message);
		return;
	}
	revision_commit(tracing->applied, has);
	if (strncmp(has, tracing->sha, strlen(tracing->sha)) == 0) {
		if (ready->status == 'T' && ready->changed_ms >= link->began_ms)
			ended = ready->changed_ms;
		else if (record && record->total == 1)
			ended = record->last_ms;
	}
	link_done(tracing, link, ended);
	if (ready->status == 'F')
		link_say(link, "applied, and now: %s", ready->message ? ready->message : ready->reason);
	else if (kustomization->resource.suspended)
		link_say(link, "applied, and suspended since");
	else
		say_unchanged(tracing, link);
}

/* An object that it pruned and that is still there. */
static const struct resource *stuck_object(const struct tracing *tracing)
{
	const struct object *own = &tracing->kustomization->resource.object;

	for (enum object_kind kind = OBJECT_CRONJOB; kind < OBJECT_KINDS; kind++) {
		const struct object *object;
		const struct map *objects = &tracing->cluster->objects[kind];
		for (size_t i = 0; (object = map_next(objects, &i));) {
			const struct resource *resource = resource_of(object);
			if (resource->deleted_ms && *resource->finalizers && tracing->now_ms > resource->deleted_ms + QUEUE_MS &&
			    strcmp(resource->applied_by.kind, "Kustomization") == 0 &&
			    strcmp(resource->applied_by.name, own->name) == 0 &&
			    strcmp(resource->applied_by.namespace, own->namespace) == 0)
				return resource;
		}
	}
	return NULL;
}

static void apply_pending(struct tracing *tracing, struct chain_link *link)
{
	const char *message;
	enum hang hang;

	if (attempt_is_held(tracing, link))
		return;
	hang = trouble_of(tracing, SIGN_APPLY, STAGE_APPLY, &message);
	if (hang == HANG_APPLY_PRUNE || hang == HANG_NONE) {
		const struct resource *stuck = stuck_object(tracing);
		if (stuck) {
			link_hang(link, HANG_APPLY_PRUNE, "");
			link_say(link, "%s %s/%s is held by %s", kind_rows[stuck->object.kind].word, stuck->object.namespace,
			         stuck->object.name, stuck->finalizers);
			return;
		}
	}
	if (hang != HANG_NONE)
		link_hang(link, hang, message);
	else
		link_progress(link, &tracing->kustomization->resource);
}

/* What applies this very service is on its way out, and does not go. */
static int own_is_stuck(struct tracing *tracing, struct chain_link *link)
{
	const struct resource *own = tracing->release ? &tracing->release->resource : NULL;

	if (!own || !own->deleted_ms || !*own->finalizers || tracing->now_ms <= own->deleted_ms + QUEUE_MS)
		return 0;
	link_hang(link, HANG_APPLY_PRUNE, "");
	link_say(link, "HelmRelease %s/%s is held by %s", own->object.namespace, own->object.name, own->finalizers);
	return 1;
}

void stage_apply(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_APPLY);
	const struct kustomization *kustomization = tracing->kustomization;

	if (!kustomization || !*tracing->sha) {
		link_skip(link, NULL);
		return;
	}
	link_of(link, "Kustomization", kustomization->resource.object.namespace, kustomization->resource.object.name);
	link->began_ms = above_ended(tracing, STAGE_APPLY);
	tracing->since_ms = link->began_ms;
	if (revision_contains(tracing->fleet, tracing->applied, tracing->sha) == ANCESTRY_YES && !own_is_stuck(tracing, link))
		apply_passed(tracing, link);
	else if (link->state == CHAIN_HUNG)
		return;
	else if (link_is_passed(tracing_link(tracing, STAGE_ATTEMPT)))
		apply_pending(tracing, link);
	else
		link->state = CHAIN_WAITING;
}

/* SPDX-License-Identifier: MIT */
/*
 * The frame: gather, choose the commit, ask each stage in turn, sum up. What stages share is here;
 * what each of them looks for is in stage_*.c.
 */
#include "trace/chain.h"

#include <stdio.h>
#include <string.h>

#include "tracing.h"

enum { RECENT_MS = 10 * 1000, DEPENDS_MS = 90 * 1000 };

static void (*const stages[CHAIN_STAGES])(struct tracing *tracing) = {
	[STAGE_COMMIT] = stage_commit,         [STAGE_SOURCE] = stage_source,     [STAGE_ATTEMPT] = stage_attempt,
	[STAGE_APPLY] = stage_apply,           [STAGE_HELM] = stage_helm,         [STAGE_WORKLOAD] = stage_workload,
	[STAGE_REPLICASET] = stage_replicaset, [STAGE_PODS] = stage_pods,         [STAGE_STEPS] = stage_steps,
	[STAGE_METRICS] = stage_metrics,
};

enum ancestry revision_contains(const struct fleet *fleet, const char *revision, const char *sha)
{
	char has[COMMIT_SHA];

	if (!*sha || !revision_commit(revision, has))
		return ANCESTRY_UNKNOWN;
	/* An abbreviated sha that no repository knows can still be the beginning of what is there. */
	if (strlen(sha) >= COMMIT_SHORT && strncmp(has, sha, strlen(sha)) == 0)
		return ANCESTRY_YES;
	return fleet_ancestry(fleet, sha, has);
}

struct chain_link *tracing_link(struct tracing *tracing, enum chain_stage stage)
{
	return &tracing->chain->links[stage];
}

const struct chain_link *link_before(const struct tracing *tracing, enum chain_stage stage)
{
	const struct chain *before = tracing->question->before;

	return before && strcmp(before->sha, tracing->chain->sha) == 0 ? &before->links[stage] : NULL;
}

static enum chain_stage stage_of(const struct tracing *tracing, const struct chain_link *link)
{
	return (enum chain_stage)(link - tracing->chain->links);
}

void link_done(struct tracing *tracing, struct chain_link *link, int64_t ended_ms)
{
	const struct chain_link *before = link_before(tracing, stage_of(tracing, link));

	link->state = CHAIN_DONE;
	if (before && before->state == CHAIN_DONE && before->ended_ms && (before->exact || !ended_ms)) {
		link->ended_ms = before->ended_ms; /* a later commit has passed here too: the first time counts */
		link->exact = before->exact;
	} else if (ended_ms) {
		link->ended_ms = ended_ms;
		link->exact = 1;
	} else if (before && before->state != CHAIN_DONE) {
		link->ended_ms = tracing->now_ms; /* we looked when it was not done: it was done since */
	}
	/* Stamps are cut to the second: what seems to end before it began took less than one. */
	if (link->ended_ms && link->began_ms > link->ended_ms && link->began_ms - link->ended_ms <= 1000)
		link->ended_ms = link->began_ms;
	else if (link->began_ms > link->ended_ms && link->ended_ms)
		link->began_ms = link->ended_ms;
}

void link_hang(struct chain_link *link, enum hang hang, const char *message)
{
	link->state = hangs[hang].state;
	link->hang = hang;
	if (message && *message)
		link_say(link, "%s", message);
}

void link_skip(struct chain_link *link, const char *words)
{
	link->state = CHAIN_SKIPPED;
	link->began_ms = link->ended_ms = 0;
	if (words)
		link_say(link, "%s", words);
}

int link_is_passed(const struct chain_link *link)
{
	return link->state == CHAIN_DONE || link->state == CHAIN_SKIPPED;
}

int64_t above_ended(const struct tracing *tracing, enum chain_stage stage)
{
	while (stage-- > STAGE_COMMIT)
		if (tracing->chain->links[stage].state == CHAIN_DONE && tracing->chain->links[stage].ended_ms)
			return tracing->chain->links[stage].ended_ms;
	return 0;
}

void tracing_due(struct tracing *tracing, int64_t at_ms)
{
	int64_t *due = &tracing->chain->due_ms;

	if (at_ms > tracing->now_ms && (*due == 0 || at_ms < *due))
		*due = at_ms;
}

int tracing_is_settled(struct tracing *tracing)
{
	const struct chain_link *apply = tracing_link(tracing, STAGE_APPLY);
	const struct chain *before = tracing->question->before;
	int64_t seen = apply->ended_ms;

	if (!tracing->kustomization || apply->state == CHAIN_SKIPPED)
		return 1;
	if (apply->state != CHAIN_DONE)
		return 0;
	/* What was applied long before we looked has settled. */
	if (before && strcmp(before->sha, tracing->chain->sha) == 0 && before->applied_seen_ms)
		seen = before->applied_seen_ms;
	else if (before && (strcmp(before->sha, tracing->chain->sha) == 0 || seen > tracing->now_ms - RECENT_MS))
		seen = tracing->now_ms;
	tracing->chain->applied_seen_ms = seen ? seen : 1;
	tracing_due(tracing, seen + SETTLE_MS);
	return tracing->now_ms >= seen + SETTLE_MS;
}

void link_progress(struct chain_link *link, const struct resource *resource)
{
	const struct condition *busy = resource_condition(resource, "Reconciling");
	const struct condition *ready = resource_condition(resource, "Ready");

	link->state = CHAIN_ACTIVE;
	if (busy->status == 'T' && busy->message)
		link_say(link, "%s", busy->message);
	else if (ready->status == 'U' && ready->message)
		link_say(link, "%s", ready->message);
}

static int dependency_is_bad(const struct tracing *tracing, const struct object_refs *refs)
{
	for (uint16_t i = 0; i < refs->count; i++) {
		const struct object_ref *ref = &refs->items[i];
		enum object_kind kind = kind_find(ref->kind);
		const struct resource *resource =
		    kind == OBJECT_KINDS ? NULL : resource_of(cluster_object(tracing->cluster, kind, ref->namespace, ref->name));
		const struct condition *ready = resource ? resource_condition(resource, "Ready") : NULL;
		if (!resource || resource->suspended ||
		    (ready->status == 'F' && strcmp(ready->reason, "DependencyNotReady") != 0))
			return 1;
	}
	return 0;
}

void link_depends(struct tracing *tracing, struct chain_link *link, enum hang hang, const struct object_refs *refs,
                  const char *message)
{
	int64_t late = link->began_ms + DEPENDS_MS;

	if (dependency_is_bad(tracing, refs) || (link->began_ms && tracing->now_ms > late)) {
		link_hang(link, hang, message);
		return;
	}
	link->state = CHAIN_ACTIVE;
	if (message)
		link_say(link, "%s", message);
	if (link->began_ms)
		tracing_due(tracing, late + 1);
}

/* Where it stands. A Kustomization that waits for health is as far as what it waits for. */
static enum chain_stage find_place(const struct chain *chain)
{
	enum chain_stage stage = STAGE_COMMIT;

	while (stage + 1 < CHAIN_STAGES && link_is_passed(&chain->links[stage]))
		stage++;
	/* A Rollout's pods move by its steps. */
	if (stage == STAGE_PODS && chain->links[stage].state == CHAIN_ACTIVE &&
	    (chain->links[STAGE_STEPS].state == CHAIN_HUNG || chain->links[STAGE_STEPS].state == CHAIN_FAILED))
		return STAGE_STEPS;
	/* Helm waits for what is below it. */
	for (enum chain_stage below = STAGE_WORKLOAD; stage == STAGE_HELM && chain->links[stage].state == CHAIN_ACTIVE &&
	                                              below <= STAGE_PODS; below++)
		if (chain->links[below].state == CHAIN_HUNG || chain->links[below].state == CHAIN_FAILED)
			return below;
	if (stage != STAGE_APPLY || (chain->links[stage].state != CHAIN_ACTIVE && chain->links[stage].hang != HANG_APPLY_HEALTH))
		return stage;
	for (enum chain_stage below = STAGE_HELM; below < STAGE_METRICS; below++) {
		enum chain_state state = chain->links[below].state;
		if (state == CHAIN_HUNG || state == CHAIN_FAILED ||
		    (state == CHAIN_ACTIVE && chain->links[stage].state == CHAIN_ACTIVE))
			return below;
		if (!link_is_passed(&chain->links[below]))
			break;
	}
	return stage;
}

static void sum_up(struct tracing *tracing)
{
	struct chain *chain = tracing->chain;
	const struct chain *before = tracing->question->before;
	int same = before && strcmp(before->sha, chain->sha) == 0;

	chain->at = find_place(chain);
	switch (chain->links[chain->at].state) {
	case CHAIN_FAILED: chain->verdict = VERDICT_FAILED; break;
	case CHAIN_HUNG: chain->verdict = VERDICT_HUNG; break;
	case CHAIN_UNKNOWN: chain->verdict = VERDICT_UNKNOWN; break;
	case CHAIN_WAITING:
	case CHAIN_ACTIVE: chain->verdict = VERDICT_MOVING; break;
	default:
		chain->verdict = tracing->fresh || !tracing->kustomization ? VERDICT_HEALTHY : VERDICT_NOTHING;
		if (same && before->verdict == VERDICT_HEALTHY)
			chain->verdict = VERDICT_HEALTHY;
		else if (!tracing_is_settled(tracing)) /* another watch may still bring that it goes on */
			chain->verdict = VERDICT_MOVING;
	}
	/* A stage above that cannot be known is told even when those below say that all is well. */
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		struct chain_link *link = &chain->links[i];
		if (!chain->began_ms || (link->began_ms && link->began_ms < chain->began_ms))
			chain->began_ms = link->began_ms;
		if (chain->verdict == VERDICT_HEALTHY && link->state == CHAIN_DONE && link->ended_ms > chain->ended_ms)
			chain->ended_ms = link->ended_ms;
	}
	if (same && before->seen_ms)
		chain->seen_ms = before->seen_ms;
	else
		chain->seen_ms = tracing->now_ms;
}

struct chain *chain_derive(const struct chain_question *question)
{
	struct tracing tracing = {.question = question, .fleet = question->fleet, .now_ms = question->now_ms,
	                          .chain = chain_new()};
	struct chain *chain = tracing.chain;

	tracing_gather(&tracing);
	tracing_choose(&tracing, chain->sha);
	tracing.sha = chain->sha;
	if (*chain->sha)
		tracing.commit = fleet_commit(question->fleet, chain->sha, &tracing.repository);
	tracing_flights(&tracing);
	if (question->before && strcmp(question->before->sha, chain->sha) == 0)
		chain->applied_seen_ms = question->before->applied_seen_ms;
	for (size_t i = 0; i < CHAIN_STAGES; i++)
		stages[i](&tracing);
	sum_up(&tracing);
	return chain;
}

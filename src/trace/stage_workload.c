/* SPDX-License-Identifier: MIT */
/*
 * Workload, ReplicaSet, pods. Autoscalers, budgets and network policies change no template and make
 * no ReplicaSet: then these stages have nothing to do, which is said. Pods are blamed only when they
 * are of the new template: the old ones' trouble is not this commit's.
 */
#include <string.h>

#include "model/pod.h"
#include "tracing.h"

enum { LATE_MS = 60 * 1000 };

static int is_reached(struct tracing *tracing, enum chain_stage stage)
{
	for (enum chain_stage above = STAGE_HELM; above < stage; above++)
		if (!link_is_passed(tracing_link(tracing, above)))
			return 0;
	return !*tracing->sha || link_is_passed(tracing_link(tracing, STAGE_ATTEMPT));
}

/* Helm waits for the pods that it makes: what is below it begins with it, not after it. */
static int64_t began_with_helm(const struct tracing *tracing, enum chain_stage stage)
{
	const struct chain_link *helm = &tracing->chain->links[STAGE_HELM];

	return helm->state == CHAIN_DONE && helm->began_ms ? helm->began_ms : above_ended(tracing, stage);
}

static void link_of_workload(struct chain_link *link, const struct workload *workload)
{
	link_of(link, kind_rows[workload->object.kind].word, workload->object.namespace, workload->object.name);
}

/* A release that is still being upgraded waits for its pods: they are looked at already. */
static int helm_waits(struct tracing *tracing)
{
	const struct chain_link *helm = tracing_link(tracing, STAGE_HELM);

	return helm->state == CHAIN_ACTIVE || helm->hang == HANG_HELM_TIMED_OUT || helm->hang == HANG_HELM_RETRIES;
}

void stage_workload(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_WORKLOAD);
	const struct chain_link *before = link_before(tracing, STAGE_WORKLOAD);
	const struct workload *workload = tracing->workload;
	int observed;

	if (!workload) {
		link_skip(link, NULL);
		return;
	}
	link_of_workload(link, workload);
	link->began_ms = began_with_helm(tracing, STAGE_WORKLOAD);
	if (!is_reached(tracing, STAGE_WORKLOAD) && !helm_waits(tracing)) {
		link->state = CHAIN_WAITING;
		return;
	}
	observed = workload->argo ? argo_is_observed(workload) : workload->observed >= workload->generation;
	if (!observed) {
		int64_t late;
		/* An autoscaler changes what was observed long since: that change began just now. */
		if (before && before->state == CHAIN_DONE)
			link->began_ms = tracing->now_ms;
		else if (before && before->began_ms > link->began_ms)
			link->began_ms = before->began_ms;
		late = link->began_ms + LATE_MS;
		link->state = CHAIN_ACTIVE;
		link_say(link, "generation %lld is not observed yet", (long long)workload->generation);
		tracing->fresh = 1;
		if (link->began_ms && tracing->now_ms > late)
			link_hang(link, HANG_WORKLOAD_UNOBSERVED, "");
		else if (link->began_ms)
			tracing_due(tracing, late + 1);
		return;
	}
	if (workload->argo && workload->argo->invalid.status == 'T') {
		link_hang(link, HANG_WORKLOAD_INVALID, workload->argo->invalid.message);
		return;
	}
	if (workload->paused && rollout_of(workload).phase == ROLLOUT_PAUSED) {
		link_hang(link, HANG_WORKLOAD_PAUSED, workload->hold ? workload->hold->why : "");
		return;
	}
	link_done(tracing, link, 0);
	link->ended_ms = link->began_ms; /* no controller keeps when it observed: it takes milliseconds */
	link->exact = 0;
}

static const struct replicaset *present_set(const struct workload *workload)
{
	if (workload->argo)
		return *workload->argo->current_hash ? workload_replicaset(workload, workload->argo->current_hash) : NULL;
	return workload_replicaset(workload, NULL);
}

/* The hash that pods of the new template have; "" when the kind has none. */
static const char *present_hash(const struct workload *workload)
{
	const struct replicaset *set = present_set(workload);

	if (set)
		return set->hash;
	return workload->object.kind == OBJECT_STATEFULSET ? workload->revision : "";
}

/* Whether the template changed with this commit. A StatefulSet or DaemonSet does not say when. */
static int template_is_new(const struct tracing *tracing)
{
	const struct workload *workload = tracing->workload;
	const struct replicaset *set = present_set(workload);
	const struct chain_link *before = link_before(tracing, STAGE_REPLICASET);

	if (before && before->state == CHAIN_DONE)
		return 1;
	if (set)
		return tracing->since_ms && set->object.created_ms >= tracing->since_ms - 1000;
	return rollout_is_moving(workload);
}

void stage_replicaset(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_REPLICASET);
	const struct workload *workload = tracing->workload;
	const struct replicaset *set;

	if (!workload) {
		link_skip(link, NULL);
		return;
	}
	set = present_set(workload);
	link->began_ms = began_with_helm(tracing, STAGE_REPLICASET);
	if (set)
		link_of(link, "ReplicaSet", set->object.namespace, set->object.name);
	else
		link_of_workload(link, workload);
	if (!link_is_passed(tracing_link(tracing, STAGE_WORKLOAD))) {
		link->state = CHAIN_WAITING;
		return;
	}
	if (workload->failure.status == 'T') {
		tracing->fresh = 1;
		link_hang(link, HANG_PODS_QUOTA, workload->failure.message);
		return;
	}
	if (template_is_new(tracing)) {
		tracing->fresh = 1;
		link_done(tracing, link, set && set->object.created_ms >= link->began_ms - 1000 ? set->object.created_ms : 0);
		return;
	}
	if (!set && workload->object.kind == OBJECT_DEPLOYMENT && workload->desired > 0 && *workload->revision &&
	    tracing->cluster->kinds[OBJECT_REPLICASET].complete) {
		link->state = CHAIN_ACTIVE;
		link_say(link, "revision %s has no ReplicaSet yet", workload->revision);
		return;
	}
	/* Pods that fail are told at once, even those of a template from before. */
	if (!tracing_is_settled(tracing) && rollout_of(workload).phase != ROLLOUT_FAILED &&
	    tracing_link(tracing, STAGE_APPLY)->hang != HANG_APPLY_HEALTH) {
		link->state = CHAIN_ACTIVE;
		return;
	}
	link_skip(link, "the pod template is unchanged: nothing restarts");
}

struct blame {
	const char *hash;
	const struct pod *worst;
	int counts[REASON_COUNT], unready;
};

static void blame_pod(void *arg, const struct pod *pod)
{
	struct blame *blame = arg;

	if (pod->finished || pod->terminating || (*blame->hash && strcmp(pod->hash, blame->hash) != 0))
		return;
	blame->counts[pod->reason]++;
	blame->unready += !pod->ready;
	if (pod->reason != REASON_NONE && (!blame->worst || pod->reason < blame->worst->reason))
		blame->worst = pod;
}

static enum hang hang_of_reason(enum reason reason)
{
	switch (reason) {
	case REASON_CRASH_LOOP:
	case REASON_ERROR: return HANG_PODS_CRASH;
	case REASON_OOM_KILLED: return HANG_PODS_OOM;
	case REASON_IMAGE_PULL: return HANG_PODS_IMAGE;
	case REASON_CONFIG: return HANG_PODS_CONFIG;
	case REASON_UNSCHEDULABLE: return HANG_PODS_UNSCHEDULABLE;
	default: return HANG_NONE;
	}
}

static void say_pods(struct chain_link *link, const struct blame *blame, const struct rollout *rollout)
{
	const struct pod *pod = blame->worst;

	if (pod)
		link_say(link, "%d of %d updated and available; pod %s: %s%s%s", rollout->done, rollout->total, pod->object.name,
		         pod->status, pod->message ? ": " : "", pod->message ? pod->message : "");
	else
		link_say(link, "%d of %d updated and available", rollout->done, rollout->total);
}

/* Pods that run and are not ready hang only after a while: a start takes its time. */
static int unready_for_long(struct tracing *tracing, const struct chain_link *link, const struct blame *blame)
{
	int64_t since = link->began_ms, usual = LATE_MS;

	if (!blame->worst || blame->worst->reason != REASON_NOT_READY)
		return 0;
	if (blame->worst->object.created_ms > since)
		since = blame->worst->object.created_ms;
	if (!since)
		return 0;
	tracing_due(tracing, since + usual + 1);
	return tracing->now_ms > since + usual;
}

/* Of a Rollout its steps tell where it stands; here only what its new pods suffer from is told. */
static void pods_of_rollout(struct tracing *tracing, struct chain_link *link, const struct rollout *rollout)
{
	struct blame blame = {.hash = present_hash(tracing->workload)};
	enum hang hang;

	service_each_pod(tracing->service, blame_pod, &blame);
	hang = blame.worst ? hang_of_reason(blame.worst->reason) : HANG_NONE;
	if (hang == HANG_NONE && rollout->phase == ROLLOUT_PROGRESSING && unready_for_long(tracing, link, &blame))
		hang = HANG_PODS_UNREADY;
	tracing->fresh = 1;
	if (hang != HANG_NONE)
		link_hang(link, hang, "");
	else if (rollout->phase == ROLLOUT_PROGRESSING || rollout->phase == ROLLOUT_WAITING)
		link->state = CHAIN_ACTIVE;
	else
		link_done(tracing, link, 0);
	if (link->state != CHAIN_DONE)
		say_pods(link, &blame, rollout);
}

static void pods_moving(struct tracing *tracing, struct chain_link *link, const struct rollout *rollout)
{
	struct blame blame = {.hash = present_hash(tracing->workload)};
	enum hang hang = HANG_NONE;

	tracing->fresh = 1;
	service_each_pod(tracing->service, blame_pod, &blame);
	if (blame.worst)
		hang = hang_of_reason(blame.worst->reason);
	if (hang == HANG_NONE && unready_for_long(tracing, link, &blame))
		hang = HANG_PODS_UNREADY;
	if (rollout->phase == ROLLOUT_FAILED)
		hang = HANG_PODS_DEADLINE;
	if (hang != HANG_NONE)
		link_hang(link, hang, "");
	else
		link->state = CHAIN_ACTIVE;
	say_pods(link, &blame, rollout);
}

static int64_t pods_ended(const struct tracing *tracing, const struct chain_link *link)
{
	const struct workload *workload = tracing->workload;
	int64_t ended = workload->progressing.updated_ms;

	if (workload->argo)
		ended = workload->argo->completed.status == 'T' ? workload->argo->completed.changed_ms : 0;
	return ended >= link->began_ms ? ended : 0;
}

/* Whether every pair of the budget's selector is one of the workload's: then all its pods are meant. */
static int budget_covers(const struct disruption_budget *budget, const struct workload *workload)
{
	const char *pair = budget->selector;

	if (!*pair || !*workload->selector)
		return 0;
	while (*pair) {
		size_t len = strcspn(pair, ",");
		const char *at = workload->selector;
		while (*at && (strcspn(at, ",") != len || strncmp(at, pair, len) != 0)) {
			at += strcspn(at, ",");
			at += *at == ',';
		}
		if (!*at)
			return 0;
		pair += len + (pair[len] == ',');
	}
	return 1;
}

struct drain {
	const struct cluster *cluster;
	const struct node *node; /* that is cordoned and has a pod of the service */
};

static void look_for_drain(void *arg, const struct pod *pod)
{
	struct drain *drain = arg;
	const struct node *node = (const struct node *)cluster_object(drain->cluster, OBJECT_NODE, "", pod->node);

	if (node && node->cordoned && !pod->finished && !drain->node)
		drain->node = node;
}

/* A budget that permits no eviction, while a node is cordoned that has pods of the service. It says
 * nothing about a commit, so that who follows one is not told. */
static int drain_is_blocked(struct tracing *tracing, struct chain_link *link)
{
	const struct map *budgets = &tracing->cluster->objects[OBJECT_PDB];
	const struct workload *workload = tracing->workload;
	struct drain drain = {.cluster = tracing->cluster};
	const struct disruption_budget *budget;

	if (budgets->len == 0 || workload->object.kind == OBJECT_DAEMONSET || (tracing->question->sha && *tracing->question->sha))
		return 0;
	for (size_t i = 0; (budget = map_next(budgets, &i));)
		if (budget->allowed == 0 && budget->expected > 0 && budget->resource.object.namespace == workload->object.namespace &&
		    budget_covers(budget, workload))
			break;
	if (!budget)
		return 0;
	service_each_pod(tracing->service, look_for_drain, &drain);
	if (!drain.node)
		return 0;
	link_hang(link, HANG_PODS_DRAIN, "");
	link_say(link, "node %s is cordoned, and PodDisruptionBudget %s permits no eviction: %d of %d wanted pods are healthy",
	         drain.node->object.name, budget->resource.object.name, budget->healthy, budget->wanted);
	return 1;
}

void stage_pods(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_PODS);
	const struct workload *workload = tracing->workload;
	const struct chain_link *above = tracing_link(tracing, STAGE_REPLICASET);
	const struct chain_link *before = link_before(tracing, STAGE_PODS);
	struct rollout rollout;

	if (!workload) {
		link_skip(link, NULL);
		return;
	}
	link_of_workload(link, workload);
	link->began_ms = above_ended(tracing, STAGE_PODS);
	if (!link_is_passed(above)) {
		link->state = CHAIN_WAITING;
		return;
	}
	rollout = rollout_of(workload);
	/* Pods that get ill after the rollout was complete do not undo it; that is the service's health. */
	if (rollout.phase == ROLLOUT_COMPLETE || rollout.phase == ROLLOUT_UNKNOWN ||
	    (rollout.phase != ROLLOUT_FAILED && !rollout_is_moving(workload)) ||
	    (before && before->state == CHAIN_DONE && !rollout_is_moving(workload))) {
		if (drain_is_blocked(tracing, link))
			return;
		if (above->state == CHAIN_SKIPPED && (!before || before->state != CHAIN_DONE))
			link_skip(link, NULL);
		else
			link_done(tracing, link, pods_ended(tracing, link));
		return;
	}
	if (workload->argo)
		pods_of_rollout(tracing, link, &rollout);
	else
		pods_moving(tracing, link, &rollout);
}

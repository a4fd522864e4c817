/* SPDX-License-Identifier: MIT */
/*
 * Canaries of Flagger and Rollouts of Argo. Flagger has no observedGeneration: after a new
 * ReplicaSet, only a movement that is younger counts. It tells why it waits in events alone.
 */
#include <string.h>

#include "tracing.h"

/* The newest warning about the Canary; NULL: none. */
static const struct event *canary_warning(const struct tracing *tracing)
{
	const struct object *own = &tracing->canary->resource.object;
	const struct map *events = &tracing->cluster->objects[OBJECT_EVENT];
	const struct event *event, *newest = NULL;

	for (size_t i = 0; (event = map_next(events, &i));)
		if (event->warning && strcmp(event->about_kind, "Canary") == 0 && strcmp(event->about_name, own->name) == 0 &&
		    strcmp(event->object.namespace, own->namespace) == 0 && (!newest || event->last_ms > newest->last_ms))
			newest = event;
	return newest;
}

static int is_about_metrics(const char *message)
{
	return message && (strcasestr(message, "no values found") || strcasestr(message, "metric") ||
	                   strcasestr(message, "prometheus"));
}

static void canary_progress(struct tracing *tracing, struct chain_link *link)
{
	const struct canary *canary = tracing->canary;
	const struct event *warning = canary_warning(tracing);

	tracing->fresh = 1;
	if (warning && canary->moved_ms && warning->last_ms < canary->moved_ms - 60 * 1000)
		warning = NULL; /* of a canary before this one */
	if (warning && strcasestr(warning->message ? warning->message : "", "no values found")) {
		link_hang(link, HANG_CANARY_NO_METRICS, warning->message);
		return;
	}
	if (canary->failed_checks > 0) {
		int blind = warning && is_about_metrics(warning->message) && strcasestr(warning->message, "fail") &&
		            (strcasestr(warning->message, "query") || strcasestr(warning->message, "connection") ||
		             strcasestr(warning->message, "no such host"));
		link_hang(link, blind ? HANG_CANARY_NO_METRICS : HANG_CANARY_ANALYSIS, "");
		link_say(link, "%d of %d failed checks%s%s", canary->failed_checks, canary->threshold,
		         warning && warning->message ? "; " : "", warning && warning->message ? warning->message : "");
		return;
	}
	link->state = CHAIN_ACTIVE;
	if (canary->max_weight || canary->step_count)
		link_say(link, "%s, %d%% of the traffic", canary->phase, canary->weight);
	else
		link_say(link, "%s, iteration %d of %d", canary->phase, canary->iterations, canary->step_iterations);
}

static void canary_ended(struct tracing *tracing, struct chain_link *link)
{
	const struct canary *canary = tracing->canary;
	const struct chain_link *pods = tracing_link(tracing, STAGE_REPLICASET);
	const struct chain_link *before = link_before(tracing, STAGE_STEPS);

	if (pods->state != CHAIN_DONE) {
		link_skip(link, "the pod template is unchanged: no canary runs");
		return;
	}
	if (canary->moved_ms + 1000 < pods->ended_ms && !(before && before->state == CHAIN_DONE)) {
		link->state = CHAIN_ACTIVE;
		link_say(link, "the Canary has not seen the change yet");
		return;
	}
	link_done(tracing, link, canary->moved_ms);
}

static void stage_canary(struct tracing *tracing, struct chain_link *link)
{
	static const struct {
		const char *phase;
		enum hang hang;
		void (*look)(struct tracing *tracing, struct chain_link *link);
	} phases[] = {
	    {"Waiting", HANG_CANARY_APPROVAL, NULL},      {"WaitingPromotion", HANG_CANARY_APPROVAL, NULL},
	    {"Failed", HANG_CANARY_FAILED, NULL},         {"Succeeded", HANG_NONE, canary_ended},
	    {"Initialized", HANG_NONE, canary_ended},     {"Progressing", HANG_NONE, canary_progress},
	    {"Promoting", HANG_NONE, canary_progress},    {"Finalising", HANG_NONE, canary_progress},
	    {"Initializing", HANG_NONE, canary_progress}, {"", HANG_NONE, canary_progress},
	};
	const struct canary *canary = tracing->canary;
	const struct condition *promoted = resource_condition(&canary->resource, "Promoted");

	link_of(link, "Canary", canary->resource.object.namespace, canary->resource.object.name);
	if (canary->resource.suspended) {
		link_hang(link, HANG_CANARY_SUSPENDED, canary->resource.hold ? canary->resource.hold->why : "");
		return;
	}
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (strcmp(phases[i].phase, canary->phase) != 0)
			continue;
		if (phases[i].look)
			phases[i].look(tracing, link);
		else
			link_hang(link, phases[i].hang, promoted->message);
		return;
	}
	/* A phase that nobody knows: what it says is shown, nothing is made of it. */
	link->state = CHAIN_ACTIVE;
	link_say(link, "phase %s", canary->phase);
}

static const struct analysis_run *run_of(const struct tracing *tracing)
{
	const struct argo_rollout *argo = tracing->workload->argo;

	return *argo->analysis_run ? (const struct analysis_run *)cluster_object(
	                                 tracing->cluster, OBJECT_ANALYSISRUN, tracing->workload->object.namespace, argo->analysis_run)
	                           : NULL;
}

static int analysis_failed(const struct tracing *tracing, const struct analysis_run *run)
{
	const struct argo_rollout *argo = tracing->workload->argo;
	const char *status = run ? run->phase : argo->analysis_status;

	return strcmp(status, "Failed") == 0 || strcmp(status, "Error") == 0 ||
	       (argo->aborted && strcasestr(argo->message, "metric"));
}

static void say_metric(struct chain_link *link, const struct analysis_run *run, const char *fallback)
{
	for (uint16_t i = 0; run && i < run->metric_count; i++) {
		const struct metric_result *metric = &run->metrics[i];
		if (strcmp(metric->phase, "Failed") == 0 || strcmp(metric->phase, "Error") == 0) {
			link_say(link, "metric %s: %s%s%s%s%s", metric->name, metric->phase, *metric->message ? ": " : "", metric->message,
			         *metric->value ? ", last value " : "", metric->value);
			return;
		}
	}
	if (*fallback)
		link_say(link, "%s", fallback);
}

static void argo_step(struct tracing *tracing, struct chain_link *link)
{
	const struct argo_rollout *argo = tracing->workload->argo;
	const struct argo_step *step = argo->step >= 0 && argo->step < argo->step_count ? &argo->steps[argo->step] : NULL;

	if (*argo->pause_reason && (!step || step->kind != ARGO_STEP_PAUSE || step->value < 0)) {
		link_hang(link, HANG_ROLLOUT_PAUSED, "");
		link_say(link, "step %d of %d, %d%% of the traffic: %s", argo->step + 1, argo->step_count,
		         argo_weight(argo) < 0 ? 0 : argo_weight(argo), argo->pause_reason);
		return;
	}
	link->state = CHAIN_ACTIVE;
	if (argo->step_count)
		link_say(link, "step %d of %d%s%s", argo->step < 0 ? 0 : argo->step, argo->step_count, *argo->message ? ": " : "",
		         argo->message);
	else if (*argo->message)
		link_say(link, "%s", argo->message);
}

static void stage_argo(struct tracing *tracing, struct chain_link *link)
{
	const struct workload *workload = tracing->workload;
	const struct argo_rollout *argo = workload->argo;
	const struct analysis_run *run = run_of(tracing);

	link_of(link, "Rollout", workload->object.namespace, workload->object.name);
	if (analysis_failed(tracing, run)) {
		tracing->fresh = 1;
		link_hang(link, HANG_ROLLOUT_ANALYSIS, "");
		say_metric(link, run, argo->message);
	} else if (argo->aborted) {
		tracing->fresh = 1;
		link_hang(link, HANG_ROLLOUT_ABORTED, argo->message);
	} else if (strcmp(argo->phase, "Degraded") == 0) {
		link_hang(link, HANG_ROLLOUT_DEGRADED, argo->message);
	} else if (strcmp(argo->phase, "Healthy") == 0) {
		if (tracing_link(tracing, STAGE_REPLICASET)->state == CHAIN_DONE)
			link_done(tracing, link, argo->healthy.status == 'T' ? argo->healthy.changed_ms : 0);
		else
			link_skip(link, NULL);
	} else {
		tracing->fresh = 1;
		argo_step(tracing, link);
	}
}

void stage_steps(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_STEPS);
	const struct workload *workload = tracing->workload;
	int steps_move_pods = workload && workload->argo;

	if (!workload || (!workload->argo && !tracing->canary)) {
		link_skip(link, NULL);
		return;
	}
	link->began_ms = above_ended(tracing, STAGE_STEPS);
	/* A Rollout's steps and its pods move together, and its own words say more. */
	if (!link_is_passed(tracing_link(tracing, steps_move_pods ? STAGE_REPLICASET : STAGE_PODS))) {
		link->state = CHAIN_WAITING;
		return;
	}
	if (workload->argo)
		stage_argo(tracing, link);
	else
		stage_canary(tracing, link);
}

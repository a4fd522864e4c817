/* SPDX-License-Identifier: MIT */
/*
 * Health: the one table, worst first. The first row that matches decides, gives the words, and is
 * the order of "trouble first". To add a way of being unwell, write its two functions and its row
 * in the place it deserves; sorting, help, JSON and the tests follow by themselves.
 *
 * A row may read what service_derive has put together, never the pods one by one; only the words
 * look for one pod to name as an example.
 */
#include <string.h>

#include "model/flux.h"
#include "model/owner.h"

/* How long pods may take before a start is trouble: in an update without a deadline of its own, and
 * when nothing is being rolled out (a change of scale, a pod that was moved). */
enum { UPDATE_MS = 10 * 60 * 1000, START_MS = 2 * 60 * 1000 };

const char *const health_words[HEALTH_LEVELS] = {
	[HEALTH_DOWN] = "down",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_PROGRESSING] = "progressing",
	[HEALTH_PAUSED] = "paused",
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_OK] = "ok",
};

static int64_t wall_now(const struct service *service)
{
	const struct clock *clock = service->cluster->fleet->clock;
	return clock->wall(clock);
}

static int has_trouble(const struct service *service)
{
	for (int reason = 0; reason < REASON_COUNT; reason++)
		if (reasons[reason].trouble && service->by_reason[reason])
			return 1;
	return 0;
}

/* The first workload for which `test` holds, or NULL. */
static const struct workload *workload_where(const struct service *service,
                                             int (*test)(const struct workload *))
{
	for (size_t i = 0; i < service->workloads.len; i++)
		if (test(service->workloads.items[i]))
			return service->workloads.items[i];
	return NULL;
}

static int moves_without_deadline(const struct workload *workload)
{
	return rollout_is_moving(workload) && workload->progressing.status == ' ';
}

/* How old a pod that is not ready may get; 0: the Deployment's own deadline decides. */
static int64_t patience(const struct service *service)
{
	if (!service->rolling)
		return START_MS;
	return workload_where(service, moves_without_deadline) ? UPDATE_MS : 0;
}

/* Whether what is missing is explained by pods on their way up, none of them late. */
static int is_starting(const struct service *service)
{
	if (!service_knows_pods(service))
		return service->rolling;
	if (has_trouble(service))
		return 0;
	if (service->unready_ms == 0)
		return service->rolling || service->pods_ready >= service->desired;
	return patience(service) == 0 || wall_now(service) - service->unready_ms < patience(service);
}

/* " (pod-name: its message)" of the worst pod. */
static void describe_example(const struct service *service, struct text *out)
{
	const struct pod *pod = service_worst_pod(service);
	if (!pod || pod->reason == REASON_NONE)
		return;
	const char *more = pod->message;
	if (!more && strcmp(pod->status, reasons[pod->reason].word) != 0 &&
	    strcmp(pod->status, "Running") != 0)
		more = pod->status;
	if (more && *more)
		text_printf(out, " (%s: %s)", pod->object.name, more);
	else
		text_printf(out, " (%s)", pod->object.name);
}

static void describe_pods(const struct service *service, enum reason reason, struct text *out)
{
	text_printf(out, "%u of %d pods %s", service->by_reason[reason], service->pods, reasons[reason].word);
	describe_example(service, out);
}

static int replicas_are_refused(const struct workload *workload)
{
	return workload->failure.status == 'T';
}

static void describe_refusal(const struct service *service, struct text *out)
{
	const struct workload *workload = workload_where(service, replicas_are_refused);
	if (workload)
		text_printf(out, "pods cannot be created: %s",
		            workload->failure.message ? workload->failure.message : workload->failure.reason);
}

static int down_matches(const struct service *service)
{
	return service->desired > 0 && service->available == 0 && service->ready == 0 &&
	       !is_starting(service);
}

static void down_describe(const struct service *service, struct text *out)
{
	text_printf(out, "none of %d pods available", service->desired);
	if (service->worst != REASON_NONE) {
		text_add(out, ": ");
		describe_pods(service, service->worst, out);
	} else if (workload_where(service, replicas_are_refused)) {
		text_add(out, ": ");
		describe_refusal(service, out);
	} else if (service_knows_pods(service) && service->pods == 0) {
		text_add(out, ": no pod exists");
	}
}

static int failed_matches(const struct service *service)
{
	return service->rollout.phase == ROLLOUT_FAILED;
}

static int has_failed(const struct workload *workload)
{
	return rollout_of(workload).phase == ROLLOUT_FAILED;
}

static void failed_describe(const struct service *service, struct text *out)
{
	/* The row has the name already; what it has room for is why. */
	const struct workload *failed = workload_where(service, has_failed);
	if (failed && failed->argo)
		text_printf(out, "rollout %s", failed->argo->message[0] ? failed->argo->message : "degraded");
	else
		text_add(out, "rollout past its progress deadline");
	if (service->worst != REASON_NONE) {
		text_add(out, "; ");
		describe_pods(service, service->worst, out);
	}
}

static int refused_matches(const struct service *service)
{
	return workload_where(service, replicas_are_refused) != NULL;
}

/* One pair of functions for each reason that is trouble. */
#define TROUBLE(name, which) \
	static int name##_matches(const struct service *service) \
	{ \
		return service->by_reason[which] > 0; \
	} \
	static void name##_describe(const struct service *service, struct text *out) \
	{ \
		describe_pods(service, which, out); \
	}

TROUBLE(crash_loop, REASON_CRASH_LOOP)
TROUBLE(oom_killed, REASON_OOM_KILLED)
TROUBLE(image_pull, REASON_IMAGE_PULL)
TROUBLE(config, REASON_CONFIG)
TROUBLE(evicted, REASON_EVICTED)
TROUBLE(unschedulable, REASON_UNSCHEDULABLE)
TROUBLE(error, REASON_ERROR)

static int cannot_start(const struct workload *workload)
{
	return workload->progressing.status == 'F' && rollout_of(workload).phase == ROLLOUT_PROGRESSING;
}

static int blocked_matches(const struct service *service)
{
	return workload_where(service, cannot_start) != NULL;
}

static void blocked_describe(const struct service *service, struct text *out)
{
	const struct workload *workload = workload_where(service, cannot_start);
	if (!workload)
		return;
	const struct condition *condition = &workload->progressing;
	text_printf(out, "the update cannot start: %s",
	            condition->message ? condition->message : condition->reason);
}

static int short_matches(const struct service *service)
{
	if (service->ready >= service->desired)
		return 0;
	if (is_starting(service))
		return 0;
	return !service->rolling || service->unready_ms != 0;
}

static void short_describe(const struct service *service, struct text *out)
{
	int missing = service->desired - service->ready;
	if (service_knows_pods(service) && service->pods < service->desired &&
	    service->pods == service->pods_ready)
		text_printf(out, "%d of %d pods are missing", service->desired - service->pods,
		            service->desired);
	else
		text_printf(out, "%d of %d pods not ready", missing, service->desired);
	if (service->worst != REASON_NONE)
		describe_example(service, out);
}

static int rolling_matches(const struct service *service)
{
	return service->rolling && service->rollout.phase == ROLLOUT_PROGRESSING;
}

static void rolling_describe(const struct service *service, struct text *out)
{
	text_printf(out, "rolling out: %d of %d pods updated and available", service->rollout.done,
	            service->rollout.total);
}

static int starting_matches(const struct service *service)
{
	return service->ready < service->desired && service->rollout.phase != ROLLOUT_WAITING;
}

static void starting_describe(const struct service *service, struct text *out)
{
	text_printf(out, "%d of %d pods are starting", service->desired - service->ready, service->desired);
}

static int is_paused(const struct workload *workload)
{
	return workload->paused || (workload->argo && rollout_of(workload).phase == ROLLOUT_PAUSED);
}

/* Where an Argo Rollout waits, and for whom. */
static void argo_pause_describe(const struct workload *workload, struct text *out)
{
	const struct argo_rollout *argo = workload->argo;
	text_add(out, "paused");
	if (argo->step >= 0 && argo->step_count)
		text_printf(out, " at step %d of %d", argo->step + 1, argo->step_count);
	if (argo_weight(argo) >= 0)
		text_printf(out, ", weight %d %%", argo_weight(argo));
	if (argo->pause_reason[0])
		text_printf(out, " (%s)", argo->pause_reason);
}

static int paused_matches(const struct service *service)
{
	return workload_where(service, is_paused) != NULL;
}

static void paused_describe(const struct service *service, struct text *out)
{
	const struct workload *workload = workload_where(service, is_paused);
	if (workload && workload->argo)
		argo_pause_describe(workload, out);
	else if (service->rollout.phase == ROLLOUT_PAUSED)
		text_printf(out, "paused with %d of %d pods updated", service->rollout.done,
		            service->rollout.total);
	else
		text_add(out, "paused: no change of it is rolled out");
}

static int is_unobserved(const struct workload *workload)
{
	return rollout_of(workload).phase == ROLLOUT_WAITING;
}

static int unobserved_matches(const struct service *service)
{
	return service->rollout.phase == ROLLOUT_WAITING;
}

static void unobserved_describe(const struct service *service, struct text *out)
{
	const struct workload *workload = workload_where(service, is_unobserved);
	if (workload)
		text_printf(out, "the controller has yet to see generation %lld (it has seen %lld)",
		            (long long)workload->generation, (long long)workload->observed);
}

static int is_left_to_people(const struct workload *workload)
{
	return workload->on_delete && workload->updated < workload->desired;
}

static int on_delete_matches(const struct service *service)
{
	return workload_where(service, is_left_to_people) != NULL;
}

static void on_delete_describe(const struct service *service, struct text *out)
{
	const struct workload *workload = workload_where(service, is_left_to_people);
	if (workload)
		text_printf(out,
		            "OnDelete: %d of %d pods updated; the others are replaced when deleted by hand",
		            workload->updated, workload->desired);
}

static int zero_matches(const struct service *service)
{
	return service->desired == 0;
}

static void zero_describe(const struct service *service, struct text *out)
{
	text_add(out, strcmp(service->kind, "DaemonSet") == 0 ? "no node is to run it" : "scaled to zero");
}

static int ok_matches(const struct service *service)
{
	(void)service;
	return 1;
}

static void ok_describe(const struct service *service, struct text *out)
{
	(void)service;
	text_add(out, "");
}

const struct health_row health_rows[] = {
	{HEALTH_DOWN, "none-available",
	 "Pods are wanted, none is available, and none is on its way up in time.",
	 down_matches, down_describe},
	{HEALTH_DEGRADED, "rollout-failed", "An update ran past its progress deadline.", failed_matches,
	 failed_describe},
	{HEALTH_DEGRADED, "pods-refused", "The API server refuses its pods: a quota, a policy, a webhook.",
	 refused_matches, describe_refusal},
	{HEALTH_DEGRADED, "crash-loop", "A container ends again and again.", crash_loop_matches,
	 crash_loop_describe},
	{HEALTH_DEGRADED, "oom-killed", "A container was killed for its use of memory.", oom_killed_matches,
	 oom_killed_describe},
	{HEALTH_DEGRADED, "image-pull", "An image cannot be pulled.", image_pull_matches,
	 image_pull_describe},
	{HEALTH_DEGRADED, "config", "A container cannot be created from its configuration.", config_matches,
	 config_describe},
	{HEALTH_DEGRADED, "evicted", "A node put a pod out or lost it.", evicted_matches, evicted_describe},
	{HEALTH_DEGRADED, "unschedulable", "No node takes a pod.", unschedulable_matches,
	 unschedulable_describe},
	{HEALTH_DEGRADED, "error", "A container ended with a failure.", error_matches, error_describe},
	{HEALTH_DEGRADED, "update-blocked", "An update cannot start.", blocked_matches, blocked_describe},
	{HEALTH_DEGRADED, "not-ready",
	 "Fewer pods are ready than wanted: no rollout explains it, or it takes over ten minutes.",
	 short_matches,
	 short_describe},
	{HEALTH_PROGRESSING, "rolling", "An update or a change of scale is under way.", rolling_matches,
	 rolling_describe},
	{HEALTH_PROGRESSING, "starting", "Pods less than two minutes old are not ready yet.",
	 starting_matches,
	 starting_describe},
	{HEALTH_PAUSED, "paused", "A Deployment or Rollout is paused: changes of it are not rolled out.", paused_matches,
	 paused_describe},
	{HEALTH_UNKNOWN, "not-observed", "The controller has not seen the latest change yet.",
	 unobserved_matches,
	 unobserved_describe},
	{HEALTH_UNKNOWN, "on-delete", "Pods are replaced only when somebody deletes them, and some are old.",
	 on_delete_matches, on_delete_describe},
	{HEALTH_OK, "scaled-to-zero", "No pod is wanted.", zero_matches, zero_describe},
	{HEALTH_OK, "ok", "All pods that are wanted are ready.", ok_matches, ok_describe},
};

const size_t health_row_count = sizeof(health_rows) / sizeof(health_rows[0]);

/* When the present state, left alone, turns from starting into late. */
static int64_t turning_point(const struct service *service)
{
	int64_t limit = patience(service);
	if (!service_knows_pods(service) || has_trouble(service) || !service->unready_ms || !limit)
		return 0;
	int64_t due = service->unready_ms + limit;
	return due > wall_now(service) ? due : 0;
}

void health_derive(struct service *service)
{
	size_t row = 0;
	while (!health_rows[row].matches(service))
		row++;
	struct text reason = text_in(service->reason, sizeof(service->reason));
	service->health_row = (uint16_t)row;
	service->health = health_rows[row].health;
	health_rows[row].describe(service, &reason);
	service->due_ms = turning_point(service);
}

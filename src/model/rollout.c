/* SPDX-License-Identifier: MIT */
/*
 * Where a rollout stands. The questions, their order and the sentences are those of `kubectl
 * rollout status`, one function per kind: a script that greps kubectl's words may grep ours.
 */
#include "model/rollout.h"

#include <string.h>

#include "model/flux.h"
#include "model/workload.h"

const char *const rollout_phase_words[ROLLOUT_PHASES] = {
	[ROLLOUT_COMPLETE] = "complete",
	[ROLLOUT_PROGRESSING] = "progressing",
	[ROLLOUT_WAITING] = "waiting",
	[ROLLOUT_PAUSED] = "paused",
	[ROLLOUT_FAILED] = "failed",
	[ROLLOUT_UNKNOWN] = "unknown",
};

static enum rollout_phase deployment_judge(const struct workload *w, struct text *out)
{
	if (w->generation > w->observed) {
		text_add(out, "Waiting for deployment spec update to be observed...");
		return ROLLOUT_WAITING;
	}
	if (w->progressing.status != ' ' && strcmp(w->progressing.reason, "ProgressDeadlineExceeded") == 0) {
		text_printf(out, "deployment \"%s\" exceeded its progress deadline", w->object.name);
		return ROLLOUT_FAILED;
	}
	enum rollout_phase going = w->paused ? ROLLOUT_PAUSED : ROLLOUT_PROGRESSING;
	if (w->updated < w->desired) {
		text_printf(out,
		            "Waiting for deployment \"%s\" rollout to finish: "
		            "%d out of %d new replicas have been updated...",
		            w->object.name, w->updated, w->desired);
		return going;
	}
	if (w->replicas > w->updated) {
		text_printf(out,
		            "Waiting for deployment \"%s\" rollout to finish: "
		            "%d old replicas are pending termination...",
		            w->object.name, w->replicas - w->updated);
		return going;
	}
	if (w->available < w->updated) {
		text_printf(out,
		            "Waiting for deployment \"%s\" rollout to finish: "
		            "%d of %d updated replicas are available...",
		            w->object.name, w->available, w->updated);
		return going;
	}
	text_printf(out, "deployment \"%s\" successfully rolled out", w->object.name);
	return ROLLOUT_COMPLETE;
}

static enum rollout_phase refuse(struct text *out)
{
	text_add(out, "rollout status is only available for RollingUpdate strategy type");
	return ROLLOUT_UNKNOWN;
}

static enum rollout_phase daemonset_judge(const struct workload *w, struct text *out)
{
	if (w->on_delete)
		return refuse(out);
	if (w->generation > w->observed) {
		text_add(out, "Waiting for daemon set spec update to be observed...");
		return ROLLOUT_WAITING;
	}
	if (w->updated < w->desired) {
		text_printf(out,
		            "Waiting for daemon set \"%s\" rollout to finish: "
		            "%d out of %d new pods have been updated...",
		            w->object.name, w->updated, w->desired);
		return ROLLOUT_PROGRESSING;
	}
	if (w->available < w->desired) {
		text_printf(out,
		            "Waiting for daemon set \"%s\" rollout to finish: "
		            "%d of %d updated pods are available...",
		            w->object.name, w->available, w->desired);
		return ROLLOUT_PROGRESSING;
	}
	text_printf(out, "daemon set \"%s\" successfully rolled out", w->object.name);
	return ROLLOUT_COMPLETE;
}

static enum rollout_phase statefulset_judge(const struct workload *w, struct text *out)
{
	if (w->on_delete)
		return refuse(out);
	if (w->observed == 0 || w->generation > w->observed) {
		text_add(out, "Waiting for statefulset spec update to be observed...");
		return ROLLOUT_WAITING;
	}
	if (w->ready < w->desired) {
		text_printf(out, "Waiting for %d pods to be ready...", w->desired - w->ready);
		return ROLLOUT_PROGRESSING;
	}
	if (w->has_partition) {
		if (w->updated < w->desired - w->partition) {
			text_printf(out,
			            "Waiting for partitioned roll out to finish: "
			            "%d out of %d new pods have been updated...",
			            w->updated, w->desired - w->partition);
			return ROLLOUT_PROGRESSING;
		}
		text_printf(out, "partitioned roll out complete: %d new pods have been updated...",
		            w->updated);
		return ROLLOUT_COMPLETE;
	}
	if (strcmp(w->revision, w->current_revision) != 0) {
		text_printf(out,
		            "waiting for statefulset rolling update to complete %d pods at revision %s...",
		            w->updated, w->revision);
		return ROLLOUT_PROGRESSING;
	}
	text_printf(out, "statefulset rolling update complete %d pods at revision %s...", w->current,
	            w->current_revision);
	return ROLLOUT_COMPLETE;
}

/* Argo's own word, as `kubectl argo rollouts status` reads it, while it speaks of this spec. */
static enum rollout_phase argo_judge(const struct workload *w, struct text *out)
{
	static const struct {
		const char *word;
		enum rollout_phase phase;
	} words[] = {{"Healthy", ROLLOUT_COMPLETE}, {"Progressing", ROLLOUT_PROGRESSING}, {"Paused", ROLLOUT_PAUSED},
		{"Degraded", ROLLOUT_FAILED}};
	if (!argo_is_observed(w)) {
		text_add(out, "Waiting for rollout spec update to be observed");
		return ROLLOUT_WAITING;
	}
	const struct argo_rollout *argo = w->argo;
	text_printf(out, "%s%s%s", argo->phase, argo->message[0] ? " - " : "", argo->message);
	if (argo->aborted)
		return ROLLOUT_FAILED;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(argo->phase, words[i].word) == 0)
			return words[i].phase;
	return ROLLOUT_PROGRESSING;
}

static enum rollout_phase judge(const struct workload *workload, struct text *out)
{
	switch (workload->object.kind) {
	case OBJECT_STATEFULSET:
		return statefulset_judge(workload, out);
	case OBJECT_DAEMONSET:
		return daemonset_judge(workload, out);
	case OBJECT_ROLLOUT:
		return argo_judge(workload, out);
	default:
		return deployment_judge(workload, out);
	}
}

struct rollout rollout_of(const struct workload *workload)
{
	char room[1] = "";
	struct text nowhere = text_in(room, sizeof(room));
	struct rollout rollout = {.phase = judge(workload, &nowhere), .total = workload->desired};
	int up = workload->available;
	if (workload->object.kind == OBJECT_STATEFULSET) {
		up = workload->ready;
		if (workload->has_partition)
			rollout.total -= workload->partition;
	}
	if (rollout.total < 0)
		rollout.total = 0;
	/* The status does not say which pods are available; old ones are taken to be. */
	int old = workload->replicas - workload->updated;
	int done = up - (old > 0 ? old : 0);
	int most = workload->updated < rollout.total ? workload->updated : rollout.total;
	rollout.done = done < 0 ? 0 : done > most ? most : done;
	return rollout;
}

void rollout_describe(const struct workload *workload, struct text *out)
{
	judge(workload, out);
}

int rollout_is_moving(const struct workload *workload)
{
	enum rollout_phase phase = rollout_of(workload).phase;
	if (phase != ROLLOUT_PROGRESSING)
		return phase == ROLLOUT_WAITING;
	int behind = workload->updated < workload->desired;
	switch (workload->object.kind) {
	case OBJECT_STATEFULSET:
		return workload->replicas < workload->desired ||
		       workload->updated < workload->desired - workload->partition ||
		       (!workload->has_partition &&
		        strcmp(workload->revision, workload->current_revision) != 0);
	case OBJECT_DAEMONSET:
		return behind;
	case OBJECT_ROLLOUT:
		return 1;
	default:
		if (workload->progressing.status == 'F')
			return 0;
		return behind || workload->replicas > workload->updated ||
		       strcmp(workload->progressing.reason, "NewReplicaSetAvailable") != 0;
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * Suspend and resume of what Flux and its kin reconcile. Suspending says why and until when, in
 * annotations that everybody sees; resuming takes them away again.
 */
#include <string.h>

#include "base/clock.h"
#include "base/when.h"
#include "op_state.h"

#define SUSPEND_KINDS \
	(KINDS_FLUX | KIND_BIT(OBJECT_CANARY) | KIND_BIT(OBJECT_CRONJOB) | KIND_BIT(OBJECT_SCALEDOBJECT) | \
	 KIND_BIT(OBJECT_ALERT) | KIND_BIT(OBJECT_PROVIDER))

static const char keda_paused[] = "autoscaling.keda.sh/paused";
static const char keda_replicas[] = "autoscaling.keda.sh/paused-replicas";
static const char flux_reconcile[] = "kustomize.toolkit.fluxcd.io/reconcile";

static const char *annotation(const cJSON *object, const char *name)
{
	const cJSON *value = json_get(json_at(object, "metadata/annotations"), name);

	return cJSON_IsString(value) ? value->valuestring : "";
}

static int is_suspended(const struct op *op, const cJSON *object)
{
	/* Held one by one, whatever applies it: what lets go takes that away too. */
	if (strcmp(annotation(object, flux_reconcile), "disabled") == 0)
		return 1;
	if (op->request.kind != OBJECT_SCALEDOBJECT)
		return json_bool(object, "spec/suspend", 0);
	/* KEDA: "true", and any number of replicas that it is to stay at. */
	return strcmp(annotation(object, keda_paused), "true") == 0 || *annotation(object, keda_replicas);
}

static cJSON *suspend_body(const struct op *op, int suspend)
{
	cJSON *body = cJSON_CreateObject(), *annotations = op_held_annotations(op, suspend);

	cJSON_AddItemToObject(cJSON_AddObjectToObject(body, "metadata"), "annotations", annotations);
	if (!suspend && *annotation(op->live, flux_reconcile))
		cJSON_AddNullToObject(annotations, flux_reconcile);
	if (op->request.kind != OBJECT_SCALEDOBJECT) {
		cJSON_AddBoolToObject(cJSON_AddObjectToObject(body, "spec"), "suspend", suspend);
	} else if (suspend) {
		cJSON_AddStringToObject(annotations, keda_paused, "true");
	} else {
		cJSON_AddNullToObject(annotations, keda_paused);
		cJSON_AddNullToObject(annotations, keda_replicas);
	}
	return body;
}

/* A controller does not look at what is suspended, so it never says that it has seen it. */
static enum op_verdict judge_suspended(const struct op *op, const struct op_step *step, const cJSON *object,
                                       struct text *words)
{
	(void)step;
	if (object && is_suspended(op, object))
		return OP_HAPPENED;
	text_add(words, object ? "not suspended yet" : "the object is gone");
	return OP_WAITING;
}

/* Resumed is resumed, however it then goes; how it goes is said. */
static enum op_verdict judge_resumed(const struct op *op, const struct op_step *step, const cJSON *object,
                                     struct text *words)
{
	const char *reason, *message, *ready = condition_read(object, "Ready", &reason, &message);

	if (!object || is_suspended(op, object)) {
		text_add(words, object ? "still suspended" : "the object is gone");
		return OP_WAITING;
	}
	if (!generation_is_observed(object, step->generation) || strcmp(ready, "Unknown") == 0) {
		text_add(words, "written; its controller is at it");
		return OP_WAITING;
	}
	if (*ready) {
		words_add(words, strcmp(ready, "True") == 0 ? "ready" : "resumed, but not ready");
		text_add(words, *message ? ": " : "");
		words_add(words, message);
	}
	return OP_HAPPENED;
}

/* "by Ann since 2026-11-24 06:04: bad chart" of what is held already. */
static void held_words(const struct op *op, struct text *out)
{
	const char *by = annotation(op->live, ANNOTATION_HELD_BY), *why = annotation(op->live, ANNOTATION_HELD_WHY);
	int64_t since;
	char when[32];

	if (*by) {
		text_add(out, " by ");
		words_add(out, by);
	}
	if (stamp_parse(annotation(op->live, ANNOTATION_HELD_SINCE), &since) == 0) {
		when_format(since, when);
		text_printf(out, " since %s", when);
	}
	if (*why) {
		text_add(out, ": ");
		words_add(out, why);
	}
}

static int suspend_plan(struct op *op, struct err *err)
{
	char words[400], until[32];
	struct text text = text_in(words, sizeof(words));

	if (is_suspended(op, op->live)) {
		held_words(op, &text);
		return err_set(err, "it is suspended already%s", words);
	}
	op_step_self(op, WRITE_MERGE, suspend_body(op, 1))->judge = judge_suspended;
	switch (op->request.kind) {
	case OBJECT_KUSTOMIZATION:
	case OBJECT_HELMRELEASE:
		op_effect_add(op, "Nothing of it is applied, put back or deleted until it is resumed. What runs goes on; it will "
		                  "still be called ready.");
		break;
	case OBJECT_CANARY: op_effect_add(op, "Flagger leaves it as it is; new revisions of its target wait."); break;
	case OBJECT_CRONJOB: op_effect_add(op, "No new job is started until it is resumed; jobs that run go on."); break;
	case OBJECT_SCALEDOBJECT: op_effect_add(op, "KEDA leaves the number of replicas as it is."); break;
	default: op_effect_add(op, "Nothing new is fetched or acted on until it is resumed."); break;
	}
	if (op->request.until_ms) {
		when_format(op->request.until_ms, until);
		op_effect_add(op, "Until %s: everybody is reminded then. It is not resumed by itself.", until);
	}
	return 0;
}

static int unsuspend_plan(struct op *op, struct err *err)
{
	char words[400] = "";
	struct text text = text_in(words, sizeof(words));

	if (!is_suspended(op, op->live))
		return err_set(err, "it is not suspended");
	op_step_self(op, WRITE_MERGE, suspend_body(op, 0))->judge = judge_resumed;
	held_words(op, &text);
	op_effect_add(op, "It was suspended%s.", *words ? words : "; by whom and why is not written on it");
	op_effect_add(op, "Its controller acts on it at once: what changed in Git meanwhile comes now.");
	return 0;
}

const struct verb_row op_suspend = {
	.name = "flux.suspend",
	.word = "suspend",
	.help = "Stop reconciliation, saying why and until when",
	.kinds = SUSPEND_KINDS,
	.asks = ASKS_REASON | ASKS_UNTIL,
	.timeout = 30,
	.plan = suspend_plan,
	.field = "f:spec f:suspend",
};

const struct verb_row op_unsuspend = {
	.name = "flux.resume",
	.word = "resume",
	.help = "Let reconciliation go on",
	.kinds = SUSPEND_KINDS,
	.timeout = 300,
	.plan = unsuspend_plan,
	.field = "f:spec f:suspend",
};

/* SPDX-License-Identifier: MIT */
/*
 * What an Argo Rollout can be told beside pause and resume: promote, promote in full, abort, retry.
 * They are fields of its status, which the controller reads as wishes; the patches are those of the
 * kubectl plugin. Flagger has nothing of the kind: its Canary waits for webhooks, and that is said.
 */
#include <string.h>

#include "op_state.h"

#define ARGO_KINDS (KIND_BIT(OBJECT_ROLLOUT) | KIND_BIT(OBJECT_CANARY))

/* Flagger's way, in words, for who asks it of a Canary. */
static int refuse_canary(const struct op *op, struct err *err)
{
	const cJSON *hook;
	char gates[200] = "";
	struct text text = text_in(gates, sizeof(gates));

	cJSON_ArrayForEach(hook, json_at(op->live, "spec/analysis/webhooks"))
	{
		const char *type = json_string(hook, "type");
		if (!type || (strncmp(type, "confirm-", 8) != 0 && strcmp(type, "rollback") != 0))
			continue;
		text_add(&text, text.len ? ", " : "");
		words_add(&text, type);
	}
	return err_set(err, "Flagger takes no orders through the API: it promotes or rolls back by its analysis, or when a "
	               "webhook says so (this Canary has %s). It can be suspended (flux suspend), and setting the target back "
	               "(rollout undo) begins a new analysis", *gates ? gates : "none that ask somebody");
}

static int is_at_rest(const struct op *op)
{
	const char *current = json_string(op->live, "status/currentPodHash"), *stable = json_string(op->live, "status/stableRS");

	return current && stable && strcmp(current, stable) == 0;
}

static int step_total(const cJSON *object)
{
	return cJSON_GetArraySize(json_at(object, "spec/strategy/canary/steps"));
}

static void status_step(struct op *op, cJSON *status, enum op_verdict (*judge)(const struct op *, const struct op_step *,
                                                                               const cJSON *, struct text *))
{
	cJSON *body = cJSON_CreateObject();
	struct op_step *step;

	cJSON_AddItemToObject(body, "status", status);
	step = op_step_self(op, WRITE_MERGE, body);
	step->subresource = "status";
	step->judge = judge;
}

static void say_place(const cJSON *object, struct text *words)
{
	const char *phase = json_string(object, "status/phase"), *message = json_string(object, "status/message");
	int total = step_total(object);

	words_add(words, phase ? phase : "no phase yet");
	if (total > 0)
		text_printf(words, ", step %lld of %d", (long long)json_int(object, "status/currentStepIndex", 0), total);
	if (message && *message) {
		text_add(words, ": ");
		words_add(words, message);
	}
}

static int is_stable(const cJSON *object)
{
	const char *current = json_string(object, "status/currentPodHash"), *stable = json_string(object, "status/stableRS");

	return current && stable && strcmp(current, stable) == 0;
}

/* It moved on from where it was, or has come to its end. */
static enum op_verdict judge_promoted(const struct op *op, const struct op_step *step, const cJSON *object,
                                      struct text *words)
{
	int64_t before = json_int(op->live, "status/currentStepIndex", 0);

	(void)step;
	if (!object) {
		text_add(words, "the object is gone");
		return OP_WENT_WRONG;
	}
	say_place(object, words);
	if (json_bool(object, "status/abort", 0))
		return OP_WENT_WRONG;
	return is_stable(object) || json_int(object, "status/currentStepIndex", 0) > before ||
	       (!json_at(object, "status/pauseConditions") && !json_bool(object, "spec/paused", 0) && step_total(object) == 0)
	           ? OP_HAPPENED : OP_WAITING;
}

static enum op_verdict judge_full(const struct op *op, const struct op_step *step, const cJSON *object, struct text *words)
{
	(void)op, (void)step;
	if (!object) {
		text_add(words, "the object is gone");
		return OP_WENT_WRONG;
	}
	say_place(object, words);
	return is_stable(object) ? OP_HAPPENED : OP_WAITING;
}

static enum op_verdict judge_aborted(const struct op *op, const struct op_step *step, const cJSON *object,
                                     struct text *words)
{
	const char *phase = json_string(object, "status/phase");

	(void)op, (void)step;
	if (object)
		say_place(object, words);
	return object && json_bool(object, "status/abort", 0) && phase && strcmp(phase, "Degraded") == 0 ? OP_HAPPENED
	                                                                                                  : OP_WAITING;
}

static enum op_verdict judge_retried(const struct op *op, const struct op_step *step, const cJSON *object,
                                     struct text *words)
{
	const char *phase = json_string(object, "status/phase");

	(void)op, (void)step;
	if (object)
		say_place(object, words);
	return object && !json_bool(object, "status/abort", 0) && phase && strcmp(phase, "Degraded") != 0 ? OP_HAPPENED
	                                                                                                   : OP_WAITING;
}

static int promote_plan(struct op *op, struct err *err)
{
	int64_t step = json_int(op->live, "status/currentStepIndex", 0);
	int total = step_total(op->live), waits = json_at(op->live, "status/pauseConditions") != NULL;
	int paused = json_bool(op->live, "spec/paused", 0);
	cJSON *status;

	if (op->request.kind == OBJECT_CANARY)
		return refuse_canary(op, err);
	if (json_bool(op->live, "status/abort", 0))
		return err_set(err, "it was aborted: retry it first");
	if (is_at_rest(op) && !waits && !paused)
		return err_set(err, "there is nothing to promote: the present revision is the stable one");
	if (paused) {
		cJSON *body = cJSON_CreateObject();
		cJSON_AddBoolToObject(cJSON_AddObjectToObject(body, "spec"), "paused", 0);
		op_step_self(op, WRITE_MERGE, body);
	}
	status = cJSON_CreateObject();
	cJSON_AddNullToObject(status, "pauseConditions");
	/* Where nothing waits, the present step is left out. */
	if (!waits && !paused && step < total)
		cJSON_AddNumberToObject(status, "currentStepIndex", (double)(step + 1));
	status_step(op, status, judge_promoted);
	if (total > 0)
		op_effect_add(op, "It goes on from step %lld of %d%s.", (long long)step, total,
		              waits || paused ? "" : ", which is left out");
	else
		op_effect_add(op, "The new revision takes over.");
	return 0;
}

static int full_plan(struct op *op, struct err *err)
{
	cJSON *status;

	if (op->request.kind == OBJECT_CANARY)
		return refuse_canary(op, err);
	if (is_at_rest(op))
		return err_set(err, "there is nothing to promote: the present revision is the stable one");
	status = cJSON_CreateObject();
	cJSON_AddBoolToObject(status, "promoteFull", 1);
	status_step(op, status, judge_full);
	op_effect_add(op, "The new revision takes over at once: steps, pauses and analysis that are left are skipped.");
	return 0;
}

static int abort_plan(struct op *op, struct err *err)
{
	cJSON *status;

	if (op->request.kind == OBJECT_CANARY)
		return refuse_canary(op, err);
	if (json_bool(op->live, "status/abort", 0))
		return err_set(err, "it is aborted already");
	if (is_at_rest(op))
		return err_set(err, "there is nothing to abort: the present revision is the stable one");
	status = cJSON_CreateObject();
	cJSON_AddBoolToObject(status, "abort", 1);
	status_step(op, status, judge_aborted);
	op_effect_add(op, "Traffic goes back to the stable revision. The template stays as it is: Git still has the new "
	                  "revision, and so has the Rollout until it is retried or changed.");
	return 0;
}

static int retry_plan(struct op *op, struct err *err)
{
	cJSON *status;

	if (op->request.kind == OBJECT_CANARY)
		return refuse_canary(op, err);
	if (!json_bool(op->live, "status/abort", 0))
		return err_set(err, "it is not aborted");
	status = cJSON_CreateObject();
	cJSON_AddBoolToObject(status, "abort", 0);
	status_step(op, status, judge_retried);
	op_effect_add(op, "The new revision is rolled out again from its first step.");
	return 0;
}

#define ARGO_VERB(variable, verb_name, verb_word, verb_help, seconds, verb_plan) \
	const struct verb_row variable = { \
		.name = verb_name, .word = verb_word, .help = verb_help, .kinds = ARGO_KINDS, .asks = ASKS_REASON, \
		.timeout = seconds, .plan = verb_plan, \
	}

ARGO_VERB(op_promote, "rollout.promote", "promote", "Go on from where it waits", 60, promote_plan);
ARGO_VERB(op_promote_full, "rollout.promote-full", "promote in full", "Skip the steps and analysis that are left", 300,
          full_plan);
ARGO_VERB(op_abort, "rollout.abort", "abort", "Send traffic back to the stable revision", 60, abort_plan);
ARGO_VERB(op_retry, "rollout.retry", "retry", "Roll an aborted revision out again", 60, retry_plan);

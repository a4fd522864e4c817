/* SPDX-License-Identifier: MIT */
/* Pause and resume of a Deployment's or an Argo Rollout's rollout, with who, why and until when. */
#include "op_state.h"

static cJSON *pause_body(const struct op *op, int paused)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddItemToObject(cJSON_AddObjectToObject(body, "metadata"), "annotations", op_held_annotations(op, paused));
	cJSON_AddBoolToObject(cJSON_AddObjectToObject(body, "spec"), "paused", paused);
	return body;
}

/* Paused as the API server leaves it: spec.paused is false or not there, which is the same. */
static enum op_verdict judge_resumed(const struct op *op, const struct op_step *step, const cJSON *object,
                                     struct text *words)
{
	(void)op;
	if (!object || json_bool(object, "spec/paused", 0)) {
		text_add(words, object ? "still paused" : "the object is gone");
		return OP_WAITING;
	}
	if (!generation_is_observed(object, step->generation)) {
		text_add(words, "written; the controller has not seen it yet");
		return OP_WAITING;
	}
	return OP_HAPPENED;
}

static int pause_plan(struct op *op, struct err *err)
{
	if (json_bool(op->live, "spec/paused", 0))
		return err_set(err, "it is paused already");
	op_step_self(op, WRITE_MERGE, pause_body(op, 1));
	op_effect_add(op, "Changes of its template wait until it is resumed. Pods that run go on, and scaling works.");
	return 0;
}

static int resume_plan(struct op *op, struct err *err)
{
	if (!json_bool(op->live, "spec/paused", 0)) {
		const char *phase = json_string(op->live, "status/phase");
		if (op->request.kind == OBJECT_ROLLOUT && json_at(op->live, "status/pauseConditions"))
			return err_set(err, "nobody paused it: it waits at a step of its own (%.40s), which promote ends",
			               phase ? phase : "Paused");
		return err_set(err, "it is not paused");
	}
	op_step_self(op, WRITE_MERGE, pause_body(op, 0))->judge = judge_resumed;
	op_effect_add(op, "Changes of its template that waited are rolled out now.");
	return 0;
}

const struct verb_row op_pause = {
	.name = "rollout.pause",
	.word = "pause",
	.help = "Let changes of its template wait",
	.kinds = KIND_BIT(OBJECT_DEPLOYMENT) | KIND_BIT(OBJECT_ROLLOUT),
	.asks = ASKS_REASON | ASKS_UNTIL,
	.timeout = 30,
	.plan = pause_plan,
	.field = "f:spec f:paused",
};

const struct verb_row op_resume = {
	.name = "rollout.resume",
	.word = "resume",
	.help = "Roll out what waited while it was paused",
	.kinds = KIND_BIT(OBJECT_DEPLOYMENT) | KIND_BIT(OBJECT_ROLLOUT),
	.timeout = 30,
	.plan = resume_plan,
	.field = "f:spec f:paused",
};

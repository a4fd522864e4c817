/* SPDX-License-Identifier: MIT */
/* Scale: replicas by the scale subresource, unless an autoscaler would put them back at once. */
#include <string.h>

#include "base/text.h"
#include "op_state.h"

static int scale_also(const struct op *op, size_t n, char *path, size_t size)
{
	struct text text = text_in(path, size);

	if (n > 0)
		return 0;
	text_add(&text, "/apis/autoscaling/v2/namespaces/");
	text_add_escaped(&text, op->request.namespace);
	text_add(&text, "/horizontalpodautoscalers?limit=500");
	return 1;
}

static const cJSON *autoscaler_of(const struct op *op)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_get(op->also[0], "items"))
	{
		const char *kind = json_string(item, "spec/scaleTargetRef/kind"), *name = json_string(item, "spec/scaleTargetRef/name");
		if (kind && name && strcmp(kind, kind_rows[op->request.kind].word) == 0 && strcmp(name, op->request.name) == 0)
			return item;
	}
	return NULL;
}

static enum op_verdict judge_scaled(const struct op *op, const struct op_step *step, const cJSON *object,
                                    struct text *words)
{
	int ready = (int)json_int(object, "status/readyReplicas", 0);

	if (!object || json_int(object, "spec/replicas", -1) != op->request.replicas ||
	    !generation_is_observed(object, step->generation)) {
		text_add(words, "written; the controller has not seen it yet");
		return OP_WAITING;
	}
	text_printf(words, "%d wanted, %d ready", op->request.replicas, ready);
	return OP_HAPPENED;
}

static int scale_plan(struct op *op, struct err *err)
{
	int now = (int)json_int(op->live, "spec/replicas", 1), wanted = op->request.replicas;
	const cJSON *autoscaler = autoscaler_of(op);
	cJSON *body;

	if (wanted < 0)
		return err_set(err, "how many? A number of replicas from 0 up");
	/* At 0 an HPA rests, and wakes when somebody scales up: that is no fight. */
	if (autoscaler && now > 0 && wanted > 0) {
		char name[200];
		struct text text = text_in(name, sizeof(name));
		words_add(&text, json_string(autoscaler, "metadata/name") ? json_string(autoscaler, "metadata/name") : "?");
		return err_set(err, "the HorizontalPodAutoscaler %s keeps it between %lld and %lld and would put it back within "
		               "seconds: change its bounds instead", name, (long long)json_int(autoscaler, "spec/minReplicas", 1),
		               (long long)json_int(autoscaler, "spec/maxReplicas", 0));
	}
	if (now == wanted)
		return err_set(err, "it has %d replicas already", now);
	body = cJSON_CreateObject();
	cJSON_AddNumberToObject(cJSON_AddObjectToObject(body, "spec"), "replicas", wanted);
	struct op_step *step = op_step_self(op, WRITE_MERGE, body);
	step->subresource = "scale";
	step->judge = judge_scaled;
	op_effect_add(op, "From %d to %d replicas.", now, wanted);
	if (wanted == 0)
		op_effect_add(op, "Nothing of it runs any more.%s", autoscaler ? " Its HorizontalPodAutoscaler rests meanwhile." : "");
	if (!op->also[0])
		op_effect_add(op, "Whether an autoscaler has it is not known: HorizontalPodAutoscalers cannot be read.");
	return 0;
}

const struct verb_row op_scale = {
	.name = "rollout.scale",
	.word = "scale",
	.help = "Set the number of replicas",
	.kinds = KIND_BIT(OBJECT_DEPLOYMENT) | KIND_BIT(OBJECT_STATEFULSET) | KIND_BIT(OBJECT_ROLLOUT),
	.asks = ASKS_REASON | ASKS_REPLICAS,
	.timeout = 30,
	.also = scale_also,
	.plan = scale_plan,
	.field = "f:spec f:replicas",
};

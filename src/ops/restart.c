/* SPDX-License-Identifier: MIT */
/* Restart: a new annotation in the pod template, as `kubectl rollout restart` does it. */
#include <string.h>

#include "op_state.h"

/* "25%" or 1, as the object has it. */
static void amount(const cJSON *value, const char *fallback, struct text *out)
{
	if (cJSON_IsString(value))
		words_add(out, value->valuestring);
	else if (cJSON_IsNumber(value))
		text_printf(out, "%d", value->valueint);
	else
		text_add(out, fallback);
}

/* "All 3 pods" or "Its pod", with the verb that goes with it. */
static void all_pods(int replicas, const char *verb, const char *verb_of_one, struct text *out)
{
	if (replicas == 1)
		text_printf(out, "Its pod %s", verb_of_one);
	else
		text_printf(out, "All %d pods %s", replicas, verb);
}

static void describe_deployment(struct op *op, int replicas)
{
	const char *type = json_string(op->live, "spec/strategy/type");
	char fewer[24], more[24], all[48];
	struct text all_text = text_in(all, sizeof(all));
	struct text fewer_text = text_in(fewer, sizeof(fewer)), more_text = text_in(more, sizeof(more));

	if (type && strcmp(type, "Recreate") == 0) {
		all_pods(replicas, "end", "ends", &all_text);
		op_effect_add(op, "%s before a new one begins (strategy Recreate): it is down meanwhile.", all);
		return;
	}
	amount(json_at(op->live, "spec/strategy/rollingUpdate/maxUnavailable"), "25%", &fewer_text);
	amount(json_at(op->live, "spec/strategy/rollingUpdate/maxSurge"), "25%", &more_text);
	all_pods(replicas, "are replaced", "is replaced", &all_text);
	op_effect_add(op, "%s, at most %s missing and %s more at a time.", all, fewer, more);
}

static int restart_plan(struct op *op, struct err *err)
{
	cJSON *body = cJSON_CreateObject();
	int replicas = (int)json_int(op->live, "spec/replicas", 1);
	const char *strategy = json_string(op->live, "spec/updateStrategy/type");

	if (op->request.kind == OBJECT_ROLLOUT) {
		cJSON_AddStringToObject(cJSON_AddObjectToObject(body, "spec"), "restartAt", op->token);
		op_step_self(op, WRITE_MERGE, body);
		op_effect_add(op, "All pods are replaced by new ones of the same revision, without steps or analysis.");
		return 0;
	}
	cJSON_AddStringToObject(
		cJSON_AddObjectToObject(
			cJSON_AddObjectToObject(cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "spec"), "template"), "metadata"),
			"annotations"),
		"kubectl.kubernetes.io/restartedAt", op->token);
	if (json_bool(op->live, "spec/paused", 0)) {
		cJSON_Delete(body);
		return err_set(err, "its rollout is paused, so nothing would be restarted: resume it first");
	}
	op_step_self(op, WRITE_MERGE, body);
	if (op->request.kind == OBJECT_DEPLOYMENT)
		describe_deployment(op, replicas);
	else if (strategy && strcmp(strategy, "OnDelete") == 0)
		op_effect_add(op, "Its update strategy is OnDelete: a pod is replaced only when somebody deletes it.");
	else if (op->request.kind == OBJECT_STATEFULSET)
		op_effect_add(op, "Its %d pods are replaced one after the other, the last first.", replicas);
	else
		op_effect_add(op, "Its pods are replaced node by node.");
	return 0;
}

const struct verb_row op_restart = {
	.name = "rollout.restart",
	.word = "restart",
	.help = "Replace all pods by new ones of the same revision",
	.kinds = KINDS_APPS | KIND_BIT(OBJECT_ROLLOUT),
	.asks = ASKS_REASON,
	.timeout = 30,
	.plan = restart_plan,
	.field = "f:spec f:template f:metadata f:annotations f:kubectl.kubernetes.io/restartedAt",
};

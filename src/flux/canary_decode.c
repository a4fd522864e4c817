/* SPDX-License-Identifier: MIT */
/* Flagger's Canary. What was once spec.canaryAnalysis is spec.analysis now. */
#include <string.h>

#include "base/json.h"
#include "flux/decode.h"

/* "5,10,50" of numbers. */
static const char *steps_of(const struct decode *decode, const cJSON *list)
{
	char room[256];
	struct text text = text_in(room, sizeof(room));
	const cJSON *item;
	cJSON_ArrayForEach(item, list)
		if (cJSON_IsNumber(item))
			text_printf(&text, "%s%d", text.len ? "," : "", item->valueint);
	return decode_intern(decode, room);
}

/* Webhooks that keep a canary where it is until they say yes. */
static const char *gates_of(const struct decode *decode, const cJSON *list)
{
	char room[256];
	struct text text = text_in(room, sizeof(room));
	const cJSON *item;
	cJSON_ArrayForEach(item, list)
	{
		const char *type = json_string(item, "type");
		if (type && strncmp(type, "confirm-", 8) == 0 && !strstr(room, type))
			text_printf(&text, "%s%s", text.len ? "," : "", type);
	}
	return decode_intern(decode, room);
}

static void decode_analysis(const struct decode *decode, const cJSON *json, struct canary *canary)
{
	const cJSON *analysis = json_at(json, "spec/analysis");
	char names[512];
	if (!analysis)
		analysis = json_at(json, "spec/canaryAnalysis");
	canary->check_ms = decode_duration(analysis, "interval");
	canary->threshold = decode_count(analysis, "threshold", 0);
	canary->max_weight = decode_count(analysis, "maxWeight", 0);
	canary->step_weight = decode_count(analysis, "stepWeight", 0);
	canary->step_iterations = decode_count(analysis, "iterations", 0);
	canary->step_count = (uint16_t)decode_length(json_get(analysis, "stepWeights"), 1000);
	canary->steps = steps_of(decode, json_get(analysis, "stepWeights"));
	canary->metrics = decode_joined(decode, json_get(analysis, "metrics"), "name", names, sizeof(names));
	canary->gates = gates_of(decode, json_get(analysis, "webhooks"));
}

struct object *canary_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct canary *canary = decode_resource(decode, json, OBJECT_CANARY, sizeof(*canary), err);
	if (!canary)
		return NULL;
	const char *namespace = canary->resource.object.namespace;
	decode_ref(decode, json_at(json, "spec/targetRef"), "Deployment", namespace, &canary->target);
	decode_ref(decode, json_at(json, "spec/autoscalerRef"), "HorizontalPodAutoscaler", namespace, &canary->autoscaler);
	decode_analysis(decode, json, canary);
	canary->skip_analysis = json_bool(json, "spec/skipAnalysis", 0) != 0;
	canary->phase = decode_word(decode, json, "status/phase");
	canary->weight = decode_count(json, "status/canaryWeight", 0);
	canary->iterations = decode_count(json, "status/iterations", 0);
	canary->failed_checks = decode_count(json, "status/failedChecks", 0);
	canary->applied_spec = decode_word(decode, json, "status/lastAppliedSpec");
	canary->promoted_spec = decode_word(decode, json, "status/lastPromotedSpec");
	canary->moved_ms = json_stamp(json, "status/lastTransitionTime");
	return &canary->resource.object;
}

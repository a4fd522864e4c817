/* SPDX-License-Identifier: MIT */
/* Argo's Rollouts, which are workloads, and the AnalysisRuns that judge them. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "flux/decode.h"
#include "model/workload.h"

enum { STEPS_MAX = 256, METRICS_MAX = 64 };

/* Seconds of a pause: a number, or text with a unit; -1 when it waits for somebody. */
static int pause_seconds(const cJSON *pause)
{
	const char *text = json_string(pause, "duration");
	if (!json_get(pause, "duration"))
		return -1;
	int64_t ms = text ? decode_duration(pause, "duration") : 0;
	return ms ? (int)(ms / 1000) : decode_number(pause, "duration", 0);
}

static struct argo_step step_of(const cJSON *item)
{
	if (json_get(item, "setWeight"))
		return (struct argo_step){ARGO_STEP_WEIGHT, decode_count(item, "setWeight", 0)};
	if (cJSON_GetObjectItemCaseSensitive(item, "pause"))
		return (struct argo_step){ARGO_STEP_PAUSE, pause_seconds(json_get(item, "pause"))};
	if (json_get(item, "analysis"))
		return (struct argo_step){ARGO_STEP_ANALYSIS, 0};
	if (json_get(item, "experiment"))
		return (struct argo_step){ARGO_STEP_EXPERIMENT, 0};
	return (struct argo_step){ARGO_STEP_OTHER, 0};
}

static void decode_steps(const cJSON *json, struct argo_rollout *argo)
{
	const cJSON *list = json_at(json, "spec/strategy/canary/steps"), *item;
	int count = decode_length(list, STEPS_MAX);
	argo->blue_green = json_at(json, "spec/strategy/blueGreen") != NULL;
	if (count == 0)
		return;
	argo->steps = mem_new_array((size_t)count, sizeof(*argo->steps));
	cJSON_ArrayForEach(item, list)
		if (argo->step_count < count)
			argo->steps[argo->step_count++] = step_of(item);
}

/* The analysis under way, in the places where one can be. */
static void decode_run(const struct decode *decode, const cJSON *status, struct argo_rollout *argo)
{
	static const char *const places[] = {"canary/currentStepAnalysisRunStatus", "canary/currentBackgroundAnalysisRunStatus",
		"blueGreen/prePromotionAnalysisRunStatus", "blueGreen/postPromotionAnalysisRunStatus"};
	const cJSON *run = NULL;
	for (size_t i = 0; !run && i < sizeof(places) / sizeof(places[0]); i++)
		run = json_at(status, places[i]);
	argo->analysis_run = decode_word(decode, run, "name");
	argo->analysis_status = decode_word(decode, run, "status");
}

static void decode_pauses(const struct decode *decode, const cJSON *status, struct argo_rollout *argo)
{
	const cJSON *list = json_get(status, "pauseConditions");
	const cJSON *first = cJSON_IsArray(list) ? cJSON_GetArrayItem(list, 0) : NULL;
	argo->pause_reason = decode_word(decode, first, "reason");
	argo->paused_ms = json_stamp(first, "startTime");
}

static void decode_status(const struct decode *decode, const cJSON *status, struct argo_rollout *argo)
{
	argo->phase = decode_word(decode, status, "phase");
	argo->message = decode_word(decode, status, "message");
	argo->observed = decode_word(decode, status, "observedGeneration");
	argo->current_hash = decode_word(decode, status, "currentPodHash");
	argo->stable_hash = decode_word(decode, status, "stableRS");
	argo->preview_hash = decode_word(decode, status, "blueGreen/previewSelector");
	argo->active_hash = decode_word(decode, status, "blueGreen/activeSelector");
	argo->aborted = json_bool(status, "abort", 0) != 0;
	argo->aborted_ms = json_stamp(status, "abortedAt");
	argo->controller_pause = json_bool(status, "controllerPause", 0) != 0;
	argo->promote_full = json_bool(status, "promoteFull", 0) != 0;
	argo->step = decode_number(status, "currentStepIndex", -1);
	argo->weight = decode_number(status, "canary/weights/canary/weight", -1);
	argo->stable_weight = decode_number(status, "canary/weights/stable/weight", -1);
	decode_pauses(decode, status, argo);
	decode_run(decode, status, argo);
	decode_condition(decode, status, "Healthy", &argo->healthy);
	decode_condition(decode, status, "InvalidSpec", &argo->invalid);
	decode_condition(decode, status, "Completed", &argo->completed);
}

struct object *rollout_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct workload *workload = workload_decode(decode, json, OBJECT_ROLLOUT, err);
	if (!workload)
		return NULL;
	struct argo_rollout *argo = workload->argo = mem_new(sizeof(*argo));
	const cJSON *status = json_get(json, "status");
	decode_status(decode, status, argo);
	decode_steps(json, argo);
	argo->from_workload = json_at(json, "spec/workloadRef") != NULL;
	decode_ref(decode, json_at(json, "spec/workloadRef"), "Deployment", workload->object.namespace, &argo->workload);
	workload->observed = decode_number(status, "observedGeneration", 0);
	workload->revision = decode_intern(decode, decode_annotation(json, "rollout.argoproj.io/revision"));
	workload->paused = json_bool(json, "spec/paused", 0) != 0;
	decode_condition(decode, status, "Progressing", &workload->progressing);
	decode_condition(decode, status, "Available", &workload->is_available);
	if (workload->paused && !workload->hold)
		workload->hold = decode_hold(decode, json, "f:spec/f:paused");
	return &workload->object;
}

static void decode_metric(const struct decode *decode, const cJSON *item, struct metric_result *metric)
{
	const cJSON *measurements = json_get(item, "measurements");
	int count = cJSON_IsArray(measurements) ? cJSON_GetArraySize(measurements) : 0;
	metric->name = decode_word(decode, item, "name");
	metric->phase = decode_word(decode, item, "phase");
	metric->message = decode_word(decode, item, "message");
	metric->successful = decode_count(item, "successful", 0);
	metric->failed = decode_count(item, "failed", 0);
	metric->inconclusive = decode_count(item, "inconclusive", 0);
	metric->error = decode_count(item, "error", 0);
	metric->value = count ? decode_word(decode, cJSON_GetArrayItem(measurements, count - 1), "value") : "";
}

struct object *analysisrun_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct analysis_run *run = decode_resource(decode, json, OBJECT_ANALYSISRUN, sizeof(*run), err);
	if (!run)
		return NULL;
	const cJSON *list = json_at(json, "status/metricResults"), *item;
	int count = decode_length(list, METRICS_MAX);
	run->phase = decode_word(decode, json, "status/phase");
	run->message = decode_word(decode, json, "status/message");
	run->started_ms = json_stamp(json, "status/startedAt");
	run->completed_ms = json_stamp(json, "status/completedAt");
	if (count == 0)
		return &run->resource.object;
	run->metrics = mem_new_array((size_t)count, sizeof(*run->metrics));
	cJSON_ArrayForEach(item, list)
		if (run->metric_count < count)
			decode_metric(decode, item, &run->metrics[run->metric_count++]);
	return &run->resource.object;
}

/* SPDX-License-Identifier: MIT */
/*
 * Rollouts as a list: every Canary and Argo Rollout, and of the other workloads those that are moving,
 * paused or failed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_add.h"
#include "model/fleet.h"
#include "model/flux.h"
#include "model/rollout.h"
#include "model/service.h"
#include "model/sheet.h"
#include "model/workload.h"

static const struct canary *canary_of(const struct sheet_row *row)
{
	return row->object->kind == OBJECT_CANARY ? (const struct canary *)row->object : NULL;
}

static const struct workload *workload_of(const struct sheet_row *row)
{
	return row->object->kind == OBJECT_CANARY ? NULL : (const struct workload *)row->object;
}

static void phase_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct canary *canary = canary_of(row);
	const struct workload *workload = workload_of(row);
	(void)now_ms;
	if (canary)
		text_add(out, canary->phase);
	else if (workload->argo && argo_is_observed(workload))
		text_add(out, workload->argo->aborted ? "Aborted" : workload->argo->phase);
	else
		text_add(out, rollout_phase_words[rollout_of(workload).phase]);
}

static enum tone phase_tone(const struct sheet_row *row)
{
	static const enum tone tones[] = {TONE_BAD, TONE_WARNING, TONE_BUSY, TONE_GOOD};
	return tones[row->rank < 3 ? row->rank : 3];
}

/* "3/8" for steps, "iteration 4/10" of a canary without weights. */
static void step_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct canary *canary = canary_of(row);
	const struct argo_rollout *argo = canary ? NULL : workload_of(row)->argo;
	(void)now_ms;
	if (canary && canary->step_iterations)
		text_printf(out, "%d/%d", canary->iterations, canary->step_iterations);
	else if (argo && argo->step >= 0 && argo->step_count)
		text_printf(out, "%d/%d", argo->step, argo->step_count);
}

static void weight_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct canary *canary = canary_of(row);
	const struct argo_rollout *argo = canary ? NULL : workload_of(row)->argo;
	(void)now_ms;
	if (canary && (canary->max_weight || canary->step_count || canary->weight))
		text_printf(out, "%d%%", canary->weight);
	else if (argo && argo_weight(argo) >= 0)
		text_printf(out, "%d%%", argo_weight(argo));
}

static void ready_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct workload *workload = workload_of(row);
	(void)now_ms;
	if (workload)
		text_printf(out, "%d/%d", workload->ready, workload->desired);
}

static void failed_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct canary *canary = canary_of(row);
	(void)now_ms;
	if (canary && canary->threshold)
		text_printf(out, "%d/%d", canary->failed_checks, canary->threshold);
}

static int64_t moved_ms(const struct sheet_row *row)
{
	const struct canary *canary = canary_of(row);
	if (canary)
		return canary->moved_ms;
	const struct workload *workload = workload_of(row);
	if (workload->argo && workload->argo->paused_ms)
		return workload->argo->paused_ms;
	return workload->progressing.changed_ms;
}

static void since_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	sheet_age(now_ms, moved_ms(row), out);
}

static void message_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (canary_of(row))
		text_add(out, flux_message(row->object));
	else
		rollout_describe(workload_of(row), out);
}

static const struct sheet_column rollouts_columns[] = {
	{"KIND", "Canary (Flagger), Rollout (Argo), or the workload's kind", 10, 0, 4, 0, sheet_kind_cell, NULL},
	{"NAME", "Its namespace and name", 16, 4, 0, 0, sheet_key_cell, NULL},
	{"CLUSTER", "The cluster, by the name of its context", 7, 1, 5, 0, sheet_cluster_cell, NULL},
	{"PHASE", "Where it stands", 12, 0, 1, 0, phase_format, phase_tone},
	{"STEP", "Steps done, or iterations, of all", 5, 0, 2, 1, step_format, NULL},
	{"WEIGHT", "Share of the traffic for the new revision", 6, 0, 3, 1, weight_format, NULL},
	{"READY", "Pods that pass their readiness checks, of those wanted", 5, 0, 6, 1, ready_format, NULL},
	{"FAILED", "Checks of the analysis that failed, of those that end it", 6, 0, 8, 1, failed_format, NULL},
	{"SINCE", "Since its phase last changed", 5, 0, 7, 1, since_format, NULL},
	{"MESSAGE", "What the controller says", 20, 7, 9, 0, message_format, phase_tone},
};

/* 0 failed, 1 waits for somebody, 2 moves, 3 done. */
static int canary_rank(const struct canary *canary)
{
	static const struct {
		const char *phase;
		int rank;
	} ranks[] = {{"Failed", 0}, {"Waiting", 1}, {"WaitingPromotion", 1}, {"Succeeded", 3}, {"Initialized", 3}};
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (strcmp(canary->phase, ranks[i].phase) == 0)
			return ranks[i].rank;
	return 2;
}

static int workload_rank(const struct workload *workload)
{
	static const int ranks[ROLLOUT_PHASES] = {[ROLLOUT_FAILED] = 0, [ROLLOUT_PAUSED] = 1, [ROLLOUT_PROGRESSING] = 2,
		[ROLLOUT_WAITING] = 2, [ROLLOUT_UNKNOWN] = 3, [ROLLOUT_COMPLETE] = 3};
	int rank = ranks[rollout_of(workload).phase];
	/* A pod that is not ready is no rollout, though kubectl says "waiting for rollout to finish". */
	return rank == 2 && !rollout_is_moving(workload) ? 3 : rank;
}

static int compare(const void *a, const void *b)
{
	const struct sheet_row *left = a, *right = b;
	if (left->rank != right->rank)
		return left->rank - right->rank;
	if (left->cluster != right->cluster)
		return left->cluster->configured_order - right->cluster->configured_order;
	int order = strcmp(left->object->key, right->object->key);
	return order ? order : (int)left->object->kind - (int)right->object->kind;
}

static void add_kind(struct sheet_rows *rows, const struct cluster *cluster, enum object_kind kind)
{
	const struct object *object;
	for (size_t i = 0; (object = map_next(&cluster->objects[kind], &i));) {
		int always = kind == OBJECT_CANARY || kind == OBJECT_ROLLOUT;
		int rank = kind == OBJECT_CANARY ? canary_rank((const struct canary *)object)
		                                 : workload_rank((const struct workload *)object);
		if (always || rank < 3)
			sheet_rows_add(rows, cluster, object)->rank = rank;
	}
}

static size_t rollouts_run(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	static const enum object_kind kinds[] = {OBJECT_CANARY, OBJECT_ROLLOUT, OBJECT_DEPLOYMENT, OBJECT_STATEFULSET,
		OBJECT_DAEMONSET};
	struct sheet_rows rows = {0};
	for (size_t c = 0; c < fleet->clusters.len; c++) {
		const struct cluster *cluster = fleet->clusters.items[c];
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && (!only || only == cluster); k++)
			add_kind(&rows, cluster, kinds[k]);
	}
	if (rows.len)
		qsort(rows.items, rows.len, sizeof(*rows.items), compare);
	*out = rows.items;
	return rows.len;
}

static void add_cell(cJSON *json, const char *name, const struct sheet_row *row,
                     void (*format)(const struct sheet_row *row, int64_t now_ms, struct text *out))
{
	char room[600];
	struct text text = text_in(room, sizeof(room));
	format(row, 0, &text);
	json_add_text(json, name, room);
}

static cJSON *rollouts_json(const struct sheet_row *row, int64_t now_ms)
{
	static const char *const states[] = {"failed", "paused", "progressing", "complete"};
	const struct canary *canary = canary_of(row);
	const struct argo_rollout *argo = canary ? NULL : workload_of(row)->argo;
	int weight = canary ? canary->weight : argo ? argo_weight(argo) : -1;
	cJSON *json = cJSON_CreateObject();
	(void)now_ms;
	cJSON_AddStringToObject(json, "cluster", row->cluster->name);
	add_cell(json, "kind", row, sheet_kind_cell);
	cJSON_AddStringToObject(json, "namespace", row->object->namespace);
	cJSON_AddStringToObject(json, "name", row->object->name);
	cJSON_AddStringToObject(json, "state", states[row->rank < 3 ? row->rank : 3]);
	add_cell(json, "phase", row, phase_format);
	add_cell(json, "step", row, step_format);
	if (weight >= 0)
		cJSON_AddNumberToObject(json, "weight", weight);
	else
		cJSON_AddNullToObject(json, "weight");
	if (canary)
		cJSON_AddNumberToObject(json, "failedChecks", canary->failed_checks);
	add_cell(json, "message", row, message_format);
	return json;
}

const struct sheet rollouts_sheet = {
	.name = "rollouts",
	.help = "Canaries, Argo Rollouts, and workloads that are moving, paused or failed",
	.empty = "nothing is being rolled out",
	.columns = rollouts_columns,
	.column_count = sizeof(rollouts_columns) / sizeof(rollouts_columns[0]),
	.run = rollouts_run,
	.json = rollouts_json,
};

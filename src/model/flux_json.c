/* SPDX-License-Identifier: MIT */
/* Flux' objects as a list: what `flux get` says, and what holds or keeps them waiting. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_add.h"
#include "model/census.h"
#include "model/flux_tree.h"
#include "model/revision.h"
#include "model/workload.h"

static void kind_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (row->object)
		text_add(out, kind_rows[row->object->kind].word);
	else
		text_printf(out, "%s", strrchr(row->label, '_') ? strrchr(row->label, '_') + 1 : "");
}

static void name_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	char room[256];
	struct text text = text_in(room, sizeof(room));
	(void)now_ms;
	for (int i = 0; i < row->depth; i++)
		text_add(out, "  ");
	if (row->object) {
		text_add(out, row->object->key);
		return;
	}
	inventory_describe(row->label, &text);
	text_add(out, strchr(room, ' ') ? strchr(room, ' ') + 1 : room);
}

static void revision_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (row->object)
		revision_brief(flux_revision(row->object), out);
}

static void age_format_cell(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	if (row->object)
		sheet_age(now_ms, row->object->created_ms, out);
}

static void ready_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (row->object && resource_of(row->object))
		text_add(out, flux_ready(row->object));
	else if (row->object && row->object->kind < OBJECT_CRONJOB && kind_rows[row->object->kind].role == KIND_WORKLOAD)
		text_printf(out, "%d/%d", ((const struct workload *)row->object)->ready,
		            ((const struct workload *)row->object)->desired);
}

static enum tone ready_tone(const struct sheet_row *row)
{
	return row->object && resource_of(row->object) ? flux_tone(row->object) : TONE_DIM;
}

static void held_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	const struct resource *resource = resource_of(row->object);
	if (!resource || (!resource->suspended && !resource->disabled))
		return;
	text_add(out, resource->suspended ? "suspended" : "disabled");
	if (resource->hold && resource->hold->since_ms) {
		text_add(out, " ");
		sheet_age(now_ms, resource->hold->since_ms, out);
	}
}

static enum tone warning(const struct sheet_row *row)
{
	(void)row;
	return TONE_WARNING;
}

static void drift_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (row->object && flux_has_drifted(row->object))
		text_add(out, "drifted");
}

/* What it waits for is said in front: the message alone names it only sometimes. */
static void message_format(const struct sheet_row *row, int64_t now_ms, struct text *out)
{
	(void)now_ms;
	if (!row->object || !resource_of(row->object))
		return;
	const struct resource *resource = resource_of(row->object);
	if (resource->observed >= 0 && resource->observed != resource->generation && !resource->suspended)
		text_printf(out, "the controller has yet to see generation %lld; ", (long long)resource->generation);
	const struct object_ref *waits = flux_waits_for(row->cluster, row->object);
	if (waits && flux_tone(row->object) != TONE_GOOD)
		text_printf(out, "waits for %s/%s; ", waits->namespace, waits->name);
	text_add(out, flux_message(row->object));
}

static enum tone dim(const struct sheet_row *row)
{
	(void)row;
	return TONE_DIM;
}

static const struct sheet_column flux_columns[] = {
	{"KIND", "Kind of the object", 14, 0, 4, 0, kind_format, dim},
	{"NAME", "Its namespace and name", 16, 4, 0, 0, name_format, NULL},
	{"CLUSTER", "The cluster, by the name of its context", 7, 1, 2, 0, sheet_cluster_cell, NULL},
	{"READY", "Its condition Ready; of an applied workload, its pods", 7, 0, 1, 0, ready_format, ready_tone},
	{"REVISION", "What is fetched or applied", 14, 2, 5, 0, revision_format, NULL},
	{"HELD", "suspended or disabled, and for how long", 13, 0, 3, 0, held_format, warning},
	{"DRIFT", "Whether what was applied was changed by others, where the controller says so", 7, 0, 7, 0, drift_format,
	 warning},
	{"AGE", "Time since it was created", 4, 0, 8, 1, age_format_cell, dim},
	{"MESSAGE", "What the controller says, and what the object waits for", 20, 7, 6, 0, message_format, ready_tone},
};

static void add_ref(cJSON *json, const char *name, const struct object_ref *ref)
{
	if (!ref->kind[0]) {
		cJSON_AddNullToObject(json, name);
		return;
	}
	cJSON *object = cJSON_AddObjectToObject(json, name);
	json_add_text(object, "kind", ref->kind);
	json_add_text(object, "namespace", ref->namespace);
	json_add_text(object, "name", ref->name);
}

static void add_hold(cJSON *json, const struct resource *resource)
{
	const struct hold *hold = resource->hold;
	cJSON_AddBoolToObject(json, "suspended", resource->suspended);
	cJSON_AddBoolToObject(json, "reconcileDisabled", resource->disabled);
	if (!resource->suspended && !resource->disabled)
		return;
	const struct held held = {NULL, &resource->object, NULL, 0, 0};
	char by[256] = "";
	struct text who = text_in(by, sizeof(by));
	held_by(&held, &who);
	json_add_stamp(json, "suspendedSince", hold ? hold->since_ms : 0);
	json_add_stamp(json, "suspendedUntil", hold ? hold->until_ms : 0);
	json_add_text(json, "suspendedBy", by);
	json_add_text(json, "suspendedWhy", hold ? hold->why : NULL);
}

static cJSON *flux_json(const struct sheet_row *row, int64_t now_ms)
{
	const struct object *object = row->object;
	const struct resource *resource = resource_of(object);
	const struct condition *ready = resource_condition(resource, "Ready");
	const struct object_refs *refs = flux_depends_on(object);
	cJSON *json = cJSON_CreateObject();
	(void)now_ms;
	json_add_text(json, "cluster", row->cluster->name);
	json_add_text(json, "kind", kind_rows[object->kind].word);
	json_add_text(json, "namespace", object->namespace);
	json_add_text(json, "name", object->name);
	json_add_text(json, "revision", flux_revision(object));
	json_add_text(json, "attemptedRevision", flux_attempted(object));
	json_add_text(json, "ready", ready->status == ' ' ? NULL : flux_ready(object));
	json_add_text(json, "reason", ready->reason);
	json_add_text(json, "message", flux_message(object));
	json_add_stamp(json, "readySince", ready->changed_ms);
	add_hold(json, resource);
	cJSON_AddBoolToObject(json, "drifted", flux_has_drifted(object));
	cJSON_AddNumberToObject(json, "generation", (double)resource->generation);
	if (resource->observed >= 0)
		cJSON_AddNumberToObject(json, "observedGeneration", (double)resource->observed);
	else
		cJSON_AddNullToObject(json, "observedGeneration");
	add_ref(json, "source", flux_source_of(object));
	add_ref(json, "appliedBy", &resource->applied_by);
	cJSON *depends = cJSON_AddArrayToObject(json, "dependsOn");
	for (uint16_t i = 0; i < refs->count; i++) {
		char name[520];
		struct text text = text_in(name, sizeof(name));
		text_printf(&text, "%s/%s", refs->items[i].namespace, refs->items[i].name);
		cJSON_AddItemToArray(depends, cJSON_CreateString(name));
	}
	cJSON_AddNumberToObject(json, "objects", flux_inventory(object)->count);
	json_add_stamp(json, "createdAt", object->created_ms);
	return json;
}

const struct sheet flux_sheet = {
	.name = "flux",
	.help = "Flux' objects: sources, Kustomizations, HelmReleases and their kin",
	.empty = "there is no Flux in these clusters, or none of its objects may be read",
	.columns = flux_columns,
	.column_count = sizeof(flux_columns) / sizeof(flux_columns[0]),
	.run = flux_list,
	.tree = flux_tree,
	.json = flux_json,
};

/* SPDX-License-Identifier: MIT */
/* The head of reconciled objects: conditions, tokens, suspension and by whom. */
#include "kube/resource_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

enum { CONDITIONS_MAX = 24, MESSAGE_MAX = 1024, WHY_MAX = 256, DURATION_MAX_H = 24 * 366 };

const char *decode_word(const struct decode *decode, const cJSON *json, const char *path)
{
	return decode_intern(decode, json_string(json, path));
}

const char *decode_annotation(const cJSON *json, const char *name)
{
	const cJSON *value = json_get(json_at(json, "metadata/annotations"), name);
	return cJSON_IsString(value) ? value->valuestring : NULL;
}

static const char *label_of(const cJSON *json, const char *name)
{
	const cJSON *value = json_get(json_at(json, "metadata/labels"), name);
	return cJSON_IsString(value) && value->valuestring[0] ? value->valuestring : NULL;
}

static int64_t unit_ms(const char *text, size_t *len)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		*len = strlen(units[i].name);
		if (strncmp(text, units[i].name, *len) == 0)
			return units[i].ms;
	}
	return 0;
}

int64_t decode_duration(const cJSON *json, const char *path)
{
	const char *at = json_string(json, path);
	double total = 0;
	while (at && *at) {
		size_t len;
		char *end;
		double number = strtod(at, &end);
		int64_t unit = unit_ms(end, &len);
		if (end == at || !unit || !(number >= 0 && number < 1e9))
			return 0;
		total += number * (double)unit;
		at = end + len;
	}
	return total > DURATION_MAX_H * 3600e3 ? DURATION_MAX_H * 3600000LL : (int64_t)total;
}

void decode_ref(const struct decode *decode, const cJSON *json, const char *kind, const char *namespace,
                struct object_ref *ref)
{
	const char *name = json_string(json, "name");
	*ref = (struct object_ref){"", "", ""};
	if (!name || !*name)
		return;
	const char *said_kind = json_string(json, "kind"), *said_namespace = json_string(json, "namespace");
	ref->name = decode_intern(decode, name);
	ref->kind = decode_intern(decode, said_kind && *said_kind ? said_kind : kind);
	ref->namespace = decode_intern(decode, said_namespace && *said_namespace ? said_namespace : namespace);
}

void decode_owner(const struct decode *decode, const cJSON *json, struct object_ref *ref, const char **uid)
{
	const cJSON *owners = json_at(json, "metadata/ownerReferences"), *owner, *best = NULL;
	cJSON_ArrayForEach(owner, owners)
		if (!best || json_bool(owner, "controller", 0))
			best = owner;
	decode_ref(decode, best, "", json_string(json, "metadata/namespace"), ref);
	if (uid)
		*uid = decode_word(decode, best, "uid");
}

void decode_applied_by(const struct decode *decode, const cJSON *json, struct object_ref *ref)
{
	static const struct {
		const char *kind, *name, *namespace;
	} labels[] = {
		{"HelmRelease", "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"},
		{"Kustomization", "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"},
	};
	*ref = (struct object_ref){"", "", ""};
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const char *name = label_of(json, labels[i].name), *namespace = label_of(json, labels[i].namespace);
		if (!name || !namespace)
			continue;
		ref->kind = decode_intern(decode, labels[i].kind);
		ref->namespace = decode_intern(decode, namespace);
		ref->name = decode_intern(decode, name);
		return;
	}
}

int decode_is_disabled(const cJSON *json)
{
	const char *word = decode_annotation(json, "kustomize.toolkit.fluxcd.io/reconcile");
	return word && strcmp(word, "disabled") == 0;
}

/* Whether an entry of managedFields owns the field. */
static int owns(const cJSON *entry, const char *field)
{
	const cJSON *fields = json_get(entry, "fieldsV1");
	if (field[0] != '@')
		return json_at(fields, field) != NULL;
	char name[160];
	int len = snprintf(name, sizeof(name), "f:%s", field + 1);
	return len > 0 && (size_t)len < sizeof(name) && json_get(json_at(fields, "f:metadata/f:annotations"), name) != NULL;
}

static void find_manager(const struct decode *decode, const cJSON *json, const char *field, struct hold *hold)
{
	const cJSON *entry;
	int64_t last = -1;
	cJSON_ArrayForEach(entry, json_at(json, "metadata/managedFields"))
	{
		int64_t at = json_stamp(entry, "time");
		if (at <= last || !owns(entry, field))
			continue;
		/* Of several owners the last one has set the value that is there. */
		last = at;
		intern_drop(decode->fleet->strings, hold->manager);
		hold->manager = decode_word(decode, entry, "manager");
		hold->since_ms = at;
	}
}

static int64_t stamp_of(const char *text)
{
	int64_t ms;
	return text && stamp_parse(text, &ms) == 0 ? ms : 0;
}

struct hold *decode_hold(const struct decode *decode, const cJSON *json, const char *field)
{
	char why[WHY_MAX];
	struct hold hold = {.by = "", .why = "", .manager = ""};
	if (field)
		find_manager(decode, json, field, &hold);
	decode_text(why, sizeof(why), decode_annotation(json, ANNOTATION_HELD_WHY));
	hold.by = decode_intern(decode, decode_annotation(json, ANNOTATION_HELD_BY));
	hold.why = decode_intern(decode, why);
	int64_t since = stamp_of(decode_annotation(json, ANNOTATION_HELD_SINCE));
	hold.since_ms = since ? since : hold.since_ms;
	hold.until_ms = stamp_of(decode_annotation(json, ANNOTATION_HELD_UNTIL));
	if (!hold.by[0] && !hold.why[0] && !hold.manager[0] && !hold.since_ms && !hold.until_ms)
		return NULL;
	struct hold *kept = mem_new(sizeof(*kept));
	*kept = hold;
	return kept;
}

static void decode_conditions(const struct decode *decode, const cJSON *json, struct resource *resource)
{
	const cJSON *list = json_at(json, "status/conditions"), *item;
	int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
	if (count == 0)
		return;
	if (count > CONDITIONS_MAX)
		count = CONDITIONS_MAX;
	resource->conditions = mem_new_array((size_t)count, sizeof(*resource->conditions));
	cJSON_ArrayForEach(item, list)
	{
		const char *type = json_string(item, "type"), *word = json_string(item, "status");
		if (!type || !*type || resource->condition_count >= count)
			continue;
		struct named_condition *named = &resource->conditions[resource->condition_count++];
		named->type = decode_intern(decode, type);
		named->is.status = !word ? 'U' : word[0] == 'T' ? 'T' : word[0] == 'F' ? 'F' : 'U';
		named->is.reason = decode_word(decode, item, "reason");
		named->is.message = decode_copy(json_string(item, "message"), MESSAGE_MAX);
		named->is.changed_ms = json_stamp(item, "lastTransitionTime");
		named->is.observed = json_int(item, "observedGeneration", 0);
	}
}

static const char *finalizers_of(const struct decode *decode, const cJSON *json)
{
	char room[256];
	struct text text = text_in(room, sizeof(room));
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(json, "metadata/finalizers"))
		if (cJSON_IsString(item))
			text_printf(&text, "%s%s", text.len ? "," : "", item->valuestring);
	return decode_intern(decode, room);
}

void *decode_resource(const struct decode *decode, const cJSON *json, enum object_kind kind, size_t size,
                      struct err *err)
{
	struct resource *resource = mem_new(size);
	if (decode_identity(decode, json, kind, &resource->object, err) < 0) {
		free(resource);
		return NULL;
	}
	resource->generation = json_int(json, "metadata/generation", 0);
	resource->observed = json_int(json, "status/observedGeneration", -1);
	resource->has_status = json_get(json, "status") && json_get(json, "status")->child;
	resource->suspended = json_bool(json, "spec/suspend", 0) != 0;
	resource->disabled = decode_is_disabled(json) != 0;
	resource->interval_ms = decode_duration(json, "spec/interval");
	resource->deleted_ms = json_stamp(json, "metadata/deletionTimestamp");
	resource->finalizers = finalizers_of(decode, json);
	resource->requested = decode_intern(decode, decode_annotation(json, "reconcile.fluxcd.io/requestedAt"));
	resource->handled = decode_word(decode, json, "status/lastHandledReconcileAt");
	decode_applied_by(decode, json, &resource->applied_by);
	decode_owner(decode, json, &resource->owner, &resource->owner_uid);
	decode_conditions(decode, json, resource);
	if (resource->suspended || resource->disabled)
		resource->hold = decode_hold(decode, json, resource->suspended ? "f:spec/f:suspend" : NULL);
	return resource;
}

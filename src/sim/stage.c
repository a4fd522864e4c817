/* SPDX-License-Identifier: MIT */
/* What the controllers of a cluster share, and which of them a change concerns. */
#include "stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { EVENT_SECONDS = 3600, CANARY_SECONDS = 10 };

struct table *stage_table(const struct stage *stage, const char *plural)
{
	return table_named(stage->api, plural);
}

cJSON *stage_get(const struct stage *stage, const char *plural, const char *key)
{
	const struct table *table = stage_table(stage, plural);
	const struct doc *doc = table ? table_get(table, key) : NULL;
	return doc ? doc_json(doc) : NULL;
}

void stage_put(struct stage *stage, const char *plural, cJSON *object)
{
	struct table *table = stage_table(stage, plural);
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), json_string(object, "metadata/namespace"), json_string(object, "metadata/name"));
	if (strcmp(plural, "pods") != 0 && strcmp(plural, "events") != 0) /* these have no generations */
		generation_count(object, table_get(table, key));
	(void)store_write(stage->api, table, object, NULL);
	cJSON_Delete(object);
}

void stage_remove(struct stage *stage, const char *plural, const char *key)
{
	(void)store_remove(stage->api, stage_table(stage, plural), key);
}

int owner_is(const cJSON *object, const char *uid)
{
	const char *own = json_string(cJSON_GetArrayItem(json_at(object, "metadata/ownerReferences"), 0), "uid");
	return own && uid && strcmp(own, uid) == 0;
}

static int text_holds(const struct doc *doc, const char *text)
{
	struct buf room;
	buf_init(&room, SIM_TEXT_MAX);
	int holds = text && memmem(doc_text(doc, &room), doc->len, text, strlen(text)) != NULL;
	buf_release(&room);
	return holds;
}

void stage_owned(const struct stage *stage, const char *plural, const char *prefix, const char *uid, struct vec *out)
{
	const struct table *table = stage_table(stage, plural);
	int there;
	vec_init(out);
	for (size_t at = table_find(table, prefix, &there); at < table->docs.len; at++) {
		const struct doc *doc = table->docs.items[at];
		if (strncmp(doc->key, prefix, strlen(prefix)) != 0)
			break;
		cJSON *object = text_holds(doc, uid) ? doc_json(doc) : NULL;
		if (object && owner_is(object, uid))
			vec_push(out, object);
		else
			cJSON_Delete(object);
	}
}

void stage_stamp(const struct stage *stage, char out[32])
{
	const struct clock *clock = stage->api->options.clock;
	stamp_format(clock->wall(clock), out);
}

double stage_dice(struct stage *stage, double from, double to)
{
	stage->dice = mix(stage->dice + 0x9e3779b97f4a7c15u);
	return from + (to - from) * mix_fraction(stage->dice);
}

static void event_old(void *context, const char *key)
{
	stage_remove(context, "events", key);
}

void stage_event(struct stage *stage, const cJSON *about, const char *api_version, const char *kind,
                   const char *component, int warns, const char *reason, const char *fmt, ...)
{
	char message[1024], name[SIM_NAME], now[32], key[2 * SIM_NAME];
	const char *namespace = json_string(about, "metadata/namespace"), *of = json_string(about, "metadata/name");
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	stage_stamp(stage, now);
	snprintf(name, sizeof(name), "%.200s.%016llx", of, (unsigned long long)mix(++stage->events + ((uint64_t)stage->number << 40)));
	cJSON *event = cJSON_CreateObject(), *metadata = cJSON_AddObjectToObject(event, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", namespace ? namespace : "default");
	cJSON *object = cJSON_AddObjectToObject(event, "involvedObject");
	cJSON_AddStringToObject(object, "kind", kind);
	cJSON_AddStringToObject(object, "namespace", namespace ? namespace : "default");
	cJSON_AddStringToObject(object, "name", of);
	const char *uid = json_string(about, "metadata/uid");
	cJSON_AddStringToObject(object, "uid", uid ? uid : "");
	cJSON_AddStringToObject(object, "apiVersion", api_version);
	cJSON_AddStringToObject(event, "reason", reason);
	cJSON_AddStringToObject(event, "message", message);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "source"), "component", component);
	cJSON_AddStringToObject(event, "firstTimestamp", now);
	cJSON_AddStringToObject(event, "lastTimestamp", now);
	cJSON_AddNumberToObject(event, "count", 1);
	cJSON_AddStringToObject(event, "type", warns ? "Warning" : "Normal");
	cJSON_AddNullToObject(event, "eventTime");
	cJSON_AddStringToObject(event, "reportingComponent", component);
	cJSON_AddStringToObject(event, "reportingInstance", "");
	doc_key(key, sizeof(key), namespace ? namespace : "default", name);
	stage_put(stage, "events", event);
	agenda_add(stage->agenda, EVENT_SECONDS, event_old, stage, key);
}

const struct verdict *stage_verdict(const struct stage *stage, const char *service, const char *tag)
{
	for (size_t i = stage->verdicts ? stage->verdicts->len : 0; i-- > 0;) {
		const struct verdict *verdict = stage->verdicts->items[i];
		if (strcmp(verdict->service, service) == 0 && (verdict->cluster < 0 || verdict->cluster == stage->number) &&
		    (!verdict->tag || strcmp(verdict->tag, tag) == 0))
			return verdict;
	}
	return NULL;
}

const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

void set_text(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	if (value)
		cJSON_AddStringToObject(object, name, value);
}

void set_number(cJSON *object, const char *name, double value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddNumberToObject(object, name, value);
}

cJSON *sub_object(cJSON *object, const char *name)
{
	cJSON *own = cJSON_GetObjectItemCaseSensitive(object, name);
	if (cJSON_IsObject(own))
		return own;
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	return cJSON_AddObjectToObject(object, name);
}

int set_condition(cJSON *status, const char *type, const char *state, const char *reason, const char *message,
                  const char *now, int with_update_time)
{
	cJSON *all = cJSON_GetObjectItemCaseSensitive(status, "conditions"), *condition = NULL, *item;
	if (!cJSON_IsArray(all)) {
		cJSON_DeleteItemFromObjectCaseSensitive(status, "conditions");
		all = cJSON_AddArrayToObject(status, "conditions");
	}
	cJSON_ArrayForEach(item, all)
	{
		const char *own = json_string(item, "type");
		if (own && strcmp(own, type) == 0)
			condition = item;
	}
	if (!condition) {
		condition = cJSON_CreateObject();
		cJSON_AddStringToObject(condition, "type", type);
		cJSON_AddItemToArray(all, condition);
	}
	const char *old_state = json_string(condition, "status"), *old_reason = json_string(condition, "reason"),
	           *old_message = json_string(condition, "message");
	int turned = !old_state || strcmp(old_state, state) != 0;
	int changed = turned || !old_reason || strcmp(old_reason, reason ? reason : "") != 0 || !old_message ||
	              strcmp(old_message, message ? message : "") != 0;
	if (!changed)
		return 0;
	set_text(condition, "status", state);
	if (with_update_time)
		set_text(condition, "lastUpdateTime", now);
	if (turned)
		set_text(condition, "lastTransitionTime", now);
	set_text(condition, "reason", reason ? reason : "");
	set_text(condition, "message", message ? message : "");
	return 1;
}

const char *image_tag(const char *image)
{
	const char *slash = image ? strrchr(image, '/') : NULL, *colon = image ? strrchr(image, ':') : NULL;
	return colon && (!slash || colon > slash) ? colon + 1 : "";
}

/* "namespace/owner" of an object with a controlling owner of that kind. */
static int owner_key(const struct doc *doc, const char *kind, char *out, size_t size)
{
	char wanted[96], name[SIM_NAME];
	struct buf room;
	/* Every change of a pod comes here: its text is searched instead of parsed. */
	int len = snprintf(wanted, sizeof(wanted), "\"kind\":\"%s\",\"name\":\"", kind);
	buf_init(&room, SIM_TEXT_MAX);
	const char *text = doc_text(doc, &room), *owners = memmem(text, doc->len, "\"ownerReferences\":[", 19);
	const char *found = owners ? memmem(owners, (size_t)(text + doc->len - owners), wanted, (size_t)len) : NULL;
	if (found) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(found + len, "\""), found + len);
		doc_key(out, size, doc->namespace, name);
	}
	buf_release(&room);
	return found != NULL;
}

static void owned_remove(struct stage *stage, const char *plural, const struct doc *owner)
{
	struct vec owned;
	char prefix[2 * SIM_NAME];
	cJSON *object = doc_json(owner);
	snprintf(prefix, sizeof(prefix), "%s-", owner->key);
	stage_owned(stage, plural, prefix, json_string(object, "metadata/uid"), &owned);
	for (size_t i = 0; i < owned.len; i++) {
		char key[2 * SIM_NAME];
		doc_key(key, sizeof(key), json_string(owned.items[i], "metadata/namespace"),
		        json_string(owned.items[i], "metadata/name"));
		if (strcmp(plural, "pods") == 0)
			pod_end(stage, key);
		else
			stage_remove(stage, plural, key);
		cJSON_Delete(owned.items[i]);
	}
	vec_release(&owned);
	cJSON_Delete(object);
}

static void pod_changed(struct stage *stage, const struct change *change)
{
	const struct doc *doc = change->after ? change->after : change->before;
	char key[2 * SIM_NAME];
	if (!change->before)
		agenda_add(stage->agenda, stage_dice(stage, 0.05, 0.3), pod_step, stage, doc->key);
	if (owner_key(doc, "ReplicaSet", key, sizeof(key)))
		agenda_want(stage->agenda, 0.4, replica_set_sync, stage, key);
	else if (owner_key(doc, "StatefulSet", key, sizeof(key)))
		agenda_want(stage->agenda, 0.4, stateful_set_sync, stage, key);
}

void stage_observe(struct stage *stage, const struct table *table, const struct change *change)
{
	const struct doc *doc = change->after ? change->after : change->before;
	const char *plural = table->def.plural;
	char key[2 * SIM_NAME];
	if (strcmp(plural, "pods") == 0) {
		pod_changed(stage, change);
	} else if (strcmp(plural, "replicasets") == 0) {
		if (change->after)
			agenda_want(stage->agenda, 0.02, replica_set_sync, stage, doc->key);
		else
			owned_remove(stage, "pods", doc);
		if (owner_key(doc, "Deployment", key, sizeof(key)))
			agenda_want(stage->agenda, 0.3, deployment_sync, stage, key);
		else if (owner_key(doc, "Rollout", key, sizeof(key)))
			agenda_want(stage->agenda, 0.3, rollout_sync, stage, key);
	} else if (strcmp(plural, "deployments") == 0) {
		if (change->after)
			agenda_want(stage->agenda, 0.05, deployment_sync, stage, doc->key);
		else
			owned_remove(stage, "replicasets", doc);
	} else if (strcmp(plural, "rollouts") == 0) {
		if (change->after)
			agenda_want(stage->agenda, 0.05, rollout_sync, stage, doc->key);
		else
			owned_remove(stage, "replicasets", doc);
	} else if (strcmp(plural, "canaries") == 0) {
		if (change->after)
			agenda_want(stage->agenda, change->before ? CANARY_SECONDS : 1, canary_sync, stage, doc->key);
		else
			canary_gone(stage, doc->key);
	} else if (strcmp(plural, "statefulsets") == 0) {
		if (change->after)
			agenda_want(stage->agenda, 0.05, stateful_set_sync, stage, doc->key);
		else
			owned_remove(stage, "pods", doc);
	}
}

/* A pod ends in its own time. */
int stage_deleting(struct stage *stage, const struct table *table, const struct doc *doc)
{
	if (strcmp(table->def.plural, "pods") != 0)
		return 0;
	pod_end(stage, doc->key);
	return 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * One object after the other: which resource its kind is (asked once for each group and version), what is
 * there, and what the dry run would make of it. What one object runs into is that object's, and the next
 * one is looked at all the same.
 */
#include "ops/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "kube/write.h"

const char *const drift_words[DRIFT_STATES] = {"same", "changed", "missing", "extra", "left alone", "unknown"};

enum { BODY_MAX = 4 << 20, OBJECTS_MAX = 5000 };

struct drift {
	struct drift_options options;
	struct client_call *call;
	struct drift_object *items;
	size_t count;
	cJSON *desired, *live;       /* of the present object */
	const cJSON *next;           /* the one after it */
	cJSON *groups;               /* "apps/v1" -> its APIResourceList; an empty one: the server has none */
	int looping;                 /* in next_object, which goes on by itself */
	char group[128], version[64], plural[128], group_version[200];
	int namespaced;
};

static void next_object(struct drift *drift);

static struct drift_object *present(struct drift *drift)
{
	return &drift->items[drift->count - 1];
}

static char *safe_copy(const char *text)
{
	char safe[260];

	utf8_sanitise(safe, sizeof(safe), text ? text : "", text ? strlen(text) : 0);
	return mem_copy_string(safe);
}

static struct drift_object *add(struct drift *drift, const char *kind, const char *namespace, const char *name)
{
	drift->items = mem_resize(drift->items, drift->count + 1, sizeof(*drift->items));
	drift->items[drift->count++] = (struct drift_object){.kind = safe_copy(kind), .namespace = safe_copy(namespace),
	                                                     .name = safe_copy(name)};
	return present(drift);
}

static void settle(struct drift *drift, enum drift_state state, const char *why)
{
	struct drift_object *object = present(drift);

	object->state = state;
	snprintf(object->why, sizeof(object->why), "%s", why);
	cJSON_Delete(drift->live);
	cJSON_Delete(drift->desired);
	drift->live = drift->desired = NULL;
	if (!drift->looping)
		next_object(drift);
}

/* --- what the controller does to an object before it applies it --- */

/* The server would do the same, but the field would then be another than the one that is owned. */
static void secret_as_stored(cJSON *object)
{
	cJSON *texts = cJSON_DetachItemFromObjectCaseSensitive(object, "stringData"), *text, *data;
	struct buf encoded;

	if (!cJSON_IsObject(texts)) {
		cJSON_Delete(texts);
		return;
	}
	data = cJSON_GetObjectItemCaseSensitive(object, "data");
	if (!cJSON_IsObject(data)) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, "data");
		data = cJSON_AddObjectToObject(object, "data");
	}
	cJSON_ArrayForEach(text, texts)
	{
		buf_init(&encoded, BODY_MAX);
		if (cJSON_IsString(text) && base64_encode(text->valuestring, strlen(text->valuestring), &encoded) == 0) {
			cJSON_DeleteItemFromObjectCaseSensitive(data, text->string);
			cJSON_AddStringToObject(data, text->string, buf_string(&encoded));
		}
		buf_release(&encoded);
	}
	cJSON_Delete(texts);
}

static const char *annotation(const cJSON *object, const char *name)
{
	const cJSON *value = json_get(json_at(object, "metadata/annotations"), name);

	return cJSON_IsString(value) ? value->valuestring : "";
}

/* Why the controller leaves it alone; NULL: it does not. */
static const char *left_alone(const cJSON *desired, const cJSON *live)
{
	static const char *const reconcile = "kustomize.toolkit.fluxcd.io/reconcile", *const ssa = "kustomize.toolkit.fluxcd.io/ssa";

	if (strcmp(annotation(desired, reconcile), "disabled") == 0 || strcmp(annotation(live, reconcile), "disabled") == 0)
		return "kustomize.toolkit.fluxcd.io/reconcile: disabled";
	if (strcmp(annotation(desired, ssa), "Ignore") == 0 || strcmp(annotation(live, ssa), "Ignore") == 0)
		return "kustomize.toolkit.fluxcd.io/ssa: Ignore";
	if (live && strcmp(annotation(desired, ssa), "IfNotPresent") == 0)
		return "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent";
	return NULL;
}

/* --- the requests --- */

static struct api_object api_of(const struct drift *drift)
{
	return (struct api_object){drift->group, drift->version, drift->plural, drift->namespaced ? present((struct drift *)drift)->namespace : "",
	                           json_string(drift->desired, "metadata/name"), ""};
}

static void applied_came(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct drift *drift = arg;
	struct err err = {.text = ""};
	const char *manager = own_fields_manager(drift->live, drift->options.managers);
	enum drift_state state = DRIFT_UNKNOWN;
	cJSON *applied;

	drift->call = NULL;
	if (result->error[0]) {
		err_set(&err, "the server would not apply it: %s", result->error);
	} else if (!(applied = json_parse_heap(answer, len, &err))) {
		err_wrap(&err, "the server's answer to the dry run");
	} else {
		struct field_changes *changes = &present(drift)->changes;
		if (own_fields_compare(drift->live, applied, manager, changes, &err) == 0)
			state = changes->count ? DRIFT_CHANGED : DRIFT_NONE;
		cJSON_Delete(applied);
	}
	settle(drift, state, err.text);
}

static void live_came(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct drift *drift = arg;
	struct err err = {.text = ""};
	const char *left;
	struct buf body;

	drift->call = NULL;
	if (result->status == 404) {
		left = left_alone(drift->desired, NULL);
		settle(drift, left ? DRIFT_LEFT : DRIFT_MISSING, left ? left : "");
		return;
	}
	if (result->error[0] || !(drift->live = json_parse_heap(answer, len, &err))) {
		settle(drift, DRIFT_UNKNOWN, result->error[0] ? result->error : err.text);
		return;
	}
	if ((left = left_alone(drift->desired, drift->live))) {
		settle(drift, DRIFT_LEFT, left);
		return;
	}
	buf_init(&body, BODY_MAX);
	if (json_write(&body, drift->desired, 0) < 0) {
		buf_release(&body);
		settle(drift, DRIFT_UNKNOWN, "it is over 4 MiB");
		return;
	}
	const struct write write = {.kind = WRITE_APPLY, .object = api_of(drift), .body = buf_string(&body), .dry_run = 1, .force = 1,
	                            .manager = own_fields_manager(drift->live, drift->options.managers)};
	drift->call = write_send(drift->options.client, &write, applied_came, drift);
	buf_release(&body);
}

static void ask_live(struct drift *drift, const cJSON *resources)
{
	const char *kind = json_string(drift->desired, "kind"), *namespace;
	const cJSON *resource;
	char path[2048], why[400];

	cJSON_ArrayForEach(resource, json_get(resources, "resources"))
	{
		const char *name = json_string(resource, "name"), *is = json_string(resource, "kind");
		if (!name || !is || strcmp(is, kind) != 0 || strchr(name, '/'))
			continue;
		snprintf(drift->plural, sizeof(drift->plural), "%s", name);
		drift->namespaced = json_bool(resource, "namespaced", 0);
		namespace = json_string(drift->desired, "metadata/namespace");
		free(present(drift)->namespace);
		present(drift)->namespace = safe_copy(!drift->namespaced ? "" : namespace && *namespace ? namespace : drift->options.namespace);
		api_object_path(&(struct api_object){.group = drift->group, .version = drift->version, .plural = drift->plural,
		                                     .namespace = present(drift)->namespace, .name = json_string(drift->desired, "metadata/name")},
		                path, sizeof(path));
		drift->call = client_get(drift->options.client, path, NULL, live_came, drift);
		return;
	}
	snprintf(why, sizeof(why), "the cluster has no kind %.100s in %.150s", present(drift)->kind, drift->group_version);
	settle(drift, DRIFT_UNKNOWN, why);
}

static void group_came(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct drift *drift = arg;
	struct err err = {.text = ""};
	cJSON *resources = NULL;

	drift->call = NULL;
	if (result->status == 404)
		resources = cJSON_CreateObject();
	else if (!result->error[0])
		resources = json_parse_heap(answer, len, &err);
	if (!resources) {
		settle(drift, DRIFT_UNKNOWN, result->error[0] ? result->error : err.text);
		return;
	}
	cJSON_AddItemToObject(drift->groups, drift->group_version, resources);
	ask_live(drift, resources);
}

static int holds_variable(const cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	int holds = text && strstr(text, "${") != NULL;

	cJSON_free(text);
	return holds;
}

static void look_at(struct drift *drift, const cJSON *object)
{
	const char *version = json_string(object, "apiVersion"), *kind = json_string(object, "kind");
	const char *name = json_string(object, "metadata/name"), *namespace = json_string(object, "metadata/namespace"), *slash;
	char path[300], why[400];
	cJSON *known;

	add(drift, kind, namespace ? namespace : drift->options.namespace, name);
	if (!version || !kind || !name || strlen(version) >= sizeof(drift->group)) {
		settle(drift, DRIFT_UNKNOWN, "it has no apiVersion, kind or name");
		return;
	}
	if (json_get(object, "sops")) {
		settle(drift, DRIFT_UNKNOWN, "it is encrypted in Git (SOPS), and the key is the controller's");
		return;
	}
	if (drift->options.substituted && holds_variable(object)) {
		snprintf(why, sizeof(why), "it holds ${…}, which %.200s replaces when it is applied", drift->options.substituted);
		settle(drift, DRIFT_UNKNOWN, why);
		return;
	}
	drift->desired = cJSON_Duplicate(object, 1);
	cJSON_DeleteItemFromObjectCaseSensitive(drift->desired, "status");
	if (strcmp(kind, "Secret") == 0)
		secret_as_stored(drift->desired);
	slash = strchr(version, '/');
	snprintf(drift->group, sizeof(drift->group), "%.*s", slash ? (int)(slash - version) : 0, version);
	snprintf(drift->version, sizeof(drift->version), "%.63s", slash ? slash + 1 : version);
	snprintf(drift->group_version, sizeof(drift->group_version), "%s", version);
	if ((known = cJSON_GetObjectItemCaseSensitive(drift->groups, drift->group_version))) {
		ask_live(drift, known);
		return;
	}
	struct api_object place = {.group = drift->group, .version = drift->version, .plural = ""};
	api_object_path(&place, path, sizeof(path));
	path[strlen(path) - 1] = '\0';
	drift->call = client_get(drift->options.client, path, NULL, group_came, drift);
}

/* --- what was applied and is rendered no more --- */

/* "ns_name_group_kind", a colon of a name as two underscores: ids of inventories. */
static int is_rendered(const struct drift *drift, const char *id)
{
	const cJSON *object;
	size_t at = 0;

	cJSON_ArrayForEach(object, drift->options.objects)
	{
		const char *version = json_string(object, "apiVersion"), *kind = json_string(object, "kind");
		const char *name = json_string(object, "metadata/name"), *slash = version ? strchr(version, '/') : NULL;
		char own[900], named[400];
		if (at >= drift->count)
			break;
		const struct drift_object *item = &drift->items[at++];
		struct text safe = text_in(named, sizeof(named));
		for (const char *c = name ? name : ""; *c; c++)
			text_printf(&safe, "%.*s", *c == ':' ? 2 : 1, *c == ':' ? "__" : c);
		snprintf(own, sizeof(own), "%s_%s_%.*s_%s", item->namespace, named, slash ? (int)(slash - version) : 0, version ? version : "",
		         kind ? kind : "");
		/* Of a kind that could not be asked about, it is not known whether it has a namespace. */
		const char *from = item->state == DRIFT_UNKNOWN && !item->changes.count ? strchr(own, '_') : own;
		if (strcmp(from, from == own ? id : id + strcspn(id, "_")) == 0)
			return 1;
	}
	return 0;
}

static void add_extra(struct drift *drift)
{
	const cJSON *entry;
	size_t rendered = drift->count;

	cJSON_ArrayForEach(entry, drift->options.inventory)
	{
		const char *id = json_string(entry, "id"), *name, *group, *kind;
		size_t whole = drift->count;
		drift->count = rendered; /* those alone are compared with */
		int known = !id || is_rendered(drift, id);
		drift->count = whole;
		if (known || whole >= 2 * OBJECTS_MAX || !(name = strchr(id, '_')) || !(kind = strrchr(id, '_')))
			continue;
		char *middle = kind > name ? mem_copy(name + 1, (size_t)(kind - name - 1)) : NULL;
		if (!middle || !(group = strrchr(middle, '_'))) {
			free(middle);
			continue;
		}
		char *namespace = mem_copy(id, (size_t)(name - id)), *named = mem_copy(middle, (size_t)(group - middle));
		add(drift, kind + 1, namespace, named)->state = DRIFT_EXTRA;
		free(namespace);
		free(named);
		free(middle);
	}
}

static void next_object(struct drift *drift)
{
	const cJSON *object;

	drift->looping = 1;
	while (!drift->call && (object = drift->next) && drift->count < OBJECTS_MAX) {
		drift->next = object->next;
		look_at(drift, object);
	}
	drift->looping = 0;
	if (drift->call)
		return;
	add_extra(drift);
	drift->options.done(drift->options.arg, drift);
}

/* The first step, so that nobody is called back from inside of drift_begin. */
static void ready_came(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct drift *drift = arg;

	(void)result, (void)answer, (void)len;
	drift->call = NULL;
	next_object(drift);
}

struct drift *drift_begin(const struct drift_options *options)
{
	struct drift *drift = mem_new(sizeof(*drift));

	drift->options = *options;
	drift->next = options->objects ? options->objects->child : NULL;
	drift->groups = cJSON_CreateObject();
	drift->call = client_get(options->client, "/version", NULL, ready_came, drift);
	return drift;
}

void drift_free(struct drift *drift)
{
	if (!drift)
		return;
	client_cancel(drift->call);
	for (size_t i = 0; i < drift->count; i++) {
		free(drift->items[i].kind);
		free(drift->items[i].namespace);
		free(drift->items[i].name);
		field_changes_release(&drift->items[i].changes);
	}
	free(drift->items);
	cJSON_Delete(drift->live);
	cJSON_Delete(drift->desired);
	cJSON_Delete(drift->groups);
	free(drift);
}

size_t drift_count(const struct drift *drift)
{
	return drift->count;
}

const struct drift_object *drift_at(const struct drift *drift, size_t index)
{
	return &drift->items[index];
}

size_t drift_in_state(const struct drift *drift, enum drift_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < drift->count; i++)
		count += drift->items[i].state == state;
	return count;
}

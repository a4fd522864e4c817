/* SPDX-License-Identifier: MIT */
/* What clients write: create, replace, patch, delete; status and scale as subresources; dry runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"

struct writing {
	struct api *api;
	struct server_call *call;
	const struct ask *ask;
	struct table *table;
	struct doc *doc; /* what is there; NULL: nothing */
};

static void reply_doc(const struct writing *writing, int code, const struct doc *doc)
{
	struct buf body;
	buf_init(&body, SIM_BODY_MAX);
	form_object(&body, writing->table, doc, FORM_PLAIN, 0);
	buf_must(buf_add(&body, "\n", 1));
	send_whole(writing->api, writing->call, writing->ask->fault, code, "application/json", &body);
	buf_release(&body);
}

static void refuse(const struct writing *writing, int code, const char *why)
{
	const struct ask *ask = writing->ask;
	char message[3 * SIM_NAME];
	snprintf(message, sizeof(message), "%s%s%s \"%s\" %s", ask->plural, ask->group[0] ? "." : "", ask->group,
	         ask->name, why);
	status_reply(writing->api, writing->call, code, NULL, message, NULL, NULL);
}

static int is_dry(const struct ask *ask)
{
	char text[16];
	return server_query(ask->request, "dryRun", text, sizeof(text)) && strcmp(text, "All") == 0;
}

void generation_count(cJSON *object, const struct doc *before)
{
	cJSON *old = before ? doc_json(before) : NULL,
	      *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
	int64_t generation = json_int(old, "metadata/generation", 0);
	const cJSON *spec = json_get(object, "spec");
	if (spec && (!old || !cJSON_Compare(spec, json_get(old, "spec"), 1)))
		generation++;
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "generation");
	if (generation > 0)
		cJSON_AddNumberToObject(metadata, "generation", (double)generation);
	cJSON_Delete(old);
}

/* A version in what is sent must be the one that is there. */
static int conflicts(const struct writing *writing, const cJSON *sent)
{
	const char *version = json_string(sent, "metadata/resourceVersion");
	char own[32];
	if (!version || !writing->doc)
		return 0;
	snprintf(own, sizeof(own), "%llu", (unsigned long long)writing->doc->version);
	if (strcmp(version, own) == 0)
		return 0;
	char message[3 * SIM_NAME];
	snprintf(message, sizeof(message), "Operation cannot be fulfilled on %s \"%s\": the object has been "
	                                   "modified; please "
	                                   "apply your changes to the latest version and try again",
	         writing->ask->plural, writing->ask->name);
	status_reply(writing->api, writing->call, 409, "Conflict", message, NULL, NULL);
	return 1;
}

/* Stores the object, which is freed, and answers. */
static void store(const struct writing *writing, int code, cJSON *object)
{
	struct err err = {0};
	generation_count(object, writing->doc);
	if (is_dry(writing->ask)) {
		struct doc *doc = doc_new(object, writing->doc ? writing->doc->version : 0, NULL);
		reply_doc(writing, code, doc);
		doc_drop(doc);
	} else {
		struct doc *doc = store_write(writing->api, writing->table, object, &err);
		if (doc)
			reply_doc(writing, code, doc);
		else
			status_reply(writing->api, writing->call, 422, "Invalid", err.text, NULL, NULL);
	}
	cJSON_Delete(object);
}

static cJSON *body_read(const struct writing *writing, int list)
{
	const struct server_request *request = writing->ask->request;
	struct err err = {0};
	cJSON *json = json_parse_heap(request->body, request->body_len, &err);
	if (json && (list ? cJSON_IsArray(json) : cJSON_IsObject(json)))
		return json;
	cJSON_Delete(json);
	status_reply(writing->api, writing->call, 400, "BadRequest",
	             err.text[0] ? err.text : list ? "the body is no JSON array" : "the body is no JSON object", NULL, NULL);
	return NULL;
}

static void answer_create(struct writing *writing)
{
	const struct ask *ask = writing->ask;
	char key[2 * SIM_NAME];
	cJSON *object = body_read(writing, 0), *metadata;
	if (!object)
		return;
	metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
	const char *name = json_string(metadata, "name");
	if (!name) {
		refuse(writing, 422, "is invalid: metadata.name: Required value: name or generateName is required");
		cJSON_Delete(object);
		return;
	}
	if (ask->namespace[0] && !json_get(metadata, "namespace"))
		cJSON_AddStringToObject(metadata, "namespace", ask->namespace);
	doc_key(key, sizeof(key), ask->namespace, name);
	writing->doc = table_get(writing->table, key);
	if (writing->doc) {
		char message[3 * SIM_NAME];
		snprintf(message, sizeof(message), "%s%s%s \"%s\" already exists", ask->plural, ask->group[0] ? "." : "", ask->group, name);
		status_reply(writing->api, writing->call, 409, "AlreadyExists", message, NULL, NULL);
		cJSON_Delete(object);
		return;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
	store(writing, 201, object);
}

/* The scale subresource, as far as clients read it. */
static void reply_scale(const struct writing *writing, const struct doc *doc)
{
	struct buf body;
	cJSON *json = doc_json(doc);
	buf_init(&body, SIM_TEXT_MAX);
	buf_must(buf_printf(&body, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{"
	                           "\"name\":\"%s\","
	                           "\"namespace\":\"%s\",\"resourceVersion\":\"%llu\"},\"spec\":{"
	                           "\"replicas\":%lld},"
	                           "\"status\":{\"replicas\":%lld}}\n", doc->name, doc->namespace,
	                    (unsigned long long)doc->version, (long long)json_int(json, "spec/replicas", 0),
	                    (long long)json_int(json, "status/replicas", 0)));
	reply_text(writing->call, 200, &body);
	buf_release(&body);
	cJSON_Delete(json);
}

/* A new number of replicas by the scale subresource. Frees the object. */
static void store_scale(const struct writing *writing, cJSON *object)
{
	generation_count(object, writing->doc);
	struct doc *doc = is_dry(writing->ask) ? doc_take(writing->doc)
	                                       : doc_take(store_write(writing->api, writing->table, object, NULL));
	if (doc)
		reply_scale(writing, doc);
	doc_drop(doc);
	cJSON_Delete(object);
}

static void answer_replace(struct writing *writing)
{
	cJSON *object = body_read(writing, 0);
	if (object && strcmp(writing->ask->sub, "scale") == 0) {
		cJSON *own = doc_json(writing->doc), *spec = cJSON_GetObjectItemCaseSensitive(own, "spec");
		cJSON_DeleteItemFromObjectCaseSensitive(spec, "replicas");
		cJSON_AddNumberToObject(spec, "replicas", (double)json_int(object, "spec/replicas", 0));
		cJSON_Delete(object);
		store_scale(writing, own);
	} else if (object && conflicts(writing, object))
		cJSON_Delete(object);
	else if (object)
		store(writing, 200, object);
}

enum patch_kind { PATCH_MERGE, PATCH_STRATEGIC, PATCH_APPLY, PATCH_JSON, PATCH_KINDS };

static enum patch_kind patch_kind_of(const struct writing *writing)
{
	static const char *const kinds[] = {"application/merge-patch+json", "application/strategic-merge-patch+json",
	                                    "application/apply-patch+yaml", "application/json-patch+json"};
	char type[128] = "";
	int kind = 0;
	server_header(writing->ask->request, "Content-Type", type, sizeof(type));
	while (kind < PATCH_KINDS && strncmp(type, kinds[kind], strlen(kinds[kind])) != 0)
		kind++;
	/* What a list's items are known by is said by the type, and that of a custom resource says nothing. */
	return kind == PATCH_STRATEGIC && table_is_custom(writing->table) ? PATCH_KINDS : (enum patch_kind)kind;
}

static void answer_patch(struct writing *writing)
{
	enum patch_kind kind = patch_kind_of(writing);
	struct err err = {0};
	if (kind == PATCH_KINDS) {
		refuse(writing, 415, "cannot be patched with this content type");
		return;
	}
	cJSON *patch = body_read(writing, kind == PATCH_JSON);
	if (!patch || conflicts(writing, patch)) {
		cJSON_Delete(patch);
		return;
	}
	cJSON *object = doc_json(writing->doc);
	cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(patch, "metadata"),
	                                        "resourceVersion");
	int result = 0;
	if (kind == PATCH_JSON)
		result = json_patch(object, patch, &err);
	else
		(kind == PATCH_MERGE || table_is_custom(writing->table) ? merge_patch : strategic_patch)(object, patch);
	cJSON_Delete(patch);
	if (result < 0) {
		status_reply(writing->api, writing->call, 422, "Invalid", err.text, NULL, NULL);
		cJSON_Delete(object);
	} else if (strcmp(writing->ask->sub, "scale") == 0) {
		store_scale(writing, object);
	} else {
		store(writing, 200, object);
	}
}

void answer_scale(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct writing writing = {.api = api, .call = call, .ask = ask, .table = table};
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	writing.doc = table_get(table, key);
	if (writing.doc)
		reply_scale(&writing, writing.doc);
	else
		refuse(&writing, 404, "not found");
}

static void answer_delete(struct writing *writing)
{
	char details[3 * SIM_NAME];
	const struct ask *ask = writing->ask;
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	snprintf(details, sizeof(details), "{\"name\":\"%s\",\"kind\":\"%s\"}", ask->name, ask->plural);
	if (!is_dry(ask) && writing->api->deleting &&
	    writing->api->deleting(writing->api->observer, writing->table, writing->doc)) {
		reply_doc(writing, 200, table_get(writing->table, key));
		return;
	}
	if (!is_dry(ask))
		store_remove(writing->api, writing->table, writing->doc->key);
	status_reply(writing->api, writing->call, 200, "", "", details, NULL);
}

void answer_write(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct writing writing = {.api = api, .call = call, .ask = ask, .table = table};
	const char *method = ask->request->method;
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	writing.doc = ask->name[0] ? table_get(table, key) : NULL;
	if (strcmp(method, "POST") == 0 && !ask->name[0])
		answer_create(&writing);
	else if (!ask->name[0])
		refuse(&writing, 405, "cannot be written without a name");
	else if (!writing.doc)
		refuse(&writing, 404, "not found");
	else if (strcmp(method, "PUT") == 0)
		answer_replace(&writing);
	else if (strcmp(method, "PATCH") == 0)
		answer_patch(&writing);
	else if (strcmp(method, "DELETE") == 0)
		answer_delete(&writing);
	else
		refuse(&writing, 405, "does not know this method");
}

/* SPDX-License-Identifier: MIT */
/* Reads revisions: two requests, then one list, sorted. */
#include "kube/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "kube/decode.h"
#include "kube/object.h"
#include "kube/source.h"

enum { REVISIONS_MAX = 200 };

struct history_read {
	struct source *source;
	enum object_kind kind;
	char *namespace, *name;
	struct client_call *call;
	cJSON *workload;
	void (*done)(void *arg, struct history *history, const struct err *err);
	void *arg;
};

static void read_free(struct history_read *read)
{
	cJSON_Delete(read->workload);
	free(read->namespace);
	free(read->name);
	free(read);
}

static void read_fail(struct history_read *read, const char *what, const char *why)
{
	struct err err;

	err_set(&err, "%s cannot be read: %s", what, why);
	read->done(read->arg, NULL, &err);
	read_free(read);
}

int history_keeps_sets(enum object_kind kind)
{
	return kind == OBJECT_DEPLOYMENT || kind == OBJECT_ROLLOUT;
}

int history_holds(const cJSON *workload, const cJSON *item)
{
	const char *uid = json_string(workload, "metadata/uid");
	const cJSON *owner;

	cJSON_ArrayForEach(owner, json_at(item, "metadata/ownerReferences"))
	{
		const char *own = json_string(owner, "uid");
		if (uid && own && strcmp(uid, own) == 0)
			return 1;
	}
	return 0;
}

static const char *member_text(const cJSON *map, const char *name)
{
	const cJSON *item = json_get(map, name);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static void images_write(const cJSON *template, char *out, size_t size)
{
	const cJSON *container;
	struct text text = text_in(out, size);

	cJSON_ArrayForEach(container, json_at(template, "spec/containers"))
	{
		const char *image = json_string(container, "image");
		char safe[256];
		decode_text(safe, sizeof(safe), image ? image : "");
		text_printf(&text, "%s%s", text.len ? "," : "", safe);
	}
}

static void item_read(enum object_kind kind, const cJSON *json, struct history *history)
{
	const cJSON *annotations = json_at(json, "metadata/annotations"), *labels = json_at(json, "metadata/labels");
	const cJSON *template = json_at(json, history_keeps_sets(kind) ? "spec/template" : "data/spec/template");
	struct history_item *item = &history->items[history->count];
	struct object_text *text;
	cJSON *copy;

	memset(item, 0, sizeof(*item));
	item->desired = item->ready = -1;
	if (history_keeps_sets(kind)) {
		item->revision = strtol(member_text(annotations, kind == OBJECT_ROLLOUT ? "rollout.argoproj.io/revision"
		                                                  : "deployment.kubernetes.io/revision"), NULL, 10);
		item->desired = decode_count(json, "spec/replicas", 0);
		item->ready = decode_count(json, "status/readyReplicas", 0);
		decode_text(item->hash, sizeof(item->hash),
		            member_text(labels, kind == OBJECT_ROLLOUT ? "rollouts-pod-template-hash" : "pod-template-hash"));
	} else {
		item->revision = (long)json_int(json, "revision", 0);
		decode_text(item->hash, sizeof(item->hash), member_text(labels, "controller-revision-hash"));
	}
	if (item->revision <= 0 || !template)
		return;
	decode_text(item->name, sizeof(item->name), json_string(json, "metadata/name"));
	/* A StatefulSet's pods carry the whole name of their ControllerRevision. */
	if (kind == OBJECT_STATEFULSET || !*item->hash)
		snprintf(item->hash, sizeof(item->hash), "%s", item->name);
	decode_text(item->cause, sizeof(item->cause), member_text(annotations, "kubernetes.io/change-cause"));
	item->created_ms = json_stamp(json, "metadata/creationTimestamp");
	images_write(template, item->images, sizeof(item->images));
	copy = cJSON_Duplicate(template, 1);
	cJSON_DeleteItemFromObjectCaseSensitive(copy, "$patch");
	cJSON *template_labels = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(copy, "metadata"), "labels");
	cJSON_DeleteItemFromObjectCaseSensitive(template_labels, "pod-template-hash");
	cJSON_DeleteItemFromObjectCaseSensitive(template_labels, "rollouts-pod-template-hash");
	text = object_text_of(copy, NULL);
	cJSON_Delete(copy);
	if (text) {
		item->lines = text->lines;
		item->line_count = text->count;
		history->masked += text->masked;
		free(text); /* its lines are the item's now */
	}
	history->count++;
}

static int newer_first(const void *a, const void *b)
{
	const struct history_item *left = a, *right = b;

	return left->revision < right->revision ? 1 : left->revision > right->revision ? -1 : 0;
}

static void amount_add(const cJSON *value, const char *fallback, struct text *out)
{
	char safe[24];

	if (cJSON_IsNumber(value)) {
		text_printf(out, "%d", value->valueint);
		return;
	}
	decode_text(safe, sizeof(safe), cJSON_IsString(value) ? value->valuestring : fallback);
	text_add(out, safe);
}

static void strategy_write(enum object_kind kind, const cJSON *workload, struct history *history)
{
	struct text out = text_in(history->strategy, sizeof(history->strategy));
	const char *place = kind == OBJECT_DEPLOYMENT ? "spec/strategy" : "spec/updateStrategy";
	const cJSON *strategy = json_at(workload, place), *rolling = json_get(strategy, "rollingUpdate");
	char type[40];

	if (kind == OBJECT_ROLLOUT) {
		text_add(&out, json_at(workload, "spec/strategy/blueGreen") ? "blue-green" : "canary");
		return;
	}
	decode_text(type, sizeof(type), json_string(strategy, "type"));
	text_add(&out, *type ? type : "RollingUpdate");
	if (kind == OBJECT_DEPLOYMENT && rolling) {
		text_add(&out, ", at most ");
		amount_add(json_get(rolling, "maxUnavailable"), "25%", &out);
		text_add(&out, " missing and ");
		amount_add(json_get(rolling, "maxSurge"), "25%", &out);
		text_add(&out, " more");
	}
	if (json_get(rolling, "partition"))
		text_printf(&out, ", partition %d", decode_count(rolling, "partition", 0));
}

struct history *history_decode(enum object_kind kind, const cJSON *workload, const cJSON *list)
{
	struct history *history = mem_new(sizeof(*history));
	const cJSON *item;

	history->items = mem_new_array(REVISIONS_MAX, sizeof(*history->items));
	cJSON_ArrayForEach(item, json_get(list, "items"))
		if (history_holds(workload, item) && history->count < REVISIONS_MAX)
			item_read(kind, item, history);
	if (history->count > 1)
		qsort(history->items, history->count, sizeof(*history->items), newer_first);
	strategy_write(kind, workload, history);
	return history;
}

static void list_came(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct history_read *read = arg;
	struct history *history;
	cJSON *json;

	read->call = NULL;
	if (result->error[0]) {
		read_fail(read, "its revisions", result->error);
		return;
	}
	json = json_parse_heap(body, len, NULL);
	history = history_decode(read->kind, read->workload, json);
	cJSON_Delete(json);
	read->done(read->arg, history, NULL);
	read_free(read);
}

static void workload_came(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct history_read *read = arg;
	char path[1600], selector[640];
	struct text text = text_in(path, sizeof(path)), chosen = text_in(selector, sizeof(selector));
	const cJSON *label;

	read->call = NULL;
	read->workload = result->error[0] ? NULL : json_parse_heap(body, len, NULL);
	if (!read->workload) {
		read_fail(read, "the workload", result->error[0] ? result->error : "the answer is no JSON");
		return;
	}
	cJSON_ArrayForEach(label, json_at(read->workload, "spec/selector/matchLabels"))
		if (cJSON_IsString(label))
			text_printf(&chosen, "%s%s=%s", chosen.len ? "," : "", label->string, label->valuestring);
	text_add(&text, "/apis/apps/v1/namespaces/");
	text_add_escaped(&text, read->namespace);
	text_printf(&text, "/%s?limit=500&labelSelector=", history_keeps_sets(read->kind) ? "replicasets" : "controllerrevisions");
	text_add_escaped(&text, selector);
	read->call = client_get(source_client(read->source), path, NULL, list_came, read);
}

struct history_read *history_read(struct source *source, enum object_kind kind, const char *namespace, const char *name,
                                  void (*done)(void *arg, struct history *history, const struct err *err), void *arg)
{
	struct history_read *read = mem_new(sizeof(*read));
	const char *version = NULL;
	char path[1024];

	read->source = source;
	read->kind = kind;
	read->namespace = mem_copy_string(namespace);
	read->name = mem_copy_string(name);
	read->done = done;
	read->arg = arg;
	kind_path(source_kind(source, kind, &version), version, namespace, name, path, sizeof(path));
	read->call = client_get(source_client(source), path, NULL, workload_came, read);
	return read;
}

void history_cancel(struct history_read *read)
{
	if (!read)
		return;
	client_cancel(read->call);
	read_free(read);
}

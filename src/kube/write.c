/* SPDX-License-Identifier: MIT */
/* Writes, and the two reviews that tell beforehand who we are and what we may. */
#include "kube/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

static const struct {
	const char *method, *verb, *type;
} writes[WRITE_KINDS] = {
	[WRITE_CREATE] = {"POST", "create", "application/json"},
	[WRITE_MERGE] = {"PATCH", "patch", "application/merge-patch+json"},
	[WRITE_STRATEGIC] = {"PATCH", "patch", "application/strategic-merge-patch+json"},
	[WRITE_JSON] = {"PATCH", "patch", "application/json-patch+json"},
	[WRITE_APPLY] = {"PATCH", "patch", "application/apply-patch+yaml"},
	[WRITE_DELETE] = {"DELETE", "delete", "application/json"},
};

static int is_there(const char *text)
{
	return text && *text;
}

void api_object_path(const struct api_object *object, char *out, size_t size)
{
	struct text path = text_in(out, size);

	if (is_there(object->group))
		text_printf(&path, "/apis/%s/%s", object->group, object->version);
	else
		text_printf(&path, "/api/%s", object->version);
	if (is_there(object->namespace)) {
		text_add(&path, "/namespaces/");
		text_add_escaped(&path, object->namespace);
	}
	text_printf(&path, "/%s", object->plural);
	if (is_there(object->name)) {
		text_add(&path, "/");
		text_add_escaped(&path, object->name);
	}
	if (is_there(object->subresource))
		text_printf(&path, "/%s", object->subresource);
}

const char *write_method(enum write_kind kind)
{
	return writes[kind].method;
}

const char *write_verb(enum write_kind kind)
{
	return writes[kind].verb;
}

void write_path(const struct write *write, char *out, size_t size)
{
	struct api_object object = write->object;

	if (write->kind == WRITE_CREATE)
		object.name = NULL;
	api_object_path(&object, out, size);
	size_t len = strlen(out);
	if (write->kind == WRITE_DELETE)
		snprintf(out + len, size - len, "%s", write->dry_run ? "?dryRun=All" : "");
	else
		snprintf(out + len, size - len, "?fieldManager=%s%s%s", write->dry_run && write->manager ? write->manager : "flagdeck",
		         write->dry_run ? "&dryRun=All" : "", write->kind == WRITE_APPLY && write->force ? "&force=true" : "");
}

struct client_call *write_send(struct client *client, const struct write *write,
                               void (*done)(void *arg, const struct client_result *result, const char *answer,
                                            size_t len),
                               void *arg)
{
	char path[2048];

	write_path(write, path, sizeof(path));
	return client_post(client, writes[write->kind].method, path, write->body ? writes[write->kind].type : NULL,
	                   write->body, done, arg);
}

struct rights_call {
	struct client_call *call;
	void (*done)(void *arg, int allowed, const char *words);
	void *arg;
	char what[400]; /* "patch deployments.apps in namespace payments" */
};

static void rights_answered(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct rights_call *call = arg;
	char words[900] = "";
	int allowed = -1;

	if (result->error[0]) {
		snprintf(words, sizeof(words), "whether you may %s is not known: %s", call->what, result->error);
	} else {
		cJSON *json = json_parse_heap(answer, len, NULL);
		const char *reason = json_string(json, "status/reason");
		char safe[300] = "";
		allowed = json_bool(json, "status/allowed", -1);
		utf8_sanitise(safe, sizeof(safe), reason ? reason : "", reason ? strlen(reason) : 0);
		if (allowed == 0)
			snprintf(words, sizeof(words), "you may not %s%s%s", call->what, *safe ? ": " : "", safe);
		else if (allowed < 0)
			snprintf(words, sizeof(words), "whether you may %s is not known: the server did not say", call->what);
		cJSON_Delete(json);
	}
	call->done(call->arg, allowed, words);
	free(call);
}

static void add_text(cJSON *json, const char *name, const char *text)
{
	if (is_there(text))
		cJSON_AddStringToObject(json, name, text);
}

struct rights_call *rights_ask(struct client *client, const char *verb, const struct api_object *object,
                               void (*done)(void *arg, int allowed, const char *words), void *arg)
{
	struct rights_call *call = mem_new(sizeof(*call));
	cJSON *review = cJSON_CreateObject(), *attributes;
	struct buf body;

	call->done = done;
	call->arg = arg;
	snprintf(call->what, sizeof(call->what), "%s %s%s%s%s%s%s%s", verb, object->plural,
	         is_there(object->subresource) ? "/" : "", is_there(object->subresource) ? object->subresource : "",
	         is_there(object->group) ? "." : "", is_there(object->group) ? object->group : "",
	         is_there(object->namespace) ? " in namespace " : "", is_there(object->namespace) ? object->namespace : "");
	cJSON_AddStringToObject(review, "apiVersion", "authorization.k8s.io/v1");
	cJSON_AddStringToObject(review, "kind", "SelfSubjectAccessReview");
	attributes = cJSON_AddObjectToObject(cJSON_AddObjectToObject(review, "spec"), "resourceAttributes");
	add_text(attributes, "verb", verb);
	add_text(attributes, "group", object->group);
	add_text(attributes, "resource", object->plural);
	add_text(attributes, "subresource", object->subresource);
	add_text(attributes, "namespace", object->namespace);
	add_text(attributes, "name", object->name);
	buf_init(&body, 1 << 16);
	if (json_write(&body, review, 0) < 0)
		buf_clear(&body); /* the names were over 64 KiB: the server will say what it thinks of it */
	call->call = client_post(client, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
	                         "application/json", buf_string(&body), rights_answered, call);
	buf_release(&body);
	cJSON_Delete(review);
	return call;
}

void rights_cancel(struct rights_call *call)
{
	if (!call)
		return;
	client_cancel(call->call);
	free(call);
}

struct whoami_call {
	struct client_call *call;
	void (*done)(void *arg, const char *user);
	void *arg;
};

static void whoami_answered(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct whoami_call *call = arg;
	cJSON *json = result->error[0] ? NULL : json_parse_heap(answer, len, NULL);
	const char *name = json_string(json, "status/userInfo/username");
	char user[256] = "";

	utf8_sanitise(user, sizeof(user), name ? name : "", name ? strlen(name) : 0);
	call->done(call->arg, user);
	cJSON_Delete(json);
	free(call);
}

struct whoami_call *whoami_ask(struct client *client, void (*done)(void *arg, const char *user), void *arg)
{
	struct whoami_call *call = mem_new(sizeof(*call));

	call->done = done;
	call->arg = arg;
	call->call = client_post(client, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "application/json",
	                         "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}",
	                         whoami_answered, call);
	return call;
}

void whoami_cancel(struct whoami_call *call)
{
	if (!call)
		return;
	client_cancel(call->call);
	free(call);
}

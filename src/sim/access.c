/* SPDX-License-Identifier: MIT */
/* Who may do what: tokens, denials, and the reviews that tell a client beforehand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

void api_allow_token(struct api *api, const char *token)
{
	vec_push(&api->tokens, mem_copy_string(token));
}

void api_refuse_token(struct api *api, const char *token)
{
	/* The list may become empty, and shall refuse everybody then: a token that nobody can have stays. */
	for (size_t i = api->tokens.len; i-- > 0;)
		if (strcmp(api->tokens.items[i], token) == 0) {
			free(api->tokens.items[i]);
			api->tokens.items[i] = mem_copy_string("\n");
		}
}

void api_deny(struct api *api, const char *verb, const char *resource, const char *namespace)
{
	struct denial *denial = mem_new(sizeof(*denial));
	denial->verb = mem_copy_string(verb);
	denial->resource = mem_copy_string(resource);
	denial->namespace = mem_copy_string(namespace);
	vec_push(&api->denials, denial);
}

void api_allow_all(struct api *api)
{
	for (size_t i = 0; i < api->denials.len; i++) {
		struct denial *denial = api->denials.items[i];
		free(denial->verb);
		free(denial->resource);
		free(denial->namespace);
		free(denial);
	}
	vec_clear(&api->denials);
}

void access_free(struct api *api)
{
	api_allow_all(api);
	for (size_t i = 0; i < api->tokens.len; i++)
		free(api->tokens.items[i]);
	vec_release(&api->tokens);
	vec_release(&api->denials);
}

int access_allows(const struct api *api, const char *verb, const char *resource, const char *namespace)
{
	for (size_t i = 0; i < api->denials.len; i++) {
		const struct denial *denial = api->denials.items[i];
		int everywhere = denial->namespace && strcmp(denial->namespace, "*") == 0;
		if ((denial->verb && strcmp(denial->verb, verb) != 0) ||
		    (denial->resource && strcmp(denial->resource, resource) != 0))
			continue;
		if (everywhere || strcmp(denial->namespace ? denial->namespace : "", namespace) == 0)
			return 0;
	}
	return 1;
}

static const char *verb_of(const struct ask *ask)
{
	static const char *const verbs[][2] = {{"POST", "create"}, {"PUT", "update"}, {"PATCH", "patch"},
		{"DELETE", "delete"}};
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(ask->request->method, verbs[i][0]) == 0)
			return verbs[i][1];
	return ask->is_watch ? "watch" : ask->name[0] ? "get" : "list";
}

static int token_is_good(const struct api *api, const struct server_request *request)
{
	char header[4096] = "";
	static const char bearer[] = "Bearer ";
	if (api->tokens.len == 0)
		return 1;
	server_header(request, "Authorization", header, sizeof(header));
	if (strncmp(header, bearer, sizeof(bearer) - 1) != 0)
		return 0;
	for (size_t i = 0; i < api->tokens.len; i++)
		if (strcmp(api->tokens.items[i], header + sizeof(bearer) - 1) == 0)
			return 1;
	return 0;
}

int access_refused(struct api *api, struct server_call *call, const struct ask *ask)
{
	char message[3 * SIM_NAME], where[SIM_NAME + 32], resource[256];
	const char *verb = verb_of(ask);
	if (!token_is_good(api, ask->request)) {
		status_reply(api, call, 401, "Unauthorized", "Unauthorized", NULL, NULL);
		return 1;
	}
	snprintf(resource, sizeof(resource), "%s%s%s", ask->plural, ask->sub[0] ? "/" : "", ask->sub);
	if (!ask->plural[0] || access_allows(api, verb, resource, ask->namespace))
		return 0;
	if (ask->namespace[0])
		snprintf(where, sizeof(where), "in the namespace \"%s\"", ask->namespace);
	else
		snprintf(where, sizeof(where), "at the cluster scope");
	snprintf(message, sizeof(message), "%s%s%s is forbidden: User \"dev\" cannot %s resource \"%s\" in API "
		"group \"%s\" %s",
	         ask->plural, ask->group[0] ? "." : "", ask->group, verb, resource, ask->group, where);
	status_reply(api, call, 403, "Forbidden", message, NULL, NULL);
	return 1;
}

static void add_reviewed(cJSON *review, int allowed)
{
	cJSON *status = cJSON_AddObjectToObject(review, "status");
	cJSON_AddBoolToObject(status, "allowed", allowed);
	if (!allowed)
		cJSON_AddStringToObject(status, "reason", "no rule allows it");
}

/* SelfSubjectRulesReview: all verbs on all resources, then what is denied cannot be said. */
static void add_rules(cJSON *review)
{
	static const char rules[] =
		"{\"resourceRules\":[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]}],"
		"\"nonResourceRules\":[{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/livez\",\"/readyz\","
		"\"/version\",\"/api/*\","
		"\"/apis/*\"]}],\"incomplete\":false}";
	cJSON_AddItemToObject(review, "status", json_parse_heap(rules, sizeof(rules) - 1, NULL));
}

int answer_review(struct api *api, struct server_call *call, const struct ask *ask)
{
	const struct server_request *request = ask->request;
	char resource[256];
	struct buf body;
	int who = strcmp(ask->group, "authentication.k8s.io") == 0;
	if ((!who && strcmp(ask->group, "authorization.k8s.io") != 0) || strcmp(request->method, "POST") != 0)
		return 0;
	cJSON *review = json_parse_heap(request->body, request->body_len, NULL);
	if (!review) {
		status_reply(api, call, 400, "BadRequest", "the body is no JSON", NULL, NULL);
		return 1;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(review, "status");
	if (who) {
		cJSON_AddStringToObject(cJSON_AddObjectToObject(cJSON_AddObjectToObject(review, "status"), "userInfo"),
		                        "username", "dev");
	} else if (strcmp(ask->plural, "selfsubjectrulesreviews") == 0) {
		add_rules(review);
	} else {
		const cJSON *wanted = json_at(review, "spec/resourceAttributes");
		const char *verb = json_string(wanted, "verb"), *plural = json_string(wanted, "resource");
		const char *sub = json_string(wanted, "subresource"), *namespace = json_string(wanted, "namespace");
		snprintf(resource, sizeof(resource), "%s%s%s", plural ? plural : "", sub && *sub ? "/" : "",
		         sub ? sub : "");
		add_reviewed(review,
		             !wanted || access_allows(api, verb ? verb : "", resource, namespace ? namespace : ""));
	}
	buf_init(&body, SIM_TEXT_MAX);
	buf_must(json_write(&body, review, 0));
	reply_text(call, 201, &body);
	buf_release(&body);
	cJSON_Delete(review);
	return 1;
}

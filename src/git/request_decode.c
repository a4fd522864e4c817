/* SPDX-License-Identifier: MIT */
/* What the servers answer. Their words go to the screen, so they are sanitised. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "git/request.h"
#include "model/repository.h"

static void copy_safe(char *out, size_t size, const char *text)
{
	if (text)
		utf8_sanitise(out, size, text, strlen(text) < size / 4 ? strlen(text) : size / 4);
}

/* "message", with GitHub's and GitLab's details where there are some. */
static int fail(const cJSON *json, int status, struct err *err)
{
	char words[400] = "", more[300] = "";
	const cJSON *message = json ? json_get(json, "message") : NULL;
	if (cJSON_IsString(message))
		utf8_sanitise(words, sizeof(words), message->valuestring, strnlen(message->valuestring, 120));
	else if (cJSON_IsArray(message) && cJSON_IsString(message->child))
		utf8_sanitise(words, sizeof(words), message->child->valuestring, strnlen(message->child->valuestring, 120));
	const cJSON *errors = json ? json_get(json, "errors") : NULL;
	const char *detail = cJSON_IsArray(errors) && errors->child ? json_string(errors->child, "message") : NULL;
	if (detail)
		utf8_sanitise(more, sizeof(more), detail, strnlen(detail, 120));
	const char *advice = status == 401 || status == 403 ? "; see that git's credential helper has a token that may open pull requests, or set "
	                                                      "FLAGDECK_GIT_TOKEN" : status == 404 ? "; see the address, and what the token may see" : "";
	return err_set(err, "the server answered %d%s%s%s%s%s", status, *words ? ": " : "", words, *more ? ", " : "", more, advice);
}

static enum request_state state_of(const struct forge_place *place, const cJSON *json)
{
	const char *state = json_string(json, place->forge == FORGE_AZURE ? "status" : "state");
	if (json_bool(json, "merged", 0) || (state && (strcmp(state, "merged") == 0 || strcmp(state, "completed") == 0)))
		return REQUEST_MERGED;
	return state && (strcmp(state, "closed") == 0 || strcmp(state, "abandoned") == 0) ? REQUEST_CLOSED : REQUEST_OPEN;
}

int request_decode(struct request *request, const struct forge_place *place, int status, const char *bytes, size_t len,
                   struct err *err)
{
	static const char *const numbers[FORGES] = {"", "number", "iid", "number", "pullRequestId"};
	cJSON *json = len ? json_parse_heap(bytes, len, NULL) : NULL;
	int result = -1;
	*request = (struct request){0};
	if (status < 200 || status >= 300) {
		fail(json, status, err);
		goto out;
	}
	request->number = (long)json_int(json, numbers[place->forge], 0);
	if (!cJSON_IsObject(json) || request->number <= 0) {
		err_set(err, "the server's answer names no pull request");
		goto out;
	}
	if (place->forge == FORGE_AZURE)
		snprintf(request->url, sizeof(request->url), "%.200s/%.100s/_git/%.60s/pullrequest/%ld", place->web, place->owner, place->name, request->number);
	else
		copy_safe(request->url, sizeof(request->url), json_string(json, place->forge == FORGE_GITLAB ? "web_url" : "html_url"));
	request->state = state_of(place, json);
	if (request->state == REQUEST_MERGED) {
		const char *sha = json_string(json, place->forge == FORGE_AZURE ? "lastMergeCommit/commitId" : "merge_commit_sha");
		if (!sha && place->forge == FORGE_GITLAB)
			sha = json_string(json, "squash_commit_sha");
		if (sha && sha_is_whole(sha))
			snprintf(request->merged, sizeof(request->merged), "%s", sha);
	}
	result = 0;
out:
	cJSON_Delete(json);
	return result;
}

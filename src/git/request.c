/* SPDX-License-Identifier: MIT */
/* Where a repository's API is, and what is asked of it: four dialects of one thing. */
#include "git/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

const char *const forge_names[FORGES] = {"none", "github", "gitlab", "gitea", "azure"};

/* In place. What decodes to a control character stays as it is. */
static void percent_decode(char *text)
{
	char *out = text;
	for (char *at = text; *at; at++) {
		unsigned byte;
		if (*at == '%' && at[1] && at[2] && sscanf(at + 1, "%2x", &byte) == 1 && byte >= ' ' && byte != 0x7f) {
			*out++ = (char)byte;
			at += 2;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
}

/* "git@host:path", "ssh://user@host:port/path" and "https://user@host:port/path" taken apart. */
static int address_split(const char *url, char *scheme, char *host, char *path, size_t size)
{
	const char *sep = strstr(url, "://"), *at = sep ? sep + 3 : url;
	size_t end = sep || *url == '/' ? strcspn(at, "/") : strcspn(at, ":"); /* a path of this disk has no host */
	const char *user = memchr(at, '@', end), *name = user ? user + 1 : at;
	snprintf(scheme, size, "%.*s", sep ? (int)(sep - url) : 3, sep ? url : "ssh");
	snprintf(host, size, "%.*s", (int)(at + end - name), name);
	snprintf(path, size, "%s", at[end] ? at + end + 1 : "");
	percent_decode(path);
	size_t len = strlen(path);
	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	if (len > 4 && strcmp(path + len - 4, ".git") == 0)
		path[len - 4] = '\0';
	if (strcmp(scheme, "ssh") == 0)
		host[strcspn(host, ":")] = '\0'; /* ssh's port is not the API's */
	return *path ? 0 : -1;
}

static enum forge forge_of(const char *host, const char *provider)
{
	for (int i = 1; provider && i < FORGES; i++)
		if (strcasecmp(provider, forge_names[i]) == 0)
			return (enum forge)i;
	if (provider)
		return FORGE_NONE;
	return strcasestr(host, "github") ? FORGE_GITHUB : strcasestr(host, "gitlab") ? FORGE_GITLAB
	       : strcasestr(host, "gitea") || strcasestr(host, "codeberg") || strcasestr(host, "forgejo") ? FORGE_GITEA
	       : strcasestr(host, "dev.azure.com") || strcasestr(host, "visualstudio.com") ? FORGE_AZURE : FORGE_NONE;
}

/* "org/project/_git/repo", or ssh's "v3/org/project/repo". */
static void azure_path(char *path)
{
	char *git = strstr(path, "/_git/");
	if (strncmp(path, "v3/", 3) == 0)
		memmove(path, path + 3, strlen(path + 3) + 1);
	if (git)
		memmove(git, git + 5, strlen(git + 5) + 1);
}

int forge_find(struct forge_place *place, const char *url, const char *provider, const char *api, struct err *err)
{
	char scheme[300], host[300], path[300];
	*place = (struct forge_place){0};
	if (address_split(url, scheme, host, path, sizeof(path)) < 0)
		return err_set(err, "the repository's address has no path that a pull request could be opened at");
	place->forge = forge_of(host, provider);
	if (place->forge == FORGE_NONE)
		return err_set(err, "whose pull requests %.80s takes is not known: say `provider: github`, gitlab, gitea or azure for the repository in "
		               "the configuration", *host ? host : "the repository");
	const char *web_scheme = strcmp(scheme, "http") == 0 ? "http" : "https";
	if (place->forge == FORGE_AZURE) {
		azure_path(path);
		if (strncmp(host, "ssh.", 4) == 0)
			memmove(host, host + 4, strlen(host + 4) + 1);
	}
	char *slash = strrchr(path, '/');
	snprintf(place->name, sizeof(place->name), "%s", slash ? slash + 1 : path);
	snprintf(place->owner, sizeof(place->owner), "%.*s", slash ? (int)(slash - path) : 0, path);
	snprintf(place->web, sizeof(place->web), "%s://%.250s", web_scheme, host);
	if (api && *api)
		snprintf(place->api, sizeof(place->api), "%s", api);
	else if (place->forge == FORGE_GITHUB && strcasecmp(host, "github.com") == 0)
		snprintf(place->api, sizeof(place->api), "https://api.github.com");
	else
		snprintf(place->api, sizeof(place->api), "%.280s%s", place->web, place->forge == FORGE_GITHUB ? "/api/v3" : place->forge == FORGE_GITLAB
		         ? "/api/v4" : place->forge == FORGE_GITEA ? "/api/v1" : "");
	size_t len = strlen(place->api);
	while (len && place->api[len - 1] == '/')
		place->api[--len] = '\0';
	return 0;
}

static void add_escaped_path(struct text *text, const char *path)
{
	char *copy = mem_copy_string(path), *rest = copy, *part;
	for (int first = 1; (part = strsep(&rest, "/")); first = 0) {
		if (!first)
			text_add(text, "/");
		text_add_escaped(text, part);
	}
	free(copy);
}

static void call_path(struct text *text, const struct forge_place *place)
{
	char whole[420];
	switch (place->forge) {
	case FORGE_GITLAB:
		snprintf(whole, sizeof(whole), "%s/%s", place->owner, place->name);
		text_add(text, "/projects/");
		text_add_escaped(text, whole);
		text_add(text, "/merge_requests");
		break;
	case FORGE_AZURE:
		text_add(text, "/");
		add_escaped_path(text, place->owner);
		text_add(text, "/_apis/git/repositories/");
		text_add_escaped(text, place->name);
		text_add(text, "/pullrequests");
		break;
	default:
		text_add(text, "/repos/");
		add_escaped_path(text, place->owner);
		text_add(text, "/");
		text_add_escaped(text, place->name);
		text_add(text, "/pulls");
	}
}

int forge_open_call(struct forge_call *call, const struct forge_place *place, const char *from, const char *to, const char *title,
                    const char *text, struct err *err)
{
	static const char *const names[FORGES][4] = {
	    [FORGE_GITHUB] = {"head", "base", "title", "body"}, [FORGE_GITEA] = {"head", "base", "title", "body"},
	    [FORGE_GITLAB] = {"source_branch", "target_branch", "title", "description"},
	    [FORGE_AZURE] = {"sourceRefName", "targetRefName", "title", "description"}};
	struct text path = text_in(call->path, sizeof(call->path));
	const char *prefix = place->forge == FORGE_AZURE ? "refs/heads/" : "";
	char ref[300];
	cJSON *json = cJSON_CreateObject();
	call->method = "POST";
	buf_init(&call->body, 1 << 20);
	call_path(&path, place);
	if (place->forge == FORGE_AZURE)
		text_add(&path, "?api-version=7.1");
	snprintf(ref, sizeof(ref), "%s%s", prefix, from);
	cJSON_AddStringToObject(json, names[place->forge][0], ref);
	snprintf(ref, sizeof(ref), "%s%s", prefix, to);
	cJSON_AddStringToObject(json, names[place->forge][1], ref);
	cJSON_AddStringToObject(json, names[place->forge][2], title);
	/* Azure takes 4,000 characters at most. */
	char *cut = mem_copy(text, strlen(text) < 3900 ? strlen(text) : 3900);
	cJSON_AddStringToObject(json, names[place->forge][3], cut);
	if (place->forge == FORGE_GITLAB)
		cJSON_AddTrueToObject(json, "remove_source_branch");
	int result = json_write(&call->body, json, 0);
	free(cut);
	cJSON_Delete(json);
	return result < 0 ? err_set(err, "the pull request's text is too large") : 0;
}

int forge_look_call(struct forge_call *call, const struct forge_place *place, long number, struct err *err)
{
	struct text path = text_in(call->path, sizeof(call->path));
	if (number <= 0)
		return err_set(err, "a pull request has a number");
	call->method = "GET";
	buf_init(&call->body, 1);
	call_path(&path, place);
	text_printf(&path, "/%ld%s", number, place->forge == FORGE_AZURE ? "?api-version=7.1" : "");
	return 0;
}

void forge_call_release(struct forge_call *call)
{
	buf_release(&call->body);
}

char *forge_header(enum forge forge, const char *token)
{
	if (forge == FORGE_GITEA)
		return mem_printf("Authorization: token %s", token);
	if (forge != FORGE_AZURE)
		return mem_printf("Authorization: Bearer %s", token);
	struct buf coded;
	char *pair = mem_printf(":%s", token), *header;
	buf_init(&coded, 64 << 10);
	header = base64_encode(pair, strlen(pair), &coded) == 0 ? mem_printf("Authorization: Basic %s", buf_string(&coded)) : mem_copy_string("X-None: 1");
	explicit_bzero(pair, strlen(pair));
	free(pair);
	buf_release(&coded);
	return header;
}

/* SPDX-License-Identifier: MIT */
/* What the server has: version, health, and discovery, aggregated and plain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

static const char verbs[] = "[\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\","
	"\"update\",\"watch\"]";

void api_break_group(struct api *api, const char *group, int broken)
{
	for (size_t i = api->broken.len; i-- > 0;)
		if (strcmp(api->broken.items[i], group) == 0) {
			free(api->broken.items[i]);
			vec_remove(&api->broken, i);
		}
	if (broken)
		vec_push(&api->broken, mem_copy_string(group));
}

int group_is_broken(const struct api *api, const char *group)
{
	for (size_t i = 0; i < api->broken.len; i++)
		if (strcmp(api->broken.items[i], group) == 0)
			return 1;
	return 0;
}

/* Calls each for the first table of each group and version. */
static int is_first(const struct api *api, size_t index, int any_version)
{
	const struct api_resource *def = &((const struct table *)api->tables.items[index])->def;
	for (size_t i = 0; i < index; i++) {
		const struct api_resource *other = &((const struct table *)api->tables.items[i])->def;
		if (strcmp(other->group, def->group) == 0 &&
		    (any_version || strcmp(other->version, def->version) == 0))
			return 0;
	}
	return 1;
}

static void add_aggregated_resources(const struct api *api, struct buf *out, const char *group,
                                     const char *version)
{
	const char *comma = "";
	for (size_t i = 0; i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		if (strcmp(def->group, group) != 0 || strcmp(def->version, version) != 0)
			continue;
		buf_must(buf_printf(out,
		                    "%s{\"resource\":\"%s\",\"responseKind\":{\"group\":\"%s\","
		                    "\"version\":\"%s\",\"kind\":\"%s\"},"
		                    "\"scope\":\"%s\",\"singularResource\":\"%s\",\"verbs\":%s,%s%s%s"
		                    "\"subresources\":[{\"subresource\":"
		                    "\"status\",\"responseKind\":{\"group\":\"%s\",\"version\":\"%s\","
		                    "\"kind\":\"%s\"},\"verbs\":"
		                    "[\"get\",\"patch\",\"update\"]}]}",
		                    comma, def->plural, def->group, def->version, def->kind,
		                    def->namespaced ? "Namespaced" : "Cluster", def->singular, verbs,
		                    def->brief ? "\"shortNames\":[\"" : "", def->brief ? def->brief : "", def->brief ? "\"]," : "", def->group,
		                    def->version, def->kind));
		comma = ",";
	}
}

static void add_aggregated(const struct api *api, struct buf *out, int core)
{
	const char *comma = "";
	buf_must(buf_printf(out, "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\","
	                         "\"metadata\":{},"
	                         "\"items\":["));
	for (size_t i = 0; i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		const char *inner = "";
		if ((def->group[0] == '\0') != core || !is_first(api, i, 1))
			continue;
		buf_must(buf_printf(out, "%s{\"metadata\":{\"name\":\"%s\",\"creationTimestamp\":null},"
			"\"versions\":[", comma, def->group));
		for (size_t j = i; j < api->tables.len; j++) {
			const struct api_resource *other = &((const struct table *)api->tables.items[j])->def;
			if (strcmp(other->group, def->group) != 0 || !is_first(api, j, 0))
				continue;
			int broken = group_is_broken(api, other->group);
			buf_must(buf_printf(out, "%s{\"version\":\"%s\",\"resources\":[", inner, other->version));
			if (!broken)
				add_aggregated_resources(api, out, other->group, other->version);
			buf_must(buf_printf(out, "],\"freshness\":\"%s\"}", broken ? "Stale" : "Current"));
			inner = ",";
		}
		buf_must(buf_add_string(out, "]}"));
		comma = ",";
	}
	buf_must(buf_add_string(out, "]}\n"));
}

static void add_group(struct buf *out, const struct api_resource *def)
{
	buf_must(buf_printf(out, "\"name\":\"%s\",\"versions\":[{\"groupVersion\":\"%s/%s\",\"version\":\"%s\"}],"
	                         "\"preferredVersion\":{\"groupVersion\":\"%s/%s\","
	                         "\"version\":\"%s\"}", def->group, def->group,
	                    def->version, def->version, def->group, def->version, def->version));
}

static void add_groups(const struct api *api, struct buf *out)
{
	const char *comma = "";
	buf_must(buf_add_string(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":["));
	for (size_t i = 0; i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		if (!def->group[0] || !is_first(api, i, 1))
			continue;
		buf_must(buf_printf(out, "%s{", comma));
		add_group(out, def);
		buf_must(buf_add(out, "}", 1));
		comma = ",";
	}
	buf_must(buf_add_string(out, "]}\n"));
}

/* Returns how many resources there are. */
static int add_resources(const struct api *api, struct buf *out, const char *group, const char *version)
{
	int count = 0;
	buf_must(buf_printf(out, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\","
		"\"groupVersion\":\"%s%s%s\",\"resources\":[",
	                    group, *group ? "/" : "", version));
	for (size_t i = 0; i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		if (strcmp(def->group, group) != 0 || strcmp(def->version, version) != 0)
			continue;
		buf_must(buf_printf(out,
		                    "%s{\"name\":\"%s\",\"singularName\":\"%s\",\"namespaced\":%s,"
		                    "\"kind\":\"%s\",\"verbs\":%s%s%s%s}",
		                    count ? "," : "", def->plural, def->singular, def->namespaced ? "true" : "false",
		                    def->kind, verbs, def->brief ? ",\"shortNames\":[\"" : "", def->brief ? def->brief : "",
		                    def->brief ? "\"]" : ""));
		count++;
	}
	buf_must(buf_add_string(out, "]}\n"));
	return count;
}

static int answer_fixed(struct api *api, struct server_call *call, const char *path, struct buf *body)
{
	if (strcmp(path, "/version") == 0) {
		buf_must(buf_printf(body, "{\n  \"major\": \"1\",\n  \"minor\": \"34\",\n  \"gitVersion\": \"%s\","
		                          "\n  \"platform\": "
		                          "\"linux/amd64\"\n}\n", api->options.release));
		reply_text(call, 200, body);
		return 1;
	}
	if (strcmp(path, "/livez") == 0 || strcmp(path, "/readyz") == 0 || strcmp(path, "/healthz") == 0) {
		call_reply(call, 200, "text/plain; charset=utf-8", NULL, "ok", 2);
		return 1;
	}
	return 0;
}

static int answer_root(struct api *api, struct server_call *call, const struct ask *ask, struct buf *body)
{
	static const char type[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
	const char *path = ask->request->path;
	char accept[512] = "";
	int core = strcmp(path, "/api") == 0;
	if (!core && strcmp(path, "/apis") != 0)
		return 0;
	server_header(ask->request, "Accept", accept, sizeof(accept));
	if (strstr(accept, "as=APIGroupDiscoveryList")) {
		add_aggregated(api, body, core);
		call_reply(call, 200, type, NULL, buf_string(body), body->len);
		return 1;
	}
	if (core)
		buf_must(buf_add_string(body, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}\n"));
	else
		add_groups(api, body);
	reply_text(call, 200, body);
	return 1;
}

/* "/api/v1", "/apis/GROUP" and "/apis/GROUP/VERSION". */
static int answer_part(struct api *api, struct server_call *call, const struct ask *ask, struct buf *body)
{
	if (ask->plural[0] || (!ask->group[0] && !ask->version[0]))
		return 0;
	if (group_is_broken(api, ask->group)) {
		status_reply(api, call, 503, "ServiceUnavailable", "service unavailable", NULL, NULL);
		return 1;
	}
	for (size_t i = 0; !ask->version[0] && i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		if (strcmp(def->group, ask->group) != 0)
			continue;
		buf_must(buf_add_string(body, "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\","));
		add_group(body, def);
		buf_must(buf_add_string(body, "}\n"));
		reply_text(call, 200, body);
		return 1;
	}
	if (!ask->version[0] || add_resources(api, body, ask->group, ask->version) == 0)
		return 0;
	reply_text(call, 200, body);
	return 1;
}

int answer_discovery(struct api *api, struct server_call *call, const struct ask *ask)
{
	struct buf body;
	int done;
	if (strcmp(ask->request->method, "GET") != 0)
		return 0;
	buf_init(&body, SIM_TEXT_MAX);
	done = answer_fixed(api, call, ask->request->path, &body) || answer_root(api, call, ask, &body) ||
	       answer_part(api, call, ask, &body);
	buf_release(&body);
	return done;
}

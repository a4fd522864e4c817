/* SPDX-License-Identifier: MIT */
/*
 * The embedded API server: what it is made of, and which answer a request gets. The store is in
 * store.c, table.c and doc.c; reading in list.c and watch.c; faults are found here, once for each
 * request, and carried out where the bytes are made or sent.
 */
#include "sim/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

static const struct api_resource built_in[] = {
    {"", "v1", "namespaces", "namespace", "Namespace", 0, "ns"},
    {"", "v1", "nodes", "node", "Node", 0, "no"},
    {"", "v1", "pods", "pod", "Pod", 1, "po"},
    {"", "v1", "events", "event", "Event", 1, "ev"},
    {"", "v1", "services", "service", "Service", 1, "svc"},
    {"", "v1", "configmaps", "configmap", "ConfigMap", 1, "cm"},
    {"", "v1", "secrets", "secret", "Secret", 1, NULL},
    {"apps", "v1", "deployments", "deployment", "Deployment", 1, "deploy"},
    {"apps", "v1", "statefulsets", "statefulset", "StatefulSet", 1, "sts"},
    {"apps", "v1", "daemonsets", "daemonset", "DaemonSet", 1, "ds"},
    {"apps", "v1", "replicasets", "replicaset", "ReplicaSet", 1, "rs"},
    {"autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler",
     1, "hpa"},
    {"policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", 1, "pdb"},
    {"networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", 1, "netpol"},
    {"batch", "v1", "jobs", "job", "Job", 1, NULL},
    {"batch", "v1", "cronjobs", "cronjob", "CronJob", 1, "cj"},
};

enum { REQUESTS_KEPT = 20000, HISTORY = 1000 };

/* The next part of a path, and what is behind it. */
static const char *part_take(const char *path, char *out, size_t size)
{
	size_t len = strcspn(path, "/");
	snprintf(out, size, "%.*s", (int)len, path);
	return path + len + (path[len] == '/');
}

/* "/api/v1/namespaces/NS/pods/NAME/log" and what is shorter. Returns 0 when it is no such path. */
static int ask_read(const struct api *api, struct ask *ask, const struct server_request *request)
{
	const char *path = request->path;
	char flag[8];
	ask->request = request;
	ask->is_watch = server_query(request, "watch", flag, sizeof(flag)) && (*flag == 't' || *flag == '1');
	if (strncmp(path, "/apis/", 6) == 0)
		path = part_take(path + 6, ask->group, sizeof(ask->group));
	else if (strncmp(path, "/api/", 5) == 0)
		path += 5;
	else
		return 0;
	path = part_take(path, ask->version, sizeof(ask->version));
	if (strncmp(path, "namespaces/", 11) == 0) {
		const char *rest = part_take(path + 11, ask->namespace, sizeof(ask->namespace));
		char next[128];
		part_take(rest, next, sizeof(next));
		/* Else it is a namespace itself, or its status. */
		if (*rest && api_table(api, ask->group, next))
			path = rest;
		else
			ask->namespace[0] = '\0';
	}
	path = part_take(path, ask->plural, sizeof(ask->plural));
	path = part_take(path, ask->name, sizeof(ask->name));
	part_take(path, ask->sub, sizeof(ask->sub));
	return 1;
}

static void fault_status(struct api *api, struct server_call *call, const struct sim_fault *fault)
{
	char header[64] = "";
	if (fault->seconds >= 0)
		snprintf(header, sizeof(header), "Retry-After: %ld\r\n", (long)fault->seconds);
	status_reply(api, call, (int)fault->number, NULL,
	             fault->text ? fault->text
	             : fault->number == 429 ? "too many requests, please try again later"
	             : fault->number == 410 ? "too old resource version"
	                                    : "the server was told to refuse this",
	             NULL, header);
}

/* "…/services/[scheme:]NAME[:PORT]/proxy/PATH" */
static int answer_proxy(struct api *api, struct server_call *call, const struct ask *ask)
{
	const char *rest = strstr(ask->request->path, "/proxy");
	struct ask bare = *ask;
	const char *name = ask->name;
	if (strncmp(name, "http:", 5) == 0 || strncmp(name, "https:", 6) == 0)
		name = strchr(name, ':') + 1;
	snprintf(bare.name, sizeof(bare.name), "%.*s", (int)strcspn(name, ":"), name);
	return api->proxy(api->observer, call, &bare, rest[6] ? rest + 6 : "/");
}

static void answer_resource(struct api *api, struct server_call *call, const struct ask *ask)
{
	struct table *table = api_table(api, ask->group, ask->plural);
	int reads = strcmp(ask->request->method, "GET") == 0;
	if (strcmp(ask->sub, "proxy") == 0 && api->proxy && answer_proxy(api, call, ask))
		return;
	if (group_is_broken(api, ask->group))
		status_reply(api, call, 503, "ServiceUnavailable", "service unavailable", NULL, NULL);
	else if (!table || strcmp(table->def.version, ask->version) != 0)
		call_reply(call, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n", 19);
	else if (!reads)
		answer_write(api, call, ask, table);
	else if (ask->name[0] && strcmp(ask->sub, "log") == 0)
		answer_log(api, call, ask, table);
	else if (ask->name[0] && strcmp(ask->sub, "scale") == 0)
		answer_scale(api, call, ask, table);
	else if (ask->is_watch)
		answer_watch(api, call, ask, table);
	else if (ask->name[0])
		answer_get(api, call, ask, table);
	else
		answer_list(api, call, ask, table);
}

static int group_is_known(const struct api *api, const struct ask *ask)
{
	for (size_t i = 0; i < api->tables.len; i++) {
		const struct api_resource *def = &((const struct table *)api->tables.items[i])->def;
		if (strcmp(def->group, ask->group) == 0 && strcmp(def->version, ask->version) == 0)
			return 1;
	}
	return 0;
}

static void request_note(struct api *api, const struct server_request *request)
{
	if (api->requests.len >= REQUESTS_KEPT) {
		free(api->requests.items[0]);
		vec_remove(&api->requests, 0);
	}
	vec_push(&api->requests, mem_printf("%s?%s", request->path, request->query));
}

static void api_handle(void *arg, struct server_call *call, const struct server_request *request)
{
	struct api *api = arg;
	struct ask ask = {0};
	struct buf body;
	int is_api = ask_read(api, &ask, request);
	request_note(api, request);
	ask.fault = fault_find(api, request, ask.is_watch);
	if (ask.fault && ask.fault->kind == FAULT_STATUS) {
		fault_status(api, call, ask.fault);
	} else if (ask.fault && ask.fault->kind == FAULT_BODY) {
		buf_init(&body, SIM_BODY_MAX);
		buf_must(buf_add(&body, ask.fault->text,
		                 ask.fault->number > 0 ? (size_t)ask.fault->number : strlen(ask.fault->text)));
		send_whole(api, call, NULL, 200, ask.fault->type ? ask.fault->type : "application/json", &body);
		buf_release(&body);
	} else if (ask.fault && ask.fault->kind == FAULT_FREEZE && !ask.plural[0]) {
		buf_init(&body, SIM_BODY_MAX); /* of a path that answers at once, such as /livez */
		send_whole(api, call, ask.fault, 200, "text/plain", &body);
	} else if (is_api && access_refused(api, call, &ask)) {
		return;
	} else if (answer_discovery(api, call, &ask) || answer_review(api, call, &ask)) {
		return;
	} else if (is_api && ask.plural[0] &&
	           (api_table(api, ask.group, ask.plural) || group_is_broken(api, ask.group))) {
		answer_resource(api, call, &ask);
	} else if (is_api && ask.plural[0] && group_is_known(api, &ask)) {
		status_reply(api, call, 404, "NotFound", "the server could not find the requested resource", "{}", NULL);
	} else if (!api->options.other || !api->options.other(api->options.arg, call, request)) {
		call_reply(call, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n", 19);
	}
}

static int api_serve(struct api *api, struct err *err)
{
	const struct server_options options = {
		.port = api->port, .cert_pem = api->cert, .key_pem = api->key,
		.client_ca_pem = api->cert ? api->client_ca : NULL, .asleep = api->options.asleep, .handle = api_handle, .arg = api,
	};
	api->server = server_new(api->loop, &options, err);
	if (!api->server)
		return -1;
	api->port = server_port(api->server);
	return 0;
}

void api_add_resource(struct api *api, const struct api_resource *resource)
{
	vec_push(&api->tables, table_new(resource));
}

struct api *api_new(struct loop *loop, const struct api_options *options, struct err *err)
{
	struct api *api = mem_new(sizeof(*api));
	api->loop = loop;
	api->options = *options;
	api->port = options->port;
	api->version = 1000; /* like a cluster that has lived a little: 0 and "" mean something else */
	api->client_ca = mem_copy_string(options->client_ca_pem);
	if (!api->options.release)
		api->options.release = "v1.34.1";
	if (!api->options.clock)
		api->options.clock = &clock_system;
	if (!api->options.history)
		api->options.history = HISTORY;
	if (api->options.bookmark_seconds <= 0)
		api->options.bookmark_seconds = 60;
	struct vec *all[] = {&api->tables, &api->watches, &api->rules, &api->tokens, &api->denials, &api->broken,
		&api->requests, &api->logs};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		vec_init(all[i]);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		api_add_resource(api, &built_in[i]);
	if ((options->tls && server_certificate(NULL, &api->cert, &api->key, err) < 0) ||
	    api_serve(api, err) < 0) {
		api_free(api);
		return NULL;
	}
	api->url = mem_printf("%s://127.0.0.1:%d", options->tls ? "https" : "http", api->port);
	return api;
}

void api_wake(struct api *api)
{
	api->options.asleep = 0;
	server_wake(api->server);
}

static void strings_release(struct vec *strings)
{
	for (size_t i = 0; i < strings->len; i++)
		free(strings->items[i]);
	vec_release(strings);
}

void api_free(struct api *api)
{
	if (!api)
		return;
	server_free(api->server); /* ends every answer under way */
	watches_free(api);
	logs_free_all(api);
	for (size_t i = 0; i < api->tables.len; i++)
		table_free(api->tables.items[i]);
	vec_release(&api->tables);
	api_clear_faults(api);
	vec_release(&api->rules);
	access_free(api);
	strings_release(&api->broken);
	strings_release(&api->requests);
	free(api->url);
	free(api->cert);
	free(api->key);
	free(api->client_ca);
	free(api);
}

const char *api_url(const struct api *api)
{
	return api->url;
}

const char *api_ca(const struct api *api)
{
	return api->cert;
}

uint64_t api_version(const struct api *api)
{
	return api->version;
}

int api_requests(const struct api *api, const char *path, const char *query)
{
	int count = 0;
	for (size_t i = 0; i < api->requests.len; i++) {
		const char *text = api->requests.items[i];
		count += strncmp(text, path, strlen(path)) == 0 && strstr(strchr(text, '?'), query) != NULL;
	}
	return count;
}

int api_rotate(struct api *api, struct err *err)
{
	server_free(api->server);
	api->server = NULL;
	free(api->cert);
	free(api->key);
	api->cert = api->key = NULL;
	if (server_certificate(NULL, &api->cert, &api->key, err) < 0)
		return -1;
	return api_serve(api, err);
}

int api_set_listening(struct api *api, int listening, struct err *err)
{
	return server_set_listening(api->server, listening, err);
}

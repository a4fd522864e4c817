/* SPDX-License-Identifier: MIT */
/* The embedded API server, asked over the network as a client asks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/sim/fetch.h"

static void put_pod(struct api *api, const char *namespace, const char *name, const char *phase)
{
	char text[512];
	struct err err = {0};
	snprintf(text, sizeof(text), "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\","
	                             "\"namespace\":\"%s\","
	                             "\"labels\":{\"app\":\"%s\"}},\"spec\":{\"containers\":[{"
	                             "\"name\":\"app\"}]},"
	                             "\"status\":{\"phase\":\"%s\"}}", name, namespace, name, phase);
	if (api_put_text(api, text, &err) < 0)
		fail_msg("%s", err.text);
}

static void names_of(const cJSON *list, char *out, size_t size)
{
	const cJSON *item;
	out[0] = '\0';
	cJSON_ArrayForEach(item, json_get(list, "items"))
	{
		size_t len = strlen(out);
		snprintf(out + len, size - len, "%s%s", len ? " " : "", json_string(item, "metadata/name"));
	}
}

static void test_pages_show_one_version(void **state)
{
	struct platform platform;
	char path[1024], names[256], version[32];
	struct err err = {0};

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	put_pod(platform.api, "b", "three", "Running");
	put_pod(platform.api, "a", "one", "Running");
	put_pod(platform.api, "a", "two", "Running");
	put_pod(platform.api, "c", "four", "Running");
	cJSON *page = fetch_json(&platform, "/api/v1/pods?limit=2", NULL, 200);
	names_of(page, names, sizeof(names));
	assert_string_equal(names, "one two");
	assert_int_equal(json_int(page, "metadata/remainingItemCount", -1), 2);
	assert_string_equal(json_string(page, "kind"), "PodList");
	assert_null(json_get(cJSON_GetArrayItem(json_get(page, "items"), 0), "kind"));
	snprintf(version, sizeof(version), "%s", json_string(page, "metadata/resourceVersion"));
	snprintf(path, sizeof(path), "/api/v1/pods?limit=2&continue=%s", json_string(page, "metadata/continue"));
	cJSON_Delete(page);
	/* What happens between the pages is not seen in them. */
	put_pod(platform.api, "b", "new", "Running");
	put_pod(platform.api, "c", "four", "Failed");
	assert_int_equal(api_delete(platform.api, "pods", "b", "three", &err), 0);
	page = fetch_json(&platform, path, NULL, 200);
	names_of(page, names, sizeof(names));
	assert_string_equal(names, "three four");
	assert_string_equal(json_string(cJSON_GetArrayItem(json_get(page, "items"), 1), "status/phase"),
	                    "Running");
	assert_string_equal(json_string(page, "metadata/resourceVersion"), version);
	assert_null(json_get(json_get(page, "metadata"), "continue"));
	cJSON_Delete(page);
	api_compact(platform.api);
	page = fetch_json(&platform, path, NULL, 410);
	assert_string_equal(json_string(page, "reason"), "Expired");
	cJSON_Delete(page);
	platform_end(&platform);
}

static void test_versions_of_lists(void **state)
{
	struct platform platform;
	char path[256], names[256];

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	put_pod(platform.api, "a", "one", "Running");
	unsigned long long then = api_version(platform.api);
	put_pod(platform.api, "a", "two", "Running");
	struct {
		const char *query;
		unsigned long long version;
		int status;
		const char *names;
	} cases[] = {
		{"resourceVersion=0&limit=1", 0, 200, "one two"}, /* the cache knows no pages */
		{"limit=1", 0, 200, "one"},
		{"resourceVersionMatch=Exact&resourceVersion=", then, 200, "one"},
		{"resourceVersionMatch=NotOlderThan&resourceVersion=", then, 200, "one two"},
		{"resourceVersionMatch=NotOlderThan&resourceVersion=", then + 1000, 504, ""},
		{"resourceVersionMatch=Exact", 0, 400, ""},
		{"continue=nonsense", 0, 400, ""},
		{"labelSelector=app%3Done", 0, 200, "one"},
		{"labelSelector=app%20in%20(two,three)", 0, 200, "two"},
		{"labelSelector=!app", 0, 200, ""},
		{"fieldSelector=metadata.name!%3Done", 0, 200, "two"},
		{"fieldSelector=spec.nodeName%3D", 0, 200, "one two"},
		{"fieldSelector=what", 0, 400, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(path, sizeof(path), "/api/v1/pods?%s", cases[i].query);
		if (cases[i].version)
			snprintf(path, sizeof(path), "/api/v1/pods?%s%llu", cases[i].query, cases[i].version);
		cJSON *list = fetch_json(&platform, path, NULL, cases[i].status);
		names_of(list, names, sizeof(names));
		assert_string_equal(names, cases[i].names);
		if (cases[i].status == 504)
			assert_non_null(strstr(json_string(list, "message"), "Too large resource version"));
		cJSON_Delete(list);
	}
	platform_end(&platform);
}

/* "ADDED one,MODIFIED two,BOOKMARK" of a stream's frames. */
static void frames_of(const struct fetched *fetched, char *out, size_t size)
{
	const char *line = buf_string(&fetched->body), *end;
	out[0] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		cJSON *frame = json_parse_heap(line, (size_t)(end - line), NULL);
		const char *name = json_string(frame, "object/metadata/name");
		size_t len = strlen(out);
		snprintf(out + len, size - len, "%s%s%s%s", len ? "," : "",
		         json_string(frame, "type") ? json_string(frame, "type") : "?", name ? " " : "",
		         name ? name : "");
		cJSON_Delete(frame);
	}
}

static int stream_is(const struct fetched *fetched, const char *frames)
{
	char text[4096];
	frames_of(fetched, text, sizeof(text));
	return strcmp(text, frames) == 0;
}

static void test_watch_tells_what_happens(void **state)
{
	struct platform platform;
	struct fetched all, some;
	char path[256];
	struct err err = {0};

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	put_pod(platform.api, "a", "one", "Pending");
	unsigned long long then = api_version(platform.api);
	put_pod(platform.api, "a", "two", "Pending");
	snprintf(path, sizeof(path), "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=%llu",
	         then);
	struct http_call *first = fetch_start(&platform, &all, "GET", path, NULL, NULL);
	WAIT_FOR(platform.loop, stream_is(&all, "ADDED two"));
	snprintf(path, sizeof(path),
	         "/api/v1/namespaces/a/pods?watch=1&fieldSelector=status.phase%%3DRunning&resourceVersion=%llu",
	         (unsigned long long)api_version(platform.api));
	struct http_call *second = fetch_start(&platform, &some, "GET", path, NULL, NULL);
	WAIT_FOR(platform.loop, api_watches(platform.api, "pods") == 2);
	put_pod(platform.api, "a", "one", "Running");
	put_pod(platform.api, "b", "other", "Running");
	put_pod(platform.api, "a", "one", "Failed");
	assert_int_equal(api_delete(platform.api, "pods", "a", "one", &err), 0);
	assert_int_equal(api_bookmark(platform.api), 1);
	WAIT_FOR(platform.loop,
	         stream_is(&all, "ADDED two,MODIFIED one,ADDED other,MODIFIED one,DELETED one,BOOKMARK") &&
	             stream_is(&some, "ADDED one,DELETED one"));
	/* A deleted object carries the version of its deletion. */
	char version[64];
	snprintf(version, sizeof(version), "\"resourceVersion\":\"%llu\"",
	         (unsigned long long)api_version(platform.api));
	assert_non_null(strstr(strstr(buf_string(&all.body), "DELETED"), version));
	http_cancel(first);
	http_cancel(second);
	WAIT_FOR(platform.loop, api_watches(platform.api, NULL) == 0);
	buf_release(&all.body);
	buf_release(&some.body);
	platform_end(&platform);
}

static void test_watch_list_and_old_versions(void **state)
{
	struct platform platform;
	struct fetched stream;
	static const char list[] =
	    "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
	    "&allowWatchBookmarks=true&resourceVersion=";

	(void)state;
	platform_start(&platform, &(struct api_options){.history = 2});
	put_pod(platform.api, "a", "one", "Running");
	put_pod(platform.api, "a", "two", "Running");
	put_pod(platform.api, "a", "three", "Running");
	struct http_call *call = fetch_start(&platform, &stream, "GET", list, NULL, NULL);
	WAIT_FOR(platform.loop, strstr(buf_string(&stream.body), "\"k8s.io/initial-events-end\":\"true\""));
	http_cancel(call);
	assert_true(stream_is(&stream, "ADDED one,ADDED two,ADDED three,BOOKMARK"));
	buf_release(&stream.body);
	/* Before the window: an ERROR event in a stream that began well, and then its end. */
	fetch(&platform, &stream, "GET", "/api/v1/pods?watch=true&resourceVersion=1000", NULL, NULL);
	assert_int_equal(stream.status, 200);
	assert_non_null(strstr(buf_string(&stream.body), "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\""));
	assert_non_null(strstr(buf_string(&stream.body), "\"reason\":\"Expired\""));
	buf_release(&stream.body);
	platform_end(&platform);

	platform_start(&platform, &(struct api_options){.history = 1, .no_watch_list = 1, .gone_as_status = 1});
	put_pod(platform.api, "a", "one", "Running");
	put_pod(platform.api, "a", "two", "Running");
	cJSON_Delete(fetch_json(&platform, list, NULL, 422));
	cJSON_Delete(fetch_json(&platform, "/api/v1/pods?watch=true&resourceVersion=1000", NULL, 410));
	platform_end(&platform);
}

static void test_forms(void **state)
{
	struct platform platform;

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	put_pod(platform.api, "a", "one", "Running");
	cJSON *json = fetch_json(&platform, "/api/v1/pods",
	                         "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,"
	                         "application/json",
	                         200);
	assert_string_equal(json_string(json, "kind"), "PartialObjectMetadataList");
	const cJSON *item = cJSON_GetArrayItem(json_get(json, "items"), 0);
	assert_string_equal(json_string(item, "metadata/name"), "one");
	assert_null(json_get(item, "status"));
	cJSON_Delete(json);
	json = fetch_json(&platform, "/api/v1/pods", "application/json;as=Table;v=v1;g=meta.k8s.io", 200);
	assert_string_equal(json_string(json, "kind"), "Table");
	assert_string_equal(
	    cJSON_GetArrayItem(json_get(cJSON_GetArrayItem(json_get(json, "rows"), 0), "cells"), 0)->valuestring,
	    "one");
	cJSON_Delete(json);
	json = fetch_json(&platform, "/api/v1/namespaces/a/pods/one", NULL, 200);
	assert_string_equal(json_string(json, "kind"), "Pod");
	assert_string_equal(json_string(json, "apiVersion"), "v1");
	cJSON_Delete(json);
	json = fetch_json(&platform, "/api/v1/namespaces/a/pods/none", NULL, 404);
	assert_string_equal(json_string(json, "message"), "pods \"none\" not found");
	cJSON_Delete(json);
	platform_end(&platform);
}

static void test_discovery_and_reviews(void **state)
{
	struct platform platform;
	struct fetched answer;
	static const char aggregated[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
	static const char review[] = "{\"kind\":\"SelfSubjectAccessReview\",\"spec\":{\"resourceAttributes\":{"
	                             "\"verb\":\"delete\","
	                             "\"resource\":\"pods\",\"namespace\":\"a\"}}}";

	(void)state;
	platform_start(&platform, &(struct api_options){.tls = 1});
	api_add_resource(platform.api,
	                 &(struct api_resource){"kustomize.toolkit.fluxcd.io", "v1", "kustomizations",
	                                        "kustomization", "Kustomization", 1, NULL});
	api_break_group(platform.api, "batch", 1);
	cJSON *json = fetch_json(&platform, "/apis", aggregated, 200);
	char *text = cJSON_PrintUnformatted(json);
	assert_non_null(strstr(text, "\"resource\":\"kustomizations\""));
	assert_non_null(strstr(text, "\"freshness\":\"Stale\""));
	assert_null(strstr(text, "\"resource\":\"jobs\""));
	free(text);
	cJSON_Delete(json);
	json = fetch_json(&platform, "/api", aggregated, 200);
	assert_int_equal(cJSON_GetArraySize(json_get(json, "items")), 1);
	cJSON_Delete(json);
	cJSON_Delete(fetch_json(&platform, "/apis", NULL, 200));
	cJSON_Delete(fetch_json(&platform, "/apis/apps", NULL, 200));
	cJSON_Delete(fetch_json(&platform, "/apis/apps/v1", NULL, 200));
	cJSON_Delete(fetch_json(&platform, "/apis/batch/v1", NULL, 503));
	cJSON_Delete(fetch_json(&platform, "/version", NULL, 200));
	for (int allowed = 1; allowed >= 0; allowed--) {
		fetch(&platform, &answer, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", NULL,
		      review);
		assert_int_equal(answer.status, 201);
		assert_non_null(strstr(buf_string(&answer.body), allowed ? "\"allowed\":true" : "\"allowed\":false"));
		buf_release(&answer.body);
		api_deny(platform.api, "delete", "pods", "*");
	}
	platform_end(&platform);
}

static void test_writes(void **state)
{
	struct platform platform;
	struct fetched answer;
	static const char *const merge[] = {"Content-Type: application/merge-patch+json", NULL};
	static const char path[] = "/apis/apps/v1/namespaces/a/deployments/web";

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	fetch(&platform, &answer, "POST", "/apis/apps/v1/namespaces/a/deployments", NULL,
	      "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"web\",\"labels\":{"
	      "\"x\":\"1\"}},"
	      "\"spec\":{\"replicas\":1}}");
	assert_int_equal(answer.status, 201);
	buf_release(&answer.body);
	fetch(&platform, &answer, "PATCH", path, merge, "{\"metadata\":{\"labels\":{\"x\":null,\"y\":\"2\"}},"
		"\"spec\":{\"replicas\":3}}");
	assert_int_equal(answer.status, 200);
	buf_release(&answer.body);
	cJSON *json = api_get(platform.api, "deployments", "a", "web");
	assert_int_equal(json_int(json, "spec/replicas", 0), 3);
	assert_int_equal(json_int(json, "metadata/generation", 0), 2);
	assert_null(json_at(json, "metadata/labels/x"));
	assert_string_equal(json_string(json, "metadata/labels/y"), "2");
	cJSON_Delete(json);
	fetch(&platform, &answer, "PATCH", path, merge, "{\"metadata\":{\"resourceVersion\":\"1\"}}");
	assert_int_equal(answer.status, 409);
	buf_release(&answer.body);
	fetch(&platform, &answer, "DELETE", "/apis/apps/v1/namespaces/a/deployments/web?dryRun=All", NULL, NULL);
	assert_int_equal(answer.status, 200);
	buf_release(&answer.body);
	assert_int_equal(api_count(platform.api, "deployments"), 1);
	fetch(&platform, &answer, "DELETE", path, NULL, NULL);
	assert_int_equal(answer.status, 200);
	buf_release(&answer.body);
	assert_int_equal(api_count(platform.api, "deployments"), 0);
	platform_end(&platform);
}

static void test_tokens_and_denials(void **state)
{
	struct platform platform;
	struct fetched answer;
	static const char *const token[] = {"Authorization: Bearer good", NULL};

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	api_allow_token(platform.api, "good");
	cJSON_Delete(fetch_json(&platform, "/api/v1/pods", NULL, 401));
	fetch(&platform, &answer, "GET", "/api/v1/pods", token, NULL);
	assert_int_equal(answer.status, 200);
	buf_release(&answer.body);
	api_deny(platform.api, "list", "pods", NULL);
	fetch(&platform, &answer, "GET", "/api/v1/pods", token, NULL);
	assert_int_equal(answer.status, 403);
	assert_non_null(strstr(buf_string(&answer.body), "cannot list resource \\\"pods\\\" in API group "
		"\\\"\\\" at the cluster scope"));
	buf_release(&answer.body);
	fetch(&platform, &answer, "GET", "/api/v1/namespaces/a/pods", token, NULL);
	assert_int_equal(answer.status, 200);
	buf_release(&answer.body);
	api_refuse_token(platform.api, "good");
	fetch(&platform, &answer, "GET", "/api/v1/namespaces/a/pods", token, NULL);
	assert_int_equal(answer.status, 401);
	buf_release(&answer.body);
	platform_end(&platform);
}

static void test_logs(void **state)
{
	struct platform platform;
	struct fetched answer;
	static const char log[] = "/api/v1/namespaces/a/pods/one/log";
	struct clock_fixed clock;
	char path[256];

	(void)state;
	clock_fixed_init(&clock, 1700000000123);
	platform_start(&platform, &(struct api_options){.clock = &clock.clock});
	put_pod(platform.api, "a", "one", "Running");
	for (int i = 0; i < 5; i++) {
		char line[32];
		snprintf(line, sizeof(line), "line %d", i);
		api_log(platform.api, "a", "one", "app", 0, line);
	}
	snprintf(path, sizeof(path), "%s?tailLines=2&timestamps=true", log);
	fetch(&platform, &answer, "GET", path, NULL, NULL);
	assert_string_equal(buf_string(&answer.body),
	                    "2023-11-14T22:13:20.123000000Z line 3\n2023-11-14T22:13:20.123000000Z line 4\n");
	buf_release(&answer.body);
	snprintf(path, sizeof(path), "%s?follow=true&tailLines=1&container=app", log);
	struct http_call *call = fetch_start(&platform, &answer, "GET", path, NULL, NULL);
	WAIT_FOR(platform.loop, strcmp(buf_string(&answer.body), "line 4\n") == 0);
	api_log(platform.api, "a", "one", "app", 0, "more");
	WAIT_FOR(platform.loop, strcmp(buf_string(&answer.body), "line 4\nmore\n") == 0);
	http_cancel(call);
	buf_release(&answer.body);
	snprintf(path, sizeof(path), "%s?previous=true", log);
	cJSON_Delete(fetch_json(&platform, path, NULL, 400));
	snprintf(path, sizeof(path), "%s?container=none", log);
	cJSON_Delete(fetch_json(&platform, path, NULL, 400));
	platform_end(&platform);
}

static void test_faults(void **state)
{
	struct platform platform;
	static const struct {
		struct sim_fault fault;
		enum http_outcome outcome;
		int status;
		const char *begins; /* of the body; NULL: not looked at */
	} cases[] = {
		{{.kind = FAULT_STATUS, .number = 429, .seconds = 32}, HTTP_DONE, 429, NULL},
		{{.kind = FAULT_BODY, .text = "<html>", .type = "text/html"}, HTTP_DONE, 200, "<html>"},
		{{.kind = FAULT_RESET, .number = SIM_HALF}, HTTP_FAILED, 200, NULL},
		{{.kind = FAULT_CUT, .number = SIM_HALF}, HTTP_FAILED, 200, "{\"kind\":\"PodList\""},
		{{.kind = FAULT_CUT_BARE, .number = SIM_HALF}, HTTP_DONE, 200, "{\"kind\":\"PodList\""},
		{{.kind = FAULT_CUT_CHUNK, .number = 9}, HTTP_DONE, 200, "{\"kind\":\""},
		{{.kind = FAULT_LATE, .seconds = 0.01}, HTTP_DONE, 200, "{\"kind\":\"PodList\""},
		{{.kind = FAULT_SLOW, .number = 100, .seconds = 0.001}, HTTP_DONE, 200, "{\"kind\":\"PodList\""},
		{{.kind = FAULT_HUGE, .number = 1 << 20}, HTTP_DONE, 200,
		 "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1001\"},"
		 "\"items\":[{\"padding\":\"xxx"},
		{{.kind = FAULT_DEEP, .number = 3}, HTTP_DONE, 200,
		 "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1001\"},"
		 "\"items\":[{\"deep\":[[[]]],"},
		{{.kind = FAULT_NO_VERSION}, HTTP_DONE, 200, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\","
			"\"metadata\":{},"},
	};

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	put_pod(platform.api, "a", "one", "Running");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetched answer;
		int rule = api_fault(platform.api, &cases[i].fault);
		fetch(&platform, &answer, "GET", "/api/v1/pods", NULL, NULL);
		assert_int_equal(answer.outcome, cases[i].outcome);
		assert_int_equal(answer.status, cases[i].status);
		if (cases[i].begins)
			assert_int_equal(strncmp(buf_string(&answer.body), cases[i].begins, strlen(cases[i].begins)), 0);
		if (cases[i].fault.kind == FAULT_STATUS)
			assert_int_equal((int)answer.retry_after, 32);
		assert_int_equal(api_fault_hits(platform.api, rule), 1);
		buf_release(&answer.body);
		/* Once is once. */
		cJSON_Delete(fetch_json(&platform, "/api/v1/pods", NULL, 200));
	}
	platform_end(&platform);
}

static void test_fill_is_whole(void **state)
{
	struct platform platform;
	static const struct {
		const char *plural;
		size_t count;
	} cases[] = {{"deployments", 40}, {"replicasets", 40}, {"pods", 120}, {"horizontalpodautoscalers", 40},
	             {"events", 40},      {"namespaces", 30},  {"nodes", 24}};
	struct buf text;

	(void)state;
	platform_start(&platform, &(struct api_options){0});
	api_fill(platform.api, 40, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(api_count(platform.api, cases[i].plural), cases[i].count);
	buf_init(&text, 64 << 20);
	assert_int_equal(api_list_text(platform.api, "pods", &text), 0);
	cJSON *list = json_parse_heap(buf_string(&text), text.len, NULL);
	const cJSON *pod = cJSON_GetArrayItem(json_get(list, "items"), 0);
	assert_string_equal(json_string(pod, "status/phase"), "Running");
	assert_non_null(json_at(pod, "metadata/managedFields"));
	assert_true(text.len / 120 > 4000); /* as large as pods are */
	cJSON_Delete(list);
	buf_release(&text);
	platform_end(&platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages_show_one_version),
	    cmocka_unit_test(test_versions_of_lists),
	    cmocka_unit_test(test_watch_tells_what_happens),
	    cmocka_unit_test(test_watch_list_and_old_versions),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_discovery_and_reviews),
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_tokens_and_denials),
	    cmocka_unit_test(test_logs),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_fill_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

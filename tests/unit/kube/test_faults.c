/* SPDX-License-Identifier: MIT */
/*
 * Every way in which an API server, or what stands before it, can disappoint. The judge is always
 * the same: after it and after churn, the model equals a fresh list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/kube/rig.h"

#define LIST .path = "/api/v1/pods", .only = SIM_ONLY_OTHER
#define WATCH .path = "/api/v1/pods", .only = SIM_ONLY_WATCH
#define STREAM .path = "/api/v1/nodes", .query = "sendInitialEvents"

static const char login_page[] = "<!DOCTYPE html><html><body>Please sign in</body></html>";

/* Faults of requests to come: met while the first lists and watches are made. */
static const struct {
	const char *what;
	struct sim_fault fault;
} requests[] = {
    {"a list is reset", {.kind = FAULT_RESET, LIST, .number = SIM_HALF, .times = 3}},
    {"a list is reset before its body", {.kind = FAULT_RESET, LIST, .number = 0}},
    {"a list ends without its last chunk", {.kind = FAULT_CUT, LIST, .number = SIM_HALF, .times = 3}},
    {"a list ends cleanly in its middle", {.kind = FAULT_CUT_BARE, LIST, .number = SIM_HALF, .times = 3}},
    {"a list's JSON is cut, its framing whole",
     {.kind = FAULT_CUT_CHUNK, LIST, .number = SIM_HALF, .times = 3}},
    {"a list is empty", {.kind = FAULT_CUT_CHUNK, LIST, .number = 0, .times = 3}},
    {"a page after the first is reset",
     {.kind = FAULT_RESET, LIST, .query = "continue=", .number = SIM_HALF}},
    {"a page after the first is cut",
     {.kind = FAULT_CUT_BARE, LIST, .query = "continue=", .number = SIM_HALF}},
    {"a token expires", {.kind = FAULT_STATUS, LIST, .query = "continue=", .number = 410, .seconds = -1}},
    {"tokens expire again and again",
     {.kind = FAULT_STATUS, LIST, .query = "continue=", .number = 410, .seconds = -1, .times = 2}},
    {"429 without a time", {.kind = FAULT_STATUS, LIST, .number = 429, .seconds = -1, .times = 3}},
    {"429, come back at once", {.kind = FAULT_STATUS, LIST, .number = 429, .seconds = 0, .times = 3}},
    {"429, come back in 32 s", {.kind = FAULT_STATUS, LIST, .number = 429, .seconds = 32, .times = 3}},
    {"429 more often than is patient",
     {.kind = FAULT_STATUS, LIST, .number = 429, .seconds = 0, .times = 25}},
    {"429 for a watch", {.kind = FAULT_STATUS, WATCH, .number = 429, .seconds = 1, .times = 3}},
    {"500", {.kind = FAULT_STATUS, .path = "/api*", .number = 500, .seconds = -1, .times = 20}},
    {"503", {.kind = FAULT_STATUS, .path = "/api*", .number = 503, .seconds = 1, .times = 20}},
    {"504", {.kind = FAULT_STATUS, LIST, .number = 504, .seconds = -1, .times = 2}},
    {"401 once", {.kind = FAULT_STATUS, LIST, .number = 401, .seconds = -1, .times = 2}},
    {"403 once", {.kind = FAULT_STATUS, LIST, .number = 403, .seconds = -1, .times = 2}},
    {"404 once", {.kind = FAULT_STATUS, LIST, .number = 404, .seconds = -1, .times = 2}},
    {"a sign-in page instead of a list",
     {.kind = FAULT_BODY, LIST, .text = login_page, .type = "text/html", .times = 3}},
    {"a sign-in page instead of anything",
     {.kind = FAULT_BODY, .path = "/api*", .text = login_page, .type = "text/html", .times = 30}},
    {"garbage that says it is JSON", {.kind = FAULT_BODY, LIST, .text = "}{\"items\":[", .times = 3}},
    {"another kind of JSON", {.kind = FAULT_BODY, LIST, .text = "{\"hello\":\"world\"}", .times = 3}},
    {"an empty list without a version",
     {.kind = FAULT_BODY,
      LIST,
      .text = "{\"metadata\":{},"
              "\"items\":[]}",
      .times = 3}},
    {"a Status with 200",
     {.kind = FAULT_BODY,
      LIST,
      .text = "{\"kind\":\"Status\",\"status\":\"Failure\","
              "\"code\":500}",
      .times = 3}},
    {"a list without a version", {.kind = FAULT_NO_VERSION, LIST, .times = 3}},
    {"an object of nearly 16 MiB", {.kind = FAULT_HUGE, LIST, .number = 15 << 20}},
    {"an object of over 16 MiB", {.kind = FAULT_HUGE, LIST, .number = 17 << 20}},
    {"an object 1001 levels deep", {.kind = FAULT_DEEP, LIST, .number = 1001}},
    {"a head that waits for the body", {.kind = FAULT_LATE, LIST, .seconds = 0.05, .times = 3}},
    {"a list that drips", {.kind = FAULT_SLOW, LIST, .number = 500, .seconds = 0.0005, .times = 2}},
    {"a list that comes byte by byte",
     {.kind = FAULT_SLOW, .path = "/api/v1/events", .number = 1, .seconds = 0, .times = 1}},
    {"a watch that ends at once, twice", {.kind = FAULT_END, WATCH, .times = 2}},
    {"a watch that is refused as too old",
     {.kind = FAULT_STATUS, WATCH, .number = 410, .seconds = -1, .times = 2}},
    {"a watch that says that it is too old", {.kind = FAULT_ERROR_EVENT, WATCH, .number = 410, .times = 2}},
    {"a watch that says 500", {.kind = FAULT_ERROR_EVENT, WATCH, .number = 500, .times = 3}},
    {"a watch that says 429", {.kind = FAULT_ERROR_EVENT, WATCH, .number = 429, .times = 3}},
    {"a watch's head waits for the first event", {.kind = FAULT_LATE, WATCH, .seconds = 0.02}},
    {"a watch that drips", {.kind = FAULT_SLOW, WATCH, .number = 50, .seconds = 0.0005}},
    {"a sign-in page instead of a watch",
     {.kind = FAULT_BODY, WATCH, .text = login_page, .type = "text/html", .times = 3}},
    {"a frame of nearly 16 MiB", {.kind = FAULT_HUGE, WATCH, .number = 15 << 20}},
    {"a frame of over 16 MiB", {.kind = FAULT_HUGE, WATCH, .number = 17 << 20}},
    {"a frame 1001 levels deep", {.kind = FAULT_DEEP, WATCH, .number = 1001}},
    {"a line that is no frame", {.kind = FAULT_FRAME, WATCH, .text = "<html>"}},
    {"a frame without an object", {.kind = FAULT_FRAME, WATCH, .text = "{\"type\":\"ADDED\"}"}},
    {"a frame of an unknown type",
     {.kind = FAULT_FRAME,
      WATCH,
      .text = "{\"type\":\"RENAMED\",\"object\":{"
              "\"metadata\":{\"name\":\"x\"}}}"}},
    {"a frame with an object that has no name",
     {.kind = FAULT_FRAME,
      WATCH,
      .text = "{\"type\":\"ADDED\","
              "\"object\":{}}"}},
    {"a stream is reset in its initial events", {.kind = FAULT_RESET, STREAM, .number = 3000, .times = 3}},
    {"a stream is cut in its initial events", {.kind = FAULT_CUT, STREAM, .number = 3000, .times = 3}},
    {"a stream ends in its initial events", {.kind = FAULT_CUT_CHUNK, STREAM, .number = 3000, .times = 3}},
    {"a stream ends before its initial events", {.kind = FAULT_END, STREAM, .times = 3}},
    {"a stream says 410", {.kind = FAULT_ERROR_EVENT, STREAM, .number = 410, .times = 2}},
    {"a stream is refused with 400", {.kind = FAULT_STATUS, STREAM, .number = 400, .seconds = -1}},
    {"a stream is refused with 422", {.kind = FAULT_STATUS, STREAM, .number = 422, .seconds = -1}},
    {"a stream is refused with 500",
     {.kind = FAULT_STATUS, STREAM, .number = 500, .seconds = -1, .times = 3}},
    {"a sign-in page instead of a stream",
     {.kind = FAULT_BODY, STREAM, .text = login_page, .type = "text/html", .times = 3}},
};

static void test_faults_of_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct rig rig;
		struct watch_timing timing = rig_timing();
		int wanted = requests[i].fault.times ? requests[i].fault.times : 1;
		timing.quick_end = 0.2;
		rig_start(&rig, &(struct rig_options){.timing = timing});
		int rule = api_fault(rig.api, &requests[i].fault);
		rig_watch(&rig);
		/* Something happens until the fault was met as often as it wants to be. */
		WAIT_FOR(rig.loop, (rig_churn(&rig), api_fault_hits(rig.api, rule)) >= wanted);
		for (int n = 0; n < 20; n++)
			rig_churn(&rig);
		rig_settle(&rig, requests[i].what);
		rig_end(&rig);
	}
}

/* Faults of watches that are open. Of those after which the version is still good, no list is read. */
static const struct {
	const char *what;
	struct sim_fault fault;
	int lists;
} streams[] = {
	{"reset", {.kind = FAULT_RESET}, 0},
	{"cut in a frame", {.kind = FAULT_CUT}, 0},
	{"ended in a frame", {.kind = FAULT_CUT_CHUNK}, 0},
	{"ended", {.kind = FAULT_END}, 0},
	{"500", {.kind = FAULT_ERROR_EVENT, .number = 500}, 0},
	{"429", {.kind = FAULT_ERROR_EVENT, .number = 429}, 0},
	{"410", {.kind = FAULT_ERROR_EVENT, .number = 410}, 1},
	{"garbage", {.kind = FAULT_FRAME, .text = "\"garbage"}, 1},
	{"brackets that do not match", {.kind = FAULT_FRAME, .text = "{\"type\":\"ADDED\",\"object\":{"
		"\"metadata\":[}}"}, 1},
};

static void test_faults_of_open_watches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct rig rig;
		rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
		rig_watch(&rig);
		rig_settle(&rig, "at first");
		WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
		rig.fewest_pods = (size_t)-1;
		for (int round = 0; round < 3; round++) {
			assert_int_equal(api_disturb(rig.api, NULL, &streams[i].fault), rig.count);
			rig_put_pod(&rig, "payments", round ? "second" : "first", "Pending");
			WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count && rig_is_true(&rig));
		}
		assert_true(rig.fewest_pods >= 18); /* nothing was taken away meanwhile */
		/* 18 to 20 pods are four pages. */
		assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit=") > 4, streams[i].lists);
		for (int n = 0; n < 20; n++)
			rig_churn(&rig);
		rig_settle(&rig, streams[i].what);
		rig_end(&rig);
	}
}

/* After 410 the list is asked for at the last version; what cannot be answered, anew. */
static void test_a_version_from_the_future(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
	int rule = api_fault(rig.api, &(struct sim_fault){.kind = FAULT_STATUS,
	                                                  .number = 504,
	                                                  .seconds = 1,
	                                                  LIST,
	                                                  .query = "resourceVersionMatch=NotOlderThan",
	                                                  .times = -1,
	                                                  .text = "Timeout: Too large resource version: 5000, "
	                                                          "current: 1000"});
	api_disturb(rig.api, "pods", &(struct sim_fault){.kind = FAULT_ERROR_EVENT, .number = 410});
	rig_put_pod(&rig, "payments", "new", "Pending");
	rig_settle(&rig, "the newest list");
	assert_int_equal(api_fault_hits(rig.api, rule), 1);
	rig_end(&rig);
}

/* The peer is gone and says nothing: the server is asked on another connection. */
static void test_half_open_connections(void **state)
{
	struct rig rig;
	struct watch_timing timing = rig_timing();

	(void)state;
	timing.silence_watch = 0.3;
	rig_start(&rig, &(struct rig_options){.timing = timing});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
	assert_int_equal(api_disturb(rig.api, NULL, &(struct sim_fault){.kind = FAULT_FREEZE}), rig.count);
	WAIT_FOR(rig.loop, api_requests(rig.api, "/livez", "") > 0);
	for (int n = 0; n < 20; n++)
		rig_churn(&rig);
	rig_settle(&rig, "watched again");
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit="), 4);

	/* A server that is silent altogether is stale, until it is back. */
	struct err err = {0};
	http_set_limits(rig.http, HTTP_CALL, &(struct http_limits){.connect = 1, .whole = 1});
	http_set_limits(rig.http, HTTP_STREAM, &(struct http_limits){.connect = 1, .head = 1});
	int rule =
	    api_fault(rig.api, &(struct sim_fault){.kind = FAULT_FREEZE, .number = SIM_NO_HEAD, .times = -1});
	api_disturb(rig.api, NULL, &(struct sim_fault){.kind = FAULT_FREEZE});
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_STALE);
	assert_true(api_fault_hits(rig.api, rule) > 0);
	assert_true(rig.cluster->error[0] != '\0');
	api_clear_faults(rig.api);
	(void)err;
	rig_settle(&rig, "back");
	assert_string_equal(rig.cluster->error, "");
	rig_end(&rig);
}

static void test_a_list_that_freezes(void **state)
{
	static const long where[] = {SIM_NO_HEAD, 0, SIM_HALF};

	(void)state;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		struct rig rig;
		rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
		http_set_limits(rig.http, HTTP_LIST, &(struct http_limits){.connect = 5, .silence = 1});
		int rule = api_fault(rig.api,
		                     &(struct sim_fault){.kind = FAULT_FREEZE, LIST, .number = where[i], .skip = 1});
		rig_watch(&rig);
		WAIT_FOR(rig.loop, api_fault_hits(rig.api, rule) == 1);
		rig_settle(&rig, "after a frozen list");
		rig_end(&rig);
	}
}

/* The mark at the end of the initial events never comes: after a silence, or a plain bookmark, pages. */
static void test_the_end_of_initial_events_is_missing(void **state)
{
	(void)state;
	for (int bookmark = 0; bookmark < 2; bookmark++) {
		struct rig rig;
		struct watch_timing timing = rig_timing();
		timing.silence_stream = bookmark ? 50 : 0.2;
		rig_start(&rig, &(struct rig_options){.timing = timing});
		int rule = api_fault(
		    rig.api,
		    &(struct sim_fault){.kind = FAULT_NO_BOOKMARK, .query = "sendInitialEvents", .times = -1});
		rig_watch(&rig);
		WAIT_FOR(rig.loop, api_fault_hits(rig.api, rule) == 3);
		if (bookmark)
			WAIT_FOR(rig.loop, api_bookmark(rig.api) >= 0 && rig_is_true(&rig));
		rig_settle(&rig, "pages instead");
		assert_int_equal(api_fault_hits(rig.api, rule), 3);
		assert_true(api_requests(rig.api, "/api/v1/nodes", "limit=") > 0);
		rig_end(&rig);
	}
}

static void test_servers_without_watch_list(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(),
	                                      .api = {.no_watch_list = 1, .gone_as_status = 1}});
	rig_watch(&rig);
	rig_settle(&rig, "pages");
	WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
	api_compact(rig.api);
	api_disturb(rig.api, NULL, &(struct sim_fault){.kind = FAULT_END});
	rig_churn(&rig);
	rig_settle(&rig, "410 as a status");
	rig_end(&rig);
}

static void test_a_dead_server_comes_back(void **state)
{
	struct rig rig;
	struct err err = {0};

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	assert_int_equal(api_set_listening(rig.api, 0, &err), 0);
	rig_watch(&rig);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_NODE)->sync == SYNC_FAILED);
	assert_true(rig.cluster->error[0] != '\0');
	for (int round = 0; round < 3; round++) {
		assert_int_equal(api_set_listening(rig.api, 1, &err), 0);
		rig_settle(&rig, "up");
		assert_string_equal(rig.cluster->error, "");
		assert_int_equal(api_set_listening(rig.api, 0, &err), 0);
		WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_STALE);
		for (int n = 0; n < 30; n++)
			rig_churn(&rig);
		if (round == 1)
			api_compact(rig.api);
	}
	assert_int_equal(api_set_listening(rig.api, 1, &err), 0);
	rig_settle(&rig, "up again");
	rig_end(&rig);
}

static void test_a_token_that_is_refused_in_mid_session(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .api = {.tls = 1}, .token = "good"});
	api_allow_token(rig.api, "good");
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
	/* Open watches live on, as they do there; the next request is refused. */
	api_refuse_token(rig.api, "good");
	rig_churn(&rig);
	rig_settle(&rig, "still watched");
	api_disturb(rig.api, NULL, &(struct sim_fault){.kind = FAULT_END});
	WAIT_FOR(rig.loop, rig.cluster->expired);
	assert_non_null(strstr(rig.cluster->error, "401"));
	assert_int_equal(rig_state(&rig, OBJECT_POD)->sync, SYNC_STALE);
	for (int n = 0; n < 20; n++)
		rig_churn(&rig);
	api_allow_token(rig.api, "good");
	rig_settle(&rig, "accepted again");
	assert_false(rig.cluster->expired);
	rig_end(&rig);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void test_a_plugin_brings_a_new_token(void **state)
{
	struct rig rig;
	char folder[] = "/tmp/faults-XXXXXX", path[64];
	const char *args[] = {"-c", NULL, NULL};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/token", folder);
	write_file(path, "one");
	char *script = mem_printf("printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\","
	                          "\"kind\":\"ExecCredential\","
	                          "\"status\":{\"token\":\"%%s\"}}' \"$(cat %s)\"", path);
	args[1] = script;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(),
	                                      .api = {.tls = 1},
	                                      .exec = {.api_version = "client.authentication.k8s.io/v1",
	                                               .command = "/bin/sh",
	                                               .args = args,
	                                               .install_hint = ""}});
	api_allow_token(rig.api, "one");
	rig_watch(&rig);
	rig_settle(&rig, "the first token");
	WAIT_FOR(rig.loop, api_watches(rig.api, NULL) == (int)rig.count);
	api_refuse_token(rig.api, "one");
	api_allow_token(rig.api, "two");
	write_file(path, "two");
	api_disturb(rig.api, NULL, &(struct sim_fault){.kind = FAULT_END});
	for (int n = 0; n < 20; n++)
		rig_churn(&rig);
	rig_settle(&rig, "the second token");
	assert_false(rig.cluster->expired);
	rig_end(&rig);
	free(script);
	unlink(path);
	rmdir(folder);
}

static void test_the_certificate_is_changed(void **state)
{
	struct rig rig;
	struct clock_fixed clock;
	struct err err = {0};
	char path[] = "/tmp/faults-ca-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	clock_fixed_init(&clock, 1700000000000);
	/* The file is there before the client is: a first server tells what is in it. */
	struct loop *loop = loop_new(&err);
	struct api *first = api_new(loop, &(struct api_options){.tls = 1}, &err);
	write_file(path, api_ca(first));
	api_free(first);
	loop_free(loop);
	rig_start(&rig, &(struct rig_options){
	                    .timing = rig_timing(), .api = {.tls = 1}, .clock = &clock.clock, .ca_file = path});
	rig_watch(&rig);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_NODE)->sync == SYNC_FAILED); /* of another authority */
	for (int round = 0; round < 2; round++) {
		write_file(path, api_ca(rig.api));
		clock.mono_ms += 6 * 60 * 1000;
		clock.wall_ms += 6 * 60 * 1000;
		rig_settle(&rig, "the new authority");
		assert_int_equal(api_rotate(rig.api, &err), 0);
		WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_STALE);
		for (int n = 0; n < 20; n++)
			rig_churn(&rig);
	}
	write_file(path, api_ca(rig.api));
	clock.mono_ms += 6 * 60 * 1000;
	clock.wall_ms += 6 * 60 * 1000;
	rig_settle(&rig, "the last authority");
	rig_end(&rig);
	unlink(path);
}

/* Every string that a server sends begins with what a terminal would obey. */
static void test_everything_is_tainted(void **state)
{
	static const char *const taints[] = {"\\u001b]0;title\\u0007\\u001b[2J", "\x1b[31m\x07",
	                                     "\xff\xc0\x80\xed\xa0\x80", "\\u009b2J\\u202e\\u2066"};

	(void)state;
	for (size_t i = 0; i < sizeof(taints) / sizeof(taints[0]); i++) {
		struct rig rig;
		rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
		api_fault(rig.api,
		          &(struct sim_fault){
		              .kind = FAULT_TAINT, .path = "/api*", .text = taints[i], .number = 1, .times = -1});
		rig_watch(&rig);
		WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_EVENT)->sync == SYNC_LIVE &&
		                       rig_state(&rig, OBJECT_HPA)->sync == SYNC_LIVE);
		for (int n = 0; n < 50; n++)
			rig_churn(&rig);
		rig_put_pod(&rig, "payments", "last", "Pending");
		size_t pods = api_count(rig.api, "pods");
		WAIT_FOR(rig.loop, rig.cluster->objects[OBJECT_POD].len == pods);
		fleet_settle(rig.fleet);
		for (int kind = 0; kind < OBJECT_KINDS; kind++) {
			const struct object *object;
			for (size_t at = 0; (object = map_next(&rig.cluster->objects[kind], &at));) {
				char *text = object_describe(object);
				assert_null(strpbrk(text, "\033\a\x7f\r\n\xff\xc0"));
				assert_null(strstr(text, "\xc2\x9b"));
				assert_null(strstr(text, "\xe2\x80\xae"));
				free(text);
			}
		}
		rig_end(&rig);
	}
}

/* A server that sends a version nobody would: it goes back as it came, and not into the request line. */
static void test_a_version_is_opaque(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
	api_fault(rig.api, &(struct sim_fault){.kind = FAULT_BODY, LIST,
	                                       .text = "{\"metadata\":{\"resourceVersion\":\"1&limit=7 "
	                                       	"HTTP/1.1\\r\\nX: y\"},\"items\":[]}"});
	rig_watch(&rig);
	WAIT_FOR(rig.loop, api_requests(rig.api, "/api/v1/pods",
	                                "resourceVersion=1%26limit%3D7%20HTTP%2F1.1%0D%0AX%3A%20y") > 0);
	rig_end(&rig);
}

/* A watch that ends as soon as it said something must not be opened in a tight loop. */
static void test_watches_that_end_quickly_are_paced(void **state)
{
	struct rig rig;
	struct watch_timing timing = rig_timing();

	(void)state;
	timing.quick_end = 10;
	timing.pause = timing.pause_max = 1000;
	rig_start(&rig, &(struct rig_options){.timing = timing, .kinds = {OBJECT_POD}, .kind_count = 1});
	rig_watch(&rig);
	WAIT_FOR(rig.loop, api_watches(rig.api, "pods") == 1);
	rig_put_pod(&rig, "payments", "new", "Pending");
	rig_settle(&rig, "told");
	api_disturb(rig.api, "pods", &(struct sim_fault){.kind = FAULT_END});
	/* Another watch proves that the loop went on meanwhile. */
	for (int n = 0; n < 200; n++)
		loop_poll(rig.loop, 0);
	WAIT_FOR(rig.loop, api_watches(rig.api, "pods") == 0);
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "watch="), 1);
	watch_relist(rig.watches[0]); /* a person does not wait */
	rig_settle(&rig, "asked for");
	rig_end(&rig);
}

/* Everything at once, by chance. */
static void test_a_storm(void **state)
{
	static const struct sim_fault storm[] = {
	    {.kind = FAULT_RESET, .number = SIM_HALF},
	    {.kind = FAULT_CUT, .number = SIM_HALF},
	    {.kind = FAULT_CUT_BARE, .number = SIM_HALF},
	    {.kind = FAULT_CUT_CHUNK, .number = 700},
	    {.kind = FAULT_STATUS, .number = 410, .seconds = -1},
	    {.kind = FAULT_STATUS, .number = 429, .seconds = 0},
	    {.kind = FAULT_STATUS, .number = 500, .seconds = -1},
	    {.kind = FAULT_BODY, .text = login_page, .type = "text/html"},
	    {.kind = FAULT_END},
	    {.kind = FAULT_ERROR_EVENT, .number = 410},
	    {.kind = FAULT_ERROR_EVENT, .number = 500},
	    {.kind = FAULT_LATE, .seconds = 0.01},
	    {.kind = FAULT_SLOW, .number = 900, .seconds = 0.001},
	    {.kind = FAULT_FRAME, .text = "]"},
	    {.kind = FAULT_NO_BOOKMARK},
	    {.kind = FAULT_NO_VERSION},
	    {.kind = FAULT_DEEP, .number = 200},
	    {.kind = FAULT_HUGE, .number = 100000},
	};
	static const struct sim_fault disturbances[] = {{.kind = FAULT_RESET},
	                                                {.kind = FAULT_CUT},
	                                                {.kind = FAULT_CUT_CHUNK},
	                                                {.kind = FAULT_END},
	                                                {.kind = FAULT_ERROR_EVENT, .number = 410},
	                                                {.kind = FAULT_ERROR_EVENT, .number = 500},
	                                                {.kind = FAULT_FRAME, .text = "{{"}};
	struct rig rig;
	struct watch_timing timing = rig_timing();
	struct err err = {0};

	(void)state;
	timing.silence_stream = 0.5;
	timing.quick_end = 0.01;
	rig_start(&rig, &(struct rig_options){.timing = timing, .api = {.history = 60}});
	rig_watch(&rig);
	for (int i = 0; i < 1500; i++) {
		struct sim_fault fault = storm[rig_roll(&rig, sizeof(storm) / sizeof(storm[0]))];
		fault.path = "/api*";
		fault.skip = (int)rig_roll(&rig, 8);
		if (i % 4 == 0)
			api_fault(rig.api, &fault);
		if (i % 50 == 49)
			api_clear_faults(rig.api);
		if (i % 7 == 0)
			api_disturb(rig.api, NULL,
			            &disturbances[rig_roll(&rig, sizeof(disturbances) / sizeof(disturbances[0]))]);
		if (i % 100 == 50)
			api_compact(rig.api);
		if (i % 300 == 150)
			assert_int_equal(api_set_listening(rig.api, 0, &err), 0);
		if (i % 300 == 160)
			assert_int_equal(api_set_listening(rig.api, 1, &err), 0);
		rig_churn(&rig);
		loop_poll(rig.loop, i % 3 == 0);
		if (i % 20 == 0)
			fleet_settle(rig.fleet);
	}
	api_clear_faults(rig.api);
	rig_settle(&rig, "after the storm");
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults_of_requests),
	    cmocka_unit_test(test_faults_of_open_watches),
	    cmocka_unit_test(test_a_version_from_the_future),
	    cmocka_unit_test(test_half_open_connections),
	    cmocka_unit_test(test_a_list_that_freezes),
	    cmocka_unit_test(test_the_end_of_initial_events_is_missing),
	    cmocka_unit_test(test_servers_without_watch_list),
	    cmocka_unit_test(test_a_dead_server_comes_back),
	    cmocka_unit_test(test_a_token_that_is_refused_in_mid_session),
	    cmocka_unit_test(test_a_plugin_brings_a_new_token),
	    cmocka_unit_test(test_the_certificate_is_changed),
	    cmocka_unit_test(test_everything_is_tainted),
	    cmocka_unit_test(test_a_version_is_opaque),
	    cmocka_unit_test(test_watches_that_end_quickly_are_paced),
	    cmocka_unit_test(test_a_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

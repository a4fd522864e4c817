/* SPDX-License-Identifier: MIT */
/* Lists and watches of a server that does what it should, and of one that says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/kube/rig.h"
#include "unit/kube/wire_encode.h"

static void test_all_kinds_become_true_and_stay_so(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	assert_int_equal(rig.cluster->objects[OBJECT_POD].len, 18);
	for (int i = 0; i < 200; i++) {
		rig_churn(&rig);
		if (i % 10 == 0)
			loop_poll(rig.loop, 0);
	}
	rig_settle(&rig, "after churn");
	/* 18 pods are four pages, read once; watches were never taken up again. */
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit="), 4);
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "watch="), 1);
	/* Few of a kind: one stream and no list. */
	assert_int_equal(api_requests(rig.api, "/api/v1/nodes", "sendInitialEvents=true"), 1);
	assert_int_equal(api_requests(rig.api, "/api/v1/nodes", "limit="), 0);
	/* Metadata alone was asked for, and is what the kinds say. */
	assert_int_equal(api_requests(rig.api, "/api/v1/events", "fieldSelector=type%3DWarning"),
	                 api_requests(rig.api, "/api/v1/events", ""));
	rig_end(&rig);
}

static void test_pages_while_things_change(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .services = 20, .pods_each = 5});
	rig_watch(&rig);
	for (int i = 0; i < 2000 && !rig.cluster->kinds[OBJECT_EVENT].complete; i++) {
		rig_churn(&rig);
		loop_poll(rig.loop, 0);
	}
	rig_settle(&rig, "listed under churn");
	rig_end(&rig);
}

static void test_refresh_reads_anew_and_loses_nothing(void **state)
{
	struct rig rig;
	struct timer *tick;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	tick = timer_new(rig.loop, wait_due, &(struct wait){0});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	rig.fewest_pods = (size_t)-1;
	int before = api_requests(rig.api, "/api/v1/pods", "limit=");
	for (size_t i = 0; i < rig.count; i++)
		watch_relist(rig.watches[i]);
	WAIT_FOR(rig.loop, api_requests(rig.api, "/api/v1/pods", "watch=") == 2);
	rig_settle(&rig, "after the refresh");
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit="), before + 4);
	assert_int_equal(rig.fewest_pods, 18);
	/* In the middle of a list, and twice in a row. */
	for (size_t i = 0; i < rig.count; i++) {
		watch_relist(rig.watches[i]);
		loop_poll(rig.loop, 0);
		watch_relist(rig.watches[i]);
	}
	rig_settle(&rig, "after more of them");
	assert_int_equal(rig.fewest_pods, 18);
	timer_free(tick);
	rig_end(&rig);
}

/* What was deleted while nobody watched goes with the next complete list, not before. */
static void test_a_list_sweeps_at_its_end(void **state)
{
	struct rig rig;
	char namespace[256], name[256];
	struct err err = {0};

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	assert_int_equal(api_set_listening(rig.api, 0, &err), 0);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_STALE);
	for (int i = 0; i < 5; i++) {
		assert_true(rig_pick(&rig, "pods", (unsigned)i * 3, namespace, name));
		assert_int_equal(api_delete(rig.api, "pods", namespace, name, &err), 0);
	}
	api_compact(rig.api);
	/* The first try at a new list breaks off in its third page. */
	int rule = api_fault(rig.api, &(struct sim_fault){.kind = FAULT_CUT_BARE,
	                                                  .path = "/api/v1/pods",
	                                                  .query = "continue=",
	                                                  .skip = 1,
	                                                  .number = SIM_HALF});
	size_t before = rig.cluster->objects[OBJECT_POD].len;
	rig.fewest_pods = before;
	assert_int_equal(api_set_listening(rig.api, 1, &err), 0);
	WAIT_FOR(rig.loop, api_fault_hits(rig.api, rule) == 1);
	assert_int_equal(rig.fewest_pods, before);
	rig_settle(&rig, "after the second try");
	assert_int_equal(rig.cluster->objects[OBJECT_POD].len, 13);
	rig_end(&rig);
}

/* Which lists wait for which: one that never ends shows it. */
static void test_big_lists_take_turns(void **state)
{
	static const struct {
		const char *frozen;
		int watch; /* its place among the kinds */
		const char *waits[3], *goes_on[2];
	} cases[] = {
	    /* First rows before everything. */
	    {"/apis/apps/v1/deployments",
	     0,
	     {"/apis/apps/v1/statefulsets", "/api/v1/pods", "/api/v1/events"},
	     {"/api/v1/nodes"}},
	    /* Then pods in a lane of their own. */
	    {"/apis/apps/v1/statefulsets",
	     1,
	     {"/apis/apps/v1/daemonsets", "/apis/apps/v1/replicasets"},
	     {"/api/v1/pods", "/api/v1/events"}},
	    {"/api/v1/pods", 5, {"/api/v1/events"}, {"/apis/apps/v1/replicasets", "/api/v1/nodes"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig;
		rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
		int rule = api_fault(
		    rig.api,
		    &(struct sim_fault){
		        .kind = FAULT_FREEZE, .path = cases[i].frozen, .query = "limit=", .number = SIM_NO_HEAD});
		rig_watch(&rig);
		WAIT_FOR(rig.loop, api_fault_hits(rig.api, rule) == 1);
		for (size_t n = 0; n < 2 && cases[i].goes_on[n]; n++)
			WAIT_FOR(rig.loop, api_requests(rig.api, cases[i].goes_on[n], "watch=") == 1);
		for (size_t n = 0; n < 3 && cases[i].waits[n]; n++)
			assert_int_equal(api_requests(rig.api, cases[i].waits[n], ""), 0);
		/* Who gives up its turn lets the next one go on. */
		watch_relist(rig.watches[cases[i].watch]);
		rig_settle(&rig, cases[i].frozen);
		rig_end(&rig);
	}
}

static void test_no_permission(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	api_deny(rig.api, NULL, "pods", NULL);
	rig_watch(&rig);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_DENIED &&
	                       rig_state(&rig, OBJECT_EVENT)->sync == SYNC_LIVE);
	assert_non_null(strstr(rig_state(&rig, OBJECT_POD)->error, "pods is forbidden"));
	/* Others go on, and the right is looked for again. */
	assert_int_equal(rig_state(&rig, OBJECT_DEPLOYMENT)->sync, SYNC_LIVE);
	api_allow_all(rig.api);
	rig_settle(&rig, "allowed again");
	rig_end(&rig);
}

static void test_only_a_namespace_may_be_read(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(),
	                                      .namespace = "payments",
	                                      .kinds = {OBJECT_POD, OBJECT_DEPLOYMENT},
	                                      .kind_count = 2});
	api_deny(rig.api, NULL, "pods", NULL);
	rig_watch(&rig);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_LIVE &&
	                       rig_state(&rig, OBJECT_DEPLOYMENT)->sync == SYNC_LIVE);
	assert_int_equal(rig.cluster->objects[OBJECT_POD].len, 3);
	assert_non_null(strstr(rig_state(&rig, OBJECT_POD)->error, "payments"));
	rig_put_pod(&rig, "payments", "new", "Pending");
	rig_put_pod(&rig, "checkout", "unseen", "Pending");
	WAIT_FOR(rig.loop, rig.cluster->objects[OBJECT_POD].len == 4);
	WAIT_FOR(rig.loop, api_watches(rig.api, "pods") == 1);
	/* Neither is left: then it is denied. */
	api_deny(rig.api, NULL, "pods", "*");
	api_disturb(rig.api, "pods", &(struct sim_fault){.kind = FAULT_END});
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_POD)->sync == SYNC_DENIED);
	rig_end(&rig);
}

static void test_a_kind_that_is_not_there(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	int rule = api_fault(rig.api, &(struct sim_fault){.kind = FAULT_STATUS,
	                                                  .number = 404,
	                                                  .seconds = -1,
	                                                  .times = 20,
	                                                  .path = "/apis/autoscaling/v2/*"});
	rig_watch(&rig);
	WAIT_FOR(rig.loop, rig_state(&rig, OBJECT_HPA)->sync == SYNC_ABSENT);
	/* It is looked for again; an add-on can be installed later. */
	WAIT_FOR(rig.loop, api_fault_hits(rig.api, rule) == 20);
	rig_settle(&rig, "installed");
	rig_end(&rig);
}

static void test_bookmarks_move_the_place_to_go_on_from(void **state)
{
	struct rig rig;
	struct err err = {0};

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
	rig_watch(&rig);
	rig_settle(&rig, "at first");
	WAIT_FOR(rig.loop, api_watches(rig.api, "pods") == 1);
	/* Other kinds change; a bookmark says so, and then history is forgotten. */
	assert_int_equal(api_patch(rig.api, "nodes", "", "node-01", "{\"spec\":{"
		"\"unschedulable\":true}}", &err), 0);
	int changes = rig.changes;
	assert_int_equal(api_bookmark(rig.api), 1);
	(void)changes;
	rig_put_pod(&rig, "payments", "marker", "Pending");
	rig_settle(&rig, "marker");
	assert_int_equal(api_patch(rig.api, "nodes", "", "node-01", "{\"spec\":{"
		"\"unschedulable\":false}}", &err), 0);
	assert_int_equal(api_bookmark(rig.api), 1);
	api_compact(rig.api);
	api_disturb(rig.api, "pods", &(struct sim_fault){.kind = FAULT_END});
	WAIT_FOR(rig.loop,
	         api_requests(rig.api, "/api/v1/pods", "watch=") == 2 && api_watches(rig.api, "pods") == 1);
	rig_put_pod(&rig, "payments", "later", "Pending");
	rig_settle(&rig, "later");
	/* Without the bookmark that would have been 410 and a list. */
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit="), 4);
	rig_end(&rig);
}

/* Hostile content: what is stored is sanitised, and stays equal to what a list gives. */
static void test_hostile_texts(void **state)
{
	struct rig rig;
	struct err err = {0};
	static const char *const pods[] = {
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"esc\",\"namespace\":\"payments\","
		"\"labels\":{\"team\":\"\\u001b[31m\"}},"
		"\"spec\":{\"containers\":[{\"name\":\"\\u001b]0;x\\u0007\"}]},\"status\":{\"phase\":\"\\u001b[2J\","
		"\"reason\":\"\\u009b2J\\u202e\"}}",
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"bad\",\"namespace\":\"payments\"},"
		"\"spec\":{\"nodeName\":\"\xff\xfe\xc0\x80\"},"
		"\"status\":{\"phase\":\"\xed\xa0\x80\",\"podIP\":\"\xf0\x9f\x98\"}}",
	};

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	assert_int_equal(api_put_text(rig.api, pods[0], &err), 0);
	rig_watch(&rig);
	rig_settle(&rig, "listed");
	assert_int_equal(api_put_text(rig.api, pods[1], &err), 0);
	rig_settle(&rig, "watched");
	const struct object *object = map_get(&rig.cluster->objects[OBJECT_POD], "payments/esc");
	char *text = object_describe(object);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\a'));
	free(text);
	rig_end(&rig);
}

/* What the server's list of pods is in protobuf. */
static void list_in_wire(struct rig *rig, struct buf *out)
{
	struct buf text;
	buf_init(&text, WIRE_ROOM);
	buf_init(out, WIRE_ROOM);
	assert_int_equal(api_list_text(rig->api, "pods", &text), 0);
	cJSON *list = json_parse_heap(buf_string(&text), text.len, NULL);
	wire_put_list(out, &wire_pod, list);
	cJSON_Delete(list);
	buf_release(&text);
}

static void test_pods_come_as_protobuf(void **state)
{
	struct rig rig;
	struct buf bytes;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
	list_in_wire(&rig, &bytes);
	int rule = api_fault(rig.api, &(struct sim_fault){.kind = FAULT_BODY, .path = "/api/v1/pods", .query = "limit=",
	                                                  .text = bytes.data, .number = (long)bytes.len});
	rig_watch(&rig);
	rig_settle(&rig, "from protobuf");
	assert_int_equal(api_fault_hits(rig.api, rule), 1);
	assert_int_equal(api_requests(rig.api, "/api/v1/pods", "limit="), 1);
	for (int i = 0; i < 20; i++)
		rig_churn(&rig);
	rig_settle(&rig, "watched from its version");
	buf_release(&bytes);
	rig_end(&rig);
}

/* Whatever is wrong with it, JSON is what is read then. */
static void test_protobuf_that_cannot_be_read(void **state)
{
	(void)state;
	for (int what = 0; what < 4; what++) {
		struct rig rig;
		struct buf bytes;
		rig_start(&rig, &(struct rig_options){.timing = rig_timing(), .kinds = {OBJECT_POD}, .kind_count = 1});
		list_in_wire(&rig, &bytes);
		struct sim_fault fault = {.kind = FAULT_BODY, .path = "/api/v1/pods", .query = "limit=", .times = -1,
		                          .text = bytes.data, .number = (long)bytes.len};
		if (what == 0)
			fault = (struct sim_fault){.kind = FAULT_STATUS, .path = "/api/v1/pods", .query = "limit=", .number = 406};
		else if (what == 1)
			fault.text = "k9s is not the mark of anything", fault.number = 0, fault.times = 1;
		else if (what == 2)
			memset(bytes.data + bytes.len / 2, 0xff, 64), fault.times = 1;
		else /* half of it, and a clean end: the next try is whole, and may be protobuf again */
			fault.number /= 2, fault.times = 1;
		int rule = api_fault(rig.api, &fault);
		rig_watch(&rig);
		rig_settle(&rig, "after protobuf");
		assert_int_equal(api_fault_hits(rig.api, rule), 1);
		buf_release(&bytes);
		rig_end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_kinds_become_true_and_stay_so),
	    cmocka_unit_test(test_pages_while_things_change),
	    cmocka_unit_test(test_refresh_reads_anew_and_loses_nothing),
	    cmocka_unit_test(test_a_list_sweeps_at_its_end),
	    cmocka_unit_test(test_big_lists_take_turns),
	    cmocka_unit_test(test_no_permission),
	    cmocka_unit_test(test_only_a_namespace_may_be_read),
	    cmocka_unit_test(test_a_kind_that_is_not_there),
	    cmocka_unit_test(test_bookmarks_move_the_place_to_go_on_from),
	    cmocka_unit_test(test_hostile_texts),
	    cmocka_unit_test(test_pods_come_as_protobuf),
	    cmocka_unit_test(test_protobuf_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

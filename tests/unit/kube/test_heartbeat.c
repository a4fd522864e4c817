/* SPDX-License-Identifier: MIT */
/* Watches that are open and silent, and a server that says what it thinks of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kube/heartbeat.h"
#include "unit/kube/rig.h"

static const struct heartbeat_timing quick = {.every = 0.01, .again = 0.01, .refused = 3600};

static void recovered(void *arg)
{
	++*(int *)arg;
}

struct desk {
	struct rig rig;
	struct heartbeat *heartbeat;
	int recoveries;
};

static void desk_open(struct desk *desk)
{
	rig_start(&desk->rig, &(struct rig_options){.timing = rig_timing()});
	rig_watch(&desk->rig);
	rig_settle(&desk->rig, "at first");
	desk->recoveries = 0;
	desk->heartbeat = heartbeat_new(&(struct heartbeat_options){
		.loop = desk->rig.loop, .client = desk->rig.client, .cluster = desk->rig.cluster, .timing = &quick,
		.recovered = recovered, .recovered_arg = &desk->recoveries});
	heartbeat_start(desk->heartbeat);
	fleet_settle(desk->rig.fleet);
	assert_int_equal(desk->rig.cluster->link, LINK_LIVE);
}

static void desk_close(struct desk *desk)
{
	heartbeat_free(desk->heartbeat);
	rig_end(&desk->rig);
}

static int asked(const struct desk *desk)
{
	return api_requests(desk->rig.api, "/readyz", "");
}

static enum link link_now(struct desk *desk)
{
	fleet_settle(desk->rig.fleet);
	return desk->rig.cluster->link;
}

static void test_two_bad_answers_make_it_stale(void **state)
{
	struct desk desk;
	char words[320];
	struct text text = text_in(words, sizeof(words));
	(void)state;
	desk_open(&desk);
	WAIT_FOR(desk.rig.loop, asked(&desk) > 1);
	assert_int_equal(link_now(&desk), LINK_LIVE);
	api_fault(desk.rig.api, &(struct sim_fault){.kind = FAULT_STATUS, .path = "/readyz", .number = 500, .seconds = -1, .times = -1});
	WAIT_FOR(desk.rig.loop, desk.rig.cluster->unready[0]);
	assert_int_equal(link_now(&desk), LINK_STALE);
	cluster_trouble(desk.rig.cluster, &text);
	assert_non_null(strstr(words, "500"));
	/* A watch that gets through does not make it well. */
	cluster_set_error(desk.rig.cluster, 0, NULL);
	assert_int_equal(link_now(&desk), LINK_STALE);
	api_clear_faults(desk.rig.api);
	WAIT_FOR(desk.rig.loop, !desk.rig.cluster->unready[0]);
	assert_int_equal(link_now(&desk), LINK_LIVE);
	assert_int_equal(desk.recoveries, 1);
	desk_close(&desk);
}

static void test_one_bad_answer_is_none(void **state)
{
	struct desk desk;
	(void)state;
	desk_open(&desk);
	int rule = api_fault(desk.rig.api, &(struct sim_fault){.kind = FAULT_STATUS, .path = "/readyz", .number = 503, .seconds = -1});
	int before = asked(&desk);
	WAIT_FOR(desk.rig.loop, api_fault_hits(desk.rig.api, rule) == 1 && asked(&desk) > before + 2);
	assert_string_equal(desk.rig.cluster->unready, "");
	assert_int_equal(link_now(&desk), LINK_LIVE);
	assert_int_equal(desk.recoveries, 0);
	desk_close(&desk);
}

static void test_who_may_not_ask_does_not(void **state)
{
	struct desk desk;
	(void)state;
	desk_open(&desk);
	int rule = api_fault(desk.rig.api, &(struct sim_fault){.kind = FAULT_STATUS, .path = "/readyz", .number = 403, .seconds = -1, .times = -1});
	WAIT_FOR(desk.rig.loop, api_fault_hits(desk.rig.api, rule) == 1);
	int before = asked(&desk);
	for (int i = 0; i < 20; i++)
		rig_churn(&desk.rig);
	rig_settle(&desk.rig, "meanwhile");
	assert_int_equal(asked(&desk), before);
	assert_int_equal(link_now(&desk), LINK_LIVE);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_bad_answers_make_it_stale),
		cmocka_unit_test(test_one_bad_answer_is_none),
		cmocka_unit_test(test_who_may_not_ask_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

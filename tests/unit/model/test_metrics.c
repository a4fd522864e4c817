/* SPDX-License-Identifier: MIT */
/* Metrics of services: what is absent, NaN and zero; parts; history; ratios; cost; columns and filters. */
#include "build.h"

#include <math.h>

#include "model/column.h"
#include "model/query.h"

struct world {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
	struct service *api, *web;
};

static int setup(void **state)
{
	struct world *world = mem_new(sizeof(*world));
	clock_fixed_init(&world->clock, NOW);
	world->fleet = fleet_new(&world->clock.clock);
	world->cluster = fleet_add_cluster(world->fleet, "eu", "prod", "", 0);
	put(world->cluster, make_workload(world->cluster, OBJECT_DEPLOYMENT, "pay", "api", "u1", 2));
	put(world->cluster, make_workload(world->cluster, OBJECT_DEPLOYMENT, "pay", "web", "u2", 2));
	put(world->cluster, make_replicaset(world->cluster, "pay", "api-1", "r1", "u1"));
	put(world->cluster, make_pod(world->cluster, "pay", "api-1-a", "p1", "r1", REASON_NONE));
	put(world->cluster, make_pod(world->cluster, "pay", "api-1-b", "p2", "r1", REASON_NONE));
	make_live(world->cluster);
	fleet_settle(world->fleet);
	world->api = map_get(&world->fleet->by_key, "eu/pay/api");
	world->web = map_get(&world->fleet->by_key, "eu/pay/web");
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	fleet_free(world->fleet);
	free(world);
	return 0;
}

static void tell(struct world *world, enum metric metric, struct service *service, double value, int64_t at)
{
	metrics_begin(world->cluster, metric);
	if (service)
		metrics_add(service, metric, value);
	metrics_commit(world->cluster, metric, at);
}

static const char *cell(const struct service *service, const char *key)
{
	static char room[64];
	struct text text = text_in(room, sizeof(room));
	column_find(key)->format(service, &text);
	return room;
}

static void test_absent_zero_and_nan_are_three_things(void **state)
{
	struct world *world = *state;
	assert_null(service_metric(world->api, METRIC_RPS));
	assert_string_equal(cell(world->api, "rps"), "");
	tell(world, METRIC_RPS, world->api, 0, NOW);
	assert_string_equal(cell(world->api, "rps"), "0");
	tell(world, METRIC_ERRORS, world->api, 0, NOW);
	assert_true(isnan(service_metric(world->api, METRIC_ERROR_RATIO)->value));
	assert_string_equal(cell(world->api, "err"), "NaN");
	/* Gone from the answer: absent again. */
	tell(world, METRIC_RPS, NULL, 0, NOW + 30000);
	assert_null(service_metric(world->api, METRIC_RPS));
	assert_string_equal(cell(world->api, "rps"), "");
}

static void test_parts_are_added_or_the_worst_stands(void **state)
{
	struct world *world = *state;
	metrics_begin(world->cluster, METRIC_CPU);
	metrics_add(world->api, METRIC_CPU, 0.25);
	metrics_add(world->api, METRIC_CPU, NAN);
	metrics_add(world->api, METRIC_CPU, 0.5);
	metrics_commit(world->cluster, METRIC_CPU, NOW);
	assert_true(service_metric_or(world->api, METRIC_CPU, NAN) == 0.75);
	metrics_begin(world->cluster, METRIC_P99);
	metrics_add(world->api, METRIC_P99, 120);
	metrics_add(world->api, METRIC_P99, 80);
	metrics_commit(world->cluster, METRIC_P99, NOW);
	assert_true(service_metric_or(world->api, METRIC_P99, NAN) == 120);
}

static void test_the_ratio_needs_one_instant(void **state)
{
	struct world *world = *state;
	tell(world, METRIC_RPS, world->api, 200, NOW);
	tell(world, METRIC_ERRORS, world->api, 1, NOW);
	assert_true(service_metric_or(world->api, METRIC_ERROR_RATIO, NAN) == 0.005);
	assert_true(world->cluster->metrics.rps == 200 && world->cluster->metrics.errors == 1);
	/* Errors of a later round alone divide nothing. */
	tell(world, METRIC_ERRORS, world->api, 100, NOW + 30000);
	assert_true(service_metric_or(world->api, METRIC_ERROR_RATIO, NAN) == 0.005);
}

static void test_history_keeps_gaps(void **state)
{
	struct world *world = *state;
	int64_t at = NOW - NOW % METRIC_STEP_MS;
	double values[6];
	tell(world, METRIC_RPS, world->api, 1, at);
	tell(world, METRIC_RPS, world->api, 2, at + METRIC_STEP_MS);
	tell(world, METRIC_RPS, world->api, 4, at + 3 * METRIC_STEP_MS);
	service_metric_history(world->api, METRIC_RPS, at + 4 * METRIC_STEP_MS, values, 6);
	assert_true(isnan(values[0]) && values[1] == 1 && values[2] == 2 && isnan(values[3]) && values[4] == 4 &&
	            isnan(values[5]));
	/* A clock that goes back changes nothing that stands there. */
	tell(world, METRIC_RPS, world->api, 9, at);
	service_metric_history(world->api, METRIC_RPS, at + 4 * METRIC_STEP_MS, values, 6);
	assert_true(values[1] == 1 && values[4] == 4);
	/* After more than an hour of silence nothing old comes back. */
	tell(world, METRIC_RPS, world->api, 5, at + (METRIC_HISTORY + 50) * (int64_t)METRIC_STEP_MS);
	service_metric_history(world->api, METRIC_RPS, at + (METRIC_HISTORY + 50) * (int64_t)METRIC_STEP_MS, values, 6);
	assert_true(isnan(values[4]) && values[5] == 5);
}

static void test_targets_find_their_service(void **state)
{
	struct world *world = *state;
	const struct cluster *cluster = world->cluster;
	assert_ptr_equal(metrics_find(cluster, TARGET_SERVICE, "pay", "api"), world->api);
	assert_ptr_equal(metrics_find(cluster, TARGET_SERVICE, "pay", "api-primary"), world->api);
	assert_ptr_equal(metrics_find(cluster, TARGET_WORKLOAD, "pay", "api-canary"), world->api);
	assert_ptr_equal(metrics_find(cluster, TARGET_POD, "pay", "api-1-b"), world->api);
	assert_null(metrics_find(cluster, TARGET_POD, "pay", "api-1-c"));
	assert_null(metrics_find(cluster, TARGET_SERVICE, "other", "api"));
	assert_null(metrics_find(cluster, TARGET_SERVICE, "", ""));
}

static void test_old_values_say_so(void **state)
{
	struct world *world = *state;
	tell(world, METRIC_RPS, world->api, 4200, NOW);
	assert_string_equal(cell(world->api, "rps"), "4.20k");
	metrics_set_state(world->cluster, METERING_STALE, "connection refused");
	assert_string_equal(cell(world->api, "rps"), "~4.20k");
	assert_int_equal(column_find("rps")->tone(world->api), TONE_DIM);
}

static void test_cost_is_the_larger_of_use_and_request(void **state)
{
	struct world *world = *state;
	assert_true(isnan(service_cost(world->api)));
	world->fleet->prices = (struct prices){.vcpu_hour = 0.04, .gib_hour = 0.01, .million_requests = 1};
	assert_true(isnan(service_cost(world->api)));
	tell(world, METRIC_CPU, world->api, 1, NOW);
	tell(world, METRIC_CPU_REQUEST, world->api, 2, NOW);
	assert_true(fabs(service_cost(world->api) - 0.08) < 1e-9);
	tell(world, METRIC_MEMORY, world->api, 3.0 * (1 << 30), NOW);
	tell(world, METRIC_RPS, world->api, 1e6 / 3600, NOW);
	assert_true(fabs(service_cost(world->api) - 1.11) < 1e-9);
	assert_true(fabs(fleet_team_cost(world->fleet, world->api->team) - 1.11) < 1e-9);
}

static void test_filters_compare_numbers(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *filter;
		int matches;
	} rows[] = {{"rps>4k", 1}, {"rps>5k", 0}, {"rps>=4.2k", 1}, {"rps<4200", 0}, {"rps<=4200", 1}, {"err>0", 0}, {"err<1", 0},
		{"desired>1", 1}, {"desired<2", 0}};
	struct err err;
	tell(world, METRIC_RPS, world->api, 4200, NOW);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *filter = filter_parse(rows[i].filter, &err);
		assert_non_null(filter);
		if (filter_matches(filter, world->api) != rows[i].matches)
			fail_msg("%s", rows[i].filter);
		filter_free(filter);
	}
	assert_null(filter_parse("rps>many", &err));
	assert_string_equal(err.text, "filter: \"rps>many\": \"many\" is no number");
	assert_null(filter_parse("team>3", &err));
	assert_string_equal(err.text, "filter: \"team>3\": the column team holds no number to compare");
}

/* 8 metrics of 2,000 services with an hour of history stay under 16 MB. */
static void test_an_hour_of_a_fleet_is_small(void **state)
{
	(void)state;
	assert_int_equal(METRIC_KEPT, 8);
	assert_true(2000 * (sizeof(struct service_metrics) + 16) < 16 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_absent_zero_and_nan_are_three_things, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts_are_added_or_the_worst_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_ratio_needs_one_instant, setup, teardown),
		cmocka_unit_test_setup_teardown(test_history_keeps_gaps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_targets_find_their_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_values_say_so, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cost_is_the_larger_of_use_and_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filters_compare_numbers, setup, teardown),
		cmocka_unit_test(test_an_hour_of_a_fleet_is_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What follows from a demand, without any source. */
#include "unit/view/world.h"

#include "app/demand.h"

static void a_demand_differs_by_parts(void **state)
{
	struct demand before, now;

	(void)state;
	demand_init(&before);
	demand_init(&now);
	assert_int_equal(demand_diff(&before, &now), 0);
	snprintf(now.logs.service, sizeof(now.logs.service), "a/b/c");
	assert_int_equal(demand_diff(&before, &now), DEMAND_LOGS);
	before.logs = now.logs;
	now.logs.previous = 1;
	assert_int_equal(demand_diff(&before, &now), DEMAND_LOGS);
	snprintf(now.events.service, sizeof(now.events.service), "a/b/c");
	now.object.reads = 1;
	before.logs = now.logs;
	assert_int_equal(demand_diff(&before, &now), DEMAND_EVENTS | DEMAND_OBJECT);
}

static size_t targets_of(struct world *world, const struct demand_logs *logs, struct demand_target **targets)
{
	const struct service *service = fleet_find(world->fleet, "eu-prod", "payments", "payments-api");

	assert_non_null(service);
	return demand_targets(logs, service, targets);
}

static void logs_begin_with_the_worst_pods(void **state)
{
	struct world *world = world_new();
	struct demand_logs logs = {.service = "eu-prod/payments/payments-api"};
	struct demand_target *targets;

	(void)state;
	assert_int_equal(targets_of(world, &logs, &targets), 3);
	assert_string_equal(targets[0].pod, "payments-api-6d5f9c7b4-a31c0");
	assert_string_equal(targets[0].container, "app");
	assert_string_equal(targets[2].pod, "payments-api-6d5f9c7b4-a3a7a");
	free(targets);
	/* Before the last restart: only what has restarted. */
	logs.previous = 1;
	assert_int_equal(targets_of(world, &logs, &targets), 2);
	free(targets);
	logs.previous = 0;
	snprintf(logs.pod, sizeof(logs.pod), "payments-api-6d5f9c7b4-a3a7a");
	assert_int_equal(targets_of(world, &logs, &targets), 1);
	free(targets);
	snprintf(logs.container, sizeof(logs.container), "istio-proxy");
	assert_int_equal(targets_of(world, &logs, &targets), 0);
	free(targets);
	world_shut(world);
}

static void every_container_of_a_pod_has_a_log(void **state)
{
	struct world *world = world_new();
	struct cluster *eu = world_cluster(world, "eu-prod");
	struct pod *pod = make_pod(eu, "payments", "payments-api-6d5f9c7b4-zzzzz", "zzzzz",
	                           "payments-api-6d5f9c7b4",
	                           REASON_NONE);
	struct demand_logs logs = {.service = "eu-prod/payments/payments-api",
	                           .pod = "payments-api-6d5f9c7b4-zzzzz"};
	struct demand_target *targets;

	(void)state;
	set_word(world->fleet, &pod->containers, "app,istio-proxy,envoy");
	put(eu, pod);
	fleet_settle(world->fleet);
	assert_int_equal(targets_of(world, &logs, &targets), 3);
	assert_string_equal(targets[1].container, "istio-proxy");
	free(targets);
	snprintf(logs.container, sizeof(logs.container), "envoy");
	assert_int_equal(targets_of(world, &logs, &targets), 1);
	assert_string_equal(targets[0].container, "envoy");
	free(targets);
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_demand_differs_by_parts),
		cmocka_unit_test(logs_begin_with_the_worst_pods),
		cmocka_unit_test(every_container_of_a_pod_has_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

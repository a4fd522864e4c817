/* SPDX-License-Identifier: MIT */
/* The lists beside the services: Flux, rollouts, what is held; how one gets there and back. */
#include "world.h"

#include "../model/flux_build.h"
#include "model/census.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define OLD "fedcba9876543210fedcba9876543210fedcba98"

/* Two clusters with Flux: a failed Kustomization, a suspended one, releases, a canary, a Rollout. */
static struct world *gitops_world(void)
{
	struct world *world = world_new();
	struct cluster *eu = world_cluster(world, "eu-prod"), *us = world_cluster(world, "us-prod");
	struct fleet *fleet = world->fleet;
	put(eu, make_source(eu, "platform", "main@sha1:" SHA));
	put(us, make_source(us, "platform", "main@sha1:" SHA));
	struct kustomization *k = make_kustomization(eu, "apps", "platform", "main@sha1:" OLD, 'F',
	                                             "timeout waiting for: [Deployment/payments/payments-api status: 'InProgress']");
	make_depends(eu, &k->depends_on, "Kustomization", "infra");
	k->attempted = word_of(fleet, "main@sha1:" SHA);
	make_inventory(eu, &k->inventory, "payments_payments-api_apps_Deployment");
	make_inventory(eu, &k->inventory, "payments_settings__ConfigMap");
	put(eu, k);
	put(eu, make_kustomization(eu, "infra", "platform", "main@sha1:" SHA, 'T', "Applied revision: main@sha1:" SHA));
	k = make_kustomization(us, "apps", "platform", "main@sha1:" OLD, 'T', "Applied revision: main@sha1:" OLD);
	k->resource.suspended = 1;
	k->resource.hold = make_hold(fleet, "ann@laptop", "database migration", "flux", NOW - 7200000, NOW + 10800000);
	put(us, k);
	struct helm_release *h = make_release(us, "payments", "payments-api", "apps", "4.2.0", 'T', "Helm upgrade succeeded");
	make_inventory(us, &h->inventory, "payments_payments-api_apps_Deployment");
	put(us, h);
	put(us, make_argo(us, "shop", "recommend", "Paused", 1, 20));
	put(eu, make_canary(eu, "payments", "payments-worker", "Failed", 0));
	for (int i = 0; i < 2; i++)
		for (enum object_kind kind = OBJECT_ROLLOUT; kind < OBJECT_KINDS; kind++)
			cluster_set_sync(i ? us : eu, kind, SYNC_LIVE, NULL);
	fleet_settle(fleet);
	return world;
}

static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};

static void at_all_sizes(struct world *world, const char *name)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char golden[64];
		world_draw(world, sizes[i][0], sizes[i][1]);
		snprintf(golden, sizeof(golden), "%s-%dx%d", name, sizes[i][0], sizes[i][1]);
		world_golden(world, golden, 0);
	}
}

static void flux_list_and_tree(void **state)
{
	struct world *world = gitops_world();
	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "F");
	at_all_sizes(world, "flux");
	world_press(world, "t");
	at_all_sizes(world, "flux-tree");
	world_shut(world);
}

static void paused_and_rollouts(void **state)
{
	struct world *world = gitops_world();
	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "P");
	at_all_sizes(world, "paused");
	world_press(world, "R");
	at_all_sizes(world, "rollouts");
	world_shut(world);
}

static void services_with_commits(void **state)
{
	struct world *world = gitops_world();
	(void)state;
	at_all_sizes(world, "services-flux");
	world_shut(world);
}

/* There and back, with a filter on the way. */
static void there_and_back(void **state)
{
	struct world *world = gitops_world();
	(void)state;
	world_draw(world, 160, 45);
	assert_shows(world, "2 paused");
	world_press(world, "F /");
	world_type(world, "infra");
	world_press(world, "Enter");
	assert_shows(world, "1 of 6");
	assert_shows(world, "flux-system/infra");
	world_press(world, "Enter");
	assert_shows(world, "conditions");
	world_press(world, "Esc");
	world_press(world, "Esc");
	assert_shows(world, "6  by trouble");
	world_press(world, "Esc");
	assert_shows(world, "services");
	/* From a row that is part of a service to that service's tabs, and from one that is not. */
	world_press(world, "R g g 2");
	assert_shows(world, "payments-worker  eu-prod/payments");
	world_press(world, "F 2");
	assert_shows(world, "this is of no one service");
	world_press(world, "S");
	assert_shows(world, "services");
	world_shut(world);
}

/* One cluster alone is one cluster alone in every list; marks are the list's own. */
static void clusters_and_marks(void **state)
{
	struct world *world = gitops_world();
	(void)state;
	world_draw(world, 160, 45);
	world_press(world, "F Space Space");
	assert_shows(world, "2 marked");
	world_press(world, "}");
	assert_shows(world, "flux of eu-prod");
	assert_shows(world, "3  by trouble");
	world_press(world, "S");
	assert_shows(world, "services of eu-prod");
	assert_false(world_shows(world, "marked"));
	world_shut(world);
}

/* From a line of the timeline to the object it is about. */
static void from_the_timeline(void **state)
{
	struct world *world = gitops_world();
	struct cluster *eu = world_cluster(world, "eu-prod");
	(void)state;
	world_draw(world, 160, 45);
	eu->settled = 1;
	put(eu, make_kustomization(eu, "infra", "platform", "main@sha1:" SHA, 'F', "timeout"));
	fleet_settle(world->fleet);
	world_draw(world, 160, 45);
	assert_shows(world, "Kustomization infra/eu-prod");
	world_press(world, "Shift-Tab Enter");
	assert_shows(world, "flux  /Kustomization infra eu-prod");
	assert_shows(world, "flux-system/infra        eu-prod   False");
	world_shut(world);
}

/* The whole alert beside the list, and on its service's page: pods may all be well while it answers with errors. */
static void alerts_in_full(void **state)
{
	struct world *world = gitops_world();
	struct cluster *eu = world_cluster(world, "eu-prod");
	const char *summary = "More than 5 % of the answers are errors, and have been for longer than a minute";
	struct alert *alert = mem_new(sizeof(*alert));
	struct vec alerts;
	(void)state;
	*alert = (struct alert){.name = "HighErrorRatio", .severity = "critical", .since_ms = NOW - 120000,
		.labels = "alertname\1HighErrorRatio\1namespace\1payments\1deployment\1payments-api"};
	snprintf(alert->summary, sizeof(alert->summary), "%s", summary);
	vec_init(&alerts);
	vec_push(&alerts, alert);
	cluster_set_alerts(eu, &alerts);
	fleet_settle(world->fleet);
	world_draw(world, 200, 60);
	world_press(world, "A");
	assert_shows(world, "severity   critical");
	assert_shows(world, "minute"); /* the end, that the list has no room for */
	world_press(world, "S / ");
	world_type(world, "payments-api eu-prod");
	world_press(world, "Enter 1");
	assert_shows(world, "firing HighErrorRatio  critical 2m");
	assert_shows(world, "all alerts");
	world_shut(world);
}

/* What lets go of something is an action that there is. */
static void releases_are_actions(void **state)
{
	(void)state;
	for (size_t i = 0; i < held_row_count; i++)
		if (action_find(held_rows[i].action) == ACTION_NONE)
			fail_msg("%s: there is no action %s", held_rows[i].key, held_rows[i].action);
}

/* The definition goes while the list is open. */
static void kinds_go(void **state)
{
	struct world *world = gitops_world();
	struct cluster *eu = world_cluster(world, "eu-prod"), *us = world_cluster(world, "us-prod");
	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "F t G");
	for (enum object_kind kind = OBJECT_ROLLOUT; kind < OBJECT_KINDS; kind++) {
		cluster_sweep(eu, kind, cluster_begin_list(eu, kind));
		cluster_sweep(us, kind, cluster_begin_list(us, kind));
	}
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	assert_shows(world, "there is no Flux in these clusters");
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flux_list_and_tree), cmocka_unit_test(paused_and_rollouts),
	    cmocka_unit_test(services_with_commits), cmocka_unit_test(there_and_back),
	    cmocka_unit_test(clusters_and_marks), cmocka_unit_test(kinds_go), cmocka_unit_test(releases_are_actions),
	    cmocka_unit_test(from_the_timeline),     cmocka_unit_test(alerts_in_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

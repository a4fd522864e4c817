/* SPDX-License-Identifier: MIT */
/* Whole screens, compared with how they were when somebody looked at them and found them good. */
#include "unit/view/world.h"

static void lists_at_every_size(void **state)
{
	static const struct {
		int cols, rows;
	} sizes[] = {{80, 24}, {120, 40}, {200, 60}};
	struct world *world = world_new();
	char name[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		world_draw(world, sizes[i].cols, sizes[i].rows);
		snprintf(name, sizeof(name), "fleet-%dx%d", sizes[i].cols, sizes[i].rows);
		world_golden(world, name, 0);
		snprintf(name, sizeof(name), "fleet-%dx%d-ascii", sizes[i].cols, sizes[i].rows);
		world_golden(world, name, GRID_DUMP_ASCII);
	}
	world_draw(world, 120, 40);
	world_golden(world, "fleet-120x40-styles", GRID_DUMP_STYLES);
	world_shut(world);
}

static void tabs(void **state)
{
	struct world *world = world_new();
	struct eventlog_entry entry = {.uid = "e1", .last_ms = NOW - 61000, .count = 12, .warning = 1,
	                               .about = "Pod/payments-api-6d5f9c7b4-a31c0", .reason = "BackOff",
	                               .message = "Back-off restarting failed container app in pod payments-api"};
	static const char *const yaml[] = {"apiVersion: apps/v1", "kind: Deployment", "metadata:",
	                                   "  name: \"payments-api\"",
	                             "spec:", "  replicas: 3", "  paused: false", "  template: {}",
	                             "          - name: DB_PASSWORD", "            value: '********'", "# masked"};

	(void)state;
	world_draw(world, 80, 24);
	world_press(world, "j Enter");
	world_golden(world, "overview-80x24", 0);
	world_press(world, "2");
	world_golden(world, "pods-80x24", 0);
	world_press(world, "3");
	assert_shows(world, "opening the log…");
	snprintf(world->scene.logs_state, sizeof(world->scene.logs_state), "3 containers");
	for (int i = 0; i < 30; i++) {
		static const char *const lines[] = {"ts=1 level=info msg=\"request\" path=/pay",
		                                    "ts=2 level=error msg=\"no route to ledger\"", "WARN pool is nearly empty"};
		char source[64];
		snprintf(source, sizeof(source), "payments-api-6d5f9c7b4-a31c%d/app", i % 3);
		logring_add(world->logs, logring_source(world->logs, source), NOW + i * 1000, lines[i % 3],
		            strlen(lines[i % 3]));
	}
	world_answer(world);
	world_golden(world, "logs-80x24", 0);
	world_press(world, "t k k");
	logring_add(world->logs, 0, NOW + 60000, "one more", 8);
	deck_draw(world->deck, &world->grid);
	world_golden(world, "logs-paused-80x24", GRID_DUMP_STYLES);
	eventlog_put(&world->events, &entry);
	world_press(world, "4");
	world_answer(world);
	world_golden(world, "events-80x24", 0);
	world->scene.object.lines = yaml;
	world->scene.object.count = sizeof(yaml) / sizeof(yaml[0]);
	world->scene.object.masked = 1;
	world_press(world, "5");
	world_answer(world);
	world_golden(world, "yaml-80x24", GRID_DUMP_STYLES);
	world_draw(world, 160, 45);
	world_press(world, "1");
	world_golden(world, "overview-160x45", 0);
	world_press(world, "2");
	world_golden(world, "pods-160x45", 0);
	world_shut(world);
}

static void over_the_screen(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "?");
	world_golden(world, "help-120x40", 0);
	world_press(world, "Esc :");
	world_type(world, "tab");
	world_golden(world, "command-120x40", 0);
	world_press(world, "Esc C");
	world_golden(world, "clusters-120x40", 0);
	world_press(world, "Esc /");
	world_type(world, "pay");
	world_golden(world, "filter-120x40", 0);
	world_shut(world);
}

static void without_rows(void **state)
{
	struct world *world = world_empty();

	(void)state;
	fleet_add_cluster(world->fleet, "eu-prod", "prod", "eu-west-1", 1);
	fleet_add_cluster(world->fleet, "us-prod", "prod", "us-east-1", 1);
	fleet_add_cluster(world->fleet, "eu-dev", "dev", "eu-west-1", 0);
	cluster_set_error(world_cluster(world, "us-prod"), 0,
	                  "the API server at https://us-prod.example:6443 refuses the connection; is the VPN up?");
	cluster_set_error(world_cluster(world, "eu-dev"), 1,
	                  "the token of user ann was refused (401): log in again with `az login`");
	fleet_settle(world->fleet);
	world_draw(world, 80, 24);
	world_golden(world, "nothing-80x24", 0);
	world_shut(world);
}

static void rows_of_the_last_run(void **state)
{
	struct world *world = world_empty();
	struct service_memory memory = {
		.cluster = "eu-prod", .namespace = "payments", .name = "payments-api", .kind = "Deployment",
		.team = "payments", .images = "registry.example/api:1.0", .revision = "3", .reason = "2 of 3 pods are ready",
		.desired = 3, .replicas = 3, .ready = 2, .updated = 3, .available = 2, .pods = 3, .pods_ready = 2,
		.restarts = 7, .generation = 3, .observed = 3, .health = HEALTH_DEGRADED,
		.rollout = {.phase = ROLLOUT_COMPLETE, .done = 3, .total = 3},
		.created_ms = NOW - 86400000, .saved_ms = NOW - 600000};

	(void)state;
	fleet_add_cluster(world->fleet, "eu-prod", "prod", "eu-west-1", 1);
	cluster_remember(world_cluster(world, "eu-prod"), &memory);
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	world_golden(world, "remembered-120x40", GRID_DUMP_STYLES);
	world_shut(world);
}

/* One fact a line, nothing that only decorates, and the cursor on what is selected. */
static void for_a_screen_reader(void **state)
{
	struct world *world = world_new();

	(void)state;
	world->grid.plain = world->scene.plain = 1;
	world_draw(world, 120, 40);
	world_press(world, "j");
	assert_true(world->grid.cursor_row > 0);
	world_golden(world, "fleet-120x40-plain", 0);
	world_press(world, "Enter");
	world_golden(world, "overview-120x40-plain", 0);
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_at_every_size), cmocka_unit_test(tabs),
		cmocka_unit_test(over_the_screen),     cmocka_unit_test(without_rows),
		cmocka_unit_test(rows_of_the_last_run),
		cmocka_unit_test(for_a_screen_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

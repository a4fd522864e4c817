/* SPDX-License-Identifier: MIT */
/* What the screen does with keys and with a fleet that moves under it. */
#include "unit/view/world.h"

static const char *detail_of(struct world *world)
{
	struct demand demand;
	static char service[DEMAND_KEY];

	/* The log's demand names the service that the detail is about. */
	deck_act(world->deck, ACTION_TAB_LOGS);
	deck_demand(world->deck, &demand);
	snprintf(service, sizeof(service), "%s", demand.logs.service);
	return service;
}

static void the_selection_stays_on_its_service(void **state)
{
	struct world *world = world_new();
	struct cluster *us;

	(void)state;
	world_draw(world, 120, 40);
	/* Nobody chose anything: the first row is the worst one. */
	assert_shows(world, "▸  payments-work");
	world_press(world, "j j j");
	assert_shows(world, "▸  cart ");
	us = world_cluster(world, "us-prod");
	world_deploy_put(us, "shop", "catalog", 3, 3, REASON_CRASH_LOOP);
	world_deploy_put(us, "shop", "mailer", 3, 3, REASON_CRASH_LOOP);
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	assert_shows(world, "▸  cart ");
	assert_string_equal(detail_of(world), "eu-prod/platform/cart");
	world_shut(world);
}

static void a_service_that_goes_leaves_the_row_selected(void **state)
{
	struct world *world = world_new();
	struct cluster *eu = world_cluster(world, "eu-prod");

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "j");
	assert_shows(world, "▸  payments-api");
	cluster_remove(eu, OBJECT_DEPLOYMENT, "payments/payments-api");
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	assert_string_equal(detail_of(world), "us-prod/payments/payments-api");
	world_shut(world);
}

static void the_filter_works_while_it_is_typed(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "/");
	world_type(world, "ledg");
	assert_shows(world, "3 of 39");
	world_press(world, "Esc");
	assert_false(world_shows(world, "of 39"));
	world_press(world, "/");
	world_type(world, "ledger");
	world_press(world, "Enter");
	assert_shows(world, "services  /ledger");
	world_press(world, "/ Ctrl-U");
	world_type(world, "nobody");
	assert_shows(world, "no service matches 'nobody'");
	world_press(world, "Enter Esc");
	assert_false(world_shows(world, "nobody"));
	world_shut(world);
}

static void a_bad_filter_keeps_the_last_one(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "/");
	world_type(world, "cart");
	assert_shows(world, "3 of 39");
	world_type(world, " -l ");
	assert_shows(world, "3 of 39");
	world_press(world, "Enter");
	assert_shows(world, "3 of 39");
	world_shut(world);
}

static void marks_are_counted_and_go_with_their_services(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "Space Space");
	assert_shows(world, "2 marked");
	world_press(world, "j v");
	assert_shows(world, "4 marked");
	cluster_remove(world_cluster(world, "eu-prod"), OBJECT_DEPLOYMENT, "payments/payments-worker");
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	assert_shows(world, "3 marked");
	world_press(world, "*");
	assert_shows(world, "38 marked");
	world_press(world, "Ctrl-\\");
	assert_false(world_shows(world, "marked"));
	world_shut(world);
}

static void sorting_goes_through_the_columns_and_back(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 160, 45);
	world_press(world, ">");
	assert_shows(world, "by service");
	world_press(world, "O");
	assert_shows(world, "by service reversed");
	world_press(world, "<");
	assert_shows(world, "by trouble");
	world_press(world, "o");
	assert_shows(world, "trouble first");
	world_press(world, "j j j j j Enter");
	assert_shows(world, "by ready");
	world_press(world, "!");
	assert_shows(world, "by trouble");
	world_shut(world);
}

static void on_a_narrow_screen_the_detail_takes_the_lists_place(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 80, 24);
	assert_false(world_shows(world, "1 overview"));
	world_press(world, "Enter");
	assert_shows(world, "1 overview");
	assert_false(world_shows(world, "SERVICE"));
	world_press(world, "Esc");
	assert_shows(world, "SERVICE");
	world_shut(world);
}

static void enter_leads_from_pods_to_the_pods_log(void **state)
{
	struct world *world = world_new();
	struct demand demand;

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "j 2 j Enter");
	deck_demand(world->deck, &demand);
	assert_string_equal(demand.logs.service, "eu-prod/payments/payments-api");
	assert_string_equal(demand.logs.pod, "payments-api-6d5f9c7b4-a361d");
	/* Another service: all of its pods again. */
	world_press(world, "Esc k 3");
	deck_demand(world->deck, &demand);
	assert_string_equal(demand.logs.service, "eu-prod/payments/payments-worker");
	assert_string_equal(demand.logs.pod, "");
	world_shut(world);
}

static void only_what_is_in_sight_is_demanded(void **state)
{
	struct world *world = world_new();
	struct demand demand, nothing;

	(void)state;
	demand_init(&nothing);
	nothing.fleet_metrics = 1; /* the list's columns */
	world_draw(world, 120, 40);
	deck_demand(world->deck, &demand);
	assert_memory_equal(&demand, &nothing, sizeof(demand));
	world_press(world, "4");
	deck_demand(world->deck, &demand);
	assert_string_equal(demand.events.service, "eu-prod/payments/payments-worker");
	assert_string_equal(demand.logs.service, "");
	world_press(world, "5");
	deck_demand(world->deck, &demand);
	assert_string_equal(demand.events.service, "");
	assert_string_equal(demand.object.name, "payments-worker");
	/* The timeline has all the room. */
	world_press(world, "Tab z");
	deck_demand(world->deck, &demand);
	assert_memory_equal(&demand, &nothing, sizeof(demand));
	world_shut(world);
}

static void another_services_log_is_never_shown(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 80, 24);
	world_press(world, "j 3");
	logring_add(world->logs, logring_source(world->logs, "payments-api-x/app"), NOW,
	            "a secret of payments", 20);
	world_answer(world);
	assert_shows(world, "a secret of payments");
	world_press(world, "Esc j 3");
	assert_false(world_shows(world, "a secret of payments"));
	assert_shows(world, "opening the log");
	world_shut(world);
}

static void a_quiet_screen_is_still_for_a_minute(void **state)
{
	struct world *world = world_new();
	struct grid before;

	(void)state;
	/* Without the stale cluster, whose age is told in seconds. */
	cluster_set_error(world_cluster(world, "eu-dev"), 0, NULL);
	fleet_settle(world->fleet);
	world_draw(world, 200, 60);
	world_press(world, "2");
	grid_init(&before, 60, 200);
	deck_draw(world->deck, &before);
	world->clock.wall_ms += 15000;
	fleet_settle(world->fleet);
	deck_draw(world->deck, &world->grid);
	assert_memory_equal(before.cells, world->grid.cells, 60 * 200 * sizeof(struct cell));
	world->scene.now_ms += 60000;
	deck_draw(world->deck, &world->grid);
	assert_memory_not_equal(before.cells, world->grid.cells, 60 * 200 * sizeof(struct cell));
	grid_release(&before);
	world_shut(world);
}

static int selected_row_says(const struct world *world, const char *text)
{
	struct buf dump;
	char *row, *end;
	int says;

	buf_init(&dump, 4 << 20);
	assert_int_equal(grid_dump(&world->grid, &dump, 0), 0);
	row = strstr(dump.data, "▸");
	assert_non_null(row);
	/* The list's part of the line. */
	end = row + strcspn(row, "\n");
	*end = '\0';
	if (strstr(row, "│"))
		*strstr(row, "│") = '\0';
	says = strstr(row, text) != NULL;
	buf_release(&dump);
	return says;
}

static void what_is_old_says_so_at_every_width(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_press(world, "/");
	world_type(world, "cluster=eu-dev cart");
	world_press(world, "Enter");
	for (int cols = 60; cols <= 200; cols += 10) {
		world_draw(world, cols, 24);
		/* With the reason, or with the health where that has no room. */
		if (!selected_row_says(world, "stale"))
			assert_shows(world, "▸  cart, with the word stale");
	}
	world_shut(world);
}

static void commands_are_found_by_name(void **state)
{
	struct world *world = world_new();
	struct key enter = {.code = KEYCODE_ENTER};

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, ":");
	world_type(world, "tab.pods");
	assert_int_equal(deck_key(world->deck, enter).action, ACTION_TAB_PODS);
	world_press(world, ":");
	world_type(world, "q");
	assert_int_equal(deck_key(world->deck, enter).action, ACTION_APP_QUIT);
	world_press(world, ":");
	world_type(world, "xyzzy");
	assert_int_equal(deck_key(world->deck, enter).action, ACTION_NONE);
	deck_draw(world->deck, &world->grid);
	assert_shows(world, "there is no command 'xyzzy'");
	world_press(world, "M");
	assert_shows(world, "there is no command 'xyzzy'");
	world_shut(world);
}

static void a_paste_is_never_run_as_keys(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	deck_paste(world->deck, "jjj*");
	deck_draw(world->deck, &world->grid);
	assert_shows(world, "▸  payments-work");
	world_press(world, "/");
	deck_paste(world->deck, "cart");
	deck_draw(world->deck, &world->grid);
	assert_shows(world, "3 of 39");
	world_shut(world);
}

static void one_cluster_at_a_time(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 160, 45);
	world_press(world, "}");
	assert_shows(world, "services of eu-prod");
	assert_shows(world, "[eu-prod ●");
	world_press(world, "} } }");
	assert_false(world_shows(world, "services of"));
	world_press(world, "C j j Enter");
	assert_shows(world, "services of us-prod");
	world_press(world, "Esc Esc");
	assert_false(world_shows(world, "services of"));
	world_shut(world);
}

static void logs_stand_still_while_somebody_reads(void **state)
{
	struct world *world = world_new();
	char line[64];

	(void)state;
	world_draw(world, 80, 24);
	world_press(world, "j 3");
	world_answer(world);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "line %d.", i);
		logring_add(world->logs, logring_source(world->logs, "payments-api-x/app"), NOW, line, strlen(line));
	}
	deck_draw(world->deck, &world->grid);
	assert_shows(world, "line 99.");
	assert_shows(world, "following");
	world_press(world, "k k k");
	assert_false(world_shows(world, "line 99."));
	logring_add(world->logs, 0, NOW, "line 100.", 9);
	deck_draw(world->deck, &world->grid);
	assert_false(world_shows(world, "line 100."));
	assert_shows(world, "paused, 1 new");
	world_press(world, "/");
	world_type(world, "line 42");
	world_press(world, "Enter");
	assert_shows(world, "line 42.");
	world_press(world, "f");
	assert_shows(world, "line 100.");
	world_press(world, "x");
	assert_false(world_shows(world, "line 100."));
	logring_add(world->logs, 0, NOW, "line 101.", 9);
	deck_draw(world->deck, &world->grid);
	assert_shows(world, "line 101.");
	world_shut(world);
}

static void every_action_of_the_screen_is_handled_where_it_works(void **state)
{
	static const struct {
		unsigned scope;
		const char *keys; /* that lead there */
	} places[] = {
		{SCOPE_LIST, ""},      {SCOPE_OVERVIEW, "1"}, {SCOPE_PODS, "2"},         {SCOPE_LOGS, "3"},
		{SCOPE_EVENTS, "4"},   {SCOPE_YAML, "5"},     {SCOPE_TIMELINE, "Tab Tab"}, {SCOPE_TEXT, "?"},
		{SCOPE_TEXT, "M"},     {SCOPE_DETAIL, "1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
			struct world *world;
			int apps = id == ACTION_APP_QUIT || id == ACTION_APP_REFRESH || id == ACTION_APP_REDRAW ||
			           id == ACTION_APP_SUSPEND || id == ACTION_APP_THEME || id == ACTION_COPY;
			if (apps || !(action_get((enum action_id)id)->scopes & places[i].scope))
				continue;
			world = world_new();
			world_draw(world, 120, 40);
			world_press(world, places[i].keys);
			assert_true(deck_works_here(world->deck, (enum action_id)id));
			if (!deck_act(world->deck, (enum action_id)id))
				fail_msg("%s is not handled in %s", action_get((enum action_id)id)->name,
				         scope_name(places[i].scope));
			deck_draw(world->deck, &world->grid);
			world_shut(world);
		}
	}
}

/* What is masked is shown by its number, and not when somebody comes back. */
static void a_masked_value_is_shown_until_somebody_leaves(void **state)
{
	static const char *const lines[] = {"kind: Deployment", "note: '*** masked ***'", "value: '*** masked 1 ***'",
	                                    "value: '*** masked 2 ***'"};
	struct world *world = world_new();
	struct demand demand;

	(void)state;
	world_draw(world, 160, 45);
	world_press(world, "5");
	world_answer(world);
	world->scene.object.lines = lines;
	world->scene.object.count = 4;
	world->scene.object.masked = 3;
	deck_act(world->deck, ACTION_YAML_REVEAL);
	deck_demand(world->deck, &demand);
	assert_int_equal(demand.object.reveal, 1);
	deck_act(world->deck, ACTION_YAML_REVEAL);
	deck_demand(world->deck, &demand);
	assert_int_equal(demand.object.reveal, 0);
	world_answer(world);
	world_press(world, "/");
	world_type(world, "masked 2");
	world_press(world, "Enter");
	deck_act(world->deck, ACTION_YAML_REVEAL);
	deck_demand(world->deck, &demand);
	assert_int_equal(demand.object.reveal, 2);
	world_press(world, "4");
	deck_demand(world->deck, &demand);
	world_press(world, "5");
	deck_demand(world->deck, &demand);
	assert_int_equal(demand.object.reveal, 0);
	world->scene.object.lines = NULL;
	world->scene.object.count = 0;
	world_shut(world);
}

static void assert_copies(struct world *world, const char *text)
{
	struct buf got;

	buf_init(&got, 4096);
	assert_int_equal(deck_copy(world->deck, &got), 0);
	assert_string_equal(buf_string(&got), text);
	buf_release(&got);
}

static void names_and_lines_are_copied(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 160, 45);
	assert_copies(world, "payments-worker");
	world_press(world, "Space j Space");
	assert_copies(world, "payments-worker\npayments-api");
	world_shut(world);
}

static void any_size_can_be_drawn(void **state)
{
	struct world *world = world_new();

	(void)state;
	for (int rows = 1; rows < 30; rows++)
		for (int cols = 1; cols < 130; cols += 3) {
			world_draw(world, cols, rows);
			if (cols % 5 == 0)
				world_press(world, cols % 2 ? "2 j Tab z G" : "Esc 1 G ? Esc z");
		}
	world_shut(world);
}

static void an_empty_fleet_takes_every_key(void **state)
{
	struct world *world = world_empty();

	(void)state;
	world_draw(world, 80, 24);
	world_press(world,
	            "j k G Enter 1 2 3 4 5 Tab Space v * ' > < o Esc / Esc : Esc ? Esc M Esc C Esc } z T + _");
	assert_true(grid_cell(&world->grid, 0, 0) != NULL);
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selection_stays_on_its_service),
		cmocka_unit_test(a_service_that_goes_leaves_the_row_selected),
		cmocka_unit_test(the_filter_works_while_it_is_typed),
		cmocka_unit_test(a_bad_filter_keeps_the_last_one),
		cmocka_unit_test(marks_are_counted_and_go_with_their_services),
		cmocka_unit_test(sorting_goes_through_the_columns_and_back),
		cmocka_unit_test(on_a_narrow_screen_the_detail_takes_the_lists_place),
		cmocka_unit_test(enter_leads_from_pods_to_the_pods_log),
		cmocka_unit_test(only_what_is_in_sight_is_demanded),
		cmocka_unit_test(another_services_log_is_never_shown),
		cmocka_unit_test(a_quiet_screen_is_still_for_a_minute),
		cmocka_unit_test(what_is_old_says_so_at_every_width),
		cmocka_unit_test(commands_are_found_by_name),
		cmocka_unit_test(a_paste_is_never_run_as_keys),
		cmocka_unit_test(one_cluster_at_a_time),
		cmocka_unit_test(logs_stand_still_while_somebody_reads),
		cmocka_unit_test(every_action_of_the_screen_is_handled_where_it_works),
		cmocka_unit_test(a_masked_value_is_shown_until_somebody_leaves),
		cmocka_unit_test(names_and_lines_are_copied),
		cmocka_unit_test(any_size_can_be_drawn),
		cmocka_unit_test(an_empty_fleet_takes_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The flags of a service, and the matrix, on a board made by hand. */
#include "unit/view/world.h"

#include "model/flag_board.h"
#include "view/views.h"

enum { COLUMNS = 4, ROWS = 5 };

struct board {
	struct flag_board board;
	struct flag_column columns[COLUMNS];
	struct flag_row rows[ROWS];
	struct flag_cell cells[ROWS][COLUMNS];
	struct flag_event events[2];
	struct flag_state state;
};

static const char *const zones[] = {"open", "internal", "dmz"};

static struct board *board_new(void)
{
	static const struct {
		const char *service, *env, *region, *place, *letters;
		int hpa, pdb, zone;
	} rows[ROWS] = {
	    {"cart", "dev", "", "cart/dev", "··", 0, 0, 0},
	    {"cart", "prod", "eu-west-1", "cart/prod/eu-west-1", "HP", 1, 1, 1},
	    {"payments-api", "dev", "", "payments-api/dev", "·P", 0, 1, 0},
	    {"payments-api", "prod", "eu-west-1", "payments-api/prod/eu-west-1", "HP", 1, 1, 2},
	    {"payments-api", "prod", "us-east-1", "payments-api/prod/us-east-1", "?P", 1, 1, 2},
	};
	struct board *board = mem_new(sizeof(*board));
	board->columns[0] = (struct flag_column){.key = "hpa.enabled", .docs = "Scales the pods with their CPU use.", .risk = "low", .owner = "platform",
	    .letter = "H", .creates = "HorizontalPodAutoscaler", .expires = "", .kind = FLAG_KIND_SWITCH, .is_main = 1};
	board->columns[1] = (struct flag_column){.key = "hpa.maxReplicas", .docs = "The most pods.", .risk = "medium", .owner = "", .letter = "",
	    .creates = "", .expires = "", .kind = FLAG_KIND_TEXT};
	board->columns[2] = (struct flag_column){.key = "pdb.enabled", .docs = "", .risk = "low", .owner = "", .letter = "P", .creates = "PodDisruptionBudget",
	    .expires = "", .kind = FLAG_KIND_SWITCH, .is_main = 1};
	board->columns[3] = (struct flag_column){.key = "network.zone", .docs = "Who may talk with it.", .risk = "high", .owner = "network", .letter = "",
	    .creates = "NetworkPolicy", .expires = "", .kind = FLAG_KIND_CHOICE, .values = zones, .value_count = 3, .approvals = 1, .is_main = 1};
	board->events[0] = (struct flag_event){.sha = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", .change = "22", .author = "Ben <b@x>", .subject = "s",
	    .reason = "evening load", .what = "hpa.enabled unset → true  payments-api/prod", .at_ms = NOW - 3600000, .expires_ms = NOW + 7200000};
	board->events[1] = (struct flag_event){.sha = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .change = "11", .author = "Ada <a@x>", .subject = "s",
	    .reason = "", .what = "pdb.enabled unset → true  cart/prod +3", .at_ms = NOW - 86400000, .reverted = 1};
	for (int i = 0; i < ROWS; i++) {
		int prod = strcmp(rows[i].env, "prod") == 0;
		board->rows[i] = (struct flag_row){rows[i].service, rows[i].env, rows[i].region, rows[i].place, rows[i].letters, board->cells[i], prod};
		board->cells[i][0] = (struct flag_cell){.value = rows[i].hpa ? "true" : "false", .origin = prod ? "services/x/prod/platform.yaml:4" : "platform/defaults.yaml:2",
		    .on = rows[i].hpa, .own = prod, .uncertain = i == 4};
		board->cells[i][1] = (struct flag_cell){.value = "10", .origin = "default"};
		board->cells[i][2] = (struct flag_cell){.value = rows[i].pdb ? "true" : "false", .origin = "platform/defaults.yaml:3", .on = rows[i].pdb};
		board->cells[i][3] = (struct flag_cell){.value = zones[rows[i].zone], .origin = "services/x/prod/platform.yaml:9", .on = rows[i].zone > 0, .own = rows[i].zone > 0};
	}
	board->cells[3][0].expires_ms = board->events[0].expires_ms;
	board->cells[3][0].changed = &board->events[0];
	board->board = (struct flag_board){.columns = board->columns, .column_count = COLUMNS, .rows = board->rows, .row_count = ROWS,
	    .events = board->events, .event_count = 2, .repository = "https://git.example.org/platform", .branch = "main",
	    .revision = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", .trouble = ""};
	map_init(&board->board.by_place);
	flag_board_index(&board->board);
	board->state.board = &board->board;
	return board;
}

static void board_free(struct board *board)
{
	map_release(&board->board.by_place);
	free(board);
}

static void tab_and_matrix(void **state)
{
	struct world *world = world_new();
	struct board *board = board_new();
	struct flag_pick pick;
	(void)state;
	world->scene.flags = &board->state;
	assert_int_equal(fleet_set_flags(world->fleet, &board->board), 1);
	assert_int_equal(fleet_set_flags(world->fleet, &board->board), 0);
	fleet_settle(world->fleet);
	world_draw(world, 160, 45);
	world_golden(world, "flags-column-160x45", 0);
	world_press(world, "j");
	world_press(world, "9");
	world_golden(world, "flags-tab-160x45", 0);
	assert_int_equal(deck_flag_pick(world->deck, &pick), 1);
	assert_string_equal(pick.key, "hpa.enabled");
	world_press(world, "f");
	world_golden(world, "flags-matrix-160x45", 0);
	world_draw(world, 80, 24);
	world_press(world, "Space j Space l l");
	world_golden(world, "flags-matrix-80x24", 0);
	assert_int_equal(deck_flag_pick(world->deck, &pick), 2);
	assert_string_equal(pick.key, "network.zone");
	assert_string_equal(pick.rows[1]->place, "payments-api/dev");
	world_press(world, "e");
	assert_shows(world, "flags: services × flags  dev");
	world_press(world, "e e v");
	world_golden(world, "flags-history-80x24", 0);
	world_press(world, "v");
	assert_shows(world, "flags: expiring");
	world_press(world, "Esc Esc");
	assert_shows(world, "services");
	world_shut(world);
	board_free(board);
}

static void nothing_configured(void **state)
{
	struct world *world = world_new();
	struct flag_state reading = {.words = "reading flags…"};
	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "f");
	assert_shows(world, "no repository is configured");
	world->scene.flags = &reading;
	world_draw(world, 120, 40);
	assert_shows(world, "reading flags…");
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tab_and_matrix), cmocka_unit_test(nothing_configured)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Load tests on the screen: the list, one that runs, one with its verdict; absent figures stay absent. */
#include <math.h>

#include "unit/view/world.h"

struct load_world {
	struct world *world;
	struct run_book book;
	struct run *runs[2];
};

static struct run *run_make(const char *id, enum run_state state, int seconds)
{
	struct run *run = mem_new(sizeof(*run));
	run_init(run);
	snprintf(run->id, sizeof(run->id), "%s", id);
	snprintf(run->target, sizeof(run->target), "http://127.0.0.1:8080");
	snprintf(run->service, sizeof(run->service), "payments-api");
	run->state = state;
	run->started_ms = NOW - seconds * 1000;
	run->planned_seconds = 60;
	for (int i = 0; i < seconds; i++) {
		struct run_second *second = run_add_second(run);
		*second = (struct run_second){.at = i, .seconds = 1, .intended = 100, .sent = 100, .ok = 98, .p50 = 5, .p90 = 9,
		                              .p99 = 20 + i % 7, .p999 = 30, .max = 40, .mean = 6, .open = 8, .cpu = 0.05, .busiest = 0.04};
		second->errors[RUN_ERROR_STATUS] = 2;
		second->codes[2] = 98;
		second->codes[5] = 2;
		second->heat[run_heat_of(5)] = 90;
		second->heat[run_heat_of(20)] = 10;
		run_second_add(&run->total, second);
	}
	run->total.p50 = seconds ? 5 : NAN;
	run->total.p99 = seconds ? 22 : NAN;
	run->total.max = seconds ? 40 : NAN;
	snprintf(run->slos[0].text, sizeof(run->slos[0].text), "errors < 1%%");
	run->slos[0].value = 0.02;
	run->slo_count = 1;
	return run;
}

static void load_world_make(struct load_world *load)
{
	load->world = world_new();
	load->runs[0] = run_make("20261123-140000-soak-1a2b", RUN_RUNNING, 30);
	load->runs[1] = run_make("20261123-130000-smoke-3c4d", RUN_FAILED, 0);
	snprintf(load->runs[1]->words, sizeof(load->runs[1]->words), "no request was sent");
	load->book.runs = load->runs;
	load->book.count = 2;
	load->world->scene.runs = &load->book;
}

static void load_world_shut(struct load_world *load)
{
	world_shut(load->world);
	for (int i = 0; i < 2; i++) {
		run_release(load->runs[i]);
		free(load->runs[i]);
	}
}

static void the_list_and_a_run(void **state)
{
	struct load_world load = {0};
	struct demand demand;
	(void)state;
	load_world_make(&load);
	world_draw(load.world, 120, 40);
	deck_demand(load.world->deck, &demand);
	assert_int_equal(demand.runs.wanted, 0);
	world_press(load.world, "L");
	world_golden(load.world, "loads-120x40", 0);
	deck_demand(load.world->deck, &demand);
	assert_int_equal(demand.runs.wanted, 1);
	assert_string_equal(demand.runs.open, "");
	world_press(load.world, "Enter");
	deck_demand(load.world->deck, &demand);
	assert_string_equal(demand.runs.open, load.runs[0]->id);
	assert_shows(load.world, "reading the run…");
	load.book.open = load.runs[0];
	world_draw(load.world, 120, 40);
	world_golden(load.world, "load-120x40", 0);
	world_draw(load.world, 80, 24);
	world_golden(load.world, "load-80x24", 0);
	world_golden(load.world, "load-80x24-ascii", GRID_DUMP_ASCII);
	load.runs[0]->state = RUN_FAILED;
	snprintf(load.runs[0]->words, sizeof(load.runs[0]->words), "1 of 1 SLOs broken: errors < 1%%");
	world_draw(load.world, 120, 40);
	assert_shows(load.world, "broken (0.02)");
	world_press(load.world, "v");
	assert_shows(load.world, "cpu %");
	world_press(load.world, "Esc");
	assert_shows(load.world, "no request was sent");
	world_press(load.world, "Esc");
	assert_shows(load.world, "services");
	load_world_shut(&load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_list_and_a_run)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The rollout tab: how it stands, revisions with their pods, and what another one would change. */
#include "unit/view/world.h"

#include "model/flux.h"
#include "model/history.h"

static char **lines_of(const char *image, int port)
{
	char **lines = mem_new_array(4, sizeof(*lines));

	lines[0] = mem_copy_string("spec:");
	lines[1] = mem_copy_string("  containers:");
	lines[2] = mem_printf("  - image: %s", image);
	lines[3] = mem_printf("    ports: [%d]", port);
	return lines;
}

static struct history *history_make(void)
{
	static const char *const images[] = {"registry.example/pay/payments-api:3", "registry.example/pay/payments-api:2",
	                                     "registry.example/pay/payments-api:1,envoy:1"};
	struct history *history = mem_new(sizeof(*history));

	history->items = mem_new_array(3, sizeof(*history->items));
	history->count = 3;
	snprintf(history->strategy, sizeof(history->strategy), "RollingUpdate, at most 25%% missing and 1 more");
	for (int i = 0; i < 3; i++) {
		struct history_item *item = &history->items[i];
		item->revision = 9 - i;
		snprintf(item->hash, sizeof(item->hash), "%s", i == 0 ? "6d5f9c7b4" : "77");
		snprintf(item->images, sizeof(item->images), "%s", images[i]);
		snprintf(item->cause, sizeof(item->cause), "release %d", 3 - i);
		item->created_ms = NOW - (i + 1) * 3600000;
		item->lines = lines_of(images[i], i == 2 ? 81 : 80);
		item->line_count = 4;
	}
	return history;
}

static struct world *world_with(struct history *history)
{
	struct world *world = world_new();

	world->scene.history = history;
	world_draw(world, 160, 45);
	world_press(world, "r");
	world_answer(world);
	world_draw(world, 160, 45);
	return world;
}

static void revisions_and_what_they_changed(void **state)
{
	struct history *history = history_make();
	struct world *world = world_with(history);

	(void)state;
	assert_shows(world, "RollingUpdate, at most 25% missing and 1 more");
	assert_shows(world, "9 now");
	assert_shows(world, " payments-api:1"); /* without the registry */
	assert_shows(world, "release 2");
	assert_shows(world, "what 9 changed after 8");
	assert_shows(world, "-   - image: registry.example/pay/payments-api:2");
	assert_shows(world, "+   - image: registry.example/pay/payments-api:3");
	world_golden(world, "rollout-160x45", 0);
	world_press(world, "j j j");
	assert_shows(world, "what undo to 7 would change");
	assert_shows(world, "+     ports: [81]");
	assert_int_equal(deck_revision(world->deck), 7);
	world_press(world, "k");
	assert_int_equal(deck_revision(world->deck), 8);
	world_press(world, "k");
	assert_int_equal(deck_revision(world->deck), 0); /* the present one */
	world_shut(world);
	history_free(history);
}

static void before_they_are_read(void **state)
{
	struct world *world = world_with(NULL);

	(void)state;
	assert_shows(world, "reading its revisions…");
	snprintf(world->scene.history_error, sizeof(world->scene.history_error), "its revisions cannot be read: 403");
	world_draw(world, 160, 45);
	assert_shows(world, "its revisions cannot be read: 403");
	for (int rows = 3; rows < 20; rows++)
		world_draw(world, 80, rows);
	world_shut(world);
}

static void small_screens_hold(void **state)
{
	struct history *history = history_make();
	struct world *world = world_with(history);

	(void)state;
	for (int rows = 3; rows < 30; rows += 2)
		for (int cols = 20; cols < 170; cols += 31)
			world_draw(world, cols, rows);
	world_draw(world, 80, 24);
	world_golden(world, "rollout-80x24", 0);
	world_shut(world);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(revisions_and_what_they_changed),
		cmocka_unit_test(before_they_are_read),
		cmocka_unit_test(small_screens_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

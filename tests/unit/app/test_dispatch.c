/* SPDX-License-Identifier: MIT */
/* From actions to what carries them out. */
#include "unit/view/world.h"

#include "app/dispatch.h"

struct calls {
	int quit, refresh, redraw, suspend, theme;
};

static void count_quit(void *arg)
{
	((struct calls *)arg)->quit++;
}

static void count_refresh(void *arg)
{
	((struct calls *)arg)->refresh++;
}

static void count_redraw(void *arg)
{
	((struct calls *)arg)->redraw++;
}

static void count_suspend(void *arg)
{
	((struct calls *)arg)->suspend++;
}

static void count_theme(void *arg)
{
	((struct calls *)arg)->theme++;
}

static struct dispatch dispatch_to(struct world *world, struct calls *calls)
{
	return (struct dispatch){
		.deck = world->deck,
		.host = {count_quit, count_refresh, count_redraw, count_suspend, count_theme, NULL, calls},
	};
}

static void every_action_has_a_handler(void **state)
{
	(void)state;
	assert_false(dispatch_handles(ACTION_NONE));
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
		if (!dispatch_handles((enum action_id)id))
			fail_msg("%s has no handler", action_get((enum action_id)id)->name);
}

static void the_host_does_what_is_its_own(void **state)
{
	struct world *world = world_new();
	struct calls calls = {0};
	struct dispatch dispatch = dispatch_to(world, &calls);

	(void)state;
	dispatch_action(&dispatch, ACTION_APP_QUIT, 0);
	dispatch_action(&dispatch, ACTION_APP_REFRESH, 0);
	dispatch_action(&dispatch, ACTION_APP_REDRAW, 0);
	dispatch_action(&dispatch, ACTION_APP_SUSPEND, 0);
	dispatch_action(&dispatch, ACTION_APP_THEME, 0);
	dispatch_action(&dispatch, ACTION_NONE, 0);
	assert_int_equal(calls.quit, 1);
	assert_int_equal(calls.refresh, 1);
	assert_int_equal(calls.redraw, 1);
	assert_int_equal(calls.suspend, 1);
	assert_int_equal(calls.theme, 1);
	world_shut(world);
}

static void what_cannot_be_done_is_said(void **state)
{
	struct world *world = world_new();
	struct calls calls = {0};
	struct dispatch dispatch = dispatch_to(world, &calls);

	(void)state;
	dispatch_action(&dispatch, ACTION_MARK_NEXT, 0);
	world_draw(world, 120, 40);
	assert_shows(world, action_unmet(ACTION_MARK_NEXT, ~(unsigned)NEED_MARKS));
	dispatch_action(&dispatch, ACTION_LOGS_FOLLOW, 0);
	world_draw(world, 120, 40);
	assert_shows(world, "logs.follow works in: ");
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_has_a_handler),
		cmocka_unit_test(the_host_does_what_is_its_own),
		cmocka_unit_test(what_cannot_be_done_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

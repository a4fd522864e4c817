/* SPDX-License-Identifier: MIT */
/* The table of actions is well formed: what everything else is derived from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "action/action.h"

static void test_rows(void **state)
{
	(void)state;
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
		const struct action *action = action_get(id);
		size_t len = strlen(action->help);
		assert_int_equal(action_find(action->name), id); /* so names are unique */
		assert_int_equal(strspn(action->name, "abcdefghijklmnopqrstuvwxyz0123456789.-"),
		                 strlen(action->name));
		assert_in_range(len, 2, 60);
		assert_in_range(action->help[0], 'A', 'Z');
		assert_int_not_equal(action->help[len - 1], '.');
		assert_true(action->scopes != 0 && action->scopes < 1u << SCOPE_BITS);
		assert_true(action->needs < 1u << NEED_BITS);
		/* What is asked about changes something, or shows what should not be seen. */
		assert_true(action->confirm == CONFIRM_NONE || action->needs != 0);
		/* What changes something is written down. */
		assert_true(!(action->needs & NEED_WRITE) || (action->needs & NEED_AUDIT));
	}
	assert_null(action_get(ACTION_NONE));
	assert_null(action_get(ACTION_COUNT));
	assert_int_equal(action_find("app.qiut"), ACTION_NONE);
	assert_string_equal(action_nearest("app.qiut"), "app.quit");
	assert_null(action_nearest("zzzzzzzzz"));
}

static void test_needs(void **state)
{
	(void)state;
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
		unsigned needs = action_get(id)->needs;
		assert_null(action_unmet(id, ~0u));
		assert_int_equal(action_unmet(id, 0) != NULL, needs != 0);
		/* Each single one that is missing has its sentence. */
		for (unsigned bit = 1; bit < 1u << NEED_BITS; bit <<= 1)
			if (needs & bit)
				assert_non_null(action_unmet(id, ~bit));
	}
	assert_string_equal(action_unmet(ACTION_TAB_LOGS, 0), "No service is selected.");
	assert_null(action_unmet(ACTION_NONE, 0));
}

static void test_scopes(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit < 1u << SCOPE_BITS; bit <<= 1) {
		assert_non_null(scope_name(bit));
		assert_non_null(scope_title(bit));
		assert_int_equal(scope_find(scope_name(bit)), bit);
	}
	assert_int_equal(scope_find("pager"), SCOPE_PAGER);
	assert_int_equal(scope_find("nowhere"), 0);
	assert_string_equal(scope_nearest("timelin"), "timeline");
	assert_null(scope_name(SCOPE_LIST | SCOPE_LOGS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_needs),
	    cmocka_unit_test(test_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

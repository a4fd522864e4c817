/* SPDX-License-Identifier: MIT */
/* Forms: moving, choosing, what is refused, how they look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/form.h"
#include "unit/ui/golden.h"

static int check_number(void *arg, const char *text, struct err *err)
{
	(void)arg;
	if (text[strspn(text, "0123456789")] == '\0')
		return 0;
	return err_set(err, "a number, not \"%s\"", text);
}

static void fill(struct form *form)
{
	static const char *const values[] = {"off", "canary", "blue-green"};

	form_init(form, "Change payments-api", "One commit to platform-config; Flux applies it within a minute.");
	form_text(form, "why", "shown to everybody who looks at it", 1, form_check_line, NULL);
	form_choice(form, "strategy", "how new pods come", values, 3, 1);
	form_text(form, "replicas", "empty: as it is", 0, check_number, NULL);
	form_switch(form, "now", "do not wait for the window", 0);
}

static enum form_result press(struct form *form, const char *keys)
{
	enum form_result result = FORM_OPEN;
	char name[KEY_NAME_MAX];
	int used;

	while (sscanf(keys, "%31s%n", name, &used) == 1) {
		struct key key;
		struct err err;
		assert_int_equal(key_parse(name, &key, &err), 0);
		result = form_key(form, key);
		keys += used;
	}
	return result;
}

static void fields_are_filled(void **state)
{
	struct form form;

	(void)state;
	fill(&form);
	assert_int_equal(press(&form, "b u g Tab Right Down 3 Enter Space"), FORM_OPEN);
	assert_string_equal(form_value(&form, "why"), "bug");
	assert_string_equal(form_value(&form, "strategy"), "blue-green");
	assert_string_equal(form_value(&form, "replicas"), "3");
	assert_true(form_is_on(&form, "now"));
	assert_string_equal(form_value(&form, "nothing"), "");
	assert_int_equal(press(&form, "Enter"), FORM_DONE);
	assert_int_equal(press(&form, "Shift-Tab Shift-Tab Left Left"), FORM_OPEN);
	assert_string_equal(form_value(&form, "strategy"), "off");
}

static void what_is_wrong_gets_the_focus(void **state)
{
	struct form form;

	(void)state;
	fill(&form);
	assert_int_equal(press(&form, "Enter Enter x Enter Enter"), FORM_OPEN);
	assert_int_equal(form.at, 0);
	assert_string_equal(form.error, "this is needed");
	assert_int_equal(press(&form, "Space"), FORM_OPEN);
	assert_string_equal(form.error, "");
	assert_int_equal(press(&form, "Tab Tab Tab Enter"), FORM_OPEN);
	assert_int_equal(form.at, 0);
	assert_non_null(strstr(form.error, "a few words"));
	assert_int_equal(press(&form, "x Tab Tab Tab Enter"), FORM_OPEN);
	assert_int_equal(form.at, 2);
	assert_string_equal(form.error, "a number, not \"x\"");
	assert_int_equal(press(&form, "Backspace Tab Enter"), FORM_DONE);
}

static void leaving(void **state)
{
	static const char *const keys[] = {"Esc", "Ctrl-C", "Ctrl-G"};
	struct form form;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		fill(&form);
		assert_int_equal(press(&form, keys[i]), FORM_LEFT);
	}
	form_init(&form, "Nothing to ask", "");
	assert_int_equal(press(&form, "Tab x"), FORM_OPEN);
	assert_int_equal(press(&form, "Enter"), FORM_DONE);
}

static void a_paste_goes_into_lines_only(void **state)
{
	struct form form;

	(void)state;
	fill(&form);
	form_paste(&form, "the upstream is slow");
	assert_string_equal(form_value(&form, "why"), "the upstream is slow");
	press(&form, "Tab");
	form_paste(&form, "blue-green");
	assert_string_equal(form_value(&form, "strategy"), "canary");
}

static void looks(void **state)
{
	struct form form;
	struct grid grid;

	(void)state;
	grid_init(&grid, 24, 80);
	fill(&form);
	form.danger = 1;
	press(&form, "b a d Tab");
	form_draw(&form, &grid, grid_rect(&grid));
	golden_check(&grid, "form-80x24", GRID_DUMP_STYLES);
	press(&form, "Tab x Tab Enter");
	grid_clear(&grid);
	form_draw(&form, &grid, grid_rect(&grid));
	golden_check(&grid, "form-error-80x24", GRID_DUMP_ASCII);
	for (int rows = 0; rows < 12; rows++)
		for (int cols = 0; cols < 30; cols += 3)
			form_draw(&form, &grid, rect_make(0, 0, rows, cols));
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_filled), cmocka_unit_test(what_is_wrong_gets_the_focus),
		cmocka_unit_test(leaving), cmocka_unit_test(a_paste_goes_into_lines_only), cmocka_unit_test(looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

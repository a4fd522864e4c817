/* SPDX-License-Identifier: MIT */
/* Error texts: what they return, how contexts stack, where they are cut and what they let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void test_set_formats_and_returns_minus_one(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, "cannot open %s: %d", "x", 7), -1);
	assert_string_equal(err.text, "cannot open x: 7");
	assert_int_equal(err_set(NULL, "%s", "ignored"), -1);
	assert_int_equal(err_wrap(NULL, "%s", "ignored"), -1);
}

static void test_wrap_puts_contexts_in_front(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "it is empty");
	assert_int_equal(err_wrap(&err, "file %s", "a"), -1);
	err_wrap(&err, "cluster %d", 3);
	assert_string_equal(err.text, "cluster 3: file a: it is empty");
}

static void test_the_old_text_may_be_an_argument(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "inner");
	err_set(&err, "<%s>", err.text);
	assert_string_equal(err.text, "<inner>");
	err_wrap(&err, "%s again", err.text);
	assert_string_equal(err.text, "<inner> again: <inner>");
}

static void test_long_texts_are_cut_at_a_character(void **state)
{
	char text[4 * ERR_MAX];
	struct err err;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, "%s", text);
	assert_int_equal(strlen(err.text), ERR_MAX - 1);
	err_wrap(&err, "b%s", text);
	assert_int_equal(strlen(err.text), ERR_MAX - 1);
	assert_int_equal(err.text[0], 'b');
	/* U+20AC takes three bytes: 511 = 1 + 3 * 170, so with one byte in front all is used, with two not.
	 */
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[3 * 600] = '\0';
	err_set(&err, "x%s", text);
	assert_int_equal(strlen(err.text), 511);
	err_set(&err, "xx%s", text);
	assert_int_equal(strlen(err.text), 509);
	assert_string_equal(err.text + 506, "\xe2\x82\xac");
}

static void test_terminal_controls_do_not_pass(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "cannot open %s", "a\x1b]0;title\x07\nb\xe2\x80\xae\xff");
	assert_string_equal(err.text, "cannot open a]0;title b\xef\xbf\xbd");
	err_wrap(&err, "\x1b[31m%s", "red");
	assert_string_equal(err.text, "[31mred: cannot open a]0;title b\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set_formats_and_returns_minus_one),
	    cmocka_unit_test(test_wrap_puts_contexts_in_front),
	    cmocka_unit_test(test_the_old_text_may_be_an_argument),
	    cmocka_unit_test(test_long_texts_are_cut_at_a_character),
	    cmocka_unit_test(test_terminal_controls_do_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

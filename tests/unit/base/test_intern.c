/* SPDX-License-Identifier: MIT */
/* The pool of shared strings and its counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/intern.h"

static void test_equal_strings_are_equal_pointers(void **state)
{
	struct intern *pool = intern_new();
	char text[] = "default";
	const char *a = intern_take(pool, text), *b = intern_take(pool, "default"), *c;

	(void)state;
	assert_ptr_equal(a, b);
	assert_true(a != text);
	c = intern_take(pool, "kube-system");
	assert_true(a != c);
	text[0] = 'X';
	assert_string_equal(a, "default");
	assert_int_equal(intern_count(pool), 2);
	intern_free(pool); /* with takers left */
	intern_free(NULL);
}

static void test_a_string_goes_with_its_last_taker(void **state)
{
	struct intern *pool = intern_new();
	const char *a = intern_take(pool, "node-1"), *b = intern_take(pool, "node-2");

	(void)state;
	for (int i = 0; i < 99; i++)
		assert_ptr_equal(intern_take(pool, "node-1"), a);
	for (int i = 0; i < 99; i++)
		intern_drop(pool, a);
	assert_int_equal(intern_count(pool), 2);
	assert_string_equal(a, "node-1");
	intern_drop(pool, a);
	assert_int_equal(intern_count(pool), 1);
	intern_drop(pool, b);
	assert_int_equal(intern_count(pool), 0);
	a = intern_take(pool, "node-1");
	assert_string_equal(a, "node-1");
	intern_drop(pool, a);
	intern_free(pool);
}

static void test_empty_strings_cost_nothing(void **state)
{
	struct intern *pool = intern_new();

	(void)state;
	assert_string_equal(intern_take(pool, NULL), "");
	assert_ptr_equal(intern_take(pool, NULL), intern_take(pool, ""));
	intern_drop(pool, intern_take(pool, ""));
	intern_drop(pool, NULL);
	assert_int_equal(intern_count(pool), 0);
	intern_free(pool);
}

static void test_many(void **state)
{
	struct intern *pool = intern_new();
	static const char *taken[5000];
	char text[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "image-%d", i % 2500);
		taken[i] = intern_take(pool, text);
	}
	assert_int_equal(intern_count(pool), 2500);
	for (int i = 0; i < 2500; i++)
		assert_ptr_equal(taken[i], taken[i + 2500]);
	for (int i = 0; i < 5000; i++)
		intern_drop(pool, taken[i]);
	assert_int_equal(intern_count(pool), 0);
	intern_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal_strings_are_equal_pointers),
	    cmocka_unit_test(test_a_string_goes_with_its_last_taker),
	    cmocka_unit_test(test_empty_strings_cost_nothing),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

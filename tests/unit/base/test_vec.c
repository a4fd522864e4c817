/* SPDX-License-Identifier: MIT */
/* The array of pointers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/vec.h"

/* The items as the letters they point to. */
static const char *letters(const struct vec *vec, char out[64])
{
	for (size_t i = 0; i < vec->len; i++)
		out[i] = *(const char *)vec->items[i];
	out[vec->len] = '\0';
	return out;
}

static char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

static void test_insert_and_remove(void **state)
{
	struct vec vec;
	char out[64];

	(void)state;
	vec_init(&vec);
	for (int i = 0; i < 5; i++)
		vec_push(&vec, &alphabet[i]);
	vec_insert(&vec, 0, &alphabet[25]);
	vec_insert(&vec, 3, &alphabet[24]);
	vec_insert(&vec, vec.len, &alphabet[23]);
	assert_string_equal(letters(&vec, out), "zabycdex");
	vec_remove(&vec, 0);
	vec_remove(&vec, vec.len - 1);
	vec_remove(&vec, 2);
	assert_string_equal(letters(&vec, out), "abcde");
	vec_remove_swap(&vec, 1);
	assert_string_equal(letters(&vec, out), "aecd");
	vec_remove_swap(&vec, 3);
	assert_string_equal(letters(&vec, out), "aec");
	vec_release(&vec);
}

static void test_remove_item_takes_the_first(void **state)
{
	struct vec vec;
	char out[64];

	(void)state;
	vec_init(&vec);
	assert_int_equal(vec_remove_item(&vec, alphabet), -1);
	vec_push(&vec, &alphabet[0]);
	vec_push(&vec, &alphabet[1]);
	vec_push(&vec, &alphabet[0]);
	assert_int_equal(vec_remove_item(&vec, &alphabet[0]), 0);
	assert_string_equal(letters(&vec, out), "ba");
	assert_int_equal(vec_remove_item(&vec, &alphabet[5]), -1);
	assert_int_equal(vec.len, 2);
	vec_release(&vec);
}

static void test_growth_clear_and_reuse(void **state)
{
	struct vec vec;

	(void)state;
	vec_init(&vec);
	for (size_t i = 0; i < 10000; i++)
		vec_push(&vec, &alphabet[i % 26]);
	for (size_t i = 0; i < 10000; i++)
		assert_ptr_equal(vec.items[i], &alphabet[i % 26]);
	vec_clear(&vec);
	assert_int_equal(vec.len, 0);
	assert_true(vec.cap >= 10000);
	vec_push(&vec, alphabet);
	assert_int_equal(vec.len, 1);
	vec_release(&vec);
	assert_null(vec.items);
	vec_push(&vec, NULL);
	assert_int_equal(vec.len, 1);
	vec_release(&vec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_insert_and_remove),
	    cmocka_unit_test(test_remove_item_takes_the_first),
	    cmocka_unit_test(test_growth_clear_and_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

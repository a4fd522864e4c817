/* SPDX-License-Identifier: MIT */
/* Texts in a caller's array: what fits, and where the rest is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void test_adding(void **state)
{
	char room[16] = "rubbish";
	struct text text = text_in(room, sizeof(room));

	(void)state;
	assert_string_equal(room, "");
	text_add(&text, "ab");
	text_add(&text, "");
	text_printf(&text, "-%d", 12);
	assert_string_equal(room, "ab-12");
	assert_int_equal(text.len, 5);
	text_clear(&text);
	assert_string_equal(room, "");
	assert_int_equal(text.len, 0);
}

static void test_cut_at_a_character(void **state)
{
	static const struct {
		const char *string;
		size_t size;
		const char *expected;
	} cases[] = {
	    {"abc", 4, "abc"},
	    {"abc", 3, "ab"},
	    {"abc", 1, ""},
	    {"a\xc3\xa9", 4, "a\xc3\xa9"},
	    {"a\xc3\xa9", 3, "a"},
	    {"\xe2\x82\xac", 4, "\xe2\x82\xac"},
	    {"\xe2\x82\xac", 3, ""},
	    {"\xe2\x82\xac", 2, ""},
	    {"x\xf0\x9f\x98\x80", 6, "x\xf0\x9f\x98\x80"},
	    {"x\xf0\x9f\x98\x80", 5, "x"},
	    {"x\xf0\x9f\x98\x80", 4, "x"},
	    {"x\xf0\x9f\x98\x80", 3, "x"},
	    {"x\xf0\x9f\x98\x80yy", 7, "x\xf0\x9f\x98\x80y"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char added[16], printed[16];
		struct text a = text_in(added, cases[i].size), b = text_in(printed, cases[i].size);

		memset(added + cases[i].size, '#', sizeof(added) - cases[i].size);
		memset(printed + cases[i].size, '#', sizeof(printed) - cases[i].size);
		text_add(&a, cases[i].string);
		text_printf(&b, "%s", cases[i].string);
		assert_string_equal(added, cases[i].expected);
		assert_string_equal(printed, cases[i].expected);
		assert_int_equal(a.len, strlen(added));
		assert_int_equal(b.len, strlen(printed));
		assert_int_equal(added[cases[i].size], '#');
		assert_int_equal(printed[cases[i].size], '#');
	}
}

static void test_adding_to_a_full_text(void **state)
{
	char room[4];
	struct text text = text_in(room, sizeof(room)), nothing = text_in(NULL, 0);

	(void)state;
	text_add(&text, "abcdef");
	text_add(&text, "g");
	text_printf(&text, "%d", 1);
	assert_string_equal(room, "abc");
	assert_int_equal(text.len, 3);
	text_add(&nothing, "x");
	text_printf(&nothing, "x");
	text_clear(&nothing);
	assert_int_equal(nothing.len, 0);
}

static void test_escaping(void **state)
{
	char room[32];
	struct text text = text_in(room, sizeof(room)), nothing = text_in(NULL, 0);

	(void)state;
	text_add_escaped(&text, "aZ0-._~ /?&=%+\xc3\xa9");
	assert_string_equal(room, "aZ0-._~%20%2F%3F%26%3D%25%2B%C3"); /* the last does not fit */
	text_clear(&text);
	text_add_escaped(&text, "\xc3\xa9\n");
	assert_string_equal(room, "%C3%A9%0A");
	text_add_escaped(&nothing, "a");
	for (size_t size = 1; size < 8; size++) {
		text = text_in(room, size);
		text_add_escaped(&text, "a/b");
		assert_string_equal(room, size >= 6 ? "a%2Fb" : size == 5 ? "a%2F" : size == 1 ? "" : "a");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_adding),
	    cmocka_unit_test(test_cut_at_a_character),
	    cmocka_unit_test(test_adding_to_a_full_text),
	    cmocka_unit_test(test_escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* UTF-8: strict decoding, widths, and what the filter in front of the terminal lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#define BAD "\xef\xbf\xbd"

static void test_encode_and_decode_agree_on_every_code_point(void **state)
{
	char bytes[4];
	size_t used, last = 0;

	(void)state;
	for (uint32_t code = 0; code <= 0x110010; code++) {
		size_t len = utf8_encode(code, bytes);
		int is_valid = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);

		assert_int_equal(utf8_decode(bytes, len, &used), is_valid ? code : 0xfffd);
		assert_int_equal(used, len);
		assert_true(!is_valid || len >= last);
		last = is_valid ? len : last;
		/* One byte short, it is none and stays within what was given. */
		if (len > 1) {
			assert_int_equal(utf8_decode(bytes, len - 1, &used), 0xfffd);
			assert_true(used >= 1 && used < len);
		}
	}
}

static void test_invalid_sequences(void **state)
{
	static const struct {
		const char *in;
		const char *expected;
	} cases[] = {
	    {"\xc0\xaf", BAD BAD}, /* overlong, two bytes */
	    {"\xc1\xbf", BAD BAD},
	    {"\xe0\xa0", BAD},                 /* cut */
	    {"\xe0\x9f\xbf", BAD BAD},         /* overlong, three; 9f is a bare C1 byte and goes */
	    {"\xf0\x8f\xbf\xbf", BAD BAD BAD}, /* overlong, four; 8f likewise */
	    {"\xed\xa0\xa0", BAD BAD BAD},     /* a surrogate */
	    {"\xed\x9f\xbf", "\xed\x9f\xbf"},  /* the last before them */
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xf4\xbf\xbf\xbf", BAD BAD BAD BAD}, /* above U+10FFFF */
	    {"\xf5\xbf", BAD BAD},
	    {"\xfe\xff", BAD BAD},
	    {"\xe2\x82"
	     "A",
	     BAD "A"}, /* the letter is not swallowed */
	    {"\xf0\x9f\x98"
	     "A",
	     BAD "A"},
	    {"A\xe2\x82", "A" BAD},
	    {"\xa0\xbf", BAD BAD}, /* continuations alone */
	    {BAD, BAD},            /* a good U+FFFD */
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);
		int same = strcmp(cases[i].in, cases[i].expected) == 0;

		assert_int_equal(utf8_sanitise(out, sizeof(out), cases[i].in, len),
		                 strlen(cases[i].expected));
		assert_string_equal(out, cases[i].expected);
		assert_int_equal(utf8_is_safe(cases[i].in, len), same);
	}
}

static void test_what_a_terminal_obeys_is_left_out(void **state)
{
	static const struct {
		const char *in;
		const char *expected;
	} cases[] = {
	    {"a\x1b[31mb", "a[31mb"},
	    {"a\x07\x08\x0b\x0c\x0d\x0e\x7f"
	     "b",
	     "ab"},
	    {"a\tb\nc", "a b c"},
	    {"a\x9b"
	     "31mb",
	     "a31mb"}, /* CSI as a byte */
	    {"a\xc2\x9b"
	     "31mb",
	     "a31mb"}, /* CSI in UTF-8 */
	    {"a\xc2\x80\xc2\x85\xc2\x9f"
	     "b",
	     "ab"},
	    {"a\xc2\xa0"
	     "b",
	     "a\xc2\xa0"
	     "b"}, /* the first that is no C1 */
	    {"a\xd8\x9c"
	     "b",
	     "ab"}, /* U+061C */
	    {"\xe2\x80\x8d"
	     "b",
	     "\xe2\x80\x8d"
	     "b"}, /* the joiner of emoji stays */
	    {"a\xe2\x80\x8e\xe2\x80\x8f"
	     "b",
	     "ab"},
	    {"a\xe2\x80\xaa\xe2\x80\xae"
	     "b",
	     "ab"},
	    {"a\xe2\x80\xa9\xe2\x80\xaf"
	     "b",
	     "a\xe2\x80\xa9\xe2\x80\xaf"
	     "b"},
	    {"a\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"
	     "b",
	     "ab"},
	    {"\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa"},
	    {"12345678\x1b", "12345678"},
	    {"12345678"
	     "1234567\x7f",
	     "123456781234567"},
	    {"gr\xc3\xbc\xc3\x9f"
	     "e",
	     "gr\xc3\xbc\xc3\x9f"
	     "e"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);

		assert_int_equal(utf8_sanitise(out, sizeof(out), cases[i].in, len),
		                 strlen(cases[i].expected));
		assert_string_equal(out, cases[i].expected);
		assert_int_equal(utf8_is_safe(cases[i].in, len), strcmp(cases[i].in, cases[i].expected) == 0);
		assert_true(utf8_is_safe(out, strlen(out)));
	}
	/* A NUL inside does not end it. */
	assert_int_equal(utf8_sanitise(out, sizeof(out), "a\0b", 3), 2);
	assert_string_equal(out, "ab");
	assert_false(utf8_is_safe("a\0b", 3));
	assert_true(utf8_is_safe("", 0));
	assert_int_equal(utf8_sanitise(out, sizeof(out), NULL, 0), 0);
}

/* Every byte at every place of a word, against the slow answer. */
static void test_the_fast_path_sees_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 17; place++) {
			char text[18] = "abcdefghijklmnopq";

			text[place] = (char)byte;
			assert_int_equal(utf8_is_safe(text, 17), byte >= 0x20 && byte < 0x7f);
		}
	}
}

static void test_sanitise_cuts_at_a_character(void **state)
{
	const char *text = "ab\xe2\x82\xac"
	                   "c";
	char out[16];

	(void)state;
	for (size_t size = 1; size < 10; size++) {
		size_t expected = size >= 7 ? 6 : size >= 6 ? 5 : size > 3 ? 2 : size - 1;

		memset(out, '#', sizeof(out));
		assert_int_equal(utf8_sanitise(out, size, text, 6), expected);
		assert_int_equal(strlen(out), expected);
		assert_int_equal(out[size], '#');
	}
	assert_int_equal(utf8_sanitise(out, 0, text, 6), 0);
	/* A replacement that does not fit any more. */
	assert_int_equal(utf8_sanitise(out, 4, "a\xff\xff", 3), 1);
	assert_string_equal(out, "a");
}

static void test_sanitise_in_place(void **state)
{
	char room[64] = "\xff\xff\x1b"
	                "a\xff";

	(void)state;
	assert_int_equal(utf8_sanitise(room, sizeof(room), room, 5), 10);
	assert_string_equal(room, BAD BAD "a" BAD);
	assert_int_equal(utf8_sanitise(room, sizeof(room), room, 10), 10);
	assert_string_equal(room, BAD BAD "a" BAD);
}

static void test_sanitised_copies(void **state)
{
	char *text = utf8_sanitised("a\x1b\xff", 3, 100), *cut = utf8_sanitised("abcdef", 6, 4);
	char *none = utf8_sanitised("abc", 3, 0), *exact = utf8_sanitised("\xff", 1, 3);
	char *long_but_safe = utf8_sanitised("abcdef", 6, 6);

	(void)state;
	assert_string_equal(text, "a" BAD);
	assert_string_equal(cut, "abcd");
	assert_string_equal(none, "");
	assert_string_equal(exact, BAD);
	assert_string_equal(long_but_safe, "abcdef");
	free(text);
	free(cut);
	free(none);
	free(exact);
	free(long_but_safe);
}

static void test_widths(void **state)
{
	static const struct {
		uint32_t code;
		int width;
	} cases[] = {
	    {0, 0},        {'\t', 0},       {0x1b, 0},    {' ', 1},     {'~', 1},     {0x7f, 0},
	    {0x9f, 0},     {0xa0, 1},       {0xad, 1},    {0x2ff, 1},   {0x300, 0},   {0x36f, 0},
	    {0x370, 1},    {0x591, 0},      {0x600, 1},   {0x10ff, 1},  {0x1100, 2},  {0x115f, 2},
	    {0x1160, 0},   {0x11ff, 0},     {0x1200, 1},  {0x200b, 0},  {0x200d, 0},  {0x2010, 1},
	    {0x20ac, 1},   {0x231a, 2},     {0x2500, 1},  {0x2588, 1},  {0x25cf, 1},  {0x2713, 1},
	    {0x2705, 2},   {0x28ff, 1},     {0x3000, 2},  {0x3042, 2},  {0x4e00, 2},  {0x9fff, 2},
	    {0xac00, 2},   {0xd7a3, 2},     {0xe000, 1},  {0xfe0f, 0},  {0xff01, 2},  {0xff61, 1},
	    {0xfffd, 1},   {0x1f600, 2},    {0x1f1e6, 1}, {0x20000, 2}, {0x2fffd, 2}, {0xe0100, 0},
	    {0x10ffff, 1}, {0xffffffff, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (utf8_width(cases[i].code) != cases[i].width)
			fail_msg("U+%04X is %d cells wide, not %d", (unsigned)cases[i].code,
			         utf8_width(cases[i].code), cases[i].width);
}

static void test_cells_and_prefixes(void **state)
{
	const char *text = "a\xe6\xbc\xa2"
	                   "e\xcc\x81"
	                   "b"; /* a, a wide one, e with an accent, b */

	(void)state;
	assert_int_equal(utf8_cells(""), 0);
	assert_int_equal(utf8_cells(text), 5);
	assert_int_equal(utf8_prefix(text, -1), 0);
	assert_int_equal(utf8_prefix(text, 0), 0);
	assert_int_equal(utf8_prefix(text, 1), 1);
	assert_int_equal(utf8_prefix(text, 2), 1); /* half a wide one does not show */
	assert_int_equal(utf8_prefix(text, 3), 4);
	assert_int_equal(utf8_prefix(text, 4), 7); /* the accent goes with its letter */
	assert_int_equal(utf8_prefix(text, 5), 8);
	assert_int_equal(utf8_prefix(text, 500), 8);
	assert_int_equal(utf8_prefix("a\xe2\x82", 9), 3); /* invalid, and cut by the end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode_and_decode_agree_on_every_code_point),
	    cmocka_unit_test(test_invalid_sequences),
	    cmocka_unit_test(test_what_a_terminal_obeys_is_left_out),
	    cmocka_unit_test(test_the_fast_path_sees_every_byte),
	    cmocka_unit_test(test_sanitise_cuts_at_a_character),
	    cmocka_unit_test(test_sanitise_in_place),
	    cmocka_unit_test(test_sanitised_copies),
	    cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_cells_and_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

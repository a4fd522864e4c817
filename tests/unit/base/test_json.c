/* SPDX-License-Identifier: MIT */
/* JSON: what is refused and why, look-ups, running out of memory at each step, and writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "base/json.h"

static const char sample[] = "{\"metadata\":{\"name\":\"web\",\"labels\":{\"app.kubernetes.io/name\":\"x\","
                             "\"a.b\":\"dots\"},\"none\":null,\"stamp\":\"2026-11-23T13:26:13Z\"},"
                             "\"n\":3,\"f\":1.75,\"big\":1e300,\"small\":-1e300,\"yes\":true,\"no\":false,"
                             "\"text\":\"7\",\"list\":[1,[2,{\"a\":\"\\u00e9\\ud83d\\ude00\"}]],\"Name\":1}";

static void test_look_ups(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct err err = {""};
	cJSON *root = json_parse(arena, sample, sizeof(sample) - 1, &err);

	(void)state;
	assert_non_null(root);
	assert_string_equal(err.text, "");
	assert_string_equal(json_string(root, "metadata/name"), "web");
	assert_string_equal(json_string(root, "metadata/labels/a.b"), "dots");
	assert_string_equal(
	    json_string(json_get(json_at(root, "metadata/labels"), "app.kubernetes.io/name"), ""), "x");
	assert_null(json_get(root, "metadata/name")); /* a name, no path */
	assert_null(json_at(root, "METADATA"));
	assert_null(json_at(root, "metadata/nam"));
	assert_null(json_at(root, "metadata/names"));
	assert_null(json_at(root, "metadata/name/deeper"));
	assert_null(json_at(root, "metadata/none"));
	assert_null(json_at(root, "metadata/none/deeper"));
	assert_null(json_get(json_at(root, "metadata"), "none"));
	assert_null(json_at(root, "list/0"));
	assert_null(json_at(root, "/metadata"));
	assert_ptr_equal(json_at(root, ""), root);
	assert_null(json_at(NULL, "a"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_string(root, "n"));
	assert_null(json_string(root, "missing"));
	assert_int_equal(json_int(root, "n", -1), 3);
	assert_int_equal(json_int(root, "f", -1), 1);
	assert_int_equal(json_int(root, "text", -1), -1);
	assert_int_equal(json_int(root, "missing", -1), -1);
	assert_true(json_int(root, "big", 0) == INT64_MAX);
	assert_true(json_int(root, "small", 0) == INT64_MIN);
	assert_true(json_number(root, "f", 0) == 1.75);
	assert_true(json_number(root, "yes", 9) == 9);
	assert_int_equal(json_bool(root, "yes", 0), 1);
	assert_int_equal(json_bool(root, "no", 1), 0);
	assert_int_equal(json_bool(root, "n", -1), -1);
	assert_int_equal(json_stamp(root, "metadata/stamp"), 1795440373000);
	assert_int_equal(json_stamp(root, "metadata/name"), 0);
	assert_int_equal(json_stamp(root, "n"), 0);
	arena_free(arena);
}

static void test_int_at_the_edges(void **state)
{
	static const struct {
		const char *text;
		int64_t expected;
	} cases[] = {
	    {"9223372036854775807", INT64_MAX},
	    {"9223372036854775808", INT64_MAX},
	    {"9223372036854774784", 9223372036854774784},
	    {"-9223372036854775808", INT64_MIN},
	    {"-9223372036854775809", INT64_MIN},
	    {"4294967296", 4294967296},
	    {"-0", 0},
	    {"1e999", INT64_MAX},
	    {"9007199254740991", 9007199254740991},
	    {"-1.9", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cJSON *value = json_parse_heap(cases[i].text, strlen(cases[i].text), NULL);

		assert_true(json_int(value, "", 42) == cases[i].expected);
		cJSON_Delete(value);
	}
}

/* Parsed from a copy of exactly its size, so that reading past the end is seen. */
static cJSON *parse_exactly(struct arena *arena, const char *text, size_t len, struct err *err)
{
	char *copy = malloc(len == 0 ? 1 : len);
	cJSON *value;

	memcpy(copy, text, len);
	value = arena == NULL ? json_parse_heap(copy, len, err) : json_parse(arena, copy, len, err);
	free(copy);
	return value;
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"", "there is none"},
	    {"  ", "not valid"},
	    {"{", "cut short after 1 bytes"},
	    {"[1,2", "cut short after 4 bytes"},
	    {"{\"1\":1,", "cut short"},
	    {"\"abc", "cut short in the string at byte 0"},
	    {"\"abc\\\"", "cut short in the string at byte 0"},
	    {"[\"\\", "cut short in the string at byte 1"},
	    {"]", "at byte 0 a bracket closes"},
	    {"[1]]", "at byte 3 a bracket closes"},
	    {"[1}", "not valid at byte 2"},
	    {"{}{}", "something follows the value at byte 2"},
	    {"1 2", "something follows the value at byte 2"},
	    {"{} \n x", "something follows the value at byte 5"},
	    {"{\"a\" 1}", "not valid"},
	    {"{a:1}", "not valid at byte 2"},
	    {"tru", "not valid at byte 0"},
	    {"[1,]", "not valid"},
	    {"\"\\ud800\"", "not valid"},
	    {"\"\\x\"", "not valid"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct err err = {""};

		assert_null(parse_exactly(NULL, cases[i].text, strlen(cases[i].text), &err));
		if (strstr(err.text, cases[i].said) == NULL)
			fail_msg("\"%s\": %s", cases[i].text, err.text);
		err.text[0] = '\0';
		assert_null(parse_exactly(arena, cases[i].text, strlen(cases[i].text), &err));
		assert_non_null(strstr(err.text, cases[i].said));
		arena_free(arena);
	}
}

static void test_every_prefix_is_refused(void **state)
{
	struct err err;

	(void)state;
	for (size_t len = 0; len < sizeof(sample) - 1; len++)
		assert_null(parse_exactly(NULL, sample, len, &err));
}

static void test_depth(void **state)
{
	char text[600];
	struct err err;
	cJSON *value;

	(void)state;
	memset(text, '[', 128);
	memset(text + 128, ']', 128);
	value = parse_exactly(NULL, text, 256, &err);
	assert_non_null(value);
	cJSON_Delete(value);
	memset(text, '[', 129);
	memset(text + 129, ']', 129);
	assert_null(parse_exactly(NULL, text, 258, &err));
	assert_string_equal(err.text, "cannot parse JSON: at byte 128 it is nested deeper than 128 levels");
	/* Brackets in a string are none, behind an escaped quote too. */
	text[0] = '"';
	text[1] = '\\';
	text[2] = '"';
	memset(text + 3, '{', 500);
	text[503] = '"';
	value = parse_exactly(NULL, text, 504, &err);
	assert_non_null(value);
	cJSON_Delete(value);
}

static void test_every_allocation_fails_once(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct err err;
	cJSON *root = NULL;
	size_t nth = 0;

	(void)state;
	while (root == NULL) {
		err.text[0] = '\0';
		arena_reset(arena);
		arena_fail_after(arena, ++nth);
		assert_true(nth < 1000);
		root = json_parse(arena, sample, sizeof(sample) - 1, &err);
		if (root == NULL)
			assert_non_null(strstr(err.text, "more memory than one answer may take"));
	}
	assert_true(nth > 30);
	assert_string_equal(err.text, "");
	assert_string_equal(json_string(root, "metadata/name"), "web");
	arena_free(arena);
}

static void test_a_full_arena(void **state)
{
	struct arena *arena = arena_new(256);
	struct err err = {""};
	cJSON *built;

	(void)state;
	assert_null(json_parse(arena, sample, sizeof(sample) - 1, &err));
	assert_non_null(strstr(err.text, "more memory"));
	arena_reset(arena);
	assert_non_null(json_parse(arena, "[1]", 3, &err));
	/* The heap is used again afterwards. */
	built = cJSON_CreateObject();
	assert_non_null(cJSON_AddStringToObject(built, "a", "b"));
	assert_true(arena_used(arena) <= 256);
	arena_free(arena);
	assert_string_equal(json_string(built, "a"), "b");
	cJSON_Delete(built);
}

static void assert_written(const char *in, int pretty, const char *expected)
{
	cJSON *value = json_parse_heap(in, strlen(in), NULL);
	struct buf buf;

	assert_non_null(value);
	buf_init(&buf, 10000);
	assert_int_equal(json_write(&buf, value, pretty), 0);
	assert_string_equal(buf.data, expected);
	buf_release(&buf);
	cJSON_Delete(value);
}

static void test_writing(void **state)
{
	(void)state;
	assert_written("{ \"a\" : [1, 2.5, {}, []], \"b\": {\"c\": null} , \"d\": [true,false] }", 0,
	               "{\"a\":[1,2.5,{},[]],\"b\":{\"c\":null},\"d\":[true,false]}\n");
	assert_written("{\"a\":[1,{\"x\":{}},[]],\"b\":{\"c\":null}}", 1,
	               "{\n  \"a\": [\n    1,\n    {\n      \"x\": {}\n    },\n    []\n  ],\n"
	               "  \"b\": {\n    \"c\": null\n  }\n}\n");
	assert_written("[]", 1, "[]\n");
	assert_written("\"x\"", 1, "\"x\"\n");
	assert_written(
	    "[0,-0,-1,9007199254740991,-9007199254740992,1e15,1e21,1e300,0.1,1e-7,123456.789,1e999]", 0,
	    "[0,0,-1,9007199254740991,-9007199254740992,1000000000000000,1e+21,1e+300,0.1,1e-07,"
	    "123456.789,null]\n");
	assert_written("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u001b\\u007f\"", 0,
	               "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001b\\u007f\"\n");
	/* Text stays as it is, what a terminal obeys is escaped, what is no text is replaced. */
	assert_written("\"\xc3\xa9\xf0\x9f\x98\x80\"", 0, "\"\xc3\xa9\xf0\x9f\x98\x80\"\n");
	assert_written("\"\xc2\x9b\xe2\x80\xae\"", 0, "\"\\u009b\\u202e\"\n");
	assert_written("\"\xff\xef\xbf\xbd\"", 0, "\"\xef\xbf\xbd\xef\xbf\xbd\"\n");
	assert_written("{\"k\\\"\\n\":1}", 0, "{\"k\\\"\\n\":1}\n");
}

static void test_numbers_read_back(void **state)
{
	static const double cases[] = {0.1,
	                               1.0 / 3,
	                               1e-300,
	                               DBL_MAX,
	                               DBL_MIN,
	                               5e-324,
	                               -123456789.123456789,
	                               9007199254740994.0,
	                               1.7976931348623157e308,
	                               0.30000000000000004};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cJSON *value = cJSON_CreateNumber(cases[i]);
		struct buf buf;

		buf_init(&buf, 100);
		assert_int_equal(json_write(&buf, value, 0), 0);
		assert_true(strtod(buf.data, NULL) == cases[i]);
		buf_release(&buf);
		cJSON_Delete(value);
	}
}

static void test_writing_stops_at_the_maximum(void **state)
{
	cJSON *root = json_parse_heap(sample, sizeof(sample) - 1, NULL);
	struct buf buf;
	size_t whole;

	(void)state;
	buf_init(&buf, 10000);
	assert_int_equal(json_write(&buf, root, 1), 0);
	whole = buf.len;
	buf_release(&buf);
	for (size_t max = 0; max < whole; max++) {
		buf_init(&buf, max);
		assert_int_equal(json_write(&buf, root, 1), -1);
		buf_release(&buf);
	}
	buf_init(&buf, whole);
	assert_int_equal(json_write(&buf, root, 1), 0);
	buf_release(&buf);
	cJSON_Delete(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_look_ups),
	    cmocka_unit_test(test_int_at_the_edges),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_every_prefix_is_refused),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_every_allocation_fails_once),
	    cmocka_unit_test(test_a_full_arena),
	    cmocka_unit_test(test_writing),
	    cmocka_unit_test(test_numbers_read_back),
	    cmocka_unit_test(test_writing_stops_at_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* JSON written as YAML: how it looks, and that every string reads back as itself and as a string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/yaml.h"

static struct buf write_json(const char *json)
{
	struct err err = {""};
	cJSON *value = json_parse_heap(json, strlen(json), &err);
	struct buf buf;

	assert_non_null(value);
	buf_init(&buf, 1 << 20);
	if (yaml_write_json(&buf, value, &err) != 0)
		fail_msg("%s", err.text);
	cJSON_Delete(value);
	return buf;
}

static void test_how_it_looks(void **state)
{
	static const struct {
		const char *json, *yaml;
	} cases[] = {
	    {"{\"b\":1,\"a\":{\"c\":[\"x\",{\"d\":true,\"e\":null}]},\"f\":[],\"g\":{}}",
	     "b: 1\na:\n  c:\n  - x\n  - d: true\n    e: null\nf: []\ng: {}\n"},
	    {"{\"x\":1.5,\"big\":9007199254740991}", "x: 1.5\nbig: 9007199254740991\n"},
	    {"{\"t\":\"one\\ntwo\\n\"}", "t: |\n  one\n  two\n"},
	    {"{\"t\":\"one\\n\\n  two\"}", "t: |-\n  one\n\n    two\n"},
	    {"{\"t\":\"if x; then\\n\\ty\\nfi\\n\"}",
	     "t: \"if x; then\\n\\ty\\nfi\\n\"\n"}, /* a tab: libyaml's choice */
	    {"{\"t\":\"a\\n\\u2028b\",\"u\":\"a\\ufeffb\"}", "t: \"a\\n\\Lb\"\nu: \"a\\uFEFFb\"\n"},
	    {"{\"t\":\"one\\n\\n\"}", "t: |+\n  one\n\n"},
	    {"{\"t\":\"gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2\"}", "t: gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2\n"},
	    {"{\"t\":\"\xf0\x9f\x98\x80\"}", "t: \"\\U0001F600\"\n"}, /* libyaml's choice */
	    {"{\"t\":\"a\\u001bb\"}", "t: \"a\\eb\"\n"},
	    {"{\"v\":\"1.2.3\",\"ip\":\"10.0.0.1\",\"img\":\"a/b:v1\"}",
	     "v: 1.2.3\nip: 10.0.0.1\nimg: a/b:v1\n"},
	    {"{\"true\":\"true\",\"1\":\"1\"}", "'true': 'true'\n'1': '1'\n"},
	    {"{\"c\":\"a: b\",\"d\":\"# x\",\"e\":\"*x\"}", "c: 'a: b'\nd: '# x'\ne: '*x'\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf buf = write_json(cases[i].json);

		assert_string_equal(buf.data, cases[i].yaml);
		buf_release(&buf);
	}
}

/* As a value, in a list, and as a key. */
static void assert_reads_back(const char *text)
{
	cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "list");
	struct err err = {""};
	struct yaml yaml;
	struct buf buf;
	const struct yaml_node *value;

	cJSON_AddStringToObject(root, "value", text);
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	cJSON_AddItemToArray(list, cJSON_CreateString("end"));
	cJSON_AddStringToObject(cJSON_AddObjectToObject(root, "keys"), text, "x");
	buf_init(&buf, 1 << 20);
	assert_int_equal(yaml_write_json(&buf, root, &err), 0);
	if (yaml_parse(&yaml, "written", buf.data, buf.len, &err) != 0)
		fail_msg("\"%s\": %s\n%s", text, err.text, buf.data);
	value = yaml_get(yaml.root, "value");
	if (yaml_string(value) == NULL || strcmp(value->value, text) != 0)
		fail_msg("\"%s\" did not read back:\n%s", text, buf.data);
	assert_string_equal(yaml_string(yaml_get(yaml.root, "list")->items[0]), text);
	assert_string_equal(yaml_get(yaml.root, "keys")->keys[0]->value, text);
	assert_int_equal(yaml_get(yaml.root, "keys")->keys[0]->plain, value->plain);
	yaml_release(&yaml);
	buf_clear(&buf);
	/* And on its own, where nothing stands behind it. */
	assert_int_equal(yaml_write_json(&buf, cJSON_GetObjectItem(root, "value"), &err), 0);
	if (yaml_parse(&yaml, "written", buf.data, buf.len, &err) != 0)
		fail_msg("\"%s\": %s\n%s", text, err.text, buf.data);
	if (yaml_string(yaml.root) == NULL || strcmp(yaml.root->value, text) != 0)
		fail_msg("\"%s\" did not read back:\n%s", text, buf.data);
	yaml_release(&yaml);
	buf_release(&buf);
	cJSON_Delete(root);
}

/* What some reader would take for something else than a string must not stand there plainly. */
static void test_ambiguous_strings_are_quoted(void **state)
{
	static const char *const cases[] = {
	    "",
	    "~",
	    "null",
	    "Null",
	    "NULL",
	    "true",
	    "True",
	    "FALSE",
	    "yes",
	    "No",
	    "on",
	    "OFF",
	    "y",
	    "N",
	    "<<",
	    "=",
	    "0",
	    "1",
	    "-1",
	    "+1",
	    "010",
	    "0o17",
	    "0x1F",
	    "0b101",
	    "1_000",
	    "1e3",
	    "1E+3",
	    "1.5",
	    ".5",
	    "-.5",
	    "5.",
	    "1.e4",
	    ".inf",
	    "-.INF",
	    "+.inf",
	    ".NaN",
	    "12:30",
	    "190:20:30.15",
	    "2026-11-23",
	    "2026-11-23T13:26:13Z",
	    "2026-11-23 13:26:13.5 +2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char json[64];
		struct buf buf;

		snprintf(json, sizeof(json), "\"%s\"", cases[i]);
		buf = write_json(json);
		if (buf.data[0] != '\'')
			fail_msg("%s is written as %s", json, buf.data);
		buf_release(&buf);
		assert_reads_back(cases[i]);
	}
}

static void test_strings_read_back(void **state)
{
	static const char *const cases[] = {
	    "plain",
	    "two words",
	    " lead",
	    "trail ",
	    "\n",
	    "\n\n",
	    " \n",
	    "a\n",
	    "a\nb",
	    "a\n\n\nb\n\n\n",
	    "\na",
	    "  a\nb",
	    "a\n  b\n c\n",
	    "a \nb",
	    "a\n \nb",
	    "a\n b \n",
	    "\ta\nb",
	    "a\tb",
	    "a\n\tb",
	    "a\r\nb",
	    "a\rb",
	    "# no comment",
	    "a # b",
	    "a: b",
	    "a:",
	    ":a",
	    "- a",
	    "-",
	    "--- a",
	    "---\na",
	    "...",
	    "...\nb",
	    "%a",
	    "@a",
	    "`a`",
	    "!a",
	    "&a",
	    "*a",
	    "|",
	    ">",
	    "?",
	    "? a",
	    "{a",
	    "[a",
	    "]",
	    "a, b",
	    "'",
	    "\"",
	    "''",
	    "it's",
	    "\\",
	    "\\n",
	    "\x01",
	    "\x7f",
	    "\x1b[31m",
	    "a\xc2\x85"
	    "b",
	    "a\xe2\x80\xa8"
	    "b\n",
	    "a\xe2\x80\xa9\n",
	    "\xef\xbb\xbf"
	    "a\nb",
	    "\xe2\x80\xae",
	    "\xef\xbf\xbd",
	    "\xef\xbf\xbe",
	    "\xf0\x9f\x98\x80\n",
	    "- a\n- b\n",
	    "key: value\nlist: [1, 2]\n",
	    "#!/bin/sh\nset -e\n\nif x; then\n\ty\nfi\n",
	    "\n  indented\n",
	    " \n  a\n",
	    "x\n#\n",
	    "{{ .Values.x }}",
	    "a\n\n ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_reads_back(cases[i]);
}

static void test_random_strings_read_back(void **state)
{
	static const char *const parts[] = {
	    "a",        "b",  " ",    "\n",  "\n", "  ",       "\t",
	    ":",        "-",  "#",    "'",   "\"", "\\",       "1",
	    "{",        "]",  "|",    ">",   "%",  "\xc3\xa9", "\xe2\x80\xa8",
	    "\xc2\x85", "\r", "\x1b", "?",   "&",  "*",        "!",
	    ",",        ".",  "---",  "...",
	};
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < 10000; round++) {
		char text[64] = "";
		int count;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		count = (seed >> 40) % 12;
		for (int i = 0; i < count; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			strcat(text, parts[(seed >> 40) % (sizeof(parts) / sizeof(parts[0]))]);
		}
		assert_reads_back(text);
	}
}

static void test_long_strings_and_keys(void **state)
{
	char text[3000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 50; i < sizeof(text) - 1; i += 51)
		text[i] = ' ';
	text[900] = '\0';
	assert_reads_back(text);
	text[900] = 'a';
	{
		cJSON *value = cJSON_CreateString(text);
		struct err err;
		struct buf buf;

		buf_init(&buf, 10000);
		assert_int_equal(yaml_write_json(&buf, value, &err), 0);
		assert_int_equal(buf.len, sizeof(text)); /* never folded */
		buf_release(&buf);
		cJSON_Delete(value);
	}
}

static void test_invalid_text_is_replaced(void **state)
{
	struct buf buf = write_json("{\"a\xff\":\"b\xc0\xaf\",\"c\":\"\\u0001\xff\"}");

	(void)state;
	assert_string_equal(buf.data, "a\xef\xbf\xbd: b\xef\xbf\xbd\xef\xbf\xbd\nc: \"\\x01\xef\xbf\xbd\"\n");
	buf_release(&buf);
}

static void test_it_stops_at_the_maximum(void **state)
{
	cJSON *value = json_parse_heap("{\"a\":[\"some text\",\"more\"]}", 26, NULL);
	struct err err = {""};
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	assert_int_equal(yaml_write_json(&buf, value, &err), -1);
	assert_string_equal(err.text, "cannot write YAML: it is larger than 10 bytes");
	buf_release(&buf);
	cJSON_Delete(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_how_it_looks),
	    cmocka_unit_test(test_ambiguous_strings_are_quoted),
	    cmocka_unit_test(test_strings_read_back),
	    cmocka_unit_test(test_random_strings_read_back),
	    cmocka_unit_test(test_long_strings_and_keys),
	    cmocka_unit_test(test_invalid_text_is_replaced),
	    cmocka_unit_test(test_it_stops_at_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

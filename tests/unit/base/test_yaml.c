/* SPDX-License-Identifier: MIT */
/* Reading YAML: the tree and its places, what is refused and where, merge keys, scalars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/yaml.h"

static struct yaml parse(const char *text)
{
	struct err err = {""};
	struct yaml yaml;

	if (yaml_parse(&yaml, "test", text, strlen(text), &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
	return yaml;
}

static void test_the_tree_and_its_places(void **state)
{
	struct yaml yaml = parse("# a comment\n"
	                         "name: web\n"
	                         "ports:\n"
	                         "  - 80\n"
	                         "  - name: \"https\"\n"
	                         "    port: 443\n"
	                         "text: |\n"
	                         "  one\n"
	                         "  two\n"
	                         "flow: {a: [1, 2], b: {}}\n"
	                         "\xc3\xa9t\xc3\xa9: x\n"
	                         "empty:\n");
	const struct yaml_node *root = yaml.root, *ports = yaml_get(root, "ports"), *https;

	(void)state;
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->count, 6);
	assert_int_equal(root->line, 2);
	assert_int_equal(root->column, 1);
	assert_string_equal(root->keys[1]->value, "ports");
	assert_string_equal(root->value, "");
	assert_int_equal(ports->kind, YAML_LIST);
	assert_int_equal(ports->count, 2);
	assert_null(ports->keys);
	assert_string_equal(ports->items[0]->value, "80");
	assert_true(ports->items[0]->plain);
	https = yaml_get(ports->items[1], "name");
	assert_string_equal(https->value, "https");
	assert_false(https->plain);
	assert_int_equal(https->line, 5);
	assert_int_equal(https->column, 11);
	assert_string_equal(yaml_get(root, "text")->value, "one\ntwo\n");
	assert_false(yaml_get(root, "text")->plain);
	assert_int_equal(yaml_get(yaml_get(root, "flow"), "a")->count, 2);
	assert_int_equal(yaml_get(yaml_get(root, "flow"), "b")->count, 0);
	assert_string_equal(yaml_get(root, "\xc3\xa9t\xc3\xa9")->value, "x");
	assert_int_equal(yaml_get(root, "\xc3\xa9t\xc3\xa9")->column, 6); /* characters, no bytes */
	assert_true(yaml_is_null(yaml_get(root, "empty")));
	assert_null(yaml_get(root, "missing"));
	assert_null(yaml_get(ports, "0"));
	assert_null(yaml_get(NULL, "x"));
	assert_string_equal(yaml.name, "test");
	yaml_release(&yaml);
	assert_null(yaml.root);
	yaml_release(&yaml);
}

static void test_json_and_nearly_nothing(void **state)
{
	struct yaml yaml = parse("{\"a\":{\"b\":[1,\"x\\u00e9\\n\\/\",true,null]},\n\t\"c\":\"\"}");

	(void)state;
	assert_string_equal(yaml_get(yaml_get(yaml.root, "a"), "b")->items[1]->value, "x\xc3\xa9\n/");
	assert_string_equal(yaml_string(yaml_get(yaml.root, "c")), "");
	yaml_release(&yaml);
	yaml = parse("");
	assert_null(yaml.root);
	yaml_release(&yaml);
	yaml = parse("# only a comment\n");
	assert_null(yaml.root);
	yaml_release(&yaml);
	yaml = parse("---\n");
	assert_true(yaml_is_null(yaml.root));
	yaml_release(&yaml);
	yaml = parse("---\na: 1\n...\n");
	assert_int_equal(yaml.root->count, 1);
	yaml_release(&yaml);
	yaml = parse("\xef\xbb\xbf"
	             "a: 1\n"); /* with a byte order mark */
	assert_string_equal(yaml_string(yaml_get(yaml.root, "a")), "1");
	yaml_release(&yaml);
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"a: 1\nb: 2\na: 3\n", "test:3:1: the key \"a\" was there before"},
	    {"a: 1\n\"a\": 3\n", "test:2:1: the key \"a\" was there before"},
	    {"x:\n  {b: 1, c: 2, b: 3}\n", "test:2:16: the key \"b\" was there before"},
	    {"a: 1\n---\nb: 2\n", "test:2:1: a second document begins here; one is allowed"},
	    {"a: *gone\n", "test:1:4: this alias names no anchor before it"},
	    {"a: &x [*x]\n", "test:1:8: this alias names no anchor before it"},
	    {"? [1, 2]\n: x\n", "test:1:3: a key must be a single value"},
	    {"a: \"x\\0y\"\n", "test:1:4: this text holds a NUL character"},
	    {"a: [1, 2\n", "test:2:1: "},
	    {"a:\n\tb: 1\n", "test:2:1: "},
	    {"a: b: c\n", "test:1:5: "},
	    {"a: 1\nbc: \xff\n", "test:2:5: "},
	    {"a: 'x\n", "test:2:1: "},
	    {"a: %x\n", "test:1:4: "},
	    {"a\x01: 1\n", "test:1:2: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {""};
		struct yaml yaml;

		assert_int_equal(yaml_parse(&yaml, "test", cases[i].text, strlen(cases[i].text), &err), -1);
		if (strncmp(err.text, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("\"%s\": %s", cases[i].text, err.text);
		assert_true(strlen(err.text) > strlen("test:1:1: "));
		assert_null(yaml.root);
		assert_null(yaml.memory);
		yaml_release(&yaml);
	}
}

/* Above a handful of keys, duplicates are found by another way. */
static void test_duplicates_in_large_maps(void **state)
{
	struct err err = {""};
	struct yaml yaml;
	struct buf buf;

	(void)state;
	for (int twin = 0; twin < 200; twin += 7) {
		char said[64];

		buf_init(&buf, 100000);
		for (int i = 0; i < 200; i++)
			assert_int_equal(buf_printf(&buf, "key%d: %d\n", i, i), 0);
		assert_int_equal(yaml_parse(&yaml, "test", buf.data, buf.len, &err), 0);
		assert_int_equal(yaml.root->count, 200);
		yaml_release(&yaml);
		assert_int_equal(buf_printf(&buf, "key%d: again\n", twin), 0);
		assert_int_equal(yaml_parse(&yaml, "test", buf.data, buf.len, &err), -1);
		snprintf(said, sizeof(said), "test:201:1: the key \"key%d\" was there before", twin);
		assert_string_equal(err.text, said);
		buf_release(&buf);
	}
}

static void assert_depth(const char *before, int depth, const char *after, const char *said)
{
	struct err err = {""};
	struct yaml yaml;
	struct buf buf;

	buf_init(&buf, 20000);
	assert_int_equal(buf_add_string(&buf, before), 0);
	for (int i = 0; i < depth; i++)
		assert_int_equal(buf_add_string(&buf, "["), 0);
	assert_int_equal(buf_add_string(&buf, after), 0);
	for (int i = 0; i < depth; i++)
		assert_int_equal(buf_add_string(&buf, "]"), 0);
	assert_int_equal(buf_add_string(&buf, "\n"), 0);
	assert_int_equal(yaml_parse(&yaml, "test", buf.data, buf.len, &err), said == NULL ? 0 : -1);
	assert_string_equal(err.text, said == NULL ? "" : said);
	yaml_release(&yaml);
	buf_release(&buf);
}

static void test_depth_counts_what_aliases_bring(void **state)
{
	(void)state;
	assert_depth("", 64, "", NULL);
	assert_depth("", 63, "x", NULL);
	assert_depth("", 64, "x", "test:1:65: it is nested deeper than 64 levels");
	assert_depth("", 5000, "", "test:1:65: it is nested deeper than 64 levels");
	/* The root's depth is 1, its values' 2, so b's brackets end at 61 and a's three levels just fit. */
	assert_depth("a: &a [[x]]\nb: ", 60, "*a", NULL);
	assert_depth("a: &a [[x]]\nb: ", 61, "*a", "test:2:65: it is nested deeper than 64 levels");
}

static void test_alias_bombs_end(void **state)
{
	char text[2000] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
	struct err err = {""};
	struct yaml yaml;

	(void)state;
	for (int i = 1; i < 12; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n",
		         i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	}
	assert_int_equal(yaml_parse(&yaml, "test", text, strlen(text), &err), -1);
	assert_non_null(strstr(err.text, "it has more than 100000 nodes"));
	assert_memory_equal(err.text, "test:6:", 7); /* 11 * 7^5 = 184,877 */
}

static void test_the_count_of_nodes_is_exact(void **state)
{
	struct err err = {""};
	struct yaml yaml;
	struct buf buf;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		buf_init(&buf, 1 << 20);
		for (int i = 0; i < 99999 + extra; i++)
			assert_int_equal(buf_add_string(&buf, "- x\n"), 0);
		assert_int_equal(yaml_parse(&yaml, "test", buf.data, buf.len, &err), extra ? -1 : 0);
		assert_string_equal(err.text, extra ? "test:100000:3: it has more than 100000 nodes" : "");
		yaml_release(&yaml);
		buf_release(&buf);
	}
}

static void test_anchors_and_merge_keys(void **state)
{
	struct yaml yaml = parse("base: &base {image: a, port: 80, deep: &deep {x: 1}}\n"
	                         "more: &more {port: 81, host: h, <<: *deep}\n"
	                         "one: {<<: *base, image: b}\n"
	                         "two: {image: c, <<: [*more, *base]}\n"
	                         "odd: {<<: 7, a: 1}\n"
	                         "odder: {<<: [7, *base], a: 1}\n"
	                         "quoted: {\"<<\": *base, a: 1}\n"
	                         "same: *deep\n"
	                         "again: &base {image: z}\n"
	                         "last: *base\n");
	const struct yaml_node *root = yaml.root, *one = yaml_get(root, "one"), *two = yaml_get(root, "two");

	(void)state;
	assert_ptr_equal(yaml_get(root, "same"), yaml_get(yaml_get(root, "base"), "deep"));
	assert_int_equal(yaml_get(root, "same")->line, 1);
	assert_string_equal(yaml_string(yaml_get(one, "image")), "b");
	assert_string_equal(yaml_string(yaml_get(one, "port")), "80");
	assert_null(yaml_get(one, "host"));
	assert_string_equal(yaml_string(yaml_get(two, "image")), "c");
	assert_string_equal(yaml_string(yaml_get(two, "port")), "81");
	assert_string_equal(yaml_string(yaml_get(two, "host")), "h");
	assert_string_equal(yaml_string(yaml_get(two, "x")), "1"); /* a merge within a merge */
	assert_non_null(yaml_get(two, "deep"));
	assert_null(yaml_get(yaml_get(root, "odd"), "image"));
	assert_string_equal(yaml_string(yaml_get(yaml_get(root, "odder"), "image")), "a");
	assert_null(yaml_get(yaml_get(root, "quoted"), "image"));
	assert_string_equal(yaml_string(yaml_get(yaml_get(root, "last"), "image")), "z");
	yaml_release(&yaml);
}

static void test_scalars(void **state)
{
	static const struct {
		const char *text;
		int is_null, is_bool, is_int;
		long value;
	} cases[] = {
	    {"", 1, 0, 0, 0},
	    {"~", 1, 0, 0, 0},
	    {"null", 1, 0, 0, 0},
	    {"NULL", 1, 0, 0, 0},
	    {"nULL", 0, 0, 0, 0},
	    {"'null'", 0, 0, 0, 0},
	    {"\"\"", 0, 0, 0, 0},
	    {"!!str", 0, 0, 0, 0},
	    {"true", 0, 1, 0, 1},
	    {"False", 0, 1, 0, 0},
	    {"TRUE", 0, 1, 0, 1},
	    {"'true'", 0, 0, 0, 0},
	    {"yes", 0, 0, 0, 0},
	    {"tRUE", 0, 0, 0, 0},
	    {"0", 0, 0, 1, 0},
	    {"-17", 0, 0, 1, -17},
	    {"+3", 0, 0, 1, 3},
	    {"007", 0, 0, 1, 7},
	    {"'3'", 0, 0, 0, 0},
	    {"!!str 3", 0, 0, 0, 0},
	    {"3.0", 0, 0, 0, 0},
	    {"0x10", 0, 0, 0, 0},
	    {"1e3", 0, 0, 0, 0},
	    {"--3", 0, 0, 0, 0},
	    {"+", 0, 0, 0, 0},
	    {"3 4", 0, 0, 0, 0},
	    {"[]", 0, 0, 0, 0},
	    {"{}", 0, 0, 0, 0},
	    {"9223372036854775807", 0, 0, 1, INT64_MAX},
	    {"9223372036854775808", 0, 0, 0, 0},
	    {"-9223372036854775808", 0, 0, 1, INT64_MIN},
	    {"-9223372036854775809", 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct yaml yaml;
		const struct yaml_node *node;
		int truth = -7;
		long number = -7;

		snprintf(text, sizeof(text), "k: %s\n", cases[i].text);
		yaml = parse(text);
		node = yaml_get(yaml.root, "k");
		if (yaml_is_null(node) != cases[i].is_null ||
		    (yaml_bool(node, &truth) == 0) != cases[i].is_bool ||
		    (yaml_int(node, &number) == 0) != cases[i].is_int)
			fail_msg("\"%s\" was misread", cases[i].text);
		assert_int_equal(truth, cases[i].is_bool ? cases[i].value : -7);
		assert_true(number == (cases[i].is_int ? cases[i].value : -7));
		assert_int_equal(yaml_string(node) == NULL, cases[i].is_null || node->kind != YAML_SCALAR);
		yaml_release(&yaml);
	}
	assert_null(yaml_string(NULL));
	assert_false(yaml_is_null(NULL));
	assert_int_equal(yaml_bool(NULL, NULL), -1);
	assert_int_equal(yaml_int(NULL, NULL), -1);
}

static void test_files(void **state)
{
	char path[] = "/tmp/test_yaml.XXXXXX", said[64];
	struct err err = {""};
	struct yaml yaml;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	assert_int_equal(yaml_parse_file(&yaml, path, &err), 0);
	assert_string_equal(yaml.name, path);
	yaml_release(&yaml);
	assert_int_equal(write(fd, "a: 2\n", 5), 5);
	assert_int_equal(yaml_parse_file(&yaml, path, &err), -1);
	snprintf(said, sizeof(said), "%s:2:1: the key", path);
	assert_memory_equal(err.text, said, strlen(said));
	assert_int_equal(ftruncate(fd, (16 << 20) + 1), 0);
	assert_int_equal(yaml_parse_file(&yaml, path, &err), -1);
	assert_non_null(strstr(err.text, "larger than 16777216 bytes"));
	yaml_release(&yaml);
	close(fd);
	unlink(path);
	assert_int_equal(yaml_parse_file(&yaml, path, &err), -1);
	assert_non_null(strstr(err.text, path));
	assert_null(yaml.root);
}

/* Whatever the bytes, it ends and says something. */
static void test_rubbish(void **state)
{
	static const char parts[] = "ab:-[]{},&*!|>'\"%@`#?\n\n  \t\x01\x80\xff\xc3\xa9~<\\0";
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[40], *exact;
		size_t len;
		struct err err = {""};
		struct yaml yaml;
		int result;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		len = (seed >> 40) % sizeof(text);
		for (size_t i = 0; i < len; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[i] = parts[(seed >> 40) % (sizeof(parts) - 1)];
		}
		exact = malloc(len + 1);
		memcpy(exact, text, len);
		result = yaml_parse(&yaml, "x", exact, len, &err);
		free(exact);
		assert_int_equal(result == 0, err.text[0] == '\0');
		yaml_release(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_tree_and_its_places),
	    cmocka_unit_test(test_json_and_nearly_nothing),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_duplicates_in_large_maps),
	    cmocka_unit_test(test_depth_counts_what_aliases_bring),
	    cmocka_unit_test(test_alias_bombs_end),
	    cmocka_unit_test(test_the_count_of_nodes_is_exact),
	    cmocka_unit_test(test_anchors_and_merge_keys),
	    cmocka_unit_test(test_scalars),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

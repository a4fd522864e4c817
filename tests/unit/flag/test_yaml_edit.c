/* SPDX-License-Identifier: MIT */
/* The editor's cases, one row each: what stood there, what was asked, what must stand there then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flag/yaml_edit.h"

struct row {
	const char *why, *before, *path, *value; /* value NULL: delete */
	const char *after;                       /* NULL: refused, and `words` are in the reason */
	const char *words;
	enum yaml_style style;
	size_t document;
};

static const struct row rows[] = {
    {.why = "a value", "a: 1\nb: 2\n", "b", "3", "a: 1\nb: 3\n"},
    {.why = "blank lines and alignment", "a:    1\n\n\nb:\t2\n\n", "a", "7", "a:    7\n\n\nb:\t2\n\n"},
    {.why = "comment indent", "a:\n    # deep\n  b: 1\n # odd\n", "a.b", "2", "a:\n    # deep\n  b: 2\n # odd\n"},
    {.why = "trailing comment mark", "a: 1\n#", "a", "2", "a: 2\n#"},
    {.why = "comment after the value", "a: 1   # one\n", "a", "2", "a: 2   # one\n"},
    {.why = "empty value before a comment", "k: # x\n", "k", "v", "k: v # x\n"},
    {.why = "empty value at the end", "k:", "k", "v", "k: v"},
    {.why = "empty value, others follow", "k:\nj: 1\n", "k", "v", "k: v\nj: 1\n"},
    {.why = "comment around a dash", "l:\n  # a\n  - x # b\n  # c\n  - y\n", "l[1]", "z", "l:\n  # a\n  - x # b\n  # c\n  - z\n"},
    {.why = "a comment in brackets is kept", "a: [ # c\n  1, 2 ]\n", "a[1]", "3", "a: [ # c\n  1, 3 ]\n"},
    {.why = "a comment in brackets is not lost", "a: [ # c\n  1 ]\n", "a", "[2]", NULL, "comment within the brackets"},
    {.why = "a comment in empty brackets", "a: { # c\n  }\n", "a.b", "1", "a: {b: 1 # c\n  }\n"},
    {.why = "sequence indent", "l:\n- a\n-   b\nm:\n    - c\n", "m[0]", "d", "l:\n- a\n-   b\nm:\n    - d\n"},
    {.why = "document start", "---\na: 1\n", "a", "2", "---\na: 2\n"},
    {.why = "one of many documents", "a: 1\r\n---\r\na: 1\n---\na: 1\n", "a", "2", "a: 1\r\n---\r\na: 2\n---\na: 1\n", .document = 2},
    {.why = "many documents want a number", "a: 1\n---\na: 2\n", "a", "2", NULL, "2 documents"},
    {.why = "CRLF", "a: 1\r\nb:\r\n  c: 1\r\n", "b.d", "2", "a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n"},
    {.why = "a literal block stays", "t: |\n  a  \n\n  b\nx: 1\n", "x", "2", "t: |\n  a  \n\n  b\nx: 2\n"},
    {.why = "a folded block stays", "t: >-\n  a\n   b\n\nx: 1\n", "x", "2", "t: >-\n  a\n   b\n\nx: 2\n"},
    {.why = "a key after a block", "a:\n  t: |\n    x\n\nb: 1\n", "a.u", "1", "a:\n  t: |\n    x\n  u: 1\n\nb: 1\n"},
    {.why = "a key after a kept block", "a:\n  t: |+\n    x\n\nb: 1\n", "a.u", "1", "a:\n  t: |+\n    x\n\n  u: 1\nb: 1\n"},
    {.why = "a block by one line", "t: |\n  a\n  b\nx: 1\n", "t", "c", "t: c\nx: 1\n"},
    {.why = "long lines are not wrapped",
     "a: 1 # aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
     "a", "2",
     "a: 2 # aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
    {.why = "an inherited key becomes an override", "b: &b\n  x: 1\nc:\n  <<: *b\n  y: 2\n", "c.x", "5",
     "b: &b\n  x: 1\nc:\n  <<: *b\n  y: 2\n  x: 5\n"},
    {.why = "an anchor's value", "a: &x 1\nb: *x\n", "a", "2", NULL, "anchor &x"},
    {.why = "below an anchor", "a: &x {k: 1}\nb: *x\n", "a.k", "2", NULL, "anchor &x"},
    {.why = "below an alias", "a: &x {k: 1}\nb: *x\n", "b.k", "2", NULL, "alias"},
    {.why = "an alias is only its own place", "a: &x 1\nb: *x\n", "b", "2", "a: &x 1\nb: 2\n"},
    {.why = "an anchor nobody names", "a: &x 1\n", "a", "2", "a: &x 2\n"},
    {.why = "YAML 1.1 booleans", "a: yes\n", "a", "off", "a: false\n"},
    {.why = "a word that some take for a boolean", "a: x\n", "a", "on", "a: \"on\"\n"},
    {.why = "single quotes", "a: 'x'\n", "a", "it's", "a: 'it''s'\n"},
    {.why = "double quotes", "a: \"1.2\"\n", "a", "1.3", "a: \"1.3\"\n"},
    {.why = "a string that looks like a number", "a: x\n", "a", "5", "a: \"5\"\n", .style = YAML_AS_STRING},
    {.why = "a plain value over quotes", "a: \"x\"\n", "a", "true", "a: true\n", .style = YAML_AS_PLAIN},
    {.why = "a string of several lines", "a: x\n", "a", "b\nc", "a: \"b\\nc\"\n"},
    {.why = "a string with a colon", "a: x\n", "a", "b: c", "a: \"b: c\"\n"},
    {.why = "duplicate keys", "a: 1\nb: 2\na: 3\n", "b", "1", NULL, "the key \"a\" was there before"},
    {.why = "duplicate keys below", "x:\n  a: 1\n  a: 3\nb: 1\n", "b", "2", NULL, "there before"},
    {.why = "tab indent", "a:\n\tb: 1\n", "a.b", "2", NULL, ":2:"},
    {.why = "BOM", "\xef\xbb\xbf" "a: 1\n", "a", "2", "\xef\xbb\xbf" "a: 2\n"},
    {.why = "BOM and more than ASCII", "\xef\xbb\xbf" "ä: é\nb: ö # ü\n", "b", "x", "\xef\xbb\xbf" "ä: é\nb: x # ü\n"},
    {.why = "UTF-16", "\xff\xfe" "a", "a", "2", NULL, "UTF-16"},
    {.why = "mixed line ends", "a: 1\r\nb: 2\nc: 3", "b", "5", "a: 1\r\nb: 5\nc: 3"},
    {.why = "no final newline", "a:\n  b: 1", "a.c", "2", "a:\n  b: 1\n  c: 2"},
    {.why = "a missing key, after the last sibling and its comment", "a:\n  b: 1 # one\n  # more\nc: 1\n", "a.d", "2",
     "a:\n  b: 1 # one\n  d: 2\n  # more\nc: 1\n"},
    {.why = "a missing parent", "a:\n    b: 1\n", "x.u.z", "2", "a:\n    b: 1\nx:\n    u:\n        z: 2\n"},
    {.why = "after a sibling with children", "a:\n  b:\n    - c\n    - d: 1\n      e: 2\nz: 1\n", "a.f", "g",
     "a:\n  b:\n    - c\n    - d: 1\n      e: 2\n  f: g\nz: 1\n"},
    {.why = "into {}", "a: {}\n", "a.b", "1", "a: {b: 1}\n"},
    {.why = "into { }", "a: {} # c\n", "a.b.c", "1", "a: {b: {c: 1}} # c\n"},
    {.why = "into brackets", "a: {x: 1}\n", "a.b", "2", "a: {x: 1, b: 2}\n"},
    {.why = "into brackets with a comma", "a: {x: 1, }\n", "a.b", "2", "a: {x: 1, b: 2, }\n"},
    {.why = "below null", "a: null # c\nb: 1\n", "a.x.w", "2", "a: {x: {w: 2}} # c\nb: 1\n"},
    {.why = "below ~", "a: ~\n", "a.x", "2", "a: {x: 2}\n"},
    {.why = "below nothing", "a:\nb: 1\n", "a.x", "2", "a:\n  x: 2\nb: 1\n"},
    {.why = "a parent of comments only", "a: # why\n    # x: 1\n\n    # y: 2\nb: 1\n", "a.x", "2",
     "a: # why\n    # x: 1\n\n    # y: 2\n    x: 2\nb: 1\n"},
    {.why = "an empty file", "", "a.b", "1", "a:\n  b: 1\n"},
    {.why = "a file of comments", "# hello\n", "a", "1", "# hello\na: 1\n"},
    {.why = "a file of comments without an end", "# hello", "a", "1", "# hello\na: 1"},
    {.why = "an empty document", "---\n# c\n", "a", "1", "---\n# c\na: 1\n"},
    {.why = "a key that needs quotes", "labels:\n  a: 1\n", "labels.\"app.kubernetes.io/name\"", "x",
     "labels:\n  a: 1\n  app.kubernetes.io/name: x\n"},
    {.why = "a quoted key", "\"a.b\": 1\n'c': 2\n", "\"a.b\"", "3", "\"a.b\": 3\n'c': 2\n"},
    {.why = "append to a list", "l:\n  - a # x\nm: 1\n", "l[1]", "b", "l:\n  - a # x\n  - b\nm: 1\n"},
    {.why = "append in brackets", "l: [a]\n", "l[1]", "b", "l: [a, b]\n"},
    {.why = "a list in brackets", "l: [a, b]\n", "l", "[c]", "l: [c]\n"},
    {.why = "a block list is not replaced", "l:\n  - a\n", "l", "[c]", NULL, "delete it first"},
    {.why = "an index too far", "l: [a]\n", "l[3]", "b", NULL, "fewer items"},
    {.why = "a key of a list", "l: [a]\n", "l.x", "b", NULL, "is a list"},
    {.why = "an index of a map", "l: {a: 1}\n", "l[0]", "b", NULL, "is a map"},
    {.why = "below a value", "a: 1\n", "a.b", "b", NULL, "single value"},
    {.why = "a tag", "a: !!str 1\n", "a", "2", NULL, "tag"},
    {.why = "a key in a list's item", "l:\n  - a: 1\n    b: 2\n  - c: 1\n", "l[0].d", "3", "l:\n  - a: 1\n    b: 2\n    d: 3\n  - c: 1\n"},
    {.why = "SOPS", "a: 1\nsops:\n  mac: ENC[x]\n", "a", "2", NULL, "SOPS"},
    {.why = "SOPS with a MAC of what is encrypted", "a: 1\nsops:\n  mac: ENC[x]\n  mac_only_encrypted: true\n", "a", "2",
     "a: 2\nsops:\n  mac: ENC[x]\n  mac_only_encrypted: true\n"},
    {.why = "what SOPS encrypted", "a: ENC[1]\nsops:\n  mac: x\n  mac_only_encrypted: true\n", "a", "2", NULL, "encrypted by SOPS"},
    {.why = "no YAML", "a: [1\n", "a", "2", NULL, ":"},
    {.why = "no path", "a: 1\n", "a..b", "2", NULL, "is no path"},
    {.why = "multi-line plain", "a: x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n"},
    {.why = "the same value", "a: \"x\"\n", "a", "x", "a: \"x\"\n"},
    {.why = "delete", "a: 1\nb: 2 # c\nc: 3\n", "b", NULL, "a: 1\nc: 3\n"},
    {.why = "delete the last", "a: 1\nb: 2", "b", NULL, "a: 1\n"},
    {.why = "delete a block", "a: 1\nb:\n  # in\n  c: 1\n  d:\n  - 2\n# after\ne: 1\n", "b", NULL, "a: 1\n# after\ne: 1\n"},
    {.why = "delete what would leave nothing", "a:\n  b:\n    c: 1\nd: 1\n", "a.b.c", NULL, "d: 1\n"},
    {.why = "delete everything", "# head\na:\n  b: 1\n", "a.b", NULL, "# head\n"},
    {.why = "delete what is not there", "a: 1\n", "b.c", NULL, "a: 1\n"},
    {.why = "delete in brackets, first", "a: {x: 1, y: 2}\n", "a.x", NULL, "a: {y: 2}\n"},
    {.why = "delete in brackets, last", "a: {x: 1, y: 2}\n", "a.y", NULL, "a: {x: 1}\n"},
    {.why = "delete an item", "l:\n  - a\n  - b # c\n  - d\n", "l[1]", NULL, "l:\n  - a\n  - d\n"},
    {.why = "delete beside a dash", "l:\n  - a: 1\n    b: 2\n", "l[0].a", NULL, "l:\n  - b: 2\n"},
    {.why = "delete the only key of an item", "l:\n  - a: 1\n", "l[0].a", NULL, "l:\n  - {}\n"},
    {.why = "delete an anchor", "a: &x 1\nb: *x\n", "a", NULL, NULL, "anchor"},
    {.why = "delete a kept block", "a: |+\n  x\n\nb: 1\n", "a", NULL, "b: 1\n"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct yaml_edit edit = {"f.yaml", row->document, row->path, row->style, row->value};
		struct yaml_edited done = {0};
		struct err err = {0};
		struct buf bytes;
		buf_init(&bytes, YAML_EDIT_MAX);
		assert_int_equal(buf_add_string(&bytes, row->before), 0);
		int result = row->value ? yaml_edit_set(&bytes, &edit, &done, &err) : yaml_edit_delete(&bytes, &edit, &done, &err);
		if ((result == 0) != (row->after != NULL))
			fail_msg("%s: %s", row->why, result ? err.text : buf_string(&bytes));
		if (strcmp(buf_string(&bytes), row->after ? row->after : row->before) != 0)
			fail_msg("%s: got\n%s", row->why, buf_string(&bytes));
		if (!row->after && !strstr(err.text, row->words))
			fail_msg("%s: %s", row->why, err.text);
		if (row->after && done.unchanged != (strcmp(row->before, row->after) == 0))
			fail_msg("%s: unchanged is %d", row->why, done.unchanged);
		buf_release(&bytes);
	}
}

static void test_get(void **state)
{
	static const char text[] = "a: &x\n  k: \"v\"\n  l: [1, 2]\nb: *x\nc:\n  <<: [*x, {z: 9}]\n  m: |\n    t\nn:\n";
	static const struct {
		const char *path, *value;
		size_t line;
	} cases[] = {{"a.k", "v", 2}, {"a.l", "[1, 2]", 3}, {"b.k", "v", 2}, {"c.k", "v", 2}, {"c.z", "9", 6},
	             {"c.m", "t\n", 7}, {"a.l[1]", "2", 3}, {"n", "", 9}, {"a.q", NULL, 0}, {"a.l[2]", NULL, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yaml_edit edit = {.name = "f", .path = cases[i].path};
		struct err err = {0};
		struct buf out;
		size_t line = 0;
		buf_init(&out, 1000);
		int got = yaml_edit_get(text, strlen(text), &edit, &out, &line, &err);
		if (got != (cases[i].value != NULL) || strcmp(buf_string(&out), cases[i].value ? cases[i].value : "") != 0)
			fail_msg("%s: %d %s %s", cases[i].path, got, buf_string(&out), err.text);
		assert_int_equal(line, cases[i].line);
		buf_release(&out);
	}
}

static void test_bot_owns_the_line(void **state)
{
	struct yaml_edit edit = {.name = "f", .path = "tag", .value = "2"};
	struct yaml_edited done;
	struct buf bytes;
	(void)state;
	buf_init(&bytes, 1000);
	assert_int_equal(buf_add_string(&bytes, "tag: 1 # {\"$imagepolicy\": \"a:b:tag\"}\n"), 0);
	assert_int_equal(yaml_edit_set(&bytes, &edit, &done, NULL), 0);
	assert_string_equal(buf_string(&bytes), "tag: 2 # {\"$imagepolicy\": \"a:b:tag\"}\n");
	assert_non_null(strstr(done.warning, "a bot owns this line"));
	buf_release(&bytes);
}

static void test_file_keeps_mode_and_links(void **state)
{
	char folder[] = "/tmp/flagdeck-yaml-XXXXXX", path[64], link[64];
	struct yaml_edit edit = {.path = "a", .value = "2"};
	struct yaml_edited done;
	struct err err = {0};
	struct stat status;
	struct buf bytes;
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f.yaml", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	FILE *file = fopen(path, "w");
	fputs("a: 1\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(symlink("f.yaml", link), 0);
	assert_int_equal(yaml_edit_file(link, 1, &edit, &done, &err), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	buf_init(&bytes, 100);
	assert_int_equal(buf_read_file(&bytes, path, &err), 0);
	assert_string_equal(buf_string(&bytes), "a: 2\n");
	buf_release(&bytes);
	edit.path = "a.b";
	assert_int_equal(yaml_edit_file(path, 1, &edit, &done, &err), -1);
	unlink(path);
	unlink(link);
	assert_int_equal(rmdir(folder), 0); /* nothing is left beside it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_bot_owns_the_line),
	    cmocka_unit_test(test_file_keeps_mode_and_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

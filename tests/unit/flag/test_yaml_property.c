/* SPDX-License-Identifier: MIT */
/*
 * Random documents and random edits, judged by the other YAML reader of this program: what an edit
 * gives differs at its path alone, and all bytes beside the splice are those that were there. What is
 * refused leaves the buffer as it was. ROUNDS and SEED make it longer and repeatable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "flag/yaml_edit.h"

struct maker {
	uint64_t seed;
	struct buf text;
	struct vec paths; /* char * */
	const char *line;
	int anchors;
};

static unsigned pick(struct maker *maker, unsigned below)
{
	maker->seed ^= maker->seed << 13;
	maker->seed ^= maker->seed >> 7;
	maker->seed ^= maker->seed << 17;
	return (unsigned)(maker->seed >> 33) % below;
}

static void add(struct maker *maker, const char *text)
{
	assert_int_equal(buf_add_string(&maker->text, text), 0);
}

static void pad(struct maker *maker, int columns)
{
	assert_true(buf_printf(&maker->text, "%*s", columns, "") == 0);
}

static const char *one_of(struct maker *maker, const char *const *words, size_t count)
{
	return words[pick(maker, (unsigned)count)];
}
#define ONE_OF(maker, words) one_of(maker, words, sizeof(words) / sizeof((words)[0]))

static const char *const comments[] = {"# x", "#", "# a: b", "# 'quote", "# {\"$imagepolicy\": \"n:p\"}", "# ü ✔"};
static const char *const values[] = {"1", "true", "yes", "'single'", "\"dou\\\"ble\"", "text with blanks", "~", "null",
                                     "250m", "2026-11-24", "ü ✔", "[a, b]", "{x: 1, y: [2]}", "{ }", "[]", "a:b", "x#y",
                                     "'#'", "\"a # b\"", "http://x/y", "!!str 5", "-1", "*x", "&z q", "", ""};
static const char *const asked[] = {"2", "false", "on", "new", "a: b", "# no", "it's", "\"q\"", "[p, q]", "{k: v}", "", "~",
                                    "two\nlines", "ö", "- x", "@x", "*y", "&y 1", "a # b", "a,b", "}", "%x", "'", "0x1f", "\t"};

/* The end of a line, often with a comment, with blank and comment lines after it. */
static void end_line(struct maker *maker, int column)
{
	if (pick(maker, 4) == 0) {
		add(maker, "  ");
		add(maker, ONE_OF(maker, comments));
	}
	add(maker, maker->line);
	while (pick(maker, 8) == 0) {
		if (pick(maker, 2)) {
			pad(maker, pick(maker, 2) ? column : (int)pick(maker, 8));
			add(maker, ONE_OF(maker, comments));
		}
		add(maker, maker->line);
	}
}

static void make_block(struct maker *maker, int depth, int column, const char *path);

static void make_text_block(struct maker *maker, int column)
{
	static const char *const marks[] = {"|", ">", "|-", "|+", ">+", "| # c"};
	unsigned lines = 1 + pick(maker, 3);
	add(maker, ONE_OF(maker, marks));
	add(maker, maker->line);
	for (unsigned i = 0; i < lines; i++) {
		pad(maker, column + 2);
		add(maker, i % 2 ? "more # no comment" : "text: 'x'");
		add(maker, maker->line);
		if (pick(maker, 4) == 0)
			add(maker, maker->line);
	}
}

/* What follows "key:" or "-" at `column`. */
static void make_value(struct maker *maker, int depth, int column, const char *path)
{
	unsigned choice = pick(maker, depth < 4 ? 10 : 6);
	if (choice == 0) {
		add(maker, " ");
		make_text_block(maker, column);
	} else if (choice < 6) {
		const char *value = ONE_OF(maker, values);
		if ((value[0] == '*' || value[0] == '&') && !maker->anchors)
			value = "v";
		add(maker, *value ? " " : "");
		add(maker, value);
		end_line(maker, column + 2);
	} else {
		end_line(maker, column + 2);
		make_block(maker, depth + 1, column + 1 + (int)pick(maker, 4), path);
	}
}

static void make_block(struct maker *maker, int depth, int column, const char *path)
{
	static const char *const names[] = {"a", "b", "\"c.d\"", "'e'", "f-g", "ä"};
	static const char *const in_path[] = {"a", "b", "\"c.d\"", "e", "f-g", "ä"};
	unsigned count = 1 + pick(maker, 4), first = pick(maker, 6);
	int is_list = depth > 0 && pick(maker, 4) == 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned name = (first + i) % 6;
		char *below = is_list ? mem_printf("%s[%u]", path, i) : mem_printf("%s%s%s", path, *path ? "." : "", in_path[name]);
		vec_push(&maker->paths, below);
		pad(maker, column);
		add(maker, is_list ? "-" : names[name]);
		if (!is_list)
			add(maker, ":");
		make_value(maker, depth, column, below);
	}
}

static void make(struct maker *maker, uint64_t seed)
{
	maker->seed = seed * 0x9e3779b97f4a7c15ull + 1;
	buf_init(&maker->text, 1 << 20);
	vec_init(&maker->paths);
	for (int i = 0; i < 4; i++)
		pick(maker, 2);
	maker->line = pick(maker, 3) ? "\n" : "\r\n";
	maker->anchors = pick(maker, 3) == 0;
	if (pick(maker, 10) == 0)
		add(maker, "\xef\xbb\xbf");
	if (pick(maker, 4) == 0) {
		add(maker, "---");
		end_line(maker, 0);
	}
	if (maker->anchors) {
		add(maker, "base: &x {k: 1}");
		end_line(maker, 0);
	}
	make_block(maker, 0, 0, "");
	if (pick(maker, 4) == 0 && maker->text.len > 2 && maker->text.data[maker->text.len - 1] == '\n')
		maker->text.len -= maker->text.data[maker->text.len - 2] == '\r' ? 2 : 1;
	maker->text.data[maker->text.len] = '\0';
}

static void make_release(struct maker *maker)
{
	for (size_t i = 0; i < maker->paths.len; i++)
		free(maker->paths.items[i]);
	vec_release(&maker->paths);
	buf_release(&maker->text);
}

/* Every leaf as "path = value", in order. */
static void flatten(const struct yaml_node *node, const char *path, struct vec *out)
{
	if (!node || node->kind == YAML_SCALAR || !node->count) {
		const char *kind = !node ? "none" : node->kind == YAML_MAP ? "{}" : node->kind == YAML_LIST ? "[]" : node->plain ? "plain" : "text";
		vec_push(out, mem_printf("%s = %s %s", path, kind, node ? node->value : ""));
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		char *below = node->kind == YAML_LIST        ? mem_printf("%s[%zu]", path, i)
		              : strchr(node->keys[i]->value, '.') ? mem_printf("%s%s\"%s\"", path, *path ? "." : "", node->keys[i]->value)
		                                             : mem_printf("%s%s%s", path, *path ? "." : "", node->keys[i]->value);
		flatten(node->items[i], below, out);
		free(below);
	}
}

/* Whether a leaf stands on the way to the path, at it, or below it. */
static int concerns(const char *leaf, const char *path, int lists)
{
	size_t len = (size_t)(strstr(leaf, " = ") - leaf), want = strlen(path), least = len < want ? len : want;
	if (lists && strrchr(path, '[')) { /* deleting an item moves those after it */
		size_t list = (size_t)(strrchr(path, '[') - path);
		return strncmp(leaf, path, list < len ? list : len) == 0;
	}
	return strncmp(leaf, path, least) == 0;
}

static void leaves_release(struct vec *leaves)
{
	for (size_t i = 0; i < leaves->len; i++)
		free(leaves->items[i]);
	vec_release(leaves);
}

static void same_beside(const struct yaml *before, const struct yaml *after, const char *path, int lists, uint64_t seed)
{
	struct vec a, b;
	size_t i = 0, j = 0;
	vec_init(&a);
	vec_init(&b);
	flatten(before->root, "", &a);
	flatten(after->root, "", &b);
	for (;;) {
		while (i < a.len && concerns(a.items[i], path, lists))
			i++;
		while (j < b.len && concerns(b.items[j], path, lists))
			j++;
		if (i == a.len || j == b.len)
			break;
		if (strcmp(a.items[i], b.items[j]) != 0)
			fail_msg("seed %llu, %s: \"%s\" became \"%s\"", (unsigned long long)seed, path, (char *)a.items[i],
			         (char *)b.items[j]);
		i++, j++;
	}
	if (i != a.len || j != b.len)
		fail_msg("seed %llu, %s: something came or went: %s", (unsigned long long)seed, path,
		         (char *)(i < a.len ? a.items[i] : b.items[j]));
	leaves_release(&a);
	leaves_release(&b);
}

static void judge(const struct buf *before, const struct buf *after, const struct yaml_edit *edit,
                  const struct yaml_edited *done, uint64_t seed)
{
	struct yaml was, is;
	struct err err = {0};
	size_t tail = before->len - done->offset - done->removed;
	if (done->unchanged) {
		assert_string_equal(before->data, after->data);
		return;
	}
	assert_int_equal(after->len, before->len - done->removed + done->added);
	assert_memory_equal(before->data, after->data, done->offset);
	assert_memory_equal(before->data + before->len - tail, after->data + after->len - tail, tail);
	/* The other reader knows less than libyaml: not every document is one to it. */
	if (yaml_parse(&was, "before", before->data, before->len, &err) < 0)
		return;
	if (yaml_parse(&is, "after", buf_string(after), after->len, &err) < 0)
		fail_msg("seed %llu, %s: %s\n%s", (unsigned long long)seed, edit->path, err.text, after->data);
	same_beside(&was, &is, edit->path, edit->value == NULL, seed);
	yaml_release(&was);
	yaml_release(&is);
}

static int round_run(uint64_t seed)
{
	struct maker maker;
	struct yaml_edited done = {0};
	struct err err = {0};
	struct buf bytes;
	char path[600];
	make(&maker, seed);
	buf_init(&bytes, 1 << 20);
	assert_int_equal(buf_add(&bytes, maker.text.data, maker.text.len), 0);
	snprintf(path, sizeof(path), "%s%s", (char *)maker.paths.items[pick(&maker, (unsigned)maker.paths.len)],
	         pick(&maker, 3) ? "" : pick(&maker, 2) ? ".new" : ".new.\"k.l\"");
	struct yaml_edit edit = {"f.yaml", 0, path, (enum yaml_style)pick(&maker, 3), ONE_OF(&maker, asked)};
	int set = pick(&maker, 4) != 0;
	if (!set)
		edit.value = NULL;
	int result = set ? yaml_edit_set(&bytes, &edit, &done, &err) : yaml_edit_delete(&bytes, &edit, &done, &err);
	if (result == 0) {
		judge(&maker.text, &bytes, &edit, &done, seed);
	} else {
		if (getenv("WHY"))
			print_message("%s\n", err.text);
		assert_true(err.text[0]);
		assert_int_equal(bytes.len, maker.text.len);
		assert_memory_equal(bytes.data, maker.text.data, bytes.len);
	}
	buf_release(&bytes);
	make_release(&maker);
	return result == 0;
}

static void test_random_edits(void **state)
{
	const char *rounds = getenv("ROUNDS"), *first = getenv("SEED");
	unsigned long count = rounds ? strtoul(rounds, NULL, 10) : 3000, done = 0;
	uint64_t seed = first ? strtoull(first, NULL, 10) : 1;
	(void)state;
	for (unsigned long i = 0; i < count; i++)
		done += (unsigned long)round_run(seed + i);
	print_message("%lu edits, %lu done, the others refused\n", count, done);
	assert_true(done * 10 > count * 4); /* the others ask for what cannot be */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_edits)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

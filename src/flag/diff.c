/* SPDX-License-Identifier: MIT */
/*
 * A unified diff of two small texts. What is equal at both ends is set aside; the middle is compared
 * by the longest common subsequence, where it is small enough, and is one replacement otherwise.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flag/plan.h"

enum { AROUND = 3, TABLE_MAX = 4 << 20 };

struct line {
	const char *bytes;
	size_t len; /* with its line feed */
};

struct lines {
	struct line *items;
	size_t count;
};

struct script {
	char *kinds; /* ' ', '-', '+' */
	struct line *lines;
	size_t count;
};

static struct lines split(const char *bytes, size_t len)
{
	struct lines lines = {0};
	size_t cap = 0;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(bytes + at, '\n', len - at);
		size_t size = end ? (size_t)(end - bytes) + 1 - at : len - at;
		if (lines.count == cap) {
			cap = cap ? 2 * cap : 64;
			lines.items = mem_resize(lines.items, cap, sizeof(*lines.items));
		}
		lines.items[lines.count++] = (struct line){bytes + at, size};
		at += size;
	}
	return lines;
}

static int same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static void script_add(struct script *script, char kind, struct line line)
{
	script->kinds[script->count] = kind;
	script->lines[script->count++] = line;
}

static void compare(struct script *script, const struct line *a, size_t n, const struct line *b, size_t m)
{
	if ((n + 1) * (m + 1) > TABLE_MAX) {
		for (size_t i = 0; i < n; i++)
			script_add(script, '-', a[i]);
		for (size_t i = 0; i < m; i++)
			script_add(script, '+', b[i]);
		return;
	}
	uint32_t *table = mem_new_array((n + 1) * (m + 1), sizeof(*table));
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t down = table[(i + 1) * (m + 1) + j], right = table[i * (m + 1) + j + 1];
			table[i * (m + 1) + j] = same(&a[i], &b[j]) ? table[(i + 1) * (m + 1) + j + 1] + 1 : down > right ? down : right;
		}
	size_t i = 0, j = 0;
	while (i < n || j < m) {
		if (i < n && j < m && same(&a[i], &b[j])) {
			script_add(script, ' ', a[i]);
			i++, j++;
		} else if (j == m || (i < n && table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) {
			script_add(script, '-', a[i++]);
		} else {
			script_add(script, '+', b[j++]);
		}
	}
	free(table);
}

static int hunk_write(struct buf *out, const struct script *script, size_t from, size_t to, size_t before, size_t after)
{
	size_t old_lines = 0, new_lines = 0;
	for (size_t i = from; i < to; i++) {
		old_lines += script->kinds[i] != '+';
		new_lines += script->kinds[i] != '-';
	}
	if (buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", old_lines ? before + 1 : before, old_lines, new_lines ? after + 1 : after, new_lines) < 0)
		return -1;
	for (size_t i = from; i < to; i++) {
		const struct line *line = &script->lines[i];
		int ends = line->len && line->bytes[line->len - 1] == '\n';
		if (buf_add(out, &script->kinds[i], 1) < 0 || buf_add(out, line->bytes, line->len) < 0 ||
		    (!ends && buf_add_string(out, "\n\\ No newline at end of file\n") < 0))
			return -1;
	}
	return 0;
}

static int hunks_write(struct buf *out, const struct script *script)
{
	size_t at = 0, before = 0, after = 0; /* lines of both texts before `at` */
	while (at < script->count) {
		size_t first = at, last, end;
		while (first < script->count && script->kinds[first] == ' ')
			first++;
		if (first == script->count)
			break;
		size_t from = first - at > AROUND ? first - AROUND : at;
		for (; at < from; at++)
			before++, after++;
		last = first;
		for (size_t i = first; i < script->count && i - last <= 2 * AROUND; i++)
			if (script->kinds[i] != ' ')
				last = i;
		end = last + 1 + AROUND < script->count ? last + 1 + AROUND : script->count;
		if (hunk_write(out, script, from, end, before, after) < 0)
			return -1;
		for (; at < end; at++) {
			before += script->kinds[at] != '+';
			after += script->kinds[at] != '-';
		}
	}
	return 0;
}

int flag_diff(struct buf *out, const char *path, const char *before, size_t before_len, const char *after, size_t after_len)
{
	struct lines a = split(before ? before : "", before ? before_len : 0), b = split(after ? after : "", after ? after_len : 0);
	struct script script = {mem_new_array(a.count + b.count + 1, 1), mem_new_array(a.count + b.count + 1, sizeof(struct line)), 0};
	size_t head = 0, tail = 0;
	int result = 0, differ = 0;
	while (head < a.count && head < b.count && same(&a.items[head], &b.items[head]))
		head++;
	while (tail < a.count - head && tail < b.count - head && same(&a.items[a.count - 1 - tail], &b.items[b.count - 1 - tail]))
		tail++;
	for (size_t i = 0; i < head; i++)
		script_add(&script, ' ', a.items[i]);
	compare(&script, a.items + head, a.count - head - tail, b.items + head, b.count - head - tail);
	for (size_t i = a.count - tail; i < a.count; i++)
		script_add(&script, ' ', a.items[i]);
	for (size_t i = 0; i < script.count; i++)
		differ |= script.kinds[i] != ' ';
	if (differ)
		result = buf_printf(out, "--- %s%s\n+++ %s%s\n", before ? "a/" : "", before ? path : "/dev/null", after ? "b/" : "", after ? path : "/dev/null") < 0
		             ? -1 : hunks_write(out, &script);
	free(a.items);
	free(b.items);
	free(script.kinds);
	free(script.lines);
	return result;
}

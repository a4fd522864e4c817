/* SPDX-License-Identifier: MIT */
/*
 * The longest common subsequence by its table, of what is left between a common beginning and a common
 * end: revisions differ in a few lines, so the table is small.
 */
#include "base/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { TABLE_MAX = 16 << 20 };

struct diff {
	const char *const *before, *const *now;
	size_t from, before_end, now_end; /* what differs: [from, end) */
	struct diff_line *out;
	size_t count;
};

static void put(struct diff *diff, char mark, size_t line)
{
	diff->out[diff->count++] = (struct diff_line){mark, line};
}

/* table[i][j]: how many lines the rests from i and j have in common. */
static void walk(struct diff *diff)
{
	size_t rows = diff->before_end - diff->from, cols = diff->now_end - diff->from, i = 0, j = 0;
	const char *const *a = diff->before + diff->from, *const *b = diff->now + diff->from;
	uint32_t *table = mem_new_array((rows + 1) * (cols + 1), sizeof(*table));

	for (size_t r = rows; r-- > 0;)
		for (size_t c = cols; c-- > 0;) {
			uint32_t down = table[(r + 1) * (cols + 1) + c], right = table[r * (cols + 1) + c + 1];
			table[r * (cols + 1) + c] = strcmp(a[r], b[c]) == 0 ? table[(r + 1) * (cols + 1) + c + 1] + 1
			                            : down > right ? down : right;
		}
	while (i < rows && j < cols) {
		if (strcmp(a[i], b[j]) == 0) {
			put(diff, ' ', diff->from + i++);
			j++;
		} else if (table[(i + 1) * (cols + 1) + j] >= table[i * (cols + 1) + j + 1]) {
			put(diff, '-', diff->from + i++);
		} else {
			put(diff, '+', diff->from + j++);
		}
	}
	while (i < rows)
		put(diff, '-', diff->from + i++);
	while (j < cols)
		put(diff, '+', diff->from + j++);
	free(table);
}

size_t diff_lines(const char *const *before, size_t before_count, const char *const *now, size_t now_count,
                  struct diff_line **out)
{
	struct diff diff = {.before = before, .now = now, .before_end = before_count, .now_end = now_count};

	diff.out = mem_new_array(before_count + now_count + 1, sizeof(*diff.out));
	while (diff.from < before_count && diff.from < now_count && strcmp(before[diff.from], now[diff.from]) == 0)
		put(&diff, ' ', diff.from++);
	while (diff.before_end > diff.from && diff.now_end > diff.from &&
	       strcmp(before[diff.before_end - 1], now[diff.now_end - 1]) == 0) {
		diff.before_end--;
		diff.now_end--;
	}
	if ((diff.before_end - diff.from + 1) * (diff.now_end - diff.from + 1) <= TABLE_MAX) {
		walk(&diff);
	} else {
		for (size_t i = diff.from; i < diff.before_end; i++)
			put(&diff, '-', i);
		for (size_t i = diff.from; i < diff.now_end; i++)
			put(&diff, '+', i);
	}
	for (size_t i = diff.before_end; i < before_count; i++)
		put(&diff, ' ', i);
	*out = diff.out;
	return diff.count;
}

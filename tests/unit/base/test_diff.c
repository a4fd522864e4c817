/* SPDX-License-Identifier: MIT */
/* Line differences: what they are, and that both texts come out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diff.h"

static void marks(const char *const *a, size_t n, const char *const *b, size_t m, char *out)
{
	struct diff_line *lines;
	size_t count = diff_lines(a, n, b, m, &lines);

	for (size_t i = 0; i < count; i++)
		out[i] = lines[i].mark;
	out[count] = '\0';
	free(lines);
}

static void small_ones(void **state)
{
	const char *const a[] = {"image: 1", "ports:", "- 80", "env:"}, *const b[] = {"image: 2", "ports:", "- 80", "- 81", "env:"};
	char out[64];

	(void)state;
	marks(a, 4, b, 5, out);
	assert_string_equal(out, "-+  + ");
	marks(a, 4, a, 4, out);
	assert_string_equal(out, "    ");
	marks(a, 0, b, 2, out);
	assert_string_equal(out, "++");
	marks(a, 2, b, 0, out);
	assert_string_equal(out, "--");
	marks(a, 0, b, 0, out);
	assert_string_equal(out, "");
}

static void both_texts_come_out(void **state)
{
	static const char *const words[] = {"a", "b", "c", "d"};
	uint64_t dice = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const char *a[12], *b[12];
		size_t n = 0, m = 0, i = 0, j = 0, count;
		struct diff_line *lines;
		dice = dice * 6364136223846793005u + 1442695040888963407u;
		for (n = 0; n < (dice >> 33) % 12; n++)
			a[n] = words[(dice >> (2 * n)) & 3];
		dice = dice * 6364136223846793005u + 1442695040888963407u;
		for (m = 0; m < (dice >> 33) % 12; m++)
			b[m] = words[(dice >> (2 * m)) & 3];
		count = diff_lines(a, n, b, m, &lines);
		for (size_t k = 0; k < count; k++) {
			if (lines[k].mark != '+')
				assert_int_equal(lines[k].line, i++);
			if (lines[k].mark == '+')
				assert_int_equal(lines[k].line, j);
			if (lines[k].mark == ' ')
				assert_string_equal(a[lines[k].line], b[j]);
			j += lines[k].mark != '-';
		}
		assert_int_equal(i, n);
		assert_int_equal(j, m);
		free(lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(small_ones), cmocka_unit_test(both_texts_come_out)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

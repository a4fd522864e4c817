/* SPDX-License-Identifier: MIT */
/* The pager: scrolling with and without wrapping, following, searching, lines that give way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/pager.h"

struct lines {
	size_t calls;
	const char *const *texts; /* NULL: "line N" */
	char room[64];
};

static const char *line(void *arg, size_t index, uint16_t *style)
{
	struct lines *lines = arg;

	(void)style;
	lines->calls++;
	if (lines->texts)
		return lines->texts[index];
	snprintf(lines->room, sizeof(lines->room), "line %zu", index);
	return lines->room;
}

static const struct rect page = {0, 0, 10, 20};

static void test_scroll(void **state)
{
	struct lines lines = {0};
	struct pager_source source = {.count = 100, .line = line, .arg = &lines};
	struct pager pager;
	char where[32];

	(void)state;
	pager_init(&pager);
	pager_scroll(&pager, &source, page, -5);
	assert_int_equal(pager.top, 0);
	pager_scroll(&pager, &source, page, 7);
	assert_int_equal(pager.top, 7);
	pager_position(&pager, &source, page, where, sizeof(where));
	assert_string_equal(where, "8 of 100");
	pager_scroll(&pager, &source, page, 1000);
	assert_int_equal(pager.top, 90);
	pager_position(&pager, &source, page, where, sizeof(where));
	assert_string_equal(where, "end of 100");
	pager_home(&pager);
	assert_int_equal(pager.top, 0);
	source.count = 4;
	pager_scroll(&pager, &source, page, 3);
	assert_int_equal(pager.top, 0);
	pager_position(&pager, &source, page, where, sizeof(where));
	assert_string_equal(where, "all of 4");
	source.count = 0;
	pager_scroll(&pager, &source, page, 3);
	pager_position(&pager, &source, page, where, sizeof(where));
	assert_string_equal(where, "empty");
	pager_scroll_side(&pager, 8);
	pager_scroll_side(&pager, -20);
	assert_int_equal(pager.left, 0);
}

static void test_follow(void **state)
{
	struct lines lines = {0};
	struct pager_source source = {.count = 100, .line = line, .arg = &lines};
	struct pager pager;
	struct grid grid;

	(void)state;
	grid_init(&grid, 10, 20);
	pager_init(&pager);
	pager_end(&pager, &source, page, 1);
	source.count = 150;
	pager_draw(&pager, &grid, page, &source);
	assert_int_equal(pager.top, 140);
	pager_scroll(&pager, &source, page, -1);
	assert_int_equal(pager.follow, 0);
	source.count = 200;
	pager_draw(&pager, &grid, page, &source);
	assert_int_equal(pager.top, 139);
	pager_shift(&pager, 39);
	assert_int_equal(pager.top, 100);
	pager_shift(&pager, 1000);
	assert_int_equal(pager.top, 0);
	grid_release(&grid);
}

static void test_cost_does_not_grow(void **state)
{
	struct lines lines = {0};
	struct pager_source source = {.count = 1000000, .line = line, .arg = &lines};
	struct pager pager;
	struct grid grid;

	(void)state;
	grid_init(&grid, 10, 20);
	pager_init(&pager);
	pager.wrap = 1;
	pager_end(&pager, &source, page, 1);
	pager_draw(&pager, &grid, page, &source);
	pager_scroll(&pager, &source, page, -10);
	pager_draw(&pager, &grid, page, &source);
	assert_in_range(lines.calls, 1, 200);
	grid_release(&grid);
}

static const char *const wrapped[] = {
    "0123456789012345678901234567890123456789", /* two rows of twenty */
    "",
    "日本語日本語日本語日本語",
    "end",
};

static void test_wrap(void **state)
{
	struct lines lines = {.texts = wrapped};
	struct pager_source source = {.count = 4, .line = line, .arg = &lines};
	struct rect small = {0, 0, 3, 20};
	struct pager pager;
	static const struct {
		size_t top;
		int part;
	} steps[] = {{0, 1}, {1, 0}, {2, 0}, {2, 0}};

	(void)state;
	pager_init(&pager);
	pager.wrap = 1;
	for (size_t i = 0; i < 4; i++) {
		pager_scroll(&pager, &source, small, 1);
		assert_int_equal(pager.top, steps[i].top);
		assert_int_equal(pager.part, steps[i].part);
	}
	pager_scroll(&pager, &source, small, -2);
	assert_int_equal(pager.top, 0);
	assert_int_equal(pager.part, 1);
	/* The last page may begin within a line. */
	small.rows = 2;
	pager_end(&pager, &source, small, 0);
	assert_int_equal(pager.top, 2);
	assert_int_equal(pager.part, 1);
	small.rows = 3;
	/* A cell too narrow for a wide character still ends. */
	small.cols = 1;
	pager_scroll(&pager, &source, small, 100);
	pager_scroll(&pager, &source, small, -100);
	assert_int_equal(pager.top, 0);
}

static void test_wrapped_drawing(void **state)
{
	struct lines lines = {.texts = wrapped};
	struct pager_source source = {.count = 4, .line = line, .arg = &lines};
	struct pager pager;
	struct grid grid;
	struct buf buf;

	(void)state;
	grid_init(&grid, 4, 20);
	buf_init(&buf, 4096);
	pager_init(&pager);
	pager.wrap = 1;
	pager_scroll(&pager, &source, grid_rect(&grid), 1);
	pager_draw(&pager, &grid, grid_rect(&grid), &source);
	assert_int_equal(grid_dump(&grid, &buf, 0), 0);
	assert_string_equal(buf_string(&buf), "01234567890123456789\n\n日本語日本語日本語日\n本語\n");
	buf_release(&buf);
	grid_release(&grid);
}

static const char *const texts[] = {
    "one two", "TWO three", "four", "a very long line with far away to the right the number five", "two",
};

static void test_search(void **state)
{
	struct lines lines = {.texts = texts};
	struct pager_source source = {.count = 5, .line = line, .arg = &lines};
	struct rect small = {0, 0, 2, 20};
	struct pager pager;

	(void)state;
	pager_init(&pager);
	assert_int_equal(pager_search(&pager, &source, small, "two"), 0);
	assert_int_equal(pager.match, 0);
	assert_int_equal(pager_search_step(&pager, &source, small, 1), 0);
	assert_int_equal(pager.match, 1); /* small letters match either case */
	assert_int_equal(pager_search_step(&pager, &source, small, 1), 0);
	assert_int_equal(pager.match, 4);
	assert_int_equal(pager.top, 3);
	assert_int_equal(pager_search_step(&pager, &source, small, 1), 0);
	assert_int_equal(pager.match, 0);
	assert_int_equal(pager_search_step(&pager, &source, small, -1), 0);
	assert_int_equal(pager.match, 4);
	assert_int_equal(pager_search(&pager, &source, small, "TWO"), 0);
	assert_int_equal(pager.match, 1);
	assert_int_equal(pager_search(&pager, &source, small, "five"), 0);
	assert_true(pager.left > 0);
	pager_shift(&pager, 2);
	assert_int_equal(pager.match, 1);
	pager_shift(&pager, 2);
	assert_int_equal(pager.match, -1);
	assert_int_equal(pager_search(&pager, &source, small, "six"), -1);
	assert_int_equal(pager_search_step(&pager, &source, small, 1), -1);
	assert_int_equal(pager_search(&pager, &source, small, ""), 0);
	assert_int_equal(pager_search_step(&pager, &source, small, 1), -1);
	source.count = 0;
	assert_int_equal(pager_search(&pager, &source, small, "x"), -1);
}

static void test_matches_are_laid_over(void **state)
{
	struct lines lines = {.texts = texts};
	struct pager_source source = {.count = 5, .line = line, .arg = &lines};
	struct pager pager;
	struct grid grid;

	(void)state;
	grid_init(&grid, 5, 20);
	pager_init(&pager);
	assert_int_equal(pager_search(&pager, &source, grid_rect(&grid), "o"), 0);
	pager_draw(&pager, &grid, grid_rect(&grid), &source);
	assert_int_equal(style_above(grid_cell(&grid, 0, 0)->style), STYLE_MATCH_CURRENT);
	assert_int_equal(style_above(grid_cell(&grid, 0, 1)->style), STYLE_TEXT);
	assert_int_equal(style_above(grid_cell(&grid, 0, 6)->style), STYLE_MATCH_CURRENT);
	assert_int_equal(style_above(grid_cell(&grid, 1, 2)->style), STYLE_MATCH);
	assert_int_equal(style_above(grid_cell(&grid, 2, 1)->style), STYLE_MATCH);
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scroll),
	    cmocka_unit_test(test_follow),
	    cmocka_unit_test(test_cost_does_not_grow),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_wrapped_drawing),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_matches_are_laid_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

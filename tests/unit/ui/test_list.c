/* SPDX-License-Identifier: MIT */
/* The list: selection and scroll, widths, and that only rows in sight are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/list.h"

static const struct rect page = {0, 0, 11, 80}; /* ten rows */

static void test_moves(void **state)
{
	static const struct {
		size_t rows, selected, top;
		long delta;
		size_t to, to_top;
	} cases[] = {
	    {100, 0, 0, 1, 1, 0},      {100, 0, 0, -1, 0, 0},      {100, 9, 0, 1, 10, 1},
	    {100, 50, 45, -6, 44, 44}, {100, 50, 45, 10, 60, 51},  {100, 99, 90, 1, 99, 90},
	    {100, 0, 0, 1000, 99, 90}, {100, 99, 90, -1000, 0, 0}, {5, 0, 0, 3, 3, 0},
	    {5, 4, 0, 1, 4, 0},        {0, 0, 0, 1, 0, 0},         {1, 0, 0, -1, 0, 0},
	    {20, 15, 14, 0, 15, 10}, /* fewer rows than there were: no blank ones at the end */
	    {20, 80, 75, 0, 19, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list list;
		size_t first, count;
		list_init(&list);
		list.selected = cases[i].selected;
		list.top = cases[i].top;
		list_move(&list, cases[i].rows, page, cases[i].delta);
		assert_int_equal(list.selected, cases[i].to);
		assert_int_equal(list.top, cases[i].to_top);
		list_visible(&list, cases[i].rows, page, &first, &count);
		assert_int_equal(first, list.top);
		assert_int_equal(count, cases[i].rows < 10 ? cases[i].rows : 10);
	}
}

struct asked {
	size_t least, most, calls;
};

static void count_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	struct asked *asked = arg;

	(void)column;
	*style = STYLE_OK;
	asked->least = row < asked->least ? row : asked->least;
	asked->most = row > asked->most ? row : asked->most;
	asked->calls++;
	text_printf(text, "row %zu", row);
}

static void test_asks_for_rows_in_sight(void **state)
{
	static const struct list_column column = {"NAME", 8, 1, 0, 0};
	struct asked asked = {.least = SIZE_MAX};
	struct list_source source = {
	    .rows = 1000000, .columns = 1, .column = &column, .cell = count_cell, .arg = &asked};
	struct list list;
	struct grid grid;

	(void)state;
	grid_init(&grid, 11, 80);
	list_init(&list);
	list_move_to(&list, source.rows, page, 500000);
	list_draw(&list, &grid, page, &source, 1);
	assert_int_equal(asked.calls, 10);
	assert_int_equal(asked.least, 499991);
	assert_int_equal(asked.most, 500000);
	grid_release(&grid);
}

static void test_widths(void **state)
{
	static const struct list_column columns[] = {
	    {"NAME", 10, 3, 0, 0}, {"CLUSTER", 7, 1, 0, 1}, {"READY", 5, 0, 1, 2},
	    {"RPS", 5, 0, 1, 2},   {"REASON", 3, 0, 0, 3},
	};
	/* 10 + 7 + 5 + 5 + 6 (its title) and four blanks between them are 37, and the gutter. */
	static const struct {
		int cols, widths[5];
	} cases[] = {
	    {40, {10, 7, 5, 5, 6}}, {48, {16, 9, 5, 5, 6}}, {39, {14, 9, 5, 5, 0}},
	    {29, {11, 8, 5, 0, 0}}, {23, {11, 8, 0, 0, 0}}, {15, {12, 0, 0, 0, 0}},
	    {6, {3, 0, 0, 0, 0}},   {3, {0, 0, 0, 0, 0}},   {0, {0, 0, 0, 0, 0}},
	};
	struct list_source source = {.columns = 5, .column = columns};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int widths[5];
		list_widths(&source, cases[i].cols, widths);
		for (int j = 0; j < 5; j++)
			if (widths[j] != cases[i].widths[j])
				fail_msg("%d cells: column %d has %d, not %d", cases[i].cols, j, widths[j],
				         cases[i].widths[j]);
	}
}

static void test_empty(void **state)
{
	static const struct list_column column = {"NAME", 8, 1, 0, 0};
	struct list_source source = {
	    .columns = 1, .column = &column, .cell = count_cell, .empty = "Nothing."};
	struct list list;
	struct grid grid;

	(void)state;
	grid_init(&grid, 3, 20);
	list_init(&list);
	list_draw(&list, &grid, grid_rect(&grid), &source, 1);
	assert_int_equal(grid_cell(&grid, 1, LIST_GUTTER)->code, 'N');
	list_draw(&list, &grid, rect_make(0, 0, 0, 0), &source, 1);
	list_draw(&list, &grid, rect_make(0, 0, 1, 2), &source, 1);
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_moves),
	    cmocka_unit_test(test_asks_for_rows_in_sight),
	    cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

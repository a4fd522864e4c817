/* SPDX-License-Identifier: MIT */
/* Layout, numbers, sparklines, progress, fuzzy choice, wrapping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "ui/layout.h"
#include "ui/palette.h"
#include "ui/spark.h"
#include "ui/wrap.h"

static int inside(struct rect rect, const struct layout_wish *wish)
{
	return rect_is_empty(rect) || (rect.row >= 0 && rect.col >= 0 && rect.row + rect.rows <= wish->rows &&
	                               rect.col + rect.cols <= wish->cols);
}

static int apart(struct rect a, struct rect b)
{
	return rect_is_empty(rect_clip(a, b)) || rect_is_empty(a) || rect_is_empty(b);
}

static void test_layout_never_overlaps(void **state)
{
	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct layout_wish wish = {.rows = i % 53,
		                           .cols = i * 7 % 211,
		                           .list_share = i % 130 - 10,
		                           .timeline_rows = i % 13,
		                           .detail_open = i & 1,
		                           .zoomed = i >> 1 & 1,
		                           .focus = (enum pane)(i % 3)};
		struct layout layout;
		layout_compute(&wish, &layout);
		struct rect all[] = {layout.header, layout.list,     layout.line,
		                     layout.detail, layout.timeline, layout.footer};
		for (size_t j = 0; j < 6; j++) {
			assert_true(inside(all[j], &wish));
			for (size_t k = 0; k < j; k++)
				assert_true(apart(all[j], all[k]));
		}
		if (wish.rows >= 3 && wish.cols > 0)
			assert_false(
			    rect_is_empty(layout_pane(&layout, layout_next_pane(&layout, wish.focus, 1))));
	}
}

static void test_layout(void **state)
{
	struct layout_wish wish = {.rows = 24, .cols = 80, .list_share = 60, .timeline_rows = 5};
	struct layout layout;

	(void)state;
	layout_compute(&wish, &layout);
	assert_true(layout.narrow);
	assert_int_equal(layout.list.cols, 80);
	assert_int_equal(layout.list.rows, 17);
	assert_true(rect_is_empty(layout.detail));
	assert_int_equal(layout_next_pane(&layout, PANE_LIST, 1), PANE_TIMELINE);
	wish.detail_open = 1;
	layout_compute(&wish, &layout);
	assert_true(rect_is_empty(layout.list));
	assert_int_equal(layout.detail.cols, 80);
	wish.cols = 120;
	layout_compute(&wish, &layout);
	assert_false(layout.narrow);
	assert_int_equal(layout.list.cols + 3 + layout.detail.cols, 120);
	assert_int_equal(layout_next_pane(&layout, PANE_LIST, 1), PANE_DETAIL);
	assert_int_equal(layout_next_pane(&layout, PANE_LIST, -1), PANE_TIMELINE);
	wish.zoomed = 1;
	wish.focus = PANE_DETAIL;
	layout_compute(&wish, &layout);
	assert_int_equal(layout.detail.rows, 22);
	assert_int_equal(layout_next_pane(&layout, PANE_DETAIL, 1), PANE_DETAIL);
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
	    {0, "0"},         {1, "1"},          {0.31, "0.31"},  {0.004, "0.004"}, {0.005, "0.01"},
	    {9.994, "9.99"},  {9.996, "10.0"},   {12, "12"},      {12.34, "12.3"},  {99.96, "100"},
	    {182, "182"},     {999.4, "999"},    {999.5, "1.0k"}, {4200, "4.2k"},   {98400, "98.4k"},
	    {123456, "123k"}, {1e6, "1M"},       {2.5e9, "2.5G"}, {-4200, "-4.2k"}, {NAN, "–"},
	    {INFINITY, "∞"},  {-INFINITY, "-∞"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[32];
		struct text text = text_in(room, sizeof(room));
		number_text(rows[i].value, &text);
		assert_string_equal(room, rows[i].text);
	}
}

static void test_sparks(void **state)
{
	static const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7}, gaps[] = {NAN, 0, NAN, 7},
	                    flat[] = {0, 0, 0};
	static const double negative[] = {-7, 0, 7}, odd[] = {3, 3, 3};
	static const struct {
		const double *values;
		size_t count;
		int cells;
		enum graph graph;
		const char *text;
	} rows[] = {
	    {rising, 8, 8, GRAPH_BLOCK, "▁▂▃▄▅▆▇█"},    {rising, 8, 4, GRAPH_BLOCK, "▅▆▇█"},
	    {rising, 8, 10, GRAPH_BLOCK, "  ▁▂▃▄▅▆▇█"}, {rising, 8, 8, GRAPH_TTY, "_.-=+*%#"},
	    {gaps, 4, 4, GRAPH_BLOCK, " ▁ █"},          {flat, 3, 3, GRAPH_BLOCK, "▁▁▁"},
	    {negative, 3, 3, GRAPH_BLOCK, "▁▅█"},       {rising, 8, 4, GRAPH_BRAILLE, "⣀⣤⣶⣿"},
	    {odd, 3, 2, GRAPH_BRAILLE, "⢸⣿"},           {gaps, 4, 2, GRAPH_BRAILLE, "⢀⢸"},
	    {rising, 0, 3, GRAPH_BLOCK, "   "},         {rising, 8, 0, GRAPH_BLOCK, ""},
	    {rising, 8, -1, GRAPH_BLOCK, ""},
	};
	enum graph graph;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[128];
		struct text text = text_in(room, sizeof(room));
		spark_text(rows[i].values, rows[i].count, rows[i].cells, rows[i].graph, &text);
		assert_string_equal(room, rows[i].text);
	}
	assert_int_equal(graph_parse("tty", &graph), 0);
	assert_int_equal(graph, GRAPH_TTY);
	assert_int_equal(graph_parse("dots", &graph), -1);
}

static void test_progress(void **state)
{
	static const struct {
		int percent, cells;
		const char *text;
	} rows[] = {{80, 9, "▓▓▓▓░ 80%"},  {0, 9, "░░░░░  0%"}, {1, 9, "▓░░░░  1%"}, {99, 9, "▓▓▓▓░ 99%"},
	            {100, 9, "▓▓▓▓▓100%"}, {80, 5, "80%"},      {-1, 9, ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[64];
		struct text text = text_in(room, sizeof(room));
		struct grid grid;
		struct buf buf;
		progress_text(rows[i].percent, rows[i].cells, &text);
		assert_string_equal(room, rows[i].text);
		grid_init(&grid, 1, 12);
		buf_init(&buf, 256);
		progress_draw(&grid, 0, 0, rows[i].cells, rows[i].percent,
		              style_over(STYLE_PROGRESS, STYLE_SELECTED));
		assert_int_equal(grid_dump(&grid, &buf, 0), 0);
		assert_memory_equal(buf_string(&buf), room, strlen(room));
		buf_release(&buf);
		grid_release(&grid);
	}
}

static void test_fuzzy(void **state)
{
	static const char *const names[] = {"mark.clear", "logs.clear", "tab.logs", "logs.container",
	                                    "view.clear-filter"};
	size_t order[5];

	(void)state;
	assert_int_equal(fuzzy_score("xyz", "tab.logs"), 0);
	assert_int_equal(fuzzy_score("sgol", "tab.logs"), 0);
	assert_true(fuzzy_score("", "tab.logs") > 0);
	assert_true(fuzzy_score("LC", "logs.clear") > 0);
	assert_true(fuzzy_score("logs", "logs.clear") > fuzzy_score("logs", "tab.logs"));
	assert_int_equal(fuzzy_rank("lc", names, 5, order, 5), 2);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 3);
	assert_int_equal(fuzzy_rank("lc", names, 5, order, 1), 1);
	assert_int_equal(order[0], 1);
	assert_int_equal(fuzzy_rank("", names, 5, order, 5), 5);
	assert_int_equal(order[0], 0);
	assert_int_equal(order[4], 4);
	assert_int_equal(fuzzy_rank("l", names, 5, order, 0), 0);
}

static void test_wrapping(void **state)
{
	static const struct {
		const char *text;
		int cols;
		const char *lines;
	} rows[] = {
	    {"one two three", 7, "one two|three|"},
	    {"one two", 3, "one|two|"},
	    {"abcdefgh", 3, "abc|def|gh|"},
	    {"a\n\nb", 5, "a||b|"},
	    {"", 5, ""},
	    {"日本語", 4, "日本|語|"},
	    {"日本", 1, "日|本|"},
	    {"a  b", 2, "a|b|"},
	    {"ends\n", 9, "ends|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		char got[128] = "";
		int count = 0;
		for (; *text; count++) {
			const char *next;
			size_t len = wrap_line(text, rows[i].cols, &next);
			strncat(got, text, len);
			strcat(got, "|");
			text = next;
		}
		assert_string_equal(got, rows[i].lines);
		assert_int_equal(wrap_count(rows[i].text, rows[i].cols), count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout_never_overlaps),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_sparks),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_fuzzy),
	    cmocka_unit_test(test_wrapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

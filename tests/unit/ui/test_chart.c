/* SPDX-License-Identifier: MIT */
/* Charts as they look, in every kind of glyph, and the window of time that they show. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "golden.h"
#include "ui/chart.h"

#define START INT64_C(1763992800000) /* 14:00 UTC */
enum { POINTS = 121, HOUR = 3600000 };

static double rps[POINTS], before[POINTS], p99[POINTS], counts[6 * 61];
static const double bounds[] = {5, 10, 50, 100, 500, INFINITY};

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (int i = 0; i < POINTS; i++) {
		rps[i] = i >= 40 && i < 52 ? NAN : 2000 + 1500 * sin(i / 12.0);
		before[i] = 1500 + 1500 * sin(i / 12.0 + 1);
		p99[i] = i == 90 ? 4000 : i == 100 ? INFINITY : 180 + i;
	}
	for (int r = 0; r < 6; r++)
		for (int c = 0; c < 61; c++)
			counts[r * 61 + c] = c >= 20 && c < 24 ? NAN : r == 5 ? 0 : 100.0 / (1 + abs(r - 1 - c / 20) * 8);
	return 0;
}

static struct chart make(const struct chart_series *series, size_t count)
{
	return (struct chart){.title = "requests", .unit = "/s", .series = series, .series_count = count, .start_ms = START,
	                      .end_ms = START + HOUR, .graph = GRAPH_BRAILLE};
}

static void test_lines(void **state)
{
	const struct chart_series series[] = {{"rps", rps, POINTS, STYLE_CHART_1, 0}, {"1d before", before, POINTS, STYLE_DIM, 1}};
	const struct chart_mark marks[] = {{START + HOUR / 4, STYLE_CHART_MARK, 'R', "rollout 12"},
		{START + HOUR * 3 / 4, STYLE_BAD, 'A', "alert HighErrors"}};
	const double limit = 3200;
	struct chart chart = make(series, 2);
	struct grid grid;
	(void)state;
	chart.marks = marks;
	chart.mark_count = 2;
	chart.lines = &limit;
	chart.line_count = 1;
	chart.note = "partial";
	grid_init(&grid, 42, 80);
	chart_draw(&grid, rect_make(0, 0, 13, 80), &chart);
	chart.graph = GRAPH_BLOCK;
	chart_draw(&grid, rect_make(14, 0, 13, 80), &chart);
	chart.graph = GRAPH_TTY;
	chart.cursor_ms = START + HOUR / 4;
	chart_draw(&grid, rect_make(28, 0, 13, 80), &chart);
	golden_check(&grid, "chart-lines", 0);
	golden_check(&grid, "chart-lines-ascii", GRID_DUMP_ASCII);
	grid_release(&grid);
}

static void test_area_and_spike(void **state)
{
	const struct chart_series area[] = {{"rps", rps, POINTS, STYLE_CHART_1, 0}}, spike[] = {{"p99", p99, POINTS, STYLE_CHART_2, 0}};
	struct chart chart = make(area, 1);
	struct grid grid;
	(void)state;
	grid_init(&grid, 30, 60);
	chart.kind = CHART_AREA;
	chart_draw(&grid, rect_make(0, 0, 9, 60), &chart);
	chart.graph = GRAPH_BLOCK;
	chart_draw(&grid, rect_make(10, 0, 9, 60), &chart);
	chart = make(spike, 1);
	chart.cursor_ms = START + HOUR / 2;
	chart_draw(&grid, rect_make(20, 0, 9, 60), &chart);
	golden_check(&grid, "chart-area", 0);
	grid_release(&grid);
}

static void test_heatmap(void **state)
{
	const struct chart_heat heat = {6, 61, bounds, counts};
	struct chart chart = make(NULL, 0);
	struct grid grid;
	(void)state;
	chart.title = "latency";
	chart.kind = CHART_HEATMAP;
	chart.heat = &heat;
	grid_init(&grid, 29, 70);
	chart_draw(&grid, rect_make(0, 0, 14, 70), &chart);
	chart.graph = GRAPH_TTY;
	chart_draw(&grid, rect_make(15, 0, 14, 70), &chart);
	golden_check(&grid, "chart-heatmap", 0);
	golden_check(&grid, "chart-heatmap-ascii", GRID_DUMP_ASCII);
	grid_release(&grid);
}

static void test_many_series(void **state)
{
	static double values[10][2016];
	struct chart_series series[10];
	char names[10][24];
	struct grid grid;
	(void)state;
	for (int s = 0; s < 10; s++) {
		snprintf(names[s], sizeof(names[s]), "service-%d", s);
		series[s] = (struct chart_series){names[s], values[s], 2016, chart_style((size_t)s), 0};
		for (int i = 0; i < 2016; i++)
			values[s][i] = 100 * (s + 1) + 40 * sin(i / 100.0 + s);
	}
	struct chart chart = make(series, 10);
	chart.end_ms = START + 7 * 24 * (int64_t)HOUR;
	chart.legend = 3;
	grid_init(&grid, 30, 100);
	chart_draw(&grid, grid_rect(&grid), &chart);
	golden_check(&grid, "chart-week", GRID_DUMP_STYLES);
	grid_release(&grid);
}

static void test_any_size(void **state)
{
	const struct chart_series series[] = {{"a", rps, POINTS, STYLE_CHART_1, 0}, {"b", p99, 1, STYLE_CHART_2, 0}, {"c", p99, 0, 0, 0}};
	const double flat[] = {0, 0, 0};
	const struct chart_series zero = {"zero", flat, 3, STYLE_CHART_1, 0};
	const struct chart_heat heat = {6, 61, bounds, counts};
	struct grid grid;
	(void)state;
	grid_init(&grid, 20, 40);
	for (int graph = GRAPH_BLOCK; graph <= GRAPH_TTY; graph++)
		for (int kind = CHART_LINE; kind <= CHART_HEATMAP; kind++)
			for (int i = 0; i < 20 * 40; i += 3) {
				struct chart chart = make(series, 3);
				chart.graph = (enum graph)graph;
				chart.kind = (enum chart_kind)kind;
				chart.heat = &heat;
				chart.legend = i % 5;
				chart.cursor_ms = i % 2 ? START + i * 1000 : 0;
				chart_draw(&grid, rect_make(0, 0, i / 40, i % 40), &chart);
				chart.series = &zero;
				chart.series_count = 1;
				chart_draw(&grid, rect_make(0, 0, i / 40, i % 40), &chart);
			}
	grid_release(&grid);
}

static void test_window(void **state)
{
	const int64_t now = START;
	struct chart_window window;
	int64_t start, end;
	char room[80];
	struct text text = text_in(room, sizeof(room));
	(void)state;
	chart_window_init(&window);
	chart_window_bounds(&window, now, &start, &end);
	assert_int_equal(end, now);
	assert_int_equal(end - start, HOUR);
	for (int i = 0; i < 20; i++)
		chart_window_zoom(&window, now, 1);
	assert_int_equal(window.range_ms, 7 * 24 * (int64_t)HOUR);
	for (int i = 0; i < 20; i++)
		chart_window_zoom(&window, now, -1);
	assert_int_equal(window.range_ms, 300000);
	/* Back, and forward to now, where it follows again. */
	chart_window_pan(&window, now, -1);
	assert_int_equal(window.end_ms, now - 75000);
	chart_window_pan(&window, now, 1);
	assert_int_equal(window.end_ms, 0);
	/* The cursor appears at the end, holds the window, pushes it at its edge. */
	chart_window_cursor(&window, now, -1);
	assert_int_equal(window.cursor_ms, now);
	for (int i = 0; i < 110; i++)
		chart_window_cursor(&window, now, -1);
	chart_window_bounds(&window, now, &start, &end);
	assert_int_equal(window.cursor_ms, start);
	assert_int_equal(end, now - 10 * 3000);
	chart_window_zoom(&window, now, 1);
	chart_window_bounds(&window, now, &start, &end);
	assert_true(window.cursor_ms >= start && window.cursor_ms <= end);
	chart_window_compare(&window);
	chart_window_describe(&window, &text);
	assert_string_equal(room, "15m, against 15m before");
	chart_window_compare(&window);
	chart_window_compare(&window);
	chart_window_compare(&window);
	assert_int_equal(window.compare_ms, 0);
	chart_window_live(&window);
	assert_int_equal(window.cursor_ms, 0);
	assert_int_equal(chart_step(7 * 24 * (int64_t)HOUR, 400), 1800000);
	assert_int_equal(chart_step(300000, 400), 1000);
	assert_int_equal(chart_range_parse("1h30m"), 5400000);
	assert_int_equal(chart_range_parse("7d"), 7 * 24 * (int64_t)HOUR);
	assert_int_equal(chart_range_parse("0m"), -1);
	assert_int_equal(chart_range_parse("5x"), -1);
	assert_int_equal(chart_range_parse(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_area_and_spike), cmocka_unit_test(test_heatmap),
		cmocka_unit_test(test_many_series), cmocka_unit_test(test_any_size), cmocka_unit_test(test_window),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

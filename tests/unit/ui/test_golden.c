/* SPDX-License-Identifier: MIT */
/* Golden screens made of all widgets, without any view: 80x24 and 120x40, styles, and ASCII. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "ui/bars.h"
#include "ui/chart.h"
#include "ui/dialog.h"
#include "ui/feed.h"
#include "ui/layout.h"
#include "ui/list.h"
#include "ui/pager.h"
#include "ui/palette.h"
#include "ui/prompt.h"
#include "ui/tabs.h"
#include "unit/ui/golden.h"

static const struct {
	const char *name, *cluster, *ready, *rollout, *rps;
	uint16_t style;
} services[] = {
    {"payments-api", "eu-prod", "11/12", "▓▓▓▓░ 80%", "4.2k", STYLE_PROGRESS},
    {"checkout-web", "eu-prod", "24/24", "done", "9.8k", STYLE_OK},
    {"search-indexer-with-a-very-long-name", "us-prod", "0/3", "failed", "", STYLE_BAD},
    {"日本語サービス", "us-prod", "2/2", "done", "12", STYLE_OK},
    {"ledger", "eu-dev", "1/1", "paused", "0", STYLE_PAUSED},
};
enum { SERVICES = 5 };

static void service_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const char *cells[] = {services[row % SERVICES].name, services[row % SERVICES].cluster,
	                       services[row % SERVICES].ready, services[row % SERVICES].rollout,
	                       services[row % SERVICES].rps};

	(void)arg;
	text_add(text, cells[column]);
	if (column == 3)
		*style = services[row % SERVICES].style;
	if (column == 1)
		*style = STYLE_DIM;
}

static int service_marked(void *arg, size_t row)
{
	(void)arg;
	return row == 2 || row == 4;
}

static const struct list_column columns[] = {
    {"SERVICE", 12, 3, 0, 0}, {"CLUSTER", 8, 1, 0, 1}, {"READY", 5, 0, 1, 1},
    {"ROLLOUT", 9, 0, 0, 2},  {"RPS", 5, 0, 1, 3},
};

static const char *log_line(void *arg, size_t index, uint16_t *style)
{
	static const char *const lines[] = {
	    "12:00:01 pay-7d9f ready: listening on :8080",
	    "12:00:02 pay-7d9f error: upstream checkout-web refused the connection after 3 tries, giving up "
	    "for now",
	    "12:00:03 pay-7d9f GET /healthz 200",
	};

	(void)arg;
	if (index % 3 == 1)
		*style = STYLE_LOG_ERROR;
	return lines[index % 3];
}

static size_t log_spans(void *arg, size_t index, const char *line, struct pager_span *out, size_t max)
{
	(void)arg, (void)index, (void)line, (void)max;
	out[0] = (struct pager_span){0, 8, STYLE_TIME};
	out[1] = (struct pager_span){9, 8, STYLE_LOG_SOURCE};
	return 2;
}

static void feed_row(void *arg, size_t index, struct feed_row *row)
{
	(void)arg;
	snprintf(row->time, sizeof(row->time), "14:01:%02zu", 58 - index);
	row->subject = "payments-api/eu-prod";
	row->text = index % 2 ? "rollout 8/12" : "rollout failed: progress deadline exceeded";
	row->count = index == 1 ? 3 : 1;
	row->style = index % 2 ? STYLE_PROGRESS : STYLE_BAD;
}

static const struct bar_cell header[] = {
    {.text = "FLAGDECK", .style = STYLE_BRAND},
    {.text = "eu-prod ● live", .style = STYLE_OK},
    {.text = "us-prod ● live", .style = STYLE_OK, .keep = 1},
    {.text = "eu-dev ◌ stale 42s", .style = STYLE_STALE, .keep = 2},
    {.text = "243 svc  3 rolling  2 down", .style = STYLE_TEXT, .line = 1, .keep = 3},
    {.text = "2 alerts  4 paused", .style = STYLE_WARNING, .line = 1, .keep = 4},
    {.text = "14:02", .style = STYLE_DIM, .keep = 5, .at_end = 1},
};

static const struct hint hints[] = {
    {"/", "filter"}, {":", "command"}, {"Space", "mark"}, {"Enter", "open"}, {"z", "zoom"}, {"?", "help"},
};

static const char *const tab_names[] = {"overview", "pods", "logs", "events", "yaml"};

/* The main screen. */
static void screen_draw_all(struct grid *grid, int detail_open)
{
	struct layout_wish wish = {.rows = grid->rows,
	                           .cols = grid->cols,
	                           .list_share = LAYOUT_SHARE,
	                           .timeline_rows = 5,
	                           .detail_open = detail_open};
	struct list_source list_source = {
	    .rows = 40, .columns = 5, .column = columns, .cell = service_cell, .is_marked = service_marked};
	struct pager_source log = {.count = 30, .line = log_line, .spans = log_spans};
	struct feed_source feed = {.count = 9, .row = feed_row, .title = "timeline"};
	struct layout layout;
	struct list list;
	struct pager pager;
	struct rect rest;

	layout_compute(&wish, &layout);
	header_draw(grid, layout.header, header, sizeof(header) / sizeof(header[0]));
	list_init(&list);
	list.sort_column = 4;
	list.sort_descends = 1;
	list.selected = 1;
	rest = layout.list;
	title_draw(grid, rect_cut_top(&rest, 1), "services /pay", "by rps ▾   2 marked", 1);
	list_draw(&list, grid, rest, &list_source, 1);
	grid_vline(grid, layout.line.row, layout.line.col, layout.line.rows, STYLE_BORDER);
	rest = layout.detail;
	title_draw(grid, rect_cut_top(&rest, 1), "payments-api  eu-prod", "team payments", 0);
	tabs_draw(grid, rect_cut_top(&rest, 1), tab_names, 5, 2);
	pager_init(&pager);
	if (!rect_is_empty(rest)) {
		pager_search(&pager, &log, rest, "pay-7");
		pager_draw(&pager, grid, rest, &log);
	}
	if (!rect_is_empty(layout.timeline))
		feed_draw(grid, layout.timeline, &feed, 1, 0);
	hints_draw(grid, layout.footer, hints, sizeof(hints) / sizeof(hints[0]), "eu-prod: live", STYLE_OK);
}

static void test_screens(void **state)
{
	static const struct {
		int rows, cols, detail, flags;
		const char *name;
	} rows[] = {
	    {24, 80, 0, 0, "screen-80x24"},
	    {24, 80, 1, 0, "screen-80x24-detail"},
	    {40, 120, 0, 0, "screen-120x40"},
	    {24, 80, 0, GRID_DUMP_ASCII, "screen-80x24-ascii"},
	    {24, 120, 0, GRID_DUMP_STYLES, "screen-120x24-styles"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct grid grid;
		grid_init(&grid, rows[i].rows, rows[i].cols);
		screen_draw_all(&grid, rows[i].detail);
		golden_check(&grid, rows[i].name, rows[i].flags);
		grid_release(&grid);
	}
}

/* Nothing crashes or leaves the grid, however small it is (the sanitizers watch). */
static void test_any_size(void **state)
{
	(void)state;
	for (int rows = 0; rows < 12; rows++)
		for (int cols = 0; cols < 130; cols += cols < 24 ? 1 : 17) {
			struct grid grid;
			grid_init(&grid, rows, cols);
			screen_draw_all(&grid, rows % 2);
			grid_release(&grid);
		}
}

static void test_dialogs(void **state)
{
	static const char *const choices[] = {"trouble", "name", "rps"};
	static const char body[] =
	    "Restart 3 workloads in eu-prod. Flux applies them: it will not put this back.\n\nPods are "
	    "replaced one after the other.";
	struct grid grid;
	struct dialog dialog;

	(void)state;
	grid_init(&grid, 16, 80);
	dialog_confirm(&dialog, 0, "Restart", body);
	dialog_draw(&dialog, &grid, grid_rect(&grid));
	golden_check(&grid, "dialog-confirm", 0);
	grid_clear(&grid);
	dialog_type(&dialog, 1, "Restart payments-api", body, "payments-api");
	dialog_paste(&dialog, "payments");
	dialog_draw(&dialog, &grid, grid_rect(&grid));
	assert_int_equal(grid.cursor_row >= 0, 1);
	golden_check(&grid, "dialog-type", GRID_DUMP_STYLES);
	grid_clear(&grid);
	dialog_choose(&dialog, "Sort by", choices, 3, 1);
	dialog_draw(&dialog, &grid, grid_rect(&grid));
	golden_check(&grid, "dialog-choose", 0);
	grid_clear(&grid);
	dialog_notice(&dialog, "A note", "All is well.");
	dialog_draw(&dialog, &grid, grid_rect(&grid));
	golden_check(&grid, "dialog-notice", GRID_DUMP_ASCII);
	for (int rows = 0; rows < 8; rows++) {
		grid_resize(&grid, rows, 3 * rows);
		dialog_type(&dialog, 1, "Restart payments-api", body, "payments-api");
		dialog_draw(&dialog, &grid, grid_rect(&grid));
		dialog_choose(&dialog, "Sort by", choices, 3, 2);
		dialog_draw(&dialog, &grid, grid_rect(&grid));
	}
	grid_release(&grid);
}

static size_t offer(void *arg, const char *text, char (*offers)[PROMPT_OFFER], size_t max)
{
	static const char *const known[] = {"cluster:eu-prod", "cluster:us-prod", "cluster:eu-dev"};
	size_t count = 0;

	(void)arg;
	for (size_t i = 0; i < 3 && count < max; i++)
		if (strncmp(known[i], text, strlen(text)) == 0)
			snprintf(offers[count++], PROMPT_OFFER, "%s", known[i]);
	return count;
}

static void test_prompt_and_palette(void **state)
{
	static const struct palette_row rows[] = {
	    {"app.quit", "Quit", "q"},
	    {"app.help", "Keys that work here", "?"},
	    {"tab.logs", "Logs", "3"},
	    {"mark.all", "Mark every service in the list", NULL},
	};
	struct grid grid;
	struct prompt prompt;
	struct rect rest;

	(void)state;
	grid_init(&grid, 6, 50);
	rest = grid_rect(&grid);
	struct rect row = rect_cut_bottom(&rest, 1);
	prompt_init(&prompt, "filter:");
	prompt.complete = offer;
	prompt_set(&prompt, "clu");
	prompt_draw(&prompt, &grid, row);
	prompt_draw_offers(&prompt, &grid, row);
	golden_check(&grid, "prompt-offers", GRID_DUMP_STYLES);
	assert_int_equal(grid.cursor_row, 5);
	assert_int_equal(grid.cursor_col, 11);
	grid_clear(&grid);
	prompt_set(&prompt, "a text that is longer than the row has room for it, by far");
	prompt_draw(&prompt, &grid, row);
	palette_draw(&grid, rest, rows, 4, 3);
	golden_check(&grid, "palette", 0);
	assert_int_equal(grid.cursor_col, 49);
	grid_release(&grid);
}

static void test_charts(void **state)
{
	double rps[60], errors[60];
	struct chart_series series[] = {{"rps", rps, 60, STYLE_CHART_1, 0},
	                                {"errors", errors, 60, STYLE_CHART_2, 0}};
	struct chart chart = {.title = "rps", .unit = "/s", .series = series, .series_count = 1};
	struct grid grid;

	(void)state;
	for (int i = 0; i < 60; i++) {
		rps[i] = i >= 20 && i < 24 ? NAN : 2000 + 2000 * sin(i / 8.0);
		errors[i] = i * 20;
	}
	grid_init(&grid, 21, 60);
	chart_draw(&grid, rect_make(0, 0, 5, 60), &chart);
	chart.graph = GRAPH_BRAILLE;
	chart.series_count = 2;
	chart_draw(&grid, rect_make(6, 0, 6, 60), &chart);
	chart.graph = GRAPH_TTY;
	chart_draw(&grid, rect_make(13, 0, 5, 60), &chart);
	chart.series_count = 0;
	chart_draw(&grid, rect_make(19, 0, 2, 60), &chart);
	golden_check(&grid, "charts", 0);
	for (int i = 0; i < 30; i++)
		chart_draw(&grid, rect_make(0, 0, i % 4, i), &chart);
	grid_release(&grid);
}

static void test_tabs_that_do_not_fit(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 5, 24);
	for (int i = 0; i < 5; i++)
		tabs_draw(&grid, rect_make(i, 0, 1, 24), tab_names, 5, (size_t)i);
	golden_check(&grid, "tabs", 0);
	tabs_draw(&grid, rect_make(0, 0, 1, 3), tab_names, 5, 4);
	tabs_draw(&grid, rect_make(0, 0, 1, 24), tab_names, 0, 0);
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_screens),
	    cmocka_unit_test(test_any_size),
	    cmocka_unit_test(test_dialogs),
	    cmocka_unit_test(test_prompt_and_palette),
	    cmocka_unit_test(test_charts),
	    cmocka_unit_test(test_tabs_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The grid: clipping, wide characters, rectangles, what dumps show, ASCII. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "term/grid.h"

static void assert_dump(const struct grid *grid, int flags, const char *expected)
{
	struct buf buf;

	buf_init(&buf, 1 << 20);
	assert_int_equal(grid_dump(grid, &buf, flags), 0);
	assert_string_equal(buf_string(&buf), expected);
	buf_release(&buf);
}

static void test_put_clips(void **state)
{
	static const struct {
		int row, col, max;
		const char *text;
		int used;
		const char *line;
	} rows[] = {
	    {0, 0, 10, "hello", 5, "hello\n"},  {0, 5, 10, "hello", 3, "     hel\n"},
	    {0, 0, 2, "hello", 2, "he\n"},      {0, 8, 5, "x", 0, "\n"},
	    {0, -1, 5, "x", 0, "\n"},           {1, 0, 5, "x", 0, "\n"},
	    {-1, 0, 5, "x", 0, "\n"},           {0, 0, -3, "x", 0, "\n"},
	    {0, 0, 8, "日本", 4, "日本\n"},     {0, 0, 3, "日本", 2, "日\n"},
	    {0, 7, 8, "日", 0, "\n"},           {0, 0, 8, "e\xcc\x81x", 2, "e\xcc\x81x\n"},
	    {0, 0, 8, "a\tb\033c", 3, "abc\n"}, {0, 0, 8, "a\xff", 2, "a\xef\xbf\xbd\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct grid grid;
		grid_init(&grid, 1, 8);
		assert_int_equal(
		    grid_put(&grid, rows[i].row, rows[i].col, rows[i].max, STYLE_TEXT, rows[i].text),
		    rows[i].used);
		assert_dump(&grid, 0, rows[i].line);
		grid_release(&grid);
	}
}

static void test_cut_and_right(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 4, 8);
	assert_int_equal(grid_put_cut(&grid, 0, 0, 8, STYLE_TEXT, "payments-api"), 8);
	assert_int_equal(grid_put_cut(&grid, 1, 0, 4, STYLE_TEXT, "日本語"), 3);
	assert_int_equal(grid_put_right(&grid, 2, 0, 8, STYLE_TEXT, "12"), 2);
	assert_int_equal(grid_put_right(&grid, 3, 2, 4, STYLE_TEXT, "123456"), 4);
	assert_dump(&grid, 0, "payment…\n日…\n      12\n  123…\n");
	grid_release(&grid);
}

/* Whatever is drawn over what, a left half is followed by its right half and none stands alone. */
static void test_wide_halves(void **state)
{
	struct grid grid;
	unsigned seed = 7;

	(void)state;
	grid_init(&grid, 1, 9);
	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245u + 12345u;
		grid_put_code(&grid, 0, (int)(seed >> 16) % 11 - 1, STYLE_TEXT,
		              seed >> 28 & 1 ? 0x65e5 : 'a');
		for (int col = 0; col < 9; col++) {
			const struct cell *cell = grid_cell(&grid, 0, col),
			                  *next = grid_cell(&grid, 0, col + 1);
			if (cell->width == 2) {
				assert_non_null(next);
				assert_int_equal(next->width, 0);
			}
			if (next && next->width == 0)
				assert_int_equal(cell->width, 2);
		}
	}
	grid_release(&grid);
}

static void test_styles_in_dumps(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 2, 10);
	grid_put(&grid, 0, 0, 10, STYLE_OK, "ok");
	grid_put(&grid, 0, 3, 10, STYLE_BAD, "bad");
	grid_lay(&grid, rect_make(0, 2, 1, 4), STYLE_SELECTED);
	assert_dump(&grid, GRID_DUMP_STYLES,
	            "ok bad\n  | 0-1 ok\n  | 2-2 text+selected\n  | 3-5 bad+selected\n\n");
	grid_release(&grid);
}

static void test_box_and_ascii(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 3, 12);
	grid_box(&grid, grid_rect(&grid), STYLE_BORDER, STYLE_TITLE, "logs");
	grid_put(&grid, 1, 1, 10, STYLE_TEXT, "▸●✔ 日▓░é…→");
	assert_dump(&grid, 0, "┌─ logs ───┐\n│▸●✔ 日▓░é…│\n└──────────┘\n");
	assert_dump(&grid, GRID_DUMP_ASCII, "+- logs ---+\n|>*v ? #.e~|\n+----------+\n");
	grid_box(&grid, rect_make(-5, -5, 100, 100), STYLE_BORDER, STYLE_TITLE, "far too large");
	grid_box(&grid, rect_make(0, 0, 1, 1), STYLE_BORDER, STYLE_TITLE, "x");
	grid_release(&grid);
}

static void test_every_glyph_is_one_printable_byte(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x3000; code++)
		assert_in_range(glyph_ascii(code), 0x20, 0x7e);
	assert_int_equal(glyph_ascii(0x2840), '.');
	assert_int_equal(glyph_ascii(0x28ff), '#');
	assert_int_equal(glyph_ascii(0x1f600), '?');
	assert_int_equal(glyph_ascii('~'), '~');
}

static void test_rects(void **state)
{
	struct rect rest = rect_make(0, 0, 10, 20), cut;

	(void)state;
	cut = rect_cut_top(&rest, 3);
	assert_int_equal(cut.rows, 3);
	assert_int_equal(rest.row, 3);
	cut = rect_cut_bottom(&rest, 100);
	assert_int_equal(cut.row, 3);
	assert_int_equal(cut.rows, 7);
	assert_true(rect_is_empty(rest));
	assert_true(rect_is_empty(rect_cut_left(&rest, 5)) == 1);
	rest = rect_make(0, 0, 10, 20);
	cut = rect_cut_right(&rest, 5);
	assert_int_equal(cut.col, 15);
	cut = rect_cut_left(&rest, -5);
	assert_int_equal(cut.cols, 0);
	assert_int_equal(rest.cols, 15);
	cut = rect_clip(rect_make(-2, -2, 5, 5), rect_make(0, 0, 2, 9));
	assert_memory_equal(&cut, (&(struct rect){0, 0, 2, 3}), sizeof(cut));
	cut = rect_clip(rect_make(20, 20, 5, 5), rect_make(0, 0, 2, 9));
	assert_true(rect_is_empty(cut));
	cut = rect_center(rect_make(1, 1, 10, 10), 4, 40);
	assert_memory_equal(&cut, (&(struct rect){4, 1, 4, 10}), sizeof(cut));
	assert_true(rect_is_empty(rect_inset(rect_make(0, 0, 2, 2), 1, 1)));
}

static void test_rect_put_stays_inside(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 3, 10);
	assert_int_equal(rect_put(&grid, rect_make(1, 2, 1, 4), 0, 1, STYLE_TEXT, "abcdefgh"), 3);
	assert_int_equal(rect_put(&grid, rect_make(1, 2, 1, 4), 1, 0, STYLE_TEXT, "no"), 0);
	assert_int_equal(rect_printf(&grid, rect_make(2, 2, 1, 4), 0, 0, STYLE_TEXT, "%d", 123456), 4);
	assert_dump(&grid, 0, "\n   abc\n  1234\n");
	grid_release(&grid);
}

static void test_empty_grid(void **state)
{
	struct grid grid;

	(void)state;
	grid_init(&grid, 0, 0);
	grid_put(&grid, 0, 0, 5, STYLE_TEXT, "x");
	grid_fill(&grid, rect_make(-1, -1, 5, 5), STYLE_TEXT, 'x');
	assert_dump(&grid, 0, "");
	grid_resize(&grid, 1, 2);
	grid_fill(&grid, rect_make(-1, -1, 5, 5), STYLE_TEXT, 'x');
	assert_dump(&grid, 0, "xx\n");
	grid_release(&grid);
}

static void test_marks_go_with_their_character(void **state)
{
	struct grid grid;
	struct buf dump;

	(void)state;
	grid_init(&grid, 3, 8);
	buf_init(&dump, 4096);
	/* e + acute; a wide character with a mark; three marks, of which two stay; a joiner, a lone mark. */
	assert_int_equal(grid_put(&grid, 0, 0, 8, STYLE_TEXT, "caf" "e\xcc\x81" "!"), 5);
	assert_int_equal(grid_put(&grid, 1, 0, 3, STYLE_TEXT, "\xe4\xb8\x96\xcc\x81" "z\xcc\x80\xcc\x81\xcc\x82" "cut"), 3);
	assert_int_equal(grid_put(&grid, 2, 0, 8, STYLE_TEXT, "\xcc\x81" "a\xe2\x80\x8d" "b\xef\xb8\x8f"), 2);
	assert_int_equal(grid_dump(&grid, &dump, 0), 0);
	assert_string_equal(buf_string(&dump), "cafe\xcc\x81!\n\xe4\xb8\x96\xcc\x81z\xcc\x80\xcc\x81\nab\n");
	/* Overwritten, it is gone. */
	grid_put(&grid, 0, 3, 1, STYLE_TEXT, "f");
	buf_clear(&dump);
	assert_int_equal(grid_dump(&grid, &dump, GRID_DUMP_ASCII), 0);
	assert_memory_equal(buf_string(&dump), "caff!\n", 6);
	buf_release(&dump);
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_put_clips),     cmocka_unit_test(test_cut_and_right),
	    cmocka_unit_test(test_wide_halves),   cmocka_unit_test(test_styles_in_dumps),
	    cmocka_unit_test(test_box_and_ascii), cmocka_unit_test(test_every_glyph_is_one_printable_byte),
	    cmocka_unit_test(test_rects),         cmocka_unit_test(test_rect_put_stays_inside),
	    cmocka_unit_test(test_empty_grid),
	    cmocka_unit_test(test_marks_go_with_their_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

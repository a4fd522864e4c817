/* SPDX-License-Identifier: MIT */
/* Themes: those compiled in are complete and usable with any number of colours; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "term/color.h"
#include "term/theme.h"

static void test_embedded_are_complete(void **state)
{
	const char *name;

	(void)state;
	assert_string_equal(theme_name(0), "dark");
	for (size_t i = 0; (name = theme_name(i)); i++) {
		struct theme theme;
		struct err err = {""};
		int plain = 0;
		assert_int_equal(theme_load(&theme, name, &err), 0);
		assert_string_equal(theme.name, name);
		/* Each element is written down; those that look like text are footer and input, and text itself
		 * where it has no ground of its own. */
		for (int j = 0; j < ELEMENT_COUNT; j++) {
			struct look look = theme.looks[j];
			plain += look.fg == COLOR_NONE && look.bg == COLOR_NONE && look.attrs == 0;
		}
		assert_int_equal(plain, theme.looks[STYLE_TEXT].bg == COLOR_NONE ? 3 : 2);
	}
	assert_null(theme_name(99));
}

/* Contrast as WCAG counts it, between the letters of a state and the grounds that lie behind it. */
static double channel(int value)
{
	double c = value / 255.0;

	return c <= 0.03928 ? c / 12.92 : __builtin_pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int rgb)
{
	return 0.2126 * channel(rgb >> 16 & 255) + 0.7152 * channel(rgb >> 8 & 255) +
	       0.0722 * channel(rgb & 255);
}

static double contrast(int a, int b)
{
	double first = luminance(a), second = luminance(b);

	return first > second ? (first + 0.05) / (second + 0.05) : (second + 0.05) / (first + 0.05);
}

static void test_contrast(void **state)
{
	static const uint16_t letters[] = {STYLE_DIM,       STYLE_OK,     STYLE_PROGRESS, STYLE_WARNING,
	                                   STYLE_BAD,       STYLE_PAUSED, STYLE_UNKNOWN,  STYLE_STALE,
	                                   STYLE_PROTECTED, STYLE_KEY,    STYLE_HINT};
	static const uint16_t grounds[] = {STYLE_TEXT, STYLE_SELECTED, STYLE_SELECTED_IDLE, STYLE_HEADER,
	                                   STYLE_DIALOG};
	static const int own[] = {0x000000, 0xffffff};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct theme theme;
		assert_int_equal(theme_load(&theme, theme_name(i), NULL), 0);
		for (size_t j = 0; j < sizeof(letters) / sizeof(letters[0]); j++)
			for (size_t k = 0; k < sizeof(grounds) / sizeof(grounds[0]); k++) {
				uint16_t style = style_over(letters[j], grounds[k]);
				struct look look = theme_look(&theme, style, COLORS_256);
				int ground = look.bg == COLOR_NONE ? own[i] : color_rgb(look.bg);
				double got = contrast(color_rgb(look.fg), ground);
				if (got < 3.8)
					fail_msg("%s: %s on %s has a contrast of %.1f", theme.name,
					         element_name((enum element)letters[j]),
					         element_name((enum element)grounds[k]), got);
			}
	}
}

static void test_states_differ(void **state)
{
	static const enum colors many[] = {COLORS_16, COLORS_256};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++) {
			struct theme theme;
			assert_int_equal(theme_load(&theme, theme_name(i), NULL), 0);
			struct look ok = theme_look(&theme, STYLE_OK, many[j]);
			struct look bad = theme_look(&theme, STYLE_BAD, many[j]);
			struct look warning = theme_look(&theme, STYLE_WARNING, many[j]);
			assert_int_not_equal(ok.fg, bad.fg);
			assert_int_not_equal(ok.fg, warning.fg);
			assert_int_not_equal(bad.fg, warning.fg);
			struct look selected = theme_look(&theme, STYLE_SELECTED, many[j]);
			assert_true(selected.bg != COLOR_NONE || (selected.attrs & LOOK_REVERSE));
		}
}

static void test_look_rules(void **state)
{
	static const char yaml[] =
	    "ok: {fg: green}\nbad: {fg: \"#ff5f5f\", bold: true}\nselected: {bg: 237}\n"
	    "match: {fg: black, bg: yellow}\nheader: {bg: 25}\n";
	struct theme theme;
	struct look look;

	(void)state;
	assert_int_equal(theme_parse(&theme, "x/mine.yaml", yaml, strlen(yaml), NULL), 0);
	assert_string_equal(theme.name, "mine");
	look = theme_look(&theme, style_over(STYLE_OK, STYLE_SELECTED), COLORS_256);
	assert_memory_equal(&look, (&(struct look){2, 237, 0}), sizeof(look));
	look = theme_look(&theme, style_over(STYLE_OK, STYLE_MATCH), COLORS_256);
	assert_memory_equal(&look, (&(struct look){0, 3, 0}), sizeof(look));
	look = theme_look(&theme, STYLE_BAD, COLORS_256);
	assert_memory_equal(&look, (&(struct look){203, COLOR_NONE, LOOK_BOLD}), sizeof(look));
	look = theme_look(&theme, STYLE_BAD, COLORS_DIRECT);
	assert_int_equal(look.fg, COLOR_RGB | 0xff5f5f);
	look = theme_look(&theme, STYLE_BAD, COLORS_16);
	assert_int_equal(look.fg, 9);
	look = theme_look(&theme, STYLE_BAD, COLORS_8);
	assert_int_equal(look.fg, 1);
	/* A grey ground cannot be seen with 16 colours: the row is reversed as a whole. */
	look = theme_look(&theme, style_over(STYLE_OK, STYLE_SELECTED), COLORS_16);
	assert_memory_equal(&look, (&(struct look){COLOR_NONE, COLOR_NONE, LOOK_REVERSE}), sizeof(look));
	look = theme_look(&theme, STYLE_HEADER, COLORS_16);
	assert_int_equal(look.bg, 4);
	look = theme_look(&theme, style_over(STYLE_BAD, STYLE_SELECTED), COLORS_MONO);
	assert_memory_equal(&look, (&(struct look){COLOR_NONE, COLOR_NONE, LOOK_BOLD | LOOK_REVERSE}),
	                    sizeof(look));
}

/* A theme that brings its own ground brings it everywhere, or, with few colours, nowhere. */
static void test_own_ground(void **state)
{
	static const char yaml[] = "text: {fg: 235, bg: 231}\nok: {fg: 22}\nselected: {bg: 153}\nheader: {bg: 254}\n";
	struct theme theme;
	struct look look;

	(void)state;
	assert_int_equal(theme_parse(&theme, "mine", yaml, strlen(yaml), NULL), 0);
	look = theme_look(&theme, STYLE_FOOTER, COLORS_256);
	assert_memory_equal(&look, (&(struct look){235, 231, 0}), sizeof(look));
	look = theme_look(&theme, STYLE_OK, COLORS_256);
	assert_memory_equal(&look, (&(struct look){22, 231, 0}), sizeof(look));
	look = theme_look(&theme, style_over(STYLE_TEXT, STYLE_SELECTED), COLORS_256);
	assert_memory_equal(&look, (&(struct look){235, 153, 0}), sizeof(look));
	look = theme_look(&theme, STYLE_HEADER, COLORS_256);
	assert_memory_equal(&look, (&(struct look){235, 254, 0}), sizeof(look));
	look = theme_look(&theme, STYLE_TEXT, COLORS_16);
	assert_memory_equal(&look, (&(struct look){COLOR_NONE, COLOR_NONE, 0}), sizeof(look));
	look = theme_look(&theme, STYLE_TEXT, COLORS_MONO);
	assert_memory_equal(&look, (&(struct look){COLOR_NONE, COLOR_NONE, 0}), sizeof(look));
}

static void test_hues_survive_on_16(void **state)
{
	static const struct {
		int color, mapped;
	} rows[] = {{114, 10},
	            {221, 11},
	            {210, 9},
	            {22, 2},
	            {124, 1},
	            {240, 8},
	            {250, 7},
	            {231, 15},
	            {16, 0},
	            {5, 5},
	            {COLOR_NONE, COLOR_NONE},
	            {COLOR_RGB | 0x0000d0, 12}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(color_map(rows[i].color, COLORS_16), rows[i].mapped);
	assert_int_equal(color_map(240, COLORS_8), COLOR_NONE);
	assert_int_equal(color_map(114, COLORS_8), 2);
	assert_int_equal(color_map(114, COLORS_MONO), COLOR_NONE);
	for (int i = 16; i < 256; i++)
		assert_int_equal(color_rgb(color_map(COLOR_RGB | color_rgb(i), COLORS_256)), color_rgb(i));
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml, *says;
	} rows[] = {
	    {"ok: {fg: green}\nselcted: {bg: 4}\n",
	     "t.yaml:2: nothing on the screen is called \"selcted\". Did you mean \"selected\"?"},
	    {"ok: {fg: gren}\n", "t.yaml:1: \"gren\" is no colour. Did you mean \"green\"?"},
	    {"ok: {fg: 256}\n", "t.yaml:1: \"256\" is no colour."},
	    {"ok: {fg: \"#12345\"}\n", "is no colour"},
	    {"ok: {fg: \"#1234zz\"}\n", "is no colour"},
	    {"ok: {fg: #fff}\n", "t.yaml:"},
	    {"ok:\n  fg:\n", "t.yaml:2: a colour is missing"},
	    {"ok: {color: red}\n", "t.yaml:1: a look has no \"color\"."},
	    {"ok: {bolt: true}\n", "Did you mean \"bold\"?"},
	    {"ok: {bold: 1}\n", "t.yaml:1: bold must be true or false."},
	    {"ok: green\n", "t.yaml:1: a look is a map"},
	    {"- ok\n", "t.yaml:1: a theme is a map"},
	    {"extends: drk\n", "t.yaml:1: There is no theme \"drk\". Did you mean \"dark\"?"},
	    {"extends: [dark]\n", "t.yaml:1: extends takes the name"},
	    {"ok: {fg: red}\nok: {fg: red}\n", "t.yaml:2"},
	    {"ok: {fg: red\n", "t.yaml:"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct theme theme = {.name = "kept"};
		struct err err = {""};
		assert_int_equal(theme_parse(&theme, "t.yaml", rows[i].yaml, strlen(rows[i].yaml), &err), -1);
		if (!strstr(err.text, rows[i].says))
			fail_msg("got: %s\nwant: %s", err.text, rows[i].says);
		assert_string_equal(theme.name, "kept");
	}
}

static void test_files(void **state)
{
	char path[] = "/tmp/theme-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	struct theme theme;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "extends: light\nok: {fg: 5}\n", 27), 27);
	close(fd);
	assert_int_equal(theme_load(&theme, path, &err), 0);
	assert_int_equal(theme.looks[STYLE_OK].fg, 5);
	assert_int_equal(theme.looks[STYLE_BAD].fg, 124);
	unlink(path);
	assert_int_equal(theme_load(&theme, path, &err), -1);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(theme_load(&theme, "lihgt", &err), -1);
	assert_non_null(strstr(err.text, "Did you mean \"light\"?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_embedded_are_complete),
	    cmocka_unit_test(test_contrast),
	    cmocka_unit_test(test_states_differ),
	    cmocka_unit_test(test_look_rules),
	    cmocka_unit_test(test_own_ground),
	    cmocka_unit_test(test_hues_survive_on_16),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

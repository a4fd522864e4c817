/* SPDX-License-Identifier: MIT */
/* Small things that views say: ages, levels of log lines, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "view/log_level.h"
#include "view/age.h"
#include "view/page.h"

static void ages_are_whole_minutes(void **state)
{
	static const struct {
		int64_t now, at;
		const char *text;
	} rows[] = {
		{60000, 0, ""},          {60000, 70000, "<1m"},    {120000, 61000, "<1m"}, {120000, 60000, "1m"},
		{240000, 120001, "1m"},  {240000, 120000, "2m"},   {960000, 60000, "15m"}, {36060000, 60000, "10h"},
		{11160000, 60000, "3h5m"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[32];
		struct text text = text_in(room, sizeof(room));
		age_text(rows[i].now, rows[i].at, &text);
		assert_string_equal(room, rows[i].text);
	}
}

static void levels_of_log_lines(void **state)
{
	static const struct {
		const char *line;
		uint16_t style;
	} rows[] = {
		{"", STYLE_TEXT},
		{"E", STYLE_TEXT},
		{"GET /errors 200", STYLE_TEXT},
		{"0 error(s) found", STYLE_TEXT},
		{"ERROR_RATE=0", STYLE_TEXT},
		{"2026-01-01 ERROR no route", STYLE_LOG_ERROR},
		{"{\"level\":\"error\",\"msg\":\"x\"}", STYLE_LOG_ERROR},
		{"{\"level\": \"warn\"}", STYLE_LOG_WARNING},
		{"ts=1 level=debug msg=x", STYLE_LOG_DEBUG},
		{"[error] 12#12: upstream", STYLE_LOG_ERROR},
		{"E1123 14:02:11.000000 1 main.go:1] lost", STYLE_LOG_ERROR},
		{"W1123 14:02:11.000000 1 main.go:1] hm", STYLE_LOG_WARNING},
		{"I1123 14:02:11.000000 1 main.go:1] fine", STYLE_TEXT},
		{"severity=CRITICAL all is lost", STYLE_LOG_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (log_level_style(rows[i].line) != rows[i].style)
			fail_msg("'%s' is taken for %s", rows[i].line, element_name(log_level_style(rows[i].line)));
}

static void a_page_wraps_words_under_where_they_began(void **state)
{
	static const char *const lines[] = {"ab  one two", "    three", "    superlongw", "    ord", ""};
	struct page page = {0};
	struct pager_source source;
	uint16_t style = STYLE_TEXT;

	(void)state;
	page_line(&page);
	page_put(&page, STYLE_STRONG, "ab");
	page_pad(&page, 4);
	page_wrap(&page, STYLE_TEXT, 14, "one two three superlongword");
	page_line(&page);
	page_source(&page, &source);
	assert_int_equal(source.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(source.line(source.arg, i, &style), lines[i]);
	page_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages_are_whole_minutes),
		cmocka_unit_test(levels_of_log_lines),
		cmocka_unit_test(a_page_wraps_words_under_where_they_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The open log: its bounds, its sources, and that nothing harmful gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "model/logring.h"

static void add(struct logring *ring, const char *line)
{
	logring_add(ring, 0, 0, line, strlen(line));
}

static void test_lines_are_safe(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"", ""},
		{"\033[31mred\033[0m and \033[1;38;5;12mblue\033[m", "red and blue"},
		{"\033]0;title\007text \033]8;;http://a\033\\link", "text link"},
		{"tab\there\r", "tab here"},
		{"cut \033[3", "cut "},
		{"cut \033", "cut "},
		{"\033(Bcharset", "(Bcharset"},
		{"bad \xff\xfe utf", "bad \xef\xbf\xbd\xef\xbf\xbd utf"},
		{"\xe2\x80\xaegnp.exe", "gnp.exe"},
	};
	struct logring *ring = logring_new();
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add(ring, cases[i].in);
		assert_string_equal(logring_at(ring, i)->text, cases[i].out);
	}
	assert_null(logring_at(ring, logring_count(ring)));
	logring_free(ring);
}

static void test_a_long_line_is_cut(void **state)
{
	struct logring *ring = logring_new();
	char *line = mem_new(3 * LOGRING_LINE);
	(void)state;
	memset(line, 'x', 3 * LOGRING_LINE - 1);
	logring_add(ring, 0, 0, line, LOGRING_LINE);
	assert_int_equal(strlen(logring_at(ring, 0)->text), LOGRING_LINE);
	assert_int_equal(logring_at(ring, 0)->text[LOGRING_LINE - 1], 'x');
	for (size_t len = LOGRING_LINE + 1; len < 3 * LOGRING_LINE; len += 997) {
		for (size_t i = 0; i + 2 < 3 * LOGRING_LINE; i += 2)
			memcpy(line + i, "\xc3\xa9", 2);
		logring_clear(ring);
		logring_add(ring, 0, 0, line, len);
		const char *text = logring_at(ring, 0)->text;
		assert_true(strlen(text) <= LOGRING_LINE);
		assert_string_equal(text + strlen(text) - 3, "…");
		assert_true(utf8_is_safe(text, strlen(text)));
	}
	free(line);
	logring_free(ring);
}

static void test_bounds(void **state)
{
	struct logring *ring = logring_new();
	char line[64];
	(void)state;
	for (int i = 0; i < LOGRING_LINES + 123; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		add(ring, line);
	}
	assert_int_equal(logring_count(ring), LOGRING_LINES);
	assert_int_equal(logring_dropped(ring), 123);
	assert_string_equal(logring_at(ring, 0)->text, "line 123");
	assert_string_equal(logring_at(ring, LOGRING_LINES - 1)->text, line);
	/* By bytes: long lines leave room for fewer. */
	char *longest = mem_new(LOGRING_LINE + 1);
	memset(longest, 'y', LOGRING_LINE);
	for (int i = 0; i < 3000; i++)
		add(ring, longest);
	assert_int_equal(logring_count(ring), LOGRING_BYTES / (LOGRING_LINE + 1));
	size_t bytes = 0;
	for (size_t i = 0; i < logring_count(ring); i++)
		bytes += strlen(logring_at(ring, i)->text) + 1;
	assert_true(bytes <= LOGRING_BYTES);
	uint64_t version = logring_version(ring);
	logring_clear(ring);
	assert_int_equal(logring_count(ring), 0);
	assert_true(logring_version(ring) > version);
	add(ring, "again");
	assert_string_equal(logring_at(ring, 0)->text, "again");
	free(longest);
	logring_free(ring);
}

static void test_sources(void **state)
{
	struct logring *ring = logring_new();
	char name[32];
	(void)state;
	uint32_t app = logring_source(ring, "pod-1/app"), proxy = logring_source(ring, "pod-1/proxy");
	assert_int_not_equal(app, proxy);
	logring_add(ring, proxy, 77, "x", 1);
	logring_clear(ring);
	assert_int_equal(logring_source(ring, "pod-1/app"), app);
	assert_string_equal(logring_source_name(ring, proxy), "pod-1/proxy");
	assert_string_equal(logring_source_name(ring, 999), "");
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "pod-%d/app", i);
		assert_true(logring_source(ring, name) < 4096);
	}
	assert_string_equal(logring_source_name(ring, 4095), "others");
	assert_int_equal(logring_source(ring, "pod-1/app"), app);
	logring_free(ring);
}

static void test_lines_come_to_stand_in_order(void **state)
{
	static const struct {
		int64_t at_ms, reach_ms;
		const char *text;
	} lines[] = {{100, INT64_MAX, "b"}, {300, INT64_MAX, "e"}, {0, 0, "--"}, {200, INT64_MAX, "c"}, {50, INT64_MAX, "a"},
	             {200, INT64_MAX, "d"}, {310, 0, "f"}, {301, 20, "ef"}, {10, 100, "late"}, {400, 0, "g"}};
	struct logring *ring = logring_new();
	char order[64] = "";
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		logring_insert(ring, 0, lines[i].at_ms, lines[i].reach_ms, lines[i].text, strlen(lines[i].text));
	for (size_t i = 0; i < logring_count(ring); i++) {
		strcat(order, logring_at(ring, i)->text);
		strcat(order, " ");
	}
	/* Without a time a line stays with the one before it; one from too far back stands at the end. */
	assert_string_equal(order, "a b c d e -- ef f late g ");
	logring_free(ring);
}

/* Also around the seam of the ring, and when the oldest give way. */
static void test_order_in_a_full_ring(void **state)
{
	struct logring *ring = logring_new();
	char text[16];
	(void)state;
	for (int i = 0; i < LOGRING_LINES + 500; i++) {
		int at = i % 2 ? i - 1 : i + 1; /* pairs the wrong way round */
		snprintf(text, sizeof(text), "%d", at);
		logring_insert(ring, 0, at + 1, 1000, text, strlen(text));
	}
	assert_int_equal(logring_count(ring), LOGRING_LINES);
	for (size_t i = 1; i < LOGRING_LINES; i++)
		assert_int_equal(logring_at(ring, i)->at_ms, logring_at(ring, i - 1)->at_ms + 1);
	logring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_safe),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_lines_come_to_stand_in_order),
		cmocka_unit_test(test_order_in_a_full_ring),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Stamps and ages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <inttypes.h>
#include <time.h>

#include "base/clock.h"

static void test_stamps_that_are_valid(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-11-23T13:26:13Z", 1795440373000},
	    {"2026-11-23t13:26:13z", 1795440373000},
	    {"2026-11-23T15:26:13+02:00", 1795440373000},
	    {"2026-11-23T07:56:13-05:30", 1795440373000},
	    {"2026-11-23T13:26:13-00:00", 1795440373000},
	    {"2026-11-23T13:26:13.5Z", 1795440373500},
	    {"2026-11-23T13:26:13.123456789Z", 1795440373123},
	    {"2026-11-23T13:26:13.99999999999999999999+00:00", 1795440373999},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"2000-02-29T00:00:00Z", 951782400000},
	    {"2024-02-29T23:59:59Z", 1709251199000},
	    {"0000-01-01T00:00:00Z", -62167219200000},
	    {"0001-01-01T00:00:00Z", -62135596800000},
	    {"9999-12-31T23:59:59Z", 253402300799000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"2017-01-01T01:59:60+02:00", 1483228800000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = 42;

		if (stamp_parse(cases[i].text, &ms) != 0 || ms != cases[i].ms)
			fail_msg("%s gave %" PRId64, cases[i].text, ms);
	}
}

static void test_stamps_that_are_none(void **state)
{
	static const char *const cases[] = {
	    "",
	    "2026",
	    "2026-11-23",
	    "2026-11-23T13:26:13",
	    "2026-11-23 13:26:13Z",
	    "2026-11-23T13:26Z",
	    "2026-13-01T00:00:00Z",
	    "2026-00-01T00:00:00Z",
	    "2026-01-00T00:00:00Z",
	    "2026-01-32T00:00:00Z",
	    "2026-04-31T00:00:00Z",
	    "2026-02-29T00:00:00Z",
	    "1900-02-29T00:00:00Z",
	    "2200-02-29T00:00:00Z",
	    "2026-01-01T24:00:00Z",
	    "2026-01-01T00:60:00Z",
	    "2026-01-01T00:00:61Z",
	    "2026-01-01T00:00:60Z",
	    "2026-01-01T00:00:00.Z",
	    "2026-01-01T00:00:00,5Z",
	    "2026-01-01T00:00:00ZZ",
	    "2026-01-01T00:00:00Z ",
	    " 2026-01-01T00:00:00Z",
	    "2026-01-01T00:00:00+24:00",
	    "2026-01-01T00:00:00+00:60",
	    "2026-01-01T00:00:00+0000",
	    "2026-01-01T00:00:00+00",
	    "2026-01-01T00:00:00+00:00x",
	    "+026-01-01T00:00:00Z",
	    "2026-1-01T00:00:00Z",
	    "20260101T000000Z",
	    "2026-01-01T-1:00:00Z",
	    "12026-01-01T00:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = 42;

		if (stamp_parse(cases[i], &ms) != -1)
			fail_msg("\"%s\" was taken for a stamp", cases[i]);
		assert_int_equal(ms, 42);
	}
	assert_int_equal(stamp_parse(NULL, NULL), -1);
}

static void test_formatting_is_the_reverse(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {1795440373999, "2026-11-23T13:26:13Z"},
	    {-1, "1969-12-31T23:59:59Z"},
	    {-1000, "1969-12-31T23:59:59Z"},
	    {-62167219200000, "0000-01-01T00:00:00Z"},
	    {INT64_MIN, "0000-01-01T00:00:00Z"},
	    {INT64_MAX, "9999-12-31T23:59:59Z"},
	};
	char out[32];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stamp_format(cases[i].ms, out);
		assert_string_equal(out, cases[i].text);
	}
	/* Every day of 400 years: the calendar repeats after that. */
	for (int64_t day = -73000; day < 73100; day++) {
		stamp_format(day * 86400000 + 43200000, out);
		assert_int_equal(stamp_parse(out, &ms), 0);
		assert_int_equal(ms, day * 86400000 + 43200000);
	}
}

static void test_clock_text_is_local(void **state)
{
	char out[16];

	(void)state;
	setenv("TZ", "XST-5:30", 1);
	tzset();
	stamp_format_clock(1795440373000, out);
	assert_string_equal(out, "18:56:13");
	setenv("TZ", "UTC", 1);
	tzset();
	stamp_format_clock(1795440373999, out);
	assert_string_equal(out, "13:26:13");
}

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)

static void test_ages_are_kubectls(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {-2 * SECOND, "<invalid>"},
	    {-2 * SECOND + 1, "0s"},
	    {-1, "0s"},
	    {0, "0s"},
	    {SECOND, "1s"},
	    {70 * SECOND, "70s"},
	    {2 * MINUTE - 1, "119s"},
	    {2 * MINUTE, "2m"},
	    {2 * MINUTE + SECOND, "2m1s"},
	    {10 * MINUTE - 1, "9m59s"},
	    {10 * MINUTE, "10m"},
	    {10 * MINUTE + 30 * SECOND, "10m"},
	    {3 * HOUR - 1, "179m"},
	    {3 * HOUR, "3h"},
	    {3 * HOUR + 12 * MINUTE, "3h12m"},
	    {8 * HOUR - 1, "7h59m"},
	    {8 * HOUR, "8h"},
	    {2 * DAY - 1, "47h"},
	    {2 * DAY, "2d"},
	    {2 * DAY + 3 * HOUR, "2d3h"},
	    {8 * DAY - 1, "7d23h"},
	    {8 * DAY, "8d"},
	    {120 * DAY, "120d"},
	    {2 * YEAR - 1, "729d"},
	    {2 * YEAR, "2y"},
	    {2 * YEAR + 31 * DAY, "2y31d"},
	    {8 * YEAR - 1, "7y364d"},
	    {8 * YEAR, "8y"},
	    {20 * YEAR + 200 * DAY, "20y"},
	    {INT64_MAX, "292471208y"},
	    {INT64_MIN, "<invalid>"},
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		age_format(cases[i].ms, out, sizeof(out));
		assert_string_equal(out, cases[i].text);
	}
	age_format(2 * YEAR + 31 * DAY, out, 4);
	assert_string_equal(out, "2y3");
}

static void test_clocks(void **state)
{
	struct clock_fixed fixed;
	int64_t mono, before = (int64_t)time(NULL);

	(void)state;
	clock_fixed_init(&fixed, 1795440373000);
	assert_int_equal(fixed.clock.wall(&fixed.clock), 1795440373000);
	assert_int_equal(fixed.clock.mono(&fixed.clock), 0);
	fixed.mono_ms += 5;
	assert_int_equal(fixed.clock.mono(&fixed.clock), 5);
	mono = clock_system.mono(&clock_system);
	assert_true(clock_system.mono(&clock_system) >= mono);
	assert_true(clock_system.wall(&clock_system) / 1000 >= before - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stamps_that_are_valid),     cmocka_unit_test(test_stamps_that_are_none),
	    cmocka_unit_test(test_formatting_is_the_reverse), cmocka_unit_test(test_clock_text_is_local),
	    cmocka_unit_test(test_ages_are_kubectls),         cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Durations and moments as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/when.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		double seconds; /* 0: refused */
	} rows[] = {
		{"30s", 30}, {"5m", 300}, {"1h30m", 5400}, {"2d", 172800}, {"1w", 604800}, {"500ms", 0.5}, {"90", 90},
		{"1.5h", 5400}, {"", 0}, {"0s", 0}, {"-5m", 0}, {"5 m", 0}, {"5x", 0}, {"m", 0}, {"inf", 0}, {"nan", 0},
		{"1e3", 0}, {"0x10", 0}, {"1.2.3s", 0}, {"400d", 0}, {"5m30", 0}, {"5mm", 0}, {"99999999999999999999d", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = {.text = ""};
		double seconds = -1;
		int result = duration_parse(rows[i].text, &seconds, &err);
		if ((result == 0) != (rows[i].seconds > 0) || (result == 0 && seconds != rows[i].seconds))
			fail_msg("'%s' gave %d, %f", rows[i].text, result, seconds);
		assert_true(result == 0 || strstr(err.text, "30s"));
	}
}

static void moments(void **state)
{
	static const struct {
		const char *text, *stamp; /* NULL: refused */
	} rows[] = {
		{"2h", "2026-11-24T12:30:00Z"}, {"3d", "2026-11-27T10:30:00Z"}, {"18:00", "2026-11-24T18:00:00Z"},
		{"09:00", "2026-11-25T09:00:00Z"}, {"10:30", "2026-11-25T10:30:00Z"}, {"2026-12-01", "2026-12-01T00:00:00Z"},
		{"2026-12-01 18:00", "2026-12-01T18:00:00Z"}, {"2026-12-01T18:00", "2026-12-01T18:00:00Z"},
		{"2026-12-01T18:00:00+02:00", "2026-12-01T16:00:00Z"}, {"2028-02-29", "2028-02-29T00:00:00Z"},
		{"2026-11-24", NULL}, {"2020-01-01", NULL}, {"2027-02-29", NULL}, {"2026-13-01", NULL}, {"25:00", NULL},
		{"18:60", NULL}, {"18:00x", NULL}, {"tomorrow", NULL}, {"", NULL}, {"2026-12-01 18:00 or so", NULL},
	};
	int64_t now;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(stamp_parse("2026-11-24T10:30:00Z", &now), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = {.text = ""};
		char stamp[32] = "";
		int64_t ms = 0;
		if (when_parse(rows[i].text, now, &ms, &err) == 0)
			stamp_format(ms, stamp);
		if (strcmp(stamp, rows[i].stamp ? rows[i].stamp : "") != 0)
			fail_msg("'%s' gave '%s'", rows[i].text, stamp);
		assert_true(rows[i].stamp || err.text[0]);
	}
	char local[32];
	when_format(now, local);
	assert_string_equal(local, "2026-11-24 10:30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

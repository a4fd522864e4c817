/* SPDX-License-Identifier: MIT */
/* The waits of client-go's reflector, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/backoff.h"

static void assert_seconds(double got, double expected)
{
	assert_true(got > expected - 1e-9 && got < expected + 1e-9);
}

static void test_doubles_to_the_cap(void **state)
{
	static const double waits[] = {0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30};
	struct backoff backoff;
	int64_t now = 5000;

	(void)state;
	backoff_init(&backoff);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++, now += 60000)
		assert_seconds(backoff_step(&backoff, now, 0), waits[i]);
	assert_seconds(backoff_step(&backoff, now, 0.5), 45);
}

static void test_jitter_does_not_grow(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff);
	assert_seconds(backoff_step(&backoff, 1000, 0.25), 1.0);
	assert_seconds(backoff_step(&backoff, 2000, 0), 1.6);
}

static void test_quiet_starts_anew(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff);
	backoff_step(&backoff, 0, 0); /* at time 0, too */
	assert_seconds(backoff_step(&backoff, 120000, 0), 1.6);
	assert_seconds(backoff_step(&backoff, 240001, 0), 0.8);
	assert_seconds(backoff_step(&backoff, 240002, 0), 1.6);
	backoff_reset(&backoff);
	assert_seconds(backoff_step(&backoff, 240003, 0), 0.8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_doubles_to_the_cap),
	    cmocka_unit_test(test_jitter_does_not_grow),
	    cmocka_unit_test(test_quiet_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Regression or noise: equal runs stay equal, differences that matter are seen, others are not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/compare.h"

/* Log-normal-like noise around a level that also wanders slowly. */
static void fill(struct run *run, int seconds, double level, double errors, unsigned seed)
{
	uint64_t state = seed * 7919u + 1;
	run_init(run);
	for (int i = 0; i < seconds; i++) {
		struct run_second *second = run_add_second(run);
		state = state * 6364136223846793005u + 1442695040888963407u;
		double noise = 0.9 + 0.2 * (double)(state >> 40) / (double)(1 << 24);
		double wave = 1 + 0.05 * sin(i / 7.0 + seed);
		second->at = i;
		second->seconds = 1;
		second->p50 = level * noise * wave;
		second->mean = second->p50 * 1.1;
		second->p99 = level * 4 * noise * noise * wave;
		second->ok = (uint64_t)(1000 - errors);
		second->errors[RUN_ERROR_STATUS] = (uint64_t)errors;
		second->warmup = i < 5;
	}
}

static void check(double level, double errors, int seconds, enum compare_verdict wanted)
{
	struct run before, after;
	struct comparison comparison;
	fill(&before, 60, 10, 0, 1);
	fill(&after, seconds, level, errors, 2);
	runs_compare(&comparison, &before, &after, 0.05);
	if (comparison.verdict != wanted)
		fail_msg("level %g errors %g: %s", level, errors, comparison.words);
	run_release(&before);
	run_release(&after);
}

static void test_verdicts(void **state)
{
	(void)state;
	check(10, 0, 60, COMPARE_SAME);
	check(10.2, 0, 60, COMPARE_SAME);
	check(12, 0, 60, COMPARE_WORSE);
	check(8, 0, 60, COMPARE_BETTER);
	check(10, 20, 60, COMPARE_WORSE);
	check(10, 0, 12, COMPARE_UNKNOWN);
}

/* Two runs of the same target must hardly ever differ. */
static void test_false_alarms(void **state)
{
	int alarms = 0;
	(void)state;
	for (unsigned seed = 10; seed < 50; seed++) {
		struct run before, after;
		struct comparison comparison;
		fill(&before, 40, 10, 0, seed);
		fill(&after, 40, 10, 0, seed + 1000);
		runs_compare(&comparison, &before, &after, 0.05);
		alarms += comparison.verdict != COMPARE_SAME;
		run_release(&before);
		run_release(&after);
	}
	assert_true(alarms <= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_false_alarms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Runs: what is written is read again, and what is hostile is bounded. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/run.h"

static void test_round_trip(void **state)
{
	struct run run, back;
	struct buf out;
	struct err err = {0};
	(void)state;
	run_init(&run);
	run_init(&back);
	buf_init(&out, 1 << 20);
	strcpy(run.id, "20261124-060000-smoke-1a2b");
	strcpy(run.name, "smoke");
	strcpy(run.slos[0].text, "p99 < 250ms");
	run.slo_count = 1;
	run.started_ms = 1795500000123;
	run.connections = 12;
	assert_int_equal(run_manifest_write(&run, &out), 0);
	assert_int_equal(run_manifest_read(&back, out.data, out.len, &err), 0);
	assert_string_equal(back.id, run.id);
	assert_int_equal(back.started_ms, run.started_ms);
	assert_string_equal(back.slos[0].text, "p99 < 250ms");
	struct run_second *second = run_add_second(&run);
	second->at = 3;
	second->intended = 500;
	second->p99 = 12.3456;
	second->p50 = NAN;
	second->errors[RUN_ERROR_TIMEOUT] = 7;
	second->heat[5] = 9;
	second->codes[2] = 493;
	buf_clear(&out);
	assert_int_equal(run_second_write(second, &out), 0);
	assert_non_null(memchr(out.data, '\n', out.len));
	assert_int_equal(run_second_read(&back, out.data, out.len), 0);
	assert_int_equal(back.seconds[0].intended, 500);
	assert_true(isnan(back.seconds[0].p50) && back.seconds[0].p99 == 12.346);
	assert_int_equal(run_failed(&back.seconds[0]), 7);
	assert_int_equal(back.seconds[0].heat[5], 9);
	assert_int_equal(back.seconds[0].codes[2], 493);
	run.state = RUN_FAILED;
	strcpy(run.words, "p99 was 300 ms");
	run.total = *second;
	strcpy(run.requests[0].name, "home");
	run.request_count = 1;
	buf_clear(&out);
	assert_int_equal(run_verdict_write(&run, &out), 0);
	assert_int_equal(run_verdict_read(&back, out.data, out.len, &err), 0);
	assert_int_equal(back.state, RUN_FAILED);
	assert_string_equal(back.requests[0].name, "home");
	assert_int_equal(back.total.errors[RUN_ERROR_TIMEOUT], 7);
	assert_true(back.found_rate < 0);
	run_release(&run);
	run_release(&back);
	buf_release(&out);
}

static void test_hostile(void **state)
{
	static const char *const lines[] = {"", "{", "[]", "{}", "{\"at\": \"x\"}", "{\"at\": 1", "null"};
	struct run run;
	struct err err = {0};
	(void)state;
	run_init(&run);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run_second_read(&run, lines[i], strlen(lines[i])), -1);
		assert_int_equal(run_manifest_read(&run, lines[i], strlen(lines[i]), &err), -1);
		assert_int_equal(run_verdict_read(&run, lines[i], strlen(lines[i]), &err), -1);
	}
	const char *odd = "{\"at\": 1, \"sent\": -5, \"ok\": 1e300, \"open\": 1e20, \"heat\": [1, \"a\", -3, 1e99], \"codes\": 4,"
	                  " \"errors\": []}";
	assert_int_equal(run_second_read(&run, odd, strlen(odd)), 0);
	assert_int_equal(run.seconds[0].sent + run.seconds[0].ok, 0);
	assert_int_equal(run.seconds[0].heat[0], 1);
	const char *name = "{\"format\": 1, \"id\": \"a\\u001b[31mb\", \"name\": \"x\"}";
	assert_int_equal(run_manifest_read(&run, name, strlen(name), &err), 0);
	assert_string_equal(run.id, "a[31mb");
	run_release(&run);
}

static void test_heat(void **state)
{
	struct run_second second = {0};
	(void)state;
	assert_int_equal(run_heat_of(0), 0);
	assert_int_equal(run_heat_of(1e9), RUN_HEAT - 1);
	for (int i = 0; i < RUN_HEAT; i++)
		assert_int_equal(run_heat_of(run_heat_from(i) * 1.01), i);
	assert_true(isnan(run_heat_percentile(&second, 50)));
	second.heat[run_heat_of(10)] = 99;
	second.heat[run_heat_of(1000)] = 1;
	assert_true(fabs(run_heat_percentile(&second, 50) / 10 - 1) < 0.25);
	assert_true(fabs(run_heat_percentile(&second, 99.9) / 1000 - 1) < 0.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_hostile), cmocka_unit_test(test_heat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Profiles written for k6 and JMeter: what a profile says stays text there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/tool.h"

static const char *const text =
    "name: 'a<b>'\nengine: k6\ntarget: http://127.0.0.1:8080/api\nstages: [{from: 10/s, rate: 20/s, for: 5s}, {spike: 90/s, for: 1s}]\n"
    "requests:\n  - {name: 'x`y\\z', path: '/q?a=${seq}&b=$1', headers: {X: '`${alert(1)}`'}, weight: 3}\n"
    "  - {name: post, method: POST, path: /p, body: '</x>\"', expect: {status: [201, 4xx]}}\n";

static void test_written(void **state)
{
	struct profile profile;
	struct vec problems;
	struct buf out;
	char *clean = strdup(text), *at;
	(void)state;
	/* A variable that is none would be refused by the profile: a dollar alone is not. */
	at = strstr(clean, "${alert(1)}");
	memcpy(at, "$ {alert()}", 11);
	buf_init(&out, 1 << 20);
	if (profile_parse(&profile, "p.yaml", clean, strlen(clean), &problems, NULL) < 0)
		fail_msg("%s", (char *)problems.items[0]);
	assert_int_equal(k6_script_write(&profile, &out), 0);
	assert_non_null(strstr(out.data, "http://127.0.0.1:8080/api/q?a=${exec.scenario.iterationInTest}&b=\\$1"));
	assert_non_null(strstr(out.data, "`\\`\\$ {alert()}\\``"));
	assert_non_null(strstr(out.data, "`x\\`y\\\\z`"));
	assert_non_null(strstr(out.data, "{target: 90000, duration: '0s'}, {target: 90000, duration: '1.000s'}"));
	assert_non_null(strstr(out.data, "http.expectedStatuses(201, {min: 400, max: 499})"));
	assert_non_null(strstr(out.data, "if (at < 0.750000000)"));
	buf_clear(&out);
	assert_int_equal(jmx_write(&profile, &out), 0);
	assert_non_null(strstr(out.data, "testname=\"a&lt;b&gt;\""));
	assert_non_null(strstr(out.data, "&lt;/x&gt;&quot;"));
	assert_non_null(strstr(out.data, "rate(10/sec) even_arrivals(5 sec) rate(20/sec)"));
	assert_null(strstr(out.data, "</x>"));
	buf_release(&out);
	profile_release(&profile);
	problems_release(&problems);
	free(clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_written)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

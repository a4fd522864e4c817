/* SPDX-License-Identifier: MIT */
/* Profiles: what is read, and that everything wrong is named with file:line and the nearest name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "load/profile.h"

static int parse(struct profile *profile, struct vec *problems, const char *text)
{
	struct err err = {0};
	return profile_parse(profile, "p.yaml", text, strlen(text), problems, &err);
}

static void test_whole(void **state)
{
	struct profile profile;
	struct vec problems;
	(void)state;
	setenv("LOAD_TEST_TOKEN", "Bearer abc", 1);
	if (parse(&profile, &problems,
	          "name: checkout\ntarget: https://[::1]:8443/api/\nservice: checkout\nenv: dev\nhttp: 2\nconnections: 40\n"
	          "threads: 2\nwarmup: 10s\ntimeouts: {connect: 2s, request: 1500ms}\narrivals: poisson\n"
	          "tls: {insecure: true, name: shop}\nlabels: {commit: a1b2c3d}\n"
	          "stages:\n  - {from: 10/s, rate: 2k, for: 1m30s}\n  - {steps: {from: 100, to: 300, by: 100}, for: 10s}\n"
	          "  - {spike: 5000/s, for: 5s}\n"
	          "requests:\n  - {name: list, path: '/items?q=${seq}', weight: 3, headers: {Accept: text/html}}\n"
	          "  - name: buy\n    method: POST\n    path: /buy\n    headers: {Authorization: {env: LOAD_TEST_TOKEN}}\n"
	          "    body: '{\"id\": \"${uuid}\"}'\n    expect: {status: [201, 2xx], contains: ok, under: 500ms}\n"
	          "slos:\n  - p99 < 250ms\n  - {check: errors < 1% for 30s, abort: true}\n") < 0)
		fail_msg("%s", (const char *)problems.items[0]);
	assert_string_equal(profile.at.host, "::1");
	assert_int_equal(profile.at.port, 8443);
	assert_int_equal(profile.at.tls, 1);
	assert_string_equal(profile.at.prefix, "/api");
	assert_int_equal(profile.protocol, PROTOCOL_HTTP2);
	assert_int_equal(profile.stage_count, 5);
	assert_true(profile.stages[0].from == 10 && profile.stages[0].to == 2000 && profile.stages[0].seconds == 90);
	assert_true(profile.stages[3].from == 300 && profile.stages[4].to == 5000);
	assert_true(profile_seconds(&profile) == 10 + 90 + 30 + 5);
	assert_true(profile_peak(&profile) == 5000);
	assert_string_equal(profile.requests[1].headers[0].value, "Bearer abc");
	assert_int_equal(profile.requests[1].expect.statuses[0], 201);
	assert_int_equal(profile.requests[1].expect.statuses[1], 2);
	assert_int_equal(profile.requests[1].expect.under_us, 500000);
	assert_int_equal(profile.slo_count, 2);
	assert_int_equal(profile.slos[1].abort, 1);
	assert_int_equal(profile.poisson, 1);
	profile_release(&profile);
	problems_release(&problems);
}

static void test_problems(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"", "p.yaml:1: the profile is empty"},
		{"nmae: x\n", "p.yaml:1: the profile has no key \"nmae\"; did you mean \"name\"?"},
		{"target: ftp://x\n", "p.yaml:1: target must begin with http:// or https://"},
		{"target: http://a:b@x/\n", "p.yaml:1: target must hold no user and password"},
		{"target: http://x:70000\n", "p.yaml:1: target's port must be 1 to 65535"},
		{"target: http://x\nengine: natve\n", "p.yaml:2: engine must be one of native, jmeter, k6, not \"natve\"; did you "
		                                      "mean \"native\"?"},
		{"target: http://x\nconnections: many\n", "p.yaml:2: connections must be a whole number"},
		{"target: http://x\nconnections: 0\n", "p.yaml:2: connections must be between 1 and 100000"},
		{"target: http://x\nstages:\n  - {rate: fast, for: 1m}\n", "p.yaml:3: rate must be a rate such as"},
		{"target: http://x\nstages:\n  - {rate: 5}\n", "p.yaml:3: a stage needs a time"},
		{"target: http://x\nstages:\n  - {rate: 5, spike: 4, for: 1m}\n", "p.yaml:3: a stage is one of"},
		{"target: http://x\nstages:\n  - {rate: 5, fro: 1m}\n", "p.yaml:3: a stage has no key \"fro\"; did you mean"},
		{"target: http://x\nrequests:\n  - {path: nope}\n", "p.yaml:3: a request needs a path that begins with /"},
		{"target: http://x\nrequests:\n  - {path: '/${user.id}'}\n", "p.yaml:3: ${user.id}: there is no such data file"},
		{"target: http://x\nrequests:\n  - {path: '/${foo}'}\n", "p.yaml:3: there is no ${foo}"},
		{"target: http://x\nrequests:\n  - {path: /, headers: {Content-Length: '3'}}\n",
		 "p.yaml:3: the engine itself writes the header Content-Length"},
		{"target: http://x\nrequests:\n  - {path: /, expect: {status: 99}}\n", "p.yaml:3: status must be 200"},
		{"target: http://x\nslos: [p99 > 3ms]\n", "p.yaml:2: \"p99 > 3ms\" promises the wrong way round"},
		{"target: http://x\nslos: [q99 < 3ms]\n", "p.yaml:2: \"q99\" is nothing that can be promised"},
		{"target: http://x\nslos: [{check: p99 < 3ms, abort: true}]\n", "with abort needs a time"},
		{"target: http://x\nrequests: [{path: /}]\n", "p.yaml:1: a profile needs either stages"},
		{"target: http://x\nrequests: [{path: /}]\nusers: {count: 3}\n", "p.yaml:3: users needs count and for"},
		{"target: http://x\nrequests: [{path: /}, {path: /}]\n", "two requests are named \"/\""},
		{"a: [\n", "p.yaml:"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile profile;
		struct vec problems;
		int found = 0;
		assert_int_equal(parse(&profile, &problems, cases[i].text), -1);
		for (size_t k = 0; k < problems.len; k++)
			found |= strstr(problems.items[k], cases[i].problem) != NULL;
		if (!found)
			fail_msg("\"%s\" is not said of:\n%s\nbut \"%s\"", cases[i].problem, cases[i].text,
			         (const char *)problems.items[0]);
		profile_release(&profile);
		problems_release(&problems);
	}
}

static void test_all_at_once(void **state)
{
	struct profile profile;
	struct vec problems;
	(void)state;
	assert_int_equal(parse(&profile, &problems, "targt: x\nconnections: a\nslos: [x]\n"), -1);
	assert_true(problems.len >= 4);
	profile_release(&profile);
	problems_release(&problems);
}

static void test_data(void **state)
{
	char folder[] = "/tmp/flagdeck-profile-XXXXXX", path[64], text[400];
	struct profile profile;
	struct vec problems;
	struct err err = {0};
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/u.csv", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("id,name\r\n1,\"a, \"\"b\"\"\"\r\n2,c\n", file);
	fclose(file);
	snprintf(text, sizeof(text), "target: http://x\nrequests: [{path: '/${u.id}/${u.name}'}]\nusers: {count: 2, for: 1s}\n"
	                             "data: {u: u.csv}\n");
	char own[80];
	snprintf(own, sizeof(own), "%s/p.yaml", folder);
	if (profile_parse(&profile, own, text, strlen(text), &problems, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(profile.data[0].rows, 2);
	assert_string_equal(profile.data[0].fields[3], "a, \"b\"");
	assert_string_equal(profile.data[0].fields[5], "c");
	profile_release(&profile);
	problems_release(&problems);
	snprintf(text, sizeof(text), "target: http://x\nrequests: [{path: '/${u.nam}'}]\nusers: {count: 2, for: 1s}\n"
	                             "data: {u: u.csv}\n");
	assert_int_equal(profile_parse(&profile, own, text, strlen(text), &problems, &err), -1);
	assert_non_null(strstr(problems.items[0], "did you mean \"name\"?"));
	profile_release(&profile);
	problems_release(&problems);
	unlink(path);
	rmdir(folder);
}

static void test_templates(void **state)
{
	(void)state;
	for (size_t i = 0; profile_template_at(i); i++) {
		char text[4096];
		struct profile profile;
		struct vec problems;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), profile_template_at(i)->text, "http://127.0.0.1:80");
#pragma GCC diagnostic pop
		if (parse(&profile, &problems, text) < 0)
			fail_msg("%s: %s", profile_template_at(i)->name, (const char *)problems.items[0]);
		assert_string_equal(profile.name, profile_template_at(i)->name);
		assert_true(profile_seconds(&profile) > 0);
		profile_release(&profile);
		problems_release(&problems);
	}
}

static double percentile_of(const void *arg, double percentile)
{
	(void)percentile;
	return *(const double *)arg;
}

static void test_slo(void **state)
{
	struct slo slo;
	double p = 260;
	struct slo_measure measure = {percentile_of, &p, 100, 900, 0.02, 480, 0};
	(void)state;
	assert_int_equal(slo_parse(&slo, "p99.9 <= 250ms for 30s", NULL), 0);
	assert_true(slo.percentile == 99.9 && slo.limit == 250 && slo.seconds == 30);
	assert_false(slo_holds(&slo, &measure));
	p = 250;
	assert_true(slo_holds(&slo, &measure));
	p = 0.0 / 0.0;
	assert_false(slo_holds(&slo, &measure));
	measure.idle = 1;
	assert_true(slo_holds(&slo, &measure));
	measure.idle = 0;
	assert_int_equal(slo_parse(&slo, "errors<1%", NULL), 0);
	assert_false(slo_holds(&slo, &measure));
	assert_int_equal(slo_parse(&slo, "rate >= 450/s", NULL), 0);
	assert_true(slo_holds(&slo, &measure));
	assert_int_equal(slo_parse(&slo, "max < 1s", NULL), 0);
	assert_true(slo_holds(&slo, &measure));
	for (int i = 0; i < 6; i++) {
		static const char *const bad[] = {"", "p99", "p99 <", "p101 < 3ms", "errors < 200%", "p99 < 3ms for"};
		assert_int_equal(slo_parse(&slo, bad[i], NULL), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole), cmocka_unit_test(test_problems), cmocka_unit_test(test_all_at_once),
	    cmocka_unit_test(test_data),  cmocka_unit_test(test_templates), cmocka_unit_test(test_slo),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

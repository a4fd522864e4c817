/* SPDX-License-Identifier: MIT */
/* Load tests as Kubernetes objects: who owns what, what travels where, and what the Job says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "load/pods.h"

static const char *const text =
    "name: shop\nengine: jmeter\ntarget: http://shop:8080\nworkers: 4\nkubernetes: {namespace: load, image: jmeter:1, agentImage: agent:1}\n"
    "stages: [{rate: 100/s, for: 10s}]\nrequests: [{path: /, headers: {X: secret-value}}]\n";

static void test_objects(void **state)
{
	struct profile profile;
	struct vec problems;
	struct buf out;
	char name[64];
	(void)state;
	buf_init(&out, 4 << 20);
	if (profile_parse(&profile, "p.yaml", text, strlen(text), &problems, NULL) < 0)
		fail_msg("%s", (char *)problems.items[0]);
	struct pods_wish wish = {.profile = &profile, .run = "20261124-120000-A_very-long-name-of-a-run-that-goes-on-1a2b", .begin_ms = 5000};
	pods_job_name(wish.run, name);
	assert_true(strlen(name) < 60 && name[strlen(name) - 1] != '-');
	assert_int_equal(pods_job_write(&wish, &out, NULL), 0);
	assert_null(strstr(out.data, "secret-value"));
	assert_null(strstr(out.data, "ownerReferences"));
	cJSON *job = json_parse_heap(out.data, out.len, NULL);
	assert_int_equal(json_int(job, "spec/activeDeadlineSeconds", 0), 310);
	assert_int_equal(json_int(job, "spec/completions", 0), 4);
	cJSON_Delete(job);
	wish.job_uid = "uid-1";
	buf_clear(&out);
	assert_int_equal(pods_secret_write(&wish, &out, NULL), 0);
	cJSON *secret = json_parse_heap(out.data, out.len, NULL);
	const char *plan = json_string(json_at(secret, "stringData"), "plan.jmx");
	assert_non_null(strstr(plan, "secret-value"));
	assert_non_null(strstr(plan, "rate(25/sec)"));
	assert_non_null(strstr(out.data, "\"uid\":\"uid-1\""));
	cJSON_Delete(secret);
	buf_clear(&out);
	assert_int_equal(pods_policy_write(&wish, &out, NULL), 0);
	assert_non_null(strstr(out.data, "\"policyTypes\":[\"Ingress\"]"));
	buf_release(&out);
	profile_release(&profile);
	problems_release(&problems);
}

static void read_state(const char *json, struct pods_state *state)
{
	assert_int_equal(pods_state_read(json, strlen(json), state, NULL), 0);
}

static void test_state(void **state)
{
	struct pods_state job;
	char uid[64];
	(void)state;
	read_state("{\"status\":{\"active\":3,\"ready\":2}}", &job);
	assert_true(job.active == 3 && job.ready == 2 && !job.over);
	read_state("{\"status\":{\"succeeded\":3,\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]}}", &job);
	assert_true(job.over && !job.words[0]);
	read_state("{\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\",\"reason\":\"DeadlineExceeded\","
	           "\"message\":\"too \\u001b[31mlong\"}]}}", &job);
	assert_true(job.over);
	assert_string_equal(job.words, "DeadlineExceeded: too [31mlong");
	read_state("{\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"False\"},{}, 7]}}", &job);
	assert_false(job.over);
	assert_int_equal(pods_state_read("[", 1, &job, NULL), -1);
	assert_int_equal(pods_uid_read("{\"metadata\":{\"uid\":\"u\"}}", 24, uid, NULL), 0);
	assert_string_equal(uid, "u");
	assert_int_equal(pods_uid_read("{}", 2, uid, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_objects), cmocka_unit_test(test_state)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The report: what is written for a run, where files may lie, and who may ask. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/serve.h"
#include "report/site.h"

static void test_run(void **state)
{
	struct run run;
	struct buf out;
	(void)state;
	run_init(&run);
	buf_init(&out, 1 << 20);
	strcpy(run.id, "20261124-060000-x-0000");
	strcpy(run.words, "</script><img src=x onerror=alert(1)>");
	for (int i = 0; i < 3; i++) {
		struct run_second *second = run_add_second(&run);
		second->at = i;
		second->seconds = 1;
		second->ok = 10;
		second->p99 = i == 1 ? NAN : 5;
		second->errors[RUN_ERROR_TIMEOUT] = 2;
		second->heat[3] = 7;
	}
	assert_int_equal(site_run_write(&run, &out), 0);
	cJSON *json = json_parse_heap(out.data, out.len, NULL);
	assert_non_null(json);
	assert_int_equal(cJSON_GetArraySize(json_at(json, "series/p99")), 3);
	assert_true(cJSON_IsNull(cJSON_GetArrayItem(json_at(json, "series/p99"), 1)));
	assert_int_equal(cJSON_GetArraySize(json_at(json, "series/errors/timeout")), 3);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetArrayItem(json_at(json, "series/heat"), 0)), 4);
	assert_string_equal(json_string(json, "words"), run.words);
	cJSON_Delete(json);
	buf_release(&out);
	run_release(&run);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"/../x", "/data/../../x", "/.git/config", "x", "/a\\b", "/data/.hidden"};
	char *path;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(site_path("/srv", bad[i]));
	path = site_path("/srv", "/");
	assert_string_equal(path, "/srv/index.html");
	free(path);
	path = site_path("/srv", "/data/a.json");
	assert_string_equal(path, "/srv/data/a.json");
	free(path);
	assert_string_equal(site_type("x/app.js"), "text/javascript; charset=utf-8");
	assert_string_equal(site_type("x"), "application/octet-stream");
}

static void test_hosts(void **state)
{
	static const char *const ours[] = {"127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:80", "LOCALHOST"};
	static const char *const others[] = {"evil.example", "127.0.0.1.evil.example", "localhost.evil", "127.0.0.1:", "127.0.0.1:x", ""};
	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_true(site_host_is_ours(ours[i]));
	for (size_t i = 0; i < 6; i++)
		assert_false(site_host_is_ours(others[i]));
	assert_false(site_host_is_ours(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_run), cmocka_unit_test(test_names), cmocka_unit_test(test_hosts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

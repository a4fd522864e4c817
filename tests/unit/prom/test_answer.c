/* SPDX-License-Identifier: MIT */
/* Answers as Prometheus gives them, and as it should not; at every chunk boundary. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "prom/answer.h"

struct heard {
	struct buf text;
	size_t stop_after;
};

static int on_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct heard *heard = arg;
	assert_int_equal(buf_printf(&heard->text, "{"), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(buf_printf(&heard->text, "%s%s=%s", i ? "," : "", labels[i].name, labels[i].value), 0);
	assert_int_equal(buf_printf(&heard->text, "}"), 0);
	return heard->stop_after && --heard->stop_after == 0;
}

static void on_sample(void *arg, int64_t at_ms, double value)
{
	struct heard *heard = arg;
	if (isnan(value))
		assert_int_equal(buf_printf(&heard->text, " %lld:NaN", (long long)at_ms), 0);
	else
		assert_int_equal(buf_printf(&heard->text, " %lld:%g", (long long)at_ms, value), 0);
}

static void on_histogram(void *arg, int64_t at_ms, const struct answer_histogram *h)
{
	struct heard *heard = arg;
	assert_int_equal(buf_printf(&heard->text, " %lld:h(%g,%g", (long long)at_ms, h->count, h->sum), 0);
	for (size_t i = 0; i < h->bucket_count; i++)
		assert_int_equal(buf_printf(&heard->text, " %g-%g:%g", h->buckets[i].low, h->buckets[i].high, h->buckets[i].count), 0);
	assert_int_equal(buf_printf(&heard->text, ")"), 0);
}

/* Reads in chunks of so many bytes. Returns 0, or -1 with err. */
static int read_all(struct heard *heard, const char *json, size_t len, size_t chunk, struct answer_head *head, struct err *err)
{
	const struct answer_events events = {on_series, on_sample, on_histogram, heard};
	struct answer *answer = answer_new(&events);
	int result = 0;
	buf_init(&heard->text, 1 << 20);
	for (size_t at = 0; at < len && result == 0; at += chunk)
		result = answer_feed(answer, json + at, chunk < len - at ? chunk : len - at, err);
	if (result == 0)
		result = answer_finish(answer, err);
	*head = *answer_head(answer);
	answer_free(answer);
	return result;
}

static const struct {
	const char *json, *heard;
} answers[] = {
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"x\",\"b\":\"y\"},"
	 "\"value\":[1700000000.123,\"4.5\"]},{\"metric\":{},\"value\":[1700000000,\"NaN\"]}]}}",
	 "{a=x,b=y} 1700000000123:4.5{} 1700000000000:NaN"},
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"le\":\"+Inf\"},"
	 "\"values\":[[1,\"1\"],[2,\"+Inf\"],[3,\"-Inf\"]]}]}}",
	 "{le=+Inf} 1000:1 2000:inf 3000:-inf"},
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[5.5,\"7\"]}}", "{} 5500:7"},
	{"{\"data\":{\"result\":[],\"resultType\":\"vector\"},\"status\":\"success\"}", ""},
	{" { \"status\" : \"success\" , \"data\" : { \"resultType\" : \"vector\" , \"stats\":{\"x\":[1,{\"metric\":{\"q\":\"q\"}}]},"
	 "\"result\" : [ { \"metric\" : { \"n\\u00e9\\ud83d\\ude00\\n\" : \"a\\\"b\" } , \"value\" : [ 1 , \"2\" ] } ] } } ",
	 "{n\xc3\xa9\xf0\x9f\x98\x80 =a\"b} 1000:2"},
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"s\":\"x\"},\"histogram\":[9,"
	 "{\"count\":\"6\",\"sum\":\"3.5\",\"buckets\":[[3,\"-0.1\",\"0.1\",\"2\"],[0,\"0.1\",\"0.5\",\"4\"]]}]}]}}",
	 "{s=x} 9000:h(6,3.5 -0.1-0.1:2 0.1-0.5:4)"},
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"histograms\":[[1,"
	 "{\"count\":\"1\",\"sum\":\"1\"}],[2,{\"count\":\"2\",\"sum\":\"2\"}]]}]}}",
	 "{} 1000:h(1,1) 2000:h(2,2)"},
	/* A terminal's escape in a label never gets through. */
	{"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"x\\u001b[31my\"},"
	 "\"value\":[1,\"2\"]}]}}", "{a=x[31my} 1000:2"},
};

static void test_answers_at_every_boundary(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		for (size_t chunk = 1; chunk <= strlen(answers[i].json); chunk++) {
			struct heard heard = {0};
			struct answer_head head;
			struct err err = {0};
			if (read_all(&heard, answers[i].json, strlen(answers[i].json), chunk, &head, &err) != 0)
				fail_msg("%zu in chunks of %zu: %s", i, chunk, err.text);
			assert_string_equal(buf_string(&heard.text), answers[i].heard);
			assert_true(head.success);
			buf_release(&heard.text);
		}
}

static void test_warnings_and_errors(void **state)
{
	static const char partial[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]},"
		"\"warnings\":[\"store eu is down\",\"another\"],\"infos\":[\"metric might not be a counter\"]}";
	static const char error[] = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error at char 3\"}";
	struct heard heard = {0};
	struct answer_head head;
	(void)state;
	assert_int_equal(read_all(&heard, partial, strlen(partial), 7, &head, NULL), 0);
	assert_int_equal(head.warnings, 3);
	assert_string_equal(head.warning, "store eu is down");
	buf_release(&heard.text);
	assert_int_equal(read_all(&heard, error, strlen(error), 7, &head, NULL), 0);
	assert_false(head.success);
	assert_string_equal(head.error_type, "bad_data");
	assert_string_equal(head.error, "parse error at char 3");
	buf_release(&heard.text);
}

static void test_what_is_no_answer(void **state)
{
	static const char *const broken[] = {"", "<html>", "{", "{\"status\":\"success\"", "{\"status\":\"success\"}}", "[1,]", "{\"a\" 1}",
		"{\"a\":1,}", "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":[1}", "{}x", "{\"status\":\"succ"};
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct heard heard = {0};
		struct answer_head head;
		struct err err = {0};
		if (read_all(&heard, broken[i], strlen(broken[i]), 3, &head, &err) != -1)
			fail_msg("'%s' was taken", broken[i]);
		assert_true(err.text[0] != 0);
		buf_release(&heard.text);
	}
	struct buf deep;
	buf_init(&deep, 1 << 16);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_add_string(&deep, "["), 0);
	struct heard heard = {0};
	struct answer_head head;
	struct err err = {0};
	assert_int_equal(read_all(&heard, deep.data, deep.len, 100, &head, &err), -1);
	assert_non_null(strstr(err.text, "nested too deep"));
	buf_release(&heard.text);
	buf_release(&deep);
}

static void test_a_series_can_stop_it(void **state)
{
	struct heard heard = {.stop_after = 2};
	struct answer_head head;
	static const char json[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1,"
		"\"1\"]},{\"metric\":{},\"value\":[1,\"2\"]},{\"metric\":{},\"value\":[1,\"3\"]}]}}";
	(void)state;
	assert_int_equal(read_all(&heard, json, strlen(json), sizeof(json), &head, NULL), 1);
	assert_string_equal(buf_string(&heard.text), "{} 1000:1{}");
	buf_release(&heard.text);
}

/* A hundred thousand series pass through the room of one. */
static void test_a_huge_answer_is_streamed(void **state)
{
	struct heard heard = {0};
	struct answer_head head;
	struct buf json;
	(void)state;
	buf_init(&json, 64 << 20);
	assert_int_equal(buf_add_string(&json, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_printf(&json, "%s{\"metric\":{\"pod\":\"p%d\"},\"value\":[1,\"%d\"]}", i ? "," : "", i, i), 0);
	assert_int_equal(buf_add_string(&json, "]}}"), 0);
	heard.stop_after = 0;
	const struct answer_events events = {on_series, on_sample, NULL, &heard};
	struct answer *answer = answer_new(&events);
	buf_init(&heard.text, 64 << 20);
	assert_int_equal(answer_feed(answer, json.data, json.len, NULL), 0);
	assert_int_equal(answer_finish(answer, NULL), 0);
	head = *answer_head(answer);
	assert_int_equal(head.series, 100000);
	assert_int_equal(head.samples, 100000);
	answer_free(answer);
	buf_release(&heard.text);
	buf_release(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_at_every_boundary),
		cmocka_unit_test(test_warnings_and_errors),
		cmocka_unit_test(test_what_is_no_answer),
		cmocka_unit_test(test_a_series_can_stop_it),
		cmocka_unit_test(test_a_huge_answer_is_streamed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

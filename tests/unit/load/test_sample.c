/* SPDX-License-Identifier: MIT */
/* Rows of JMeter and k6, cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/sample.h"

struct seen {
	struct sample samples[8];
	size_t count;
};

static void take(void *arg, const struct sample *sample)
{
	struct seen *seen = arg;
	assert_true(seen->count < 8);
	seen->samples[seen->count++] = *sample;
}

static uint64_t read_all(struct seen *seen, enum sample_format format, const char *text, size_t piece)
{
	struct sample_reader reader;
	memset(seen, 0, sizeof(*seen));
	sample_reader_init(&reader, format, take, seen);
	for (size_t at = 0, len = strlen(text); at < len; at += piece)
		sample_reader_feed(&reader, text + at, len - at < piece ? len - at : piece);
	uint64_t bad = reader.bad;
	sample_reader_release(&reader);
	return bad;
}

#define ROW1 "1795500000000,12,home,200,OK,t 1-1,text,true,,153,118,1,7,http://x/,12,0,1\n"

static void test_jtl(void **state)
{
	struct seen seen;
	(void)state;
	for (size_t piece = 1; piece < 60; piece++) {
		assert_int_equal(read_all(&seen, SAMPLE_JTL,
		                          "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
		                          "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\r\n" ROW1
		                          "1795500000100,1500,\"buy, \"\"fast\"\"\",503,\"two\nlines\",t,text,false,x,1,1,1,8,u,1,0,0\n"
		                          "no sample at all\n17955000002", piece), 1);
		assert_int_equal(seen.count, 2);
		assert_int_equal(seen.samples[0].end_ms, 1795500000012);
		assert_int_equal(seen.samples[0].elapsed_us, 12000);
		assert_int_equal(seen.samples[0].bytes, 153);
		assert_int_equal(seen.samples[0].active, 7);
		assert_string_equal(seen.samples[1].label, "buy, \"fast\"");
		assert_int_equal(seen.samples[1].status, 503);
		assert_false(seen.samples[1].ok);
		assert_string_equal(seen.samples[1].error, "two lines");
	}
	/* Without a head line; with other columns; a connection that failed. */
	assert_int_equal(read_all(&seen, SAMPLE_JTL, ROW1 ROW1, 9), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(read_all(&seen, SAMPLE_JTL, "success,timeStamp,elapsed,label,responseCode,Hostname\n"
	                                             "false,1795500000000,3,x,Non HTTP response code: java.net.ConnectException,h\n", 100), 0);
	assert_int_equal(seen.samples[0].status, 0);
	assert_int_equal(seen.samples[0].active, -1);
}

static void test_k6(void **state)
{
	struct seen seen;
	(void)state;
	assert_int_equal(read_all(&seen, SAMPLE_K6,
	                          "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,status\n"
	                          "http_reqs,1795500000123456,1,,,,true,,GET,home,200\n"
	                          "http_req_duration,1795500000123456,1.25,,,,true,,GET,home,200\n"
	                          "dropped_iterations,1795500000123456,4,,,,,,,,\nvus,1795500000123456,5,,,,,,,,\nx,y,z\n", 13), 1);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.samples[0].elapsed_us, 1250);
	assert_int_equal(seen.samples[0].end_ms, 1795500000123);
	assert_int_equal(seen.samples[1].dropped, 4);
}

static void test_bounds(void **state)
{
	struct sample_reader reader;
	struct seen seen = {0};
	(void)state;
	sample_reader_init(&reader, SAMPLE_JTL, take, &seen);
	sample_reader_feed(&reader, "1795500000000,12,\"", 18);
	for (int i = 0; i < SAMPLE_ROW; i++)
		sample_reader_feed(&reader, "xx", 2);
	sample_reader_feed(&reader, "\n" ROW1, strlen(ROW1) + 1);
	assert_int_equal(reader.bad, 1);
	assert_int_equal(seen.count, 1);
	sample_reader_release(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_jtl), cmocka_unit_test(test_k6), cmocka_unit_test(test_bounds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

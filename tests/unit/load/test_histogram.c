/* SPDX-License-Identifier: MIT */
/* Percentiles within the promised precision, merging without loss, the encoding and its hostile inputs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/histogram.h"

static const int64_t highest = INT64_C(3600) * 1000 * 1000;

static void assert_near(int64_t got, double wanted, double ratio)
{
	if (fabs((double)got - wanted) > wanted * ratio)
		fail_msg("%lld is not within %g of %g", (long long)got, ratio, wanted);
}

static void test_precision(void **state)
{
	struct histogram histogram;
	(void)state;
	for (int digits = 1; digits <= 4; digits++) {
		histogram_init(&histogram, highest, digits);
		for (int64_t i = 1; i <= 200000; i++)
			histogram_record(&histogram, i * 37);
		for (double p = 0.5; p < 100; p += 0.5)
			assert_near(histogram_percentile(&histogram, p), p / 100 * 200000 * 37, pow(10, -digits));
		assert_int_equal(histogram_percentile(&histogram, 100), 200000 * 37);
		assert_int_equal(histogram.min, 37);
		assert_near((int64_t)histogram_mean(&histogram), 200001.0 / 2 * 37, 0.001);
		histogram_release(&histogram);
	}
}

static void test_small_and_exact(void **state)
{
	struct histogram histogram;
	(void)state;
	histogram_init(&histogram, highest, 3);
	assert_int_equal(histogram_percentile(&histogram, 99), 0);
	assert_true(isnan(histogram_mean(&histogram)));
	for (int i = 0; i < 999; i++)
		histogram_record(&histogram, 100);
	histogram_record(&histogram, 1000000);
	assert_int_equal(histogram_percentile(&histogram, 99.9), 100);
	assert_int_equal(histogram_percentile(&histogram, 99.91), 1000000);
	assert_int_equal(histogram_count_to(&histogram, 100), 999);
	assert_int_equal(histogram_count_to(&histogram, 99), 0);
	histogram_record(&histogram, -5);
	histogram_record(&histogram, highest * 2);
	assert_int_equal(histogram.min, 0);
	assert_int_equal(histogram.max, highest);
	assert_int_equal(histogram.clamped, 1);
	histogram_clear(&histogram);
	assert_int_equal(histogram.total, 0);
	histogram_record(&histogram, 7);
	assert_int_equal(histogram_percentile(&histogram, 50), 7);
	histogram_release(&histogram);
}

static void test_merge(void **state)
{
	struct histogram all, parts[3];
	(void)state;
	histogram_init(&all, highest, 3);
	for (int i = 0; i < 3; i++)
		histogram_init(&parts[i], highest, 3);
	for (int64_t i = 0; i < 30000; i++) {
		int64_t value = i * i % 7919 * (i % 11 + 1);
		histogram_record(&all, value);
		histogram_record(&parts[i % 3], value);
	}
	histogram_add(&parts[0], &parts[1]);
	histogram_add(&parts[0], &parts[2]);
	assert_int_equal(parts[0].total, all.total);
	assert_int_equal(parts[0].min, all.min);
	assert_int_equal(parts[0].max, all.max);
	for (double p = 1; p <= 100; p++)
		assert_int_equal(histogram_percentile(&parts[0], p), histogram_percentile(&all, p));
	struct histogram coarse;
	histogram_init(&coarse, highest, 2);
	histogram_add(&coarse, &all);
	assert_int_equal(coarse.total, all.total);
	assert_near(histogram_percentile(&coarse, 90), (double)histogram_percentile(&all, 90), 0.02);
	histogram_release(&coarse);
	histogram_release(&all);
	for (int i = 0; i < 3; i++)
		histogram_release(&parts[i]);
}

static void test_round_trip(void **state)
{
	struct histogram histogram, back;
	struct buf text;
	struct err err = {0};
	(void)state;
	histogram_init(&histogram, highest, 3);
	buf_init(&text, 1 << 20);
	for (int round = 0; round < 3; round++) {
		buf_clear(&text);
		assert_int_equal(histogram_encode(&histogram, &text), 0);
		assert_int_equal(histogram_decode(&back, text.data, text.len, &err), 0);
		assert_int_equal(back.total, histogram.total);
		assert_int_equal(back.digits, 3);
		assert_int_equal(back.highest, highest);
		for (double p = 1; p < 100 && histogram.total; p += 0.5)
			assert_near(histogram_percentile(&back, p), (double)histogram_percentile(&histogram, p), 0.001);
		histogram_release(&back);
		for (int64_t i = 1; i < 5000; i++)
			histogram_record_many(&histogram, i * i * 11, (uint64_t)(i % 5 == 0 ? 1000000007 : i % 3));
	}
	/* An empty histogram of three digits as HdrHistogram's Java library writes it begins alike. */
	assert_memory_equal(text.data, "HISTFA", 6);
	histogram_release(&histogram);
	buf_release(&text);
}

static void test_damage(void **state)
{
	static const char *const texts[] = {
	    "", "x", "!!!!", "HISTFAAAAAA=", "HISTFP////8=", "AAAAAAAAAAAAAAAA", "HISTFAAAAAR4nAMA",
	};
	struct histogram histogram, back;
	struct err err;
	struct buf text;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(histogram_decode(&back, texts[i], strlen(texts[i]), &err), -1);
		assert_true(err.text[0] != '\0');
		histogram_release(&back);
	}
	histogram_init(&histogram, highest, 3);
	for (int64_t i = 1; i < 3000; i++)
		histogram_record(&histogram, i * 13);
	buf_init(&text, 1 << 20);
	assert_int_equal(histogram_encode(&histogram, &text), 0);
	for (size_t cut = 0; cut < text.len; cut += 3) {
		if (histogram_decode(&back, text.data, cut, &err) == 0)
			fail_msg("a histogram cut at %zu of %zu was taken", cut, text.len);
		histogram_release(&back);
	}
	histogram_release(&histogram);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_precision), cmocka_unit_test(test_small_and_exact), cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

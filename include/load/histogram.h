/* SPDX-License-Identifier: MIT */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A high dynamic range histogram: counts of values from 1 to `highest` at a fixed number of
 * significant decimal digits, so that a percentile is exact to that precision whatever its size.
 * Histograms of equal digits add up without loss. Values are in the caller's unit (the load engine:
 * microseconds); 0 counts as the lowest bucket, what is over `highest` as the highest one, and
 * `clamped` says how often that was.
 *
 * The counts grow with the largest value that came, so that a thousand small ones cost little.
 */
struct histogram {
	int digits;           /* 1 to 5 */
	int unit;             /* power of two of the smallest step; 0 unless it was decoded */
	int half_bits;        /* log2 of half of the steps in a bucket */
	int64_t highest;
	int64_t min, max;     /* of what came; meaningless while total is 0 */
	uint64_t total, clamped;
	double sum;           /* of the values as they came; of the buckets' middles after decoding */
	uint64_t *counts;
	size_t room;          /* counts allocated */
};

enum { HISTOGRAM_DIGITS = 3 };

void histogram_init(struct histogram *histogram, int64_t highest, int digits);
void histogram_release(struct histogram *histogram);
void histogram_clear(struct histogram *histogram); /* keeps the memory */
void histogram_record(struct histogram *histogram, int64_t value);
void histogram_record_many(struct histogram *histogram, int64_t value, uint64_t count);
/* Adds all of `from`. With other digits each bucket goes in by its middle. */
void histogram_add(struct histogram *histogram, const struct histogram *from);

/* The value below or at which `percentile` (0 to 100) per cent of the values lie; 0 when empty. */
int64_t histogram_percentile(const struct histogram *histogram, double percentile);
double histogram_mean(const struct histogram *histogram); /* NaN when empty */
/* How many values are at most `value`, to the histogram's precision. */
uint64_t histogram_count_to(const struct histogram *histogram, int64_t value);

/*
 * HdrHistogram's V2 encoding, compressed by zlib: what its logs hold and its tools read, in base64.
 * Decoding takes bytes from anywhere: everything is checked against its bounds. The histogram must
 * not be initialised before and is empty, to be released as ever, after a failure.
 */
int histogram_encode(const struct histogram *histogram, struct buf *out) MUST_USE;
int histogram_decode(struct histogram *histogram, const char *text, size_t len, struct err *err) MUST_USE;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LOAD_HISTOGRAM_INDEX_H
#define LOAD_HISTOGRAM_INDEX_H

#include "load/histogram.h"

/* Values and their places; shared by the histogram and its encoding. */

static inline size_t histogram_index(const struct histogram *histogram, int64_t value)
{
	int bits = histogram->unit + histogram->half_bits + 1;
	/* At least one step: values below the first bucket's width lie in it. */
	uint64_t probe = (uint64_t)value | ((UINT64_C(1) << bits) - 1);
	int bucket = 64 - __builtin_clzll(probe) - bits;
	uint64_t step = (uint64_t)value >> (bucket + histogram->unit);
	return ((size_t)(bucket + 1) << histogram->half_bits) + (size_t)step -
	       ((size_t)1 << histogram->half_bits);
}

static inline int histogram_bucket(const struct histogram *histogram, size_t index)
{
	int bucket = (int)(index >> histogram->half_bits) - 1;
	return bucket < 0 ? 0 : bucket;
}

static inline int64_t histogram_value(const struct histogram *histogram, size_t index)
{
	size_t half = (size_t)1 << histogram->half_bits;
	size_t step = (index & (half - 1)) + (index >= half ? half : 0);
	return (int64_t)((uint64_t)step << (histogram_bucket(histogram, index) + histogram->unit));
}

static inline int64_t histogram_value_top(const struct histogram *histogram, size_t index)
{
	return histogram_value(histogram, index) +
	       (int64_t)((UINT64_C(1) << (histogram_bucket(histogram, index) + histogram->unit)) - 1);
}

static inline int64_t histogram_value_middle(const struct histogram *histogram, size_t index)
{
	return histogram_value(histogram, index) +
	       (int64_t)(UINT64_C(1) << (histogram_bucket(histogram, index) + histogram->unit) >> 1);
}

/* Makes room for the count at that place. */
void histogram_grow(struct histogram *histogram, size_t index);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Values fall into buckets that double in width; each bucket has the same number of equal steps, the
 * lower half of which the bucket before covers already. So a value's place is the position of its
 * highest bit and the bits that follow it: two shifts, no search.
 */
#include "load/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/histogram_index.h"

void histogram_init(struct histogram *histogram, int64_t highest, int digits)
{
	double steps = 2 * pow(10, digits);
	*histogram = (struct histogram){.digits = digits, .highest = highest};
	histogram->half_bits = (int)ceil(log2(steps)) - 1;
}

void histogram_release(struct histogram *histogram)
{
	free(histogram->counts);
	histogram->counts = NULL;
	histogram->room = 0;
	histogram->total = 0;
}

void histogram_clear(struct histogram *histogram)
{
	if (histogram->counts && histogram->total > 0) {
		size_t used = histogram_index(histogram, histogram->max) + 1;
		memset(histogram->counts, 0, used * sizeof(*histogram->counts));
	}
	histogram->total = histogram->clamped = 0;
	histogram->sum = 0;
	histogram->min = histogram->max = 0;
}

void histogram_grow(struct histogram *histogram, size_t index)
{
	size_t room = histogram->room ? histogram->room : (size_t)1 << histogram->half_bits;
	while (room <= index)
		room += (size_t)1 << histogram->half_bits;
	histogram->counts = mem_resize(histogram->counts, room, sizeof(*histogram->counts));
	memset(histogram->counts + histogram->room, 0, (room - histogram->room) * sizeof(*histogram->counts));
	histogram->room = room;
}

void histogram_record_many(struct histogram *histogram, int64_t value, uint64_t count)
{
	if (count == 0)
		return;
	if (value < 0)
		value = 0;
	if (value > histogram->highest) {
		value = histogram->highest;
		histogram->clamped += count;
	}
	size_t index = histogram_index(histogram, value);
	if (index >= histogram->room)
		histogram_grow(histogram, index);
	if (histogram->total == 0 || value < histogram->min)
		histogram->min = value;
	if (histogram->total == 0 || value > histogram->max)
		histogram->max = value;
	histogram->counts[index] += count;
	histogram->total += count;
	histogram->sum += (double)value * (double)count;
}

void histogram_record(struct histogram *histogram, int64_t value)
{
	histogram_record_many(histogram, value, 1);
}

static size_t used_counts(const struct histogram *histogram)
{
	return histogram->total ? histogram_index(histogram, histogram->max) + 1 : 0;
}

void histogram_add(struct histogram *histogram, const struct histogram *from)
{
	size_t used = used_counts(from);
	if (from->total == 0)
		return;
	if (from->half_bits != histogram->half_bits || from->unit != histogram->unit ||
	    from->max > histogram->highest) {
		for (size_t i = 0; i < used; i++)
			histogram_record_many(histogram, histogram_value_middle(from, i), from->counts[i]);
		return;
	}
	if (used > histogram->room)
		histogram_grow(histogram, used - 1);
	for (size_t i = 0; i < used; i++)
		histogram->counts[i] += from->counts[i];
	if (histogram->total == 0 || from->min < histogram->min)
		histogram->min = from->min;
	if (histogram->total == 0 || from->max > histogram->max)
		histogram->max = from->max;
	histogram->total += from->total;
	histogram->clamped += from->clamped;
	histogram->sum += from->sum;
}

int64_t histogram_percentile(const struct histogram *histogram, double percentile)
{
	uint64_t wanted, seen = 0;
	if (histogram->total == 0)
		return 0;
	percentile = percentile < 0 ? 0 : percentile > 100 ? 100 : percentile;
	/* One step down keeps 99.9 % of 1,000 from becoming the 1,000th by rounding alone. */
	wanted = (uint64_t)ceil(nextafter(percentile, 0) * (double)histogram->total / 100);
	if (wanted < 1)
		wanted = 1;
	for (size_t i = 0; i < histogram->room; i++) {
		seen += histogram->counts[i];
		if (seen < wanted)
			continue;
		int64_t top = histogram_value_top(histogram, i);
		return top < histogram->max ? top : histogram->max;
	}
	return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
	return histogram->total ? histogram->sum / (double)histogram->total : NAN;
}

uint64_t histogram_count_to(const struct histogram *histogram, int64_t value)
{
	uint64_t count = 0;
	if (histogram->total == 0 || value < 0)
		return 0;
	if (value >= histogram->max)
		return histogram->total;
	size_t last = histogram_index(histogram, value);
	for (size_t i = 0; i <= last && i < histogram->room; i++)
		count += histogram->counts[i];
	return count;
}

/* SPDX-License-Identifier: MIT */
/* Regression or noise: a moving-block bootstrap of what the seconds of two runs say. */
#include "report/compare.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { DRAWS = 1000, BLOCK = 8, SECONDS_MIN = 8, SECONDS_MAX = 7200 };

static double p50_of(const struct run_second *second)
{
	return second->p50;
}

static double p99_of(const struct run_second *second)
{
	return second->p99;
}

static double mean_of(const struct run_second *second)
{
	return second->mean;
}

static double errors_of(const struct run_second *second)
{
	double ended = (double)(second->ok + run_failed(second));
	return ended > 0 ? 100 * (double)run_failed(second) / ended : NAN;
}

static double rate_of(const struct run_second *second)
{
	return second->seconds > 0 ? (double)second->ok / second->seconds : NAN;
}

static const struct metric {
	const char *name, *unit;
	double (*of)(const struct run_second *second);
	int more_is_better, by_mean;
	double least; /* a smaller absolute change does not matter */
} metrics[COMPARE_ROWS] = {
    {"p50", "ms", p50_of, 0, 0, 0.02},          {"p99", "ms", p99_of, 0, 0, 0.05},
    {"mean", "ms", mean_of, 0, 0, 0.02},        {"errors", "%", errors_of, 0, 1, 0.1},
    {"good answers", "/s", rate_of, 1, 0, 0.5},
};

const char *compare_verdict_name(enum compare_verdict verdict)
{
	static const char *const names[] = {"noise", "regression", "improvement", "unknown"};
	return names[verdict];
}

static size_t collect(const struct run *run, const struct metric *metric, double *out)
{
	size_t count = 0;
	/* The last second is cut short by the end. */
	for (size_t i = 0; i + 1 < run->second_count && count < SECONDS_MAX; i++) {
		double value = metric->of(&run->seconds[i]);
		if (!run->seconds[i].warmup && isfinite(value))
			out[count++] = value;
	}
	return count;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double middle(double *values, size_t count, int by_mean)
{
	double sum = 0;
	if (!by_mean) {
		qsort(values, count, sizeof(*values), by_value);
		return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
	}
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

/* xorshift64*: the same two runs always give the same answer. */
static size_t draw(uint64_t *state, size_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (size_t)((*state * UINT64_C(2685821657736338717) >> 33) % below);
}

static double resample(const double *values, size_t count, int by_mean, double *room, uint64_t *random)
{
	for (size_t i = 0; i < count; i += BLOCK) {
		size_t from = draw(random, count - BLOCK + 1);
		for (size_t k = 0; k < BLOCK && i + k < count; k++)
			room[i + k] = values[from + k];
	}
	return middle(room, count, by_mean);
}

static void judge(struct compare_row *row, const struct metric *metric, double threshold)
{
	double change = row->after - row->before, large = fmax(fabs(row->before) * threshold, metric->least);
	row->verdict = COMPARE_SAME;
	if (fabs(change) < large || (row->low <= 0 && row->high >= 0))
		return;
	row->verdict = (change > 0) == (metric->more_is_better != 0) ? COMPARE_BETTER : COMPARE_WORSE;
}

static void compare_metric(struct compare_row *row, const struct metric *metric, const struct run *before,
                           const struct run *after, double threshold)
{
	double *room = mem_new_array(3 * SECONDS_MAX + DRAWS, sizeof(double));
	double *old = room, *new = room + SECONDS_MAX, *spare = room + 2 * SECONDS_MAX,
	       *differences = room + 3 * SECONDS_MAX;
	size_t old_count = collect(before, metric, old), new_count = collect(after, metric, new);
	uint64_t random = UINT64_C(0x9e3779b97f4a7c15);
	*row = (struct compare_row){.name = metric->name,
	                            .unit = metric->unit,
	                            .before = NAN,
	                            .after = NAN,
	                            .low = NAN,
	                            .high = NAN,
	                            .verdict = COMPARE_UNKNOWN};
	if (old_count >= SECONDS_MIN && new_count >= SECONDS_MIN) {
		for (int i = 0; i < DRAWS; i++)
			differences[i] = resample(new, new_count, metric->by_mean, spare, &random) -
			                 resample(old, old_count, metric->by_mean, spare, &random);
		qsort(differences, DRAWS, sizeof(*differences), by_value);
		row->low = differences[DRAWS / 200];
		row->high = differences[DRAWS - 1 - DRAWS / 200];
		row->before = middle(old, old_count, metric->by_mean);
		row->after = middle(new, new_count, metric->by_mean);
		judge(row, metric, threshold);
	}
	free(room);
}

void runs_compare(struct comparison *comparison, const struct run *before, const struct run *after,
                  double threshold)
{
	const struct compare_row *worse = NULL, *better = NULL;
	int known = 0;
	*comparison = (struct comparison){.count = COMPARE_ROWS};
	for (size_t i = 0; i < COMPARE_ROWS; i++) {
		struct compare_row *row = &comparison->rows[i];
		compare_metric(row, &metrics[i], before, after, threshold);
		known |= row->verdict != COMPARE_UNKNOWN;
		if (row->verdict == COMPARE_WORSE && !worse)
			worse = row;
		if (row->verdict == COMPARE_BETTER && !better)
			better = row;
	}
	const struct compare_row *told = worse ? worse : better;
	comparison->verdict = worse    ? COMPARE_WORSE
	                      : better ? COMPARE_BETTER
	                      : known  ? COMPARE_SAME
	                               : COMPARE_UNKNOWN;
	if (told)
		snprintf(comparison->words, sizeof(comparison->words),
		         "%s: %s went from %.3g to %.3g %s (between %+.3g and %+.3g)",
		         compare_verdict_name(comparison->verdict), told->name, told->before, told->after,
		         told->unit, told->low, told->high);
	else
		snprintf(comparison->words, sizeof(comparison->words), "%s",
		         known ? "noise: no difference that is larger than chance and matters"
		               : "unknown: each run needs at least 9 seconds after its warm-up");
}

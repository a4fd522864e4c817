/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Values over time as a query gave them: series that share one time axis, NaN where there is no value.
 * Bounded: past SERIES_MAX series the rest is counted in `dropped`.
 */
enum { SERIES_MAX = 1000, SERIES_POINTS = 11001, SERIES_TEXT = 2048 };

struct series {
	char *labels;   /* "name\1value\1…": of all labels, in the server's order; __name__ too */
	char *name;     /* for people: see series_name_all */
	double *values; /* set->points of them */
};

struct series_set {
	int64_t start_ms, step_ms;
	size_t points;        /* 1 for an instant answer, at start_ms */
	struct series *items;
	size_t count, cap, max, dropped;
};

/* `max`: series that are kept, at most SERIES_MAX; 0: that. */
void series_set_init(struct series_set *set, int64_t start_ms, int64_t end_ms, int64_t step_ms, size_t max);
void series_set_release(struct series_set *set);
/* A new series, all gaps; NULL past the maximum. `labels` as above, copied. */
struct series *series_add(struct series_set *set, const char *labels);
/* Puts a value where it belongs; outside of the axis it is left out. */
void series_put(const struct series_set *set, struct series *series, int64_t at_ms, double value);
/* The value of a label; "" without. Copied to out. */
void series_label(const struct series *series, const char *label, char *out, size_t size);
/*
 * Names all: `metric{label="value"}`, without the labels that all of them share when there are
 * several, and without the braces where nothing is left.
 */
void series_name_all(struct series_set *set);

#endif

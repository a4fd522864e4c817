/* SPDX-License-Identifier: MIT */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include <stddef.h>

#include "model/run.h"

/*
 * Whether a run differs from another by more than chance. Seconds that follow each other are alike, so
 * blocks of them are drawn anew (a moving-block bootstrap); a difference counts when 99 % of the
 * draws have it on one side and it is large enough to matter.
 */
enum compare_verdict { COMPARE_SAME, COMPARE_WORSE, COMPARE_BETTER, COMPARE_UNKNOWN };

struct compare_row {
	const char *name, *unit;
	double before, after; /* medians of the seconds (errors: means); NaN: unknown */
	double low, high;     /* of the difference after - before, 99 % of the draws */
	enum compare_verdict verdict;
};

enum { COMPARE_ROWS = 5 };

struct comparison {
	struct compare_row rows[COMPARE_ROWS];
	size_t count;
	enum compare_verdict verdict; /* WORSE when one row is, BETTER when one is and none WORSE */
	char words[200];
};

/* Of the seconds after the warm-up. `threshold`: a smaller relative change does not matter (0.05). */
void runs_compare(struct comparison *comparison, const struct run *before, const struct run *after,
                  double threshold);
const char *compare_verdict_name(enum compare_verdict verdict); /* "regression" */

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LOAD_SLO_H
#define LOAD_SLO_H

#include <stddef.h>

#include "base/err.h"

/*
 * A promise about a run, as people write it:
 *
 *	p99 < 250ms          errors < 1%          rate > 500/s          p99.9 <= 1s for 30s
 *
 * Without `for` it is about the whole run after the warm-up. With it, it is broken once it did not
 * hold in any second for so long; a run with `abort` then ends at once.
 */
enum { SLO_MAX = 16, SLO_TEXT = 96 };

enum slo_what { SLO_PERCENTILE, SLO_MEAN, SLO_MAXIMUM, SLO_ERRORS, SLO_RATE };

struct slo {
	char text[SLO_TEXT];   /* as written, for people */
	enum slo_what what;
	double percentile;
	int at_least;          /* > or >=; otherwise < or <= */
	double limit;          /* milliseconds, a ratio, or requests a second */
	double seconds;        /* of `for`; 0: the whole run */
	int abort;
};

/* What a stretch of time was like. A NaN latency (nothing came back) breaks a latency SLO while
 * requests were intended. */
struct slo_measure {
	double (*percentile_ms)(const void *arg, double percentile);
	const void *arg;
	double mean_ms, max_ms, error_ratio, rate;
	int idle; /* nothing was intended: nothing is broken */
};

int slo_parse(struct slo *slo, const char *text, struct err *err) MUST_USE;
double slo_value(const struct slo *slo, const struct slo_measure *measure);
int slo_holds(const struct slo *slo, const struct slo_measure *measure);

/* Quantities with units. 0, or -1 when it is none. */
int seconds_parse(const char *text, double *seconds); /* "250ms", "30s", "2m", "1h", "1m30s" */
int rate_parse(const char *text, double *per_second);  /* "500", "500/s", "30/m", "2k", "1.5k/s" */
int ratio_parse(const char *text, double *ratio);      /* "1%", "0.01" */

#endif

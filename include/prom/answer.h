/* SPDX-License-Identifier: MIT */
#ifndef PROM_ANSWER_H
#define PROM_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads the answer of a Prometheus query while it arrives: each series is handed on and forgotten, so
 * that a hundred thousand of them take no more memory than one. Any chunk boundary is fine. Text is
 * sanitised; names and values of labels are cut at ANSWER_TEXT bytes; past ANSWER_LABELS labels, or
 * ANSWER_ROOM bytes of them, the rest of a series' labels is left out. Depth over 32 and text that is
 * not JSON are errors; after one every further call fails.
 *
 * A scalar or string result is a series without labels.
 */
enum { ANSWER_LABELS = 64, ANSWER_TEXT = 1024, ANSWER_ROOM = 16 << 10, ANSWER_BUCKETS = 256 };

struct answer_label {
	const char *name, *value;
};

/* A native histogram. Buckets in ascending order. */
struct answer_histogram {
	double count, sum;
	size_t bucket_count;
	struct answer_bucket {
		double low, high, count;
	} buckets[ANSWER_BUCKETS];
};

struct answer_events {
	/* A series begins; the labels are valid during the call. Non-zero stops reading. */
	int (*series)(void *arg, const struct answer_label *labels, size_t count);
	/* A value of it. May be NaN or infinite. */
	void (*sample)(void *arg, int64_t at_ms, double value);
	void (*histogram)(void *arg, int64_t at_ms, const struct answer_histogram *histogram); /* may be NULL */
	void *arg;
};

/* What stands around the series; true after answer_finish. */
struct answer_head {
	int success;           /* status is "success" */
	char result_type[16];  /* "vector", "matrix", "scalar", "string" */
	char error_type[48];
	char error[300];       /* of a failure, in the server's words */
	size_t warnings;       /* warnings and infos */
	char warning[240];     /* the first of them */
	size_t series, samples;
};

struct answer;

struct answer *answer_new(const struct answer_events *events);
void answer_free(struct answer *answer); /* NULL is fine */
/* Returns 0, 1 when `series` stopped it, -1 when it is no answer. */
int answer_feed(struct answer *answer, const char *bytes, size_t len, struct err *err) MUST_USE;
/* The body is over: an error unless the one JSON value is complete. */
int answer_finish(const struct answer *answer, struct err *err) MUST_USE;
const struct answer_head *answer_head(const struct answer *answer);

/* The value of a label; "" when it is not there. */
const char *answer_label(const struct answer_label *labels, size_t count, const char *name);

#endif

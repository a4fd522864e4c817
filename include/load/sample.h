/* SPDX-License-Identifier: MIT */
#ifndef LOAD_SAMPLE_H
#define LOAD_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Requests as other load tools report them, a row each as it comes: JMeter's JTL in CSV, with or without
 * its head line and whatever columns it has, and k6's CSV output. Rows may come in pieces and be cut
 * anywhere; one that is no sample is counted and left out.
 */
enum sample_format { SAMPLE_JTL, SAMPLE_K6 };
enum { SAMPLE_ROW = 64 << 10, SAMPLE_FIELDS = 64, SAMPLE_LABEL = 96 };

struct sample {
	int64_t end_ms;          /* Unix */
	int64_t elapsed_us;
	int status;              /* 0: no HTTP status came */
	int ok;
	uint64_t bytes;
	int active;              /* threads or users at that time; -1: not told */
	uint64_t dropped;        /* k6: iterations that were never begun; then nothing else counts */
	char label[SAMPLE_LABEL], error[120];
};

struct sample_reader {
	enum sample_format format;
	struct buf row;          /* of the row so far, fields ended by NULs */
	size_t starts[SAMPLE_FIELDS];
	size_t fields;
	int quoted, was_quote, too_long;
	int columns[16];         /* by meaning: which field; -1: there is none */
	int has_head;
	uint64_t bad;            /* rows that were no samples */
	void (*take)(void *arg, const struct sample *sample);
	void *arg;
};

void sample_reader_init(struct sample_reader *reader, enum sample_format format,
                        void (*take)(void *arg, const struct sample *sample), void *arg);
void sample_reader_release(struct sample_reader *reader);
void sample_reader_feed(struct sample_reader *reader, const char *bytes, size_t len);

#endif

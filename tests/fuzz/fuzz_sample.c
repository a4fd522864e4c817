/* SPDX-License-Identifier: MIT */
/* Rows of other load tools, whole and in pieces: both must give the same samples. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "load/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct outcome {
	uint64_t count, sum, bad;
};

static void take(void *arg, const struct sample *sample)
{
	struct outcome *outcome = arg;
	if (!utf8_is_safe(sample->label, strlen(sample->label)) || sample->elapsed_us < 0 || sample->status < 0)
		abort();
	outcome->count++;
	outcome->sum = outcome->sum * 31 + (uint64_t)sample->elapsed_us + (uint64_t)sample->end_ms + (uint64_t)sample->status;
}

static void run(struct outcome *outcome, enum sample_format format, const char *bytes, size_t len, size_t piece)
{
	struct sample_reader reader;
	*outcome = (struct outcome){0};
	sample_reader_init(&reader, format, take, outcome);
	for (size_t at = 0; at < len; at += piece)
		sample_reader_feed(&reader, bytes + at, len - at < piece ? len - at : piece);
	outcome->bad = reader.bad;
	sample_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct outcome whole, pieces;
	if (len < 2)
		return 0;
	enum sample_format format = bytes[0] & 1 ? SAMPLE_K6 : SAMPLE_JTL;
	run(&whole, format, (const char *)bytes + 1, len - 1, len);
	run(&pieces, format, (const char *)bytes + 1, len - 1, 1 + bytes[0] % 29);
	if (whole.count != pieces.count || whole.sum != pieces.sum || whole.bad != pieces.bad)
		abort();
	return 0;
}

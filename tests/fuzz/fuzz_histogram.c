/* SPDX-License-Identifier: MIT */
/* An encoded histogram: what is taken must survive being written and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "load/histogram.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct histogram histogram, again;
	struct buf text;
	if (histogram_decode(&histogram, (const char *)bytes, len, NULL) < 0) {
		histogram_release(&histogram);
		return 0;
	}
	buf_init(&text, 64 << 20);
	if (histogram_encode(&histogram, &text) < 0 || histogram_decode(&again, text.data, text.len, NULL) < 0)
		abort();
	if (again.total != histogram.total)
		abort();
	for (double p = 0; p <= 100; p += 12.5)
		if (histogram_percentile(&again, p) != histogram_percentile(&histogram, p))
			abort();
	histogram_release(&histogram);
	histogram_release(&again);
	buf_release(&text);
	return 0;
}

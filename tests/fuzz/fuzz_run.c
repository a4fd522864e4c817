/* SPDX-License-Identifier: MIT */
/* A run's files: whatever is read can be written and read again, and is safe to show. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const char *text)
{
	if (!utf8_is_safe(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct run run, again;
	struct buf out;
	struct err err = {0};
	if (len < 1)
		return 0;
	const char *text = (const char *)bytes + 1;
	run_init(&run);
	run_init(&again);
	buf_init(&out, 16 << 20);
	switch (bytes[0] % 3) {
	case 0:
		if (run_manifest_read(&run, text, len - 1, &err) == 0 &&
		    (run_manifest_write(&run, &out) < 0 || run_manifest_read(&again, out.data, out.len, &err) < 0))
			abort();
		break;
	case 1:
		if (run_verdict_read(&run, text, len - 1, &err) == 0 &&
		    (run_verdict_write(&run, &out) < 0 || run_verdict_read(&again, out.data, out.len, &err) < 0 || again.state != run.state))
			abort();
		break;
	default:
		if (run_second_read(&run, text, len - 1) == 0 &&
		    (run_second_write(&run.seconds[0], &out) < 0 || run_second_read(&again, out.data, out.len) < 0))
			abort();
		if (run.second_count)
			(void)run_heat_percentile(&run.seconds[0], 99);
	}
	check(run.id);
	check(run.words);
	check(run.target);
	for (size_t i = 0; i < run.request_count; i++)
		check(run.requests[i].name);
	for (size_t i = 0; i < run.failure_count; i++)
		check(run.failures[i]);
	run_release(&run);
	run_release(&again);
	buf_release(&out);
	return 0;
}

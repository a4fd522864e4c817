/* SPDX-License-Identifier: MIT */
/* HTTP answers, in one piece and in pieces whose size the first byte says: both must end alike. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "load/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct outcome {
	struct buf seen;
	enum response_result result;
	int status, keeps, ends;
	size_t used;
};

static void header(void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct outcome *outcome = arg;
	if (buf_add(&outcome->seen, name, name_len) < 0 || buf_add(&outcome->seen, value, value_len) < 0)
		abort();
}

static void body(void *arg, const char *bytes, size_t len)
{
	struct outcome *outcome = arg;
	if (buf_add(&outcome->seen, bytes, len) < 0)
		abort();
}

static void run(struct outcome *outcome, const char *bytes, size_t len, size_t piece, int to_head)
{
	struct response_watch watch = {header, body, outcome};
	struct response response;
	response_init(&response);
	response_begin(&response, to_head);
	buf_init(&outcome->seen, 1 << 20);
	outcome->result = RESPONSE_MORE;
	outcome->used = 0;
	while (outcome->used < len && outcome->result == RESPONSE_MORE) {
		size_t used, left = len - outcome->used, step = left < piece ? left : piece;
		char *copy = malloc(step); /* so that a byte too far is seen */
		if (!copy)
			abort();
		memcpy(copy, bytes + outcome->used, step);
		outcome->result = response_feed(&response, copy, step, &used, &watch);
		free(copy);
		if (used > step || (outcome->result == RESPONSE_MORE && used != step))
			abort();
		outcome->used += used;
	}
	outcome->status = response.status;
	outcome->keeps = response_keeps(&response);
	outcome->ends = response_ends(&response);
	response_release(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct outcome whole, pieces;
	/* Over the limit of a head it depends on the pieces which byte is the first one too many. */
	if (len < 2 || len > RESPONSE_HEAD)
		return 0;
	run(&whole, (const char *)bytes + 1, len - 1, len, bytes[0] & 1);
	run(&pieces, (const char *)bytes + 1, len - 1, 1 + (bytes[0] >> 1) % 61, bytes[0] & 1);
	if (whole.result != pieces.result)
		abort();
	if (whole.result != RESPONSE_BAD &&
	    (whole.status != pieces.status || whole.keeps != pieces.keeps || whole.ends != pieces.ends ||
	     whole.used != pieces.used || whole.seen.len != pieces.seen.len ||
	     memcmp(buf_string(&whole.seen), buf_string(&pieces.seen), whole.seen.len) != 0))
		abort();
	buf_release(&whole.seen);
	buf_release(&pieces.seen);
	return 0;
}

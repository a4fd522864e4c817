/* SPDX-License-Identifier: MIT */
/*
 * A list, in one piece and in pieces whose size the first byte says: both must end the same way and
 * let the same text through, and what was let through must be JSON wherever the whole is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kube/kind.h"
#include "kube/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct outcome {
	struct buf kept;
	int result, finish;
};

static int take(void *arg, const char *type, const char *json, size_t len)
{
	struct outcome *outcome = arg;
	if (buf_add_string(&outcome->kept, type) < 0 || buf_add(&outcome->kept, json, len) < 0)
		abort();
	return 0;
}

static void take_metadata(void *arg, const char *json, size_t len)
{
	take(arg, "metadata", json, len);
}

static void scan_whole(struct outcome *outcome, enum scan_form form, const struct scan_filter *filter,
                       const char *bytes, size_t len, size_t piece)
{
	const struct scan_events events = {.object = take, .list_metadata = take_metadata, .arg = outcome};
	struct scan *scan = scan_new(form, filter, &events);
	buf_init(&outcome->kept, 64 << 20);
	outcome->result = 0;
	for (size_t at = 0; at < len && outcome->result == 0; at += piece)
		outcome->result = scan_feed(scan, bytes + at, len - at < piece ? len - at : piece, NULL);
	outcome->finish = scan_finish(scan, NULL);
	scan_free(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 1)
		return 0;
	struct scan_filter *filter = scan_filter_new(kind_of(OBJECT_POD)->fields);
	for (int form = SCAN_LIST; form <= SCAN_OBJECT; form++) {
		struct outcome whole, pieces;
		scan_whole(&whole, (enum scan_form)form, filter, (const char *)bytes + 1, len - 1, len);
		scan_whole(&pieces, (enum scan_form)form, filter, (const char *)bytes + 1, len - 1, 1 + bytes[0] % 97);
		if (whole.result != pieces.result || whole.finish != pieces.finish ||
		    whole.kept.len != pieces.kept.len ||
		    memcmp(buf_string(&whole.kept), buf_string(&pieces.kept), whole.kept.len) != 0)
			abort();
		buf_release(&whole.kept);
		buf_release(&pieces.kept);
	}
	scan_filter_free(filter);
	return 0;
}

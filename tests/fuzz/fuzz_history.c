/* SPDX-License-Identifier: MIT */
/*
 * Revisions of a workload: the first byte chooses the kind, then a line with the workload, then the list.
 * What comes out must be drawable, and the newest first.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "kube/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must_be_safe(const char *text)
{
	if (!utf8_is_safe(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const enum object_kind kinds[] = {OBJECT_DEPLOYMENT, OBJECT_STATEFULSET, OBJECT_DAEMONSET, OBJECT_ROLLOUT};
	const char *text = (const char *)bytes + 1, *line;
	if (len < 2 || !(line = memchr(text, '\n', len - 1)))
		return 0;
	cJSON *workload = json_parse_heap(text, (size_t)(line - text), NULL);
	cJSON *list = json_parse_heap(line + 1, len - 1 - (size_t)(line + 1 - text), NULL);
	struct history *history = history_decode(kinds[bytes[0] % 4], workload, list);
	must_be_safe(history->strategy);
	for (size_t i = 0; i < history->count; i++) {
		const struct history_item *item = &history->items[i];
		must_be_safe(item->name);
		must_be_safe(item->hash);
		must_be_safe(item->cause);
		must_be_safe(item->images);
		for (size_t k = 0; k < item->line_count; k++)
			must_be_safe(item->lines[k]);
		if (i > 0 && history->items[i - 1].revision < item->revision)
			abort();
	}
	history_free(history);
	cJSON_Delete(workload);
	cJSON_Delete(list);
	return 0;
}

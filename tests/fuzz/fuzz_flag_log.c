/* SPDX-License-Identifier: MIT */
/* A log of commits, as anybody may have written them; and the same bytes as a catalog with its lint. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "flag/history.h"
#include "flag/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_text(const char *text)
{
	if (text && !utf8_is_safe(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct flag_history history;
	struct flag_catalog catalog;
	struct err err = {0};
	if (len > 65536)
		return 0;
	flag_history_decode(&history, (const char *)bytes, len);
	for (size_t i = 0; i < history.count; i++) {
		const struct flag_commit *commit = &history.items[i];
		check_text(commit->author);
		check_text(commit->change.reason);
		check_text(commit->change.subject);
		for (size_t k = 0; k < commit->change.count; k++) {
			check_text(commit->change.items[k].key);
			check_text(commit->change.items[k].to);
		}
		free(flag_change_message(&commit->change));
	}
	flag_history_release(&history);
	if (catalog_parse(&catalog, "fuzz", (const char *)bytes, len, &err) == 0) {
		struct flag_tree *tree = flag_tree_new();
		struct flag_issues issues;
		if (flag_tree_set_catalog(tree, "fuzz", (const char *)bytes, len, &err) < 0)
			abort();
		flag_tree_add(tree, "services/a/prod/platform.yaml", "hpa: {enabled: true}\n", 21);
		flag_tree_finish(tree);
		flag_lint(tree, 0, &issues);
		flag_issues_release(&issues);
		flag_tree_free(tree);
		catalog_release(&catalog);
	} else if (!err.text[0]) {
		abort();
	}
	return 0;
}

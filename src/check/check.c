/* SPDX-License-Identifier: MIT */
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

const char *const finding_words[FINDING_VERDICTS] = {
	[FINDING_OK] = "ok", [FINDING_WARNING] = "warning", [FINDING_FAILED] = "failed", [FINDING_SKIPPED] = "skipped",
};

void findings_init(struct findings *findings)
{
	vec_init(&findings->items);
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->items.len; i++) {
		struct finding *finding = findings->items.items[i];
		free(finding->where);
		free(finding->what);
		free(finding->said);
		free(finding->advice);
		free(finding);
	}
	vec_release(&findings->items);
}

void findings_add(struct findings *findings, enum finding_verdict verdict, const char *where, const char *what,
                  const char *advice, const char *said, ...)
{
	struct finding *finding = mem_new(sizeof(*finding));
	char words[600];
	va_list args;
	va_start(args, said);
	vsnprintf(words, sizeof(words), said, args);
	va_end(args);
	finding->verdict = verdict;
	finding->where = mem_copy_string(where);
	finding->what = mem_copy_string(what);
	finding->said = mem_copy_string(words);
	finding->advice = mem_copy_string(verdict == FINDING_OK ? "" : advice);
	vec_push(&findings->items, finding);
}

size_t findings_count(const struct findings *findings, enum finding_verdict verdict)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->items.len; i++)
		count += ((const struct finding *)findings->items.items[i])->verdict == verdict;
	return count;
}

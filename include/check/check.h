/* SPDX-License-Identifier: MIT */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stddef.h>

#include "base/vec.h"

/*
 * What `doctor` finds. A finding is one fact: what was looked at, how it stands, and, unless it is
 * well, what to do about it. Checks never change anything.
 */
enum finding_verdict { FINDING_OK, FINDING_WARNING, FINDING_FAILED, FINDING_SKIPPED, FINDING_VERDICTS };

extern const char *const finding_words[FINDING_VERDICTS]; /* "ok", "warning", "failed", "skipped" */

struct finding {
	char *where;  /* "eu-prod", "this machine" */
	char *what;   /* "list and watch pods" */
	char *said;   /* "allowed", or what went wrong; sanitised */
	char *advice; /* what to do; "" when all is well */
	enum finding_verdict verdict;
};

struct findings {
	struct vec items; /* struct finding * */
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);
void findings_add(struct findings *findings, enum finding_verdict verdict, const char *where, const char *what,
                  const char *advice, const char *said, ...) __attribute__((format(printf, 6, 7)));
size_t findings_count(const struct findings *findings, enum finding_verdict verdict);

#endif

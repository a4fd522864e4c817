/* SPDX-License-Identifier: MIT */
#ifndef SIM_JOURNAL_H
#define SIM_JOURNAL_H

#include "stage.h"
#include "traffic.h"

/*
 * What the platform's containers write. As the traffic, it is a function of time: nothing is stored, who
 * asks for the last half hour gets it written then, and the same words when asking again. It tells what
 * the metrics tell: requests and how long they took, the errors of a release, the last words of a crash.
 */
struct journal {
	const struct stage *stage;
	const struct traffic *traffic;
};

/* As api.tell_log. */
int journal_tell(const struct journal *journal, const cJSON *pod, int previous, int64_t from_ms, int64_t to_ms,
                 struct vec *lines);

#endif

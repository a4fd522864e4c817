/* SPDX-License-Identifier: MIT */
#ifndef FLAG_GUARD_H
#define FLAG_GUARD_H

#include <stddef.h>

#include "flag/history.h"
#include "model/fleet.h"

/*
 * Whether the guard of a change still holds, by the metrics of the services that it changed: values
 * measured after the commit only, so that what was before it is not held against it.
 */
enum guard_verdict { GUARD_HOLDS, GUARD_BROKEN, GUARD_UNKNOWN };

/* `words`: "errorRatio of payments-api in eu-prod is 0.031, and was to be < 1%", or why nothing is known. */
enum guard_verdict flag_guard_judge(const struct fleet *fleet, const struct flag_commit *commit, char *words, size_t size);

/* "errorRatio<1%" taken apart. Returns 0, or -1 when no such metric is known. */
int flag_guard_parse(const char *guard, enum metric *metric, int *at_most, double *limit) MUST_USE;

#endif

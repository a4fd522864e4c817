/* SPDX-License-Identifier: MIT */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdint.h>

#include "base/err.h"

/*
 * Times as people type them.
 */

/* "90s", "5m", "1h30m", "2d", "500ms", or plain seconds: more than nothing, at most a year. */
int duration_parse(const char *text, double *seconds, struct err *err) MUST_USE;

/*
 * A moment that is still to come, in Unix milliseconds: a duration from now ("2h", "3d"), a time of
 * day ("18:00": today, or tomorrow when that is over), a date ("2026-12-01": its first minute), a
 * date with a time ("2026-12-01 18:00"), or RFC 3339. All but the last are local time.
 */
int when_parse(const char *text, int64_t now_ms, int64_t *ms, struct err *err) MUST_USE;

/* "2026-12-01 18:00" in local time. */
void when_format(int64_t ms, char out[32]);

#endif

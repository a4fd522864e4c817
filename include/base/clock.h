/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Time, injected so that tests own it. `mono` only moves forward and is for durations and
 * deadlines; `wall` is Unix time and may jump. Both in milliseconds.
 */
struct clock {
	int64_t (*mono)(const struct clock *clock);
	int64_t (*wall)(const struct clock *clock);
};

extern const struct clock clock_system;

/* For tests: a clock that stands where it is put. `clock` is its first member. */
struct clock_fixed {
	struct clock clock;
	int64_t mono_ms, wall_ms;
};
void clock_fixed_init(struct clock_fixed *fixed, int64_t wall_ms);

/* RFC 3339 to Unix milliseconds. Returns 0, or -1 when it is none. Fractions are kept to 1 ms. */
int stamp_parse(const char *text, int64_t *ms);
/* "2026-11-23T13:26:13Z". */
void stamp_format(int64_t ms, char out[32]);
/* "14:01:58" in local time. */
void stamp_format_clock(int64_t ms, char out[16]);
/* A duration as kubectl prints ages: "42s", "5m", "3h12m", "2d3h", "120d", "2y31d". */
void age_format(int64_t ms, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include <stdint.h>

/*
 * Delays between attempts as client-go's reflector has them: 800 ms, doubled up to 30 s, times
 * 1 + random [0,1) (jitter 1.0), back to the start after two minutes without an attempt.
 */
struct backoff {
	double base, cap, jitter; /* seconds, seconds, factor */
	double next;
	int64_t last; /* monotonic ms of the last step; 0 = none */
};

void backoff_init(struct backoff *backoff); /* the values above */
double backoff_step(struct backoff *backoff, int64_t now_ms, double random); /* seconds to wait */
void backoff_reset(struct backoff *backoff);

#endif

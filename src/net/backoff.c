/* SPDX-License-Identifier: MIT */
/*
 * The step is taken first and stretched afterwards, as client-go does it, so that a wait at the
 * cap spreads over 30 to 60 seconds and a thousand consoles do not come back at once.
 */
#include "net/backoff.h"

enum { QUIET_MS = 2 * 60 * 1000 };

void backoff_init(struct backoff *backoff)
{
	*backoff = (struct backoff){.base = 0.8, .cap = 30, .jitter = 1};
	backoff->next = backoff->base;
}

double backoff_step(struct backoff *backoff, int64_t now_ms, double random)
{
	double wait;

	if (backoff->last && now_ms - backoff->last > QUIET_MS)
		backoff->next = backoff->base;
	backoff->last = now_ms ? now_ms : 1; /* 0 means that there was none */
	wait = backoff->next < backoff->cap ? backoff->next : backoff->cap;
	backoff->next = 2 * wait < backoff->cap ? 2 * wait : backoff->cap;
	return wait * (1 + backoff->jitter * random);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->next = backoff->base;
	backoff->last = 0;
}

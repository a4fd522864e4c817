/* SPDX-License-Identifier: MIT */
#ifndef TEST_SIM_WAIT_H
#define TEST_SIM_WAIT_H

#include "base/clock.h"
#include "net/loop.h"

/* Turns the loop until `condition` holds, which is looked at every few milliseconds. Not to come
 * true within WAIT_MAX_MS is a failure; the bound is wide, because machines are slow at times. */
enum { WAIT_MAX_MS = 60000 };

struct wait {
	struct timer *tick;
	int64_t from;
	int due;
};

static inline void wait_due(void *arg)
{
	((struct wait *)arg)->due = 1;
}

#define WAIT_FOR(loop, condition)                                                            \
	do {                                                                                 \
		struct wait wait_for = {.from = clock_system.mono(&clock_system)};           \
		wait_for.tick = timer_new(loop, wait_due, &wait_for);                        \
		while (!(condition)) {                                                       \
			if (clock_system.mono(&clock_system) - wait_for.from > WAIT_MAX_MS)  \
				fail_msg("waited in vain for: %s", #condition);              \
			wait_for.due = 0;                                                    \
			timer_start(wait_for.tick, 0.003);                                   \
			while (!wait_for.due)                                                \
				loop_poll(loop, 1);                                          \
		}                                                                            \
		timer_free(wait_for.tick);                                                   \
	} while (0)

#endif

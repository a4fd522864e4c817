/* SPDX-License-Identifier: MIT */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include "base/clock.h"
#include "net/loop.h"

/*
 * What the platform has yet to do, in the order of its time. A task knows an object by its key only,
 * and finds it gone or changed when its time comes: so nothing has to be cancelled. Seconds are the
 * platform's own, which pass `speed` times faster than the clock's.
 *
 * With a loop it runs by itself. Without one, tests turn the clock: agenda_run does what is due.
 */
struct agenda;

typedef void agenda_work(void *context, const char *key);

struct agenda *agenda_new(struct loop *loop, const struct clock *clock, double speed);
void agenda_free(struct agenda *agenda); /* what was to do is not done */
void agenda_add(struct agenda *agenda, double seconds, agenda_work *work, void *context, const char *key);
/* The same, but only once at a time for a work, context and key: the earlier of two stands. */
void agenda_want(struct agenda *agenda, double seconds, agenda_work *work, void *context, const char *key);
void agenda_run(struct agenda *agenda);
/* When the next task is due, in the clock's monotonic milliseconds; -1: nothing is to do. */
int64_t agenda_next(const struct agenda *agenda);
double agenda_speed(const struct agenda *agenda);
double agenda_seconds(const struct agenda *agenda); /* of the platform's time since agenda_new */

#endif

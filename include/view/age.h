/* SPDX-License-Identifier: MIT */
#ifndef VIEW_AGE_H
#define VIEW_AGE_H

#include <stdint.h>

#include "base/text.h"

/*
 * Ages as the screen tells them: now_ms is cut to the minute (see struct scene), so an age is in
 * whole minutes: "<1m", "5m", "3h12m", "2d3h". A moment that is not known (0) writes nothing.
 */
void age_text(int64_t now_ms, int64_t at_ms, struct text *out);

#endif

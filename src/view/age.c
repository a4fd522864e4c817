/* SPDX-License-Identifier: MIT */
/* Ages in whole minutes. */
#include "view/age.h"

#include "base/clock.h"

void age_text(int64_t now_ms, int64_t at_ms, struct text *out)
{
	enum { MINUTE = 60000 };
	char room[32];
	int64_t minutes;

	if (at_ms == 0)
		return;
	minutes = now_ms > at_ms ? (now_ms - at_ms) / MINUTE : 0;
	if (minutes < 1) {
		text_add(out, "<1m");
		return;
	}
	if (minutes < 2) {
		/* age_format counts seconds up to here. */
		text_add(out, "1m");
		return;
	}
	age_format(minutes * MINUTE, room, sizeof(room));
	text_add(out, room);
}

/* SPDX-License-Identifier: MIT */
/* An operation's words, and its one line in the timeline. */
#include "model/operation.h"

#include "base/text.h"

const char *const operation_words[OPERATION_STATES] = {
	[OPERATION_ASKING] = "asking",     [OPERATION_READY] = "ready",    [OPERATION_REFUSED] = "refused",
	[OPERATION_INTENDED] = "intended", [OPERATION_SENT] = "sent",      [OPERATION_OBSERVED] = "done",
	[OPERATION_FAILED] = "failed",     [OPERATION_TIMED_OUT] = "timed out",
};

void operation_tell(struct timeline *timeline, uint64_t id, int64_t at_ms, enum operation_state state,
                    const char *subject, const char *what, const char *detail)
{
	static const char *const marks[OPERATION_STATES] = {
		[OPERATION_ASKING] = "asking",
		[OPERATION_READY] = "ready",
		[OPERATION_REFUSED] = "refused",
		[OPERATION_INTENDED] = "intended ▶ sending",
		[OPERATION_SENT] = "intended ✔ sent ▶ waiting to see it",
		[OPERATION_OBSERVED] = "intended ✔ sent ✔ observed ✔",
		[OPERATION_FAILED] = "FAILED",
		[OPERATION_TIMED_OUT] = "intended ✔ sent ✔ NOT OBSERVED in time",
	};
	static const enum timeline_level levels[OPERATION_STATES] = {
		[OPERATION_REFUSED] = TIMELINE_WARNING, [OPERATION_OBSERVED] = TIMELINE_GOOD,
		[OPERATION_FAILED] = TIMELINE_BAD, [OPERATION_TIMED_OUT] = TIMELINE_BAD};

	timeline_put(timeline, id, at_ms, levels[state], subject, "%s  %s%s%s", what, marks[state],
	             detail && *detail ? ": " : "", detail ? detail : "");
}

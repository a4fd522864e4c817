/* SPDX-License-Identifier: MIT */
/*
 * What a change was given an end for: once it has run out, or its guard is broken, it is taken back,
 * by whoever looks first; the others find that nothing is left to do. One that could not be taken back
 * is said, and tried again after a while.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flag/guard.h"
#include "base/mem.h"
#include "console_state.h"

enum { WATCH_TICKS = 15, PAUSE_MS = 300000 };

static void take_back(struct console *console, const struct flag_commit *commit, const char *why)
{
	console->flag_tried_ms = console->session->fleet->clock->mono(console->session->fleet->clock);
	snprintf(console->flag_tried, sizeof(console->flag_tried), "%s", commit->change.id);
	console_flag_take_back(console, commit, why);
}

static int was_tried(const struct console *console, const struct flag_commit *commit)
{
	const struct clock *clock = console->session->fleet->clock;
	return strcmp(console->flag_tried, commit->change.id) == 0 && clock->mono(clock) - console->flag_tried_ms < PAUSE_MS;
}

void console_flag_watch(struct console *console)
{
	const struct fleet *fleet = console->session->fleet;
	int64_t now = fleet->clock->wall(fleet->clock), until;
	if (++console->flag_ticks % WATCH_TICKS || !console->flags || !flag_book_tree(console->flags) || flag_book_is_busy(console->flags) ||
	    console->options->read_only || !console->audit || !audit_permits(console->audit) || deck_is_asking(console->deck))
		return;
	const struct flag_history *history = flag_book_history(console->flags);
	for (size_t i = 0; i < history->count; i++) {
		const struct flag_commit *commit = &history->items[i];
		char words[300], why[360];
		if (was_tried(console, commit))
			continue;
		if (flag_commit_is_due(commit, now)) {
			snprintf(why, sizeof(why), "expired on %.40s", commit->change.expires);
			take_back(console, commit, why);
			return;
		}
		if (flag_commit_is_guarded(commit, now, &until) && flag_guard_judge(fleet, commit, words, sizeof(words)) == GUARD_BROKEN) {
			snprintf(why, sizeof(why), "its guard is broken: %s", words);
			take_back(console, commit, why);
			return;
		}
	}
}

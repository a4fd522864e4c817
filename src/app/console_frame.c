/* SPDX-License-Identifier: MIT */
/*
 * When the screen is drawn. Facts only mark: a frame is due at most every 33 ms however many come.
 * Keys are answered at once. While the terminal has not taken the last frame none is composed, so a
 * slow line sees the latest state and never a queue of old ones.
 */
#include "console_state.h"

#include "model/writer.h"

enum { FRAME_MS = 33, DEMAND_QUIET_MS = 120 };

static void frame_schedule(struct console *console)
{
	int64_t since;

	/* Before everything is built there is nobody to draw for. */
	if (!console->frame || console->lent || timer_is_running(console->frame))
		return;
	since = loop_now(console->session->loop) - console->drawn_ms;
	timer_start(console->frame, since >= FRAME_MS ? 0 : (double)(FRAME_MS - since) / 1000);
}

void console_written(void *arg)
{
	struct console *console = arg;

	console->written = 1;
	frame_schedule(console);
}

void console_changed(void *arg)
{
	struct console *console = arg;

	console->dirty = 1;
	frame_schedule(console);
}

void console_settle(struct console *console)
{
	console->written = 0;
	if (fleet_settle(console->session->fleet))
		console->dirty = 1;
	if (gitops_update(console->gitops))
		console->dirty = 1;
	supply_follow(console->supply);
	console_flag_letters(console);
}

/* What the screen wants now. While somebody runs down the list with an open log, only the service
 * where they stop is asked for. */
static void demand_look(struct console *console)
{
	struct demand demand;
	int64_t now = loop_now(console->session->loop);

	deck_demand(console->deck, &demand);
	if (demand_diff(&console->scene.answers, &demand) == 0) {
		timer_stop(console->demand);
		return;
	}
	if (now - console->demanded_ms >= DEMAND_QUIET_MS && !timer_is_running(console->demand)) {
		console->demanded_ms = now;
		supply_set(console->supply, &demand);
		load_book_set(console->loads, &demand.runs);
		console->dirty = 1;
		return;
	}
	console->demanded_ms = now;
	timer_start(console->demand, DEMAND_QUIET_MS / 1000.0);
}

void console_demand_due(void *arg)
{
	struct console *console = arg;
	struct demand demand;

	deck_demand(console->deck, &demand);
	supply_set(console->supply, &demand);
	load_book_set(console->loads, &demand.runs);
	console_changed(console);
}

static void frame_taken(struct console *console)
{
	start_trace_frame(console->trace, console->session->fleet, deck_rows_drawn(console->deck));
}

static void notice_tell(struct console *console)
{
	const char *notice = console->db ? db_notice(console->db) : NULL;

	if (notice && notice != console->told_notice)
		deck_say(console->deck, 0, "%s", notice);
	console->told_notice = notice;
}

void console_draw_now(struct console *console)
{
	int64_t wall = console->session->fleet->clock->wall(console->session->fleet->clock);

	if (console->lent || console->over || !console->dirty || !screen_ready(console->screen))
		return;
	console->dirty = 0;
	console->scene.now_ms = wall - wall % 60000;
	notice_tell(console);
	deck_draw(console->deck, &console->grid);
	loop_update(console->session->loop);
	console->drawn_ms = loop_now(console->session->loop);
	if (screen_draw(console->screen, &console->grid) < 0) {
		console_lost_terminal(console);
		return;
	}
	if (screen_ready(console->screen))
		frame_taken(console);
	else
		watcher_set(console->output, LOOP_WRITE);
	demand_look(console);
	if (console->dirty)
		frame_schedule(console);
}

void console_frame_due(void *arg)
{
	struct console *console = arg;

	console_settle(console);
	console_draw_now(console);
}

void console_output_ready(void *arg, int events)
{
	struct console *console = arg;

	(void)events;
	if (console->lent)
		return;
	if (screen_flush(console->screen) < 0) {
		console_lost_terminal(console);
		return;
	}
	if (!screen_ready(console->screen))
		return;
	watcher_set(console->output, 0);
	frame_taken(console);
	if (console->dirty || console->written)
		frame_schedule(console);
}

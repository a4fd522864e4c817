/* SPDX-License-Identifier: MIT */
/* Keys, signals, and the terminal being lent to others. */
#include "console_state.h"

#include <signal.h>
#include <string.h>

#include "kube/source.h"

/* Everything that was typed is taken before a frame is drawn: one frame for a burst of keys. */
static void input_take(struct console *console)
{
	struct input input;
	int wait;

	/* Views may only be asked about a settled fleet. */
	console_settle(console);
	while (!console->over && !console->lent && screen_next(console->screen, &input)) {
		struct deck_order order;
		if (input.kind == INPUT_PASTE) {
			deck_paste(console->deck, input.paste);
		} else if (input.kind == INPUT_KEY) {
			order = deck_key(console->deck, input.key);
			if (order.action != ACTION_NONE)
				dispatch_action(&console->dispatch, order.action, order.answer);
		}
		console->dirty = 1;
	}
	if (console->over || console->lent)
		return;
	wait = screen_wait_ms(console->screen);
	if (wait >= 0)
		timer_start(console->escape, wait / 1000.0);
	console_draw_now(console);
}

void console_input_ready(void *arg, int events)
{
	struct console *console = arg;

	(void)events;
	if (console->lent)
		return;
	if (screen_read(console->screen) < 0) {
		console_lost_terminal(console);
		return;
	}
	input_take(console);
}

void console_escape_due(void *arg)
{
	struct console *console = arg;

	if (!console->lent)
		input_take(console);
}

int console_lend_terminal(void *arg, int take)
{
	struct console *console = arg;
	struct err err = {.text = ""};

	if (!console->screen || console->over)
		return -1;
	if (take) {
		if (console->lent)
			return -1;
		console->lent = 1;
		watcher_set(console->input, 0);
		watcher_set(console->output, 0);
		timer_stop(console->frame);
		screen_suspend(console->screen);
		return 0;
	}
	if (!console->lent)
		return 0;
	console->lent = 0;
	if (screen_resume(console->screen, &err) < 0) {
		console_lost_terminal(console);
		return -1;
	}
	screen_resize(console->screen);
	grid_resize(&console->grid, screen_rows(console->screen), screen_cols(console->screen));
	watcher_set(console->input, LOOP_READ);
	console_changed(console);
	return 0;
}

static void stop_and_go_on(struct console *console)
{
	if (console_lend_terminal(console, 1) < 0)
		return;
	signals_stop_self();
	console_lend_terminal(console, 0);
}

static void resized(struct console *console)
{
	if (console->lent || !screen_resize(console->screen))
		return;
	grid_resize(&console->grid, screen_rows(console->screen), screen_cols(console->screen));
	screen_redraw(console->screen);
	console_changed(console);
}

void console_signal(void *arg, int number)
{
	struct console *console = arg;

	switch (number) {
	case SIGWINCH: resized(console); break;
	case SIGTSTP: stop_and_go_on(console); break;
	case SIGCONT:
		/* Stopped by somebody else: the shell had the terminal meanwhile. */
		if (console_lend_terminal(console, 1) == 0)
			console_lend_terminal(console, 0);
		break;
	case SIGUSR1: console_dump(console); break;
	default: console_end(console, 128 + number);
	}
}

static void host_quit(void *arg)
{
	console_end(arg, 0);
}

static void host_refresh(void *arg)
{
	struct console *console = arg;

	for (size_t i = 0; i < console->session->source_count; i++)
		if (console->session->sources[i])
			source_refresh(console->session->sources[i]);
	deck_say(console->deck, 0, "reading everything anew; what is shown stays until it is replaced");
}

static void host_redraw(void *arg)
{
	screen_redraw(((struct console *)arg)->screen);
}

static void host_suspend(void *arg)
{
	stop_and_go_on(arg);
}

/* The terminal decides whether it takes it, and does not say. */
static void host_copy(void *arg, const char *text, size_t len)
{
	struct console *console = arg;
	size_t first = strcspn(text, "\n");

	if (screen_copy(console->screen, text, len) < 0)
		deck_say(console->deck, 1, "this terminal has no clipboard that can be reached");
	else
		deck_say(console->deck, 0, "sent to the terminal's clipboard: %.*s%s", (int)(first < 120 ? first : 120), text,
		         first < len ? " …" : "");
}

static void host_next_theme(void *arg)
{
	struct console *console = arg;
	struct err err = {.text = ""};
	const char *name;
	size_t next = 0;

	for (size_t i = 0; (name = theme_name(i)); i++)
		if (strcmp(name, console->theme.name) == 0)
			next = i + 1;
	name = theme_name(next) ? theme_name(next) : theme_name(0);
	if (!name || theme_load(&console->theme, name, &err) < 0) {
		deck_say(console->deck, 1, "%s", err.text);
		return;
	}
	screen_set_theme(console->screen, &console->theme);
	deck_say(console->deck, 0, "theme %s", name);
}

void console_host(struct console *console, struct dispatch_host *host)
{
	*host = (struct dispatch_host){
		.quit = host_quit,
		.refresh = host_refresh,
		.redraw = host_redraw,
		.suspend = host_suspend,
		.next_theme = host_next_theme,
		.copy = host_copy,
		.load = console_load,
		.operate = console_operate,
		.flag = console_flag,
		.arg = console,
	};
}

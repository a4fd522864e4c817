/* SPDX-License-Identifier: MIT */
/*
 * The life of the console: what can go wrong is found before the terminal is touched; the rows of
 * the last run are on the screen before the first cluster is asked; whatever ends it, the terminal
 * is given back as it was.
 */
#include "app/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "console_state.h"
#include "model/writer.h"
#include "store/warm.h"

enum { SAVE_SECONDS = 300, STALE_TICKS = 5 };
enum { CODE_FAILED = 1, CODE_NO_TERMINAL = 2 };

void console_end(struct console *console, int code)
{
	console->over = 1;
	console->code = code;
	loop_stop(console->session->loop);
}

void console_lost_terminal(struct console *console)
{
	err_set(console->err, "the terminal is gone");
	console_end(console, CODE_FAILED);
}

static void rows_save(struct console *console)
{
	struct fleet *fleet = console->session->fleet;
	struct err err = {.text = ""};

	if (!console->db || console->saved_version == fleet->version)
		return;
	if (warm_save(console->db, fleet, &err) < 0)
		log_line(console->options->log, "rows were not saved: %s", err.text);
	else
		console->saved_version = fleet->version;
}

static void save_due(void *arg)
{
	struct console *console = arg;

	console_settle(console);
	rows_save(console);
	timer_start(console->save, SAVE_SECONDS);
}

/*
 * Once a second: what only time changes. Nothing is drawn for it but a new minute, a service whose
 * health time changed, and the age of what is stale.
 */
static void tick_due(void *arg)
{
	struct console *console = arg;
	const struct fleet *fleet = console->session->fleet;
	int64_t wall = fleet->clock->wall(fleet->clock);

	timer_start(console->tick, 1);
	gitops_start(console->gitops); /* only now: git's processes would take the first rows' time */
	console_settle(console);
	console_flag_watch(console);
	if (wall - wall % 60000 != console->scene.now_ms) {
		console->dirty = 1;
		console_remind(console);
	}
	console->ticks = (console->ticks + 1) % STALE_TICKS;
	for (size_t i = 0; console->ticks == 0 && i < fleet->clusters.len; i++)
		if (((const struct cluster *)fleet->clusters.items[i])->link == LINK_STALE)
			console->dirty = 1;
	console_draw_now(console);
}

static int look_before_start(struct console *console, struct err *err)
{
	const struct console_options *options = console->options;

	if (options->context_count == 0) {
		err_set(err,
		        "there is no cluster to show: no context was found%s%s. Set KUBECONFIG or pass --kubeconfig "
		        "FILE; `kubectl config get-contexts` lists what there is",
		        options->looked_in ? " in " : "", options->looked_in ? options->looked_in : "");
		return CODE_FAILED;
	}
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		err_set(err,
		        "the console needs a terminal on standard input and output, and one of them is none; for "
		             "scripts there is `flagdeck get services`");
		return CODE_NO_TERMINAL;
	}
	if (theme_load(&console->theme, options->theme ? options->theme : "dark", err) < 0)
		return CODE_FAILED;
	console->keymap = keymap_load(options->keymap ? options->keymap : "vim", err);
	if (!console->keymap)
		return CODE_FAILED;
	if (options->trace_start && !(console->trace = start_trace_open(options->trace_start, err)))
		return CODE_FAILED;
	return 0;
}

/* The state is a help, not a need: without it the console starts cold and says so. */
static void rows_remember(struct console *console)
{
	struct fleet *fleet = console->session->fleet;
	struct err err = {.text = ""};

	if (!console->options->state_path)
		return;
	console->db = db_open(console->options->state_path, &err);
	if (!console->db)
		console->db = db_memory(err.text);
	for (size_t i = 0; i < fleet->clusters.len; i++)
		if (warm_load(console->db, fleet->clusters.items[i], &err) < 0)
			log_line(console->options->log, "rows of the last run were not read: %s", err.text);
	fleet_settle(fleet);
	console->saved_version = fleet->version;
}

static int session_make(struct console *console, struct err *err)
{
	const struct console_options *options = console->options;
	const struct session_options session = {
		.contexts = options->contexts,
		.context_count = options->context_count,
		.service_label = options->service_label,
		.team_label = options->team_label,
		.metrics = options->metrics,
		.log = options->log,
		.borrow_terminal = console_lend_terminal,
		.changed = console_written,
		.arg = console,
	};

	console->session = session_new(&session, err);
	if (!console->session)
		return CODE_FAILED;
	rows_remember(console);
	const struct gitops_options gitops = {.session = console->session,
	                                      .repositories = options->config ? options->config->repositories : NULL,
	                                      .repository_count = options->config ? options->config->repository_count : 0,
	                                      .db = console->db, .log = options->log, .changed = console_written, .arg = console};
	console->gitops = gitops_new(&gitops);
	console->scene.fleet = console->session->fleet;
	console->scene.keymap = console->keymap;
	console->scene.read_only = options->read_only;
	console->scene.plain = options->screen_reader;
	console->scene.graph = options->ascii || options->screen_reader ? GRAPH_TTY : options->graph;
	console->supply = supply_new(console->session, &console->scene, console_changed, console);
	console->loads = load_book_new(console->session->loop, options->load_results, options->load_profiles, console_changed, console);
	console->scene.runs = load_book(console->loads);
	console->deck = deck_new(&console->scene);
	console->dispatch.deck = console->deck;
	console_host(console, &console->dispatch.host);
	console_operate_begin(console);
	return 0;
}

static int terminal_open(struct console *console, struct err *err)
{
	struct loop *loop = console->session->loop;
	const struct screen_options screen = {
		.theme = &console->theme, .ascii = console->options->ascii, .no_color = console->options->no_color};

	console->screen = screen_open(&screen, err);
	if (!console->screen)
		return CODE_NO_TERMINAL;
	grid_init(&console->grid, screen_rows(console->screen), screen_cols(console->screen));
	console->grid.plain = console->options->screen_reader;
	console->signals = signals_new(loop, console_signal, console);
	console->input = watcher_new(loop, screen_input_fd(console->screen), LOOP_READ, console_input_ready,
	                             console);
	console->output = watcher_new(loop, screen_output_fd(console->screen), 0, console_output_ready, console);
	return 0;
}

static void timers_make(struct console *console)
{
	struct loop *loop = console->session->loop;

	console->frame = timer_new(loop, console_frame_due, console);
	console->escape = timer_new(loop, console_escape_due, console);
	console->tick = timer_new(loop, tick_due, console);
	console->demand = timer_new(loop, console_demand_due, console);
	console->save = timer_new(loop, save_due, console);
	timer_start(console->tick, 1);
	timer_start(console->save, SAVE_SECONDS);
}

static void console_release(struct console *console)
{
	/* The terminal first: nobody should look at a dead screen while the rest is let go. */
	if (console->screen)
		screen_close(console->screen);
	if (console->session && console->over)
		console_settle(console);
	if (console->session)
		rows_save(console);
	watcher_free(console->input);
	watcher_free(console->output);
	signals_free(console->signals);
	timer_free(console->frame);
	timer_free(console->escape);
	timer_free(console->tick);
	timer_free(console->demand);
	timer_free(console->save);
	console_operate_end(console);
	deck_free(console->deck);
	supply_free(console->supply);
	load_book_free(console->loads);
	gitops_free(console->gitops);
	console_flag_free(console);
	session_free(console->session);
	db_close(console->db);
	grid_release(&console->grid);
	keymap_free(console->keymap);
	start_trace_close(console->trace);
	free(console);
}

int console_run(const struct console_options *options, struct err *err)
{
	struct console *console = mem_new(sizeof(*console));
	struct err unheard;
	int code;

	console->options = options;
	console->err = err ? err : &unheard;
	code = look_before_start(console, err);
	if (code == 0)
		code = session_make(console, err);
	if (code == 0)
		timers_make(console);
	if (code == 0)
		code = terminal_open(console, err);
	if (code == 0) {
		/* What the last run knew is on the screen before anybody is asked. */
		console->dirty = 1;
		console_draw_now(console);
		session_start(console->session);
		console_flag_start(console);
		if (!console->over)
			loop_run(console->session->loop);
		code = console->code;
	}
	console_release(console);
	return code;
}

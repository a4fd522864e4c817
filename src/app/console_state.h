/* SPDX-License-Identifier: MIT */
#ifndef APP_CONSOLE_STATE_H
#define APP_CONSOLE_STATE_H

#include "app/console.h"
#include "app/demand.h"
#include "app/dispatch.h"
#include "app/flag_book.h"
#include "app/load_book.h"
#include "app/gitops.h"
#include "git/request.h"
#include "app/signals.h"
#include "app/start_trace.h"
#include "store/audit.h"
#include "store/db.h"
#include "term/screen.h"
#include "term/theme.h"
#include "view/deck.h"

/* The running console, shared by console.c (life), console_frame.c (drawing) and console_input.c. */
struct console {
	const struct console_options *options;
	struct theme theme;
	struct keymap *keymap;
	struct session *session;
	struct gitops *gitops;
	struct supply *supply;
	struct load_book *loads;
	struct flag_book *flags;  /* NULL: no repository is configured */
	struct flag_order *flag_order;
	struct forge_place forge; /* of the pull request that is being opened */
	const struct flag_board *flag_board; /* whose letters the services have */
	unsigned flag_ticks;
	char flag_tried[33];      /* change that was taken back last, or could not be */
	int64_t flag_tried_ms;
	uint64_t flag_membership; /* of the fleet then, plus one */
	struct scene scene;
	struct deck *deck;
	struct dispatch dispatch;
	struct db *db;
	struct audit *audit;      /* NULL: there is none, and nothing is changed */
	struct operating *operating;
	struct screen *screen;
	struct grid grid;
	struct signals *signals;
	struct start_trace *trace; /* NULL: not asked for */

	struct watcher *input, *output;
	struct timer *frame, *escape, *tick, *demand, *save;
	int64_t drawn_ms;         /* monotonic, of the last frame; 0: none yet */
	int64_t demanded_ms;      /* monotonic, of the last change of demand */
	int written;              /* facts came since the fleet was settled */
	int dirty;                /* something is to be drawn */
	int lent;                 /* the terminal is somebody else's for now */
	unsigned ticks;
	uint64_t saved_version;   /* of the fleet, when rows were saved */
	const char *told_notice;  /* of the database, so that it is said once */
	int over, code;           /* the loop is to end with this exit code */
	struct err *err;
};

/* console_frame.c */
void console_written(void *arg);    /* a source wrote into the model */
void console_changed(void *arg);    /* something else that is drawn came */
void console_settle(struct console *console); /* the fleet is as it should be for views */
void console_draw_now(struct console *console); /* if there is anything to draw and the terminal takes it */
void console_frame_due(void *arg);
void console_output_ready(void *arg, int events);
void console_demand_due(void *arg);

/* console_input.c */
void console_input_ready(void *arg, int events);
void console_escape_due(void *arg);
void console_signal(void *arg, int number);
int console_lend_terminal(void *arg, int take);
void console_host(struct console *console, struct dispatch_host *host);

/* console_load.c */
void console_load(void *arg, enum action_id action, enum deck_answer answer);

/* console_operate.c */
void console_operate_begin(struct console *console);
void console_operate_end(struct console *console);
void console_operate(void *arg, enum action_id action, enum deck_answer answer);
void console_remind(struct console *console); /* of what is held longer than it was to be; once a minute */

/* console_flag.c */
void console_flag_start(struct console *console);
void console_flag_free(struct console *console);
void console_flag_letters(struct console *console);
/* Without asking: it was agreed to when the end was set. */
void console_flag_take_back(struct console *console, const struct flag_commit *commit, const char *why);
/* console_flag_watch.c: what has run out, and guards; called once a second */
void console_flag_watch(struct console *console);
void console_flag(void *arg, enum action_id action, enum deck_answer answer);

/* console_dump.c */
void console_dump(struct console *console);

/* console.c */
void console_end(struct console *console, int code);
void console_lost_terminal(struct console *console);

#endif

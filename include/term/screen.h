/* SPDX-License-Identifier: MIT */
#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "term/decode.h"
#include "term/grid.h"
#include "term/theme.h"

/*
 * The terminal. No call but screen_open, screen_close and screen_suspend ever waits for it: it is
 * opened a second time by its name, without blocking, and what it does not take yet stays here.
 * While bytes are pending screen_ready is false and no frame is composed, so a slow line sees the
 * latest state, not a queue of old ones.
 *
 *	input:   watch screen_input_fd for reading → screen_read, then screen_next until it gives 0;
 *	         then, if screen_wait_ms is not -1, call screen_next again after so long (a lone Esc)
 *	output:  dirty and screen_ready → screen_draw; while !screen_ready, watch screen_output_fd for
 *	         writing → screen_flush
 *	SIGWINCH → screen_resize; -1 of any call: the terminal is gone, end the program
 *
 * One screen a process, because of ncurses. Call setlocale(LC_CTYPE, "") before. The caller keeps
 * SIGTSTP, SIGINT, SIGTERM and SIGWINCH: ncurses' handlers are not left installed.
 */
struct screen;

struct screen_options {
	const char *tty;           /* path; NULL: the terminal of stdin, stdout or the session */
	const char *term;          /* NULL: $TERM */
	const struct theme *theme; /* copied */
	const struct clock *clock; /* NULL: clock_system */
	int ascii;                 /* --ascii; also when the locale is not UTF-8 */
	int no_color;              /* --no-color; also with NO_COLOR set and not empty */
};

struct screen *screen_open(const struct screen_options *options, struct err *err);
void screen_close(struct screen *screen); /* restores the terminal; waits for it half a second at most */

int screen_input_fd(const struct screen *screen);
int screen_output_fd(const struct screen *screen); /* may be the same descriptor */
int screen_rows(const struct screen *screen);
int screen_cols(const struct screen *screen);
int screen_is_ascii(const struct screen *screen);
enum colors screen_colors(const struct screen *screen);
/* Bytes that the terminal took so far. */
size_t screen_bytes_written(const struct screen *screen);

int screen_ready(const struct screen *screen);
/* Writes what changed since the last frame, and its cursor. Call only when screen_ready. A grid of
 * another size than the screen's is drawn from the corner. Returns 0, or -1: gone. */
int screen_draw(struct screen *screen, const struct grid *grid);
int screen_flush(struct screen *screen);   /* 0, or -1: gone */
/* Puts text on the clipboard of the terminal, over SSH too (OSC 52). -1: it is none that knows this. */
int screen_copy(struct screen *screen, const char *text, size_t len);
void screen_redraw(struct screen *screen); /* the next frame is drawn whole */
void screen_set_theme(struct screen *screen, const struct theme *theme);
/* Reads the terminal's size again; 1 when it changed. */
int screen_resize(struct screen *screen);

int screen_read(struct screen *screen); /* takes the bytes that are there; 0, or -1: gone */
int screen_next(struct screen *screen, struct input *input);
int screen_wait_ms(const struct screen *screen);

/* Hands the terminal to a child or a shell, in the state in which it was found, and takes it back;
 * the next frame is drawn whole. Between the two nothing else may be called but screen_close. */
void screen_suspend(struct screen *screen);
int screen_resume(struct screen *screen, struct err *err) MUST_USE;

/* For handlers of SIGSEGV, SIGABRT and the like: restores the terminal with calls that are safe
 * there. Does nothing when no screen is open. */
void screen_emergency_restore(void);

#endif

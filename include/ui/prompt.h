/* SPDX-License-Identifier: MIT */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include <stddef.h>

#include "term/grid.h"
#include "term/keys.h"

/*
 * One line of input: a label and a text with a cursor, history and completion.
 *
 *	Left Right Ctrl-B Ctrl-F  Home End Ctrl-A Ctrl-E  Backspace Delete Ctrl-D   Ctrl-W word
 *	Ctrl-U to the start  Ctrl-K to the end  Alt-B Alt-F words  Up Down Ctrl-P Ctrl-N suggestions,
 *	else history  Tab Shift-Tab completion  Enter Esc Ctrl-C Ctrl-G
 *
 * While a prompt is open it gets every key; these keys are no actions.
 */
enum { PROMPT_TEXT = 512, PROMPT_LABEL = 32, PROMPT_OFFERS = 8, PROMPT_OFFER = 512, HISTORY_MAX = 50 };

enum prompt_result {
	PROMPT_OPEN,     /* nothing changed but perhaps the cursor */
	PROMPT_CHANGED,  /* the text is another one: filters follow as it is typed */
	PROMPT_ACCEPTED, /* Enter; the text went into the history */
	PROMPT_CANCELLED
};

struct prompt_history {
	char *items[HISTORY_MAX]; /* 0 is the newest */
	size_t count;
};
void prompt_history_add(struct prompt_history *history, const char *text); /* no copies, no empty ones */
void prompt_history_release(struct prompt_history *history);

/* Whole texts that `text` may become, best first; returns how many were written. */
typedef size_t prompt_complete_fn(void *arg, const char *text, char (*offers)[PROMPT_OFFER], size_t max);

struct prompt {
	char label[PROMPT_LABEL];
	char text[PROMPT_TEXT];
	size_t len, cursor;             /* bytes; the cursor stands on a character's first byte */
	int secret;                     /* drawn as • */
	struct prompt_history *history; /* borrowed, or NULL */
	long history_at;                /* -1: the text being typed, which `typed` keeps meanwhile */
	char typed[PROMPT_TEXT];
	prompt_complete_fn *complete; /* or NULL */
	void *complete_arg;
	char offers[PROMPT_OFFERS][PROMPT_OFFER];
	size_t offer_count;
	long offer_at; /* the one chosen, or -1 */
};

/* Empties the prompt; set secret, history and complete afterwards. */
void prompt_init(struct prompt *prompt, const char *label);
void prompt_set(struct prompt *prompt, const char *text); /* cursor at the end; offers follow */
enum prompt_result prompt_key(struct prompt *prompt, struct key key);
enum prompt_result prompt_paste(struct prompt *prompt, const char *text);
/* Draws into one row and puts the grid's cursor there. Long texts scroll. */
void prompt_draw(const struct prompt *prompt, struct grid *grid, struct rect row);
/* Draws the offers above the prompt's row, over what is there. */
void prompt_draw_offers(const struct prompt *prompt, struct grid *grid, struct rect row);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef UI_DIALOG_H
#define UI_DIALOG_H

#include <stddef.h>

#include "term/grid.h"
#include "term/keys.h"
#include "ui/prompt.h"

/*
 * A question in the middle of the screen. While it is open it gets every key.
 *
 *	DIALOG_NOTICE   says something; Enter, Space, Esc or q close it (accepted)
 *	DIALOG_CONFIRM  y accepts, n and Esc refuse; Enter does nothing: no yes by habit
 *	DIALOG_TYPE     accepts once the expected name is typed and Enter is pressed
 *	DIALOG_CHOOSE   one of a list: arrows or j k, Enter, 1 to 9, Esc
 */
enum dialog_kind { DIALOG_NONE, DIALOG_NOTICE, DIALOG_CONFIRM, DIALOG_TYPE, DIALOG_CHOOSE };
enum dialog_result { DIALOG_OPEN, DIALOG_ACCEPTED, DIALOG_REFUSED };
enum { DIALOG_TITLE = 96, DIALOG_BODY = 2048, DIALOG_CHOICES = 40, DIALOG_CHOICE = 64 };

struct dialog {
	enum dialog_kind kind;
	int danger; /* a protected cluster: the title says so in its colour and in a word */
	char title[DIALOG_TITLE];
	char body[DIALOG_BODY]; /* lines by '\n', wrapped */
	char expected[PROMPT_TEXT];
	struct prompt prompt;
	char choices[DIALOG_CHOICES][DIALOG_CHOICE];
	size_t choice_count, chosen;
};

void dialog_init(struct dialog *dialog); /* DIALOG_NONE: closed */
int dialog_is_open(const struct dialog *dialog);
void dialog_notice(struct dialog *dialog, const char *title, const char *body);
void dialog_confirm(struct dialog *dialog, int danger, const char *title, const char *body);
void dialog_type(struct dialog *dialog, int danger, const char *title, const char *body,
                 const char *expected);
void dialog_choose(struct dialog *dialog, const char *title, const char *const *choices, size_t count,
                   size_t chosen);
/* ACCEPTED and REFUSED close it; `chosen` stays readable. */
enum dialog_result dialog_key(struct dialog *dialog, struct key key);
enum dialog_result dialog_paste(struct dialog *dialog, const char *text);
void dialog_draw(const struct dialog *dialog, struct grid *grid, struct rect in);

#endif

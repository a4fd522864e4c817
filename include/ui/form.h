/* SPDX-License-Identifier: MIT */
#ifndef UI_FORM_H
#define UI_FORM_H

#include <stddef.h>

#include "base/err.h"
#include "term/grid.h"
#include "term/keys.h"
#include "ui/prompt.h"

/*
 * A few questions that are asked together, in the middle of the screen: a reason, a moment, one of
 * several values, yes or no. While it is open it gets every key.
 *
 *	Tab Down  Shift-Tab Up   next and previous field      Left Right Space   another choice, on or off
 *	Enter   next field; on the last: done, once all fields are right      Esc Ctrl-C Ctrl-G   leave
 *
 * A field that is wrong gets the focus, and what is wrong is said below it.
 *
 *	form_init(&form, "Suspend apps", "Nothing of it is applied until somebody resumes it.");
 *	form_text(&form, "why", "shown to everybody who looks at it", 1, NULL, NULL);
 *	form_text(&form, "until", "2h, 18:00, 2026-12-01; empty: until resumed", 0, check_when, clock);
 */
enum { FORM_FIELDS = 8, FORM_TITLE = 96, FORM_BODY = 1024, FORM_LABEL = 24, FORM_HELP = 96,
	FORM_CHOICES = 24, FORM_CHOICE = 64 };
enum form_kind { FORM_LINE, FORM_ONE_OF, FORM_SWITCH };
enum form_result { FORM_OPEN, FORM_DONE, FORM_LEFT };

/* Whether a text is right; called for what was typed, "" only where the field is not required. */
typedef int form_check_fn(void *arg, const char *text, struct err *err);

struct form_field {
	enum form_kind kind;
	char label[FORM_LABEL], help[FORM_HELP];
	int required;
	form_check_fn *check;  /* or NULL */
	void *check_arg;
	struct prompt prompt;  /* FORM_LINE */
	char choices[FORM_CHOICES][FORM_CHOICE];
	size_t choice_count;
	size_t chosen;         /* FORM_ONE_OF: an index; FORM_SWITCH: 0 or 1 */
};

struct form {
	int danger;            /* a protected cluster: the title says so */
	char title[FORM_TITLE], body[FORM_BODY];
	struct form_field fields[FORM_FIELDS];
	size_t count, at;
	char error[ERR_MAX];   /* about the field with the focus; "" when there is nothing wrong */
};

void form_init(struct form *form, const char *title, const char *body);
/* Each returns the field, to be changed further (a history, a text to start with). */
struct form_field *form_text(struct form *form, const char *label, const char *help, int required,
                             form_check_fn *check, void *arg);
struct form_field *form_choice(struct form *form, const char *label, const char *help,
                               const char *const *choices, size_t count, size_t chosen);
struct form_field *form_switch(struct form *form, const char *label, const char *help, int on);

/* By label: what was typed or chosen, "" where there is no such field; 0 or 1 of a switch. */
const char *form_value(const struct form *form, const char *label);
int form_is_on(const struct form *form, const char *label);

enum form_result form_key(struct form *form, struct key key);
void form_paste(struct form *form, const char *text); /* into the line with the focus */
void form_draw(const struct form *form, struct grid *grid, struct rect in);

/* For lines that may be one line only, such as a reason: no control characters, not only blanks. */
int form_check_line(void *arg, const char *text, struct err *err);

#endif

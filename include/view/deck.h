/* SPDX-License-Identifier: MIT */
#ifndef VIEW_DECK_H
#define VIEW_DECK_H

#include "action/action.h"
#include "term/grid.h"
#include "term/keys.h"
#include "ui/form.h"
#include "view/demand.h"
#include "view/view.h"

/*
 * The whole screen: header, list, detail with its tabs, timeline, footer, and what lies over them
 * (prompt, dialog, help, messages). It turns keys into actions and carries out those that are about
 * the screen alone; the app carries out the rest. It knows no terminal: it draws into a grid.
 */
struct deck;

struct deck *deck_new(const struct scene *scene); /* the scene outlives it */
void deck_free(struct deck *deck);

/* Draws everything into the grid, whose size is the screen's. */
void deck_draw(struct deck *deck, struct grid *grid);
/* Rows of services that the last deck_draw drew. */
size_t deck_rows_drawn(const struct deck *deck);

/*
 * A key or a paste. What is not consumed by a prompt or dialog becomes an action to dispatch, or
 * ACTION_NONE. `answer`: the person was asked about it before, and this is what came of it.
 */
enum deck_answer {
	DECK_UNASKED,
	DECK_AGREED, /* said yes, or typed the name */
	DECK_FILLED  /* filled the form, see deck_form */
};
struct deck_order {
	enum action_id action;
	enum deck_answer answer;
};
struct deck_order deck_key(struct deck *deck, struct key key);
void deck_paste(struct deck *deck, const char *text);

/* What an operation is for: what is marked while the list has the focus, else what is selected; services, or
 * the objects of the list that stands in their place. */
struct deck_target {
	const struct service *service; /* NULL: it is an object */
	const struct cluster *cluster;
	const struct object *object;
};
/* The revision that is selected in the rollout of the service; 0: none but the present one. */
long deck_revision(const struct deck *deck);
void deck_each_target(struct deck *deck, void (*each)(void *arg, const struct deck_target *target), void *arg);

/* Carries out an action of the screen. Returns 1, or 0 when it is none or does not fit the focus. */
int deck_act(struct deck *deck, enum action_id action);
unsigned deck_met(struct deck *deck);                /* enum need: what holds now */
int deck_works_here(const struct deck *deck, enum action_id action); /* its scope has the focus */
/* Asks what the action's confirm column says; the answer comes from a later deck_key. 0: no need to ask. */
int deck_ask(struct deck *deck, enum action_id action);
/* What the app asks about an action of its own; the answer comes in the same way. The form is copied.
 * `expected`: the name to type; NULL: y or n. */
void deck_ask_form(struct deck *deck, enum action_id action, const struct form *form);
void deck_ask_agreement(struct deck *deck, enum action_id action, int danger, const char *title, const char *body,
                        const char *expected);
const struct form *deck_form(const struct deck *deck); /* as it was filled last */
void deck_notice(struct deck *deck, const char *title, const char *body); /* something to read, and Enter */
/* Shown in the footer until the next key, and kept for the list of messages. */
void deck_say(struct deck *deck, int error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Shows the load tests, one of them opened ("": the list). */
void deck_open_loads(struct deck *deck, const char *id);
const char *deck_load_selected(struct deck *deck); /* a run's id; NULL: none */

int deck_is_asking(const struct deck *deck); /* a form or a question is open */
struct flag_pick;
size_t deck_flag_pick(struct deck *deck, struct flag_pick *pick); /* of the view of flags with the focus */

void deck_demand(struct deck *deck, struct demand *demand);
/* Reads again what was read once (the YAML on the screen). */
void deck_reread(struct deck *deck);
/* What "copy" means where the focus is; -1: nothing. */
int deck_copy(struct deck *deck, struct buf *out);

/* For tests and the dispatch: scopes with the focus, innermost first; returns how many. */
enum { DECK_SCOPES = 4 };
size_t deck_scopes(const struct deck *deck, unsigned scopes[DECK_SCOPES]);

#endif

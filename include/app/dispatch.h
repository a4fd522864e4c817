/* SPDX-License-Identifier: MIT */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "action/action.h"
#include "view/deck.h"

/*
 * Carries out actions: whether this one works here, what must hold, whether the person is sure,
 * then its handler. Those of the screen are the deck's; the rest are the host's.
 */
struct dispatch_host {
	void (*quit)(void *arg);
	void (*refresh)(void *arg);
	void (*redraw)(void *arg);
	void (*suspend)(void *arg);
	void (*next_theme)(void *arg);
	/* What is carried out in clusters and repositories: asks, previews, and acts once that is answered. */
	void (*operate)(void *arg, enum action_id action, enum deck_answer answer);
	void *arg;
	void (*copy)(void *arg, const char *text, size_t len); /* to the terminal's clipboard */
	void (*flag)(void *arg, enum action_id action, enum deck_answer answer); /* changes of flags */
	void (*load)(void *arg, enum action_id action, enum deck_answer answer); /* load tests: start and stop */
};

struct dispatch {
	struct deck *deck;
	struct dispatch_host host;
	enum deck_answer answer; /* to the action that is carried out */
};

/* `answer`: of the person, where they were asked. What cannot be done is said in the footer. */
void dispatch_action(struct dispatch *dispatch, enum action_id action, enum deck_answer answer);
/* Whether the table has a handler; a test asks for every action. */
int dispatch_handles(enum action_id action);

#endif

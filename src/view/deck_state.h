/* SPDX-License-Identifier: MIT */
#ifndef VIEW_DECK_STATE_H
#define VIEW_DECK_STATE_H

#include "ui/dialog.h"
#include "ui/form.h"
#include "ui/layout.h"
#include "ui/palette.h"
#include "ui/prompt.h"
#include "view/deck.h"
#include "view/views.h"

/* The deck's own state, shared by deck.c (drawing), deck_keys.c (input) and deck_act.c (actions). */
enum deck_tab { DECK_OVERVIEW, DECK_PODS, DECK_LOGS, DECK_EVENTS, DECK_YAML, DECK_METRICS, DECK_CHAIN, DECK_ROLLOUT, DECK_FLAGS, DECK_TABS };
enum deck_place { DECK_SERVICES, DECK_FLUX, DECK_ROLLOUTS, DECK_PAUSED, DECK_ALERTS, DECK_SILENCES, DECK_PLACES };
enum deck_over { DECK_OVER_NONE, DECK_OVER_HELP, DECK_OVER_MESSAGES, DECK_OVER_LOADS, DECK_OVER_FLAGS, DECK_OVERS };
enum deck_prompt { DECK_PROMPT_NONE, DECK_PROMPT_FILTER, DECK_PROMPT_SEARCH, DECK_PROMPT_COMMAND,
	DECK_PROMPT_QUERY };
/* What the open dialog is about. */
enum deck_question { DECK_ASKS_NOTHING, DECK_ASKS_ACTION, DECK_ASKS_SORT, DECK_ASKS_CLUSTER, DECK_ASKS_LOG };
enum { DECK_MESSAGE = 256, DECK_PALETTE = 8 };

struct deck {
	const struct scene *scene;
	struct view *list;      /* the services, whatever stands in their place */
	struct view *timeline, *tabs[DECK_TABS], *overs[DECK_OVERS];
	struct view *places[DECK_PLACES]; /* what can stand there; [DECK_SERVICES] is `list` */
	struct view *object;    /* the detail of the others */
	enum deck_place place;
	enum deck_tab tab;
	enum deck_over over;
	enum pane focus;
	int detail_open;        /* on a narrow screen: in place of the list */
	int zoomed;
	int list_share;
	int timeline_rows;      /* -1: as fits the screen */
	int timeline_hidden;
	int rows, cols;         /* of the screen at the last drawing */
	struct layout layout;
	size_t drawn;           /* rows of services at the last drawing */

	enum deck_prompt prompting;
	struct prompt prompt;
	struct prompt_history filters, searches, commands, queries;
	char *filter_before;    /* what Esc in the filter prompt puts back */
	char prompt_error[DECK_MESSAGE];
	size_t palette_count, palette_at; /* actions that fit what is typed */
	size_t palette[DECK_PALETTE];

	struct dialog dialog;
	struct form form;
	int form_is_open;
	enum deck_question question;
	enum action_id asked;   /* the action that waits for an answer */
	char (*log_choices)[DEMAND_NAME * 2]; /* of DECK_ASKS_LOG: "pod/container" */

	struct keymap_pending pending;
	char message[DECK_MESSAGE];
	int message_is_error;
};

struct view *deck_main(const struct deck *deck);   /* what stands in the list's place */
struct view *deck_detail(const struct deck *deck); /* what stands beside it */
struct view *deck_focused(const struct deck *deck);
void deck_layout(struct deck *deck);
/* The detail is about what the list has selected. */
void deck_follow_selection(struct deck *deck);

void deck_prompt_open(struct deck *deck, enum deck_prompt kind);
void deck_sort_choose(struct deck *deck);
void deck_cluster_choose(struct deck *deck);
void deck_log_choose(struct deck *deck);
void deck_dialog_answered(struct deck *deck);
void deck_cluster_set(struct deck *deck, const char *name); /* NULL: all */

#endif

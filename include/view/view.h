/* SPDX-License-Identifier: MIT */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "action/action.h"
#include "action/keymap.h"
#include "base/text.h"
#include "model/eventlog.h"
#include "model/flag_board.h"
#include "model/fleet.h"
#include "model/logring.h"
#include "model/run_book.h"
#include "term/grid.h"
#include "ui/spark.h"
#include "view/demand.h"

struct history;

/*
 * What a view may look at. It belongs to the app, which fills it from the sources; views have it
 * const. The fleet is settled whenever a view is called. Pods and other objects may be replaced
 * between two calls, services come and go: a view keeps names and keys, never pointers.
 */
struct scene {
	const struct fleet *fleet;
	const struct keymap *keymap; /* may be NULL: hints have no keys then */
	/*
	 * Wall clock cut to the minute. Ages are told from it, so that they change once a minute and
	 * all at the same time: a quiet screen sends next to nothing.
	 */
	int64_t now_ms;
	int read_only;
	int plain;                   /* for screen readers: one fact a line, see struct grid */
	int unaudited; /* the audit cannot be written: nothing may be changed */
	enum graph graph; /* of charts */

	/* What was demanded, as far as it came, and which demand it answers. */
	struct demand answers;
	const struct logring *logs;
	char logs_state[240];        /* "12 containers", trouble in words; "" when no log is open */
	const struct run_book *runs; /* load tests; NULL: nobody keeps any */
	const struct eventlog *events;
	char events_state[240];      /* trouble in words; "" when all is well */
	struct scene_object {
		const char *const *lines;
		size_t count;
		int masked;              /* values that are masked */
		int revealed;            /* one that could be is shown */
		int loading;
		char error[400];         /* "" when it could be read */
		char version[64];        /* resourceVersion that the model knew when it was read */
	} object;
	const struct flag_state *flags; /* of the repository; NULL: none is configured */
	const struct history *history; /* revisions of the open rollout; NULL: not read yet, or an error */
	char history_error[400];
	const struct scene_charts *charts; /* view/panels.h; NULL: no metrics are read */
};

struct view;
struct place_ops;

struct view_hint {
	enum action_id action;
	const char *text; /* shorter than the action's sentence */
};
enum { VIEW_HINTS = 10 };

/*
 * One view, one file, one table. To add a view: its file with its ops, its line in view/views.h,
 * its place in the deck.
 */
struct view_ops {
	const char *name;    /* of the tab */
	unsigned scope;      /* enum scope while it has the focus */
	const struct place_ops *place; /* it can stand in the list's place, see view/place.h; NULL: it cannot */
	size_t size;         /* of the view's own struct, which begins with struct view */
	struct view_hint hints[VIEW_HINTS];

	void (*open)(struct view *view);   /* the struct is zeroed but for struct view; may be NULL */
	void (*close)(struct view *view);  /* releases what it holds, not itself; may be NULL */
	void (*select)(struct view *view); /* view->service is another one; may be NULL */
	/* A few words for the right end of the title; may be NULL. */
	void (*status)(struct view *view, struct text *out);
	void (*draw)(struct view *view, struct grid *grid, struct rect rect, int focused);
	/* Returns 1 when it did the action, 0 when it is not the view's. */
	int (*act)(struct view *view, enum action_id action);
	/* Starts a search, "" ends it. -1: no match. NULL: there is nothing to search. */
	int (*search)(struct view *view, const char *text);
	const char *(*searching)(const struct view *view); /* the search's text; "" without */
	/* The text that "copy" means now; -1: there is none. May be NULL. */
	int (*copy)(struct view *view, struct buf *out);
	size_t (*rows)(struct view *view);                 /* that can be opened; NULL: none */
	void (*demand)(const struct view *view, struct demand *demand); /* may be NULL */
};

struct view {
	const struct view_ops *ops;
	const struct scene *scene;
	char *service;       /* key of the service it is about; "" for none */
	struct rect rect;    /* where it was drawn last: what a page is */
};

struct view *view_new(const struct view_ops *ops, const struct scene *scene);
void view_free(struct view *view); /* NULL is fine */
/* Makes the view be about a service. Nothing happens when it is already. */
void view_select(struct view *view, const char *key);
/* Draws and remembers where. */
void view_draw(struct view *view, struct grid *grid, struct rect rect, int focused);
/* The service it is about; NULL when there is none (any more). */
const struct service *view_service(const struct view *view);

#endif

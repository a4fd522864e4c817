/* SPDX-License-Identifier: MIT */
#ifndef VIEW_PLACE_H
#define VIEW_PLACE_H

#include "base/err.h"
#include "model/sheet.h"
#include "view/view.h"

/*
 * A view that can stand where the list of services stands, with a detail of its own beside it: what the
 * deck asks of it beyond struct view_ops. To add one: its place_ops, its line in the deck's table of
 * places (view/deck.c) and the action that opens it. A list that is a sheet of the model needs only the
 * line and the action: see view/sheet.c.
 */
struct place_ops {
	const char *(*filter)(const struct view *view); /* "" without */
	int (*set_filter)(struct view *view, const char *text, struct err *err) MUST_USE; /* "" clears */
	size_t (*marked)(const struct view *view);
	void (*set_cluster)(struct view *view, const char *name); /* NULL: all */
	const struct cluster *(*cluster)(struct view *view);      /* of the selected row; NULL: none */
	/* The service that the selected row is about; NULL: none. */
	const struct service *(*service)(struct view *view);
	/* What is selected, for the detail: a key that view_select gets. May be NULL. */
	void (*key)(struct view *view, struct text *out);
};

extern const struct place_ops services_place, sheet_place;

/* Lists of model/sheet.h; the view's name is the sheet's. */
extern const struct view_ops flux_view, paused_view, rollouts_view, alerts_view, silences_view;
/* The row that is selected; NULL: none. Good until the model is written. */
const struct sheet_row *sheet_selected(struct view *view);
/* Calls `each` for the marked rows that are there, or for the selected one where none is marked; returns
 * how many. */
size_t sheet_each_target(struct view *view, void (*each)(void *arg, const struct sheet_row *row), void *arg);

/* One object: conditions, where what it applies comes from, what waits for it, what it has applied. */
extern const struct view_ops object_view;
enum { ROW_KEY = 1200 }; /* as much of a row's key as a view is told */
/* The object of a key as sheet_row_key writes it; NULL when it is not there. */
const struct object *object_by_key(const struct fleet *fleet, const char *key, const struct cluster **cluster);
/* The service that an object is a part of: a workload's, that of what it leads or scales; NULL: none. */
const struct service *object_service(const struct cluster *cluster, const struct object *object);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef VIEW_VIEWS_H
#define VIEW_VIEWS_H

#include "base/err.h"
#include "model/column.h"
#include "model/query.h"
#include "view/panels.h"
#include "view/place.h"
#include "view/view.h"

/* The views, and what the deck needs to know of some of them beyond struct view_ops. */

extern const struct view_ops services_view, overview_view, pods_view, logs_view, events_view, yaml_view, metrics_view, chain_view, rollout_view;
extern const struct view_ops timeline_view, help_view, messages_view, loads_view, flags_view, matrix_view;

/* The list of services. */
const struct service *services_selected(struct view *view); /* NULL: there is none */
int services_go(struct view *view, const char *key);        /* selects it; -1: not in the list */
/* "" clears. On -1 the filter stays as it was. */
int services_set_filter(struct view *view, const char *text, struct err *err) MUST_USE;
const char *services_filter(const struct view *view);
size_t services_marked(const struct view *view);
int services_is_marked(const struct view *view, const char *key);
void services_sort(struct view *view, const struct column *column); /* NULL: trouble first */
const struct column *services_sorted(const struct view *view);
void services_set_cluster(struct view *view, const char *name);     /* NULL: all */
const char *services_cluster(const struct view *view);              /* NULL: all */

/* Pods: name of the selected one; NULL without. */
const char *pods_selected(struct view *view);
int pods_go(struct view *view, const char *name); /* -1: it is not there */

/* Logs of one pod and container; "" and "" for all. */
void logs_set_target(struct view *view, const char *pod, const char *container);
void logs_target(const struct view *view, const char **pod, const char **container);

/* Events: what the topmost event in sight is about, as "Pod/name"; NULL without. */
const char *events_about(struct view *view);

/* Timeline: the subject of the topmost entry in sight; NULL without. */
const char *timeline_subject(struct view *view);

/* Load tests: opens a run ("": the list); the run that is open or selected, NULL without. */
void loads_open(struct view *view, const char *id);
const char *loads_selected(struct view *view);

/* Flags: what is selected or marked, all of the board that is shown. The count; 0: nothing can be set. */
enum { FLAG_PICK_MAX = 5000 };
struct flag_pick {
	const char *key;
	const struct flag_event *event; /* the last change of the selected one; NULL: none in sight */
	size_t count;
	const struct flag_row *rows[FLAG_PICK_MAX];
};
size_t flags_pick(struct view *view, struct flag_pick *pick);
size_t matrix_pick(struct view *view, struct flag_pick *pick);

/* Rollout: the revision that is selected; 0: the present one, or none. */
long rollout_selected(const struct view *view);

/* YAML: reads the object again. */
/* A value that was shown is masked again: nobody looks at the YAML any more. */
void yaml_conceal(struct view *view);
void yaml_reread(struct view *view);

/* Metrics: the expression that is charted beside the panels, "" for none; asks for completion. */
void metrics_set_expr(struct view *view, const char *expr);
const char *metrics_expr(const struct view *view);
void metrics_ask_names(struct view *view);

/* Help for these scopes (bits), innermost first in the text. */
void help_set_scopes(struct view *view, const unsigned *scopes, size_t count);

/* Messages shown so far; a ring. */
void messages_add(struct view *view, int64_t at_ms, int error, const char *text);

#endif

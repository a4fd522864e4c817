/* SPDX-License-Identifier: MIT */
#ifndef KUBE_HISTORY_H
#define KUBE_HISTORY_H

#include "base/err.h"
#include "model/history.h"
#include "model/object.h"

struct source;
struct cJSON;

/*
 * The revisions of a workload, read when somebody looks at them: the workload for its selector, then
 * the objects that hold its revisions. Calls back exactly once, later; `history` is NULL and err set on
 * failure. The callee takes it over. Cancelling ends it without a call.
 */
struct history_read;

struct history_read *history_read(struct source *source, enum object_kind kind, const char *namespace, const char *name,
                                  void (*done)(void *arg, struct history *history, const struct err *err), void *arg);
void history_cancel(struct history_read *read); /* NULL is fine */

/* Whether its revisions are ReplicaSets; else they are ControllerRevisions. */
int history_keeps_sets(enum object_kind kind);
/* Whether the item of such a list is the workload's: an owner reference has its uid. */
int history_holds(const struct cJSON *workload, const struct cJSON *item);
/* The revisions in a list of ReplicaSets or ControllerRevisions that are the workload's; never NULL. */
struct history *history_decode(enum object_kind kind, const struct cJSON *workload, const struct cJSON *list);

#endif

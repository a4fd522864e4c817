/* SPDX-License-Identifier: MIT */
#ifndef MODEL_WRITER_H
#define MODEL_WRITER_H

#include "model/fleet.h"
#include "model/pod.h"
#include "model/workload.h"

/*
 * How sources write the model. Objects are built zeroed on the heap (mem_new of the kind's struct,
 * object_init, then its fields; interned strings from fleet->strings) and handed over whole.
 */
struct cluster *fleet_add_cluster(struct fleet *fleet, const char *name, const char *env, const char *region,
                                  int protected);

/*
 * Takes ownership. Replaces the object with the same key, joins it, updates aggregates: O(1) but
 * for a change of owner. A uid that differs is a delete followed by an add. An object with the uid
 * and the (non-empty) resourceVersion that are there already changes nothing and is freed.
 */
void cluster_put(struct cluster *cluster, struct object *object);
void cluster_remove(struct cluster *cluster, enum object_kind kind, const char *key);
/* Frees an object that was never put (a decode that failed half-way). */
void object_discard(struct fleet *fleet, struct object *object);

/*
 * Mark and sweep of a list: cluster_begin_list gives the epoch that cluster_put stamps on this
 * kind from now on; cluster_sweep, only after the last page was read to its end, removes what the
 * list did not have. Nothing is cleared before.
 */
uint32_t cluster_begin_list(struct cluster *cluster, enum object_kind kind);
void cluster_sweep(struct cluster *cluster, enum object_kind kind, uint32_t epoch);

/* `error` may be NULL. `remaining` in the state is set by the caller. */
void cluster_set_sync(struct cluster *cluster, enum object_kind kind, enum sync sync, const char *error);
void cluster_heard(struct cluster *cluster, enum object_kind kind);
/* Connection or credential trouble in words; NULL ends it. */
void cluster_set_error(struct cluster *cluster, int expired, const char *error);
/* The server is there but says that it is not well, so that what is heard may be old; NULL ends it.
 * Apart from the error, which each watch that gets through ends. Returns whether it is news. */
int cluster_set_unready(struct cluster *cluster, const char *words);

/* A row of the last run: shown as old until the cluster's workloads are complete, then dropped
 * when unconfirmed. Ignored when the live row is there already. */
void cluster_remember(struct cluster *cluster, const struct service_memory *memory);

/*
 * Derives what changed since the last call: rows, totals, cluster links, timeline entries, and what
 * only time changes (so call it every second or so on a quiet fleet too). Services without a
 * workload are freed here and nowhere else. Cheap when nothing changed. Returns whether anything
 * visible did.
 */
int fleet_settle(struct fleet *fleet);

#endif

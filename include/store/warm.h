/* SPDX-License-Identifier: MIT */
#ifndef STORE_WARM_H
#define STORE_WARM_H

#include "base/err.h"
#include "model/fleet.h"
#include "store/db.h"

/*
 * Warm start: the rows of the last run, so that the next one has a screen before the first byte
 * comes from a cluster. Only what a row shows is kept: no labels, annotations, environment or logs.
 */

/* Saves the rows of every cluster whose rows are true, in one transaction; what is kept of the
 * others stays. Clusters that were not seen for 30 days are forgotten. A NULL db does nothing. */
int warm_save(struct db *db, const struct fleet *fleet, struct err *err) MUST_USE;

/* Gives the cluster its rows of the last run (cluster_remember). None is no failure. */
int warm_load(struct db *db, struct cluster *cluster, struct err *err) MUST_USE;

#endif

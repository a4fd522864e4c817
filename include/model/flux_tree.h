/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FLUX_TREE_H
#define MODEL_FLUX_TREE_H

#include "model/fleet.h"
#include "model/flux.h"
#include "model/sheet.h"

/*
 * How the objects of a cluster hang together: which depends on which, and the tree from a source down
 * to the objects that were applied.
 */

/* How many others have to be ready before this one: the longest way down its dependsOn. A ring, or a
 * way longer than FLUX_DEPTH, counts FLUX_DEPTH. */
enum { FLUX_DEPTH = 16 };
int flux_depth(const struct cluster *cluster, const struct object *object);
/* The first dependency that is not there or not Ready; NULL: none keeps it waiting. */
const struct object_ref *flux_waits_for(const struct cluster *cluster, const struct object *object);
/* Whether what it applied was changed behind its back, as far as the kind can tell. */
int flux_has_drifted(const struct object *object);
/* Trouble first: TONE_BAD failed, TONE_BUSY at work or not decided, TONE_WARNING suspended, TONE_GOOD
 * ready, TONE_DIM without a Ready. */
enum tone flux_tone(const struct object *object);
/* Kinds in the order in which a commit passes through them. */
int flux_stage(enum object_kind kind);
/* An inventory's id taken apart: "Deployment payments/api"; the id as it is when it cannot be. */
void inventory_describe(const char *id, struct text *out);
/* The object that an id means, when the model holds it. */
const struct object *inventory_resolve(const struct cluster *cluster, const char *id);

size_t flux_list(const struct fleet *fleet, const struct cluster *only, struct sheet_row **rows);
size_t flux_tree(const struct fleet *fleet, const struct cluster *only, struct sheet_row **rows);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef OPS_RESOLVE_H
#define OPS_RESOLVE_H

#include "ops/ops.h"

/*
 * What a program that was killed left behind: changes in the audit with an intent and no outcome. The
 * objects are looked at, and the outcome is written: done, because what was to be written is there;
 * not there; or unknown, because it cannot be told. Clusters that are not of this session stay open.
 */
struct resolve;

/* `told` gets a sentence for each change. `ended` comes once, with their number; may be NULL. */
struct resolve *resolve_begin(struct ops *ops, void (*told)(void *arg, int unsure, const char *words),
                              void (*ended)(void *arg, size_t changes), void *arg);
void resolve_free(struct resolve *resolve); /* NULL is fine */

#endif

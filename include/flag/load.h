/* SPDX-License-Identifier: MIT */
#ifndef FLAG_LOAD_H
#define FLAG_LOAD_H

#include "base/err.h"
#include "flag/tree.h"
#include "git/git.h"

/*
 * Reads the flags of a commit out of a bare clone: one listing and two batches of contents, however
 * many services there are.
 */
struct flag_load;

/* `done` is called exactly once, from the loop, with a tree that is the caller's from then on, or NULL
 * and why. `revision` is a ref or sha; `catalog` the catalog's path, NULL: the usual one (and the
 * built-in catalog where that is missing). Strings are copied. */
struct flag_load *flag_load_start(struct git *git, const char *revision, const char *catalog,
                                  void (*done)(void *arg, struct flag_tree *tree, const struct err *err), void *arg);
void flag_load_cancel(struct flag_load *load); /* no callback; NULL is fine */

#endif

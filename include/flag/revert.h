/* SPDX-License-Identifier: MIT */
#ifndef FLAG_REVERT_H
#define FLAG_REVERT_H

#include "flag/history.h"

/* What undoes a commit, seen from the files as they are now. -1 where other values stand there by now:
 * what was changed since is not reverted blindly. `change` is to be released in any case. */
int flag_revert_make(struct flag_change *change, const struct flag_tree *tree, const struct flag_commit *commit, struct err *err)
    MUST_USE;
/* Canonical text as somebody would type it: strings without their quotes. free() it; NULL gives NULL. */
char *flag_value_typed(enum flag_type type, const char *text);

#endif

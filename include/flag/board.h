/* SPDX-License-Identifier: MIT */
#ifndef FLAG_BOARD_H
#define FLAG_BOARD_H

#include "flag/history.h"
#include "flag/tree.h"
#include "model/flag_board.h"

/* The facts of a tree and its history (may be NULL) for the screen: every value resolved, everywhere. */
struct flag_board *flag_board_build(const struct flag_tree *tree, const struct flag_history *history, const char *repository,
                                    const char *branch, int64_t now_ms);

#endif

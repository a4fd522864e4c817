/* SPDX-License-Identifier: MIT */
#ifndef VIEW_FLAG_TEXT_H
#define VIEW_FLAG_TEXT_H

#include "model/flag_board.h"
#include "view/page.h"
#include "view/view.h"

/* What the two views of flags say alike. */

/* What the cluster has of it, as far as its objects are read: "HorizontalPodAutoscaler 3–20", "none". "" where
 * nothing of it is read. *differs: it is not what is declared. */
void flag_observed(const struct service *service, const struct flag_column *column, const struct flag_cell *cell,
                   struct text *out, int *differs);
/* A cell in full, in a few lines: value, origin, who changed it and why, what the flag does. */
void flag_explain(struct page *page, const struct scene *scene, const struct flag_row *row, const struct flag_column *column,
                  const struct flag_cell *cell, int width);
/* "in 2h", "over": of a moment to come. */
void flag_left(const struct scene *scene, int64_t at_ms, struct text *out);
/* Why there is nothing to show, for an empty list; "" never. */
const char *flag_nothing(const struct scene *scene);

#endif

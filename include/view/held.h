/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HELD_H
#define VIEW_HELD_H

#include "view/page.h"
#include "view/view.h"

/*
 * For each way in which an object is held, a line of its own with `title` before it, wrapped from
 * `column` on: "suspended for 3h, by ann@laptop: migration, due in 2h; resume it (a l)". Returns how many.
 */
int page_holds(struct page *page, const struct scene *scene, const struct cluster *cluster, const struct object *object,
               const char *title, int column, int width);

#endif

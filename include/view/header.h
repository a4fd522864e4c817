/* SPDX-License-Identifier: MIT */
#ifndef VIEW_HEADER_H
#define VIEW_HEADER_H

#include "model/column.h"
#include "view/view.h"

/* How states look: one glyph and one element each. */
uint16_t link_style(enum link link);
const char *link_glyph(enum link link);
uint16_t health_style(enum health health);
const char *health_glyph(enum health health);
uint16_t tone_style(enum tone tone);

/*
 * The first line: a cell per cluster with its state in words, counts of the fleet, the clock. On a
 * narrow screen clusters that are live give up their word, then are only counted; those that are
 * not always say what is wrong. `only`: the cluster that the list is limited to; NULL: all.
 */
void header_view_draw(const struct scene *scene, struct grid *grid, struct rect row, const char *only);

#endif

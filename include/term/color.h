/* SPDX-License-Identifier: MIT */
#ifndef TERM_COLOR_H
#define TERM_COLOR_H

#include "term/theme.h"

/* Colours as in struct look: COLOR_NONE, a palette number, or COLOR_RGB | 0xrrggbb. */

int color_parse(const char *text, int *color); /* 0, or -1 when it is none */
const char *color_nearest(const char *text);   /* the colour name most likely meant, or NULL */
int color_rgb(int color);                      /* 0xrrggbb of a palette number */
/* The colour to use for it on such a terminal. Keeps the hue where there are few. */
int color_map(int color, enum colors colors);

#endif

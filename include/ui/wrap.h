/* SPDX-License-Identifier: MIT */
#ifndef UI_WRAP_H
#define UI_WRAP_H

#include <stddef.h>

/*
 * Breaks text into lines of at most `cols` cells (at least 1) at blanks, within a word only when it
 * is too long, and at '\n'. Returns the bytes of the first line; *next is where the next one
 * begins (text + strlen(text) after the last).
 */
size_t wrap_line(const char *text, int cols, const char **next);
int wrap_count(const char *text, int cols); /* lines; 0 for "" */

#endif

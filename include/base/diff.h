/* SPDX-License-Identifier: MIT */
#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include <stddef.h>

/*
 * What differs between two texts, line by line: the shortest list of lines taken away and put in.
 * Texts of which more than a few thousand lines differ are compared as a whole.
 */
struct diff_line {
	char mark;   /* ' ' in both, '-' only before, '+' only now */
	size_t line; /* of `before` for ' ' and '-', of `now` for '+' */
};

/* Fills *out (on the heap: free() it); returns how many lines. */
size_t diff_lines(const char *const *before, size_t before_count, const char *const *now, size_t now_count,
                  struct diff_line **out);

#endif

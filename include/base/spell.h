/* SPDX-License-Identifier: MIT */
#ifndef BASE_SPELL_H
#define BASE_SPELL_H

#include <stddef.h>

/* Of `count` known names, the one that a person most likely meant by `word`, or NULL when none is
 * near (edit distance over a third of its length). */
const char *spell_nearest(const char *word, const char *const *names, size_t count);

#endif

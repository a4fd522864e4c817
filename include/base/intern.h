/* SPDX-License-Identifier: MIT */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>

/*
 * One copy of each string that many objects share (namespaces, images, nodes, reasons), counted.
 * Equal strings of one pool are equal pointers. The empty string and NULL give "" and need no drop.
 */
struct intern;

struct intern *intern_new(void);
void intern_free(struct intern *pool);
const char *intern_take(struct intern *pool, const char *text); /* +1 */
void intern_drop(struct intern *pool, const char *text);        /* -1; freed at 0 */
size_t intern_count(const struct intern *pool);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * The program's own allocations. They never return NULL: out of memory ends the program with one
 * sentence on stderr. What comes from the network goes into a struct buf or a struct arena
 * instead, which have a stated maximum. Free with free().
 */
void *mem_new(size_t size);                        /* zeroed */
void *mem_new_array(size_t count, size_t size);    /* zeroed; overflow of count * size aborts */
void *mem_resize(void *old, size_t count, size_t size);
char *mem_copy(const char *bytes, size_t len);     /* NUL-terminated copy */
char *mem_copy_string(const char *text);           /* NULL gives NULL */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: MIT */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * A bump allocator for things that live and die together, such as the DOM of one object.
 * arena_reset forgets everything at once and keeps one block. arena_alloc returns NULL once `max`
 * bytes are out, or when a test asked for it: callers handle NULL.
 */
struct arena;

struct arena *arena_new(size_t max);
void arena_free(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc));
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);
/* For tests: the nth allocation from now (1 is the next) and all after it fail; 0 ends that. */
void arena_fail_after(struct arena *arena, size_t nth);

#endif

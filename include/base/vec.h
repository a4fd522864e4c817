/* SPDX-License-Identifier: MIT */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

/* A growing array of pointers. Owns the array, never what it points to. */
struct vec {
	void **items;
	size_t len, cap;
};

void vec_init(struct vec *vec);
void vec_release(struct vec *vec);
void vec_clear(struct vec *vec);
void vec_push(struct vec *vec, void *item);
void vec_insert(struct vec *vec, size_t index, void *item);
void vec_remove(struct vec *vec, size_t index);      /* keeps the order */
void vec_remove_swap(struct vec *vec, size_t index); /* the last one takes its place */
int vec_remove_item(struct vec *vec, const void *item); /* first match, keeps the order; 0 or -1 */

#endif

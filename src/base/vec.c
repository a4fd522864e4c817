/* SPDX-License-Identifier: MIT */
/* The array of pointers. An index out of range is a defect of the caller's and stops the program. */
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void vec_init(struct vec *vec)
{
	*vec = (struct vec){0};
}

void vec_release(struct vec *vec)
{
	free(vec->items);
	vec_init(vec);
}

void vec_clear(struct vec *vec)
{
	vec->len = 0;
}

void vec_push(struct vec *vec, void *item)
{
	vec_insert(vec, vec->len, item);
}

void vec_insert(struct vec *vec, size_t index, void *item)
{
	if (index > vec->len)
		abort();
	if (vec->len == vec->cap) {
		vec->cap = vec->cap == 0 ? 8 : vec->cap * 2;
		vec->items = mem_resize(vec->items, vec->cap, sizeof(vec->items[0]));
	}
	memmove(vec->items + index + 1, vec->items + index, (vec->len - index) * sizeof(vec->items[0]));
	vec->items[index] = item;
	vec->len++;
}

void vec_remove(struct vec *vec, size_t index)
{
	if (index >= vec->len)
		abort();
	vec->len--;
	memmove(vec->items + index, vec->items + index + 1, (vec->len - index) * sizeof(vec->items[0]));
}

void vec_remove_swap(struct vec *vec, size_t index)
{
	if (index >= vec->len)
		abort();
	vec->items[index] = vec->items[--vec->len];
}

int vec_remove_item(struct vec *vec, const void *item)
{
	for (size_t i = 0; i < vec->len; i++) {
		if (vec->items[i] == item) {
			vec_remove(vec, i);
			return 0;
		}
	}
	return -1;
}

/* SPDX-License-Identifier: MIT */
/*
 * Which rows, in which order. Between two runs little moves, so the rows of the last one are taken
 * in their order first and a merge sort that starts from the runs it finds puts in place what moved.
 * Old rows may point to services that are gone: they are looked up by address before anything reads
 * them, so a service that came to lie where another was is only found in an odd place.
 */
#include "model/query.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/column.h"

/* An alert that fires is trouble even where every pod is well: behind what is down or degraded, before all else. */
static int trouble_class(const struct service *service)
{
	return service->health <= HEALTH_DEGRADED ? 0 : service->alerts_firing > 0 ? 1 : 2;
}

int service_compare_trouble(const struct service *a, const struct service *b)
{
	int class_a = trouble_class(a), class_b = trouble_class(b);
	if (class_a != class_b)
		return class_a < class_b ? -1 : 1;
	if (a->health_row != b->health_row)
		return a->health_row < b->health_row ? -1 : 1;
	int missing_a = a->desired - a->ready, missing_b = b->desired - b->ready;
	if (missing_a != missing_b)
		return missing_a > missing_b ? -1 : 1;
	return service_compare_name(a, b);
}

static int row_compare(const struct query *query, const struct service *a, const struct service *b)
{
	const struct column *sort = query->sort;
	int order;
	if (!sort) {
		order = service_compare_trouble(a, b);
		return query->reverse ? -order : order;
	}
	int absent_a = sort->absent && sort->absent(a), absent_b = sort->absent && sort->absent(b);
	if (absent_a || absent_b)
		order = absent_a == absent_b ? 0 : absent_a ? 1 : -1;
	else
		order = query->reverse ? sort->compare(b, a) : sort->compare(a, b);
	return order ? order : service_compare_name(a, b);
}

/* A set of addresses; a taken one stays in its slot. */
struct set {
	const struct service **slots;
	unsigned char *taken;
	size_t mask;
};

static size_t set_slot(const struct set *set, const struct service *service)
{
	size_t i = (size_t)((uintptr_t)service * 0x9e3779b97f4a7c15u >> 20) & set->mask;
	while (set->slots[i] && set->slots[i] != service)
		i = (i + 1) & set->mask;
	return i;
}

/* The matching services: those of `rows` in their order, then the others. */
static void rows_refill(const struct query *query, const struct fleet *fleet, struct vec *rows)
{
	const struct vec *all = &fleet->services;
	struct set set = {.mask = 15};
	size_t kept = 0;
	while (set.mask < 2 * all->len)
		set.mask = set.mask * 2 + 1;
	set.slots = mem_new_array(set.mask + 1, sizeof(*set.slots));
	set.taken = mem_new_array(set.mask + 1, 1);
	for (size_t i = 0; i < all->len; i++) {
		const struct service *service = all->items[i];
		if ((!query->cluster || service->cluster == query->cluster) &&
		    filter_matches(query->filter, service))
			set.slots[set_slot(&set, service)] = service;
	}
	for (size_t i = 0; i < rows->len; i++) {
		size_t slot = set_slot(&set, rows->items[i]);
		if (!set.slots[slot] || set.taken[slot])
			continue;
		set.taken[slot] = 1;
		rows->items[kept++] = rows->items[i];
	}
	rows->len = kept;
	for (size_t i = 0; i < all->len; i++) {
		size_t slot = set_slot(&set, all->items[i]);
		if (set.slots[slot] && !set.taken[slot])
			vec_push(rows, all->items[i]);
	}
	free(set.slots);
	free(set.taken);
}

/* The end of the run that starts at `start`. */
static size_t run_end(const struct query *query, void **items, size_t start, size_t len)
{
	size_t end = start + 1;
	while (end < len && row_compare(query, items[end - 1], items[end]) <= 0)
		end++;
	return end < len ? end : len;
}

/* Merges [start, middle) and [middle, end) by way of `room`. */
static void merge(const struct query *query, void **items, size_t start, size_t middle, size_t end,
                  void **room)
{
	size_t left = 0, count = middle - start, right = middle, out = start;
	memcpy(room, items + start, count * sizeof(*items));
	while (left < count && right < end)
		items[out++] =
		    row_compare(query, room[left], items[right]) <= 0 ? room[left++] : items[right++];
	memcpy(items + out, room + left, (count - left) * sizeof(*items));
}

/* Merges the runs two by two until one is left. `ends` holds the end of each; returns how many are left. */
static size_t runs_merge(const struct query *query, void **items, size_t *ends, size_t count, void **room)
{
	size_t left = 0, start = 0;
	for (size_t i = 0; i < count; i += 2) {
		size_t end = ends[i + 1 < count ? i + 1 : i];
		if (i + 1 < count)
			merge(query, items, start, ends[i], end, room);
		ends[left++] = start = end;
	}
	return left;
}

static void rows_sort(const struct query *query, struct vec *rows)
{
	size_t *ends, count = 0, end = 0;
	void **room;
	if (rows->len == 0 || run_end(query, rows->items, 0, rows->len) == rows->len)
		return;
	ends = mem_new_array(rows->len, sizeof(*ends));
	room = mem_new_array(rows->len, sizeof(*room));
	while (end < rows->len)
		ends[count++] = end = run_end(query, rows->items, end, rows->len);
	while (count > 1)
		count = runs_merge(query, rows->items, ends, count, room);
	free(room);
	free(ends);
}

void query_run(const struct query *query, const struct fleet *fleet, struct vec *rows)
{
	rows_refill(query, fleet, rows);
	rows_sort(query, rows);
}

/* SPDX-License-Identifier: MIT */
/* A heap of tasks by due time; those of one moment keep the order in which they were added. */
#include "agenda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

struct task {
	int64_t due; /* in monotonic microseconds, so that the order survives great speed */
	uint64_t order;
	agenda_work *work;
	void *context;
	int only; /* it stands in `wanted` */
	char *id; /* what it stands there as; the key is its end */
	const char *key;
};

struct agenda {
	const struct clock *clock;
	struct timer *timer;
	double speed;
	int64_t began;
	uint64_t order;
	struct vec heap;   /* struct task * */
	struct map wanted; /* by id */
};

static void agenda_due(void *arg)
{
	agenda_run(arg);
}

struct agenda *agenda_new(struct loop *loop, const struct clock *clock, double speed)
{
	struct agenda *agenda = mem_new(sizeof(*agenda));
	agenda->clock = clock;
	agenda->speed = speed > 0 ? speed : 1;
	agenda->began = clock->mono(clock);
	agenda->timer = loop ? timer_new(loop, agenda_due, agenda) : NULL;
	vec_init(&agenda->heap);
	map_init(&agenda->wanted);
	return agenda;
}

static void task_free(struct task *task)
{
	free(task->id);
	free(task);
}

void agenda_free(struct agenda *agenda)
{
	if (!agenda)
		return;
	for (size_t i = 0; i < agenda->heap.len; i++)
		task_free(agenda->heap.items[i]);
	vec_release(&agenda->heap);
	map_release(&agenda->wanted);
	timer_free(agenda->timer);
	free(agenda);
}

static int is_before(const struct task *a, const struct task *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void heap_push(struct vec *heap, struct task *task)
{
	size_t at = heap->len;
	vec_push(heap, task);
	for (; at > 0 && is_before(task, heap->items[(at - 1) / 2]); at = (at - 1) / 2)
		heap->items[at] = heap->items[(at - 1) / 2];
	heap->items[at] = task;
}

static struct task *heap_pop(struct vec *heap)
{
	struct task *first = heap->items[0], *last = heap->items[--heap->len];
	size_t at = 0, child;
	for (; (child = 2 * at + 1) < heap->len; at = child) {
		if (child + 1 < heap->len && is_before(heap->items[child + 1], heap->items[child]))
			child++;
		if (!is_before(heap->items[child], last))
			break;
		heap->items[at] = heap->items[child];
	}
	if (heap->len > 0)
		heap->items[at] = last;
	return first;
}

int64_t agenda_next(const struct agenda *agenda)
{
	return agenda->heap.len ? (((const struct task *)agenda->heap.items[0])->due + 999) / 1000 : -1;
}

static void timer_set(struct agenda *agenda)
{
	int64_t next = agenda_next(agenda), wait = next - agenda->clock->mono(agenda->clock);
	if (agenda->timer && next >= 0)
		timer_start(agenda->timer, wait > 0 ? (double)wait / 1000.0 : 0);
}

static void task_add(struct agenda *agenda, double seconds, agenda_work *work, void *context, const char *key, int only)
{
	struct task *task = mem_new(sizeof(*task));
	char prefix[64];
	int len = snprintf(prefix, sizeof(prefix), "%p %p ", (void *)(uintptr_t)work, context);
	task->due = agenda->clock->mono(agenda->clock) * 1000 + (int64_t)(seconds * 1e6 / agenda->speed);
	task->id = mem_printf("%s%s", prefix, key);
	struct task *other = only ? map_get(&agenda->wanted, task->id) : NULL;
	if (other && other->due <= task->due) {
		task_free(task);
		return;
	}
	if (other)
		other->only = 0; /* it comes too late, and finds nothing to do */
	task->key = task->id + len;
	task->order = ++agenda->order;
	task->work = work;
	task->context = context;
	task->only = only;
	if (only)
		map_put(&agenda->wanted, task->id, task);
	heap_push(&agenda->heap, task);
	if (agenda->heap.items[0] == task)
		timer_set(agenda);
}

void agenda_add(struct agenda *agenda, double seconds, agenda_work *work, void *context, const char *key)
{
	task_add(agenda, seconds, work, context, key, 0);
}

void agenda_want(struct agenda *agenda, double seconds, agenda_work *work, void *context, const char *key)
{
	task_add(agenda, seconds, work, context, key, 1);
}

void agenda_run(struct agenda *agenda)
{
	/* What a task adds for now is done in the next turn, so that requests get theirs. */
	uint64_t last = agenda->order;
	int64_t now = agenda->clock->mono(agenda->clock) * 1000 + 999;
	while (agenda->heap.len > 0) {
		const struct task *first = agenda->heap.items[0];
		if (first->due > now || first->order > last)
			break;
		struct task *task = heap_pop(&agenda->heap);
		if (task->only)
			map_remove(&agenda->wanted, task->id);
		task->work(task->context, task->key);
		task_free(task);
	}
	timer_set(agenda);
}

double agenda_speed(const struct agenda *agenda)
{
	return agenda->speed;
}

double agenda_seconds(const struct agenda *agenda)
{
	return (double)(agenda->clock->mono(agenda->clock) - agenda->began) * agenda->speed / 1000.0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The watches of one cluster, and whose turn it is to read a big list. Turns are given from a
 * timer, never from inside the call that asks.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "watch_state.h"

struct watch_queue {
	struct vec members, asking; /* struct watch * */
	struct watch *active;
	struct timer *turn;
};

static void queue_give_turn(void *arg)
{
	struct watch_queue *queue = arg;
	size_t best = 0;
	if (queue->active || queue->asking.len == 0)
		return;
	for (size_t i = 1; i < queue->asking.len; i++) {
		const struct watch *a = queue->asking.items[i], *b = queue->asking.items[best];
		if (a->kind < b->kind) /* rows of one table: its order */
			best = i;
	}
	queue->active = queue->asking.items[best];
	vec_remove(&queue->asking, best);
	watch_turn(queue->active);
}

struct watch_queue *watch_queue_new(struct loop *loop)
{
	struct watch_queue *queue = mem_new(sizeof(*queue));
	vec_init(&queue->members);
	vec_init(&queue->asking);
	queue->turn = timer_new(loop, queue_give_turn, queue);
	return queue;
}

void watch_queue_free(struct watch_queue *queue)
{
	if (!queue)
		return;
	timer_free(queue->turn);
	vec_release(&queue->asking);
	vec_release(&queue->members);
	free(queue);
}

void queue_join(struct watch_queue *queue, struct watch *watch)
{
	vec_push(&queue->members, watch);
}

void queue_leave(struct watch_queue *queue, struct watch *watch)
{
	queue_release(queue, watch);
	vec_remove_item(&queue->members, watch);
}

void queue_ask(struct watch_queue *queue, struct watch *watch)
{
	vec_push(&queue->asking, watch);
	timer_start(queue->turn, 0);
}

void queue_release(struct watch_queue *queue, struct watch *watch)
{
	vec_remove_item(&queue->asking, watch);
	if (queue->active == watch)
		queue->active = NULL;
	if (queue->asking.len > 0)
		timer_start(queue->turn, 0);
}

void queue_hurry(struct watch_queue *queue)
{
	for (size_t i = 0; i < queue->members.len; i++)
		watch_hurry(queue->members.items[i]);
}

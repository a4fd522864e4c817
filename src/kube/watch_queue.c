/* SPDX-License-Identifier: MIT */
/*
 * The watches of one cluster, and whose turn it is to read a big list. There are two lanes, each
 * with one list at a time: so the server encodes pods on one core and everything else on another,
 * and its fairness queue sees two pages of 500 objects at most. The second lane opens when the
 * first page of the first one has come, because first rows come before everything. Turns are given
 * from a timer, never from inside the call that asks.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "watch_state.h"

enum { LANES = 2 };

struct watch_queue {
	struct vec members, asking; /* struct watch * */
	struct watch *active[LANES];
	int open; /* the second lane is */
	void (*opened)(void *arg);
	void *arg;
	struct timer *turn;
};

static int lane_of(const struct watch *watch)
{
	return watch->kind->reading == KIND_PAGED_BESIDE;
}

/* Who is next in a lane; asking.len when nobody is. */
static size_t lane_next(const struct watch_queue *queue, int lane)
{
	size_t best = queue->asking.len;
	for (size_t i = 0; i < queue->asking.len; i++) {
		const struct watch *a = queue->asking.items[i];
		const struct watch *b = best < queue->asking.len ? queue->asking.items[best] : NULL;
		if (lane_of(a) == lane && (!b || a->context.order < b->context.order))
			best = i;
	}
	return best;
}

static void lane_give_turn(struct watch_queue *queue, int lane)
{
	size_t next = lane_next(queue, lane);
	if (queue->active[lane] || next == queue->asking.len)
		return;
	queue->active[lane] = queue->asking.items[next];
	vec_remove(&queue->asking, next);
	watch_turn(queue->active[lane]);
}

static void queue_give_turn(void *arg)
{
	struct watch_queue *queue = arg;
	lane_give_turn(queue, 0);
	/* With nobody left in the first lane there is no first page to wait for. */
	if (!queue->open && queue->active[0])
		return;
	lane_give_turn(queue, 1);
	if (queue->opened)
		queue->opened(queue->arg);
	queue->opened = NULL;
}

void queue_open(struct watch_queue *queue)
{
	if (!queue->open)
		timer_start(queue->turn, 0);
	queue->open = 1;
}

void watch_queue_tell(struct watch_queue *queue, void (*opened)(void *arg), void *arg)
{
	queue->opened = opened;
	queue->arg = arg;
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
	for (int lane = 0; lane < LANES; lane++)
		if (queue->active[lane] == watch)
			queue->active[lane] = NULL;
	if (queue->asking.len > 0)
		timer_start(queue->turn, 0);
}

void queue_hurry(struct watch_queue *queue)
{
	for (size_t i = 0; i < queue->members.len; i++)
		watch_hurry(queue->members.items[i]);
}

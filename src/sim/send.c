/* SPDX-License-Identifier: MIT */
/*
 * An answer on its way to the client. Lists and watches write to a sender and need not know of the
 * faults that cut, hold back or slow down bytes. A peer that shall seem dead gets what it may get
 * first: freezing waits until the socket took it.
 */
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

static const double FREEZE_LOOK = 0.005; /* seconds between looks at what is still to go out */

enum { NO_LIMIT = -1 };

struct sender {
	struct loop *loop;
	struct server_call *call;
	struct sim_fault fault; /* copied; kind FAULT_KINDS: none */
	struct timer *timer;
	struct buf waiting;
	long limit;             /* bytes of the body until the fault strikes; NO_LIMIT: never */
	int bare;               /* no framing */
	int late;               /* the head waits too */
	int freezing, ended, dead, inside;
	int status;
	char *type;
	void (*over)(void *arg);
	void *arg;
};

static void sender_free(struct sender *sender)
{
	timer_free(sender->timer);
	buf_release(&sender->waiting);
	fault_release(&sender->fault);
	free(sender->type);
	free(sender);
}

/* The call is gone. The owner of a sender that it ended itself does not want to know. */
static void sender_die(struct sender *sender)
{
	sender->call = NULL;
	sender->dead = 1;
	if (!sender->ended && sender->over)
		sender->over(sender->arg);
	sender->ended = 1;
	if (sender->inside == 0)
		sender_free(sender);
}

static void sender_closed(void *arg)
{
	sender_die(arg);
}

/* What the limit was waiting for. */
static void sender_strike(struct sender *sender)
{
	struct server_call *call = sender->call;
	sender->limit = NO_LIMIT;
	switch (sender->fault.kind) {
	case FAULT_RESET:
		call_reset(call);
		break;
	case FAULT_CUT:
	case FAULT_CUT_BARE:
		call_cut(call);
		break;
	case FAULT_CUT_CHUNK:
		call_end(call);
		break;
	default:
		sender->freezing = 1;
		timer_start(sender->timer, 0);
		return;
	}
	sender_die(sender);
}

static void sender_out(struct sender *sender, const char *bytes, size_t len)
{
	if (sender->bare)
		call_write_raw(sender->call, bytes, len);
	else
		call_write(sender->call, bytes, len);
}

static void sender_out_head(struct sender *sender)
{
	static const char bare[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: "
		"close\r\n\r\n";
	if (sender->bare)
		call_write_raw(sender->call, bare, sizeof(bare) - 1);
	else
		call_begin(sender->call, sender->status, sender->type, NULL);
}

/* The bytes that waited go on; then the end, if it was said. */
static void sender_drip(struct sender *sender)
{
	size_t n = sender->waiting.len;
	if (sender->fault.kind == FAULT_SLOW && n > (size_t)sender->fault.number)
		n = (size_t)sender->fault.number;
	if (n > 0)
		sender_out(sender, sender->waiting.data, n);
	buf_consume(&sender->waiting, n);
	if (sender->waiting.len > 0) {
		timer_start(sender->timer, sender->fault.seconds);
	} else if (sender->ended) {
		call_end(sender->call);
		sender_die(sender);
	}
}

static void sender_timer(void *arg)
{
	struct sender *sender = arg;
	if (sender->freezing) {
		if (call_pending(sender->call) == 0)
			call_freeze(sender->call);
		else
			timer_start(sender->timer, FREEZE_LOOK);
		return;
	}
	if (sender->late && sender->waiting.len == 0 && !sender->ended)
		return; /* the head comes with the first byte */
	if (sender->late)
		sender_out_head(sender);
	sender->late = 0;
	sender_drip(sender);
}

struct sender *sender_new(struct api *api, struct server_call *call, const struct sim_fault *fault,
                          void (*over)(void *arg), void *arg)
{
	struct sender *sender = mem_new(sizeof(*sender));
	sender->loop = api->loop;
	sender->call = call;
	sender->fault.kind = FAULT_KINDS;
	sender->limit = NO_LIMIT;
	if (fault && fault_is_of_way(fault->kind)) {
		fault_copy(&sender->fault, fault);
		sender->bare = fault->kind == FAULT_CUT_BARE;
		sender->late = fault->kind == FAULT_LATE;
	}
	sender->timer = timer_new(api->loop, sender_timer, sender);
	buf_init(&sender->waiting, SIM_BODY_MAX);
	sender->over = over;
	sender->arg = arg;
	call_on_closed(call, sender_closed, sender);
	return sender;
}

int fault_is_of_way(enum sim_fault_kind kind)
{
	return kind >= FAULT_FREEZE && kind <= FAULT_SLOW;
}

static int has_limit(const struct sender *sender)
{
	enum sim_fault_kind kind = sender->fault.kind;
	return kind >= FAULT_FREEZE && kind <= FAULT_CUT_CHUNK;
}

void sender_begin(struct sender *sender, int status, const char *type)
{
	sender->status = status;
	sender->type = mem_copy_string(type);
	if (sender->late) {
		timer_start(sender->timer, sender->fault.seconds);
		return;
	}
	if (has_limit(sender) && sender->fault.number == SIM_NO_HEAD) {
		sender_strike(sender);
		return;
	}
	sender_out_head(sender);
	if (has_limit(sender) && sender->fault.number == 0)
		sender_strike(sender);
	else if (has_limit(sender) && sender->fault.number > 0)
		sender->limit = sender->fault.number;
}

void sender_write(struct sender *sender, const char *bytes, size_t len)
{
	if (sender->dead || sender->freezing || len == 0)
		return;
	if (sender->late || sender->fault.kind == FAULT_SLOW) {
		buf_must(buf_add(&sender->waiting, bytes, len));
		if (!timer_is_running(sender->timer))
			timer_start(sender->timer, 0);
		return;
	}
	if (has_limit(sender) && sender->fault.number == SIM_HALF && sender->limit == NO_LIMIT)
		sender->limit = (long)(len / 2);
	if (sender->limit == NO_LIMIT) {
		sender_out(sender, bytes, len);
		return;
	}
	size_t room = (size_t)sender->limit < len ? (size_t)sender->limit : len;
	sender_out(sender, bytes, room);
	sender->limit -= (long)room;
	if (sender->limit == 0)
		sender_strike(sender);
}

void sender_end(struct sender *sender)
{
	sender->ended = 1;
	if (sender->dead || sender->freezing)
		return;
	if (sender->waiting.len > 0 || sender->late)
		return; /* the timer goes on */
	if (has_limit(sender)) {
		sender_strike(sender);
		return;
	}
	call_end(sender->call);
	sender_die(sender);
}

void sender_disturb(struct sender *sender, const struct sim_fault *fault)
{
	if (sender->dead || sender->freezing)
		return;
	fault_release(&sender->fault);
	fault_copy(&sender->fault, fault);
	sender_strike(sender);
}

void send_whole(struct api *api, struct server_call *call, const struct sim_fault *fault, int status,
                const char *type, const struct buf *body)
{
	enum { SMALL = 2048 }; /* up to here net/http states a length */
	if ((!fault || !fault_is_of_way(fault->kind)) && body->len <= SMALL) {
		call_reply(call, status, type, NULL, buf_string(body), body->len);
		return;
	}
	struct sender *sender = sender_new(api, call, fault, NULL, NULL);
	sender->inside++; /* it may end on the way */
	sender_begin(sender, status, type);
	sender_write(sender, buf_string(body), body->len);
	sender->inside--;
	if (sender->dead)
		sender_free(sender);
	else
		sender_end(sender);
}

/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows libev. A handle embeds its libev watcher; the trampolines copy what they
 * need out of it before they call, because the callback may free the handle. libev forgets a
 * pending event when its watcher is stopped, so freeing is safe from anywhere.
 *
 * The first loop of the main thread is libev's default one, the only one that sees children.
 * libev's clock is the wall clock, so monotonic time is kept here, read once a turn.
 */
#include "net/loop.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

struct loop {
	struct ev_loop *ev;
	ev_check turn;
	int64_t now;
};

struct timer {
	ev_timer ev;
	struct loop *loop;
	void (*fired)(void *arg);
	void *arg;
};

enum watcher_kind { WATCHER_IO, WATCHER_SIGNAL, WATCHER_CHILD };

struct watcher {
	enum watcher_kind kind;
	union {
		ev_io io;
		ev_signal signal;
		ev_child child;
	} ev;
	struct loop *loop;
	void (*called)(void *arg, int value);
	void *arg;
};

static int64_t monotonic_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void turn_begins(struct ev_loop *ev, ev_check *check, int events)
{
	struct loop *loop = check->data;

	(void)ev, (void)events;
	loop->now = monotonic_ms();
}

struct loop *loop_new(struct err *err)
{
	struct loop *loop = mem_new(sizeof(*loop));

	/* A peer that left must end a write with EPIPE, not the program. */
	signal(SIGPIPE, SIG_IGN);
	if (gettid() == getpid() && !ev_default_loop_uc_())
		loop->ev = ev_default_loop(EVFLAG_AUTO);
	else
		loop->ev = ev_loop_new(EVFLAG_AUTO);
	if (!loop->ev) {
		free(loop);
		err_set(err, "cannot start the event loop: the system gives neither epoll nor poll; "
		             "see whether the limit of open files is reached (ulimit -n)");
		return NULL;
	}
	loop->now = monotonic_ms();
	ev_check_init(&loop->turn, turn_begins);
	ev_set_priority(&loop->turn, EV_MAXPRI); /* before the callbacks that read the time */
	loop->turn.data = loop;
	ev_check_start(loop->ev, &loop->turn);
	ev_unref(loop->ev); /* our own watcher keeps no loop running */
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	ev_ref(loop->ev);
	ev_check_stop(loop->ev, &loop->turn);
	ev_loop_destroy(loop->ev);
	free(loop);
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

void loop_poll(struct loop *loop, int block)
{
	ev_run(loop->ev, block ? EVRUN_ONCE : EVRUN_NOWAIT);
}

int64_t loop_now(struct loop *loop)
{
	return loop->now;
}

void loop_update(struct loop *loop)
{
	ev_now_update(loop->ev);
	loop->now = monotonic_ms();
}

static void timer_called(struct ev_loop *ev, ev_timer *base, int events)
{
	struct timer *timer = base->data;

	(void)ev, (void)events;
	timer->fired(timer->arg);
}

struct timer *timer_new(struct loop *loop, void (*fired)(void *arg), void *arg)
{
	struct timer *timer = mem_new(sizeof(*timer));

	ev_init(&timer->ev, timer_called);
	timer->ev.data = timer;
	timer->loop = loop;
	timer->fired = fired;
	timer->arg = arg;
	return timer;
}

void timer_start(struct timer *timer, double seconds)
{
	ev_timer_stop(timer->loop->ev, &timer->ev);
	/* libev counts from its cached time: after long work a timer would come too early. */
	ev_now_update(timer->loop->ev);
	ev_timer_set(&timer->ev, seconds > 0 ? seconds : 0., 0.);
	ev_timer_start(timer->loop->ev, &timer->ev);
}

void timer_stop(struct timer *timer)
{
	ev_timer_stop(timer->loop->ev, &timer->ev);
}

int timer_is_running(const struct timer *timer)
{
	return ev_is_active(&timer->ev);
}

void timer_free(struct timer *timer)
{
	if (!timer)
		return;
	timer_stop(timer);
	free(timer);
}

static struct watcher *watcher_make(struct loop *loop, enum watcher_kind kind,
                                    void (*called)(void *arg, int value), void *arg)
{
	struct watcher *watcher = mem_new(sizeof(*watcher));

	watcher->kind = kind;
	watcher->loop = loop;
	watcher->called = called;
	watcher->arg = arg;
	return watcher;
}

static void io_called(struct ev_loop *ev, ev_io *base, int events)
{
	struct watcher *watcher = base->data;
	int ready = (events & EV_READ ? LOOP_READ : 0) | (events & EV_WRITE ? LOOP_WRITE : 0);

	(void)ev;
	/* A broken descriptor: let the owner's read or write meet the error. */
	if (events & EV_ERROR)
		ready = LOOP_READ | LOOP_WRITE;
	watcher->called(watcher->arg, ready);
}

struct watcher *watcher_new(struct loop *loop, int fd, int events, void (*ready)(void *arg, int events),
                            void *arg)
{
	struct watcher *watcher = watcher_make(loop, WATCHER_IO, ready, arg);

	ev_io_init(&watcher->ev.io, io_called, fd, 0);
	watcher->ev.io.data = watcher;
	watcher_set(watcher, events);
	return watcher;
}

void watcher_set(struct watcher *watcher, int events)
{
	struct ev_loop *ev = watcher->loop->ev;
	ev_io *io = &watcher->ev.io;
	int wanted = (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);

	if ((ev_is_active(io) ? io->events & (EV_READ | EV_WRITE) : 0) == wanted)
		return;
	ev_io_stop(ev, io);
	ev_io_set(io, io->fd, wanted);
	if (wanted)
		ev_io_start(ev, io);
}

static void signal_called(struct ev_loop *ev, ev_signal *base, int events)
{
	struct watcher *watcher = base->data;

	(void)ev, (void)events;
	watcher->called(watcher->arg, base->signum);
}

struct watcher *watcher_new_signal(struct loop *loop, int number, void (*raised)(void *arg, int number),
                                   void *arg)
{
	struct watcher *watcher = watcher_make(loop, WATCHER_SIGNAL, raised, arg);

	ev_signal_init(&watcher->ev.signal, signal_called, number);
	watcher->ev.signal.data = watcher;
	ev_signal_start(loop->ev, &watcher->ev.signal);
	return watcher;
}

static void child_called(struct ev_loop *ev, ev_child *base, int events)
{
	struct watcher *watcher = base->data;
	int status = base->rstatus;

	(void)events;
	ev_child_stop(ev, base); /* the pid may be another's from now on */
	watcher->called(watcher->arg, status);
}

struct watcher *watcher_new_child(struct loop *loop, int pid, void (*ended)(void *arg, int status), void *arg)
{
	struct watcher *watcher;

	if (!ev_is_default_loop(loop->ev))
		return NULL;
	watcher = watcher_make(loop, WATCHER_CHILD, ended, arg);
	ev_child_init(&watcher->ev.child, child_called, pid, 0);
	watcher->ev.child.data = watcher;
	ev_child_start(loop->ev, &watcher->ev.child);
	return watcher;
}

void watcher_free(struct watcher *watcher)
{
	if (!watcher)
		return;
	switch (watcher->kind) {
	case WATCHER_IO:
		ev_io_stop(watcher->loop->ev, &watcher->ev.io);
		break;
	case WATCHER_SIGNAL:
		ev_signal_stop(watcher->loop->ev, &watcher->ev.signal);
		break;
	case WATCHER_CHILD:
		ev_child_stop(watcher->loop->ev, &watcher->ev.child);
		break;
	}
	free(watcher);
}

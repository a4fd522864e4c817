/* SPDX-License-Identifier: MIT */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdint.h>

#include "base/err.h"

/*
 * The event loop: libev behind opaque handles, so that it has one home. One loop a thread. All
 * callbacks run on the thread of loop_run; none may block. Handles may be freed from any callback,
 * their own included.
 */
struct loop;
struct timer;
struct watcher;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop *loop_new(struct err *err);
void loop_free(struct loop *loop); /* after every handle was freed */
void loop_run(struct loop *loop);  /* until loop_stop, or until nothing is watched */
void loop_stop(struct loop *loop);
/* Handles what is ready now and returns; waits for one event first when block is true. */
void loop_poll(struct loop *loop, int block);
int64_t loop_now(struct loop *loop); /* monotonic milliseconds, cached by the loop */
void loop_update(struct loop *loop); /* refreshes that time after long work */

/* One-shot timers. Starting one that runs sets it anew. Not started at birth. */
struct timer *timer_new(struct loop *loop, void (*fired)(void *arg), void *arg);
void timer_start(struct timer *timer, double seconds);
void timer_stop(struct timer *timer);
int timer_is_running(const struct timer *timer);
void timer_free(struct timer *timer); /* NULL is fine */

/* Readiness of a descriptor, which stays the caller's. `events` may be 0 (watches nothing). */
struct watcher *watcher_new(struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg);
void watcher_set(struct watcher *watcher, int events);
void watcher_free(struct watcher *watcher);

/* A signal, delivered on the loop. One watcher per signal and process. */
struct watcher *watcher_new_signal(struct loop *loop, int number, void (*raised)(void *arg, int number), void *arg);
/* The end of a child process; status as by waitpid. Freed like any other. Only on the default loop
 * (loop_new of the main thread). */
struct watcher *watcher_new_child(struct loop *loop, int pid, void (*ended)(void *arg, int status), void *arg);

#endif

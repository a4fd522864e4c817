/* SPDX-License-Identifier: MIT */
/* The loop's promises: one-shot timers, readiness, signals, and handles freed from any callback. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"

struct seen {
	struct loop *loop;
	int count, value;
	struct timer *timer, *other;
	struct watcher *watcher, *second;
	char order[16];
};

static int open_loop(void **state)
{
	static struct seen seen;
	struct err err;

	memset(&seen, 0, sizeof(seen));
	seen.loop = loop_new(&err);
	assert_non_null(seen.loop);
	*state = &seen;
	return 0;
}

static int close_loop(void **state)
{
	struct seen *seen = *state;

	timer_free(seen->timer);
	timer_free(seen->other);
	watcher_free(seen->watcher);
	watcher_free(seen->second);
	loop_free(seen->loop);
	return 0;
}

static void count(void *arg)
{
	((struct seen *)arg)->count++;
}

static void free_both(void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	timer_free(seen->timer);
	timer_free(seen->other);
	seen->timer = seen->other = NULL;
}

static void test_timer_once(void **state)
{
	struct seen *seen = *state;

	seen->timer = timer_new(seen->loop, count, seen);
	assert_false(timer_is_running(seen->timer));
	timer_start(seen->timer, 0);
	assert_true(timer_is_running(seen->timer));
	loop_run(seen->loop); /* ends by itself: nothing is watched any more */
	assert_int_equal(seen->count, 1);
	assert_false(timer_is_running(seen->timer));
	timer_start(seen->timer, 3600);
	timer_start(seen->timer, 0); /* anew */
	loop_run(seen->loop);
	assert_int_equal(seen->count, 2);
	timer_start(seen->timer, 0);
	timer_stop(seen->timer);
	loop_run(seen->loop);
	assert_int_equal(seen->count, 2);
}

/* Two timers are due at once; the first to run frees both. */
static void test_free_of_a_due_timer(void **state)
{
	struct seen *seen = *state;

	seen->timer = timer_new(seen->loop, free_both, seen);
	seen->other = timer_new(seen->loop, free_both, seen);
	timer_start(seen->timer, 0);
	timer_start(seen->other, 0);
	loop_run(seen->loop);
	assert_int_equal(seen->count, 1);
}

static void stop(void *arg)
{
	struct seen *seen = arg;

	seen->count++;
	loop_stop(seen->loop);
}

static void test_stop(void **state)
{
	struct seen *seen = *state;

	seen->timer = timer_new(seen->loop, stop, seen);
	seen->other = timer_new(seen->loop, count, seen);
	timer_start(seen->other, 3600);
	timer_start(seen->timer, 0);
	loop_run(seen->loop);
	assert_int_equal(seen->count, 1);
	assert_true(timer_is_running(seen->other));
}

static void ready(void *arg, int events)
{
	struct seen *seen = arg;

	seen->count++;
	seen->value = events;
}

static void test_readiness(void **state)
{
	struct seen *seen = *state;
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	seen->watcher = watcher_new(seen->loop, ends[0], LOOP_READ, ready, seen);
	seen->second = watcher_new(seen->loop, ends[1], 0, ready, seen);
	loop_poll(seen->loop, 0);
	assert_int_equal(seen->count, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	loop_poll(seen->loop, 1);
	assert_int_equal(seen->count, 1);
	assert_int_equal(seen->value, LOOP_READ);
	watcher_set(seen->watcher, 0);
	loop_poll(seen->loop, 0);
	assert_int_equal(seen->count, 1);
	watcher_set(seen->watcher, LOOP_READ); /* still there */
	loop_poll(seen->loop, 1);
	assert_int_equal(seen->count, 2);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	watcher_set(seen->second, LOOP_WRITE);
	loop_poll(seen->loop, 1);
	assert_int_equal(seen->value, LOOP_WRITE);
	watcher_free(seen->watcher);
	watcher_free(seen->second);
	seen->watcher = seen->second = NULL;
	close(ends[0]);
	close(ends[1]);
}

static void free_watchers(void *arg, int events)
{
	struct seen *seen = arg;

	(void)events;
	seen->count++;
	watcher_free(seen->watcher);
	watcher_free(seen->second);
	seen->watcher = seen->second = NULL;
}

static void test_free_of_a_ready_watcher(void **state)
{
	struct seen *seen = *state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	seen->watcher = watcher_new(seen->loop, ends[0], LOOP_READ, free_watchers, seen);
	seen->second = watcher_new(seen->loop, ends[1], LOOP_WRITE, free_watchers, seen);
	loop_run(seen->loop);
	assert_int_equal(seen->count, 1);
	close(ends[0]);
	close(ends[1]);
}

static void test_signal(void **state)
{
	struct seen *seen = *state;

	seen->watcher = watcher_new_signal(seen->loop, SIGUSR1, ready, seen);
	raise(SIGUSR1);
	while (!seen->count)
		loop_poll(seen->loop, 1);
	assert_int_equal(seen->value, SIGUSR1);
}

static void test_child(void **state)
{
	struct seen *seen = *state;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	seen->watcher = watcher_new_child(seen->loop, pid, ready, seen);
	assert_non_null(seen->watcher);
	loop_run(seen->loop);
	assert_int_equal(seen->count, 1);
	assert_true(WIFEXITED(seen->value));
	assert_int_equal(WEXITSTATUS(seen->value), 7);
}

static void test_second_loop_sees_no_children(void **state)
{
	struct seen *seen = *state;
	struct err err;
	struct loop *second = loop_new(&err);

	assert_non_null(second);
	assert_null(watcher_new_child(second, getpid(), ready, seen));
	loop_free(second);
}

static void test_time(void **state)
{
	struct seen *seen = *state;
	int64_t first = loop_now(seen->loop);

	assert_true(first > 0);
	loop_update(seen->loop);
	assert_true(loop_now(seen->loop) >= first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)
	const struct CMUnitTest tests[] = {
	    TEST(test_timer_once), TEST(test_free_of_a_due_timer),          TEST(test_stop),
	    TEST(test_readiness),  TEST(test_free_of_a_ready_watcher),      TEST(test_signal),
	    TEST(test_child),      TEST(test_second_loop_sees_no_children), TEST(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

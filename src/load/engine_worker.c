/* SPDX-License-Identifier: MIT */
/*
 * A worker sends each request at its moment when a connection is free, and otherwise as soon as one
 * is: the moments that wait need no memory, they are where `send` stands behind `intake`. What waits
 * longer than an answer may take is given up, and counted.
 *
 * In the closed model a connection is a user: it sends when it is due, and waits for the answer.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine_internal.h"

static const int64_t late_after = 2000000; /* ns: sooner is what a busy machine's scheduler takes */
static const int64_t alarm_grain = 20000;  /* ns: moments closer together share an alarm */
static const int64_t drain_after_stop = 900000000;
static const double tick_seconds = 0.02;

static int64_t mono_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * engine_second + time.tv_nsec;
}

static int64_t moment(const struct arrivals *arrivals)
{
	return isinf(arrivals->next) ? INT64_MAX : (int64_t)(arrivals->next * 1e9);
}

/* Counts what was intended up to `until`. */
static void intake(struct worker *worker, int64_t until)
{
	if (worker->draining)
		return;
	if (isinf(worker->intake.next))
		arrivals_look(&worker->intake);
	while (moment(&worker->intake) < until) {
		worker->tally->counts.intended++;
		arrivals_take(&worker->intake);
	}
}

static void hand_over(struct worker *worker)
{
	struct run_second *counts = &worker->tally->counts;
	counts->open = worker->open;
	counts->in_flight = worker->in_flight;
	counts->backlog =
	    worker->intake.count > worker->send.count ? worker->intake.count - worker->send.count : 0;
	long second = worker->tally->second;
	worker->tally->until = worker->now < worker->boundary ? worker->now : worker->boundary;
	tally_give(worker->engine, worker->tally);
	worker->tally = tally_take(worker->engine, second + 1);
}

void worker_clock(struct worker *worker)
{
	worker->now = mono_ns() - worker->engine->start_mono;
	while (worker->now >= worker->boundary) {
		intake(worker, worker->boundary);
		hand_over(worker);
		worker->boundary += engine_second;
	}
}

void worker_idle_add(struct worker *worker, struct conn *conn)
{
	if (conn->idle)
		return;
	conn->idle = 1;
	conn->idle_next = NULL;
	conn->idle_before = worker->idle_last;
	*(worker->idle_last ? &worker->idle_last->idle_next : &worker->idle_first) = conn;
	worker->idle_last = conn;
}

void worker_idle_remove(struct worker *worker, struct conn *conn)
{
	if (!conn->idle)
		return;
	conn->idle = 0;
	*(conn->idle_before ? &conn->idle_before->idle_next : &worker->idle_first) = conn->idle_next;
	*(conn->idle_next ? &conn->idle_next->idle_before : &worker->idle_last) = conn->idle_before;
}

/* xorshift64: which request comes next. */
int worker_choose(struct worker *worker)
{
	size_t count = worker->engine->profile->request_count;
	if (count == 1)
		return 0;
	worker->random ^= worker->random << 13;
	worker->random ^= worker->random >> 7;
	worker->random ^= worker->random << 17;
	double wanted = (double)(worker->random >> 11) / 9007199254740992.0 * worker->weights[count - 1];
	size_t at = 0;
	while (at + 1 < count && wanted >= worker->weights[at])
		at++;
	return (int)at;
}

void worker_flight_begin(struct worker *worker, struct flight *flight, struct conn *conn, int64_t intended)
{
	*flight = (struct flight){.conn = conn,
	                          .intended = intended,
	                          .sent = worker->now,
	                          .active = 1,
	                          .request = worker_choose(worker),
	                          .earlier = worker->last};
	*(worker->last ? &worker->last->later : &worker->first) = flight;
	worker->last = flight;
	worker->in_flight++;
	worker->tally->counts.sent++;
	if (worker->engine->profile->users > 0)
		worker->tally->counts.intended++;
}

/* A latency counts unless the failure was quicker than any answer. */
static int has_latency(int error)
{
	return error < 0 || error == RUN_ERROR_STATUS || error == RUN_ERROR_EXPECT ||
	       error == RUN_ERROR_TIMEOUT || error == RUN_ERROR_UNSENT;
}

static void count_end(struct worker *worker, int error, int request, int64_t intended)
{
	struct tally *tally = worker->tally;
	int64_t us = (worker->now - intended) / 1000;
	if (error < 0) {
		tally->counts.ok++;
	} else {
		tally->counts.errors[error]++;
		tally->failed[request]++;
	}
	if (!has_latency(error))
		return;
	us = us > 0 ? us : 0;
	histogram_record(&tally->latency[request], us);
}

void worker_count_error(struct worker *worker, enum run_error error, int request, int64_t intended)
{
	count_end(worker, (int)error, request, intended);
}

/* What the profile says that an answer must be like. */
static int judge(struct worker *worker, const struct flight *flight)
{
	const struct profile_request *request = &worker->engine->profile->requests[flight->request];
	const struct profile_expect *expect = &request->expect;
	const char *body = flight->body ? buf_string(flight->body) : "";
	size_t len = flight->body ? flight->body->len : 0;
	int fits = expect->status_count == 0 && flight->status < 400;
	for (size_t i = 0; i < expect->status_count; i++)
		fits |= expect->statuses[i] == flight->status || expect->statuses[i] == flight->status / 100;
	if (!fits) {
		engine_note(worker->engine, RUN_ERROR_STATUS, "%s: status %d", request->name, flight->status);
		return RUN_ERROR_STATUS;
	}
	const char *why = NULL;
	if (expect->contains && !memmem(body, len, expect->contains, strlen(expect->contains)))
		why = "the body lacks the expected text";
	else if (expect->lacks && memmem(body, len, expect->lacks, strlen(expect->lacks)))
		why = "the body holds a text that it must not";
	else if (expect->header.name && !flight->header_seen)
		why = "the expected header is missing or different";
	else if (expect->under_us && (worker->now - flight->intended) / 1000 > expect->under_us)
		why = "slower than expected";
	if (!why)
		return -1;
	engine_note(worker->engine, RUN_ERROR_EXPECT, "%s: %s", request->name, why);
	return RUN_ERROR_EXPECT;
}

void worker_flight_end(struct worker *worker, struct flight *flight, int error)
{
	struct run_second *counts = &worker->tally->counts;
	*(flight->earlier ? &flight->earlier->later : &worker->first) = flight->later;
	*(flight->later ? &flight->later->earlier : &worker->last) = flight->earlier;
	worker->in_flight--;
	flight->active = 0;
	counts->codes[flight->status >= 100 && flight->status < 600 ? flight->status / 100 : 0]++;
	counts->bytes += flight->bytes;
	if (error < 0)
		error = judge(worker, flight);
	if (has_latency(error))
		histogram_record(&worker->tally->service, (worker->now - flight->sent) / 1000);
	count_end(worker, error, flight->request, flight->intended);
	if (flight->body) {
		buf_release(flight->body);
		free(flight->body);
		flight->body = NULL;
	}
}

/* --- the closed model: users in a heap by when they send --- */

static void heap_swap(struct worker *worker, int a, int b)
{
	struct conn *conn = worker->heap[a];
	worker->heap[a] = worker->heap[b];
	worker->heap[b] = conn;
}

static void heap_push(struct worker *worker, struct conn *conn, int64_t due)
{
	int at = worker->heap_count++;
	conn->due = due;
	worker->heap[at] = conn;
	for (; at > 0 && worker->heap[(at - 1) / 2]->due > worker->heap[at]->due; at = (at - 1) / 2)
		heap_swap(worker, at, (at - 1) / 2);
}

static struct conn *heap_pop(struct worker *worker)
{
	struct conn *conn = worker->heap[0];
	worker->heap[0] = worker->heap[--worker->heap_count];
	for (int at = 0, child; (child = 2 * at + 1) < worker->heap_count; at = child) {
		if (child + 1 < worker->heap_count && worker->heap[child + 1]->due < worker->heap[child]->due)
			child++;
		if (worker->heap[at]->due <= worker->heap[child]->due)
			break;
		heap_swap(worker, at, child);
	}
	return conn;
}

/* --- sending --- */

/* Another connection, when there may be one more. -1: none can be opened now. */
static int open_one(struct worker *worker)
{
	if (worker->open + worker->connecting >= worker->count)
		return -1;
	for (int i = 0; i < worker->count; i++) {
		struct conn *conn = &worker->conns[worker->next_closed];
		worker->next_closed = (worker->next_closed + 1) % worker->count;
		if (conn->state != CONN_CLOSED)
			continue;
		conn_open(conn);
		return 0;
	}
	return -1;
}

/* No connection is free: opens as many as requests wait for. Each failure takes a request along. */
static void open_more(struct worker *worker)
{
	intake(worker, worker->now + 1);
	while (!worker->draining && worker->intake.count > worker->send.count &&
	       worker->intake.count - worker->send.count > (uint64_t)worker->connecting)
		if (open_one(worker) < 0)
			return;
}

static void alarm_set(struct worker *worker, int64_t at)
{
	if (at < worker->now + alarm_grain)
		at = worker->now + alarm_grain;
	if (at == INT64_MAX || (worker->alarm_at > worker->now && worker->alarm_at <= at))
		return;
	int64_t absolute = worker->engine->start_mono + at;
	struct itimerspec when = {.it_value = {absolute / engine_second, absolute % engine_second}};
	timerfd_settime(worker->alarm, TFD_TIMER_ABSTIME, &when, NULL);
	worker->alarm_at = at;
}

static void alarm_off(struct worker *worker)
{
	struct itimerspec never = {0};
	timerfd_settime(worker->alarm, 0, &never, NULL);
	worker->alarm_at = 0;
}

static void note_lateness(struct worker *worker, const struct conn *conn, int64_t intended)
{
	int64_t late = worker->now - intended;
	/* Late although the connection was free all the time: that is nobody's fault but ours. */
	if (late < late_after || conn->since > intended)
		return;
	worker->tally->counts.late++;
	if (late > worker->tally->late_max)
		worker->tally->late_max = late;
}

static void dispatch_open(struct worker *worker)
{
	int64_t next;
	if (isinf(worker->send.next))
		arrivals_look(&worker->send);
	while ((next = moment(&worker->send)) <= worker->now && !worker->draining) {
		struct conn *conn = worker->idle_first;
		if (worker->now - next > worker->engine->request_timeout) {
			worker->number = worker->send.count * (uint64_t)worker->engine->worker_count +
			                 (uint64_t)worker->index;
			arrivals_take(&worker->send);
			engine_note(worker->engine, RUN_ERROR_UNSENT,
			            "all %d connections were busy for longer than an answer may take",
			            worker->engine->profile->connections);
			count_end(worker, RUN_ERROR_UNSENT, worker_choose(worker), next);
			continue;
		}
		if (!conn) {
			open_more(worker);
			if (!worker->idle_first)
				return;
			continue;
		}
		worker_idle_remove(worker, conn);
		note_lateness(worker, conn, next);
		worker->number =
		    worker->send.count * (uint64_t)worker->engine->worker_count + (uint64_t)worker->index;
		arrivals_take(&worker->send);
		conn_send(conn, next);
	}
	if (worker->idle_first || worker->open + worker->connecting < worker->count)
		alarm_set(worker, next);
}

static void dispatch_users(struct worker *worker)
{
	if (worker->now >= worker->engine->users_until)
		worker->draining = 1;
	while (!worker->draining && worker->heap_count > 0 && worker->heap[0]->due <= worker->now) {
		struct conn *conn = heap_pop(worker);
		if (conn->state == CONN_CLOSED) {
			conn_open(conn);
		} else {
			worker->number++;
			conn_send(conn, conn->due > worker->now - late_after ? worker->now : conn->due);
		}
	}
	if (worker->heap_count > 0 && !worker->draining)
		alarm_set(worker, worker->heap[0]->due);
}

void worker_dispatch(struct worker *worker)
{
	if (worker->draining)
		return;
	if (worker->engine->profile->users > 0)
		dispatch_users(worker);
	else
		dispatch_open(worker);
	while (worker->flush_first) {
		struct conn *conn = worker->flush_first;
		worker->flush_first = conn->flush_next;
		conn->flush = 0;
		h2_flush(conn);
	}
}

void worker_answered(struct worker *worker, struct conn *conn)
{
	conn->since = worker->now;
	if (worker->engine->profile->users == 0) {
		if (conn->state == CONN_OPEN)
			worker_idle_add(worker, conn);
		return;
	}
	if (worker->draining)
		return;
	heap_push(worker, conn, worker->now + (int64_t)(worker->engine->profile->think * 1e9));
}

void worker_connect_failed(struct worker *worker, struct conn *conn, enum run_error error)
{
	if (worker->draining)
		return;
	if (worker->engine->profile->users > 0) {
		worker->tally->counts.intended++;
		count_end(worker, (int)error, worker_choose(worker), worker->now);
		/* A user who is refused comes back a little later, not at once. */
		heap_push(worker, conn, worker->now + engine_second / 10);
		return;
	}
	if (moment(&worker->send) <= worker->now) {
		int64_t intended = moment(&worker->send);
		arrivals_take(&worker->send);
		count_end(worker, (int)error, worker_choose(worker), intended);
	}
}

/* --- the worker's own time --- */

static void expire(struct worker *worker)
{
	const struct engine *engine = worker->engine;
	while (worker->first && worker->now - worker->first->sent > engine->request_timeout) {
		struct flight *flight = worker->first;
		struct conn *conn = flight->conn;
		engine_note(worker->engine, RUN_ERROR_TIMEOUT, "%s: no whole answer within %g s",
		            engine->profile->requests[flight->request].name,
		            engine->profile->request_timeout);
		if (conn->h2)
			h2_give_up(conn, flight);
		else
			conn_fail(conn, RUN_ERROR_TIMEOUT, NULL);
	}
	if (worker->connecting == 0)
		return;
	for (int i = 0; i < worker->count; i++) {
		struct conn *conn = &worker->conns[i];
		if ((conn->state == CONN_CONNECTING || conn->state == CONN_TLS) &&
		    worker->now - conn->since > engine->connect_timeout)
			conn_fail(conn, conn->state == CONN_TLS ? RUN_ERROR_TLS : RUN_ERROR_CONNECT_TIMEOUT,
			          conn->state == CONN_TLS ? "the TLS handshake took longer than %g s"
			                                  : "no connection within %g s",
			          engine->profile->connect_timeout);
	}
}

/* Ends what is left: those that wait, and after a while those under way. */
static void cut(struct worker *worker)
{
	while (worker->intake.count > worker->send.count && worker->engine->profile->users == 0) {
		int64_t intended = moment(&worker->send);
		arrivals_take(&worker->send);
		count_end(worker, RUN_ERROR_CUT, worker_choose(worker), intended);
	}
	if (worker->now - worker->drain_from < drain_after_stop)
		return;
	while (worker->first)
		conn_fail(worker->first->conn, RUN_ERROR_CUT, NULL);
}

static void finish_if_done(struct worker *worker)
{
	const struct engine *engine = worker->engine;
	int stopping = atomic_load(&worker->engine->stopping);
	if (stopping && !worker->drain_from) {
		intake(worker, worker->now);
		worker->draining = 1;
		worker->drain_from = worker->now;
	}
	if (stopping)
		cut(worker);
	if (engine->profile->users == 0 && !stopping &&
	    !(arrivals_done(&worker->send) && arrivals_done(&worker->intake)))
		return;
	if (engine->profile->users > 0 && !worker->draining)
		return;
	if (worker->in_flight == 0 && !atomic_load(&worker->done)) {
		atomic_store(&worker->last_second, worker->tally->second);
		hand_over(worker);
		atomic_store(&worker->done, 1);
		ev_break(worker->loop, EVBREAK_ALL);
	}
}

static void ticked(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	(void)loop, (void)events;
	worker_clock(worker);
	expire(worker);
	intake(worker, worker->now);
	worker_dispatch(worker);
	finish_if_done(worker);
}

static void alarmed(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *worker = io->data;
	(void)loop, (void)events;
	worker_clock(worker);
	worker->alarm_at = 0;
	worker_dispatch(worker);
	if (!worker->alarm_at)
		alarm_off(worker); /* setting it anew takes back its readiness; nobody reads it */
}

static void wake(struct ev_loop *loop, ev_async *async, int events)
{
	struct worker *worker = async->data;
	(void)loop, (void)events;
	worker_clock(worker);
	finish_if_done(worker);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	const struct profile *profile = worker->engine->profile;
	worker_clock(worker);
	if (profile->users > 0)
		for (int i = 0; i < worker->count; i++)
			heap_push(worker, &worker->conns[i],
			          (int64_t)(profile->users_ramp * 1e9 *
			                    (i * worker->engine->worker_count + worker->index) /
			                    profile->users));
	else if (profile->preconnect)
		while (open_one(worker) == 0)
			continue;
	worker_dispatch(worker);
	ev_run(worker->loop, 0);
	return NULL;
}

int worker_start(struct worker *worker, struct engine *engine, int index, struct err *err)
{
	const struct profile *profile = engine->profile;
	double sum = 0;
	worker->engine = engine;
	worker->index = index;
	worker->count = profile->connections / engine->worker_count +
	                (index < profile->connections % engine->worker_count);
	worker->conns = mem_new_array((size_t)worker->count, sizeof(*worker->conns));
	for (int i = 0; i < worker->count; i++)
		worker->conns[i].worker = worker;
	if (profile->users > 0)
		worker->heap = mem_new_array((size_t)worker->count, sizeof(struct conn *));
	worker->weights = mem_new_array(profile->request_count, sizeof(double));
	for (size_t i = 0; i < profile->request_count; i++)
		worker->weights[i] = sum += profile->requests[i].weight;
	worker->random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(index + 1);
	worker->room = mem_new(ENGINE_ROOM);
	buf_init(&worker->scratch, 16 << 20);
	buf_init(&worker->scratch_body, 16 << 20);
	worker->boundary = engine_second;
	worker->address = index;
	uint64_t seed = (uint64_t)engine->start_mono;
	arrivals_init(&worker->intake, &engine->plan, index, engine->worker_count, profile->poisson, seed);
	arrivals_init(&worker->send, &engine->plan, index, engine->worker_count, profile->poisson, seed);
	worker->tally = tally_take(engine, 0);
	worker->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	worker->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!worker->loop || worker->alarm < 0)
		return err_set(err, "the engine cannot start a thread's loop: %s", strerror(errno));
	ev_io_init(&worker->alarm_io, alarmed, worker->alarm, EV_READ);
	ev_set_priority(&worker->alarm_io, EV_MAXPRI);
	ev_timer_init(&worker->tick, ticked, tick_seconds, tick_seconds);
	ev_async_init(&worker->woken, wake);
	worker->alarm_io.data = worker->tick.data = worker->woken.data = worker;
	ev_io_start(worker->loop, &worker->alarm_io);
	ev_timer_start(worker->loop, &worker->tick);
	ev_async_start(worker->loop, &worker->woken);
	int failed = pthread_create(&worker->thread, NULL, worker_main, worker);
	return failed ? err_set(err, "the engine cannot start a thread: %s", strerror(failed)) : 0;
}

/* After its thread has ended. */
void worker_free(struct worker *worker)
{
	worker->draining = 1;
	for (int i = 0; i < worker->count; i++) {
		conn_close(&worker->conns[i]);
		response_release(&worker->conns[i].response);
	}
	if (worker->loop)
		ev_loop_destroy(worker->loop);
	if (worker->alarm > 0)
		close(worker->alarm);
	if (worker->tally)
		tally_spare(worker->engine, worker->tally);
	free(worker->conns);
	free(worker->heap);
	free(worker->weights);
	free(worker->room);
	buf_release(&worker->scratch);
	buf_release(&worker->scratch_body);
}

/* SPDX-License-Identifier: MIT */
#ifndef LOAD_ENGINE_INTERNAL_H
#define LOAD_ENGINE_INTERNAL_H

#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "load/engine.h"
#include "load/histogram.h"
#include "load/plan.h"
#include "load/response.h"

/*
 * The engine: one main thread that sums up, writes and decides, and workers, each with a loop of its
 * own and connections of its own. They share nothing but the plan (read only for workers), a few
 * atomic flags, and tallies, which a worker fills for a second and hands over.
 *
 * Time is in nanoseconds since the engine's start, by the monotonic clock.
 */
enum {
	ENGINE_ROOM = 64 << 10,  /* bytes read or written at once */
	ENGINE_BODY = 256 << 10, /* of an answer that is looked into */
	ENGINE_ADDRESSES = 16,
};
static const int64_t engine_second = 1000000000;
static const int64_t engine_latency_max = INT64_C(3600) * 1000000; /* us */

struct ssl_st;
struct ssl_ctx_st;
struct nghttp2_session;

/* Text with places for values. */
enum piece_kind { PIECE_TEXT, PIECE_SEQ, PIECE_UUID, PIECE_DATA };
struct template_piece {
	enum piece_kind kind;
	const char *text;
	size_t len;
	const struct profile_data *data;
	size_t column;
};
struct template
{
	struct template_piece *pieces;
	size_t count;
	char *text; /* what they point into */
};

/* A request made ready. */
struct payload {
	const struct profile_request *request;
	struct template head, body; /* HTTP/1.1: the head without Content-Length and its end */
	char *wire;                 /* all of it, when nothing varies; NULL otherwise */
	size_t wire_len;
	struct template path; /* HTTP/2 */
	struct template values[PROFILE_HEADERS];
	char *names[PROFILE_HEADERS]; /* lower case; NULL: not sent */
	int to_head, looks;           /* HEAD; the answer's headers or body are looked at */
};

struct tally {
	struct tally *next;
	long second;
	struct run_second counts;
	int64_t late_max, until; /* until: its last moment */
	struct histogram service;
	struct histogram *latency; /* by request */
	uint64_t *failed;          /* by request */
};

struct conn;

/* A request under way. */
struct flight {
	struct flight *earlier, *later; /* in the worker's list by time of sending */
	struct conn *conn;
	int64_t intended, sent;
	uint64_t bytes;
	struct buf *body;
	int32_t stream;
	int request;
	short status;
	unsigned char header_seen, active;
};

enum conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_TLS, CONN_OPEN };

struct conn {
	ev_io io;
	struct worker *worker;
	struct conn *idle_next, *idle_before, *flush_next;
	struct ssl_st *ssl;
	struct nghttp2_session *h2;
	const char *out; /* what is left to write */
	char *out_own;   /* its memory when it is the connection's own */
	size_t out_len;
	struct response response;
	struct flight flight; /* HTTP/1.1 */
	int64_t since;        /* connecting, or idle, since then */
	int64_t due;          /* closed model: when the user sends next */
	int streams, stream_limit;
	unsigned char state, idle, flush, used, tls_wants_write, ending;
};

struct worker {
	struct engine *engine;
	int index;
	pthread_t thread;
	struct ev_loop *loop;
	ev_io alarm_io;
	ev_timer tick;
	ev_async woken;
	int alarm;        /* timerfd */
	int64_t alarm_at; /* what it is set to; 0: not */
	int64_t now, boundary;
	struct arrivals intake, send;
	struct conn *conns;
	int count, open, connecting, next_closed;
	struct conn *idle_first, *idle_last, *flush_first;
	struct flight *first, *last; /* under way, the earliest sent first */
	int in_flight;
	struct conn **heap; /* closed model: users by `due` */
	int heap_count;
	struct tally *tally;
	double *weights; /* sums */
	uint64_t number, random;
	int address;
	int draining; /* no request is begun any more */
	int64_t drain_from;
	char *room;
	struct buf scratch, scratch_body;
	atomic_long last_second; /* that it told about, once it is done */
	atomic_int done;
};

struct engine {
	const struct profile *profile;
	const char *folder;
	int64_t start_mono; /* ns */
	double start_wall;  /* s */
	struct plan plan;
	struct payload payloads[PROFILE_REQUESTS];
	struct sockaddr_storage addresses[ENGINE_ADDRESSES];
	socklen_t address_sizes[ENGINE_ADDRESSES];
	int address_count;
	struct ssl_ctx_st *tls;
	struct worker *workers;
	int worker_count;
	int64_t request_timeout, connect_timeout, users_until; /* ns */
	atomic_int stopping;

	pthread_mutex_t lock; /* of what follows, down to failures */
	struct tally *full, *spare;
	char failures[8][200];
	size_t failure_count;
	unsigned failures_of; /* bits: kinds that have an example */
};

/* engine_template.c */
void template_make(struct template *template, const struct profile *profile, const char *text);
int template_is_static(const struct template *template);
void template_render(const struct template *template, uint64_t number, struct buf *out);
void target_authority(const struct profile *profile, struct buf *out); /* "host:port" */
void payloads_make(struct engine *engine);
void payloads_free(struct engine *engine);

/* engine_tally.c */
struct tally *tally_take(struct engine *engine, long second);
void tally_give(struct engine *engine, struct tally *tally);  /* to the main thread */
void tally_spare(struct engine *engine, struct tally *tally); /* emptied, for the next one */
void tally_free_all(struct engine *engine);
void engine_note(struct engine *engine, enum run_error kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* engine_worker.c */
int worker_start(struct worker *worker, struct engine *engine, int index, struct err *err) MUST_USE;
void worker_free(struct worker *worker);
void worker_clock(struct worker *worker);
void worker_dispatch(struct worker *worker);
void worker_idle_add(struct worker *worker, struct conn *conn);
void worker_idle_remove(struct worker *worker, struct conn *conn);
void worker_flight_begin(struct worker *worker, struct flight *flight, struct conn *conn, int64_t intended);
void worker_flight_end(struct worker *worker, struct flight *flight, int error); /* -1: a whole answer came */
void worker_count_error(struct worker *worker, enum run_error error, int request, int64_t intended);
int worker_choose(struct worker *worker);
/* A connection could not be made: somebody's request fails by it. */
void worker_connect_failed(struct worker *worker, struct conn *conn, enum run_error error);
void worker_answered(struct worker *worker, struct conn *conn); /* the connection is free for another */

/* engine_conn.c */
int conn_open(struct conn *conn); /* -1: failed at once and told */
void conn_close(struct conn *conn);
/* Ends every request on it with that error, and the connection. */
void conn_fail(struct conn *conn, enum run_error error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void conn_send(struct conn *conn, int64_t intended);
void conn_established(struct conn *conn);
ssize_t conn_read(struct conn *conn, char *room,
                  size_t size); /* -2: later; 0: the end; -1: failed, errno or TLS */
ssize_t conn_write(struct conn *conn, const char *bytes, size_t len);
int conn_flush(struct conn *conn); /* -1: failed and closed */
void conn_watch(struct conn *conn, int events);
void flight_header(struct flight *flight, const char *name, size_t name_len, const char *value,
                   size_t value_len);
void flight_body(struct flight *flight, const char *bytes, size_t len);

/* engine_tls.c */
int tls_init(struct engine *engine, struct err *err) MUST_USE;
void tls_release(struct engine *engine);
int tls_begin(struct conn *conn);
void tls_go_on(struct conn *conn);
void tls_end(struct conn *conn);

/* engine_h2.c */
int h2_begin(struct conn *conn);
void h2_end(struct conn *conn);
int h2_drop(struct conn *conn, enum run_error error); /* ends every request on it; whether there was one */
void h2_send(struct conn *conn, int64_t intended);
void h2_readable(struct conn *conn);
int h2_flush(struct conn *conn);
void h2_give_up(struct conn *conn, struct flight *flight); /* resets the stream of one that took too long */

#endif

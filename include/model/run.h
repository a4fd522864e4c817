/* SPDX-License-Identifier: MIT */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A load test that runs or ran, as everybody but its engine sees it: what was to happen, what
 * happened in each second, and the verdict. An engine writes it into a folder of its own, others
 * read it from there; what is read is bounded and sanitised.
 */
enum run_state {
	RUN_RUNNING,
	RUN_PASSED,      /* every SLO held, and the generator kept up */
	RUN_FAILED,      /* an SLO was broken */
	RUN_ABORTED,     /* an SLO with abort was broken, or the engine could not go on */
	RUN_STOPPED,     /* by a person */
	RUN_INTERRUPTED, /* the engine is gone without a verdict: what it wrote is all there is */
	RUN_STATES
};

/* How a request can end but well. Each intended request counts once: as good or as one of these. */
enum run_error {
	RUN_ERROR_DNS,
	RUN_ERROR_REFUSED,
	RUN_ERROR_UNREACHABLE,
	RUN_ERROR_CONNECT_TIMEOUT,
	RUN_ERROR_TLS,
	RUN_ERROR_RESET,    /* the connection was reset */
	RUN_ERROR_CLOSED,   /* the connection ended before the answer did */
	RUN_ERROR_TIMEOUT,  /* no whole answer in time */
	RUN_ERROR_PROTOCOL, /* the answer is no HTTP */
	RUN_ERROR_STATUS,   /* another status than expected */
	RUN_ERROR_EXPECT,   /* the answer is not as expected */
	RUN_ERROR_UNSENT,   /* no connection came free in time, so it was never sent */
	RUN_ERROR_CUT,      /* cut off by the end of the run */
	RUN_ERRORS
};

/*
 * Latencies are in milliseconds, from the intended moment of sending to the end of the answer; NaN
 * where nothing ended. RUN_HEAT counts answers by latency, two steps a doubling, from 62.5 us up.
 */
enum {
	RUN_HEAT = 48,
	RUN_CODES = 6,
	RUN_TEXT = 96,
	RUN_REQUESTS = 64,
	RUN_SLOS = 16,
	RUN_LIVE_MAX = 30 * 86400
};

struct run_second {
	double at, seconds; /* since the start; how long it was */
	uint64_t intended, sent, ok;
	uint64_t errors[RUN_ERRORS];
	uint64_t codes[RUN_CODES]; /* by first digit; 0: none came */
	double p50, p90, p99, p999, max, mean;
	double service_p99; /* from the real moment of sending: the same without the waiting */
	uint64_t bytes, connects;
	int open, in_flight;
	uint64_t backlog; /* intended by now and not sent yet */
	uint64_t late;    /* sent late though a connection was free: the generator's fault */
	double late_max;  /* ms */
	double cpu;       /* cores the engine used */
	double busiest;   /* of its threads, 0 to 1 */
	int warmup;
	uint32_t heat[RUN_HEAT];
};

struct run_request {
	char name[RUN_TEXT];
	uint64_t count, failed;
	double mean, p50, p90, p99, p999, max;
};

struct run_slo {
	char text[RUN_TEXT];
	int held;
	double value;     /* of the whole run, or at the moment it broke; NaN: unknown */
	double broken_at; /* seconds; negative: never, or about the whole run */
};

struct run {
	char id[RUN_TEXT], name[RUN_TEXT], service[RUN_TEXT], env[RUN_TEXT], target[256], engine[16],
	    commit[RUN_TEXT];
	char host[RUN_TEXT], version[32];
	char folder[512];             /* where it was read from */
	int64_t started_ms, ended_ms; /* Unix; 0: not yet */
	double planned_seconds, peak_rate;
	int pid, cpus, threads, connections, users;
	enum run_state state;
	char words[256];     /* the verdict in one sentence */
	char generator[256]; /* what the generator says of itself; "" all is well */
	int generator_limited;
	double found_rate;       /* of a search; negative: none was found or looked for */
	struct run_second total; /* after the warm-up */
	struct run_request requests[RUN_REQUESTS];
	size_t request_count;
	struct run_slo slos[RUN_SLOS];
	size_t slo_count;
	struct run_second *seconds;
	size_t second_count, second_room;
	char failures[8][200]; /* examples of what went wrong, in words */
	size_t failure_count;
};

void run_init(struct run *run);
void run_release(struct run *run);
struct run_second *run_add_second(struct run *run); /* zeroed, at the end */

const char *run_state_name(enum run_state state);     /* "passed" */
const char *run_error_name(enum run_error error);     /* "connect-timeout", as in files */
const char *run_error_words(enum run_error error);    /* "connecting took too long" */
uint64_t run_failed(const struct run_second *second); /* sum of its errors */
/* The place of a latency in `heat`, and the least latency of a place, in ms. */
int run_heat_of(double ms);
double run_heat_from(int place);
/* Adds up what can be added; percentiles stay. */
void run_second_add(struct run_second *to, const struct run_second *from);
/* A percentile out of `heat`, good to a factor of 1.2: for what is gone when its histogram is. */
double run_heat_percentile(const struct run_second *second, double percentile);

/*
 * As JSON. The manifest is what is known when a run starts, the verdict what is known at its end; a
 * second is one line. Reading checks everything and leaves out what it does not know.
 */
int run_manifest_write(const struct run *run, struct buf *out) MUST_USE;
int run_manifest_read(struct run *run, const char *bytes, size_t len, struct err *err) MUST_USE;
int run_second_write(const struct run_second *second, struct buf *out) MUST_USE;
int run_second_read(struct run *run, const char *line, size_t len) MUST_USE; /* adds it; -1: it is none */
int run_verdict_write(const struct run *run, struct buf *out) MUST_USE;
int run_verdict_read(struct run *run, const char *bytes, size_t len, struct err *err) MUST_USE;

#endif

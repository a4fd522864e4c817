/* SPDX-License-Identifier: MIT */
#ifndef LOAD_JUDGE_H
#define LOAD_JUDGE_H

#include "load/histogram.h"
#include "load/profile.h"
#include "model/run.h"

/*
 * What a run's seconds come to. One of these takes every second as it ends, decides whether the run
 * goes on, and writes the verdict into the run.
 */
struct judge {
	const struct profile *profile;
	struct run *run;
	struct histogram latency, service; /* after the warm-up */
	struct histogram requests[PROFILE_REQUESTS];
	uint64_t failed[PROFILE_REQUESTS];
	double broken_for[SLO_MAX];
	double busy_seconds;          /* a thread had no time left */
	int abort_by;                 /* index of the SLO that ends the run; -1: none */
	struct histogram try_latency; /* of the current try of a search */
	struct run_second try_total;
};

void judge_init(struct judge *judge, const struct profile *profile, struct run *run);
void judge_release(struct judge *judge);
/* `second` has its counts; latencies are filled in from the histograms. */
void judge_second(struct judge *judge, struct run_second *second, const struct histogram *latency,
                  const struct histogram *service);
void judge_request(struct judge *judge, size_t request, int warmup, const struct histogram *latency,
                   uint64_t failed);
/* Whether all SLOs hold over the seconds since judge_try_begin; NULL `why`: not asked for. */
void judge_try_begin(struct judge *judge);
int judge_try_holds(const struct judge *judge, char *why, size_t size);
/* Sets state, words, totals. `state`: RUN_STOPPED or RUN_ABORTED with `why`, else RUN_RUNNING: judge it. */
void judge_end(struct judge *judge, enum run_state state, const char *why);
/* The sentence about the generator, from totals; "" when it kept up. Returns whether it was the limit, so
 * that nothing is proved. Late sends alone make latencies look worse: what holds then holds all the more. */
int judge_generator(const struct judge *judge, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "load/profile.h"

/*
 * When each request of an open-model test is intended: straight pieces of rate over time, whose area
 * is the number of requests. The moment of the nth is where the area reaches n, so all moments are
 * known without keeping any, and several threads share them out by counting in steps.
 *
 * Pieces are only added, by one thread, while others read: the count is published after the piece.
 */
struct plan_piece {
	double from, to;       /* seconds since the start */
	double rate, rate_end; /* requests a second */
	double before;         /* requests before this piece */
	int warmup;
};

enum { PLAN_PIECES = PROFILE_STAGES + 64 };

struct plan {
	struct plan_piece pieces[PLAN_PIECES];
	atomic_size_t count;
	atomic_int closed; /* no more will be added */
};

void plan_init(struct plan *plan,
               const struct profile *profile); /* all stages; a search begins empty and open */
void plan_add(struct plan *plan, double from, double seconds, double rate, double rate_end, int warmup);
double plan_end(const struct plan *plan);                 /* seconds */
double plan_requests(const struct plan *plan, double at); /* intended by then, fractions too */
double plan_rate(const struct plan *plan, double at);

/* One thread's share. `next` is its next moment in seconds; infinite at the end, or until a piece is
 * added (arrivals_look). Poisson: each thread draws from a generator of its own. */
struct arrivals {
	const struct plan *plan;
	size_t piece;
	double number, step; /* of the next request */
	double next;
	uint64_t random; /* 0: constant gaps */
	uint64_t count;  /* taken so far */
};

void arrivals_init(struct arrivals *arrivals, const struct plan *plan, int index, int of, int poisson,
                   uint64_t seed);
void arrivals_take(struct arrivals *arrivals); /* goes on to the one after `next` */
void arrivals_look(struct arrivals *arrivals); /* whether a piece was added */
int arrivals_done(const struct arrivals *arrivals);

#endif

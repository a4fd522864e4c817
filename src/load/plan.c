/* SPDX-License-Identifier: MIT */
/* Areas under straight lines, and where they reach a number. */
#include "load/plan.h"

#include <math.h>

static double piece_area(const struct plan_piece *piece, double seconds)
{
	double slope = (piece->rate_end - piece->rate) / (piece->to - piece->from);
	return piece->rate * seconds + slope * seconds * seconds / 2;
}

static double piece_whole(const struct plan_piece *piece)
{
	return (piece->rate + piece->rate_end) / 2 * (piece->to - piece->from);
}

void plan_add(struct plan *plan, double from, double seconds, double rate, double rate_end, int warmup)
{
	size_t count = atomic_load_explicit(&plan->count, memory_order_relaxed);
	if (count == PLAN_PIECES)
		return;
	struct plan_piece *piece = &plan->pieces[count];
	*piece = (struct plan_piece){
	    .from = from, .to = from + seconds, .rate = rate, .rate_end = rate_end, .warmup = warmup};
	if (count > 0)
		piece->before = piece[-1].before + piece_whole(&piece[-1]);
	atomic_store_explicit(&plan->count, count + 1, memory_order_release);
}

void plan_init(struct plan *plan, const struct profile *profile)
{
	atomic_init(&plan->count, 0);
	atomic_init(&plan->closed, 0);
	if (profile->search.high > 0 || profile->users > 0)
		return;
	if (profile->warmup > 0) {
		double rate = profile->stages[0].from > 0 ? profile->stages[0].from : profile->stages[0].to;
		plan_add(plan, 0, profile->warmup, rate, rate, 1);
	}
	for (size_t i = 0; i < profile->stage_count; i++)
		plan_add(plan, plan_end(plan), profile->stages[i].seconds, profile->stages[i].from,
		         profile->stages[i].to, 0);
	atomic_store(&plan->closed, 1);
}

double plan_end(const struct plan *plan)
{
	size_t count = atomic_load_explicit(&plan->count, memory_order_acquire);
	return count ? plan->pieces[count - 1].to : 0;
}

double plan_requests(const struct plan *plan, double at)
{
	size_t count = atomic_load_explicit(&plan->count, memory_order_acquire);
	double sum = 0;
	for (size_t i = 0; i < count && at > plan->pieces[i].from; i++) {
		const struct plan_piece *piece = &plan->pieces[i];
		sum = piece->before +
		      (at >= piece->to ? piece_whole(piece) : piece_area(piece, at - piece->from));
	}
	return sum;
}

double plan_rate(const struct plan *plan, double at)
{
	size_t count = atomic_load_explicit(&plan->count, memory_order_acquire);
	for (size_t i = 0; i < count; i++) {
		const struct plan_piece *piece = &plan->pieces[i];
		if (at >= piece->from && at < piece->to)
			return piece->rate + (piece->rate_end - piece->rate) * (at - piece->from) /
			                         (piece->to - piece->from);
	}
	return 0;
}

/* Where the piece's area reaches `number`. The root is written so that nothing cancels: it holds for
 * rising, falling and level lines alike. */
static double piece_reaches(const struct plan_piece *piece, double number)
{
	double slope = (piece->rate_end - piece->rate) / (piece->to - piece->from);
	double inside = piece->rate * piece->rate + 2 * slope * number;
	double under = piece->rate + sqrt(inside > 0 ? inside : 0);
	double seconds = number > 0 && under > 0 ? 2 * number / under : 0;
	return piece->from + fmin(seconds, piece->to - piece->from);
}

void arrivals_look(struct arrivals *arrivals)
{
	size_t count = atomic_load_explicit(&arrivals->plan->count, memory_order_acquire);
	for (; arrivals->piece < count; arrivals->piece++) {
		const struct plan_piece *piece = &arrivals->plan->pieces[arrivals->piece];
		double number = arrivals->number - piece->before;
		/* A hair's breadth for sums of fractions: 3 pieces of 1/3 must hold one request. */
		if (number < piece_whole(piece) - 1e-9) {
			arrivals->next = piece_reaches(piece, number);
			return;
		}
	}
	arrivals->next = INFINITY;
}

/* xorshift64*: good gaps for a few nanoseconds. In (0, 1]. */
static double random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return ((double)(*state * UINT64_C(2685821657736338717) >> 11) + 1) / 9007199254740992.0;
}

static double next_gap(struct arrivals *arrivals)
{
	return arrivals->random ? -log(random_next(&arrivals->random)) * arrivals->step : arrivals->step;
}

void arrivals_init(struct arrivals *arrivals, const struct plan *plan, int index, int of, int poisson,
                   uint64_t seed)
{
	*arrivals = (struct arrivals){.plan = plan, .step = of, .number = index};
	if (poisson) {
		arrivals->random = (seed | 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)index;
		arrivals->random |= arrivals->random == 0;
		arrivals->number = next_gap(arrivals);
	}
	arrivals_look(arrivals);
}

void arrivals_take(struct arrivals *arrivals)
{
	arrivals->count++;
	arrivals->number += next_gap(arrivals);
	arrivals_look(arrivals);
}

int arrivals_done(const struct arrivals *arrivals)
{
	return isinf(arrivals->next) && atomic_load(&arrivals->plan->closed) &&
	       arrivals->piece >= atomic_load_explicit(&arrivals->plan->count, memory_order_acquire);
}

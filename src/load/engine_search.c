/* SPDX-License-Identifier: MIT */
/*
 * The search for the highest rate at which the SLOs hold: doublings until they do not, then halvings
 * between. Each try is a piece of the plan; the next one is added when its last second is known.
 */
#include <math.h>
#include <stdio.h>

#include "engine_main.h"

static const double pause_seconds = 1.2;  /* until a try's last answers are in */
static const double settle_seconds = 1;   /* of a try that do not count */

static void try_rate(struct lead *lead, double rate, double from)
{
	const struct profile *profile = lead->engine.profile;
	lead->search.rate = rate;
	lead->search.from = from;
	lead->search.until = from + profile->search.seconds;
	plan_add(&lead->engine.plan, from, profile->search.seconds, rate, rate, 0);
	judge_try_begin(&lead->judge);
}

void lead_search_begin(struct lead *lead)
{
	const struct profile *profile = lead->engine.profile;
	if (profile->search.high <= 0)
		return;
	if (profile->warmup > 0)
		plan_add(&lead->engine.plan, 0, profile->warmup, profile->search.low, profile->search.low, 1);
	try_rate(lead, profile->search.low, ceil(profile->warmup));
}

static void search_end(struct lead *lead)
{
	lead->run.found_rate = lead->search.good;
	atomic_store(&lead->engine.plan.closed, 1);
}

/* The rate to try next; 0: it is found. */
static double next_rate(const struct lead *lead)
{
	const struct profile *profile = lead->engine.profile;
	double good = lead->search.good, bad = lead->search.bad;
	if (good <= 0 || good >= profile->search.high)
		return 0;
	if (bad <= 0)
		return fmin(good * 2, profile->search.high);
	return (bad - good) / good <= profile->search.precision ? 0 : (good + bad) / 2;
}

void lead_search(struct lead *lead, const struct run_second *second)
{
	const struct profile *profile = lead->engine.profile;
	char why[200];
	if (profile->search.high <= 0 || atomic_load(&lead->engine.plan.closed))
		return;
	if (second->at < lead->search.from + settle_seconds) {
		judge_try_begin(&lead->judge);
		return;
	}
	if (second->at + 1 < lead->search.until)
		return;
	const struct run_second *total = &lead->judge.try_total;
	int kept_up = (double)total->sent >= 0.97 * (double)total->intended;
	if (judge_try_holds(&lead->judge, why, sizeof(why)) && kept_up)
		lead->search.good = lead->search.rate;
	else
		lead->search.bad = lead->search.rate;
	double rate = next_rate(lead);
	if (rate > 0 && atomic_load(&lead->engine.plan.count) < PLAN_PIECES)
		try_rate(lead, rate, ceil(lead->search.until + pause_seconds));
	else
		search_end(lead);
}

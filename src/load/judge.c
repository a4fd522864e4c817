/* SPDX-License-Identifier: MIT */
/*
 * The verdict. Before it says anything about the target it asks whether the generator itself was the
 * limit: a generator without time left measures itself.
 */
#include "load/judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t longest = INT64_C(3600) * 1000000;

void judge_init(struct judge *judge, const struct profile *profile, struct run *run)
{
	*judge = (struct judge){.profile = profile, .run = run, .abort_by = -1};
	histogram_init(&judge->latency, longest, HISTOGRAM_DIGITS);
	histogram_init(&judge->service, longest, HISTOGRAM_DIGITS);
	histogram_init(&judge->try_latency, longest, HISTOGRAM_DIGITS);
	for (size_t i = 0; i < profile->request_count; i++)
		histogram_init(&judge->requests[i], longest, HISTOGRAM_DIGITS);
	run->slo_count = profile->slo_count;
	for (size_t i = 0; i < profile->slo_count; i++) {
		run->slos[i] = (struct run_slo){.held = 1, .value = NAN, .broken_at = -1};
		snprintf(run->slos[i].text, sizeof(run->slos[i].text), "%s", profile->slos[i].text);
	}
}

void judge_release(struct judge *judge)
{
	histogram_release(&judge->latency);
	histogram_release(&judge->service);
	histogram_release(&judge->try_latency);
	for (size_t i = 0; i < judge->profile->request_count; i++)
		histogram_release(&judge->requests[i]);
}

static double ms_of(const struct histogram *histogram, double percentile)
{
	return histogram->total ? (double)histogram_percentile(histogram, percentile) / 1000 : NAN;
}

static double percentile_ms(const void *arg, double percentile)
{
	return ms_of(arg, percentile);
}

static void fill_latencies(struct run_second *second, const struct histogram *latency,
                           const struct histogram *service)
{
	second->p50 = ms_of(latency, 50);
	second->p90 = ms_of(latency, 90);
	second->p99 = ms_of(latency, 99);
	second->p999 = ms_of(latency, 99.9);
	second->max = latency->total ? (double)latency->max / 1000 : NAN;
	second->mean = histogram_mean(latency) / 1000;
	second->service_p99 = ms_of(service, 99);
}

static struct slo_measure measure_of(const struct run_second *second, const struct histogram *latency)
{
	double ended = (double)(second->ok + run_failed(second));
	return (struct slo_measure){
	    .percentile_ms = percentile_ms,
	    .arg = latency,
	    .mean_ms = second->mean,
	    .max_ms = second->max,
	    .error_ratio = ended > 0 ? (double)run_failed(second) / ended : 0,
	    .rate = second->seconds > 0 ? (double)second->ok / second->seconds : 0,
	    .idle = second->intended == 0 && ended == 0,
	};
}

static void watch_slos(struct judge *judge, const struct run_second *second, const struct histogram *latency)
{
	struct slo_measure measure = measure_of(second, latency);
	for (size_t i = 0; i < judge->profile->slo_count; i++) {
		const struct slo *slo = &judge->profile->slos[i];
		struct run_slo *told = &judge->run->slos[i];
		if (slo->seconds == 0)
			continue;
		if (slo_holds(slo, &measure)) {
			judge->broken_for[i] = 0;
			continue;
		}
		judge->broken_for[i] += second->seconds;
		if (judge->broken_for[i] < slo->seconds - 0.1 || told->broken_at >= 0)
			continue;
		told->held = 0;
		told->broken_at = second->at + second->seconds;
		told->value = slo_value(slo, &measure);
		if (slo->abort && judge->abort_by < 0)
			judge->abort_by = (int)i;
	}
}

void judge_second(struct judge *judge, struct run_second *second, const struct histogram *latency,
                  const struct histogram *service)
{
	uint64_t before = 0;
	fill_latencies(second, latency, service);
	for (int i = 0; i < RUN_HEAT; i++) {
		/* By the lower edge of the next place, so that counts add up to the total. */
		uint64_t to = i + 1 < RUN_HEAT
		                  ? histogram_count_to(latency, (int64_t)(run_heat_from(i + 1) * 1000) - 1)
		                  : latency->total;
		to = to > before ? to : before;
		second->heat[i] = (uint32_t)(to - before);
		before = to;
	}
	histogram_add(&judge->try_latency, latency);
	run_second_add(&judge->try_total, second);
	if (second->warmup)
		return;
	histogram_add(&judge->latency, latency);
	histogram_add(&judge->service, service);
	run_second_add(&judge->run->total, second);
	judge->run->total.cpu += second->cpu * second->seconds;
	if (second->busiest > 0.92)
		judge->busy_seconds += second->seconds;
	/* A search breaks SLOs on purpose. */
	if (judge->profile->search.high <= 0)
		watch_slos(judge, second, latency);
}

void judge_request(struct judge *judge, size_t request, int warmup, const struct histogram *latency,
                   uint64_t failed)
{
	if (warmup)
		return;
	histogram_add(&judge->requests[request], latency);
	judge->failed[request] += failed;
}

void judge_try_begin(struct judge *judge)
{
	histogram_clear(&judge->try_latency);
	judge->try_total = (struct run_second){0};
}

int judge_try_holds(const struct judge *judge, char *why, size_t size)
{
	struct run_second total = judge->try_total;
	fill_latencies(&total, &judge->try_latency, &judge->try_latency);
	struct slo_measure measure = measure_of(&total, &judge->try_latency);
	for (size_t i = 0; i < judge->profile->slo_count; i++) {
		if (slo_holds(&judge->profile->slos[i], &measure))
			continue;
		snprintf(why, size, "%s did not hold", judge->profile->slos[i].text);
		return 0;
	}
	return 1;
}

/* --- the end --- */

int judge_generator(const struct judge *judge, char *out, size_t size)
{
	const struct run_second *total = &judge->run->total;
	double intended = (double)total->intended, sent = (double)total->sent;
	out[0] = '\0';
	if (judge->profile->users > 0) {
		if (total->seconds > 0 && judge->busy_seconds > total->seconds / 2) {
			snprintf(out, size,
			         "a thread of the generator was busy all the time: the target may answer "
			         "more than was asked; "
			         "use more threads or machines");
			return 1;
		}
		return 0;
	}
	if (intended > 0 && sent >= 0.99 * intended && (double)total->late > intended * 0.01) {
		snprintf(out, size,
		         "the generator sent %.1f %% of the requests late (up to %.0f ms) although "
		         "connections were free; "
		         "latencies look higher than they are: use more threads or machines",
		         100 * (double)total->late / intended, total->late_max);
		return 0;
	}
	if (intended > 0 && sent < 0.99 * intended && judge->busy_seconds > total->seconds / 4) {
		snprintf(out, size,
		         "the generator had no time left and sent %.1f %% of what was intended; use more "
		         "threads or machines",
		         100 * sent / intended);
		return 1;
	}
	double unsent = (double)total->errors[RUN_ERROR_UNSENT];
	if (intended > 0 && unsent > 0.01 * intended)
		snprintf(out, size,
		         "%.1f %% of what was intended was never sent: every connection was busy, so the "
		         "target or the number of "
		         "connections (%d) was the limit, not the generator",
		         100 * unsent / intended, judge->profile->connections);
	return 0;
}

static void end_requests(struct judge *judge)
{
	struct run *run = judge->run;
	run->request_count = judge->profile->request_count;
	for (size_t i = 0; i < run->request_count; i++) {
		const struct histogram *latency = &judge->requests[i];
		struct run_request *request = &run->requests[i];
		*request = (struct run_request){.count = latency->total,
		                                .failed = judge->failed[i],
		                                .mean = histogram_mean(latency) / 1000,
		                                .p50 = ms_of(latency, 50),
		                                .p90 = ms_of(latency, 90),
		                                .p99 = ms_of(latency, 99),
		                                .p999 = ms_of(latency, 99.9),
		                                .max = latency->total ? (double)latency->max / 1000 : NAN};
		snprintf(request->name, sizeof(request->name), "%s", judge->profile->requests[i].name);
	}
}

/* SLOs about the whole run; those with a time have told already. */
static void end_slos(struct judge *judge)
{
	struct run *run = judge->run;
	struct slo_measure measure = measure_of(&run->total, &judge->latency);
	for (size_t i = 0; i < judge->profile->slo_count; i++) {
		const struct slo *slo = &judge->profile->slos[i];
		if (slo->seconds > 0 && run->slos[i].broken_at >= 0)
			continue;
		run->slos[i].value = slo_value(slo, &measure);
		if (slo->seconds == 0 && judge->profile->search.high <= 0)
			run->slos[i].held = slo_holds(slo, &measure);
	}
}

static void end_words(struct judge *judge)
{
	struct run *run = judge->run;
	const struct run_second *total = &run->total;
	size_t broken = 0, first = 0;
	if (judge->profile->search.high > 0) {
		run->state = run->found_rate > 0 ? RUN_PASSED : RUN_FAILED;
		if (run->found_rate > 0)
			snprintf(run->words, sizeof(run->words), "the SLOs hold up to %.0f requests a second",
			         run->found_rate);
		else
			snprintf(run->words, sizeof(run->words),
			         "the SLOs do not hold even at %.0f requests a second",
			         judge->profile->search.low);
		return;
	}
	for (size_t i = run->slo_count; i-- > 0;)
		if (!run->slos[i].held) {
			broken++;
			first = i;
		}
	if (total->sent == 0) {
		run->state = RUN_FAILED;
		snprintf(run->words, sizeof(run->words), "no request was sent%s%s",
		         run->failure_count ? ": " : "", run->failure_count ? run->failures[0] : "");
	} else if (broken > 0) {
		run->state = RUN_FAILED;
		snprintf(run->words, sizeof(run->words), "%zu of %zu SLOs broken: %s%s", broken,
		         run->slo_count, run->slos[first].text,
		         run->generator[0] ? " (see what is said about the generator)" : "");
	} else if (run->generator_limited) {
		run->state = RUN_FAILED;
		snprintf(run->words, sizeof(run->words),
		         "the generator was the limit: nothing is proved about the target");
	} else {
		run->state = RUN_PASSED;
		snprintf(run->words, sizeof(run->words), "%s; %.2f %% of %llu requests failed, p99 %.1f ms",
		         run->slo_count ? "all SLOs held" : "no SLO was set",
		         100 * (double)run_failed(total) /
		             (double)(total->ok + run_failed(total) + !total->sent),
		         (unsigned long long)(total->ok + run_failed(total)), total->p99);
	}
}

void judge_end(struct judge *judge, enum run_state state, const char *why)
{
	struct run *run = judge->run;
	fill_latencies(&run->total, &judge->latency, &judge->service);
	if (run->total.seconds > 0)
		run->total.cpu /= run->total.seconds;
	run->generator_limited = judge_generator(judge, run->generator, sizeof(run->generator));
	end_requests(judge);
	end_slos(judge);
	if (state != RUN_RUNNING) {
		run->state = state;
		snprintf(run->words, sizeof(run->words), "%s", why);
		return;
	}
	end_words(judge);
}

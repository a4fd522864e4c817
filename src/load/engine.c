/* SPDX-License-Identifier: MIT */
/*
 * The engine's main thread: starts the workers, puts their seconds together, writes them, watches the
 * SLOs, leads a search, and ends it all.
 */
#include "load/engine.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine_files.h"
#include "engine_internal.h"
#include "engine_main.h"
#include "load/judge.h"

static const double poll_seconds = 0.05;

static int64_t clock_ns(clockid_t id)
{
	struct timespec time = {0};
	clock_gettime(id, &time);
	return (int64_t)time.tv_sec * engine_second + time.tv_nsec;
}

static int64_t engine_now(const struct engine *engine)
{
	return clock_ns(CLOCK_MONOTONIC) - engine->start_mono;
}

/* Addresses of the target, IPv6 and IPv4 as the system prefers. */
static int resolve(struct engine *engine, struct err *err)
{
	const struct profile_target *at = &engine->profile->at;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV},
	                *list = NULL;
	char port[16];
	snprintf(port, sizeof(port), "%d", at->port);
	int code = getaddrinfo(at->host, port, &hints, &list);
	if (code == EAI_ADDRFAMILY || code == EAI_NONAME) {
		hints.ai_flags = AI_NUMERICSERV;
		code = getaddrinfo(at->host, port, &hints, &list);
	}
	if (code)
		return err_set(err, "the name \"%s\" was not resolved: %s", at->host, gai_strerror(code));
	for (struct addrinfo *item = list; item && engine->address_count < ENGINE_ADDRESSES;
	     item = item->ai_next) {
		/* Two families of one name are one target: the first one's. */
		if (item->ai_family != list->ai_family)
			continue;
		memcpy(&engine->addresses[engine->address_count], item->ai_addr, item->ai_addrlen);
		engine->address_sizes[engine->address_count++] = item->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

static int raise_files(const struct profile *profile, struct err *err)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)profile->connections + 128;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < wanted)
		return err_set(err,
		               "%d connections need %lld open files, and this system allows %lld (ulimit -n)",
		               profile->connections, (long long)wanted, (long long)limit.rlim_cur);
	return 0;
}

/* --- seconds --- */

static double thread_seconds(const struct worker *worker)
{
	clockid_t id;
	if (atomic_load(&worker->done) || pthread_getcpuclockid(worker->thread, &id) != 0)
		return 0;
	return (double)clock_ns(id) / 1e9;
}

static void measure_self(struct lead *lead, struct run_second *second)
{
	double process = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9,
	       wall = (double)engine_now(&lead->engine) / 1e9;
	double passed = wall - lead->measured_at;
	if (passed < 0.2) {
		second->cpu = lead->last_cpu;
		second->busiest = lead->last_busiest;
		return;
	}
	second->cpu = (process - lead->process_cpu) / passed;
	for (int i = 0; i < lead->engine.worker_count; i++) {
		double cpu = thread_seconds(&lead->engine.workers[i]);
		if (cpu > 0 && (cpu - lead->thread_cpu[i]) / passed > second->busiest)
			second->busiest = (cpu - lead->thread_cpu[i]) / passed;
		lead->thread_cpu[i] = cpu;
	}
	lead->process_cpu = process;
	lead->measured_at = wall;
	lead->last_cpu = second->cpu;
	lead->last_busiest = second->busiest;
}

static void lead_fail(struct lead *lead, const struct err *err)
{
	if (!lead->trouble[0])
		snprintf(lead->trouble, sizeof(lead->trouble), "%s", err->text);
	atomic_store(&lead->engine.stopping, 1);
}

/* Puts the workers' parts of a second together, writes and judges it. */
static void close_second(struct lead *lead, long number, struct tally **parts, int count)
{
	int64_t until = 0;
	for (int i = 0; i < count; i++)
		until = parts[i]->until > until ? parts[i]->until : until;
	double seconds = fmin(1, fmax(0.001, (double)until / 1e9 - (double)number));
	const struct profile *profile = lead->engine.profile;
	struct run_second second = {.at = (double)number, .seconds = seconds};
	struct err err = {0};
	second.warmup = second.at < profile->warmup && second.at + seconds <= profile->warmup + 0.5;
	for (size_t r = 0; r < profile->request_count; r++) {
		histogram_clear(&lead->one);
		uint64_t failed = 0;
		for (int i = 0; i < count; i++) {
			histogram_add(&lead->one, &parts[i]->latency[r]);
			failed += parts[i]->failed[r];
		}
		judge_request(&lead->judge, r, second.warmup, &lead->one, failed);
		histogram_add(&lead->all, &lead->one);
		histogram_add(&lead->of_request[r], &lead->one);
	}
	for (int i = 0; i < count; i++) {
		run_second_add(&second, &parts[i]->counts);
		second.open += parts[i]->counts.open;
		second.in_flight += parts[i]->counts.in_flight;
		second.backlog += parts[i]->counts.backlog;
		second.late_max = fmax(second.late_max, (double)parts[i]->late_max / 1e6);
		histogram_add(&lead->service, &parts[i]->service);
		tally_spare(&lead->engine, parts[i]);
	}
	second.seconds = seconds;
	/* The rest of a second in which nothing was left to do says nothing. */
	if (seconds < 0.5 && second.intended == 0 && second.ok + run_failed(&second) == 0) {
		histogram_clear(&lead->service);
		return;
	}
	measure_self(lead, &second);
	judge_second(&lead->judge, &second, &lead->all, &lead->service);
	if (run_files_second(&lead->files, &second, &err) < 0 ||
	    run_files_histogram(&lead->files, NULL, second.at, seconds, &lead->all, &err) < 0)
		lead_fail(lead, &err);
	histogram_clear(&lead->all);
	histogram_clear(&lead->service);
	lead_search(lead, &second);
	if (lead->judge.abort_by >= 0)
		atomic_store(&lead->engine.stopping, 1);
}

/* Histograms by request, every so often: they are for tools, the totals are in the verdict. */
static void write_requests(struct lead *lead, double until)
{
	struct err err = {0};
	for (size_t i = 0; i < lead->engine.profile->request_count; i++) {
		if (lead->of_request[i].total > 0 &&
		    run_files_histogram(&lead->files, lead->engine.profile->requests[i].name,
		                        lead->requests_from, until - lead->requests_from,
		                        &lead->of_request[i], &err) < 0)
			lead_fail(lead, &err);
		histogram_clear(&lead->of_request[i]);
	}
	lead->requests_from = until;
}

static void sort_in(struct lead *lead)
{
	pthread_mutex_lock(&lead->engine.lock);
	struct tally *list = lead->engine.full;
	lead->engine.full = NULL;
	pthread_mutex_unlock(&lead->engine.lock);
	while (list) {
		struct tally *tally = list;
		list = tally->next;
		tally->next = lead->waiting;
		lead->waiting = tally;
	}
}

/* The parts of that second, taken out of those that wait. */
static int take_parts(struct lead *lead, long number, struct tally **parts)
{
	int count = 0;
	for (struct tally **at = &lead->waiting; *at;) {
		struct tally *tally = *at;
		if (tally->second != number || count == PROFILE_THREADS) {
			at = &tally->next;
			continue;
		}
		*at = tally->next;
		parts[count++] = tally;
	}
	return count;
}

static int all_done(const struct engine *engine)
{
	for (int i = 0; i < engine->worker_count; i++)
		if (!atomic_load(&engine->workers[i].done))
			return 0;
	return 1;
}

/* Whether every worker has told about that second, or ended before it. */
static int is_complete(const struct lead *lead, long number)
{
	int told = 0, gone = 0;
	for (const struct tally *tally = lead->waiting; tally; tally = tally->next)
		told += tally->second == number;
	for (int i = 0; i < lead->engine.worker_count; i++) {
		struct worker *worker = &lead->engine.workers[i];
		gone += atomic_load(&worker->done) && atomic_load(&worker->last_second) < number;
	}
	return told > 0 && told + gone >= lead->engine.worker_count;
}

static void close_seconds(struct lead *lead, int ending)
{
	struct tally *parts[PROFILE_THREADS];
	sort_in(lead);
	while (is_complete(lead, lead->second) || (ending && lead->waiting)) {
		int count = take_parts(lead, lead->second, parts);
		if (count > 0)
			close_second(lead, lead->second, parts, count);
		lead->second++;
		if (lead->second % 10 == 0)
			write_requests(lead, (double)lead->second);
	}
}

/* --- the loop --- */

static void wake_workers(struct lead *lead)
{
	for (int i = 0; i < lead->engine.worker_count; i++)
		if (!atomic_load(&lead->engine.workers[i].done))
			ev_async_send(lead->engine.workers[i].loop, &lead->engine.workers[i].woken);
}

static void polled(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lead *lead = timer->data;
	(void)events;
	close_seconds(lead, 0);
	if (atomic_load(&lead->engine.stopping))
		wake_workers(lead);
	if (all_done(&lead->engine))
		ev_break(loop, EVBREAK_ALL);
}

static void told_to_stop(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct lead *lead = watcher->data;
	(void)loop, (void)events;
	lead->told_to_stop = 1;
	atomic_store(&lead->engine.stopping, 1);
	wake_workers(lead);
}

static int run_workers(struct lead *lead, struct err *err)
{
	struct engine *engine = &lead->engine;
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO | EVFLAG_NOENV);
	ev_timer poll;
	ev_signal stops[2];
	int started = 0, result = 0;
	if (!loop)
		return err_set(err, "the engine cannot start its loop");
	ev_timer_init(&poll, polled, poll_seconds, poll_seconds);
	poll.data = lead;
	ev_timer_start(loop, &poll);
	for (int i = 0; i < 2; i++) {
		ev_signal_init(&stops[i], told_to_stop, i ? SIGINT : SIGTERM);
		stops[i].data = lead;
		ev_signal_start(loop, &stops[i]);
	}
	engine->workers = mem_new_array((size_t)engine->worker_count, sizeof(*engine->workers));
	while (result == 0 && started < engine->worker_count) {
		result = worker_start(&engine->workers[started], engine, started, err);
		started += result == 0;
	}
	if (result == 0) {
		ev_run(loop, 0);
	} else {
		for (int i = started; i < engine->worker_count; i++)
			atomic_store(&engine->workers[i].done, 1);
		atomic_store(&engine->stopping, 1);
		wake_workers(lead);
	}
	for (int i = 0; i < started; i++)
		pthread_join(engine->workers[i].thread, NULL);
	close_seconds(lead, 1);
	write_requests(lead, (double)lead->second);
	ev_timer_stop(loop, &poll);
	for (int i = 0; i < 2; i++)
		ev_signal_stop(loop, &stops[i]);
	return result;
}

static void end_run(struct lead *lead, const struct err *err)
{
	struct run *run = &lead->run;
	run->ended_ms = (int64_t)((lead->engine.start_wall + (double)engine_now(&lead->engine) / 1e9) * 1000);
	run->failure_count = lead->engine.failure_count;
	memcpy(run->failures, lead->engine.failures, sizeof(run->failures));
	char why[256];
	if (err->text[0] || lead->trouble[0]) {
		snprintf(why, sizeof(why), "%.250s", err->text[0] ? err->text : lead->trouble);
		judge_end(&lead->judge, RUN_ABORTED, why);
	} else if (lead->judge.abort_by >= 0) {
		const struct run_slo *slo = &run->slos[lead->judge.abort_by];
		snprintf(why, sizeof(why), "aborted after %.0f s: %s was broken", slo->broken_at, slo->text);
		judge_end(&lead->judge, RUN_ABORTED, why);
	} else if (lead->told_to_stop) {
		judge_end(&lead->judge, RUN_STOPPED, "stopped by a person or another program");
	} else {
		judge_end(&lead->judge, RUN_RUNNING, "");
	}
}

static void lead_release(struct lead *lead)
{
	struct engine *engine = &lead->engine;
	for (int i = 0; engine->workers && i < engine->worker_count; i++)
		worker_free(&engine->workers[i]);
	while (lead->waiting) {
		struct tally *tally = lead->waiting;
		lead->waiting = tally->next;
		tally_spare(engine, tally);
	}
	tally_free_all(engine);
	payloads_free(engine);
	tls_release(engine);
	free(engine->workers);
	pthread_mutex_destroy(&engine->lock);
	judge_release(&lead->judge);
	histogram_release(&lead->one);
	histogram_release(&lead->all);
	histogram_release(&lead->service);
	for (size_t i = 0; i < engine->profile->request_count; i++)
		histogram_release(&lead->of_request[i]);
	run_files_close(&lead->files);
	run_release(&lead->run);
	free(lead);
}

static struct lead *lead_new(const struct engine_options *options)
{
	const struct profile *profile = options->profile;
	struct lead *lead = mem_new(sizeof(*lead));
	struct engine *engine = &lead->engine;
	struct histogram *plain[] = {&lead->one, &lead->all, &lead->service};
	for (int i = 0; i < 3; i++)
		histogram_init(plain[i], engine_latency_max, HISTOGRAM_DIGITS);
	for (size_t i = 0; i < profile->request_count; i++)
		histogram_init(&lead->of_request[i], engine_latency_max, HISTOGRAM_DIGITS);
	engine->profile = profile;
	engine->folder = options->folder;
	engine->worker_count = profile->threads;
	engine->request_timeout = (int64_t)(profile->request_timeout * 1e9);
	engine->connect_timeout = (int64_t)(profile->connect_timeout * 1e9);
	engine->users_until = (int64_t)((profile->warmup + profile->users_seconds) * 1e9);
	engine->start_wall = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	engine->start_mono = clock_ns(CLOCK_MONOTONIC);
	pthread_mutex_init(&engine->lock, NULL);
	run_init(&lead->run);
	judge_init(&lead->judge, profile, &lead->run);
	payloads_make(engine);
	return lead;
}

int engine_run(const struct engine_options *options, struct err *err)
{
	struct err trouble = {0};
	signal(SIGPIPE, SIG_IGN);
	struct lead *lead = lead_new(options);
	int result = -1;
	if (run_files_open(&lead->files, options->folder, lead->engine.start_wall, err) < 0)
		goto out;
	run_describe(&lead->run, lead->engine.profile, options->folder,
	             (int64_t)(lead->engine.start_wall * 1000));
	lead->run.threads = lead->engine.worker_count;
	if (run_files_manifest(&lead->files, &lead->run, err) < 0)
		goto out;
	plan_init(&lead->engine.plan, options->profile);
	if (raise_files(options->profile, &trouble) == 0 && resolve(&lead->engine, &trouble) == 0 &&
	    tls_init(&lead->engine, &trouble) == 0) {
		/* Looking up the name took its time: the plan begins now. */
		lead->engine.start_mono = clock_ns(CLOCK_MONOTONIC);
		lead_search_begin(lead);
		(void)!run_workers(lead, &trouble);
	}
	end_run(lead, &trouble);
	if (run_files_verdict(&lead->files, &lead->run, err) < 0)
		fprintf(stderr, "flagdeck: %s\nflagdeck: the verdict was: %s: %s\n", err ? err->text : "",
		        run_state_name(lead->run.state), lead->run.words);
	else
		result = (int)lead->run.state;
out:
	lead_release(lead);
	return result;
}

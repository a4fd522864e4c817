/* SPDX-License-Identifier: MIT */
/*
 * `load run`: checks limits, starts the engine's process and follows its folder: on a terminal with a
 * line that renews itself, elsewhere with a line every few seconds. Ctrl-C stops the run; the second
 * one leaves it alone.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/cli_load.h"
#include "app/load_limits.h"
#include "app/load_summary.h"
#include "base/mem.h"
#include "load/engine.h"
#include "model/run_folder.h"
#include "ui/spark.h"

enum { PROFILE_MAX = 4 << 20, TREND = 30 };

struct watch_run {
	struct run run;
	struct run_follow follow;
	int is_terminal, told;
	size_t shown;
};

static void print_line(struct watch_run *watch, const struct run_second *second)
{
	double values[TREND];
	char room[256];
	struct text trend = text_in(room, sizeof(room));
	size_t count = watch->run.second_count < TREND ? watch->run.second_count : TREND;
	for (size_t i = 0; i < count; i++)
		values[i] = watch->run.seconds[watch->run.second_count - count + i].p99;
	spark_text(values, count, TREND, GRAPH_BLOCK, &trend);
	uint64_t failed = run_failed(second);
	double done = second->seconds > 0 ? (double)(second->ok + failed) / second->seconds : 0;
	char latency[64] = "no answer";
	if (isfinite(second->p50))
		snprintf(latency, sizeof(latency), "p50 %8.2f  p99 %8.2f ms", second->p50, second->p99);
	printf("%s%4.0fs%s  %7.0f/s of %7.0f  %-28s  errors %5.2f %%  open %d  cpu %3.0f %%%s%s%s%s",
	       watch->is_terminal ? "\r\033[K" : "", second->at + second->seconds,
	       second->warmup ? " warm-up" : "", done,
	       (double)second->intended / (second->seconds > 0 ? second->seconds : 1), latency,
	       second->ok + failed ? 100 * (double)failed / (double)(second->ok + failed) : 0, second->open,
	       100 * second->cpu, second->backlog ? "  waiting" : "", second->late ? "  LATE" : "",
	       watch->is_terminal ? "  " : "\n", watch->is_terminal ? room : "");
	fflush(stdout);
}

static int follow_run(struct watch_run *watch, int quiet)
{
	int signals = run_signals_open(), asked = 0;
	while (!watch->follow.ended) {
		struct pollfd wait = {.fd = signals, .events = POLLIN};
		struct signalfd_siginfo info;
		run_folder_follow(&watch->run, &watch->follow);
		size_t count = watch->run.second_count;
		if (!quiet && count > watch->shown &&
		    (watch->is_terminal || count / 5 > watch->shown / 5 || count == 1))
			print_line(watch, &watch->run.seconds[count - 1]);
		watch->shown = count;
		if (watch->follow.ended || poll(&wait, 1, 100) <= 0 ||
		    read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (asked++ > 0) {
			fprintf(stderr, "\nleft alone; it is stopped with: flagdeck load stop %s\n",
			        watch->run.id);
			break;
		}
		fprintf(stderr, "\nstopping\n");
		engine_stop(watch->run.folder);
	}
	if (watch->is_terminal && !quiet)
		printf("\n");
	close(signals);
	return watch->follow.ended ? 0 : -1;
}

static int start_and_follow(struct cli *cli, const struct profile *profile, const struct buf *text,
                            struct err *err)
{
	struct watch_run *watch = mem_new(sizeof(*watch));
	char *results = load_results(cli), *folder = run_folder_make(results, profile->name, err);
	int code = EXIT_FAILED;
	watch->is_terminal = isatty(1) && !cli->load.ci;
	run_init(&watch->run);
	if (!folder || engine_start(folder, profile->path, buf_string(text), text->len, err) < 0 ||
	    run_folder_read_brief(&watch->run, folder, err) < 0)
		goto out;
	printf("run %s\n%s, %s, %.0f s\n", watch->run.id, profile->name, profile->target,
	       profile_seconds(profile));
	fflush(stdout);
	if (cli->load.detach) {
		printf("it runs by itself; watch it with: flagdeck load show --follow %s\n", watch->run.id);
		code = EXIT_DONE;
		goto out;
	}
	code =
	    follow_run(watch, cli->output != OUTPUT_TABLE) == 0 ? load_exit_code(&watch->run) : EXIT_FAILED;
	if (watch->follow.ended) {
		load_print_run(&watch->run, stdout);
		if (load_summaries(cli, &watch->run, err) < 0 ||
		    (profile->results && load_publish(cli, folder, profile->results, err) < 0))
			code = EXIT_FAILED;
	}
out:
	run_release(&watch->run);
	free(watch);
	free(folder);
	free(results);
	return code;
}

int run_load_run(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	struct buf text;
	int code = EXIT_USAGE;
	if (argc != 1) {
		err_set(&err, "load run takes one profile: flagdeck load run checkout.yaml");
		return cli_fail(EXIT_USAGE, &err);
	}
	struct profile *profile = mem_new(sizeof(*profile));
	buf_init(&text, PROFILE_MAX);
	if (load_read_profile(profile, argv[0], &text) < 0) {
		profile_release(profile);
		goto out;
	}
	if (cli->read_only)
		code = EXIT_REFUSED, err_set(&err, "--read-only: a load test changes what its target does");
	else if (profile->engine != ENGINE_NATIVE && profile->search.high > 0)
		code = EXIT_USAGE, err_set(&err, "%s: only the native engine can search", argv[0]);
	else if (!profile->target)
		code = EXIT_USAGE,
		err_set(&err, "%s: a plan needs a target too, so that it is known whether it may be loaded",
		        argv[0]);
	else if (load_limits_check(&cli->config, profile, &err) < 0)
		code = EXIT_REFUSED;
	else if (profile->pods.namespace)
		code = load_run_pods(cli, profile, &err);
	else
		code = start_and_follow(cli, profile, &text, &err);
	profile_release(profile);
out:
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	buf_release(&text);
	free(profile);
	return code;
}

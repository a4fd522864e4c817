/* SPDX-License-Identifier: MIT */
/*
 * Samples of another program, put into seconds. A sample belongs to the second in which its answer
 * ended; a second is closed a little later, because rows come late. Their latencies count from the
 * moment of sending: these tools know no other, and the verdict says so.
 */
#include "load/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine_files.h"
#include "load/judge.h"

enum { PENDING = 8, ROOM = 64 << 10, POLL_MS = 100, GRACE_MS = 1800 };
static const int64_t longest_us = INT64_C(3600) * 1000000;
static const double settle = 0.8; /* seconds until a second is closed */

struct part {
	struct run_second counts;
	struct histogram latency[PROFILE_REQUESTS], all;
	uint64_t failed[PROFILE_REQUESTS];
	int active;
};

struct tool {
	struct profile profile; /* a copy whose requests grow with the labels that come */
	char labels[PROFILE_REQUESTS][SAMPLE_LABEL];
	struct run run;
	struct run_files files;
	struct judge judge;
	struct sample_reader reader;
	struct part parts[PENDING];
	long second; /* the next one to close */
	int64_t start_ms;
	unsigned failures_of;
	int to_stdout, stopping;
	char trouble[ERR_MAX];
};

static int64_t wall_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static size_t label_of(struct tool *tool, const char *label)
{
	struct profile *profile = &tool->profile;
	for (size_t i = 0; i < profile->request_count; i++)
		if (strcmp(profile->requests[i].name, label) == 0)
			return i;
	if (profile->request_count == PROFILE_REQUESTS)
		return PROFILE_REQUESTS - 1;
	size_t at = profile->request_count++;
	snprintf(tool->labels[at], SAMPLE_LABEL, "%s", *label ? label : "request");
	profile->requests[at] = (struct profile_request){.name = tool->labels[at]};
	histogram_init(&tool->judge.requests[at], longest_us, HISTOGRAM_DIGITS);
	for (int i = 0; i < PENDING; i++)
		histogram_init(&tool->parts[i].latency[at], longest_us, HISTOGRAM_DIGITS);
	return at;
}

static void note_failure(struct tool *tool, const struct sample *sample, enum run_error kind)
{
	if (tool->failures_of & 1u << kind || tool->run.failure_count == 8)
		return;
	tool->failures_of |= 1u << kind;
	snprintf(tool->run.failures[tool->run.failure_count++], sizeof(tool->run.failures[0]),
	         "%.90s: %s%d %.90s", sample->label, sample->status ? "status " : "no answer ",
	         sample->status, sample->error);
}

static void take_sample(void *arg, const struct sample *sample)
{
	struct tool *tool = arg;
	long second = (long)((sample->end_ms - tool->start_ms) / 1000);
	/* Too late for its second, or a clock that is ahead: into one that is open. */
	second = second < tool->second              ? tool->second
	         : second >= tool->second + PENDING ? tool->second + PENDING - 1
	                                            : second;
	struct part *part = &tool->parts[second % PENDING];
	if (sample->dropped) {
		part->counts.intended += sample->dropped;
		part->counts.errors[RUN_ERROR_UNSENT] += sample->dropped;
		return;
	}
	size_t label = label_of(tool, sample->label);
	part->counts.intended++;
	part->counts.sent++;
	part->counts.bytes += sample->bytes;
	part->counts.codes[sample->status / 100 < RUN_CODES ? sample->status / 100 : 0]++;
	part->active = sample->active > part->active ? sample->active : part->active;
	histogram_record(&part->latency[label], sample->elapsed_us);
	if (sample->ok) {
		part->counts.ok++;
		return;
	}
	enum run_error kind = sample->status == 0     ? RUN_ERROR_UNREACHABLE
	                      : sample->status >= 400 ? RUN_ERROR_STATUS
	                                              : RUN_ERROR_EXPECT;
	part->counts.errors[kind]++;
	part->failed[label]++;
	note_failure(tool, sample, kind);
}

static void tell_second(const struct run_second *second, const struct histogram *latency)
{
	struct buf line;
	buf_init(&line, 1 << 20);
	if (run_second_write(second, &line) == 0 && line.len > 0) {
		while (line.len > 0 && line.data[line.len - 1] == '\n')
			line.len--;
		printf("{\"flagdeck\":1,\"second\":%.*s,\"histogram\":\"", (int)line.len, line.data);
		buf_clear(&line);
		if (histogram_encode(latency, &line) == 0)
			fwrite(line.data, 1, line.len, stdout);
		printf("\"}\n");
		fflush(stdout);
	}
	buf_release(&line);
}

static void close_second(struct tool *tool, double seconds)
{
	struct part *part = &tool->parts[tool->second % PENDING];
	struct run_second *second = &part->counts;
	struct err err = {0};
	second->at = (double)tool->second;
	second->seconds = seconds;
	second->open = part->active;
	second->warmup = second->at < tool->profile.warmup;
	for (size_t i = 0; i < tool->profile.request_count; i++) {
		histogram_add(&part->all, &part->latency[i]);
		judge_request(&tool->judge, i, second->warmup, &part->latency[i], part->failed[i]);
		histogram_clear(&part->latency[i]);
		part->failed[i] = 0;
	}
	judge_second(&tool->judge, second, &part->all, &part->all);
	if (run_files_second(&tool->files, second, &err) < 0 ||
	    run_files_histogram(&tool->files, NULL, second->at, seconds, &part->all, &err) < 0) {
		if (!tool->trouble[0])
			snprintf(tool->trouble, sizeof(tool->trouble), "%s", err.text);
		tool->stopping = 1;
	}
	if (tool->to_stdout)
		tell_second(second, &part->all);
	if (tool->judge.abort_by >= 0)
		tool->stopping = 1;
	histogram_clear(&part->all);
	*second = (struct run_second){0};
	part->active = 0;
	tool->second++;
}

static void close_seconds(struct tool *tool, int ending)
{
	double now = (double)(wall_ms() - tool->start_ms) / 1000;
	while (now >= (double)tool->second + 1 + settle)
		close_second(tool, 1);
	while (ending && (double)tool->second < now)
		close_second(tool, fmin(1, now - (double)tool->second));
}

/* --- the program --- */

static char *write_plan(struct tool *tool, const char *folder, struct err *err)
{
	const struct profile *profile = &tool->profile;
	int is_k6 = profile->engine == ENGINE_K6;
	if (profile->plan)
		return profile_beside(profile, profile->plan);
	/* Hidden, for its owner alone, and gone at the end: it holds headers and bodies. */
	char *path = mem_printf("%s/.plan.%s", folder, is_k6 ? "js" : "jmx");
	struct buf text;
	buf_init(&text, 8 << 20);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int result = is_k6 ? k6_script_write(profile, &text) : jmx_write(profile, &text);
	if (result < 0 || file < 0 || write(file, buf_string(&text), text.len) != (ssize_t)text.len) {
		err_set(err, "%s cannot be written: %s", path,
		        result < 0 ? "it is too long" : strerror(errno));
		free(path);
		path = NULL;
	}
	if (file >= 0)
		close(file);
	buf_release(&text);
	return path;
}

static int spawn_tool(struct tool *tool, const char *plan, const char *rows, pid_t *pid, struct err *err)
{
	char *out = mem_printf("csv=%s", rows);
	const char *k6[] = {"k6", "run", "--quiet", "--no-usage-report", "--out", out, plan, NULL};
	const char *jmeter[] = {"jmeter",
	                        "-n",
	                        "-t",
	                        plan,
	                        "-l",
	                        rows,
	                        "-j",
	                        "/dev/null",
	                        "-Jjmeter.save.saveservice.output_format=csv",
	                        "-Jjmeter.save.saveservice.autoflush=true",
	                        "-Jjmeter.save.saveservice.print_field_names=true",
	                        "-Duser.language=en",
	                        NULL};
	const char *const *argv = tool->profile.engine == ENGINE_K6 ? k6 : jmeter;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	setenv("K6_CSV_TIME_FORMAT", "unix_micro", 1);
	setenv("K6_CSV_SAVE_INTERVAL", "200ms", 1);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, 2, 1); /* what it has to say: the engine's log */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	int code = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(out);
	return code ? err_set(err, "%s cannot be started: %s; it must be in PATH", argv[0], strerror(code))
	            : 0;
}

/* What was written since the last look. */
static void read_rows(struct tool *tool, int *file, const char *path)
{
	char room[ROOM];
	ssize_t got;
	if (*file < 0)
		*file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (*file >= 0 && (got = read(*file, room, sizeof(room))) > 0)
		sample_reader_feed(&tool->reader, room, (size_t)got);
}

static void end_child(pid_t pid, int *status)
{
	kill(-pid, SIGINT);
	for (int i = 0; i < GRACE_MS / 50; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return;
		poll(NULL, 0, 50);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, status, 0);
}

/* Until the program has ended, or somebody or an SLO ends it. Returns its exit status, -1 when it was ended.
 */
static int follow_tool(struct tool *tool, pid_t pid, const char *rows, int *told)
{
	int signals = run_signals_open(), file = -1, status = 0, gone = 0;
	while (!gone && !tool->stopping) {
		struct pollfd wait = {.fd = signals, .events = POLLIN};
		if (poll(&wait, 1, POLL_MS) > 0)
			*told = tool->stopping = 1;
		gone = waitpid(pid, &status, WNOHANG) == pid;
		read_rows(tool, &file, rows);
		close_seconds(tool, 0);
	}
	if (!gone)
		end_child(pid, &status);
	read_rows(tool, &file, rows);
	close_seconds(tool, 1);
	if (file >= 0)
		close(file);
	close(signals);
	return gone ? status : -1;
}

static struct tool *tool_new(const struct profile *profile, enum sample_format format, const char *folder)
{
	struct tool *tool = mem_new(sizeof(*tool));
	tool->profile = *profile;
	tool->start_ms = wall_ms();
	run_init(&tool->run);
	judge_init(&tool->judge, &tool->profile, &tool->run);
	for (int i = 0; i < PENDING; i++) {
		histogram_init(&tool->parts[i].all, longest_us, HISTOGRAM_DIGITS);
		for (size_t k = 0; k < profile->request_count; k++)
			histogram_init(&tool->parts[i].latency[k], longest_us, HISTOGRAM_DIGITS);
	}
	sample_reader_init(&tool->reader, format, take_sample, tool);
	run_describe(&tool->run, &tool->profile, folder, tool->start_ms);
	if (!profile->target && profile->plan)
		snprintf(tool->run.target, sizeof(tool->run.target), "%s", profile->plan);
	return tool;
}

static void tool_free(struct tool *tool)
{
	for (int i = 0; i < PENDING; i++) {
		histogram_release(&tool->parts[i].all);
		for (size_t k = 0; k < PROFILE_REQUESTS; k++)
			histogram_release(&tool->parts[i].latency[k]);
	}
	judge_release(&tool->judge);
	sample_reader_release(&tool->reader);
	run_files_close(&tool->files);
	run_release(&tool->run);
	free(tool);
}

static int end_run(struct tool *tool, enum run_state state, const char *why, struct err *err)
{
	struct run *run = &tool->run;
	run->ended_ms = wall_ms();
	if (tool->judge.abort_by >= 0) {
		char text[200];
		snprintf(text, sizeof(text), "aborted after %.0f s: %s was broken",
		         run->slos[tool->judge.abort_by].broken_at, run->slos[tool->judge.abort_by].text);
		judge_end(&tool->judge, RUN_ABORTED, text);
	} else if (tool->trouble[0]) {
		judge_end(&tool->judge, RUN_ABORTED, tool->trouble);
	} else {
		judge_end(&tool->judge, state, why);
	}
	if (!run->generator[0])
		snprintf(run->generator, sizeof(run->generator),
		         "%s tells latencies from the moment of sending: what waited before is not in them",
		         run->engine);
	return run_files_verdict(&tool->files, run, err) < 0 ? -1 : (int)run->state;
}

int tool_run(const struct engine_options *options, struct err *err)
{
	const struct profile *profile = options->profile;
	struct tool *tool =
	    tool_new(profile, profile->engine == ENGINE_K6 ? SAMPLE_K6 : SAMPLE_JTL, options->folder);
	char *rows = mem_printf("%s/.rows", options->folder), *plan = NULL, why[200];
	struct err trouble = {0};
	int result = -1, told = 0, status = 0;
	pid_t pid;
	if (run_files_open(&tool->files, options->folder, (double)tool->start_ms / 1000, err) < 0 ||
	    run_files_manifest(&tool->files, &tool->run, err) < 0)
		goto out;
	if (!(plan = write_plan(tool, options->folder, &trouble)) ||
	    spawn_tool(tool, plan, rows, &pid, &trouble) < 0) {
		result = end_run(tool, RUN_ABORTED, trouble.text, err);
		goto out;
	}
	status = follow_tool(tool, pid, rows, &told);
	snprintf(why, sizeof(why), "%s ended with status %d; what it said is in engine.log",
	         engine_name(profile->engine),
	         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (told)
		result = end_run(tool, RUN_STOPPED, "stopped by a person or another program", err);
	else
		result = end_run(tool, status > 0 ? RUN_ABORTED : RUN_RUNNING, status > 0 ? why : "", err);
out:
	unlink(rows);
	if (plan && !profile->plan)
		unlink(plan);
	free(plan);
	free(rows);
	tool_free(tool);
	return result;
}

int agent_run(const char *jtl, const char *folder, const struct profile *profile, struct err *err)
{
	struct tool *tool = tool_new(profile, SAMPLE_JTL, folder);
	char *done = mem_printf("%s.done", jtl);
	int result = -1, file = -1, told = 0, signals = run_signals_open();
	tool->to_stdout = 1;
	if (run_files_open(&tool->files, folder, (double)tool->start_ms / 1000, err) == 0 &&
	    run_files_manifest(&tool->files, &tool->run, err) == 0) {
		while (access(done, F_OK) < 0 && !told) {
			struct pollfd wait = {.fd = signals, .events = POLLIN};
			told = poll(&wait, 1, POLL_MS) > 0;
			read_rows(tool, &file, jtl);
			close_seconds(tool, 0);
		}
		read_rows(tool, &file, jtl);
		close_seconds(tool, 1);
		result = end_run(tool, told ? RUN_STOPPED : RUN_RUNNING,
		                 told ? "the pod was told to end" : "", err);
	}
	if (file >= 0)
		close(file);
	close(signals);
	free(done);
	tool_free(tool);
	return result;
}

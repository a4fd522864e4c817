/* SPDX-License-Identifier: MIT */
/* Children: their output, their end, and those that do not want to end. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/proc.h"

#define GUARD 20.0

struct run {
	struct loop *loop;
	struct timer *guard;
	int done;
	struct proc_result result;
	char out[4096], errors[4096];
};

static void guard_fired(void *arg)
{
	(void)arg;
	fail_msg("the test hangs");
}

static void run_done(void *arg, const struct proc_result *result)
{
	struct run *run = arg;

	run->done++;
	run->result = *result;
	snprintf(run->out, sizeof(run->out), "%s", result->out);
	snprintf(run->errors, sizeof(run->errors), "%s", result->errors);
}

static void run_open(struct run *run)
{
	struct err err;

	memset(run, 0, sizeof(*run));
	run->loop = loop_new(&err);
	assert_non_null(run->loop);
	run->guard = timer_new(run->loop, guard_fired, run);
	timer_start(run->guard, GUARD);
}

static void run_close(struct run *run)
{
	timer_free(run->guard);
	loop_free(run->loop);
}

static struct proc *run_start(struct run *run, const char *script, struct proc_options options)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct err err = {.text = ""};
	struct proc *proc;

	options.argv = argv;
	if (!options.max_output)
		options.max_output = 64 * 1024;
	proc = proc_start(run->loop, &options, run_done, run, &err);
	if (!proc)
		fail_msg("%s", err.text);
	assert_int_equal(run->done, 0);
	return proc;
}

static void run_script(struct run *run, const char *script, struct proc_options options)
{
	run_open(run);
	run_start(run, script, options);
	while (!run->done)
		loop_poll(run->loop, 1);
	run_close(run);
	assert_int_equal(run->done, 1);
}

static void test_ends(void **state)
{
	static const char *const env[] = {"FLAGDECK_TEST=from us", "HOME=/nowhere", NULL};
	static const struct {
		const char *script;
		struct proc_options options;
		int exit_code, signal;
		const char *out, *errors;
	} rows[] = {
	    {"echo hello; echo oops >&2; exit 3", {0}, 3, 0, "hello\n", "oops\n"},
	    {"true", {0}, 0, 0, "", ""},
	    {"cat; echo end", {.input = "to you", .input_len = 6}, 0, 0, "to youend\n", ""},
	    {"cat; echo end", {.input = "", .input_len = 0}, 0, 0, "end\n", ""},
	    {"cat; echo end", {0}, 0, 0, "end\n", ""}, /* /dev/null */
	    {"exec <&-; echo done", {.input = "nobody reads this", .input_len = 17}, 0, 0, "done\n", ""},
	    {"echo $FLAGDECK_TEST $HOME", {.extra_env = env}, 0, 0, "from us /nowhere\n", ""},
	    {"kill -TERM $$", {0}, -1, SIGTERM, "", ""},
	    {"test -t 0 -o -t 1 -o -t 2 || echo no terminal", {0}, 0, 0, "no terminal\n", ""},
	    {"exec 1>&- 2>&-; exit 4", {0}, 4, 0, "", ""},
	};
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_script(&run, rows[i].script, rows[i].options);
		assert_int_equal(run.result.exit_code, rows[i].exit_code);
		assert_int_equal(run.result.signal, rows[i].signal);
		assert_string_equal(run.out, rows[i].out);
		assert_string_equal(run.errors, rows[i].errors);
		assert_false(run.result.timed_out);
		assert_false(run.result.too_much);
	}
}

/* Our descriptors and our ignored SIGPIPE are none of the child's business. */
static void test_inherits_nothing(void **state)
{
	struct run run;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0); /* not close-on-exec */
	run_script(&run,
	           "for fd in /proc/self/fd/*; do n=${fd##*/}; [ -e $fd ] && [ $n -gt 2 ] && echo $n; done; "
	           "grep SigIgn /proc/self/status | cut -f2",
	           (struct proc_options){0});
	assert_int_equal(strlen(run.out), 17); /* the signals, and no number of a descriptor */
	assert_int_equal(strtoull(run.out, NULL, 16) >> (SIGPIPE - 1) & 1, 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_large_both_ways(void **state)
{
	struct run run;
	size_t len = 1 << 20;
	char *input = mem_new(len);

	(void)state;
	memset(input, 'x', len);
	run_script(&run, "cat", (struct proc_options){.input = input, .input_len = len, .max_output = len});
	assert_int_equal(run.result.out_len, len);
	assert_int_equal(run.result.exit_code, 0);
	assert_false(run.result.too_much);
	free(input);
}

static void test_too_much(void **state)
{
	struct run run;

	(void)state;
	run_script(&run, "yes; echo not reached", (struct proc_options){.max_output = 1000});
	assert_true(run.result.too_much);
	assert_int_equal(run.result.out_len, 1000);
	assert_int_equal(run.result.signal, SIGKILL);
	run_script(&run, "yes >&2", (struct proc_options){.max_output = 1000});
	assert_true(run.result.too_much);
	assert_int_equal(run.result.errors_len, 1000);
}

static void test_timeout(void **state)
{
	struct run run;

	(void)state;
	run_script(&run, "trap '' TERM INT; echo started; while :; do sleep 1000; done",
	           (struct proc_options){.timeout = 0.2});
	assert_true(run.result.timed_out);
	assert_int_equal(run.result.signal, SIGKILL);
	assert_int_equal(run.result.exit_code, -1);
}

/* The child is gone, but what it left behind holds the pipe: not our problem. */
static void test_grandchild_holds_the_pipe(void **state)
{
	struct run run;

	(void)state;
	run_script(&run, "sleep 1000 & echo $!", (struct proc_options){0});
	assert_int_equal(run.result.exit_code, 0);
	assert_false(run.result.timed_out);
	assert_true(atoi(run.out) > 0);
	assert_int_equal(kill(atoi(run.out), SIGKILL), 0); /* it was left alone */
}

/* At the deadline the whole group goes. */
static void test_timeout_kills_grandchildren(void **state)
{
	struct run run;
	pid_t grandchild;

	(void)state;
	run_script(&run, "sleep 1000 & echo $!; wait", (struct proc_options){.timeout = 0.2});
	assert_true(run.result.timed_out);
	grandchild = atoi(run.out);
	assert_true(grandchild > 0);
	while (kill(grandchild, 0) == 0) { /* a zombie until init looks; it must not be running */
		char path[64], text[256] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", grandchild);
		file = fopen(path, "r");
		if (!file)
			break;
		if (fgets(text, sizeof(text), file) && strstr(text, ") Z ")) {
			fclose(file);
			break;
		}
		fclose(file);
	}
}

static void test_cannot_start(void **state)
{
	static const struct {
		const char *name, *message;
	} rows[] = {
	    {"flagdeck-no-such-program",
	     "cannot start flagdeck-no-such-program: there is no such program in PATH"},
	    {"/nowhere/at/all", "cannot start /nowhere/at/all: there is no such program"},
	    {"/tmp", "cannot start /tmp: the file may not be executed"},
	};
	struct run run;

	(void)state;
	run_open(&run);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const argv[] = {rows[i].name, NULL};
		struct proc_options options = {.argv = argv, .max_output = 10};
		struct err err = {.text = ""};

		assert_null(proc_start(run.loop, &options, run_done, &run, &err));
		if (!strstr(err.text, rows[i].message))
			fail_msg("%s", err.text);
	}
	run_close(&run);
}

static void test_cancel(void **state)
{
	struct run run;
	struct proc *proc;

	(void)state;
	run_open(&run);
	proc = run_start(&run, "trap '' TERM; sleep 1000", (struct proc_options){0});
	proc_cancel(proc);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* reaped */
	assert_int_equal(errno, ECHILD);
	loop_poll(run.loop, 0);
	assert_int_equal(run.done, 0);
	run_close(&run);
}

static void test_interactive(void **state)
{
	struct run run;
	char expected[32];

	(void)state;
	snprintf(expected, sizeof(expected), "%d\n", getpgrp());
	run_script(&run, "ps -o pgid= -p $$ | tr -d ' '", (struct proc_options){.use_terminal = 1});
	assert_string_equal(run.out, expected);
	assert_string_equal(run.errors, "");
}

struct talk {
	struct run run;
	struct proc *proc;
	char heard[256];
	size_t len;
	int pieces, cancel;
};

static void talk_heard(void *arg, const char *bytes, size_t len)
{
	struct talk *talk = arg;

	assert_true(talk->len + len < sizeof(talk->heard));
	memcpy(talk->heard + talk->len, bytes, len);
	talk->len += len;
	talk->pieces++;
	if (talk->cancel) {
		proc_cancel(talk->proc);
		talk->proc = NULL;
	} else if (talk->pieces == 1) {
		proc_write(talk->proc, "two\n", 4);
		proc_end_input(talk->proc);
	}
}

static void talk_done(void *arg, const struct proc_result *result)
{
	run_done(&((struct talk *)arg)->run, result);
}

static void talk_start(struct talk *talk)
{
	const char *const argv[] = {"sh", "-c", "while read -r l; do echo \"<$l>\"; done; echo end", NULL};
	struct proc_options options = {.argv = argv, .max_output = 1024, .converse = 1, .on_out = talk_heard};
	struct err err = {.text = ""};

	run_open(&talk->run);
	talk->proc = proc_start(talk->run.loop, &options, talk_done, talk, &err);
	assert_non_null(talk->proc);
	proc_write(talk->proc, "one\n", 4);
}

static void test_converse(void **state)
{
	struct talk talk = {.cancel = 0};

	(void)state;
	talk_start(&talk);
	while (!talk.run.done)
		loop_poll(talk.run.loop, 1);
	assert_string_equal(talk.heard, "<one>\n<two>\nend\n");
	assert_int_equal(talk.run.result.exit_code, 0);
	assert_int_equal(talk.run.result.out_len, 0);
	run_close(&talk.run);
}

static void test_cancel_while_it_talks(void **state)
{
	struct talk talk = {.cancel = 1};

	(void)state;
	talk_start(&talk);
	while (talk.proc)
		loop_poll(talk.run.loop, 1);
	assert_string_equal(talk.heard, "<one>\n");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(talk.run.done, 0);
	run_close(&talk.run);
}

static void test_environment(void **state)
{
	const char *const env[] = {"PROC_TAKEN", "PROC_SET=new", NULL};
	struct run run;

	(void)state;
	setenv("PROC_TAKEN", "1", 1);
	setenv("PROC_TAKEN_NOT", "2", 1);
	setenv("PROC_SET", "old", 1);
	run_script(&run, "echo ${PROC_TAKEN-none} $PROC_TAKEN_NOT $PROC_SET", (struct proc_options){.extra_env = env});
	assert_string_equal(run.out, "none 2 new\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_inherits_nothing),
	    cmocka_unit_test(test_large_both_ways),
	    cmocka_unit_test(test_too_much),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_grandchild_holds_the_pipe),
	    cmocka_unit_test(test_timeout_kills_grandchildren),
	    cmocka_unit_test(test_cannot_start),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_interactive),
	    cmocka_unit_test(test_converse),
	    cmocka_unit_test(test_cancel_while_it_talks),
	    cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

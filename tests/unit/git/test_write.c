/* SPDX-License-Identifier: MIT */
/*
 * Commits by the real git on repositories of this disk: alone, in a race of twenty, refused by a hook,
 * through a connection that is lost, and killed at every single call. Skipped without git.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "git/write.h"

struct yard {
	char folder[64], journal[80], clone[80], url[80], program[80];
	struct loop *loop;
	struct git *git;
};

struct job {
	struct yard *yard;
	const char *key;
	struct git_written written;
	int done, changes, refuse;
};

static int shell(struct yard *yard, const char *text, char *out, size_t size)
{
	char *command = mem_printf("cd %s && export GIT_CONFIG_GLOBAL=%s/config && { %s\n} 2>&1", yard->folder, yard->folder, text);
	FILE *pipe = popen(command, "r");
	size_t got = fread(out, 1, size - 1, pipe);
	out[got] = '\0';
	while (got && out[got - 1] == '\n')
		out[--got] = '\0';
	free(command);
	return pclose(pipe);
}

static void run(struct yard *yard, const char *text)
{
	char out[4000];
	if (shell(yard, text, out, sizeof(out)) != 0)
		fail_msg("%s: %s", text, out);
}

static void says(struct yard *yard, const char *text, const char *expected)
{
	char out[4000];
	shell(yard, text, out, sizeof(out));
	assert_string_equal(out, expected);
}

static void open_git(struct yard *yard, const char *program)
{
	struct err err = {0};
	yard->loop = loop_new(&err);
	yard->git = git_new(&(struct git_options){.loop = yard->loop, .folder = yard->clone, .url = yard->url, .insecure = 1, .program = program});
}

static void close_git(struct yard *yard)
{
	git_free(yard->git);
	loop_free(yard->loop);
}

static void name_places(struct yard *yard)
{
	snprintf(yard->journal, sizeof(yard->journal), "%s/journal", yard->folder);
	snprintf(yard->clone, sizeof(yard->clone), "%s/clone.git", yard->folder);
	snprintf(yard->url, sizeof(yard->url), "%s/origin.git", yard->folder);
	snprintf(yard->program, sizeof(yard->program), "%s/git", yard->folder);
}

static int begin(void **state)
{
	struct yard *yard = mem_new(sizeof(*yard));
	strcpy(yard->folder, "/tmp/flagdeck-write-XXXXXX");
	if (!mkdtemp(yard->folder))
		return -1;
	name_places(yard);
	run(yard, "printf '[user]\\nname=Ada\\nemail=a@x\\n[init]\\ndefaultBranch=main\\n' >config; "
	          "git init -q --bare origin.git && git init -q work && cd work && mkdir -p d && echo start >d/log && echo x >keep && "
	          "chmod +x keep && ln -s keep link && git add -A && git commit -qm one && git push -q ../origin.git HEAD:main && "
	          "cd .. && git init -q --bare --template= clone.git");
	char *config = mem_printf("%s/config", yard->folder);
	setenv("GIT_CONFIG_GLOBAL", config, 1);
	free(config);
	open_git(yard, NULL);
	*state = yard;
	return 0;
}

static int end(void **state)
{
	struct yard *yard = *state;
	char out[100], command[100];
	close_git(yard);
	snprintf(command, sizeof(command), "rm -rf %s", yard->folder);
	shell(yard, command, out, sizeof(out));
	free(yard);
	return 0;
}

/* Each writer adds its own line to one file: whoever loses a race must do so anew. */
static int add_line(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
                    char **message, struct err *err)
{
	struct job *job = arg;
	(void)base;
	assert_int_equal(count, 1);
	job->changes++;
	if (job->refuse)
		return err_set(err, "no longer so");
	char *line = mem_printf("%.*s%s\n", (int)before[0].len, before[0].bytes ? before[0].bytes : "", job->key);
	after[0] = (struct git_after){.touched = 1, .bytes = line, .len = strlen(line)};
	*message = mem_printf("Add %s\n\nFlag-Change-Id: %s\n", job->key, job->key);
	return 0;
}

static void job_done(void *arg, const struct git_written *written)
{
	struct job *job = arg;
	job->written = *written;
	job->done = 1;
}

static void job_start(struct job *job, const char *path)
{
	struct err err = {0};
	const char *paths[] = {path};
	struct git_write_options options = {.git = job->yard->git, .loop = job->yard->loop, .branch = "main", .journal = job->yard->journal,
	    .change_id = job->key, .paths = paths, .path_count = 1, .change = add_line, .done = job_done, .arg = job, .backoff = 0.01};
	if (!git_write_start(&options, &err))
		fail_msg("%s", err.text);
}

static void job_run(struct job *job, const char *path)
{
	job_start(job, path);
	while (!job->done)
		loop_poll(job->yard->loop, 1);
}

static size_t journal_count(struct yard *yard)
{
	DIR *dir = opendir(yard->journal);
	struct dirent *entry;
	size_t count = 0;
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static void test_one(void **state)
{
	struct job job = {.yard = *state, .key = "a"}, second = {.yard = *state, .key = "b"};
	job_run(&job, "d/log");
	if (job.written.end != GIT_WRITE_DONE)
		fail_msg("%s", job.written.err.text);
	says(job.yard, "git -C origin.git show main:d/log", "start\na");
	says(job.yard, "git -C origin.git log -1 --format='%s|%(trailers:key=Flag-Change-Id,valueonly)' main", "Add a|a");
	says(job.yard, "git -C origin.git diff --name-only main~1 main", "d/log");
	job_run(&second, "keep");
	assert_int_equal(second.written.end, GIT_WRITE_DONE);
	says(job.yard, "git -C origin.git ls-tree main keep | cut -c1-6", "100755"); /* its mode is kept */
	struct job fresh = {.yard = *state, .key = "c"};
	job_run(&fresh, "new/file.yaml");
	says(job.yard, "git -C origin.git show main:new/file.yaml", "c");
	assert_int_equal(journal_count(job.yard), 0);
	run(job.yard, "git -C origin.git fsck --strict");
}

static void test_refusals(void **state)
{
	struct job link = {.yard = *state, .key = "l"}, refused = {.yard = *state, .key = "r", .refuse = 1};
	struct err err = {0};
	job_run(&link, "link");
	assert_int_equal(link.written.end, GIT_WRITE_REFUSED);
	assert_non_null(strstr(link.written.err.text, "no file in the repository"));
	job_run(&refused, "d/log");
	assert_int_equal(refused.written.end, GIT_WRITE_REFUSED);
	assert_string_equal(refused.written.err.text, "no longer so");
	static const char *const bad[] = {"../x", "/x", "a/../b", ".git/config", ".GitHub/workflows/x", ".gitmodules", "a//b", "a\nb", "git~1/x", ""};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(git_path_check(bad[i], &err), -1);
	assert_int_equal(git_path_check("services/a/prod/platform.yaml", &err), 0);
}

static void test_a_hook_refuses(void **state)
{
	struct job job = {.yard = *state, .key = "h"};
	run(job.yard, "printf '#!/bin/sh\\necho not on a friday >&2\\nexit 1\\n' >origin.git/hooks/pre-receive && chmod +x origin.git/hooks/pre-receive");
	job_run(&job, "d/log");
	assert_int_equal(job.written.end, GIT_WRITE_REJECTED);
	assert_non_null(strstr(job.written.err.text, "not on a friday"));
	assert_int_equal(journal_count(job.yard), 0);
}

/* Twenty at once in one clone, and twenty changes arrive, each once. */
static void test_race(void **state)
{
	struct yard *yard = *state;
	struct job jobs[20];
	char keys[20][8];
	size_t left = 20;
	for (size_t i = 0; i < 20; i++) {
		snprintf(keys[i], sizeof(keys[i]), "w%02zu", i);
		jobs[i] = (struct job){.yard = yard, .key = keys[i]};
		job_start(&jobs[i], "d/log");
	}
	/* Who lost too often begins anew, as a person would. */
	while (left) {
		loop_poll(yard->loop, 1);
		left = 0;
		for (size_t i = 0; i < 20; i++) {
			if (jobs[i].done && jobs[i].written.end == GIT_WRITE_RACED) {
				jobs[i].done = 0;
				job_start(&jobs[i], "d/log");
			}
			if (jobs[i].done && jobs[i].written.end != GIT_WRITE_DONE)
				fail_msg("%s", jobs[i].written.err.text);
			left += !jobs[i].done;
		}
	}
	says(yard, "git -C origin.git show main:d/log | tail -n +2 | sort | uniq -c | awk '$1 != 1' | wc -l; "
	           "git -C origin.git show main:d/log | wc -l; git -C origin.git rev-list --count main", "0\n21\n21");
	assert_int_equal(journal_count(yard), 0);
}

static void wrapper(struct yard *yard, const char *text)
{
	FILE *file = fopen(yard->program, "w");
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	chmod(yard->program, 0755);
}

/* The push arrives and the connection is lost before its answer. */
static void test_lost_connection(void **state)
{
	struct yard *yard = *state;
	struct job job = {.yard = yard, .key = "lost"};
	char *text = mem_printf("case \" $* \" in *' push '*) git \"$@\" >/dev/null 2>&1; echo 'fatal: the remote end hung up unexpectedly' >&2; "
	                        "exit 128;; esac; exec git \"$@\"");
	wrapper(yard, text);
	free(text);
	close_git(yard);
	open_git(yard, yard->program);
	job_run(&job, "d/log");
	if (job.written.end != GIT_WRITE_DONE)
		fail_msg("%s", job.written.err.text);
	says(yard, "git -C origin.git show main:d/log; git -C origin.git rev-list --count main", "start\nlost\n2");
}

/* It does not arrive at first: it is sent again. */
static void test_lost_before(void **state)
{
	struct yard *yard = *state;
	struct job job = {.yard = yard, .key = "lost"};
	char *text = mem_printf("case \" $* \" in *' push '*) if [ ! -e %s/once ]; then touch %s/once; echo 'fatal: the remote end hung up "
	                        "unexpectedly' >&2; exit 128; fi;; esac; exec git \"$@\"", yard->folder, yard->folder);
	wrapper(yard, text);
	free(text);
	close_git(yard);
	open_git(yard, yard->program);
	job_run(&job, "d/log");
	if (job.written.end != GIT_WRITE_DONE)
		fail_msg("%s", job.written.err.text);
	says(yard, "git -C origin.git show main:d/log; git -C origin.git rev-list --count main", "start\nlost\n2");
}

struct found {
	int count, landed;
};

static void found_one(void *arg, const struct git_recovered *recovered)
{
	struct found *found = arg;
	found->count++;
	found->landed += recovered->landed;
}

static void recovered(void *arg, const struct err *err)
{
	assert_null(err);
	*(int *)arg = 1;
}

static struct found *found_now;
static void each_found(void *arg, const struct git_recovered *one)
{
	(void)arg;
	found_one(found_now, one);
}

/* Killed at the nth call to git, before or after git did its work. */
static int killed_at(struct yard *yard, int call, int after)
{
	pid_t child;
	int status;
	char *text = mem_printf("echo >>%s/calls; n=$(wc -l <%s/calls); if [ $n -eq %d ]; then %s kill -9 $PPID; exit 1; fi; exec git \"$@\"",
	                        yard->folder, yard->folder, call, after ? "git \"$@\" >/dev/null 2>&1;" : "");
	wrapper(yard, text);
	free(text);
	run(yard, "rm -f calls");
	child = fork();
	if (child == 0) {
		execl("/proc/self/exe", "test_write", yard->folder, NULL);
		_exit(4);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_killed_everywhere(void **state)
{
	struct yard *yard = *state;
	int calls = 0, landed = 0, forgotten = 0;
	run(yard, "cp -r origin.git fresh.git");
	for (int round = 0; round < 2 * 30; round++) {
		struct found found = {0};
		int over = 0, call = round / 2 + 1;
		run(yard, "rm -rf origin.git journal && cp -r fresh.git origin.git");
		int how = killed_at(yard, call, round % 2);
		if (how == 0)
			break; /* it has fewer calls than that */
		if (how != -SIGKILL)
			fail_msg("call %d: %d", call, how);
		calls = call;
		found_now = &found;
		git_recover(yard->git, yard->loop, yard->journal, each_found, recovered, &over);
		while (!over)
			loop_poll(yard->loop, 1);
		char out[200];
		shell(yard, "git -C origin.git show main:d/log | tr '\\n' ' '; git -C origin.git rev-list --count main; git -C origin.git fsck --strict >/dev/null 2>&1 && echo sound",
		      out, sizeof(out));
		if (strcmp(out, "start 1\nsound") != 0 && strcmp(out, "start kill 2\nsound") != 0)
			fail_msg("killed at call %d: %s", call, out);
		if (found.count && found.landed != (strstr(out, "kill") != NULL))
			fail_msg("killed at call %d: %s, and recovery says otherwise", call, out);
		landed += found.landed;
		forgotten += found.count - found.landed;
		assert_int_equal(journal_count(yard), 0);
	}
	assert_true(calls >= 8);
	assert_int_equal(landed, 1);    /* killed after the push */
	assert_int_equal(forgotten, 1); /* killed before it */
}

/* The one that is killed: a program of its own. */
static int write_once(const char *folder)
{
	struct yard yard = {0};
	struct job job = {.yard = &yard, .key = "kill"};
	snprintf(yard.folder, sizeof(yard.folder), "%s", folder);
	name_places(&yard);
	open_git(&yard, yard.program);
	job_run(&job, "d/log");
	if (job.written.end != GIT_WRITE_DONE)
		puts(job.written.err.text);
	close_git(&yard);
	return job.written.end == GIT_WRITE_DONE ? 0 : 3;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return write_once(argv[1]);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_one, begin, end),
	    cmocka_unit_test_setup_teardown(test_refusals, begin, end),
	    cmocka_unit_test_setup_teardown(test_a_hook_refuses, begin, end),
	    cmocka_unit_test_setup_teardown(test_race, begin, end),
	    cmocka_unit_test_setup_teardown(test_lost_connection, begin, end),
	    cmocka_unit_test_setup_teardown(test_lost_before, begin, end),
	    cmocka_unit_test_setup_teardown(test_killed_everywhere, begin, end),
	};
	if (system("git --version >/dev/null 2>&1") != 0) {
		puts("there is no git");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

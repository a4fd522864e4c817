/* SPDX-License-Identifier: MIT */
/* Clones, fetches and reads by the real git from repositories on this disk. Skipped without git. */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "git/repo.h"
#include "model/fleet.h"

struct yard {
	char folder[64];
	struct loop *loop;
	struct fleet *fleet;
	struct repo *repo;
	struct timer *guard;
	int changes;
};

/* Runs a script in the yard; its last line of output is returned and must be freed. */
static char *script(struct yard *yard, const char *text)
{
	char *command = mem_printf("cd %s && export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=a@x "
	                           "GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=a@x && { %s; } 2>&1",
	                           yard->folder, text);
	FILE *pipe = popen(command, "r");
	char line[512], *last = mem_copy_string("");

	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = '\0';
		free(last);
		last = mem_copy_string(line);
	}
	if (pclose(pipe) != 0)
		fail_msg("%s: %s", text, last);
	free(command);
	return last;
}

static void run(struct yard *yard, const char *text)
{
	free(script(yard, text));
}

static void guard_fired(void *arg)
{
	(void)arg;
	fail_msg("the test hangs");
}

static void changed(void *arg)
{
	((struct yard *)arg)->changes++;
}

static void open_repo(struct yard *yard, const char *url, const char *branch, const char *program)
{
	struct err err = {.text = ""};
	char *state = mem_printf("%s/state/git", yard->folder);
	char *whole = mem_printf("%s%s%s", *url == '/' ? "" : yard->folder, *url == '/' ? "" : "/", url);
	struct repo_options options = {
	    .loop = yard->loop, .clock = &clock_system, .fleet = yard->fleet, .folder = state, .url = whole, .branch = branch,
	    .insecure = 1, .contents = 1, .program = program, .changed = changed, .arg = yard,
	};

	yard->repo = repo_new(&options, &err);
	if (!yard->repo)
		fail_msg("%s", err.text);
	free(whole);
	free(state);
}

static void settle(struct yard *yard)
{
	while (repo_is_busy(yard->repo))
		loop_poll(yard->loop, 1);
}

static int set_up(void **state)
{
	struct yard *yard = mem_new(sizeof(*yard));
	struct err err = {.text = ""};

	snprintf(yard->folder, sizeof(yard->folder), "/tmp/flagdeck-git-XXXXXX");
	assert_non_null(mkdtemp(yard->folder));
	yard->loop = loop_new(&err);
	yard->fleet = fleet_new(&clock_system);
	yard->guard = timer_new(yard->loop, guard_fired, yard);
	timer_start(yard->guard, 60);
	run(yard, "git init -q -b main work && cd work && echo one >a && mkdir -p services/pay && echo 1 >services/pay/v.yaml "
	          "&& git add . && git commit -qm 'first one' && git clone -q --bare . ../origin.git "
	          "&& git remote add origin ../origin.git");
	*state = yard;
	return 0;
}

static int tear_down(void **state)
{
	struct yard *yard = *state;

	repo_free(yard->repo);
	fleet_free(yard->fleet);
	timer_free(yard->guard);
	loop_free(yard->loop);
	run(yard, "chmod -R u+w . && rm -rf work origin.git state");
	rmdir(yard->folder);
	free(yard);
	return 0;
}

static void test_follow(void **state)
{
	struct yard *yard = *state;
	char *first = script(yard, "git -C work rev-parse HEAD"), *second, *third;
	char room[128];
	struct text text = text_in(room, sizeof(room));
	struct repository *facts;

	setenv("GIT_INDEX_FILE", "/nowhere/index", 1); /* as in a hook that started us */
	setenv("GIT_OBJECT_DIRECTORY", "/nowhere", 1);
	open_repo(yard, "origin.git", NULL, NULL);
	facts = repo_facts(yard->repo);
	repo_start(yard->repo);
	settle(yard);
	unsetenv("GIT_INDEX_FILE");
	unsetenv("GIT_OBJECT_DIRECTORY");
	assert_string_equal(facts->error, "");
	assert_int_equal(facts->state, REPOSITORY_LIVE);
	assert_string_equal(facts->head, first);
	assert_true(facts->fetched_ms > 0);
	commit_describe(yard->fleet, first, &text);
	assert_string_equal(room + 7, " first one – Ada");

	/* Two more, one of them from a side branch. */
	second = script(yard, "cd work && git checkout -q -b side && echo s >s && git add s && git commit -qm side "
	                      "&& git rev-parse HEAD");
	third = script(yard, "cd work && git checkout -q main && echo two >>services/pay/v.yaml && git commit -qam 'hpa on' && "
	                     "git merge -q --no-edit side && git push -q origin main && git rev-parse HEAD");
	repo_fetch(yard->repo);
	settle(yard);
	assert_string_equal(facts->head, third);
	assert_int_equal(facts->rewritten_ms, 0);
	assert_int_equal(fleet_ancestry(yard->fleet, first, third), ANCESTRY_YES);
	assert_int_equal(fleet_ancestry(yard->fleet, second, third), ANCESTRY_YES);
	assert_int_equal(fleet_ancestry(yard->fleet, third, second), ANCESTRY_NO);
	assert_int_equal(fleet_ancestry(yard->fleet, third, "0123456789012345678901234567890123456789"), ANCESTRY_UNKNOWN);
	assert_int_equal(repository_distance(facts, first, third), 2);
	assert_int_equal(commit_touches(repository_commit(facts, third), "./services/pay"), TOUCHES_NO);
	assert_int_equal(commit_touches(repository_commit(facts, repository_commit(facts, third)->parents[0]), "services/pay"),
	                 TOUCHES_YES);
	free(first);
	free(second);
	free(third);
}

static void test_rewritten(void **state)
{
	struct yard *yard = *state;
	char *lost, *head;
	struct repository *facts;

	lost = script(yard, "cd work && echo 2 >b && git add b && git commit -qm lost && git push -q origin main && git rev-parse HEAD");
	open_repo(yard, "origin.git", "main", NULL);
	facts = repo_facts(yard->repo);
	repo_start(yard->repo);
	settle(yard);
	head = script(yard, "cd work && git commit -q --amend -m kept && git push -qf origin main && git rev-parse HEAD");
	repo_fetch(yard->repo);
	settle(yard);
	assert_string_equal(facts->head, head);
	assert_string_equal(facts->rewritten, lost);
	assert_true(facts->rewritten_ms > 0);
	const struct commit *commit = repository_commit(facts, lost);
	assert_non_null(commit);
	assert_false(commit->reachable);
	assert_string_equal(commit->subject, "lost");
	assert_int_equal(fleet_ancestry(yard->fleet, lost, head), ANCESTRY_NO);
	assert_int_equal(fleet_ancestry(yard->fleet, commit->parents[0], head), ANCESTRY_YES);
	assert_non_null(strstr(timeline_at(&yard->fleet->timeline, 0)->text, "was rewritten"));

	/* The next console finds all of it in the clone, and what another branch has when asked for it. */
	free(head);
	head = script(yard, "cd work && git checkout -q -b hotfix && echo 3 >c && git add c && git commit -qm hotfix && git rev-parse HEAD");
	repo_want(yard->repo, head);
	settle(yard);
	assert_null(repository_commit(facts, head));
	run(yard, "cd work && git push -q origin hotfix && git --git-dir=../state/git/$(ls ../state/git) fetch -q ../origin.git hotfix && "
	          "git checkout -q main && git commit -q --allow-empty -m more && git push -q origin main");
	repo_fetch(yard->repo);
	settle(yard);
	commit = repository_commit(facts, head);
	assert_non_null(commit);
	assert_false(commit->reachable);
	assert_int_equal(fleet_ancestry(yard->fleet, head, facts->head), ANCESTRY_NO);
	free(lost);
	free(head);
}

static void test_troubles(void **state)
{
	struct yard *yard = *state;
	static const struct {
		const char *url, *branch, *program, *words;
	} rows[] = {
	    {"origin.git", "prod", NULL, "the branch does not exist there"},
	    {"nothing.git", "main", NULL, "there is no such repository"},
	    {"origin.git", "main", "/nowhere/git", "there is no such program"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_repo(yard, rows[i].url, rows[i].branch, rows[i].program);
		repo_start(yard->repo);
		settle(yard);
		assert_int_equal(repo_facts(yard->repo)->state, REPOSITORY_FAILED);
		if (!strstr(repo_facts(yard->repo)->error, rows[i].words))
			fail_msg("%s", repo_facts(yard->repo)->error);
		repo_free(yard->repo);
		yard->repo = NULL;
	}
}

/* What was read stays when the server goes, and hooks of the clone never run. */
static void test_stale(void **state)
{
	struct yard *yard = *state;
	struct repository *facts;

	open_repo(yard, "origin.git", "main", NULL);
	facts = repo_facts(yard->repo);
	repo_start(yard->repo);
	settle(yard);
	run(yard, "cd state/git/* && mkdir -p hooks && printf '#!/bin/sh\\ntouch %s/ran' $PWD >hooks/reference-transaction && "
	          "chmod +x hooks/reference-transaction");
	run(yard, "cd work && git commit -q --allow-empty -m more && git push -q origin main");
	repo_fetch(yard->repo);
	settle(yard);
	assert_int_equal(facts->state, REPOSITORY_LIVE);
	run(yard, "! ls state/git/*/ran");
	run(yard, "mv origin.git away.git");
	repo_fetch(yard->repo);
	settle(yard);
	assert_int_equal(facts->state, REPOSITORY_STALE);
	assert_int_equal(facts->newest.len, 2);
	run(yard, "mv away.git origin.git");
	repo_fetch(yard->repo);
	settle(yard);
	assert_int_equal(facts->state, REPOSITORY_LIVE);
	assert_string_equal(facts->error, "");
}

static void test_damaged(void **state)
{
	struct yard *yard = *state;

	open_repo(yard, "origin.git", "main", NULL);
	repo_start(yard->repo);
	settle(yard);
	repo_free(yard->repo);
	run(yard, "cd state/git/* && chmod -R u+w . && find objects -type f -exec sh -c ': >\"$1\"' _ {} \\;");
	open_repo(yard, "origin.git", "main", NULL);
	repo_start(yard->repo);
	settle(yard);
	assert_string_equal(repo_facts(yard->repo)->error, "");
	assert_int_equal(repo_facts(yard->repo)->state, REPOSITORY_LIVE);
	run(yard, "ls -d state/git/*damaged*");
}

struct reads {
	int count, missing, failed;
	char bytes[8][64];
	struct blobs *blobs;
};

static void read_done(void *arg, const struct blob *blob, const struct err *err)
{
	struct reads *reads = arg;

	if (err)
		reads->failed++;
	else if (blob->missing)
		reads->missing++;
	else
		snprintf(reads->bytes[reads->count], sizeof(reads->bytes[0]), "%s %zu %.30s", blob->type, blob->len, blob->bytes);
	reads->count++;
}

static void test_blobs(void **state)
{
	struct yard *yard = *state;
	struct reads reads = {0};
	struct err err = {.text = ""};

	open_repo(yard, "origin.git", "main", NULL);
	repo_start(yard->repo);
	settle(yard);
	reads.blobs = repo_blobs(yard->repo);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main:services/pay/v.yaml", read_done, &reads, &err), 0);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main:no such file", read_done, &reads, &err), 0);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main", read_done, &reads, &err), 0);
	assert_int_equal(blobs_read(reads.blobs, "two\nlines", read_done, &reads, &err), -1);
	while (reads.count < 3)
		loop_poll(yard->loop, 1);
	assert_int_equal(reads.missing, 1);
	assert_string_equal(reads.bytes[0], "blob 2 1\n");
	assert_int_equal(strncmp(reads.bytes[2], "commit ", 7), 0);

	/* What is pushed and fetched later is there too; what was cancelled is not told. */
	run(yard, "cd work && head -c 20000000 /dev/zero >big && : >empty && git add . && git commit -qm big && git push -q origin main");
	repo_fetch(yard->repo);
	settle(yard);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main:big", read_done, &reads, &err), 0);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main:a", read_done, &err, &err), 0);
	blobs_cancel(reads.blobs, &err);
	assert_int_equal(blobs_read(reads.blobs, "refs/remotes/origin/main:empty", read_done, &reads, &err), 0);
	while (reads.count < 5)
		loop_poll(yard->loop, 1);
	assert_int_equal(reads.failed, 1);
	assert_string_equal(reads.bytes[4], "blob 0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_follow, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_rewritten, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_troubles, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_stale, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_blobs, set_up, tear_down),
	};

	if (system("git --version >/dev/null 2>&1") != 0) {
		printf("skipped: there is no git program\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

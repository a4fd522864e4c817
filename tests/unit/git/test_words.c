/* SPDX-License-Identifier: MIT */
/* Addresses, branches, git's words and git's log: everything that needs no git. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "git/git.h"
#include "git/log_decode.h"
#include "git/repo.h"
#include "git/url.h"
#include "model/fleet.h"

#define A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define C "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"

static void test_addresses(void **state)
{
	static const struct {
		const char *url;
		int insecure;
		const char *refused; /* a part of the sentence; NULL: good */
		const char *shown, *identity;
	} rows[] = {
	    {"https://git.example/team/fleet.git", 0, NULL, "https://git.example/team/fleet.git", "git.example/team/fleet"},
	    {"https://me:s3cret@Git.Example:8443/team/fleet.git/", 0, NULL, "https://Git.Example:8443/team/fleet.git/",
	     "git.example/team/fleet"},
	    {"https://me:p@ss@git.example/x?token=1#y", 0, NULL, "https://git.example/x", "git.example/x"},
	    {"ssh://git@git.example:22/team/fleet", 0, NULL, "ssh://git.example:22/team/fleet", "git.example/team/fleet"},
	    {"git@git.example:team/fleet.git", 0, NULL, "git.example:team/fleet.git", "git.example/team/fleet"},
	    {"http://git.example/x", 0, "neither https nor ssh", "http://git.example/x", "git.example/x"},
	    {"http://git.example/x", 1, NULL, "http://git.example/x", "git.example/x"},
	    {"/srv/git/x.git", 0, "neither https nor ssh", "/srv/git/x.git", "/srv/git/x"},
	    {"file:///srv/git/x.git", 1, NULL, "file:///srv/git/x.git", "/srv/git/x"},
	    {"ext::sh -c date", 1, "blank", "", ""},
	    {"ext::date", 1, "transport helper", "", ""},
	    {"--upload-pack=date", 1, "no address", "", ""},
	    {"ssh://-oProxyCommand=date/x", 1, "no host", "", ""},
	    {"-oProxyCommand=date:x", 1, "no address", "", ""},
	    {"git://git.example/x", 1, "use https or ssh", "", ""},
	    {"https://", 0, "no host", "", ""},
	    {"", 0, "no address", "", ""},
	    {"https://git.example/\033[2J", 0, "control character", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[512];
		struct text text = text_in(room, sizeof(room));
		struct err err = {.text = ""};
		int result = url_check(rows[i].url, rows[i].insecure, &err);
		if (rows[i].refused ? result == 0 || !strstr(err.text, rows[i].refused) : result != 0)
			fail_msg("%s: %d %s", rows[i].url, result, err.text);
		if (strstr(err.text, "s3cret"))
			fail_msg("a password is shown: %s", err.text);
		if (rows[i].refused && !*rows[i].shown)
			continue;
		url_show(rows[i].url, &text);
		assert_string_equal(room, rows[i].shown);
		text_clear(&text);
		url_identity(rows[i].url, &text);
		assert_string_equal(room, rows[i].identity);
	}
}

static void test_branches(void **state)
{
	static const char *const good[] = {"main", "release/1.2", "x-y_z", "ümlaut"};
	static const char *const bad[] = {"", "-x", "a..b", "a b", "a~1", "a^", "x.lock", "/x", "x/", "a//b", "@{u}", "a:b", "x.", ".x",
	                                  "a/.b", "a\nb", "a*"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(branch_is_name(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (branch_is_name(bad[i]))
			fail_msg("\"%s\"", bad[i]);
}

static void test_places(void **state)
{
	char *one = repo_place("/s", "https://a:b@git.example/team/fleet.git"), *two = repo_place("/s", "git@git.example:team/fleet");
	char *other = repo_place("/s", "https://git.example/other/fleet.git"), *odd = repo_place("/s", "https://x/../..");

	(void)state;
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
	assert_int_equal(strncmp(one, "/s/fleet-", 9), 0);
	assert_null(strstr(odd, "/../"));
	free(one);
	free(two);
	free(other);
	free(odd);
}

/* As git and the servers wrote them. */
static void test_troubles(void **state)
{
	static const struct {
		const char *said;
		enum git_trouble trouble;
	} rows[] = {
	    {"fatal: could not read Username for 'https://x': terminal prompts disabled\n", GIT_AUTHENTICATION},
	    {"remote: Invalid username or password.\nfatal: Authentication failed for 'https://x/'\n", GIT_AUTHENTICATION},
	    {"git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.\n", GIT_AUTHENTICATION},
	    {"Host key verification failed.\nfatal: Could not read from remote repository.\n", GIT_HOST_KEY},
	    {"fatal: unable to access 'https://x/': Could not resolve host: x\n", GIT_UNREACHABLE},
	    {"fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused\n", GIT_UNREACHABLE},
	    {"ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.\n",
	     GIT_UNREACHABLE},
	    {"fatal: unable to access 'https://x/': The requested URL returned error: 503\n", GIT_UNREACHABLE},
	    {"fatal: unable to access 'https://x/': The requested URL returned error: 403\n", GIT_AUTHENTICATION},
	    {"fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate\n", GIT_TLS},
	    {"remote: Repository not found.\nfatal: repository 'https://x/' not found\n", GIT_NO_REPOSITORY},
	    {"fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n",
	     GIT_NO_REPOSITORY},
	    {"fatal: couldn't find remote ref refs/heads/prod\n", GIT_NO_BRANCH},
	    {"fatal: write error: No space left on device\nfatal: index-pack failed\n", GIT_DISK_FULL},
	    {"fatal: transport 'file' not allowed\n", GIT_PROTOCOL},
	    {"fatal: not a git repository: '/x'\n", GIT_DAMAGED},
	    {"error: object file /x/objects/aa/bb is empty\nfatal: loose object aabb is corrupt\n", GIT_DAMAGED},
	    {"error: cannot open '/x/objects': Permission denied\n", GIT_NO_PERMISSION},
	    {"fatal: Unable to create '/x/packed-refs.lock': File exists.\n\nAnother git process seems to be running\n", GIT_LOCKED},
	    {"! [rejected] main -> main (fetch first)\n", GIT_MOVED},
	    {"! [rejected] main -> main (non-fast-forward)\n", GIT_MOVED},
	    {"remote: error: GH006: Protected branch update failed\n ! [remote rejected] main -> main\n", GIT_REJECTED},
	    {"something new\n", GIT_OTHER},
	    {"", GIT_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (git_trouble_of(rows[i].said, strlen(rows[i].said)) != rows[i].trouble)
			fail_msg("%s: %s", rows[i].said, git_troubles[git_trouble_of(rows[i].said, strlen(rows[i].said))].key);
	for (size_t i = 0; i < GIT_TROUBLES; i++)
		assert_true(git_troubles[i].key && git_troubles[i].words && git_troubles[i].advice);
}

static void test_log(void **state)
{
	static const char bytes[] = C "\0" B " " A "\0" "1760000000\0" "Ada\0" "hpa on\033[2J\0" "text\n\nFlag-Change-Id: 42\n\0"
	                            B "\0" A "\0" "99999999999999999999\0" "Bot\0" "Revert \"x\"\0" "This reverts commit " A ".\n\0"
	                            A "\0" "\0" "x\0" "\0" "\0" "\0"
	                            "rubbish\0" "\0" "\0" "\0" "\0" "\0";
	struct fleet *fleet = fleet_new(&clock_system);
	struct repository *repository = fleet_add_repository(fleet, "https://x", "main");

	(void)state;
	repository_begin(repository);
	assert_int_equal(log_decode(repository, bytes, sizeof(bytes) - 1), 3);
	repository_end(repository, C, 0, ANCESTRY_UNKNOWN);
	const struct commit *commit = repository_commit(repository, "c3c3c3c");
	assert_non_null(commit);
	assert_string_equal(commit->author, "Ada");
	assert_string_equal(commit->subject, "hpa on[2J");
	assert_string_equal(commit->change_id, "42");
	assert_int_equal(commit->parent_count, 2);
	assert_string_equal(commit->parents[1], A);
	assert_true(commit->at_ms == 1760000000000);
	commit = repository_commit(repository, B);
	assert_string_equal(commit->reverts, A);
	assert_true(commit->at_ms == 0);
	/* A prefix of every length must not be misread: whole entries only. */
	for (size_t len = 0; len < sizeof(bytes); len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, bytes, len);
		repository_begin(repository);
		assert_true(log_decode(repository, copy, len) <= 3);
		repository_end(repository, C, 0, ANCESTRY_UNKNOWN);
		free(copy);
	}
	fleet_free(fleet);
}

static void test_paths(void **state)
{
	static const char log[] = B "\0" A "\0" "1\0" "x\0" "s\0" "\0" A "\0" "\0" "1\0" "x\0" "s\0" "\0";
	static const char bytes[] = "\0" B "\0" "\nservices/pay/prod.yaml\0" "b\0" "\0" A "\0";
	struct fleet *fleet = fleet_new(&clock_system);
	struct repository *repository = fleet_add_repository(fleet, "https://x", "main");

	(void)state;
	repository_begin(repository);
	assert_int_equal(log_decode(repository, log, sizeof(log) - 1), 2);
	repository_end(repository, B, 0, ANCESTRY_UNKNOWN);
	assert_int_equal(commit_touches(repository_commit(repository, B), "./services/pay"), TOUCHES_UNKNOWN);
	assert_int_equal(log_decode_paths(repository, bytes, sizeof(bytes) - 1, 0), 2);
	assert_int_equal(commit_touches(repository_commit(repository, B), "./services/pay"), TOUCHES_YES);
	assert_int_equal(commit_touches(repository_commit(repository, B), "services/pay/"), TOUCHES_YES);
	assert_int_equal(commit_touches(repository_commit(repository, B), "services/pa"), TOUCHES_NO);
	assert_int_equal(commit_touches(repository_commit(repository, B), "./"), TOUCHES_YES);
	assert_int_equal(commit_touches(repository_commit(repository, A), "./services/pay"), TOUCHES_NO);
	/* Cut in the middle: what is there may not be all. */
	log_decode_paths(repository, bytes, 67, 1);
	assert_int_equal(commit_touches(repository_commit(repository, B), "other"), TOUCHES_UNKNOWN);
	fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses), cmocka_unit_test(test_branches), cmocka_unit_test(test_places),
	    cmocka_unit_test(test_troubles),  cmocka_unit_test(test_log),      cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Ancestry against a matrix that knows all, over random histories with merges, whole and cut, and after
 * the branch was rewritten: an answer is never wrong, and without a cut there always is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/fleet.h"
#include "model/repository.h"

enum { COMMITS = 40, ROUNDS = 60 };

struct history {
	char shas[COMMITS][COMMIT_SHA];
	int parents[COMMITS][2]; /* older ones; -1: none */
	char above[COMMITS][COMMITS]; /* [young][old]: old is in its history */
	unsigned seed;
};

static int roll(struct history *history, int below)
{
	history->seed = history->seed * 1103515245u + 12345u;
	return (int)(history->seed >> 16) % below;
}

/* Commit 0 is the oldest. */
static void history_make(struct history *history, unsigned seed)
{
	memset(history, 0, sizeof(*history));
	history->seed = seed;
	for (int i = 0; i < COMMITS; i++) {
		snprintf(history->shas[i], COMMIT_SHA, "%08x%032x", seed * 2654435761u, (unsigned)i);
		history->parents[i][0] = i == 0 ? -1 : roll(history, 3) ? i - 1 : roll(history, i);
		history->parents[i][1] = i > 1 && roll(history, 4) == 0 ? roll(history, i) : -1;
		history->above[i][i] = 1;
		for (int p = 0; p < 2; p++)
			for (int old = 0; history->parents[i][p] >= 0 && old < COMMITS; old++)
				history->above[i][old] |= history->above[history->parents[i][p]][old];
	}
}

/* Reads what the tip reaches, the youngest first, at most `most`. */
static int read_branch(struct repository *repository, const struct history *history, int tip, int most)
{
	int count = 0;

	repository_begin(repository);
	for (int i = tip; i >= 0 && count < most; i--) {
		const char *parents[2];
		struct commit_facts facts = {.sha = history->shas[i], .subject = "x", .parents = parents};
		if (!history->above[tip][i])
			continue;
		for (int p = 0; p < 2; p++)
			if (history->parents[i][p] >= 0)
				parents[facts.parent_count++] = history->shas[history->parents[i][p]];
		repository_put(repository, &facts);
		count++;
	}
	repository_end(repository, history->shas[tip], count == most, ANCESTRY_UNKNOWN);
	return count;
}

static void compare_all(const struct repository *repository, const struct history *history, int whole)
{
	for (int old = 0; old < COMMITS; old++)
		for (int young = 0; young < COMMITS; young++) {
			enum ancestry answer = repository_ancestry(repository, history->shas[old], history->shas[young]);
			int known = repository_commit(repository, history->shas[old]) && repository_commit(repository, history->shas[young]);
			if (answer == ANCESTRY_UNKNOWN) {
				if (known && whole)
					fail_msg("%d of %d (seed %u): no answer", old, young, history->seed);
				continue;
			}
			assert_true(known);
			if (answer != (history->above[young][old] ? ANCESTRY_YES : ANCESTRY_NO))
				fail_msg("%d of %d (seed %u): %d", old, young, history->seed, answer);
		}
}

static void test_random_histories(void **state)
{
	(void)state;
	for (unsigned round = 1; round <= ROUNDS; round++) {
		struct fleet *fleet = fleet_new(&clock_system);
		struct repository *repository = fleet_add_repository(fleet, "https://x", "main");
		struct history history;
		history_make(&history, round);
		read_branch(repository, &history, COMMITS / 2, COMMITS);
		compare_all(repository, &history, 1);
		/* The tip moves, perhaps to one that does not descend: what was read stays known. */
		read_branch(repository, &history, COMMITS - 1, COMMITS);
		compare_all(repository, &history, 1);
		assert_int_equal(repository->rewritten_ms != 0, !history.above[COMMITS - 1][COMMITS / 2]);
		fleet_free(fleet);
	}
}

static void test_cut_histories(void **state)
{
	(void)state;
	for (unsigned round = 1; round <= ROUNDS; round++) {
		struct fleet *fleet = fleet_new(&clock_system);
		struct repository *repository = fleet_add_repository(fleet, "https://x", "main");
		struct history history;
		history_make(&history, round);
		read_branch(repository, &history, COMMITS - 1, 10);
		compare_all(repository, &history, 0);
		read_branch(repository, &history, COMMITS - 5, 7);
		compare_all(repository, &history, 0);
		fleet_free(fleet);
	}
}

static void test_reverts(void **state)
{
	static const char *const shas[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	                                   "cccccccccccccccccccccccccccccccccccccccc"};
	struct fleet *fleet = fleet_new(&clock_system);
	struct repository *repository = fleet_add_repository(fleet, "https://x", "main");

	(void)state;
	for (int count = 2; count <= 3; count++) { /* b reverts a, then c reverts b */
		repository_begin(repository);
		for (int i = count - 1; i >= 0; i--) {
			const char *parent = i ? shas[i - 1] : NULL;
			const struct commit_facts facts = {.sha = shas[i], .reverts = i ? shas[i - 1] : "", .parents = &parent,
			                                   .parent_count = i > 0};
			repository_put(repository, &facts);
		}
		repository_end(repository, shas[count - 1], 0, ANCESTRY_YES);
		const struct commit *by = repository_reverted_by(repository, repository_commit(repository, shas[0]));
		assert_int_equal(by != NULL, count == 2);
	}
	assert_null(repository_commit(repository, "aaaaaa")); /* too short to mean one */
	assert_non_null(repository_commit(repository, "aaaaaaa"));
	fleet_free(fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_histories), cmocka_unit_test(test_cut_histories), cmocka_unit_test(test_reverts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Chains of the past: one row a commit, what is usual, and that a service's past is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/chains.h"

static const struct chain_place web = {"eu", "shop", "web"}, other = {"us", "shop", "web"};

static struct chain *ended(int number, int seconds)
{
	struct chain *chain = chain_new();
	struct chain_link *source = &chain->links[STAGE_SOURCE];

	snprintf(chain->sha, sizeof(chain->sha), "%040x", (unsigned)number);
	chain->verdict = VERDICT_HEALTHY;
	chain->at = STAGE_METRICS;
	chain->began_ms = 1000000LL * number;
	chain->ended_ms = chain->began_ms + seconds * 1000;
	source->state = CHAIN_DONE;
	source->began_ms = chain->began_ms;
	source->ended_ms = chain->ended_ms;
	return chain;
}

static void save(struct db *db, const struct chain_place *place, int number, int seconds)
{
	struct chain *chain = ended(number, seconds);
	struct err err = {.text = ""};

	if (db_begin(db, &err) < 0 || chains_save(db, place, chain, chain->ended_ms, &err) < 0 || db_commit(db, &err) < 0)
		fail_msg("%s", err.text);
	chain_free(chain);
}

static void count(void *arg, const struct chain_past *past)
{
	(void)past;
	++*(int *)arg;
}

static int kept(struct db *db, const struct chain_place *place)
{
	struct err err = {.text = ""};
	int found = 0;

	assert_int_equal(chains_list(db, place, 10000, count, &found, &err), 0);
	return found;
}

static void test_usual(void **state)
{
	struct db *db = db_memory("a test");
	struct chain_usual usual;
	struct err err = {.text = ""};

	(void)state;
	for (int i = 1; i < CHAINS_USUAL_MIN; i++)
		save(db, &web, i, i);
	assert_int_equal(chains_usual(db, &web, &usual, &err), 0);
	assert_int_equal(usual.median_ms[STAGE_SOURCE], 0); /* too few to say */
	for (int i = CHAINS_USUAL_MIN; i <= 10; i++)
		save(db, &web, i, i);
	assert_int_equal(chains_usual(db, &web, &usual, &err), 0);
	assert_int_equal(usual.median_ms[STAGE_SOURCE], 5000);
	assert_int_equal(usual.slow_ms[STAGE_SOURCE], 9000);
	assert_int_equal(usual.median_ms[STAGE_HELM], 0);
	assert_int_equal(chains_usual(db, &other, &usual, &err), 0);
	assert_int_equal(usual.median_ms[STAGE_SOURCE], 0);
	assert_int_equal(chains_usual(NULL, &web, &usual, &err), 0);
	db_close(db);
}

static void test_bounds(void **state)
{
	struct db *db = db_memory("a test");
	struct chain_usual usual;
	struct err err = {.text = ""};

	(void)state;
	save(db, &other, 1, 1);
	for (int i = 1; i <= CHAINS_KEPT + 20; i++)
		save(db, &web, i, i <= CHAINS_KEPT ? 3 : 100);
	save(db, &web, CHAINS_KEPT + 20, 100); /* the same commit again */
	assert_int_equal(kept(db, &web), CHAINS_KEPT);
	assert_int_equal(kept(db, &other), 1);
	assert_int_equal(chains_usual(db, &web, &usual, &err), 0);
	assert_int_equal(usual.median_ms[STAGE_SOURCE], 3000);
	assert_int_equal(usual.slow_ms[STAGE_SOURCE], 100000); /* of the newest 50, 20 were slow */
	db_close(db);
}

static void test_a_link_is_slow(void **state)
{
	struct chain *chain = ended(1, 30);
	struct chain_link *link = &chain->links[STAGE_SOURCE];

	(void)state;
	assert_false(link_is_slow(link, 0));
	link->slow_ms = 28500;
	assert_true(link_is_slow(link, 0));
	link->slow_ms = 29500; /* less than a second over is not worth a word */
	assert_false(link_is_slow(link, 0));
	chain_free(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_usual), cmocka_unit_test(test_bounds),
	                                   cmocka_unit_test(test_a_link_is_slow)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

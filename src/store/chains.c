/* SPDX-License-Identifier: MIT */
/*
 * A chain is a row, each of its stages another. Stages, verdicts and hangs are kept as their words,
 * so that a file outlives a change of the enums; what a word does not name any more is left out.
 */
#include "store/chains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct statement *prepare_at(struct db *db, const char *sql, const struct chain_place *place, struct err *err)
{
	struct statement *statement = db_prepare(db, sql, err);

	if (!statement)
		return NULL;
	statement_bind_text(statement, 1, place->cluster);
	statement_bind_text(statement, 2, place->namespace);
	statement_bind_text(statement, 3, place->service);
	return statement;
}

static int run(struct statement *statement, struct err *err)
{
	int result = statement ? statement_step(statement, err) : -1;

	statement_free(statement);
	return result < 0 ? -1 : 0;
}

static int save_chain(struct db *db, const struct chain_place *place, const struct chain *chain, int64_t now_ms,
                      struct err *err)
{
	struct statement *statement =
	    prepare_at(db, "REPLACE INTO chain (cluster, namespace, service, sha, verdict, hang, began_ms, ended_ms) "
	                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)", place, err);

	if (!statement)
		return -1;
	statement_bind_text(statement, 4, chain->sha);
	statement_bind_text(statement, 5, chain_verdict_words[chain->verdict]);
	statement_bind_text(statement, 6, hangs[chain->links[chain->at].hang].key);
	statement_bind_int(statement, 7, chain->began_ms);
	statement_bind_int(statement, 8, chain->ended_ms ? chain->ended_ms : now_ms);
	return run(statement, err);
}

static int save_stage(struct db *db, const struct chain_place *place, const struct chain *chain, enum chain_stage stage,
                      struct err *err)
{
	const struct chain_link *link = &chain->links[stage];
	struct statement *statement;

	if (link->state != CHAIN_DONE || !link->began_ms || link->ended_ms < link->began_ms)
		return 0;
	statement = prepare_at(db, "REPLACE INTO chain_stage (cluster, namespace, service, sha, stage, ended_ms, took_ms) "
	                           "VALUES (?, ?, ?, ?, ?, ?, ?)", place, err);
	if (!statement)
		return -1;
	statement_bind_text(statement, 4, chain->sha);
	statement_bind_text(statement, 5, stage_words[stage]);
	statement_bind_int(statement, 6, link->ended_ms);
	statement_bind_int(statement, 7, link->ended_ms - link->began_ms);
	return run(statement, err);
}

/* Drops all but the newest. */
static int forget(struct db *db, const struct chain_place *place, struct err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM chain WHERE cluster = ?1 AND namespace = ?2 AND service = ?3 AND ended_ms < "
	    "(SELECT min(ended_ms) FROM (SELECT ended_ms FROM chain WHERE cluster = ?1 AND namespace = ?2 AND service = ?3 "
	    "ORDER BY ended_ms DESC LIMIT ?4))",
	    "DELETE FROM chain_stage WHERE cluster = ?1 AND namespace = ?2 AND service = ?3 AND sha NOT IN "
	    "(SELECT sha FROM chain WHERE cluster = ?1 AND namespace = ?2 AND service = ?3) AND ?4",
	};

	for (size_t i = 0; i < 2; i++) {
		struct statement *statement = prepare_at(db, sql[i], place, err);
		if (!statement)
			return -1;
		statement_bind_int(statement, 4, CHAINS_KEPT);
		if (run(statement, err) < 0)
			return -1;
	}
	return 0;
}

int chains_save(struct db *db, const struct chain_place *place, const struct chain *chain, int64_t now_ms, struct err *err)
{
	if (!db || !*chain->sha)
		return 0;
	if (save_chain(db, place, chain, now_ms, err) < 0)
		return -1;
	for (enum chain_stage stage = 0; stage < CHAIN_STAGES; stage++)
		if (save_stage(db, place, chain, stage, err) < 0)
			return -1;
	return forget(db, place, err);
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int word_find(const char *const *words, int count, const char *word)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

int chains_usual(struct db *db, const struct chain_place *place, struct chain_usual *usual, struct err *err)
{
	int64_t took[CHAIN_STAGES][CHAINS_USUAL_OF];
	size_t count[CHAIN_STAGES] = {0};
	struct statement *statement;
	int got = 0;

	memset(usual, 0, sizeof(*usual));
	if (!db)
		return 0;
	statement = prepare_at(db, "SELECT stage, took_ms FROM chain_stage WHERE cluster = ? AND namespace = ? AND service = ? "
	                           "ORDER BY ended_ms DESC", place, err);
	if (!statement)
		return -1;
	while ((got = statement_step(statement, err)) > 0) {
		int stage = word_find(stage_words, CHAIN_STAGES, statement_text(statement, 0));
		int64_t ms = statement_int(statement, 1);
		if (stage >= 0 && count[stage] < CHAINS_USUAL_OF && ms >= 0 && ms <= INT32_MAX)
			took[stage][count[stage]++] = ms;
	}
	statement_free(statement);
	for (int stage = 0; stage < CHAIN_STAGES; stage++) {
		if (count[stage] < CHAINS_USUAL_MIN)
			continue;
		qsort(took[stage], count[stage], sizeof(took[stage][0]), compare_numbers);
		usual->median_ms[stage] = (int32_t)took[stage][(count[stage] - 1) / 2];
		usual->slow_ms[stage] = (int32_t)took[stage][(count[stage] * 9 + 9) / 10 - 1];
	}
	return got < 0 ? -1 : 0;
}

static int read_stages(struct db *db, const struct chain_place *place, struct chain_past *past, struct err *err)
{
	struct statement *statement = prepare_at(db, "SELECT stage, took_ms FROM chain_stage WHERE cluster = ? AND namespace = ? "
	                                             "AND service = ? AND sha = ?", place, err);
	int got;

	if (!statement)
		return -1;
	statement_bind_text(statement, 4, past->sha);
	while ((got = statement_step(statement, err)) > 0) {
		int stage = word_find(stage_words, CHAIN_STAGES, statement_text(statement, 0));
		int64_t ms = statement_int(statement, 1);
		if (stage >= 0 && ms >= 0 && ms <= INT32_MAX)
			past->took_ms[stage] = (int32_t)ms;
	}
	statement_free(statement);
	return got < 0 ? -1 : 0;
}

int chains_list(struct db *db, const struct chain_place *place, size_t limit,
                void (*each)(void *arg, const struct chain_past *past), void *arg, struct err *err)
{
	struct statement *statement;
	int got = 0;

	if (!db)
		return 0;
	statement = prepare_at(db, "SELECT sha, verdict, hang, began_ms, ended_ms FROM chain WHERE cluster = ? AND namespace = ? "
	                           "AND service = ? ORDER BY ended_ms DESC LIMIT ?", place, err);
	if (!statement)
		return -1;
	statement_bind_int(statement, 4, (int64_t)limit);
	while ((got = statement_step(statement, err)) > 0) {
		struct chain_past past = {.began_ms = statement_int(statement, 3), .ended_ms = statement_int(statement, 4)};
		int verdict = word_find(chain_verdict_words, CHAIN_VERDICTS, statement_text(statement, 1));
		snprintf(past.sha, sizeof(past.sha), "%s", statement_text(statement, 0));
		if (!sha_is_whole(past.sha)) /* a file may have been edited by anyone */
			continue;
		past.verdict = verdict < 0 ? VERDICT_UNKNOWN : (enum chain_verdict)verdict;
		past.hang = hang_find(statement_text(statement, 2));
		for (size_t i = 0; i < CHAIN_STAGES; i++)
			past.took_ms[i] = -1;
		if (read_stages(db, place, &past, err) < 0) {
			got = -1;
			break;
		}
		each(arg, &past);
	}
	statement_free(statement);
	return got < 0 ? -1 : 0;
}

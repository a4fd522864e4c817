/* SPDX-License-Identifier: MIT */
#ifndef STORE_CHAINS_H
#define STORE_CHAINS_H

#include "base/err.h"
#include "model/chain.h"
#include "store/db.h"

/*
 * Chains that have ended, and how long each stage took: from them comes what is usual for a service.
 * A NULL db keeps nothing and knows nothing. CHAINS_KEPT of a service stay, the oldest go.
 */
enum { CHAINS_KEPT = 200, CHAINS_USUAL_OF = 50, CHAINS_USUAL_MIN = 5 };

/* Where a service is. */
struct chain_place {
	const char *cluster, *namespace, *service;
};

/* Keeps it, or replaces what was kept of the same commit there. In a transaction of the caller's: many
 * services can come to their end in the same moment. */
int chains_save(struct db *db, const struct chain_place *place, const struct chain *chain, int64_t now_ms,
                struct err *err) MUST_USE;

/* Median and 90th percentile of each stage over the newest CHAINS_USUAL_OF that reached it; 0 where fewer
 * than CHAINS_USUAL_MIN did. */
struct chain_usual {
	int32_t median_ms[CHAIN_STAGES], slow_ms[CHAIN_STAGES];
};
int chains_usual(struct db *db, const struct chain_place *place, struct chain_usual *usual, struct err *err) MUST_USE;

/* A chain of the past, newest first; texts live until `each` returns and were sanitised. */
struct chain_past {
	char sha[COMMIT_SHA];
	enum chain_verdict verdict;
	enum hang hang;
	int64_t began_ms, ended_ms; /* 0: not known */
	int32_t took_ms[CHAIN_STAGES]; /* -1: not known */
};
int chains_list(struct db *db, const struct chain_place *place, size_t limit,
                void (*each)(void *arg, const struct chain_past *past), void *arg, struct err *err) MUST_USE;

#endif

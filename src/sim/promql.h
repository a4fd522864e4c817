/* SPDX-License-Identifier: MIT */
#ifndef SIM_PROMQL_H
#define SIM_PROMQL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * The part of PromQL that consoles and dashboards use, over series that are functions of time:
 * selectors with all four matchers, rate and its kin, aggregations by and without, arithmetic,
 * comparisons and set operations with on, ignoring, group_left, histogram_quantile, label_replace.
 * What else there is in PromQL is refused by name.
 */
enum { LABELS_MAX = 14 };

struct label {
	const char *name, *value;
};

struct labels {
	struct label items[LABELS_MAX]; /* by name */
	int count;
};

/* A series that a store has: its value at a moment, and how fast it grows, for counters, a second. */
struct series {
	struct labels labels; /* with __name__ */
	int is_counter;
	double (*at)(const struct series *series, int64_t ms); /* a gauge's value, or a counter's growth a second */
	const void *owner;
	int cluster, service, part;
	uint64_t pod;
	double number;
};

enum match_kind { MATCH_IS, MATCH_IS_NOT, MATCH_LIKE, MATCH_NOT_LIKE };
struct matcher {
	const char *name, *value;
	enum match_kind kind;
	void *pattern; /* a compiled regular expression */
};

struct matchers {
	struct matcher items[LABELS_MAX];
	int count;
};

/* Where series come from: every one that the matchers let through goes to `found`. */
struct series_store {
	void (*find)(void *arg, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to);
	void *arg;
};

int matches(const struct matchers *matchers, const struct labels *labels);
const char *label_of(const struct labels *labels, const char *name); /* "" when there is none */
void label_set(struct labels *labels, const char *name, const char *value); /* borrowed; "" takes it away */

struct sample {
	struct labels labels;
	double value;
};

struct vector {
	struct sample *items;
	size_t count, cap;
	int is_scalar; /* one item without labels */
};

struct promql;
/* NULL and err, in Prometheus' words, when it is no query or asks for what is not here. All in the arena, but regular
 * expressions: promql_free. */
struct promql *promql_parse(struct arena *arena, const char *text, struct err *err);
void promql_free(struct promql *query);
/* The matchers of a text that is one selector; for /series. */
int promql_selector(const struct promql *query, const struct matchers **matchers);
int promql_eval(struct promql *query, const struct series_store *store, int64_t ms, struct vector *out, struct err *err) MUST_USE;

#endif

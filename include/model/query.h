/* SPDX-License-Identifier: MIT */
#ifndef MODEL_QUERY_H
#define MODEL_QUERY_H

#include "base/err.h"
#include "base/vec.h"
#include "model/fleet.h"

struct column;

/*
 * Which services, in which order. A filter is words separated by spaces, all of which must match:
 *   pay            the name, namespace, team, cluster or reason contains it (case ignored)
 *   !pay           does not
 *   team=payments  a column's text is, != is not, ~ contains
 *   rps>1k         a column's number is more; < <= >= too. What is absent or NaN never is
 *   -l tier=web    a label of a workload is; -l tier alone: has it; != and ! as above
 */
struct query {
	struct filter *filter;       /* NULL: all */
	const struct cluster *cluster; /* NULL: all */
	const struct column *sort;   /* NULL: by trouble */
	int reverse;
};

struct filter *filter_parse(const char *text, struct err *err); /* errors name the word */
void filter_free(struct filter *filter);
int filter_matches(const struct filter *filter, const struct service *service);

/* Trouble first: down and degraded, then what alerts fire about, then the rest; in each by health, then by how
 * many pods are missing, then cluster, namespace and name. A total order. */
int service_compare_trouble(const struct service *a, const struct service *b);

/* Fills `rows` with const struct service *, filtered and sorted. Rows left from the last run make
 * the sort nearly free. */
void query_run(const struct query *query, const struct fleet *fleet, struct vec *rows);

#endif

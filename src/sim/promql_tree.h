/* SPDX-License-Identifier: MIT */
#ifndef SIM_PROMQL_TREE_H
#define SIM_PROMQL_TREE_H

#include "base/vec.h"
#include "promql.h"

/* The parsed form of a query, between promql_parse.c and promql_eval.c. */
enum node_kind { NODE_NUMBER, NODE_STRING, NODE_SELECTOR, NODE_CALL, NODE_AGGREGATE, NODE_BINARY };
enum aggregate { AGGREGATE_SUM, AGGREGATE_AVG, AGGREGATE_MIN, AGGREGATE_MAX, AGGREGATE_COUNT, AGGREGATE_GROUP,
                 AGGREGATE_TOPK, AGGREGATE_BOTTOMK };
enum op { OP_OR, OP_AND, OP_UNLESS, OP_EQ, OP_NE, OP_GE, OP_LE, OP_GT, OP_LT, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
          OP_POW };
enum function { FUNCTION_NONE, FUNCTION_RATE, FUNCTION_IRATE, FUNCTION_INCREASE, FUNCTION_DELTA, FUNCTION_AVG_OVER,
                FUNCTION_MAX_OVER, FUNCTION_MIN_OVER, FUNCTION_SUM_OVER, FUNCTION_COUNT_OVER, FUNCTION_LAST_OVER,
                FUNCTION_QUANTILE, FUNCTION_LABEL_REPLACE, FUNCTION_ABS, FUNCTION_CEIL, FUNCTION_FLOOR, FUNCTION_ROUND,
                FUNCTION_CLAMP_MIN, FUNCTION_CLAMP_MAX, FUNCTION_SCALAR, FUNCTION_VECTOR, FUNCTION_TIME, FUNCTION_SORT,
                FUNCTION_SORT_DESC, FUNCTION_ABSENT, FUNCTION_HISTOGRAM_COUNT };
enum { ARGUMENTS_MAX = 6 };

struct names {
	const char *items[LABELS_MAX];
	int count;
};

struct node {
	enum node_kind kind;
	double number;
	const char *text;
	struct matchers matchers; /* of a selector */
	double range, offset;     /* seconds; range 0: instant */
	enum function function;
	enum aggregate aggregate;
	struct node *arguments[ARGUMENTS_MAX];
	int argument_count;
	struct names names, include; /* by, without, on or ignoring; group_left's */
	int without, on, matched, group, returns_bool;
	enum op op;
	struct node *left, *right;
};

struct promql {
	struct arena *arena;
	struct node *root;
	struct vec patterns; /* regex_t * */
};

enum function function_find(const char *name);

#endif

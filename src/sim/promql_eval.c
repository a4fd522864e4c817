/* SPDX-License-Identifier: MIT */
/*
 * Evaluation. A range is never made into points: the growth of a counter over a window is the mean of
 * its rate at a few moments in it, which is what a function of time allows.
 */
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "promql_tree.h"

enum { MOMENTS = 5, SAMPLES_MAX = 500000 };
/* Raw counters are shown as if they had been counting since then. */
static const double counted_ms = 1.7e12;

struct evaluation {
	struct promql *query;
	const struct series_store *store;
	int64_t ms;
	struct err *err;
};

static int fail(struct evaluation *evaluation, const char *what)
{
	if (!evaluation->err->text[0])
		err_set(evaluation->err, "%s", what);
	return -1;
}

static int vector_add(struct evaluation *evaluation, struct vector *vector, const struct labels *labels, double value)
{
	if (vector->count == vector->cap) {
		size_t cap = vector->cap ? 2 * vector->cap : 16;
		struct sample *items = cap > SAMPLES_MAX ? NULL : arena_alloc(evaluation->query->arena, cap * sizeof(*items));
		if (!items)
			return fail(evaluation, "query processing would load too many samples into memory in query execution");
		if (vector->count)
			memcpy(items, vector->items, vector->count * sizeof(*items));
		vector->items = items;
		vector->cap = cap;
	}
	vector->items[vector->count++] = (struct sample){*labels, value};
	return 0;
}

static int scalar_set(struct evaluation *evaluation, struct vector *out, double value)
{
	struct labels none = {.count = 0};
	*out = (struct vector){.is_scalar = 1};
	return vector_add(evaluation, out, &none, value);
}

/* Selectors */

struct gathering {
	struct evaluation *evaluation;
	const struct node *node;
	enum function function;
	struct vector *out;
	int result;
};

static double over_range(const struct series *series, const struct node *node, enum function function, int64_t ms)
{
	double sum = 0, most = -INFINITY, least = INFINITY, now = series->at(series, ms);
	if (function == FUNCTION_IRATE || function == FUNCTION_LAST_OVER)
		return now;
	for (int i = 0; i < MOMENTS; i++) {
		double value = series->at(series, ms - (int64_t)(node->range * 1000 * i / MOMENTS));
		sum += value;
		most = value > most ? value : most;
		least = value < least ? value : least;
	}
	switch (function) {
	case FUNCTION_INCREASE: return sum / MOMENTS * node->range;
	case FUNCTION_DELTA: return now - series->at(series, ms - (int64_t)(node->range * 1000));
	case FUNCTION_MAX_OVER: return most;
	case FUNCTION_MIN_OVER: return least;
	case FUNCTION_SUM_OVER: return sum / MOMENTS * node->range / 15;
	case FUNCTION_COUNT_OVER: return floor(node->range / 15);
	default: return sum / MOMENTS;
	}
}

static void gathered(void *to, const struct series *series)
{
	struct gathering *gathering = to;
	int64_t ms = gathering->evaluation->ms - (int64_t)(gathering->node->offset * 1000);
	struct labels labels = series->labels;
	double value;
	if (gathering->result < 0)
		return;
	if (gathering->function != FUNCTION_NONE) {
		label_set(&labels, "__name__", "");
		value = over_range(series, gathering->node, gathering->function, ms);
	} else {
		value = series->at(series, ms);
		value = series->is_counter ? floor(value * ((double)ms - counted_ms) / 1000) : value;
	}
	gathering->result = vector_add(gathering->evaluation, gathering->out, &labels, value);
}

static int select_series(struct evaluation *evaluation, const struct node *node, enum function function, struct vector *out)
{
	struct gathering gathering = {evaluation, node, function, out, 0};
	evaluation->store->find(evaluation->store->arg, &node->matchers, gathered, &gathering);
	return gathering.result;
}

/* Groups */

static int is_named(const struct names *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return 1;
	return 0;
}

/* What is left of the labels: only those named, or all but those. */
static struct labels labels_keep(const struct labels *labels, const struct names *names, int only)
{
	struct labels kept = {.count = 0};
	for (int i = 0; i < labels->count; i++)
		if (is_named(names, labels->items[i].name) == only && (only || strcmp(labels->items[i].name, "__name__") != 0))
			kept.items[kept.count++] = labels->items[i];
	return kept;
}

static char *labels_key(struct evaluation *evaluation, const struct labels *labels)
{
	size_t len = 1;
	for (int i = 0; i < labels->count; i++)
		len += strlen(labels->items[i].name) + strlen(labels->items[i].value) + 2;
	char *key = arena_alloc(evaluation->query->arena, len), *at = key;
	for (int i = 0; key && i < labels->count; i++) {
		at = stpcpy(at, labels->items[i].name);
		*at++ = '\1';
		at = stpcpy(at, labels->items[i].value);
		*at++ = '\2';
	}
	if (key)
		*at = '\0';
	else
		fail(evaluation, "the query is too large");
	return key;
}

static int evaluate(struct evaluation *evaluation, const struct node *node, struct vector *out);

static int sample_order(const void *a, const void *b)
{
	const struct sample *one = a, *other = b;
	return one->value < other->value ? -1 : one->value > other->value;
}

static int take_ranked(struct evaluation *evaluation, const struct node *node, struct vector *in, struct vector *out)
{
	struct vector number = {0};
	if (evaluate(evaluation, node->arguments[0], &number) < 0)
		return -1;
	size_t keep = number.count && number.items[0].value > 0 ? (size_t)number.items[0].value : 0;
	if (node->names.count > 0)
		return fail(evaluation, "topk and bottomk by labels are not supported by this server");
	qsort(in->items, in->count, sizeof(*in->items), sample_order);
	for (size_t i = 0; i < keep && i < in->count; i++) {
		const struct sample *sample = &in->items[node->aggregate == AGGREGATE_TOPK ? in->count - 1 - i : i];
		if (vector_add(evaluation, out, &sample->labels, sample->value) < 0)
			return -1;
	}
	return 0;
}

static int aggregate(struct evaluation *evaluation, const struct node *node, struct vector *out)
{
	struct vector in = {0};
	struct map groups;
	int result = evaluate(evaluation, node->arguments[node->argument_count - 1], &in);
	if (result < 0)
		return -1;
	if (node->aggregate >= AGGREGATE_TOPK)
		return take_ranked(evaluation, node, &in, out);
	double *counts = arena_alloc(evaluation->query->arena, (in.count + 1) * sizeof(*counts));
	if (!counts)
		return fail(evaluation, "the query is too large");
	map_init(&groups);
	for (size_t i = 0; i < in.count && result == 0; i++) {
		struct labels labels = labels_keep(&in.items[i].labels, &node->names, !node->without);
		char *key = labels_key(evaluation, &labels);
		double value = in.items[i].value;
		if (!key) {
			result = -1;
			break;
		}
		/* The group's number, from one. */
		uintptr_t at = (uintptr_t)map_get(&groups, key);
		if (!at) {
			result = vector_add(evaluation, out, &labels, value);
			at = out->count;
			counts[at - 1] = 1;
			map_put(&groups, key, (void *)at);
			continue;
		}
		double *own = &out->items[at - 1].value;
		counts[at - 1]++;
		switch (node->aggregate) {
		case AGGREGATE_MIN: *own = value < *own || isnan(*own) ? value : *own; break;
		case AGGREGATE_MAX: *own = value > *own || isnan(*own) ? value : *own; break;
		default: *own += value;
		}
	}
	for (size_t i = 0; i < out->count; i++) {
		double *own = &out->items[i].value;
		*own = node->aggregate == AGGREGATE_AVG ? *own / counts[i] : node->aggregate == AGGREGATE_COUNT ? counts[i]
		     : node->aggregate == AGGREGATE_GROUP ? 1 : *own;
	}
	map_release(&groups);
	return result;
}

/* Operators */

static int is_comparison(enum op op)
{
	return op >= OP_EQ && op <= OP_LT;
}

static double compute(enum op op, double a, double b)
{
	switch (op) {
	case OP_ADD: return a + b;
	case OP_SUB: return a - b;
	case OP_MUL: return a * b;
	case OP_DIV: return a / b;
	case OP_MOD: return fmod(a, b);
	case OP_POW: return pow(a, b);
	case OP_EQ: return a == b;
	case OP_NE: return a != b;
	case OP_GE: return a >= b;
	case OP_LE: return a <= b;
	case OP_GT: return a > b;
	case OP_LT: return a < b;
	default: return NAN;
	}
}

static int with_scalar(struct evaluation *evaluation, const struct node *node, const struct vector *left,
                       const struct vector *right, struct vector *out)
{
	const struct vector *vector = left->is_scalar ? right : left;
	double number = left->is_scalar ? left->items[0].value : right->items[0].value;
	if (left->is_scalar && right->is_scalar)
		return scalar_set(evaluation, out, compute(node->op, left->items[0].value, right->items[0].value));
	for (size_t i = 0; i < vector->count; i++) {
		struct labels labels = vector->items[i].labels;
		double value = vector->items[i].value;
		double answer = left->is_scalar ? compute(node->op, number, value) : compute(node->op, value, number);
		if (is_comparison(node->op) && !node->returns_bool) {
			if (answer == 0)
				continue;
			answer = value;
		} else {
			label_set(&labels, "__name__", "");
		}
		if (vector_add(evaluation, out, &labels, answer) < 0)
			return -1;
	}
	return 0;
}

static struct labels matched_labels(const struct node *node, const struct labels *labels)
{
	static const struct names none = {.count = 0};
	return labels_keep(labels, node->matched ? &node->names : &none, node->matched && node->on);
}

/* The right side by what it is matched with; values are numbers of samples from one. */
static int index_make(struct evaluation *evaluation, const struct node *node, const struct vector *vector, struct map *index)
{
	map_init(index);
	for (size_t i = 0; i < vector->count; i++) {
		struct labels labels = matched_labels(node, &vector->items[i].labels);
		char *key = labels_key(evaluation, &labels);
		if (!key)
			return -1;
		if (map_put(index, key, (void *)(uintptr_t)(i + 1)) && node->op > OP_UNLESS)
			return fail(evaluation, "found duplicate series for the match group on the one side of the operation: "
			                        "many-to-many matching not allowed: matching labels must be unique on one side");
	}
	return 0;
}

static int join(struct evaluation *evaluation, const struct node *node, const struct vector *many, const struct vector *one,
                const struct map *index, struct vector *out)
{
	for (size_t i = 0; i < many->count; i++) {
		struct labels labels = matched_labels(node, &many->items[i].labels);
		char *key = labels_key(evaluation, &labels);
		if (!key)
			return -1;
		uintptr_t at = (uintptr_t)map_get(index, key);
		if (!at)
			continue;
		const struct sample *other = &one->items[at - 1];
		double a = node->group > 0 ? other->value : many->items[i].value, b = node->group > 0 ? many->items[i].value : other->value;
		double answer = compute(node->op, a, b);
		if (is_comparison(node->op) && !node->returns_bool) {
			if (answer == 0)
				continue;
			answer = a;
		}
		labels = node->group ? many->items[i].labels : node->matched ? labels : many->items[i].labels;
		label_set(&labels, "__name__", "");
		for (int k = 0; k < node->include.count; k++)
			label_set(&labels, node->include.items[k], label_of(&other->labels, node->include.items[k]));
		if (vector_add(evaluation, out, &labels, answer) < 0)
			return -1;
	}
	return 0;
}

/* and, unless: what the left has, by what the right has; or: and what the right has beside. */
static int set_operation(struct evaluation *evaluation, const struct node *node, const struct vector *left,
                         const struct vector *right, struct vector *out)
{
	struct map index;
	const struct vector *indexed = node->op == OP_OR ? left : right, *walked = node->op == OP_OR ? right : left;
	int result = index_make(evaluation, node, indexed, &index);
	for (size_t i = 0; node->op == OP_OR && i < left->count && result == 0; i++)
		result = vector_add(evaluation, out, &left->items[i].labels, left->items[i].value);
	for (size_t i = 0; i < walked->count && result == 0; i++) {
		struct labels labels = matched_labels(node, &walked->items[i].labels);
		char *key = labels_key(evaluation, &labels);
		if (!key)
			result = -1;
		else if ((map_get(&index, key) != NULL) == (node->op == OP_AND))
			result = vector_add(evaluation, out, &walked->items[i].labels, walked->items[i].value);
	}
	map_release(&index);
	return result;
}

static int binary(struct evaluation *evaluation, const struct node *node, struct vector *out)
{
	struct vector left = {0}, right = {0};
	struct map index;
	if (evaluate(evaluation, node->left, &left) < 0 || evaluate(evaluation, node->right, &right) < 0)
		return -1;
	if (node->op <= OP_UNLESS) {
		if (left.is_scalar || right.is_scalar)
			return fail(evaluation, "set operator not allowed in binary scalar expression");
		return set_operation(evaluation, node, &left, &right, out);
	}
	if (left.is_scalar || right.is_scalar)
		return with_scalar(evaluation, node, &left, &right, out);
	const struct vector *one = node->group > 0 ? &left : &right, *many = node->group > 0 ? &right : &left;
	int result = index_make(evaluation, node, one, &index);
	if (result == 0)
		result = join(evaluation, node, many, one, &index, out);
	map_release(&index);
	return result;
}

/* Functions */

static const struct {
	const char *name;
	enum function function;
	int ranged, arguments;
} functions[] = {
	{"rate", FUNCTION_RATE, 1, 1}, {"irate", FUNCTION_IRATE, 1, 1}, {"increase", FUNCTION_INCREASE, 1, 1},
	{"delta", FUNCTION_DELTA, 1, 1}, {"avg_over_time", FUNCTION_AVG_OVER, 1, 1}, {"max_over_time", FUNCTION_MAX_OVER, 1, 1},
	{"min_over_time", FUNCTION_MIN_OVER, 1, 1}, {"sum_over_time", FUNCTION_SUM_OVER, 1, 1},
	{"count_over_time", FUNCTION_COUNT_OVER, 1, 1}, {"last_over_time", FUNCTION_LAST_OVER, 1, 1},
	{"histogram_quantile", FUNCTION_QUANTILE, 0, 2}, {"histogram_count", FUNCTION_HISTOGRAM_COUNT, 0, 1},
	{"label_replace", FUNCTION_LABEL_REPLACE, 0, 5}, {"abs", FUNCTION_ABS, 0, 1}, {"ceil", FUNCTION_CEIL, 0, 1},
	{"floor", FUNCTION_FLOOR, 0, 1}, {"round", FUNCTION_ROUND, 0, 1}, {"clamp_min", FUNCTION_CLAMP_MIN, 0, 2},
	{"clamp_max", FUNCTION_CLAMP_MAX, 0, 2}, {"scalar", FUNCTION_SCALAR, 0, 1}, {"vector", FUNCTION_VECTOR, 0, 1},
	{"time", FUNCTION_TIME, 0, 0}, {"sort", FUNCTION_SORT, 0, 1}, {"sort_desc", FUNCTION_SORT_DESC, 0, 1},
	{"absent", FUNCTION_ABSENT, 0, 1},
};

enum function function_find(const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(functions[i].name, name) == 0)
			return functions[i].function;
	return FUNCTION_NONE;
}

struct bucket {
	double bound, count;
	uintptr_t group;
};

static int bucket_order(const void *a, const void *b)
{
	const struct bucket *one = a, *other = b;
	if (one->group != other->group)
		return one->group < other->group ? -1 : 1;
	return one->bound < other->bound ? -1 : one->bound > other->bound;
}

/* As Prometheus does: linear inside of a bucket; what is beyond the last bound is at that bound. */
static double quantile_of(const struct bucket *buckets, size_t count, double quantile)
{
	size_t at = 0;
	if (count < 2 || !isinf(buckets[count - 1].bound) || buckets[count - 1].count <= 0)
		return NAN;
	double rank = quantile * buckets[count - 1].count;
	while (at < count - 1 && buckets[at].count < rank)
		at++;
	if (at == count - 1)
		return buckets[count - 2].bound;
	double low = at ? buckets[at - 1].bound : 0, below = at ? buckets[at - 1].count : 0, in = buckets[at].count - below;
	return low + (buckets[at].bound - low) * (in > 0 ? (rank - below) / in : 0);
}

static int quantile(struct evaluation *evaluation, const struct vector *number, const struct vector *in, struct vector *out)
{
	static const struct names le = {.items = {"le"}, .count = 1};
	struct bucket *buckets = arena_alloc(evaluation->query->arena, (in->count + 1) * sizeof(*buckets));
	struct map groups;
	size_t count = 0;
	int result = 0;
	if (!buckets)
		return fail(evaluation, "the query is too large");
	map_init(&groups);
	for (size_t i = 0; i < in->count && result == 0; i++) {
		const char *bound = label_of(&in->items[i].labels, "le");
		struct labels labels = labels_keep(&in->items[i].labels, &le, 0);
		char *key = labels_key(evaluation, &labels);
		if (!key || !*bound) {
			result = key ? 0 : -1;
			continue;
		}
		uintptr_t group = (uintptr_t)map_get(&groups, key);
		if (!group) {
			result = vector_add(evaluation, out, &labels, NAN);
			group = out->count;
			map_put(&groups, key, (void *)group);
		}
		buckets[count++] = (struct bucket){strcmp(bound, "+Inf") == 0 ? INFINITY : strtod(bound, NULL), in->items[i].value, group};
	}
	map_release(&groups);
	qsort(buckets, count, sizeof(*buckets), bucket_order);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from; to < count && buckets[to].group == buckets[from].group; to++)
			;
		out->items[buckets[from].group - 1].value = quantile_of(buckets + from, to - from, number->items[0].value);
	}
	return result;
}

static int label_replace(struct evaluation *evaluation, const struct node *node, struct vector *out)
{
	const char *texts[4];
	struct vector in = {0};
	regex_t pattern;
	char whole[512];
	for (int i = 0; i < 4; i++)
		if (node->arguments[i + 1]->kind != NODE_STRING || !(texts[i] = node->arguments[i + 1]->text))
			return fail(evaluation, "label_replace takes four strings behind the vector");
	if (evaluate(evaluation, node->arguments[0], &in) < 0)
		return -1;
	if (snprintf(whole, sizeof(whole), "^(%s)$", texts[3]) >= (int)sizeof(whole) || regcomp(&pattern, whole, REG_EXTENDED) != 0)
		return fail(evaluation, "invalid regular expression in label_replace()");
	int result = 0;
	for (size_t i = 0; i < in.count && result == 0; i++) {
		struct labels labels = in.items[i].labels;
		const char *value = label_of(&labels, texts[2]);
		regmatch_t found[10];
		if (regexec(&pattern, value, 10, found, 0) == 0) {
			char made[512];
			size_t len = 0;
			for (const char *at = texts[1]; *at && len < sizeof(made) - 1; at++) {
				int group = at[0] == '$' && at[1] >= '0' && at[1] <= '9' ? at[1] - '0' + 1 : 0;
				if (!group) {
					made[len++] = *at;
					continue;
				}
				at++;
				size_t size = group < 10 && found[group].rm_so >= 0 ? (size_t)(found[group].rm_eo - found[group].rm_so) : 0;
				size = size < sizeof(made) - 1 - len ? size : sizeof(made) - 1 - len;
				memcpy(made + len, value + (size ? found[group].rm_so : 0), size);
				len += size;
			}
			char *kept = arena_alloc(evaluation->query->arena, len + 1);
			if (!kept) {
				result = fail(evaluation, "the query is too large");
				break;
			}
			memcpy(kept, made, len);
			kept[len] = '\0';
			label_set(&labels, texts[0], kept);
		}
		result = vector_add(evaluation, out, &labels, in.items[i].value);
	}
	regfree(&pattern);
	return result;
}

static double apply(enum function function, double value, double number)
{
	switch (function) {
	case FUNCTION_ABS: return fabs(value);
	case FUNCTION_CEIL: return ceil(value);
	case FUNCTION_FLOOR: return floor(value);
	case FUNCTION_ROUND: return floor(value + 0.5);
	case FUNCTION_CLAMP_MIN: return value < number ? number : value;
	case FUNCTION_CLAMP_MAX: return value > number ? number : value;
	default: return value;
	}
}

static int sample_order_down(const void *a, const void *b)
{
	return sample_order(b, a);
}

static int call(struct evaluation *evaluation, const struct node *node, struct vector *out)
{
	struct vector in = {0}, second = {0};
	size_t which = 0;
	struct labels none = {.count = 0};
	while (functions[which].function != node->function)
		which++;
	if (node->argument_count != functions[which].arguments)
		return fail(evaluation, "wrong number of arguments in call");
	if (functions[which].ranged) {
		const struct node *range = node->arguments[0];
		if (range->kind != NODE_SELECTOR || range->range <= 0)
			return fail(evaluation, "expected type range vector in call to function");
		return select_series(evaluation, range, node->function, out);
	}
	if (node->function == FUNCTION_LABEL_REPLACE)
		return label_replace(evaluation, node, out);
	if ((node->argument_count > 0 && evaluate(evaluation, node->arguments[0], &in) < 0) ||
	    (node->argument_count > 1 && evaluate(evaluation, node->arguments[1], &second) < 0))
		return -1;
	switch (node->function) {
	case FUNCTION_TIME: return scalar_set(evaluation, out, (double)evaluation->ms / 1000);
	case FUNCTION_SCALAR: return scalar_set(evaluation, out, in.count == 1 ? in.items[0].value : NAN);
	case FUNCTION_QUANTILE: return in.is_scalar ? quantile(evaluation, &in, &second, out) : fail(evaluation, "expected type scalar in call to function \"histogram_quantile\"");
	case FUNCTION_ABSENT: return in.count ? 0 : vector_add(evaluation, out, &none, 1);
	case FUNCTION_SORT:
	case FUNCTION_SORT_DESC:
		*out = in;
		qsort(out->items, out->count, sizeof(*out->items), node->function == FUNCTION_SORT ? sample_order : sample_order_down);
		return 0;
	case FUNCTION_VECTOR:
		return in.is_scalar ? vector_add(evaluation, out, &none, in.items[0].value) : fail(evaluation, "expected type scalar in call to function \"vector\"");
	default: break;
	}
	for (size_t i = 0; i < in.count; i++) {
		struct labels labels = in.items[i].labels;
		label_set(&labels, "__name__", "");
		if (vector_add(evaluation, out, &labels, apply(node->function, in.items[i].value, second.count ? second.items[0].value : 0)) < 0)
			return -1;
	}
	return 0;
}

static int evaluate(struct evaluation *evaluation, const struct node *node, struct vector *out)
{
	*out = (struct vector){0};
	switch (node->kind) {
	case NODE_NUMBER: return scalar_set(evaluation, out, node->number);
	case NODE_SELECTOR:
		if (node->range > 0)
			return fail(evaluation, "invalid expression type \"range vector\" for this query, must be Scalar or instant Vector");
		return select_series(evaluation, node, FUNCTION_NONE, out);
	case NODE_CALL: return call(evaluation, node, out);
	case NODE_AGGREGATE: return aggregate(evaluation, node, out);
	case NODE_BINARY: return binary(evaluation, node, out);
	default: return fail(evaluation, "a string is no expression here");
	}
}

int promql_eval(struct promql *query, const struct series_store *store, int64_t ms, struct vector *out, struct err *err)
{
	struct evaluation evaluation = {query, store, ms, err};
	err->text[0] = '\0';
	return evaluate(&evaluation, query->root, out);
}

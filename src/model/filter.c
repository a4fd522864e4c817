/* SPDX-License-Identifier: MIT */
/*
 * The filter language: words that must all match. A word is one test; what tests a column asks the
 * column for its text, so that a filter sees what a person sees. Quotes keep spaces in a word:
 * reason~"back-off 5m".
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "model/column.h"
#include "model/query.h"
#include "model/workload.h"

enum test_kind { TEST_TEXT, TEST_COLUMN, TEST_LABEL };
enum { TESTS_MAX = 64, WORD_MAX = 256 };

struct test {
	enum test_kind kind;
	int negated, contains;
	char than;   /* '<' or '>', with or_equal: compares numbers */
	int or_equal;
	double number;
	const struct column *column;
	char *key;   /* of a label */
	char *value; /* NULL: the label need only be there */
};

struct filter {
	size_t count;
	struct test tests[];
};

/* Takes the next word off `*text`, without its quotes. Returns its length; 0 at the end. */
static size_t word_next(const char **text, char word[WORD_MAX], struct err *err, int *failed)
{
	const char *at = *text + strspn(*text, " \t");
	size_t len = 0;
	int quoted = 0;
	for (; *at && (quoted || !strchr(" \t", *at)); at++) {
		if (*at == '"') {
			quoted = !quoted;
			continue;
		}
		if (len + 1 >= WORD_MAX) {
			*failed = err_set(err, "filter: a word is longer than %d bytes", WORD_MAX - 1);
			return 0;
		}
		word[len++] = *at;
	}
	word[len] = '\0';
	if (quoted)
		*failed = err_set(err, "filter: the quote before \"%s\" is not closed", word);
	*text = at;
	return *failed ? 0 : len;
}

/* Splits "key=value", "key!=value" and, for columns, "key~value". Returns 0 when there is no operator. */
static int word_split(char *word, const char *operators, struct test *test, char **value)
{
	char *at = strpbrk(word, operators);
	if (!at || at == word)
		return 0;
	test->contains = *at == '~';
	test->than = *at == '<' || *at == '>' ? *at : 0;
	*value = at + 1;
	*at = '\0';
	if (test->than && **value == '=') {
		test->or_equal = 1;
		(*value)++;
	}
	if (at[-1] == '!' && at - 1 > word) {
		test->negated = 1;
		at[-1] = '\0';
	}
	return 1;
}

static int label_parse(char *word, struct test *test, struct err *err)
{
	char *value = NULL;
	if (word[0] == '!') {
		test->negated = 1;
		word++;
	}
	if (word_split(word, "=", test, &value) && *value == '=')
		value++; /* kubectl takes == too */
	if (!word[0])
		return err_set(err,
		               "filter: -l needs a label: -l tier=web, -l tier!=web, -l tier or -l !tier");
	test->kind = TEST_LABEL;
	test->key = mem_copy_string(word);
	test->value = mem_copy_string(value);
	return 0;
}

static int column_parse(const char *word, const char *key, struct test *test, struct err *err)
{
	const char *names[64];
	size_t count = 0;
	test->kind = TEST_COLUMN;
	test->column = column_find(key);
	if (test->column)
		return 0;
	for (; count < column_count && count < sizeof(names) / sizeof(names[0]); count++)
		names[count] = columns[count].key;
	const char *near = spell_nearest(key, names, count);
	if (near)
		return err_set(err, "filter: \"%s\": there is no column \"%s\"; did you mean \"%s\"?", word,
		               key, near);
	return err_set(
	    err, "filter: \"%s\": there is no column \"%s\"; ready, team, health and others are (see help)",
	    word, key);
}

/* "rps>1k", "err>=0.5": the number behind the comparison, in the unit of the cell. */
static int than_parse(const char *word, struct test *test, struct err *err)
{
	static const char units[] = "kMGTP";
	char *end;
	if (!test->than)
		return 0;
	if (!test->column->number)
		return err_set(err, "filter: \"%s\": the column %s holds no number to compare", word, test->column->key);
	test->number = strtod(test->value, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;
	for (const char *at = units; unit && at <= unit; at++)
		test->number *= 1000;
	if (end == test->value || (*end && (!unit || end[1])))
		return err_set(err, "filter: \"%s\": \"%s\" is no number", word, test->value);
	return 0;
}

static int test_parse(char *word, struct test *test, struct err *err)
{
	char whole[WORD_MAX], *value = NULL;
	memcpy(whole, word, strlen(word) + 1);
	if (word_split(word, "=~<>", test, &value)) {
		test->value = mem_copy_string(value);
		return column_parse(whole, word, test, err) < 0 ? -1 : than_parse(whole, test, err);
	}
	if (word[0] == '!') {
		test->negated = 1;
		word++;
	}
	if (!word[0])
		return err_set(err, "filter: \"%s\": nothing stands behind the !", whole);
	test->kind = TEST_TEXT;
	test->value = mem_copy_string(word);
	return 0;
}

static struct filter *filter_grow(struct filter *filter)
{
	size_t count = filter ? filter->count : 0;
	filter = mem_resize(filter, 1, sizeof(*filter) + (count + 1) * sizeof(filter->tests[0]));
	filter->tests[count] = (struct test){0};
	filter->count = count + 1;
	return filter;
}

/* The labels of one "-l", separated by commas as in kubectl. */
static int labels_parse(struct filter **filter, char *word, struct err *err)
{
	char *rest = word;
	while (rest) {
		char *one = strsep(&rest, ",");
		*filter = filter_grow(*filter);
		if (label_parse(one, &(*filter)->tests[(*filter)->count - 1], err) < 0)
			return -1;
	}
	return 0;
}

struct filter *filter_parse(const char *text, struct err *err)
{
	char word[WORD_MAX];
	int failed = 0;
	struct filter *filter = mem_new(sizeof(*filter));
	while (!failed && word_next(&text, word, err, &failed) > 0) {
		if (filter->count >= TESTS_MAX) {
			failed = err_set(err, "filter: more than %d words", TESTS_MAX);
		} else if (strcmp(word, "-l") == 0) {
			word_next(&text, word, err, &failed);
			if (!failed)
				failed = labels_parse(&filter, word, err);
		} else {
			filter = filter_grow(filter);
			failed = test_parse(word, &filter->tests[filter->count - 1], err);
		}
	}
	if (!failed)
		return filter;
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->count; i++) {
		free(filter->tests[i].key);
		free(filter->tests[i].value);
	}
	free(filter);
}

static int text_matches(const struct test *test, const struct service *service)
{
	const char *const places[] = {service->name, service->namespace, service->team,
		service->cluster->name,
		service->reason};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcasestr(places[i], test->value))
			return 1;
	return 0;
}

static int column_matches(const struct test *test, const struct service *service)
{
	char room[512];
	struct text text = text_in(room, sizeof(room));
	if (test->than) {
		double number = test->column->absent && test->column->absent(service) ? NAN : test->column->number(service);
		return test->than == '<' ? number < test->number || (test->or_equal && number == test->number)
		                         : number > test->number || (test->or_equal && number == test->number);
	}
	test->column->format(service, &text);
	return test->contains ? strcasestr(room, test->value) != NULL : strcasecmp(room, test->value) == 0;
}

static int label_matches(const struct test *test, const struct service *service)
{
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		for (uint16_t j = 0; j < workload->label_count; j++)
			if (strcmp(workload->labels[j].key, test->key) == 0 &&
			    (!test->value || strcmp(workload->labels[j].value, test->value) == 0))
				return 1;
	}
	return 0;
}

int filter_matches(const struct filter *filter, const struct service *service)
{
	static int (*const matches[])(const struct test *, const struct service *) = {
		[TEST_TEXT] = text_matches, [TEST_COLUMN] = column_matches, [TEST_LABEL] = label_matches,
	};
	for (size_t i = 0; filter && i < filter->count; i++)
		if (matches[filter->tests[i].kind](&filter->tests[i], service) == filter->tests[i].negated)
			return 0;
	return 1;
}

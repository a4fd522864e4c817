/* SPDX-License-Identifier: MIT */
/* The embedded Prometheus' expressions, over a store of a few series. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/sim/promql.h"

static double at_number(const struct series *series, int64_t ms)
{
	(void)ms;
	return series->number;
}

/* requests_total{service,code} grows by 9 and 1, and by 3 and 0, a second; buckets below 0.1, 1 and all. */
static void find(void *arg, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to)
{
	static const struct {
		const char *name, *service, *label, *value;
		double number;
	} rows[] = {{"requests_total", "a", "code", "200", 9}, {"requests_total", "a", "code", "500", 1},
	            {"requests_total", "b", "code", "200", 3}, {"seconds_bucket", "a", "le", "0.1", 5},
	            {"seconds_bucket", "a", "le", "1", 10}, {"seconds_bucket", "a", "le", "+Inf", 10}};
	(void)arg;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct series series = {.is_counter = 1, .at = at_number, .number = rows[i].number};
		label_set(&series.labels, "__name__", rows[i].name);
		label_set(&series.labels, "service", rows[i].service);
		label_set(&series.labels, rows[i].label, rows[i].value);
		if (matches(matchers, &series.labels))
			found(to, &series);
	}
}

/* "service=value" of each sample, or the error. */
static void answer(const char *text, char *out, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	const struct series_store store = {find, NULL};
	struct vector vector = {0};
	struct err err = {0};
	struct promql *query = promql_parse(arena, text, &err);
	out[0] = '\0';
	if (!query || promql_eval(query, &store, 1000000, &vector, &err) < 0)
		snprintf(out, size, "%s", err.text);
	for (size_t i = 0; i < vector.count; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s=%g", i ? " " : "", label_of(&vector.items[i].labels, "service"),
		         vector.items[i].value);
	promql_free(query);
	arena_free(arena);
}

static void test_what_it_computes(void **state)
{
	static const char *const cases[][2] = {
		{"sum by (service) (rate(requests_total[5m]))", "a=10 b=3"},
		{"sum(rate(requests_total{code=~\"5..\"}[5m]))", "=1"},
		{"sum by (service) (rate(requests_total{code=~\"5..\"}[5m])) or 0 * sum by (service) (rate(requests_total[5m]))", "a=1 b=0"},
		{"1000 * histogram_quantile(0.75, sum by (service, le) (rate(seconds_bucket[5m])))", "a=550"},
		{"sum by (service) (rate(requests_total{code!=\"200\"}[1m])) / sum by (service) (rate(requests_total[1m]))", "a=0.1"},
		{"sum by (service) (rate(requests_total[5m])) > 5", "a=10"},
		{"count(requests_total)", "=3"},
		{"2 + 3 * 4 ^ 0.5", "=8"},
		{"sum(rate(requests_total[5m])) and on () count(nothing)", ""},
		{"topk(1, sum by (service) (rate(requests_total[5m])))", "a=10"},
		{"label_replace(sum(rate(requests_total[5m])), \"service\", \"x\", \"\", \"\")", "x=13"},
	};
	char got[512];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer(cases[i][0], got, sizeof(got));
		if (strcmp(got, cases[i][1]) != 0)
			fail_msg("%s gives %s, not %s", cases[i][0], got, cases[i][1]);
	}
}

static void test_what_it_refuses(void **state)
{
	static const char *const cases[][2] = {
		{"predict_linear(x[5m], 3)", "not supported"}, {"sum(", "parse error"}, {"rate(requests_total)", "range vector"},
		{"{}", "non-empty matcher"}, {"x[5m", "closing bracket"}, {"", "a name was expected"}, {"x[5m:1m]", "subqueries"},
		{"requests_total{code=~\"(\"}", "regexp"},
	};
	char got[512];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer(cases[i][0], got, sizeof(got));
		if (!strstr(got, cases[i][1]))
			fail_msg("%s says %s, not %s", cases[i][0], got, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_computes),
		cmocka_unit_test(test_what_it_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

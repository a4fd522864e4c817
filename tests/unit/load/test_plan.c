/* SPDX-License-Identifier: MIT */
/* Intended moments: as many as the area says, in order, shared out without loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/plan.h"

static void test_moments(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct arrivals arrivals;
	double last = 0;
	(void)state;
	assert_non_null(plan);
	plan_add(plan, 0, 10, 100, 100, 1);
	plan_add(plan, 10, 10, 0, 200, 0);
	plan_add(plan, 20, 5, 300, 300, 0);
	plan_add(plan, 25, 10, 300, 0, 0);
	atomic_store(&plan->closed, 1);
	assert_true(plan_end(plan) == 35);
	assert_true(fabs(plan_requests(plan, 15) - 1250) < 1e-6);
	assert_true(fabs(plan_rate(plan, 15) - 100) < 1e-9);
	assert_true(fabs(plan_requests(plan, 99) - 5000) < 1e-6);
	arrivals_init(&arrivals, plan, 0, 1, 0, 0);
	for (int i = 0; i < 5000; i++) {
		assert_false(isinf(arrivals.next));
		assert_true(arrivals.next >= last && arrivals.next <= 35);
		assert_true(fabs(plan_requests(plan, arrivals.next) - i) < 1e-6);
		last = arrivals.next;
		arrivals_take(&arrivals);
	}
	assert_true(isinf(arrivals.next));
	assert_true(arrivals_done(&arrivals));
	free(plan);
}

static void test_shared_out(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	uint64_t total = 0;
	(void)state;
	assert_non_null(plan);
	for (int i = 0; i < 3; i++)
		plan_add(plan, i, 1, 1.0 / 3, 1.0 / 3, 0);
	plan_add(plan, 3, 4, 1000, 333, 0);
	atomic_store(&plan->closed, 1);
	for (int i = 0; i < 7; i++) {
		struct arrivals arrivals;
		for (arrivals_init(&arrivals, plan, i, 7, 0, 0); !isinf(arrivals.next);)
			arrivals_take(&arrivals);
		total += arrivals.count;
	}
	assert_int_equal(total, 1 + 2666);
	free(plan);
}

static void test_added_while_read(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct arrivals arrivals;
	(void)state;
	assert_non_null(plan);
	arrivals_init(&arrivals, plan, 0, 1, 0, 0);
	assert_true(isinf(arrivals.next));
	assert_false(arrivals_done(&arrivals));
	plan_add(plan, 5, 1, 2, 2, 0);
	arrivals_look(&arrivals);
	assert_true(arrivals.next == 5);
	arrivals_take(&arrivals);
	assert_true(arrivals.next == 5.5);
	arrivals_take(&arrivals);
	assert_true(isinf(arrivals.next));
	plan_add(plan, 9, 1, 1, 1, 0);
	arrivals_look(&arrivals);
	assert_true(arrivals.next == 9);
	free(plan);
}

static void test_poisson(void **state)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct arrivals arrivals, same;
	double last = 0, sum = 0, squares = 0;
	(void)state;
	assert_non_null(plan);
	plan_add(plan, 0, 100, 1000, 1000, 0);
	atomic_store(&plan->closed, 1);
	arrivals_init(&arrivals, plan, 0, 1, 1, 42);
	same = arrivals;
	while (!isinf(arrivals.next)) {
		double gap = arrivals.next - last;
		assert_true(same.next == arrivals.next);
		sum += gap;
		squares += gap * gap;
		last = arrivals.next;
		arrivals_take(&arrivals);
		arrivals_take(&same);
	}
	/* The mean gap is 1 ms, and its deviation as large as the mean. */
	double n = (double)arrivals.count, mean = sum / n;
	assert_true(fabs(n - 100000) < 2000);
	assert_true(fabs(sqrt(squares / n - mean * mean) / mean - 1) < 0.03);
	free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_moments), cmocka_unit_test(test_shared_out), cmocka_unit_test(test_added_while_read),
	    cmocka_unit_test(test_poisson),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

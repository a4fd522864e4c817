/* SPDX-License-Identifier: MIT */
/* Intents applied to files, commit messages there and back, plans, and history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "flag/history.h"
#include "flag/plan.h"

static const char *const files[] = {
    "platform/defaults.yaml", "pdb: {enabled: true}\n",
    "services/pay/prod/platform.yaml", "# pay\nhpa:\n  minReplicas: 3 # peak\nkeda:\n  triggers:\n    - {type: cron}\n",
    "services/pay/dev/platform.yaml", "",
    "services/web/prod/platform.yaml", "rollout: {maxSurge: '10%'}\n", NULL};

static struct flag_tree *tree_of(const char *catalog)
{
	struct flag_tree *tree = flag_tree_new();
	struct err err = {0};
	if (flag_tree_set_catalog(tree, "flags.yaml", catalog, catalog ? strlen(catalog) : 0, &err) < 0)
		fail_msg("%s", err.text);
	for (const char *const *at = files; *at; at += 2)
		flag_tree_add(tree, at[0], at[1], strlen(at[1]));
	flag_tree_finish(tree);
	return tree;
}

static void add(struct flag_change *change, const struct flag_tree *tree, const char *key, const char *service, const char *env, const char *to)
{
	struct err err = {0};
	if (flag_change_add(change, tree, key, service, env, NULL, to, &err) < 0)
		fail_msg("%s", err.text);
}

/* The file after the change, or NULL and why. */
static char *apply(const struct flag_change *change, const char *path, const char *bytes, struct err *err)
{
	struct git_before before = {path, bytes, bytes ? strlen(bytes) : 0};
	struct git_after after = {0};
	char *message = NULL;
	int result = flag_change_apply((void *)(uintptr_t)change, "base", &before, &after, 1, &message, err);
	free(message);
	if (result < 0)
		return NULL;
	return after.touched ? after.bytes : mem_copy_string(bytes);
}

static void test_apply(void **state)
{
	static const struct {
		const char *key, *service, *env, *to, *before, *after;
	} cases[] = {
	    {"hpa.minReplicas", "pay", "prod", "5", "# pay\nhpa:\n  minReplicas: 3 # peak\n", "# pay\nhpa:\n  minReplicas: 5 # peak\n"},
	    {"hpa.enabled", "pay", "dev", "on", "", "hpa:\n  enabled: true\n"},
	    {"hpa.enabled", "pay", "dev", "off", NULL, "hpa:\n  enabled: false\n"},
	    {"rollout.maxSurge", "web", "prod", "20%", "rollout: {maxSurge: '10%'}\n", "rollout: {maxSurge: '20%'}\n"},
	    {"rollout.maxUnavailable", "web", "prod", "1", "rollout: {maxSurge: '10%'}\n", "rollout: {maxSurge: '10%', maxUnavailable: \"1\"}\n"},
	    {"keda.triggers", "pay", "prod", "[{type: cpu}]", "keda:\n  triggers:\n    - {type: cron}\nx: 1\n", "x: 1\nkeda:\n  triggers: [{type: cpu}]\n"},
	    {"hpa.minReplicas", "pay", "prod", NULL, "# pay\nhpa:\n  minReplicas: 3 # peak\n", "# pay\n"},
	    {"network.zone", "pay", "dev", "dmz", "", "network:\n  zone: dmz\n"},
	    {"progressive.interval", "pay", "dev", "90s", "", "progressive:\n  interval: 90s\n"},
	};
	struct flag_tree *tree = tree_of(NULL);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flag_change change;
		struct err err = {0};
		flag_change_init(&change);
		add(&change, tree, cases[i].key, cases[i].service, cases[i].env, cases[i].to);
		char *after = apply(&change, change.items[0].file, cases[i].before, &err);
		if (!after || strcmp(after, cases[i].after) != 0)
			fail_msg("%zu %s: %s%s", i, cases[i].key, after ? after : "", err.text);
		free(after);
		flag_change_release(&change);
	}
	flag_tree_free(tree);
}

static void test_somebody_was_faster(void **state)
{
	struct flag_tree *tree = tree_of(NULL);
	struct flag_change change;
	struct err err = {0};
	(void)state;
	flag_change_init(&change);
	add(&change, tree, "hpa.minReplicas", "pay", "prod", "5");
	/* Another value of the same file is no conflict. */
	char *after = apply(&change, change.items[0].file, "hpa:\n  minReplicas: 3\n  maxReplicas: 9\n", &err);
	assert_string_equal(after, "hpa:\n  minReplicas: 5\n  maxReplicas: 9\n");
	free(after);
	/* Done by somebody else: nothing is left to do. */
	after = apply(&change, change.items[0].file, "hpa:\n  minReplicas: 5\n", &err);
	assert_string_equal(after, "hpa:\n  minReplicas: 5\n");
	free(after);
	assert_null(apply(&change, change.items[0].file, "hpa:\n  minReplicas: 4\n", &err));
	assert_non_null(strstr(err.text, "hpa.minReplicas of pay/prod was 3 when this was planned and is 4 now"));
	flag_change_release(&change);
	flag_tree_free(tree);
}

static void test_refused(void **state)
{
	static const struct {
		const char *key, *service, *env, *to, *words;
	} cases[] = {
	    {"hpa.enabeld", "pay", "prod", "true", "did you mean \"hpa.enabled\"?"},
	    {"hpa.enabled", "pya", "prod", "true", "did you mean \"pay\"?"},
	    {"hpa.enabled", "pay", "prd", "true", "did you mean \"prod\"?"},
	    {"hpa.enabled", "web", "dev", "true", "web has no values in dev"},
	    {"hpa.enabled", "pay", "prod", "maybe", "must be true or false"},
	    {"hpa.minReplicas", "pay", "prod", "1000", "must be at most 100"},
	    {"network.zone", "pay", "prod", "dms", "did you mean \"dmz\"?"},
	    {"keda.triggers", "pay", "prod", "cron", "must be a list"},
	    {"progressive.interval", "pay", "prod", "1s", "at least 10"},
	};
	struct flag_tree *tree = tree_of(NULL);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flag_change change;
		struct err err = {0};
		flag_change_init(&change);
		if (flag_change_add(&change, tree, cases[i].key, cases[i].service, cases[i].env, NULL, cases[i].to, &err) == 0)
			fail_msg("%s=%s was taken", cases[i].key, cases[i].to);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s=%s: %s", cases[i].key, cases[i].to, err.text);
		flag_change_release(&change);
	}
	struct flag_change change;
	struct err err = {0};
	flag_change_init(&change);
	assert_int_equal(flag_change_set_reason(&change, "two\nFlag: forged", &err), -1);
	assert_int_equal(flag_change_set_reason(&change, "  ", &err), -1);
	assert_int_equal(flag_change_set_reason(&change, "peak", &err), 0);
	assert_int_equal(flag_change_set_guard(&change, "errorRatio<1%", "10m", &err), 0);
	assert_int_equal(flag_change_set_guard(&change, "P99<300ms", "10m", &err), 0);
	assert_int_equal(flag_change_set_guard(&change, "errorRate<1%", "10m", &err), -1);
	assert_int_equal(flag_change_set_guard(&change, "errorRatio", "10m", &err), -1);
	assert_int_equal(flag_change_set_guard(&change, "p99<x", "10m", &err), -1);
	assert_int_equal(flag_change_set_guard(&change, "p99<300ms", "soon", &err), -1);
	flag_change_release(&change);
	flag_tree_free(tree);
}

static void test_message_there_and_back(void **state)
{
	struct flag_tree *tree = tree_of(NULL);
	struct flag_change change, back;
	struct err err = {0};
	(void)state;
	flag_change_init(&change);
	add(&change, tree, "hpa.enabled", "pay", "prod", "true");
	add(&change, tree, "hpa.enabled", "pay", "dev", "true");
	add(&change, tree, "hpa.minReplicas", "pay", "prod", "5");
	assert_int_equal(flag_change_set_reason(&change, "peak: season", &err), 0);
	assert_int_equal(flag_change_set_guard(&change, "p99<300ms", "10m", &err), 0);
	change.expires = mem_copy_string("2026-11-24T18:00:00Z");
	char *message = flag_change_message(&change), *body = strchr(message, '\n');
	*body++ = '\0';
	assert_string_equal(message, "hpa.enabled true and 1 more in pay/prod and 2 more");
	assert_int_equal(flag_change_parse(&back, message, body), 1);
	assert_string_equal(back.id, change.id);
	assert_string_equal(back.reason, "peak: season");
	assert_string_equal(back.guard, "p99<300ms");
	assert_string_equal(back.expires, change.expires);
	assert_int_equal(back.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(back.items[i].key, change.items[i].key);
		assert_string_equal(back.items[i].service, change.items[i].service);
		assert_string_equal(back.items[i].env, change.items[i].env);
		assert_string_equal(back.items[i].to, change.items[i].to);
		assert_true(!back.items[i].from == !change.items[i].from);
	}
	assert_string_equal(back.items[2].from, "3");
	flag_change_release(&back);
	assert_int_equal(flag_change_parse(&back, "Fix a typo", "Signed-off-by: Ada\n"), 0);
	free(message);
	flag_change_release(&change);
	flag_tree_free(tree);
}

static void test_plan(void **state)
{
	struct flag_tree *tree = tree_of(NULL);
	struct flag_change change;
	struct flag_plan plan;
	struct err err = {0};
	(void)state;
	flag_change_init(&change);
	add(&change, tree, "hpa.enabled", "pay", "prod", "true");
	add(&change, tree, "observability.tracing", "pay", "prod", "true");
	add(&change, tree, "pdb.enabled", "pay", "dev", "true"); /* holds already, by the defaults */
	assert_int_equal(flag_plan_make(&plan, tree, &change, 0, &err), 0);
	assert_int_equal(plan.files, 2);
	assert_false(plan.nothing);
	assert_true(plan.restarts_pods);
	assert_true(plan.protected);
	assert_string_equal(plan.effects.items[0], "create HorizontalPodAutoscaler: pay/prod");
	assert_true(plan.rows[2].same);
	assert_non_null(strstr(plan.diff.data, "+  enabled: true\n"));
	assert_int_equal(plan.problems.count, 0);
	flag_plan_release(&plan);
	flag_change_release(&change);

	flag_change_init(&change);
	add(&change, tree, "hpa.enabled", "pay", "prod", "true");
	add(&change, tree, "keda.enabled", "pay", "prod", "true");
	assert_int_equal(flag_plan_make(&plan, tree, &change, 0, &err), 0);
	assert_true(plan.problems.errors > 0);
	flag_plan_release(&plan);
	flag_change_release(&change);

	flag_change_init(&change);
	add(&change, tree, "pdb.enabled", "pay", "dev", "true");
	assert_int_equal(flag_plan_make(&plan, tree, &change, 0, &err), 0);
	assert_true(plan.nothing);
	assert_int_equal(plan.effects.len, 0);
	flag_plan_release(&plan);
	flag_change_release(&change);
	flag_tree_free(tree);
}

static void test_diff(void **state)
{
	static const struct {
		const char *before, *after, *diff;
	} cases[] = {
	    {"a\nb\nc\n", "a\nb\nc\n", ""},
	    {"a\nb\nc\n", "a\nB\nc\n", "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
	    {NULL, "a\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n"},
	    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\nX\n3\n4\n5\n6\n7\n8\n9\n10\nY\n12\n",
	     "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n 1\n-2\n+X\n 3\n 4\n 5\n@@ -8,5 +8,5 @@\n 8\n 9\n 10\n-11\n+Y\n 12\n"},
	    {"a", "a\nb", "--- a/f\n+++ b/f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;
		buf_init(&out, 10000);
		assert_int_equal(flag_diff(&out, "f", cases[i].before, cases[i].before ? strlen(cases[i].before) : 0, cases[i].after, strlen(cases[i].after)), 0);
		assert_string_equal(buf_string(&out), cases[i].diff);
		buf_release(&out);
	}
}

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"
#define C "3333333333333333333333333333333333333333"
#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void test_history(void **state)
{
	static const char log[] =
	    B "\0" "1795500000\0" "Ben <b@x>\0" "Revert\0" "why\n\nFlag-Change-Id: " ID_B "\nFlag: hpa.enabled\nFrom: true\nTo: unset\nScope: pay/prod\nFlag-Reverts: " ID_A "\n\0"
	    C "\0" "1795400000\0" "X <x@x>\0" "Fix\0" "nothing of ours\n\0"
	    A "\0" "1795300000\0" "Ada <a@x>\0" "hpa\0" "peak\n\nFlag-Change-Id: " ID_A "\nFlag: hpa.enabled\nFrom: unset\nTo: true\nScope: pay/prod\n"
	    "Expires: 2026-11-24T18:00:00Z\nGuard: p99<1s\nGuard-For: 10m\n\0" "cut";
	struct flag_history history;
	struct err err = {0};
	int64_t until;
	(void)state;
	flag_history_decode(&history, log, sizeof(log) - 1);
	assert_int_equal(history.count, 2);
	assert_string_equal(history.items[1].author, "Ada <a@x>");
	assert_true(history.items[1].reverted);
	assert_false(history.items[0].reverted);
	assert_false(flag_commit_is_due(&history.items[1], INT64_MAX)); /* it was taken back */
	history.items[1].reverted = 0;
	assert_true(flag_commit_is_due(&history.items[1], INT64_MAX));
	assert_false(flag_commit_is_due(&history.items[1], 0));
	assert_true(flag_commit_is_guarded(&history.items[1], 1795300000000 + 599000, &until));
	assert_false(flag_commit_is_guarded(&history.items[1], 1795300000000 + 600000, &until));
	assert_ptr_equal(flag_history_find(&history, "1111111", &err), &history.items[1]);
	assert_ptr_equal(flag_history_find(&history, "bbbbbbb", &err), &history.items[0]);
	assert_null(flag_history_find(&history, "1111", &err));
	assert_ptr_equal(flag_history_last(&history, "hpa.enabled", "pay", "prod", NULL), &history.items[0]);
	flag_history_release(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_apply), cmocka_unit_test(test_somebody_was_faster), cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_message_there_and_back), cmocka_unit_test(test_plan), cmocka_unit_test(test_diff), cmocka_unit_test(test_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The catalog, where values come from, and what lint finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "flag/tree.h"

static struct flag_tree *tree_of(const char *catalog, const char *const *files)
{
	struct flag_tree *tree = flag_tree_new();
	struct err err = {0};
	if (flag_tree_set_catalog(tree, "flags.yaml", catalog, catalog ? strlen(catalog) : 0, &err) < 0)
		fail_msg("%s", err.text);
	for (; *files; files += 2)
		flag_tree_add(tree, files[0], files[1], strlen(files[1]));
	flag_tree_finish(tree);
	return tree;
}

static const char *const layers[] = {
    "platform/defaults.yaml", "hpa: {minReplicas: 3, maxReplicas: 20}\npdb: {enabled: true}\n",
    "platform/env/prod.yaml", "hpa:\n  enabled: true\n",
    "platform/region/eu-west-1.yaml", "hpa:\n  maxReplicas: 30\n",
    "services/pay/prod/platform.yaml", "hpa:\n  minReplicas: 5 # peak\nkeda:\n  triggers: [{type: cron}]\n",
    "services/pay/prod/eu-west-1/platform.yaml", "hpa: {minReplicas: 6}\n",
    "services/pay/dev/platform.yaml", "pdb: null\n",
    "services/web/dev/platform.yaml", "",
    "README.md", "not: a value\n", NULL};

static void test_origin(void **state)
{
	static const struct {
		const char *service, *env, *region, *key, *text, *file;
		int line;
	} cases[] = {
	    {"pay", "prod", "eu-west-1", "hpa.minReplicas", "6", "services/pay/prod/eu-west-1/platform.yaml", 1},
	    {"pay", "prod", "us-east-1", "hpa.minReplicas", "5", "services/pay/prod/platform.yaml", 2},
	    {"pay", "prod", "eu-west-1", "hpa.maxReplicas", "30", "platform/region/eu-west-1.yaml", 2},
	    {"pay", "prod", "us-east-1", "hpa.maxReplicas", "20", "platform/defaults.yaml", 1},
	    {"pay", "prod", NULL, "hpa.enabled", "true", "platform/env/prod.yaml", 2},
	    {"pay", "dev", NULL, "hpa.enabled", "false", NULL, 0},
	    {"pay", "dev", NULL, "pdb.enabled", "null", "services/pay/dev/platform.yaml", 1},
	    {"web", "dev", NULL, "pdb.enabled", "true", "platform/defaults.yaml", 2},
	    {"pay", "prod", NULL, "keda.triggers", "[{type: cron}]", "services/pay/prod/platform.yaml", 4},
	};
	struct flag_tree *tree = tree_of(NULL, layers);
	(void)state;
	assert_int_equal(tree->services.len, 2);
	assert_int_equal(tree->files.len, 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flag_scope scope;
		struct flag_value value;
		struct buf text;
		buf_init(&text, 1000);
		flag_scope_init(&scope, tree, cases[i].service, cases[i].env, cases[i].region);
		flag_resolve(&scope, catalog_flag(&tree->catalog, cases[i].key), &value);
		assert_int_equal(flag_value_text(&value, &text), 0);
		if (strcmp(buf_string(&text), cases[i].text) != 0)
			fail_msg("%zu %s: %s", i, cases[i].key, buf_string(&text));
		if (cases[i].file) {
			assert_string_equal(value.file->path, cases[i].file);
			assert_int_equal(value.line, cases[i].line);
		} else {
			assert_null(value.file);
		}
		buf_release(&text);
	}
	flag_tree_free(tree);
}

static void test_objects_merge_deep(void **state)
{
	static const char catalog[] = "version: 1\nenvironments: [{name: prod}]\nflags:\n"
	                              "  - {key: o, type: object, default: {a: {x: 1, y: 2}, l: [1, 2]}}\n";
	static const char *const files[] = {"platform/defaults.yaml", "o: {a: {y: 3}, l: [9]}\n",
	                                    "services/s/prod/platform.yaml", "o: {a: {z: 4}, b: null}\n", NULL};
	struct flag_tree *tree = tree_of(catalog, files);
	struct flag_scope scope;
	struct flag_value value;
	struct buf text;
	(void)state;
	buf_init(&text, 1000);
	flag_scope_init(&scope, tree, "s", "prod", NULL);
	flag_resolve(&scope, catalog_flag(&tree->catalog, "o"), &value);
	assert_int_equal(flag_value_text(&value, &text), 0);
	assert_string_equal(buf_string(&text), "{a: {x: 1, y: 3, z: 4}, l: [9], b: null}");
	buf_release(&text);
	flag_tree_free(tree);
}

static void has_issue(const struct flag_issues *issues, const char *file, int line, const char *words)
{
	for (size_t i = 0; i < issues->count; i++)
		if (strcmp(issues->items[i].file, file) == 0 && issues->items[i].line == line && strstr(issues->items[i].text, words))
			return;
	for (size_t i = 0; i < issues->count; i++)
		print_message("%s:%d: %s\n", issues->items[i].file, issues->items[i].line, issues->items[i].text);
	fail_msg("nothing says \"%s\" of %s:%d", words, file, line);
}

static void test_lint(void **state)
{
	static const char *const files[] = {
	    "platform/defaults.yaml", "hpa:\n  minReplicas: 0\n  maxReplica: 4\n",
	    "services/a/dev/platform.yaml", "hpa: {enabled: true}\nkeda: {enabled: true}\n",
	    "services/b/dev/platform.yaml", "hpa: {enabled: true, minReplicas: 3, maxReplicas: 2}\npdb: {enabled: true, minAvailable: 3}\n",
	    "services/c/dev/platform.yaml", "hpa: {enabled: \"true\"}\nnetwork: {zone: dms}\napp: {image: x}\n",
	    "services/d/prd/platform.yaml", "a: [\n",
	    "services/e/prod/platform.yaml", "pdb: true\nrollout: {maxSurge: 5 pods}\nprogressive: {interval: 5x}\n", NULL};
	struct flag_tree *tree = tree_of(NULL, files);
	struct flag_issues issues;
	(void)state;
	flag_lint(tree, 0, &issues);
	has_issue(&issues, "platform/defaults.yaml", 2, "hpa.minReplicas must be at least 1, not 0");
	has_issue(&issues, "platform/defaults.yaml", 3, "there is no flag \"hpa.maxReplica\"; did you mean \"hpa.maxReplicas\"?");
	has_issue(&issues, "services/a/dev/platform.yaml", 1, "a/dev: hpa.enabled conflicts with keda.enabled");
	has_issue(&issues, "services/a/dev/platform.yaml", 2, "a/dev: keda.enabled requires keda.triggers");
	has_issue(&issues, "services/b/dev/platform.yaml", 1, "hpa.minReplicas (3) must be at most hpa.maxReplicas (2)");
	has_issue(&issues, "services/b/dev/platform.yaml", 2, "pdb.minAvailable (3) must be below hpa.minReplicas (3)");
	has_issue(&issues, "services/c/dev/platform.yaml", 1, "hpa.enabled must be true or false, not the string \"true\"");
	has_issue(&issues, "services/c/dev/platform.yaml", 2, "network.zone has no value \"dms\"; did you mean \"dmz\"?");
	has_issue(&issues, "services/d/prd/platform.yaml", 0, "services/d/prd/platform.yaml:");
	has_issue(&issues, "services/d/prd/platform.yaml", 0, "no environment \"prd\"");
	has_issue(&issues, "services/e/prod/platform.yaml", 1, "pdb must be a map of flags");
	has_issue(&issues, "services/e/prod/platform.yaml", 2, "rollout.maxSurge must match");
	has_issue(&issues, "services/e/prod/platform.yaml", 3, "progressive.interval must be a duration");
	flag_issues_release(&issues);
	flag_tree_free(tree);
}

static void test_bad_catalogs(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"version: 2\nflags: []\n", "version: 1"},
	    {"version: 1\nflag: []\n", "\"flag\" is not known here; did you mean \"flags\"?"},
	    {"version: 1\nflags: [{key: a, type: boll}]\n", "did you mean \"bool\"?"},
	    {"version: 1\nflags: [{key: a, type: bool, conflict: [b]}]\n", "did you mean \"conflicts\"?"},
	    {"version: 1\nflags: [{key: a.on, type: bool, conflicts: [b.on]}]\n", "there is no flag \"b.on\""},
	    {"version: 1\nflags: [{key: a, type: int, default: x}]\n", "default of a is not valid"},
	    {"version: 1\nflags: [{key: a, type: enum}]\n", "an enum needs its values"},
	    {"version: 1\nflags: [{key: a, type: bool, file: ../x}]\n", "leaves the repository"},
	    {"version: 1\nflags: [{key: a, type: bool, file: a/.github/x}]\n", "Git's or the CI's own"},
	    {"version: 1\nlayout: {service: a.yaml}\n", "must hold {service}"},
	    {"version: 1\nfreezes: [{from: x}]\n", "not a value for \"from\""},
	    {"version: 1\nflags: [{key: a, type: bool}, {key: a, type: int}]\n", "was there before"},
	    {"version: 1\nflags: [{key: a, type: int, bounds: {min: x}}]\n", "no value of the flag's type"},
	    {"version: [1\n", ":"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flag_catalog catalog;
		struct err err = {0};
		if (catalog_parse(&catalog, "f.yaml", cases[i].text, strlen(cases[i].text), &err) == 0)
			fail_msg("%s was accepted", cases[i].text);
		if (!strstr(err.text, cases[i].words) || strncmp(err.text, "f.yaml", 6) != 0)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void test_builtin_and_schema(void **state)
{
	struct flag_catalog catalog;
	struct err err = {0};
	struct buf out;
	(void)state;
	assert_int_equal(catalog_parse(&catalog, NULL, NULL, 0, &err), 0);
	assert_true(catalog.count > 20);
	assert_true(catalog_env(&catalog, "prod")->protected);
	buf_init(&out, 1 << 20);
	assert_int_equal(catalog_write_schema(&catalog, &out), 0);
	cJSON *schema = json_parse_heap(out.data, out.len, &err);
	assert_non_null(schema);
	assert_string_equal(json_string(schema, "properties/hpa/properties/enabled/type"), "boolean");
	assert_int_equal(json_int(schema, "properties/hpa/properties/minReplicas/minimum", 0), 1);
	cJSON_Delete(schema);
	buf_release(&out);
	catalog_release(&catalog);
}

static void test_freeze(void **state)
{
	static const char text[] = "version: 1\nfreezes: [{from: 2026-12-20T00:00:00Z, to: 2027-01-02T00:00:00Z, environments: [prod], reason: holidays}]\n";
	struct flag_catalog catalog;
	struct err err = {0};
	int64_t in, after;
	(void)state;
	assert_int_equal(catalog_parse(&catalog, "f", text, strlen(text), &err), 0);
	assert_int_equal(stamp_parse("2026-12-24T12:00:00Z", &in), 0);
	assert_int_equal(stamp_parse("2027-01-02T00:00:00Z", &after), 0);
	assert_string_equal(catalog_freeze(&catalog, "prod", in)->reason, "holidays");
	assert_null(catalog_freeze(&catalog, "dev", in));
	assert_null(catalog_freeze(&catalog, "prod", after));
	catalog_release(&catalog);
}

/* 240 services in 3 environments: said, not judged; `make bench` judges. */
static void test_many(void **state)
{
	struct flag_tree *tree = tree_of(NULL, (const char *const[]){NULL});
	int64_t start = clock_system.mono(&clock_system);
	static const char *const envs[] = {"dev", "staging", "prod"};
	size_t on = 0;
	(void)state;
	for (int s = 0; s < 240; s++)
		for (int e = 0; e < 3; e++) {
			char path[100], text[200];
			snprintf(path, sizeof(path), "services/svc-%03d/%s/platform.yaml", s, envs[e]);
			snprintf(text, sizeof(text), "hpa:\n  enabled: true # on\n  minReplicas: %d\npdb: {enabled: true}\nnetwork:\n  zone: dmz\n", 2 + s % 5);
			flag_tree_add(tree, path, text, strlen(text));
		}
	flag_tree_finish(tree);
	for (size_t s = 0; s < tree->services.len; s++)
		for (int e = 0; e < 3; e++) {
			struct flag_scope scope;
			struct flag_value value;
			flag_scope_init(&scope, tree, tree->services.items[s], envs[e], NULL);
			for (size_t f = 0; f < tree->catalog.count; f++) {
				flag_resolve(&scope, &tree->catalog.flags[f], &value);
				on += (size_t)flag_is_on(&value);
			}
		}
	print_message("240 services, %zu flags, 3 environments: %lld ms\n", tree->catalog.count,
	              (long long)(clock_system.mono(&clock_system) - start));
	assert_true(on >= 240 * 3 * 3);
	flag_tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_origin),       cmocka_unit_test(test_objects_merge_deep), cmocka_unit_test(test_lint),
	    cmocka_unit_test(test_bad_catalogs), cmocka_unit_test(test_builtin_and_schema), cmocka_unit_test(test_freeze),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

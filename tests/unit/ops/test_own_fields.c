/* SPDX-License-Identifier: MIT */
/* The comparison behind `flux diff`: objects as the API server writes them, with its sets of fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/own_fields.h"

#define OWNED(operation, fields) \
	"\"managedFields\":[{\"manager\":\"kubectl\",\"operation\":\"Update\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}," \
	"{\"manager\":\"kustomize-controller\",\"operation\":\"" operation "\",\"subresource\":\"status\",\"fieldsV1\":{\"f:status\":{}}}," \
	"{\"manager\":\"kustomize-controller\",\"operation\":\"" operation "\",\"fieldsV1\":" fields "}]"

static cJSON *parse(const char *text)
{
	struct err err = {.text = ""};
	cJSON *json = json_parse_heap(text, strlen(text), &err);

	if (!json)
		fail_msg("%s: %s", err.text, text);
	return json;
}

/* "path: live -> applied" a line; what is not there reads "none". */
static void expect(const char *kind, const char *own, const char *owned, const char *live, const char *applied, const char *lines)
{
	struct field_changes changes;
	struct err err = {.text = ""};
	char before[4000], after[4000], got[4000] = "";

	snprintf(before, sizeof(before), "{\"kind\":\"%s\",\"metadata\":{" OWNED("Apply", "%s") "},%s}", kind, owned, live);
	snprintf(after, sizeof(after), "{\"kind\":\"%s\",\"metadata\":{" OWNED("Apply", "%s") "},%s}", kind, own, applied);
	cJSON *was = parse(before), *is = parse(after);
	assert_int_equal(own_fields_compare(was, is, "kustomize-controller", &changes, &err), 0);
	for (size_t i = 0; i < changes.count; i++) {
		const struct field_change *change = &changes.items[i];
		size_t len = strlen(got);
		snprintf(got + len, sizeof(got) - len, "%s: %s -> %s\n", change->path, change->live ? change->live : "none",
		         change->applied ? change->applied : "none");
	}
	assert_string_equal(got, lines);
	field_changes_release(&changes);
	cJSON_Delete(was);
	cJSON_Delete(is);
}

#define CONTAINERS \
	"{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"web\\\"}\":{\".\":{},\"f:name\":{},\"f:image\":{},\"f:args\":{}," \
	"\"f:ports\":{\"k:{\\\"containerPort\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{},\"f:containerPort\":{}}}}}}}"

static void own_fields_alone_count(void **state)
{
	(void)state;
	/* Replicas are another's, and the server's own fields nobody's. */
	expect("Deployment", "{\"f:spec\":{\"f:paused\":{}}}", "{\"f:spec\":{\"f:paused\":{}}}",
	       "\"spec\":{\"paused\":true,\"replicas\":3},\"status\":{\"a\":1}", "\"spec\":{\"paused\":false,\"replicas\":9},\"status\":{\"a\":2}",
	       "spec.paused: true -> false\n");
	/* A field that Git has no longer goes; one that somebody else wrote beside it stays unsaid. */
	expect("Deployment", "{\"f:spec\":{\"f:a\":{}}}", "{\"f:spec\":{\"f:a\":{},\"f:b\":{}}}", "\"spec\":{\"a\":1,\"b\":2,\"c\":3}",
	       "\"spec\":{\"a\":1,\"c\":3}", "spec.b: 2 -> none\n");
	/* A map that is there only to hold: what others put into it is theirs. */
	expect("ConfigMap", "{\"f:data\":{\".\":{}}}", "{}", "\"data\":{\"x\":\"1\"}", "\"data\":{\"x\":\"2\"}", "");
	expect("ConfigMap", "{\"f:data\":{\"f:a.b/c\":{}}}", "{}", "\"data\":{\"a.b/c\":\"1\"}", "\"data\":{\"a.b/c\":\"2\"}",
	       "data[a.b/c]: \"1\" -> \"2\"\n");
}

static void items_are_found_by_their_keys(void **state)
{
	(void)state;
	expect("Pod", CONTAINERS, CONTAINERS,
	       "\"spec\":{\"containers\":[{\"name\":\"sidecar\",\"image\":\"x\"},{\"name\":\"web\",\"image\":\"web:2\",\"args\":[\"a\",\"b\"],"
	       "\"ports\":[{\"containerPort\":80,\"protocol\":\"TCP\"}]}]}",
	       "\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"web:1\",\"args\":[\"a\",\"c\"],\"ports\":[{\"containerPort\":80,"
	       "\"protocol\":\"TCP\"}]},{\"name\":\"sidecar\",\"image\":\"y\"}]}",
	       "spec.containers[name=web].image: \"web:2\" -> \"web:1\"\nspec.containers[name=web].args[1]: \"b\" -> \"c\"\n");
	/* An item that went is one change, not one for each of its fields. */
	expect("Pod", CONTAINERS, CONTAINERS, "\"spec\":{\"containers\":[{\"name\":\"sidecar\"}]}",
	       "\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"web:1\"}]}",
	       "spec.containers[name=web]: none -> {\"name\":\"web\",\"image\":\"web:1\"}\n");
	/* Members of a set. */
	expect("Pod", "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"a\\\"\":{}}}}", "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"b\\\"\":{}}}}",
	       "\"spec\":{}", "\"spec\":{}", "");
	expect("Pod", "{\"f:spec\":{\"f:set\":{\"v:\\\"a\\\"\":{}}}}", "{\"f:spec\":{\"f:set\":{\"v:\\\"b\\\"\":{}}}}",
	       "\"spec\":{\"set\":[\"b\",\"z\"]}", "\"spec\":{\"set\":[\"a\",\"z\"]}",
	       "spec.set[\"a\"]: none -> \"a\"\nspec.set[\"b\"]: \"b\" -> none\n");
}

static void secrets_are_masked(void **state)
{
	(void)state;
	expect("Secret", "{\"f:data\":{\"f:password\":{},\"f:user\":{}},\"f:type\":{}}", "{\"f:data\":{\"f:old\":{}}}",
	       "\"data\":{\"password\":\"aHVudGVy\",\"user\":\"YQ==\",\"old\":\"Yg==\"},\"type\":\"Opaque\"",
	       "\"data\":{\"password\":\"c2VjcmV0\",\"user\":\"YQ==\"},\"type\":\"Opaque\"",
	       "data.password: (masked) -> (masked)\ndata.old: (masked) -> none\n");
	expect("Secret", "{\"f:data\":{\"f:password\":{}}}", "{}", "\"type\":\"Opaque\"", "\"data\":{\"password\":\"c2VjcmV0\"}",
	       "data: none -> (masked)\n");
}

static void odd_sets_are_survived(void **state)
{
	(void)state;
	expect("Pod", "{\"f:spec\":7,\"k:{\":{},\"x\":{\"f:a\":{}},\"v:\":{},\"i:99999999999\":{},\"\":{}}", "[1,2]", "\"spec\":{\"a\":1}",
	       "\"spec\":{\"a\":1}", "");
	struct field_changes changes;
	struct err err = {.text = ""};
	cJSON *nothing = parse("{\"kind\":\"Pod\",\"metadata\":{\"managedFields\":[{\"manager\":\"x\"},3,null]}}");
	assert_int_equal(own_fields_compare(nothing, nothing, "kustomize-controller", &changes, &err), -1);
	assert_non_null(strstr(err.text, "managedFields"));
	const char *const names[] = {"helm-controller", "x", NULL};
	assert_string_equal(own_fields_manager(nothing, names), "helm-controller");
	field_changes_release(&changes);
	cJSON_Delete(nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_fields_alone_count),
	    cmocka_unit_test(items_are_found_by_their_keys),
	    cmocka_unit_test(secrets_are_masked),
	    cmocka_unit_test(odd_sets_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

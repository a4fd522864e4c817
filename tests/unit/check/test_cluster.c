/* SPDX-License-Identifier: MIT */
/* What `doctor` says of a cluster: everything allowed, one namespace only, nothing, and no server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "check/cluster.h"
#include "model/writer.h"
#include "sim/api.h"
#include "unit/sim/wait.h"

struct desk {
	struct loop *loop;
	struct http *http;
	struct api *api;
	struct fleet *fleet;
	struct credential_cache *credentials;
	struct source *source;
	struct findings findings;
};

static void desk_open(struct desk *desk, const char *namespace)
{
	struct err err = {0};
	struct kube_access access = {.namespace = (char *)(uintptr_t)namespace};
	*desk = (struct desk){.loop = loop_new(&err)};
	desk->http = http_new(desk->loop, &err);
	desk->api = api_new(desk->loop, &(struct api_options){0}, &err);
	if (!desk->http || !desk->api)
		fail_msg("%s", err.text);
	desk->fleet = fleet_new(&clock_system);
	desk->credentials = credential_cache_new(desk->loop, &clock_system);
	access.endpoint.url = api_url(desk->api);
	access.credential.where = "user \"test\"";
	const struct source_options options = {
		.loop = desk->loop, .http = desk->http, .clock = &clock_system, .fleet = desk->fleet,
		.cluster = fleet_add_cluster(desk->fleet, "test", "", "", 0), .access = &access,
		.credentials = desk->credentials,
	};
	desk->source = source_new(&options, &err);
	if (!desk->source)
		fail_msg("%s", err.text);
	findings_init(&desk->findings);
}

static void desk_close(struct desk *desk)
{
	findings_release(&desk->findings);
	source_free(desk->source);
	credential_cache_free(desk->credentials);
	http_free(desk->http);
	api_free(desk->api);
	fleet_free(desk->fleet);
	loop_free(desk->loop);
}

static void answered(void *arg)
{
	*(int *)arg = 1;
}

static void examine(struct desk *desk)
{
	int done = 0;
	struct cluster_check *check = cluster_check_start(desk->source, "test", answered, &done);
	WAIT_FOR(desk->loop, done);
	cluster_check_findings(check, &desk->findings);
	cluster_check_free(check);
}

static const struct finding *finding_of(const struct desk *desk, const char *what)
{
	for (size_t i = 0; i < desk->findings.items.len; i++) {
		const struct finding *finding = desk->findings.items.items[i];
		if (strcmp(finding->what, what) == 0)
			return finding;
	}
	fail_msg("there is no finding on \"%s\"", what);
	return NULL;
}

static void test_all_is_allowed(void **state)
{
	struct desk desk;
	(void)state;
	desk_open(&desk, NULL);
	examine(&desk);
	assert_int_equal(findings_count(&desk.findings, FINDING_FAILED), 0);
	assert_string_equal(finding_of(&desk, "list pods")->said, "allowed");
	desk_close(&desk);
}

/* A user of one namespace is served: to be told, but no failure. */
static void test_one_namespace_only(void **state)
{
	struct desk desk;
	(void)state;
	desk_open(&desk, "shop");
	for (size_t i = 0; i < 3; i++)
		api_deny(desk.api, (const char *const[]){"list", "watch", "get"}[i], NULL, NULL);
	examine(&desk);
	const struct finding *finding = finding_of(&desk, "list pods");
	assert_int_equal(finding->verdict, FINDING_WARNING);
	assert_non_null(strstr(finding->said, "in namespace shop only"));
	assert_non_null(strstr(finding->advice, "ClusterRole"));
	assert_int_equal(finding_of(&desk, "get pods/log")->verdict, FINDING_WARNING);
	assert_int_equal(findings_count(&desk.findings, FINDING_FAILED), 0);
	desk_close(&desk);
}

static void test_nothing_is_allowed(void **state)
{
	static const char *const namespaces[] = {NULL, "shop"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct desk desk;
		desk_open(&desk, namespaces[i]);
		api_deny(desk.api, NULL, "pods", "*");
		examine(&desk);
		assert_int_equal(finding_of(&desk, "list pods")->verdict, FINDING_FAILED);
		assert_non_null(strstr(finding_of(&desk, "list pods")->said, "not permitted"));
		assert_int_equal(finding_of(&desk, "list deployments")->verdict, FINDING_OK);
		desk_close(&desk);
	}
}

/* Kinds that a server may be without are asked for where it has them, and no refusal of theirs is a failure. */
static void test_optional_kinds(void **state)
{
	struct desk desk;
	(void)state;
	desk_open(&desk, NULL);
	examine(&desk);
	assert_string_equal(finding_of(&desk, "look for GitOps")->said, "no Flux, Flagger, Argo Rollouts or KEDA here");
	desk_close(&desk);
	desk_open(&desk, NULL);
	api_add_resource(desk.api, &(struct api_resource){"kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "kustomization", "Kustomization", 1, NULL});
	api_add_resource(desk.api, &(struct api_resource){"helm.toolkit.fluxcd.io", "v2", "helmreleases", "helmrelease", "HelmRelease", 1, NULL});
	api_add_resource(desk.api, &(struct api_resource){"flagger.app", "v1beta1", "canaries", "canary", "Canary", 1, NULL});
	api_deny(desk.api, NULL, "helmreleases", "*");
	examine(&desk);
	assert_string_equal(finding_of(&desk, "look for GitOps")->said, "flux, canaries");
	assert_int_equal(finding_of(&desk, "list kustomizations")->verdict, FINDING_OK);
	assert_int_equal(finding_of(&desk, "watch helmreleases")->verdict, FINDING_WARNING);
	assert_int_equal(findings_count(&desk.findings, FINDING_FAILED), 0);
	desk_close(&desk);
}

static void test_no_server(void **state)
{
	struct desk desk;
	struct err err = {0};
	(void)state;
	desk_open(&desk, NULL);
	assert_int_equal(api_set_listening(desk.api, 0, &err), 0);
	examine(&desk);
	assert_int_equal(desk.findings.items.len, 1);
	assert_int_equal(finding_of(&desk, "reach the API server")->verdict, FINDING_FAILED);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_allowed),
		cmocka_unit_test(test_one_namespace_only),
		cmocka_unit_test(test_nothing_is_allowed),
		cmocka_unit_test(test_optional_kinds),
		cmocka_unit_test(test_no_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

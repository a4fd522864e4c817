/* SPDX-License-Identifier: MIT */
/* Optional kinds against the embedded API server: found, in which version, absent, gone, and what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "flux/kinds.h"
#include "model/flux.h"
#include "unit/kube/sourced.h"

static const struct kind *const tables[] = {kinds, flux_kinds, later_kinds, NULL};
static const struct source_timing quick = {.soon = 0.01, .failed_max = 0.05, .again = 600};
static const struct api_options no_options;

#define KUSTOMIZE "kustomize.toolkit.fluxcd.io"
#define HELM "helm.toolkit.fluxcd.io"

static void add_kind(struct api *api, const char *group, const char *version, const char *plural, const char *kind)
{
	api_add_resource(api, &(struct api_resource){.group = group, .version = version, .plural = plural, .singular = plural, .kind = kind,
	                                             .namespaced = 1});
}

static void add_flux(struct api *api)
{
	add_kind(api, KUSTOMIZE, "v1", "kustomizations", "Kustomization");
	add_kind(api, HELM, "v2", "helmreleases", "HelmRelease");
}

static void add_old_flux(struct api *api)
{
	add_kind(api, KUSTOMIZE, "v1beta2", "kustomizations", "Kustomization");
	add_kind(api, HELM, "v2beta1", "helmreleases", "HelmRelease"); /* which nobody reads */
}

static void put_kustomization(struct sourced *s, const char *version, const char *name)
{
	char json[512];
	snprintf(json, sizeof(json),
	         "{\"apiVersion\":\"" KUSTOMIZE "/%s\",\"kind\":\"Kustomization\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"flux-system\"},"
	         "\"spec\":{\"path\":\"./x\"},\"status\":{\"lastAppliedRevision\":\"main@sha1:0123456\"}}",
	         version, name);
	sourced_put(s, json);
}

static enum sync sync_of(const struct sourced *s, enum object_kind kind)
{
	return s->cluster->kinds[kind].sync;
}

static const struct kustomization *find(const struct sourced *s, const char *name)
{
	return (const struct kustomization *)cluster_object(s->cluster, OBJECT_KUSTOMIZATION, "flux-system", name);
}

/* A cluster without any of them: one question, no further request, every kind said to be absent. */
static void test_without(void **state)
{
	struct sourced s;
	(void)state;
	sourced_start_with(&s, &no_options, tables, &quick, NULL);
	api_fill(s.api, 3, 2);
	source_start(s.source);
	assert_int_equal(sync_of(&s, OBJECT_KUSTOMIZATION), SYNC_SEEKING);
	WAIT_FOR(s.loop, cluster_is_whole(s.cluster));
	for (const struct kind *kind = flux_kinds; kind->decode; kind++)
		assert_int_equal(sync_of(&s, kind->object), SYNC_ABSENT);
	assert_int_equal(sync_of(&s, OBJECT_CRONJOB), SYNC_LIVE);
	assert_int_equal(api_requests(s.api, "/apis", ""), api_requests(s.api, "/apis/", "") + 1);
	assert_int_equal(api_requests(s.api, "/apis/" KUSTOMIZE, ""), 0);
	fleet_settle(s.fleet);
	assert_int_equal(s.cluster->link, LINK_LIVE);
	assert_true(cluster_is_true(s.cluster));
	/* It comes to be installed: a refresh finds it. */
	add_flux(s.api);
	put_kustomization(&s, "v1", "apps");
	source_refresh(s.source);
	WAIT_FOR(s.loop, sync_of(&s, OBJECT_KUSTOMIZATION) == SYNC_LIVE);
	assert_non_null(find(&s, "apps"));
	sourced_end(&s);
}

/* Only an older version is served; one that no decoder reads is as good as none. */
static void test_versions(void **state)
{
	struct sourced s;
	const char *version = NULL;
	(void)state;
	sourced_start_with(&s, &no_options, tables, &quick, add_old_flux);
	put_kustomization(&s, "v1beta2", "apps");
	source_start(s.source);
	WAIT_FOR(s.loop, cluster_is_whole(s.cluster));
	assert_string_equal(find(&s, "apps")->applied, "main@sha1:0123456");
	assert_int_equal(sync_of(&s, OBJECT_HELMRELEASE), SYNC_ABSENT);
	assert_non_null(source_kind(s.source, OBJECT_KUSTOMIZATION, &version));
	assert_string_equal(version, "v1beta2");
	assert_int_equal(api_requests(s.api, "/apis/" KUSTOMIZE "/v1/", ""), 0);
	put_kustomization(&s, "v1beta2", "more");
	WAIT_FOR(s.loop, find(&s, "more"));
	sourced_end(&s);
}

/* The definition goes while it is watched, and comes back. */
static void test_goes_and_comes(void **state)
{
	struct sourced s;
	const struct sim_fault gone = {.kind = FAULT_STATUS, .path = "/apis/" KUSTOMIZE "/*", .number = 404, .seconds = -1, .times = 1};
	const struct sim_fault end = {.kind = FAULT_END};
	(void)state;
	sourced_start_with(&s, &no_options, tables, &quick, add_flux);
	put_kustomization(&s, "v1", "apps");
	source_start(s.source);
	WAIT_FOR(s.loop, cluster_is_whole(s.cluster) && find(&s, "apps"));
	int changes = s.changes, rule = api_fault(s.api, &gone);
	api_disturb(s.api, "kustomizations", &end);
	/* It is gone for as long as the next search takes. */
	WAIT_FOR(s.loop, api_fault_hits(s.api, rule) == 1);
	WAIT_FOR(s.loop, sync_of(&s, OBJECT_KUSTOMIZATION) == SYNC_LIVE && find(&s, "apps"));
	assert_true(s.changes > changes);
	fleet_settle(s.fleet);
	assert_int_equal(s.cluster->link, LINK_LIVE);
	sourced_end(&s);
}

/* While discovery fails, rows are there, the kinds say why, and it is asked again by itself. */
static void test_discovery_fails(void **state)
{
	struct sourced s;
	const struct sim_fault broken = {.kind = FAULT_STATUS, .path = "/apis", .number = 500, .seconds = -1, .times = 2};
	(void)state;
	sourced_start_with(&s, &no_options, tables, &quick, add_flux);
	api_fill(s.api, 3, 2);
	put_kustomization(&s, "v1", "apps");
	int rule = api_fault(s.api, &broken);
	source_start(s.source);
	WAIT_FOR(s.loop, api_fault_hits(s.api, rule) == 2);
	WAIT_FOR(s.loop, find(&s, "apps"));
	WAIT_FOR(s.loop, cluster_is_whole(s.cluster));
	fleet_settle(s.fleet);
	assert_int_equal(s.fleet->totals.services, 3);
	sourced_end(&s);
}

/* Not permitted is not absent: it is said, in one word for all of Flux. */
static void test_denied(void **state)
{
	struct sourced s;
	char room[160];
	struct text words = text_in(room, sizeof(room));
	(void)state;
	sourced_start_with(&s, &no_options, tables, &quick, add_flux);
	api_fill(s.api, 3, 2);
	api_deny(s.api, NULL, "kustomizations", "*");
	api_deny(s.api, NULL, "helmreleases", "*");
	source_start(s.source);
	WAIT_FOR(s.loop, cluster_is_whole(s.cluster));
	assert_int_equal(sync_of(&s, OBJECT_KUSTOMIZATION), SYNC_DENIED);
	fleet_settle(s.fleet);
	cluster_describe(s.cluster, &words);
	assert_string_equal(room, "live, no permission: flux");
	assert_int_equal(s.cluster->link, LINK_LIVE);
	sourced_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without),         cmocka_unit_test(test_versions), cmocka_unit_test(test_goes_and_comes),
	    cmocka_unit_test(test_discovery_fails), cmocka_unit_test(test_denied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

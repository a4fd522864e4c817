/* SPDX-License-Identifier: MIT */
/*
 * What a chain makes of the past: times that a later commit must not overwrite, reasons that a retry
 * must not hide, "nothing to do" not before it is sure; and what the tracer tells and keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/chains.h"
#include "trace/tracer.h"
#include "unit/trace/platform.h"

#define FIRST "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define SECOND "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
#define THIRD "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"

/* Objects in JSON, with single quotes. */
static const char source_text[] =
    "{'kind': 'GitRepository', 'metadata': {'name': 'p', 'namespace': 'f', 'uid': 's', 'resourceVersion': '%d', 'generation': 1},"
    " 'spec': {'url': 'https://git.example/fleet', 'interval': '1m'}, 'status': {'observedGeneration': 1,"
    " 'artifact': {'revision': 'main@sha1:%s', 'lastUpdateTime': '%s'}, 'conditions': [{'type': 'Ready', 'status': 'True'}]}}";
static const char kustomization_text[] =
    "{'kind': 'Kustomization', 'metadata': {'name': 'apps', 'namespace': 'f', 'uid': 'k', 'resourceVersion': '%d', 'generation': 1},"
    " 'spec': {'path': './apps', 'interval': '10m', 'sourceRef': {'kind': 'GitRepository', 'name': 'p'}}, 'status': {"
    " 'observedGeneration': 1, 'lastAttemptedRevision': 'main@sha1:%s', 'lastAppliedRevision': 'main@sha1:%s', 'conditions': [%s]}}";
static const char deployment_text[] =
    "{'kind': 'Deployment', 'metadata': {'name': 'web', 'namespace': 'shop', 'uid': 'd', 'resourceVersion': '%d', 'generation': %d,"
    " 'creationTimestamp': '2026-11-24T06:00:00Z', 'annotations': {'deployment.kubernetes.io/revision': '%d'},"
    " 'labels': {'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'f'}},"
    " 'spec': {'replicas': 1}, 'status': {'observedGeneration': %d, 'replicas': 1, 'updatedReplicas': 1, 'readyReplicas': 1,"
    " 'availableReplicas': 1, 'conditions': [{'type': 'Progressing', 'status': 'True', 'reason': 'NewReplicaSetAvailable',"
    " 'lastUpdateTime': '%s'}, {'type': 'Available', 'status': 'True'}]}}";
static const char set_text[] =
    "{'kind': 'ReplicaSet', 'metadata': {'name': 'web-%d', 'namespace': 'shop', 'uid': 'r%d', 'resourceVersion': '%d',"
    " 'creationTimestamp': '%s', 'labels': {'pod-template-hash': 'h%d'}, 'annotations': {'deployment.kubernetes.io/revision': '%d'},"
    " 'ownerReferences': [{'kind': 'Deployment', 'name': 'web', 'uid': 'd', 'controller': true}]}}";
#define READY "{'type': 'Ready', 'status': 'True', 'reason': 'ReconciliationSucceeded', 'lastTransitionTime': '%s'}"

static void put(struct platform *platform, const char *fmt, ...)
{
	char text[4096];
	va_list args;
	struct err err = {.text = ""};

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *at = text; *at; at++)
		if (*at == '\'')
			*at = '"';
	cJSON *json = json_parse_heap(text, strlen(text), &err);
	if (!json)
		fail_msg("%s: %s", err.text, text);
	platform_put(platform, json);
	cJSON_Delete(json);
}

/* The first commit is live since long ago. */
static void begin(struct platform *platform, const char *commits)
{
	char *text = mem_printf("{\"now\": \"2026-11-24T07:00:00Z\", \"commits\": [%s], \"objects\": []}", commits);
	struct err err = {.text = ""};
	cJSON *json = json_parse_heap(text, strlen(text), &err);
	char ready[256];

	if (!json)
		fail_msg("%s", err.text);
	platform_init(platform, json);
	cJSON_Delete(json);
	free(text);
	snprintf(ready, sizeof(ready), READY, "2026-11-24T06:10:03Z");
	put(platform, source_text, 1, FIRST, "2026-11-24T06:10:02Z");
	put(platform, kustomization_text, 2, FIRST, FIRST, ready);
	put(platform, deployment_text, 3, 1, 1, 1, "2026-11-24T06:10:09Z");
	put(platform, set_text, 1, 1, 4, "2026-11-24T06:10:04Z", 1, 1);
	fleet_settle(platform->fleet);
}

#define COMMIT(sha, subject, at) "{\"sha\": \"" sha "\", \"subject\": \"" subject "\", \"at\": \"" at "\"}"
#define ONE COMMIT(FIRST, "one", "2026-11-24T06:10:00Z")
#define TWO COMMIT(SECOND, "two", "2026-11-24T06:59:58Z") "," ONE
#define THREE COMMIT(THIRD, "three", "2026-11-24T06:59:59Z") "," TWO

static void applied(struct platform *platform, int version, const char *sha, const char *at)
{
	char ready[256];

	snprintf(ready, sizeof(ready), READY, at);
	put(platform, kustomization_text, version, sha, sha, ready);
	fleet_settle(platform->fleet);
}

static struct chain *next(struct platform *platform, const char *sha, struct chain *before)
{
	struct chain *chain = platform_chain(platform, sha, before);

	chain_free(before);
	return chain;
}

/* The time of a stage is that of its first commit, though a later one passes it too. */
static void test_first_time_counts(void **state)
{
	struct platform platform;
	struct chain *chain;

	(void)state;
	begin(&platform, THREE);
	chain = next(&platform, SECOND, NULL);
	assert_int_equal(chain->at, STAGE_SOURCE);
	assert_int_equal(chain->verdict, VERDICT_MOVING);
	put(&platform, source_text, 11, SECOND, "2026-11-24T07:00:01Z");
	platform.clock.wall_ms += 1500;
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->at, STAGE_ATTEMPT);
	int64_t ended = chain->links[STAGE_SOURCE].ended_ms;
	assert_true(chain->links[STAGE_SOURCE].exact);
	put(&platform, source_text, 12, THIRD, "2026-11-24T07:00:31Z");
	platform.clock.wall_ms += 30000;
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->links[STAGE_SOURCE].state, CHAIN_DONE);
	assert_true(chain->links[STAGE_SOURCE].ended_ms == ended);
	assert_non_null(strstr(chain->links[STAGE_SOURCE].words, "as part of c3c3c3c"));
	chain_free(chain);
	platform_release(&platform);
}

static void test_nothing_to_do_when_sure(void **state)
{
	struct platform platform;
	struct chain *chain;

	(void)state;
	begin(&platform, TWO);
	chain = next(&platform, SECOND, NULL);
	put(&platform, source_text, 11, SECOND, "2026-11-24T07:00:00Z");
	applied(&platform, 12, SECOND, "2026-11-24T07:00:01Z");
	platform.clock.wall_ms += 1000;
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->links[STAGE_APPLY].state, CHAIN_DONE);
	assert_int_equal(chain->verdict, VERDICT_MOVING); /* the Deployment's watch may be behind */
	assert_true(chain->due_ms > platform.clock.wall_ms);
	platform.clock.wall_ms += SETTLE_MS;
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->verdict, VERDICT_NOTHING);

	/* The watch that was behind brings that there was something to do after all. */
	put(&platform, deployment_text, 13, 2, 1, 1, "2026-11-24T06:10:09Z");
	fleet_settle(platform.fleet);
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->at, STAGE_WORKLOAD);
	assert_int_equal(chain->verdict, VERDICT_MOVING);
	put(&platform, set_text, 2, 2, 14, "2026-11-24T07:00:02Z", 2, 2);
	put(&platform, deployment_text, 15, 2, 2, 2, "2026-11-24T07:00:06Z");
	fleet_settle(platform.fleet);
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->verdict, VERDICT_HEALTHY);
	assert_true(chain->links[STAGE_PODS].ended_ms == 1795503606000);
	chain_free(chain);
	platform_release(&platform);
}

/* A retry under way does not make a failed build look as if it moved. */
static void test_retry_keeps_the_reason(void **state)
{
	struct platform platform;
	struct chain *chain;

	(void)state;
	begin(&platform, TWO);
	put(&platform, source_text, 11, SECOND, "2026-11-24T07:00:00Z");
	put(&platform, kustomization_text, 12, SECOND, FIRST,
	    "{'type': 'Ready', 'status': 'False', 'reason': 'BuildFailed', 'message': 'MalformedYAMLError: yaml: line 1'}");
	fleet_settle(platform.fleet);
	chain = next(&platform, SECOND, NULL);
	assert_int_equal(chain->links[STAGE_ATTEMPT].hang, HANG_KUSTOMIZATION_YAML);
	put(&platform, kustomization_text, 13, SECOND, FIRST,
	    "{'type': 'Ready', 'status': 'Unknown', 'reason': 'Progressing', 'message': 'working'},"
	    "{'type': 'Reconciling', 'status': 'True', 'reason': 'ProgressingWithRetry', 'message': 'working'}");
	fleet_settle(platform.fleet);
	chain = next(&platform, SECOND, chain);
	assert_int_equal(chain->links[STAGE_ATTEMPT].hang, HANG_KUSTOMIZATION_YAML);
	assert_non_null(strstr(chain->links[STAGE_ATTEMPT].words, "Malformed"));
	assert_int_equal(chain->verdict, VERDICT_FAILED);
	chain_free(chain);
	platform_release(&platform);
}

/* Of many commits, the newest that touches the Kustomization's folder is this service's. */
static void test_paths_choose(void **state)
{
	struct platform platform;
	const char *elsewhere[] = {"other/x.yaml"}, *here[] = {"apps/web.yaml"};
	struct chain *chain;

	(void)state;
	begin(&platform, THREE);
	repository_set_paths(platform.repository, THIRD, elsewhere, 1, 0);
	repository_set_paths(platform.repository, SECOND, here, 1, 0);
	repository_set_paths(platform.repository, FIRST, here, 1, 0);
	chain = next(&platform, NULL, NULL);
	assert_string_equal(chain->sha, SECOND);
	assert_int_equal(chain->flight_count, 1);
	assert_string_equal(chain->applied, FIRST);
	repository_set_paths(platform.repository, SECOND, elsewhere, 1, 0);
	chain = next(&platform, NULL, chain);
	assert_string_equal(chain->sha, FIRST);
	assert_int_equal(chain->flight_count, 0);
	assert_int_equal(chain->verdict, VERDICT_HEALTHY);
	chain_free(chain);
	platform_release(&platform);
}

/* In one folder of many services, a path that is named after another one is theirs. */
static void test_names_choose(void **state)
{
	static const struct {
		const char *path;
		int ours;
	} rows[] = {{"apps/web/prod/platform.yaml", 1}, {"apps/db/prod/platform.yaml", 0}, {"apps/db.yaml", 0}, {"apps/web.yaml", 1},
	            {"apps/shared/platform.yaml", 1},   {"apps/web/dev/platform.yaml", 0}, {"other/web.yaml", 0}};
	static const char *const words[] = {"web", "db", "dev"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct platform platform;
		struct map names;
		const char *paths[] = {rows[i].path}, *first[] = {"apps/web.yaml"};
		begin(&platform, TWO);
		map_init(&names);
		for (size_t w = 0; w < 3; w++)
			map_put(&names, words[w], (void *)words[w]);
		repository_set_paths(platform.repository, SECOND, paths, 1, 0);
		repository_set_paths(platform.repository, FIRST, first, 1, 0);
		const struct chain_question question = {.fleet = platform.fleet, .service = platform.fleet->services.items[0],
		                                        .names = &names, .now_ms = platform.clock.wall_ms};
		struct chain *chain = chain_derive(&question);
		if (strcmp(chain->sha, rows[i].ours ? SECOND : FIRST) != 0)
			fail_msg("%s: %.7s", rows[i].path, chain->sha);
		chain_free(chain);
		map_release(&names);
		platform_release(&platform);
	}
}

/* Revisions and conditions of every shape: an answer, and never a crash. */
static void test_odd_statuses(void **state)
{
	static const char *const revisions[] = {"", "@", "main@sha1:", "main/zzzz", "sha256:xyz", "6.5.0@sha256:abc", "main@sha1:b2b2",
	                                        "refs/heads/a@b@sha1:" SECOND, "\\u001b[2J", "main@sha1:" SECOND SECOND};

	(void)state;
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		struct platform platform;
		char *text;
		begin(&platform, TWO);
		text = mem_printf("{'kind': 'Kustomization', 'metadata': {'name': 'apps', 'namespace': 'f', 'uid': 'k',"
		                  " 'resourceVersion': '9', 'generation': 3}, 'spec': {'path': 7, 'sourceRef': {'kind': 'GitRepository',"
		                  " 'name': 'p'}}, 'status': {'observedGeneration': '7', 'lastAttemptedRevision': '%s',"
		                  " 'lastAppliedRevision': '%s', 'conditions': [{'type': 'Vexed', 'status': 'Perhaps'}, 5,"
		                  " {'type': 'Ready', 'status': 'Perhaps', 'message': 7}], 'history': 'none'}}", revisions[i], revisions[i]);
		put(&platform, "%s", text);
		fleet_settle(platform.fleet);
		chain_free(next(&platform, SECOND, NULL));
		chain_free(next(&platform, NULL, NULL));
		free(text);
		platform_release(&platform);
	}
}

static const char *newest(const struct platform *platform)
{
	const struct timeline_entry *entry = timeline_at(&platform->fleet->timeline, 0);

	return entry ? entry->text : "";
}

struct past {
	int count;
	struct chain_past last;
};

static void take_past(void *arg, const struct chain_past *chain)
{
	struct past *past = arg;

	if (past->count++ == 0)
		past->last = *chain;
}

/* From the push to the end: what the timeline tells, and what is kept of it. */
static void test_tracer(void **state)
{
	static const struct chain_place place = {"test", "shop", "web"};
	struct platform platform;
	struct past past = {0};
	struct err err = {.text = ""};

	(void)state;
	begin(&platform, TWO);
	struct db *db = db_memory("a test");
	const struct tracer_options options = {.fleet = platform.fleet, .db = db};
	struct tracer *tracer = tracer_new(&options);
	const struct service *service = platform.fleet->services.items[0];
	size_t entries = platform.fleet->timeline.len;

	assert_true(tracer_update(tracer));
	assert_non_null(service->chain);
	assert_string_equal(service->chain->sha, SECOND);
	assert_int_equal(platform.fleet->timeline.len, entries); /* what was so before is no news */
	fleet_settle(platform.fleet);
	assert_false(tracer_update(tracer));

	put(&platform, source_text, 11, SECOND, "2026-11-24T07:00:01Z");
	platform.clock.wall_ms += 2000;
	fleet_settle(platform.fleet);
	assert_true(tracer_update(tracer));
	assert_non_null(strstr(newest(&platform), "source ✔: p 3s"));
	put(&platform, kustomization_text, 12, SECOND, FIRST,
	    "{'type': 'Ready', 'status': 'False', 'reason': 'ReconciliationFailed', 'message': 'field is immutable'}");
	fleet_settle(platform.fleet);
	assert_true(tracer_update(tracer));
	assert_non_null(strstr(newest(&platform), "failed at applied: a field that may not change was changed"));
	applied(&platform, 13, SECOND, "2026-11-24T07:00:03Z");
	put(&platform, set_text, 2, 2, 14, "2026-11-24T07:00:03Z", 2, 2);
	put(&platform, deployment_text, 15, 2, 2, 2, "2026-11-24T07:00:09Z");
	platform.clock.wall_ms += 10000;
	fleet_settle(platform.fleet);
	assert_true(tracer_update(tracer));
	platform.clock.wall_ms += SETTLE_MS;
	tracer_update(tracer);
	assert_int_equal(service->chain->verdict, VERDICT_HEALTHY);
	assert_non_null(strstr(newest(&platform), "live after 11s"));
	assert_int_equal(chains_list(db, &place, 10, take_past, &past, &err), 0);
	assert_int_equal(past.count, 1); /* the failure was overtaken: one row a commit */
	assert_int_equal(past.last.verdict, VERDICT_HEALTHY);
	assert_int_equal(past.last.took_ms[STAGE_SOURCE], 3000);
	assert_int_equal(past.last.took_ms[STAGE_PODS], 6000);
	tracer_free(tracer);
	db_close(db);
	platform_release(&platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_time_counts), cmocka_unit_test(test_nothing_to_do_when_sure),
	    cmocka_unit_test(test_retry_keeps_the_reason), cmocka_unit_test(test_paths_choose),
	    cmocka_unit_test(test_names_choose),
	    cmocka_unit_test(test_odd_statuses), cmocka_unit_test(test_tracer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

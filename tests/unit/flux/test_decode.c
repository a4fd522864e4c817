/* SPDX-License-Identifier: MIT */
/* The fields of each kind that the rules from a commit to a rollout ask for; and what nobody should send. */
#include "desk.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define MAIN "main@sha1:" SHA

static void test_helm_release(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	struct helm_release *h = (struct helm_release *)take(&desk, OBJECT_HELMRELEASE,
		"{\"metadata\":{\"name\":\"api\",\"namespace\":\"shop\",\"generation\":7,\"annotations\":{"
		"\"reconcile.fluxcd.io/requestedAt\":\"t1\",\"reconcile.fluxcd.io/forceAt\":\"t1\",\"reconcile.fluxcd.io/resetAt\":\"t0\"},"
		"\"labels\":{\"kustomize.toolkit.fluxcd.io/name\":\"apps\",\"kustomize.toolkit.fluxcd.io/namespace\":\"flux-system\"}},"
		"\"spec\":{\"interval\":\"1h30m0s\",\"timeout\":\"5m\",\"chart\":{\"spec\":{\"chart\":\"web\",\"version\":\"6.x\","
		"\"sourceRef\":{\"kind\":\"HelmRepository\",\"name\":\"charts\"}}},\"dependsOn\":[{\"name\":\"db\"},{\"name\":\"mq\",\"namespace\":\"infra\"}],"
		"\"valuesFrom\":[{\"kind\":\"ConfigMap\",\"name\":\"values\"},{\"kind\":\"Secret\",\"name\":\"s\"}],"
		"\"values\":{\"password\":\"secret\"},\"driftDetection\":{\"mode\":\"warn\"},\"upgrade\":{\"remediation\":{\"retries\":-1}}},"
		"\"status\":{\"observedGeneration\":6,\"lastAttemptedGeneration\":6,\"lastAttemptedConfigDigest\":\"sha256:new\","
		"\"lastAttemptedRevision\":\"6.5.1\",\"lastAttemptedReleaseAction\":\"upgrade\",\"lastHandledReconcileAt\":\"t1\","
		"\"lastHandledForceAt\":\"t1\",\"failures\":3,\"upgradeFailures\":2,\"helmChart\":\"flux-system/shop-api\",\"storageNamespace\":\"shop\","
		"\"history\":[{\"version\":4,\"status\":\"deployed\",\"chartName\":\"web\",\"chartVersion\":\"6.5.0\",\"configDigest\":\"sha256:old\"},"
		"{\"version\":3,\"status\":\"failed\",\"chartVersion\":\"6.5.1\",\"configDigest\":\"sha256:new\"}],"
		"\"inventory\":{\"entries\":[{\"id\":\"shop_api_apps_Deployment\",\"v\":\"v1\"},{\"id\":\"shop_api__Service\"}]}}}");
	assert_int_equal(h->resource.interval_ms, 5400000);
	assert_int_equal(h->timeout_ms, 300000);
	assert_false(resource_is_observed(&h->resource));
	assert_string_equal(h->resource.applied_by.kind, "Kustomization");
	assert_string_equal(h->source.kind, "HelmRepository");
	assert_string_equal(h->source.namespace, "shop");
	assert_string_equal(h->chart_object.namespace, "flux-system");
	assert_string_equal(h->chart_object.name, "shop-api");
	assert_int_equal(h->depends_on.count, 2);
	assert_string_equal(h->depends_on.items[0].namespace, "shop");
	assert_string_equal(h->depends_on.items[1].namespace, "infra");
	assert_string_equal(h->values.items[1].kind, "Secret");
	assert_int_equal(h->upgrade_retries, -1);
	assert_int_equal(h->failures, 3);
	assert_string_equal(h->drift_mode, "warn");
	assert_string_equal(h->force_requested, "t1");
	assert_string_equal(h->force_handled, "t1");
	assert_string_equal(h->reset_handled, "");
	/* The rollback's record is deployed, and is not what was tried. */
	assert_int_equal(h->history_count, 2);
	assert_string_equal(h->history[0].status, "deployed");
	assert_string_not_equal(h->history[0].config_digest, h->attempted_digest);
	assert_int_equal(h->inventory.count, 2);
	object_discard(desk.fleet, &h->resource.object);
	fleet_free(desk.fleet);
}

static void test_kustomization(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	struct kustomization *k = (struct kustomization *)take(&desk, OBJECT_KUSTOMIZATION,
		"{\"metadata\":{\"name\":\"apps\",\"namespace\":\"flux-system\",\"generation\":3,\"deletionTimestamp\":\"2026-11-24T06:00:00Z\","
		"\"finalizers\":[\"finalizers.fluxcd.io\",\"x\"]},\"spec\":{\"interval\":\"10m\",\"retryInterval\":\"30s\",\"wait\":true,\"prune\":true,"
		"\"path\":\"./apps\",\"sourceRef\":{\"kind\":\"OCIRepository\",\"name\":\"p\",\"namespace\":\"src\"},\"healthChecks\":[{\"name\":\"a\"}]},"
		"\"status\":{\"observedGeneration\":3,\"lastAppliedRevision\":\"latest@sha256:0123456789ab\",\"lastAppliedOriginRevision\":\"" MAIN "\","
		"\"history\":[{\"digest\":\"sha256:1\",\"lastReconciledStatus\":\"ReconciliationSucceeded\",\"firstReconciled\":\"2026-11-24T05:00:00Z\","
		"\"lastReconciled\":\"2026-11-24T06:00:00Z\",\"totalReconciliations\":4,\"metadata\":{\"revision\":\"" MAIN "\"}}]}}");
	assert_string_equal(k->source.namespace, "src");
	assert_string_equal(k->applied_origin, MAIN);
	assert_true(k->wait && k->prune && !k->force);
	assert_int_equal(k->retry_ms, 30000);
	assert_int_equal(k->health_checks, 1);
	assert_int_not_equal(k->resource.deleted_ms, 0);
	assert_string_equal(k->resource.finalizers, "finalizers.fluxcd.io,x");
	assert_int_equal(k->history_count, 1);
	assert_string_equal(k->history[0].revision, MAIN);
	assert_int_equal(k->history[0].total, 4);
	object_discard(desk.fleet, &k->resource.object);
	fleet_free(desk.fleet);
}

#define CANARY \
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":{\"targetRef\":{\"kind\":\"Deployment\",\"name\":\"web\"}," \
	"\"autoscalerRef\":{\"name\":\"web\"},\"analysis\":{\"interval\":\"10s\",\"threshold\":5,\"stepWeights\":[5,10,50]," \
	"\"metrics\":[{\"name\":\"request-success-rate\"},{\"name\":\"request-duration\"}],\"webhooks\":[{\"type\":\"confirm-promotion\"}," \
	"{\"type\":\"rollout\"},{\"type\":\"confirm-promotion\"}]}},\"status\":{\"phase\":\"%s\",\"canaryWeight\":10,\"failedChecks\":2," \
	"\"lastAppliedSpec\":\"a\",\"lastPromotedSpec\":\"b\",\"conditions\":[{\"type\":\"Promoted\",\"status\":\"Unknown\",\"message\":\"m\"}]}}"

static void test_canary(void **state)
{
	static const struct {
		const char *phase;
		int held;
	} phases[] = {{"Initializing", 0}, {"Initialized", 0}, {"Waiting", 1}, {"Progressing", 0}, {"WaitingPromotion", 1}, {"Promoting", 0},
	              {"Finalising", 0}, {"Succeeded", 0}, {"Failed", 0}, {"Terminating", 0}, {"Terminated", 0}, {"Invented", 0}};
	struct desk desk;
	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		char *json = mem_printf(CANARY, phases[i].phase);
		struct canary *canary = (struct canary *)take(&desk, OBJECT_CANARY, json);
		assert_string_equal(canary->phase, phases[i].phase);
		assert_int_equal(object_is_held(&canary->resource.object), phases[i].held);
		assert_string_equal(canary->steps, "5,10,50");
		assert_string_equal(canary->metrics, "request-success-rate,request-duration");
		assert_string_equal(canary->gates, "confirm-promotion");
		assert_int_equal(canary->check_ms, 10000);
		assert_int_equal(canary->resource.observed, -1);
		assert_string_not_equal(canary->applied_spec, canary->promoted_spec);
		assert_string_equal(flux_message(&canary->resource.object), "m");
		object_discard(desk.fleet, &canary->resource.object);
		free(json);
	}
	fleet_free(desk.fleet);
}

#define ROLLOUT(generation, status) \
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"generation\":" generation ",\"annotations\":{\"rollout.argoproj.io/revision\":\"4\"}}," \
	"\"spec\":{\"replicas\":3,\"strategy\":{\"canary\":{\"steps\":[{\"setWeight\":20},{\"pause\":{}},{\"analysis\":{}}," \
	"{\"pause\":{\"duration\":\"10m\"}},{\"pause\":{\"duration\":30}},{\"setCanaryScale\":{}}]}}},\"status\":{" status "}}"

static void test_rollout(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	struct workload *w = (struct workload *)take(&desk, OBJECT_ROLLOUT,
		ROLLOUT("5", "\"observedGeneration\":\"5\",\"phase\":\"Paused\",\"message\":\"CanaryPauseStep\",\"currentStepIndex\":1,"
		"\"pauseConditions\":[{\"reason\":\"CanaryPauseStep\",\"startTime\":\"2026-11-24T06:00:00Z\"}],"
		"\"canary\":{\"weights\":{\"canary\":{\"weight\":20},\"stable\":{\"weight\":80}}},\"replicas\":4,\"updatedReplicas\":1"));
	const struct argo_rollout *argo = w->argo;
	assert_true(argo_is_observed(w));
	assert_int_equal(rollout_of(w).phase, ROLLOUT_PAUSED);
	assert_int_equal(argo->step_count, 6);
	assert_int_equal(argo->steps[1].value, -1);
	assert_int_equal(argo->steps[3].value, 600);
	assert_int_equal(argo->steps[4].value, 30);
	assert_int_equal(argo->steps[5].kind, ARGO_STEP_OTHER);
	assert_int_equal(argo->weight, 20);
	assert_string_equal(w->revision, "4");
	assert_string_equal(argo->pause_reason, "CanaryPauseStep");
	assert_int_equal(object_is_held(&w->object), 1);
	object_discard(desk.fleet, &w->object);
	/* Without a router only the steps tell the weight. */
	static const int weights[] = {0, 20, 20, 20, 20, 20, 100};
	for (int i = 0; i <= 6; i++) {
		char *json = mem_printf(ROLLOUT("5", "\"observedGeneration\":\"5\",\"currentStepIndex\":%d"), i);
		w = (struct workload *)take(&desk, OBJECT_ROLLOUT, json);
		assert_int_equal(argo_weight(w->argo), weights[i]);
		object_discard(desk.fleet, &w->object);
		free(json);
	}
	w = (struct workload *)take(&desk, OBJECT_ROLLOUT, ROLLOUT("6", "\"observedGeneration\":\"5\",\"phase\":\"Healthy\""));
	assert_int_equal(rollout_of(w).phase, ROLLOUT_WAITING);
	object_discard(desk.fleet, &w->object);
	w = (struct workload *)take(&desk, OBJECT_ROLLOUT, ROLLOUT("6", "\"observedGeneration\":\"6\",\"phase\":\"Degraded\",\"abort\":true"));
	assert_int_equal(rollout_of(w).phase, ROLLOUT_FAILED);
	assert_int_equal(object_is_held(&w->object), 1);
	object_discard(desk.fleet, &w->object);
	struct analysis_run *run = (struct analysis_run *)take(&desk, OBJECT_ANALYSISRUN,
		"{\"metadata\":{\"name\":\"r\",\"namespace\":\"shop\",\"ownerReferences\":[{\"kind\":\"Rollout\",\"name\":\"web\",\"uid\":\"u\",\"controller\":true}]},"
		"\"status\":{\"phase\":\"Failed\",\"message\":\"metric failed\",\"metricResults\":[{\"name\":\"ok\",\"phase\":\"Failed\",\"failed\":2,"
		"\"measurements\":[{\"value\":\"[0.9]\"},{\"value\":\"[0.5]\"}]}]}}");
	assert_string_equal(run->resource.owner.name, "web");
	assert_string_equal(run->metrics[0].value, "[0.5]");
	assert_int_equal(run->metrics[0].failed, 2);
	object_discard(desk.fleet, &run->resource.object);
	fleet_free(desk.fleet);
}

static void test_others(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	struct action_set *set = (struct action_set *)take(&desk, OBJECT_ACTIONSET,
		"{\"metadata\":{\"name\":\"backup\"},\"status\":{\"state\":\"failed\",\"error\":{\"message\":\"no space\"},\"progress\":{\"percentCompleted\":\"40\"},"
		"\"actions\":[{\"name\":\"backup\",\"phases\":[{\"name\":\"dump\",\"state\":\"complete\"},{\"name\":\"upload\",\"state\":\"failed\"},"
		"{\"name\":\"clean\",\"state\":\"pending\"}]}]}}");
	assert_string_equal(set->phase, "upload");
	assert_string_equal(set->phase_state, "failed");
	assert_int_equal(set->percent, 40);
	assert_string_equal(set->error, "no space");
	object_discard(desk.fleet, &set->resource.object);
	struct scaled_object *scaled = (struct scaled_object *)take(&desk, OBJECT_SCALEDOBJECT,
		"{\"metadata\":{\"name\":\"a\",\"annotations\":{\"autoscaling.keda.sh/paused\":\"true\"}},\"spec\":{\"scaleTargetRef\":{\"kind\":\"StatefulSet\","
		"\"name\":\"q\"},\"minReplicaCount\":0,\"triggers\":[{\"type\":\"kafka\"},{\"type\":\"cron\"}]},\"status\":{\"hpaName\":\"keda-hpa-a\",\"health\":{"
		"\"s0-kafka\":{\"status\":\"Failing\"},\"s1-cron\":{\"status\":\"Happy\"}}}}");
	assert_true(scaled->resource.suspended);
	assert_string_equal(scaled->failing, "s0-kafka");
	assert_string_equal(scaled->triggers, "kafka,cron");
	assert_int_equal(scaled->min, 0);
	assert_int_equal(scaled->max, -1);
	object_discard(desk.fleet, &scaled->resource.object);
	fleet_free(desk.fleet);
}

/* Documents that no server should send: nothing crashes, only a name is needed. */
static const char *const odd[] = {
	"{\"metadata\":{\"name\":\"x\"},\"spec\":null,\"status\":null}",
	"{\"metadata\":{\"name\":\"x\",\"labels\":[],\"annotations\":\"\",\"ownerReferences\":{},\"finalizers\":[1,null],\"managedFields\":{},\"uid\":5},"
	"\"spec\":[],\"status\":\"\"}",
	"{\"metadata\":{\"name\":\"x\",\"managedFields\":[null,7,{\"fieldsV1\":5}]},\"spec\":{\"suspend\":true,\"interval\":\"1e999h\","
	"\"dependsOn\":[null,{},{\"name\":7}],\"chart\":[],\"sourceRef\":\"x\",\"strategy\":{\"canary\":{\"steps\":[null,{},{\"pause\":null},"
	"{\"pause\":{\"duration\":\"-5m\"}}]}},\"analysis\":{\"stepWeights\":[\"a\",1e300]},\"triggers\":{}},\"status\":{\"conditions\":[null,7,[],"
	"{\"type\":5},{\"type\":\"Ready\"}],\"history\":[null,7,{\"version\":1e300}],\"inventory\":{\"entries\":[null,{\"id\":\"\"},{\"id\":7},"
	"{\"id\":\"_\"}]},\"helmChart\":\"/\",\"observedGeneration\":-5,\"metricResults\":[{\"measurements\":[null]}],\"actions\":[{\"phases\":[7]}],"
	"\"pauseConditions\":[7]}}",
	"{\"metadata\":{\"name\":\"\\u001b[31mx\\u0007\\u202e\",\"namespace\":\"\\u009b2J\"},\"spec\":{\"suspend\":true,\"path\":\"\\u001b[2J\"},"
	"\"status\":{\"phase\":\"\\u001b[2J\",\"message\":\"\\r\\n\\u001b[2J\",\"lastAppliedRevision\":\"\\u001b@sha1:\\u001b\",\"conditions\":["
	"{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"\\u001b[2J\",\"message\":\"\\u001b[2J\\u0007\"}],"
	"\"inventory\":{\"entries\":[{\"id\":\"\\u001b_b_c_d\"}]}}}",
	"{\"metadata\":{\"name\":\"\xff\xfe\"},\"status\":{\"phase\":\"\xed\xa0\x80\",\"artifact\":{\"revision\":\"\xf5@sha1:\"}}}",
};

static void test_odd_documents(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (enum object_kind kind = OBJECT_ROLLOUT; kind < OBJECT_KINDS; kind++) {
			struct object *object = decoded(&desk, find_kind(kind), odd[i]);
			char *text = described(&desk, object);
			assert_true(utf8_is_safe(text, strcspn(text, "\n")));
			free(text);
			cluster_put(desk.cluster, object);
		}
	fleet_settle(desk.fleet);
	for (enum object_kind kind = OBJECT_ROLLOUT; kind < OBJECT_KINDS; kind++) {
		struct err err = {0};
		cJSON *json = json_parse_heap("{\"metadata\":{}}", 15, NULL);
		assert_null(find_kind(kind)->decode(&desk.decode, json, &err));
		assert_non_null(strstr(err.text, "name"));
		cJSON_Delete(json);
	}
	fleet_free(desk.fleet);
}

/* A hostile inventory or message is cut; the object stays. */
static void test_bounds(void **state)
{
	struct desk desk;
	struct buf json;
	(void)state;
	desk_init(&desk);
	buf_init(&json, 4 << 20);
	assert_int_equal(buf_add_string(&json, "{\"metadata\":{\"name\":\"x\"},\"status\":{\"conditions\":["), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_printf(&json, "%s{\"type\":\"T%d\",\"status\":\"True\",\"message\":\"%4000d\"}", i ? "," : "", i, i), 0);
	assert_int_equal(buf_add_string(&json, "],\"inventory\":{\"entries\":["), 0);
	for (int i = 0; i < INVENTORY_MAX + 10; i++)
		assert_int_equal(buf_printf(&json, "%s{\"id\":\"a_%d__C\"}", i ? "," : "", i), 0);
	assert_int_equal(buf_add_string(&json, "]}}}"), 0);
	struct kustomization *k = (struct kustomization *)decoded(&desk, find_kind(OBJECT_KUSTOMIZATION), buf_string(&json));
	assert_int_equal(k->inventory.count, INVENTORY_MAX);
	assert_true(k->inventory.cut);
	assert_true(k->resource.condition_count <= 24);
	assert_true(strlen(k->resource.conditions[0].is.message) <= 1024);
	object_discard(desk.fleet, &k->resource.object);
	buf_release(&json);
	fleet_free(desk.fleet);
}

/* Every kind of the model is in exactly one table of kinds, and those that are optional are known to be. */
static void test_tables(void **state)
{
	(void)state;
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		int found = kind_of(kind) != NULL;
		found += flux_kind(kind) != NULL;
		for (const struct kind *later = later_kinds; later->decode; later++)
			found += later->object == kind;
		assert_int_equal(found, 1);
		assert_non_null(kind_rows[kind].word);
		assert_non_null(kind_rows[kind].plural);
		assert_non_null(kind_rows[kind].group);
		assert_int_equal(kind_of(kind) == NULL, kind_rows[kind].optional);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_helm_release), cmocka_unit_test(test_kustomization), cmocka_unit_test(test_canary),
	    cmocka_unit_test(test_rollout),      cmocka_unit_test(test_others),        cmocka_unit_test(test_odd_documents),
	    cmocka_unit_test(test_bounds),       cmocka_unit_test(test_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

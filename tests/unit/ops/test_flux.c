/* SPDX-License-Identifier: MIT */
/* Reconcile, suspend and resume; what an Argo Rollout can be told; batches; what a killed program left. */
#include "unit/ops/platform.h"

#define META(name) "\"metadata\":{\"name\":\"" name "\",\"namespace\":\"payments\"}"
#define KUSTOMIZATION(spec, status) \
	"{\"apiVersion\":\"kustomize.toolkit.fluxcd.io/v1\",\"kind\":\"Kustomization\"," META("apps") ",\"spec\":{" \
	"\"interval\":\"10m\",\"sourceRef\":{\"kind\":\"GitRepository\",\"name\":\"platform\"}" spec "},\"status\":{" status "}}"
#define REPOSITORY(spec) \
	"{\"apiVersion\":\"source.toolkit.fluxcd.io/v1\",\"kind\":\"GitRepository\"," META("platform") ",\"spec\":{" \
	"\"interval\":\"1m\"" spec "}}"
#define RELEASE \
	"{\"apiVersion\":\"helm.toolkit.fluxcd.io/v2\",\"kind\":\"HelmRelease\"," META("shop") ",\"spec\":{\"chart\":{\"spec\":{" \
	"\"sourceRef\":{\"kind\":\"GitRepository\",\"name\":\"platform\"}}}},\"status\":{\"helmChart\":\"payments/payments-shop\"}}"
#define CHART "{\"apiVersion\":\"source.toolkit.fluxcd.io/v1\",\"kind\":\"HelmChart\"," META("payments-shop") ",\"spec\":{}}"
#define TOKEN "2026-11-25T09:46:40.123Z"
#define READY(status, reason, message) \
	"\"conditions\":[{\"type\":\"Ready\",\"status\":\"" status "\",\"reason\":\"" reason "\",\"message\":\"" message "\"}]"

static const struct op_request reconcile = {.verb = VERB_RECONCILE, .kind = OBJECT_KUSTOMIZATION, .name = "apps"};

static void the_token_decides(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, KUSTOMIZATION("", READY("True", "ReconciliationSucceeded", "Applied revision: main@sha1:a")));
	op = ready(platform, &reconcile);
	start(platform, op);
	/* Ready is True all the time, of an earlier run: that is no answer. */
	WAIT_FOR(platform->loop, strstr(op_words(op), "has not handled it yet"));
	assert_string_equal(stored(platform, "kustomizations", "apps", "metadata/annotations|reconcile.fluxcd.io/requestedAt"),
	                    TOKEN);
	controller(platform, "kustomizations", "apps", "{\"status\":{\"lastHandledReconcileAt\":\"another\"}}");
	controller(platform, "kustomizations", "apps",
	           "{\"status\":{\"lastHandledReconcileAt\":\"" TOKEN "\"," READY("Unknown", "Progressing", "at it") "}}");
	WAIT_FOR(platform->loop, strstr(op_words(op), "Progressing: at it"));
	controller(platform, "kustomizations", "apps",
	           "{\"status\":{" READY("True", "ReconciliationSucceeded", "Applied revision: main@sha1:b") "}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	assert_non_null(strstr(op_words(op), "Applied revision: main@sha1:b"));
	op_free(op);
}

static void a_failure_has_the_controllers_words(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, KUSTOMIZATION("", ""));
	op = ready(platform, &reconcile);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	/* A dependency that is not ready is waited for; a build that fails is not. */
	controller(platform, "kustomizations", "apps",
	           "{\"status\":{\"lastHandledReconcileAt\":\"" TOKEN "\"," READY("False", "DependencyNotReady", "infra") "}}");
	WAIT_FOR(platform->loop, strstr(op_words(op), "DependencyNotReady: infra"));
	assert_int_equal(platform->ended, 0);
	controller(platform, "kustomizations", "apps", "{\"status\":{" READY("False", "BuildFailed", "no such file\\u001b[2J") "}}");
	until_ended(platform, op, OPERATION_FAILED);
	assert_string_equal(op_words(op), "BuildFailed: no such file[2J");
	op_free(op);
}

static void with_its_source(void **state)
{
	struct platform *platform = *state;
	struct op_request request = reconcile;
	struct op *op;

	request.with_source = 1;
	have(platform, KUSTOMIZATION("", ""));
	refused(platform, &request, "its source GitRepository payments/platform is not there");
	have(platform, REPOSITORY(",\"suspend\":true"));
	refused(platform, &request, "is suspended: resume that first");
	have(platform, REPOSITORY(""));
	op = ready(platform, &request);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	/* Nothing is asked of the Kustomization before the source has answered. */
	assert_string_equal(stored(platform, "kustomizations", "apps", "metadata/annotations|reconcile.fluxcd.io/requestedAt"), "");
	controller(platform, "gitrepositories", "platform",
	           "{\"status\":{\"lastHandledReconcileAt\":\"" TOKEN "\",\"artifact\":{\"revision\":\"main@sha1:new\"},"
	           READY("True", "Succeeded", "stored") "}}");
	WAIT_FOR(platform->loop, *stored(platform, "kustomizations", "apps",
	                                 "metadata/annotations|reconcile.fluxcd.io/requestedAt"));
	controller(platform, "kustomizations", "apps",
	           "{\"status\":{\"lastHandledReconcileAt\":\"" TOKEN "\",\"lastAppliedRevision\":\"main@sha1:old\","
	           READY("True", "ReconciliationSucceeded", "old") "}}");
	WAIT_FOR(platform->loop, strstr(op_words(op), "has not applied what its source brought yet: main@sha1:new"));
	controller(platform, "kustomizations", "apps", "{\"status\":{\"lastAppliedRevision\":\"refs/heads/main@sha1:new\"}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
}

static void a_release_has_a_chart_in_between(void **state)
{
	struct platform *platform = *state;
	struct op_request request = {.verb = VERB_RECONCILE, .kind = OBJECT_HELMRELEASE, .name = "shop", .with_source = 1,
	                             .force = 1};
	struct op *op;
	struct buf sends;

	have(platform, RELEASE);
	have(platform, CHART);
	have(platform, REPOSITORY(""));
	op = ready(platform, &request);
	buf_init(&sends, 1 << 20);
	assert_int_equal(op_send_text(op, &sends), 0);
	assert_true(strstr(buf_string(&sends), "gitrepositories/platform") < strstr(buf_string(&sends), "helmcharts/payments-shop"));
	assert_non_null(strstr(buf_string(&sends), "forceAt"));
	assert_null(strstr(buf_string(&sends), "resetAt"));
	buf_release(&sends);
	op_free(op);
	request.kind = OBJECT_KUSTOMIZATION;
	request.name = "apps";
	have(platform, KUSTOMIZATION("", ""));
	refused(platform, &request, "force and reset are for HelmReleases");
}

static void suspend_and_resume(void **state)
{
	struct platform *platform = *state;
	struct op_request request = {.verb = VERB_SUSPEND, .kind = OBJECT_KUSTOMIZATION, .name = "apps", .reason = "bad chart",
	                             .until_ms = 1795607200000};
	struct op *op;

	have(platform, KUSTOMIZATION("", READY("True", "ReconciliationSucceeded", "fine")));
	op = ready(platform, &request);
	start(platform, op);
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "kustomizations", "apps", "metadata/annotations|flagdeck.io/held-until"),
	                    "2026-11-25T11:46:40Z");
	refused(platform, &request, "suspended already by dev since 2026-11-25");
	refused(platform, &reconcile, "it is suspended, so nothing would happen");
	request.verb = VERB_UNSUSPEND;
	request.timeout = 5;
	op = ready(platform, &request);
	assert_non_null(strstr(op_effect(op), "It was suspended by dev since 2026-11-25"));
	assert_non_null(strstr(op_effect(op), ": bad chart"));
	start(platform, op);
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "kustomizations", "apps", "spec/suspend"), "false");
	assert_string_equal(stored(platform, "kustomizations", "apps", "metadata/annotations|flagdeck.io/held-why"), "");
	refused(platform, &request, "it is not suspended");
}

static void keda_is_paused_by_an_annotation(void **state)
{
	struct platform *platform = *state;
	struct op_request request = {.verb = VERB_SUSPEND, .kind = OBJECT_SCALEDOBJECT, .name = "jobs", .reason = "x"};
	struct op *op;

	have(platform, "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\"," META("jobs") ",\"spec\":{}}");
	op = ready(platform, &request);
	start(platform, op);
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "scaledobjects", "jobs", "metadata/annotations|autoscaling.keda.sh/paused"), "true");
	request.verb = VERB_UNSUSPEND;
	op = ready(platform, &request);
	start(platform, op);
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "scaledobjects", "jobs", "metadata/annotations|autoscaling.keda.sh/paused"), "");
}

static void what_is_disabled_is_let_go(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, "{\"apiVersion\":\"helm.toolkit.fluxcd.io/v2\",\"kind\":\"HelmRelease\",\"metadata\":{\"name\":\"shop\","
	               "\"namespace\":\"payments\",\"annotations\":{\"kustomize.toolkit.fluxcd.io/reconcile\":\"disabled\"}},"
	               "\"spec\":{}}");
	op = ready(platform, &(struct op_request){.verb = VERB_UNSUSPEND, .kind = OBJECT_HELMRELEASE, .name = "shop"});
	start(platform, op);
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "helmreleases", "shop", "metadata/annotations|kustomize.toolkit.fluxcd.io/reconcile"),
	                    "");
}

#define ROLLOUT(status) \
	"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Rollout\"," META("web") ",\"spec\":{\"replicas\":4,\"strategy\":{" \
	"\"canary\":{\"steps\":[{\"setWeight\":20},{\"pause\":{}},{\"setWeight\":50}]}}},\"status\":{" status "}}"

static struct op_request argo(enum verb verb)
{
	return (struct op_request){.verb = verb, .kind = OBJECT_ROLLOUT, .name = "web", .timeout = 5};
}

static void argo_goes_on_aborts_and_retries(void **state)
{
	struct platform *platform = *state;
	struct op_request promote = argo(VERB_PROMOTE), full = argo(VERB_PROMOTE_FULL), abort_it = argo(VERB_ABORT);
	struct op_request retry = argo(VERB_RETRY);
	struct op *op;

	have(platform, ROLLOUT("\"phase\":\"Healthy\",\"currentPodHash\":\"a\",\"stableRS\":\"a\""));
	refused(platform, &promote, "there is nothing to promote");
	refused(platform, &full, "there is nothing to promote");
	refused(platform, &abort_it, "there is nothing to abort");
	refused(platform, &retry, "it is not aborted");
	have(platform, ROLLOUT("\"phase\":\"Paused\",\"currentPodHash\":\"b\",\"stableRS\":\"a\",\"currentStepIndex\":1,"
	                       "\"pauseConditions\":[{\"reason\":\"CanaryPauseStep\"}]"));
	op = ready(platform, &promote);
	assert_non_null(strstr(op_effect(op), "It goes on from step 1 of 3."));
	start(platform, op);
	WAIT_FOR(platform->loop, strstr(op_words(op), "step 1 of 3"));
	assert_int_equal(platform->ended, 0);
	controller(platform, "rollouts", "web", "{\"status\":{\"phase\":\"Progressing\",\"currentStepIndex\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	op = ready(platform, &abort_it);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "rollouts", "web", "{\"status\":{\"phase\":\"Degraded\",\"message\":\"RolloutAborted\"}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	assert_non_null(strstr(op_words(op), "RolloutAborted"));
	op_free(op);
	refused(platform, &promote, "it was aborted: retry it first");
	refused(platform, &abort_it, "aborted already");
	op = ready(platform, &retry);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "rollouts", "web", "{\"status\":{\"phase\":\"Progressing\"}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	op = ready(platform, &full);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "rollouts", "web", "{\"status\":{\"phase\":\"Healthy\",\"stableRS\":\"b\"}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
}

static void flagger_takes_no_orders(void **state)
{
	struct platform *platform = *state;

	have(platform, "{\"apiVersion\":\"flagger.app/v1beta1\",\"kind\":\"Canary\"," META("api") ",\"spec\":{\"analysis\":{"
	               "\"webhooks\":[{\"type\":\"confirm-promotion\"},{\"type\":\"rollout\"}]}}}");
	refused(platform, &(struct op_request){.verb = VERB_PROMOTE, .kind = OBJECT_CANARY, .name = "api"},
	        "this Canary has confirm-promotion");
}

static void count_batch(void *arg, struct batch *batch)
{
	(void)batch;
	((struct platform *)arg)->ended++;
}

static void a_batch_counts(void **state)
{
	enum { MANY = 30 };
	struct platform *platform = *state;
	struct op_request requests[MANY];
	char names[MANY][16], words[400], json[512], expected[64];
	struct text text = text_in(words, sizeof(words));
	struct batch *batch;
	struct buf body;

	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "ks-%d", i);
		snprintf(json, sizeof(json), "{\"apiVersion\":\"kustomize.toolkit.fluxcd.io/v1\",\"kind\":\"Kustomization\",\"metadata\":{"
		         "\"name\":\"%s\",\"namespace\":\"payments\"},\"spec\":{\"suspend\":%s}}", names[i], i == 7 ? "true" : "false");
		if (i != 9)
			have(platform, json);
		requests[i] = (struct op_request){.verb = VERB_SUSPEND, .cluster = i == 11 ? "us-prod" : "eu-prod", .protected = 1,
		                                  .kind = OBJECT_KUSTOMIZATION, .namespace = "payments", .name = names[i],
		                                  .reason = "incident"};
	}
	platform->ended = 0;
	batch = batch_new(platform->ops, requests, MANY, count_batch, platform);
	WAIT_FOR(platform->loop, platform->ended);
	assert_int_equal(batch_ready(batch), MANY - 3);
	batch_expected(batch, expected, sizeof(expected));
	assert_string_equal(expected, "suspend 27");
	buf_init(&body, 1 << 20);
	assert_int_equal(batch_preview(batch, &body), 0);
	assert_non_null(strstr(buf_string(&body), "… and 19 more"));
	assert_non_null(strstr(buf_string(&body), "us-prod cannot be reached"));
	assert_non_null(strstr(buf_string(&body), "it is suspended already"));
	buf_release(&body);
	batch_start(batch, count_batch, platform);
	WAIT_FOR(platform->loop, platform->ended == 2);
	batch_summary(batch, &text);
	assert_non_null(strstr(words, "suspend: 27 of 30 done, 3 left out (ks-7: it is suspended already"));
	assert_false(batch_all_done(batch));
	assert_int_equal(audit_look(platform).rows, 2 * (MANY - 3));
	batch_free(batch);
}

struct told {
	int count, unsure, ended;
	char words[600];
};

static void note_told(void *arg, int unsure, const char *words)
{
	struct told *told = arg;
	told->count++;
	told->unsure += unsure;
	snprintf(told->words, sizeof(told->words), "%s", words);
}

static void note_resolved(void *arg, size_t changes)
{
	((struct told *)arg)->ended = 1 + (int)changes;
}

/* An intent as a program leaves it that is killed before it could write how it went. */
static void leave_open(struct platform *platform, const char *change, const char *cluster, const char *body)
{
	const struct audit_record record = {.change = change, .action = "flux.suspend", .cluster = cluster,
	                                    .target = "Kustomization payments/apps", .data = body};
	char id[AUDIT_CHANGE];
	struct err err = {.text = ""};

	if (audit_intend(platform->audit, &record, id, &err) < 0)
		fail_msg("%s", err.text);
}

static void what_was_cut_off_is_looked_up(void **state)
{
	static const char data[] = "{\"kind\":\"Kustomization\",\"namespace\":\"payments\",\"name\":\"apps\",\"write\":1,\"body\":\"%s\"}";
	struct platform *platform = *state;
	struct told told = {0};
	struct resolve *resolve;
	char text[400];

	have(platform, KUSTOMIZATION(",\"suspend\":true", ""));
	snprintf(text, sizeof(text), data, "{\\\"spec\\\":{\\\"suspend\\\":true}}");
	leave_open(platform, "there", "eu-prod", text);
	snprintf(text, sizeof(text), data, "{\\\"spec\\\":{\\\"suspend\\\":false}}");
	leave_open(platform, "gone", "eu-prod", text);
	leave_open(platform, "elsewhere", "us-prod", text);
	leave_open(platform, "flags", "repository", NULL); /* not ours to judge */
	platform->clock.wall_ms += 3 * 3600 * 1000; /* our own process is alive, but not for so long */
	resolve = resolve_begin(platform->ops, note_told, note_resolved, &told);
	WAIT_FOR(platform->loop, told.ended);
	resolve_free(resolve);
	assert_int_equal(told.ended, 3);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.unsure, 1);
	assert_non_null(strstr(told.words, "never sent, or was put back since"));
	struct audit_verdict verdict;
	struct err err;
	assert_int_equal(audit_verify(platform->audit, NULL, &verdict, &err), 0);
	assert_int_equal(verdict.open, 2);
	assert_int_equal(verdict.rows, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_token_decides), TEST(a_failure_has_the_controllers_words), TEST(with_its_source),
		TEST(a_release_has_a_chart_in_between), TEST(suspend_and_resume), TEST(keda_is_paused_by_an_annotation),
		TEST(what_is_disabled_is_let_go), TEST(argo_goes_on_aborts_and_retries), TEST(flagger_takes_no_orders), TEST(a_batch_counts),
		TEST(what_was_cut_off_is_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

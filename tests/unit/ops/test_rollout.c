/* SPDX-License-Identifier: MIT */
/* Restart, undo, pause, resume, scale: what is sent, when it is believed, what is refused, what is audited. */
#include "unit/ops/platform.h"

#define OWNED \
	"\"labels\":{\"app\":\"api\",\"kustomize.toolkit.fluxcd.io/name\":\"apps\"," \
	"\"kustomize.toolkit.fluxcd.io/namespace\":\"flux-system\"}"
#define TEMPLATE(image) \
	"{\"metadata\":{\"labels\":{\"app\":\"api\"}},\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"" image "\"}]}}"
#define DEPLOYMENT(more) \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"api\",\"namespace\":\"payments\"," \
	"\"uid\":\"u-1\"," OWNED ",\"annotations\":{\"deployment.kubernetes.io/revision\":\"3\",\"note\":\"new\"}," \
	"\"managedFields\":[{\"manager\":\"kustomize-controller\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}," \
	"\"f:template\":{\"f:spec\":{}}}}}]},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"app\":\"api\"}}," \
	"\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1,\"maxUnavailable\":\"50%\"}}," \
	"\"template\":" TEMPLATE("app:3") more "},\"status\":{\"observedGeneration\":1,\"readyReplicas\":3}}"
#define SET(revision, hash, image) \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"api-" hash "\",\"namespace\":\"payments\"," \
	"\"labels\":{\"app\":\"api\",\"pod-template-hash\":\"" hash "\"},\"annotations\":{" \
	"\"deployment.kubernetes.io/revision\":\"" revision "\",\"note\":\"old\",\"kubernetes.io/change-cause\":\"" image "\"}," \
	"\"ownerReferences\":[{\"uid\":\"u-1\",\"controller\":true}]},\"spec\":{\"template\":{\"metadata\":{\"labels\":{" \
	"\"app\":\"api\",\"pod-template-hash\":\"" hash "\"}},\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"" image \
	"\"}]}}}}"
#define KUSTOMIZATION(more) \
	"{\"apiVersion\":\"kustomize.toolkit.fluxcd.io/v1\",\"kind\":\"Kustomization\",\"metadata\":{\"name\":\"apps\"," \
	"\"namespace\":\"flux-system\"},\"spec\":{\"interval\":\"10m\"" more "}}"

static const struct op_request restart = {.verb = VERB_RESTART, .kind = OBJECT_DEPLOYMENT, .name = "api",
                                          .reason = "leaks memory"};

static void seen_is_done(void **state)
{
	struct platform *platform = *state;
	struct op *op;
	struct audit_seen audit;

	have(platform, DEPLOYMENT(""));
	op = ready(platform, &restart);
	assert_non_null(strstr(op_effect(op), "All 3 pods are replaced, at most 50% missing and 1 more at a time."));
	assert_non_null(strstr(op_git(op), "Applied from Git by Kustomization flux-system/apps. Git does not set"));
	assert_int_equal(audit_look(platform).rows, 0); /* nothing was changed so far */
	start(platform, op);
	/* The intent is there before the server has answered. */
	audit = audit_look(platform);
	assert_int_equal(audit.rows, 1);
	assert_string_equal(audit.kube, "dev");
	assert_string_equal(audit.why, "leaks memory");
	assert_non_null(strstr(audit.what, "PATCH /apis/apps/v1/namespaces/payments/deployments/api?fieldManager=flagdeck"));
	until_state(platform, op, OPERATION_SENT);
	/* Written, and not believed: the controller has not seen generation 2. */
	WAIT_FOR(platform->loop, strstr(op_words(op), "has not seen it yet"));
	assert_string_equal(stored(platform, "deployments", "api",
	                           "spec/template/metadata/annotations|kubectl.kubernetes.io/restartedAt"),
	                    "2026-11-25T09:46:40.123Z");
	assert_int_equal(platform->ended, 0);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	audit = audit_look(platform);
	assert_int_equal(audit.rows, 2);
	assert_string_equal(audit.last_outcome, "done");
	assert_int_equal(platform->anchors, 2);
	assert_non_null(strstr(timeline_at(&platform->fleet->timeline, 0)->text, "restart  intended ✔ sent ✔ observed ✔"));
	assert_string_equal(timeline_at(&platform->fleet->timeline, 0)->subject, "api/eu-prod");
	assert_null(timeline_at(&platform->fleet->timeline, 1)); /* one line, written anew */
	op_free(op);
}

static void not_seen_is_not_done(void **state)
{
	struct platform *platform = *state;
	struct op_request hasty = restart;
	struct op *op;

	have(platform, DEPLOYMENT(""));
	hasty.timeout = 0.05;
	op = ready(platform, &hasty);
	start(platform, op);
	until_ended(platform, op, OPERATION_TIMED_OUT);
	assert_non_null(strstr(op_words(op), "the controller has not seen it yet"));
	assert_string_equal(audit_look(platform).last_outcome, "timed out");
	op_free(op);
}

static void a_lost_answer_is_looked_up(void **state)
{
	struct platform *platform = *state;
	const struct sim_fault cut = {.kind = FAULT_RESET, .method = "PATCH"};
	struct op_request hasty = restart;
	struct op *op;

	/* The server took it, and the connection went before it could say so. */
	have(platform, DEPLOYMENT(""));
	op = ready(platform, &restart);
	api_fault(platform->api, &cut);
	start(platform, op);
	WAIT_FOR(platform->loop, strstr(op_words(op), "has not seen it yet"));
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	/* It never arrived. */
	hasty.timeout = 0.2;
	platform->clock.wall_ms += 1000;
	op = ready(platform, &hasty);
	assert_int_equal(api_set_listening(platform->api, 0, &(struct err){.text = ""}), 0);
	start(platform, op);
	until_ended(platform, op, OPERATION_FAILED);
	assert_non_null(strstr(op_words(op), "the connection was lost while it was sent"));
	assert_string_equal(audit_look(platform).last_outcome, "failed");
	op_free(op);
}

static void the_server_may_refuse(void **state)
{
	struct platform *platform = *state;
	const struct sim_fault no = {.kind = FAULT_STATUS, .method = "PATCH", .number = 403,
	                             .text = "admission webhook \"policy\" denied the request: not on Fridays"};
	struct op *op;

	have(platform, DEPLOYMENT(""));
	op = ready(platform, &restart);
	api_fault(platform->api, &no);
	start(platform, op);
	until_ended(platform, op, OPERATION_FAILED);
	assert_non_null(strstr(op_words(op), "the server refused it"));
	assert_string_equal(audit_look(platform).last_outcome, "failed");
	op_free(op);
}

static void rights_are_asked_before(void **state)
{
	struct platform *platform = *state;

	have(platform, DEPLOYMENT(""));
	api_deny(platform->api, "patch", "deployments", "*");
	refused(platform, &restart, "you may not patch deployments.apps in namespace payments");
	assert_int_equal(audit_look(platform).rows, 0);
	api_allow_all(platform->api);
	api_deny(platform->api, "get", "deployments", "*");
	refused(platform, &restart, "it cannot be read: 403");
}

static void what_is_not_there(void **state)
{
	struct platform *platform = *state;
	struct op_request elsewhere = restart;
	struct err err = {.text = ""};

	refused(platform, &restart, "there is no Deployment payments/api");
	elsewhere.cluster = "us-prod";
	elsewhere.namespace = "payments";
	assert_null(op_prepare(platform->ops, &elsewhere, note_prepared, platform, &err));
	assert_string_equal(err.text, "us-prod cannot be reached");
}

static void read_only_and_unaudited_refuse(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, DEPLOYMENT(""));
	platform_ops(platform, 1, 0);
	assert_non_null(strstr(ops_refusal(platform->ops), "read-only"));
	op = ready(platform, &restart); /* looking is fine */
	start(platform, op);
	until_ended(platform, op, OPERATION_REFUSED);
	assert_int_equal(api_requests(platform->api, "/apis/apps/v1/namespaces/payments/deployments/api", "fieldManager"), 0);
	op_free(op);
	/* No audit. */
	snprintf(platform->audit_path, sizeof(platform->audit_path), "%s", platform->folder);
	platform_ops(platform, 0, 0);
	assert_non_null(ops_refusal(platform->ops));
	op = ready(platform, &restart);
	start(platform, op);
	until_ended(platform, op, OPERATION_REFUSED);
	assert_string_equal(stored(platform, "deployments", "api", "metadata/generation"), "1");
	op_free(op);
	/* As somebody insists. */
	platform_ops(platform, 0, 1);
	assert_null(ops_refusal(platform->ops));
	op = ready(platform, &restart);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	assert_true(platform->anchors >= 2); /* said on syslog and to the person */
	op_free(op);
}

static void restarts_of_every_kind(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, DEPLOYMENT(",\"paused\":true"));
	refused(platform, &restart, "paused, so nothing would be restarted");
	have(platform, "{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"db\",\"namespace\":"
	               "\"payments\"},\"spec\":{\"replicas\":5,\"updateStrategy\":{\"type\":\"OnDelete\"}}}");
	op = ready(platform, &(struct op_request){.verb = VERB_RESTART, .kind = OBJECT_STATEFULSET, .name = "db"});
	assert_non_null(strstr(op_effect(op), "OnDelete: a pod is replaced only when somebody deletes it"));
	op_free(op);
	have(platform, "{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Rollout\",\"metadata\":{\"name\":\"web\",\"namespace\":"
	               "\"payments\"},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":\"1\"}}");
	op = ready(platform, &(struct op_request){.verb = VERB_RESTART, .kind = OBJECT_ROLLOUT, .name = "web"});
	start(platform, op);
	WAIT_FOR(platform->loop, strstr(op_words(op), "has not seen it yet"));
	controller(platform, "rollouts", "web", "{\"status\":{\"observedGeneration\":\"2\"}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	assert_string_equal(stored(platform, "rollouts", "web", "spec/restartAt"), "2026-11-25T09:46:40.123Z");
	op_free(op);
}

static const struct op_request undo = {.verb = VERB_UNDO, .kind = OBJECT_DEPLOYMENT, .name = "api"};

static void have_revisions(struct platform *platform)
{
	have(platform, KUSTOMIZATION(""));
	have(platform, DEPLOYMENT(""));
	have(platform, SET("1", "aaa", "app:1"));
	have(platform, SET("2", "bbb", "app:2"));
	have(platform, SET("3", "ccc", "app:3"));
	/* Of somebody else, with the same labels. */
	have(platform, "{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"other\",\"namespace\":"
	               "\"payments\",\"labels\":{\"app\":\"api\"},\"annotations\":{\"deployment.kubernetes.io/revision\":\"9\"},"
	               "\"ownerReferences\":[{\"uid\":\"u-2\"}]},\"spec\":{\"template\":{}}}");
}

static void undo_takes_the_revision_before(void **state)
{
	struct platform *platform = *state;
	struct op *op;
	cJSON *json;

	have_revisions(platform);
	op = ready(platform, &undo);
	assert_int_equal(op_request_of(op)->revision, 2);
	assert_non_null(strstr(op_git(op), "It will be put back within 10m. Instead: change it in Git, or suspend"));
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	json = api_get(platform->api, "deployments", "payments", "api");
	cJSON *wanted = json_parse_heap(TEMPLATE("app:2"), strlen(TEMPLATE("app:2")), NULL);
	assert_true(cJSON_Compare(json_at(json, "spec/template"), wanted, 1)); /* without the hash label */
	/* The revision's annotations come with it, but not its number. */
	assert_string_equal(json_string(json, "metadata/annotations/note"), "old");
	assert_string_equal(json_get(json_at(json, "metadata/annotations"), "kubernetes.io/change-cause")->valuestring, "app:2");
	assert_string_equal(json_get(json_at(json, "metadata/annotations"), "deployment.kubernetes.io/revision")->valuestring,
	                    "3");
	cJSON_Delete(wanted);
	cJSON_Delete(json);
	op_free(op);
}

static void undo_to_a_number(void **state)
{
	struct platform *platform = *state;
	struct op_request to = undo;
	struct op *op;

	have_revisions(platform);
	to.revision = 1;
	op = ready(platform, &to);
	assert_non_null(strstr(op_effect(op), "revision 1 becomes the present one"));
	op_free(op);
	to.revision = 7;
	refused(platform, &to, "there is no revision 7 of it; the newest is 3");
	to.revision = 3;
	refused(platform, &to, "its template is that of revision 3 already");
	have(platform, KUSTOMIZATION(",\"suspend\":true"));
	to.revision = 2;
	op = ready(platform, &to);
	assert_non_null(strstr(op_git(op), "That is suspended: the change stays until it is resumed"));
	op_free(op);
}

static void undo_does_not_overwrite_a_newer_change(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have_revisions(platform);
	op = ready(platform, &undo);
	controller(platform, "deployments", "api", "{\"metadata\":{\"generation\":2},\"spec\":{\"replicas\":9}}");
	start(platform, op);
	until_ended(platform, op, OPERATION_FAILED);
	assert_non_null(strstr(op_words(op), "it was changed since it was looked at, so nothing was written"));
	op_free(op);
}

static void undo_without_a_past(void **state)
{
	struct platform *platform = *state;

	have(platform, DEPLOYMENT(""));
	have(platform, SET("3", "ccc", "app:3"));
	refused(platform, &undo, "there is no revision before 3 to go back to");
	have(platform, DEPLOYMENT(",\"paused\":true"));
	refused(platform, &undo, "paused, and what is paused is not rolled back");
	api_deny(platform->api, "list", "replicasets", "*");
	have(platform, DEPLOYMENT(""));
	refused(platform, &undo, "its revisions cannot be read");
}

static void undo_of_controller_revisions(void **state)
{
	struct platform *platform = *state;
	struct op *op;
	static const char revision[] =
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"ControllerRevision\",\"metadata\":{\"name\":\"db-%d\",\"namespace\":"
		"\"payments\",\"labels\":{\"app\":\"db\"},\"ownerReferences\":[{\"uid\":\"u-db\"}]},\"revision\":%d,\"data\":{"
		"\"spec\":{\"template\":{\"$patch\":\"replace\",\"metadata\":{\"labels\":{\"app\":\"db\"}},\"spec\":{\"containers\":["
		"{\"name\":\"db\",\"image\":\"db:%d\"}]}}}}}";

	have(platform, "{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"db\",\"namespace\":"
	               "\"payments\",\"uid\":\"u-db\"},\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"app\":\"db\"}},"
	               "\"template\":{\"metadata\":{\"labels\":{\"app\":\"db\"},\"annotations\":{\"gone\":\"by undo\"}},\"spec\":{"
	               "\"containers\":[{\"name\":\"db\",\"image\":\"db:2\"}]}}},\"status\":{\"observedGeneration\":1}}");
	for (int i = 1; i <= 2; i++) {
		char *text = mem_printf(revision, i, i, i);
		have(platform, text);
		free(text);
	}
	op = ready(platform, &(struct op_request){.verb = VERB_UNDO, .kind = OBJECT_STATEFULSET, .name = "db"});
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "statefulsets", "db", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	cJSON *json = api_get(platform->api, "statefulsets", "payments", "db");
	assert_string_equal(json_string(cJSON_GetArrayItem(json_at(json, "spec/template/spec/containers"), 0), "image"), "db:1");
	assert_null(json_at(json, "spec/template/metadata/annotations")); /* replaced, not merged */
	cJSON_Delete(json);
	op_free(op);
}

static void pause_and_resume(void **state)
{
	struct platform *platform = *state;
	struct op_request request = {.verb = VERB_PAUSE, .kind = OBJECT_DEPLOYMENT, .name = "api", .reason = "database moves",
	                             .until_ms = 1795607200000};
	struct op *op;

	have(platform, DEPLOYMENT(""));
	op = ready(platform, &request);
	assert_non_null(strstr(op_git(op), "Git does not set what is changed here"));
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "deployments", "api", "spec/paused"), "true");
	assert_string_equal(stored(platform, "deployments", "api", "metadata/annotations|flagdeck.io/held-by"), "dev");
	assert_string_equal(stored(platform, "deployments", "api", "metadata/annotations|flagdeck.io/held-why"),
	                    "database moves");
	assert_string_equal(stored(platform, "deployments", "api", "metadata/annotations|flagdeck.io/held-until"),
	                    "2026-11-25T11:46:40Z");
	refused(platform, &request, "paused already");
	request.verb = VERB_RESUME;
	op = ready(platform, &request);
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":3}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	op_free(op);
	assert_string_equal(stored(platform, "deployments", "api", "spec/paused"), "false");
	assert_string_equal(stored(platform, "deployments", "api", "metadata/annotations|flagdeck.io/held-by"), "");
	refused(platform, &request, "it is not paused");
}

static void scale_does_not_fight(void **state)
{
	struct platform *platform = *state;
	struct op_request request = {.verb = VERB_SCALE, .kind = OBJECT_DEPLOYMENT, .name = "api", .replicas = 5};
	struct op *op;

	have(platform, KUSTOMIZATION(""));
	have(platform, DEPLOYMENT(""));
	op = ready(platform, &request);
	assert_non_null(strstr(op_git(op), "It will be put back within 10m"));
	start(platform, op);
	until_state(platform, op, OPERATION_SENT);
	controller(platform, "deployments", "api", "{\"status\":{\"observedGeneration\":2}}");
	until_ended(platform, op, OPERATION_OBSERVED);
	assert_string_equal(op_words(op), "5 wanted, 3 ready");
	op_free(op);
	refused(platform, &request, "it has 5 replicas already");
	have(platform, "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{\"name\":\"api-hpa\","
	               "\"namespace\":\"payments\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"api\"},"
	               "\"minReplicas\":2,\"maxReplicas\":8}}");
	request.replicas = 7;
	refused(platform, &request, "the HorizontalPodAutoscaler api-hpa keeps it between 2 and 8");
	request.replicas = 0;
	op = ready(platform, &request);
	assert_non_null(strstr(op_effect(op), "Its HorizontalPodAutoscaler rests meanwhile."));
	op_free(op);
}

static void note_dry(void *arg, struct op *op, int accepted, const char *words)
{
	struct platform *platform = arg;
	(void)op;
	platform->ended = accepted ? 1 : 2;
	if (accepted)
		assert_string_equal(words, "the server would take it");
}

static void a_dry_run_keeps_nothing(void **state)
{
	struct platform *platform = *state;
	struct op *op;

	have(platform, DEPLOYMENT(""));
	op = ready(platform, &restart);
	op_dry_run(op, note_dry, platform);
	WAIT_FOR(platform->loop, platform->ended);
	assert_int_equal(platform->ended, 1);
	assert_string_equal(stored(platform, "deployments", "api", "metadata/generation"), "1");
	assert_int_equal(audit_look(platform).rows, 0);
	op_free(op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(seen_is_done), TEST(not_seen_is_not_done), TEST(a_lost_answer_is_looked_up), TEST(the_server_may_refuse),
		TEST(rights_are_asked_before), TEST(what_is_not_there), TEST(read_only_and_unaudited_refuse),
		TEST(restarts_of_every_kind), TEST(undo_takes_the_revision_before), TEST(undo_to_a_number),
		TEST(undo_does_not_overwrite_a_newer_change), TEST(undo_without_a_past), TEST(undo_of_controller_revisions),
		TEST(pause_and_resume), TEST(scale_does_not_fight), TEST(a_dry_run_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

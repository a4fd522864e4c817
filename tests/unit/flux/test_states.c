/* SPDX-License-Identifier: MIT */
/* Status objects of every kind, well and failing, as the controllers write them. */
#include "desk.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define MAIN "main@sha1:" SHA
#define OLD "main@sha1:fedcba9876543210fedcba9876543210fedcba98"
#define META "\"metadata\":{\"name\":\"one\",\"namespace\":\"flux-system\",\"uid\":\"u\",\"generation\":2}"
#define CONDITION(type, status, reason, message) \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason "\",\"message\":\"" message "\"," \
	"\"lastTransitionTime\":\"2026-11-24T06:00:00Z\",\"observedGeneration\":2}"
#define READY(status, reason, message) CONDITION("Ready", status, reason, message)
#define STATUS(conditions, rest) "\"observedGeneration\":2,\"conditions\":[" conditions "]" rest
#define ARTIFACT(revision) ",\"artifact\":{\"revision\":\"" revision "\"}"
#define REVISIONS(applied, attempted) \
	",\"lastAppliedRevision\":\"" applied "\",\"lastAttemptedRevision\":\"" attempted "\""
#define RELEASED(version) ",\"history\":[{\"version\":1,\"status\":\"deployed\",\"chartVersion\":\"" version "\"}]"

static const struct row {
	enum object_kind kind;
	const char *spec, *status;
	enum tone tone;
	const char *ready, *reason, *revision, *message;
	const char *attempted; /* NULL: the revision */
} rows[] = {
	/* Sources: well, authentication, branch missing, signature, suspended, at work. */
	{OBJECT_GITREPOSITORY, "", STATUS(READY("True", "Succeeded", "stored"), ARTIFACT(MAIN)), TONE_GOOD, "True", "Succeeded", MAIN, "stored", NULL},
	{OBJECT_GITREPOSITORY, "", STATUS(READY("False", "GitOperationFailed", "authentication required") "," CONDITION("FetchFailed", "True", "x", "y"), ""),
	 TONE_BAD, "False", "GitOperationFailed", "", "authentication required", NULL},
	{OBJECT_GITREPOSITORY, "", STATUS(READY("False", "GitOperationFailed", "couldn't find remote ref \\\"refs/heads/gone\\\""), ""),
	 TONE_BAD, "False", "GitOperationFailed", "", "couldn't find remote ref \"refs/heads/gone\"", NULL},
	{OBJECT_GITREPOSITORY, "", STATUS(READY("False", "InvalidCommitSignature", "not signed"), ARTIFACT("main/" SHA)), TONE_BAD, "False",
	 "InvalidCommitSignature", "main/" SHA, "not signed", NULL},
	{OBJECT_GITREPOSITORY, "\"suspend\":true", STATUS(READY("True", "Succeeded", "stored"), ARTIFACT(MAIN)), TONE_WARNING, "True", "Succeeded", MAIN,
	 "stored", NULL},
	{OBJECT_GITREPOSITORY, "", STATUS(READY("Unknown", "Progressing", "building") "," CONDITION("Reconciling", "True", "Progressing", "x"), ""),
	 TONE_BUSY, "Unknown", "Progressing", "", "building", NULL},
	{OBJECT_OCIREPOSITORY, "", STATUS(READY("True", "Succeeded", "s"), ARTIFACT("6.5.0@sha256:0123456789ab")), TONE_GOOD, "True", "Succeeded",
	 "6.5.0@sha256:0123456789ab", "s", NULL},
	{OBJECT_BUCKET, "\"endpoint\":\"s3\",\"bucketName\":\"b\"", STATUS(READY("False", "BucketOperationFailed", "no such bucket"), ""), TONE_BAD, "False",
	 "BucketOperationFailed", "", "no such bucket", NULL},
	{OBJECT_HELMREPOSITORY, "\"type\":\"oci\"", "", TONE_DIM, "", "", "", "", NULL},
	{OBJECT_HELMCHART, "\"chart\":\"web\"", STATUS(READY("False", "ChartPullError", "chart not found"), ""), TONE_BAD, "False", "ChartPullError", "",
	 "chart not found", NULL},
	/* Kustomizations: well, bad YAML, dependency, health, path, immutable field, prune. */
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("True", "ReconciliationSucceeded", "Applied"), REVISIONS(MAIN, MAIN)), TONE_GOOD, "True",
	 "ReconciliationSucceeded", MAIN, "Applied", NULL},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "BuildFailed", "yaml: line 3"), REVISIONS(OLD, MAIN)), TONE_BAD, "False", "BuildFailed", OLD,
	 "yaml: line 3", MAIN},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "DependencyNotReady", "dependency 'flux-system/infra' is not ready"), ""), TONE_BAD, "False",
	 "DependencyNotReady", "", "dependency 'flux-system/infra' is not ready", NULL},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "HealthCheckFailed", "timeout") "," CONDITION("Healthy", "False", "HealthCheckFailed", "x"), ""),
	 TONE_BAD, "False", "HealthCheckFailed", "", "timeout", NULL},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "ArtifactFailed", "path not found") "," CONDITION("Stalled", "True", "x", "y"), ""), TONE_BAD, "False",
	 "ArtifactFailed", "", "path not found", NULL},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "ReconciliationFailed", "field is immutable") "," CONDITION("Reconciling", "True",
	 "ProgressingWithRetry", "x"), ""), TONE_BAD, "False", "ReconciliationFailed", "", "field is immutable", NULL},
	{OBJECT_KUSTOMIZATION, "", STATUS(READY("False", "PruneFailed", "a finalizer"), ""), TONE_BAD, "False", "PruneFailed", "", "a finalizer", NULL},
	/* HelmReleases: well, retries exceeded, source, values. */
	{OBJECT_HELMRELEASE, "", STATUS(READY("True", "UpgradeSucceeded", "done"), ",\"lastAttemptedRevision\":\"6.5.1\"" RELEASED("6.5.1")), TONE_GOOD,
	 "True", "UpgradeSucceeded", "6.5.1", "done", NULL},
	{OBJECT_HELMRELEASE, "", STATUS(READY("False", "RetriesExceeded", "terminal error") "," CONDITION("Stalled", "True", "RetriesExceeded", "x"),
	 ",\"lastAttemptedRevision\":\"6.5.1\"" RELEASED("6.5.0")), TONE_BAD, "False", "RetriesExceeded", "6.5.0", "terminal error", "6.5.1"},
	{OBJECT_HELMRELEASE, "", STATUS(READY("False", "ArtifactFailed", "Source not ready"), ""), TONE_BAD, "False", "ArtifactFailed", "", "Source not ready", NULL},
	{OBJECT_HELMRELEASE, "", STATUS(READY("False", "ValuesError", "could not find ConfigMap"), ""), TONE_BAD, "False", "ValuesError", "",
	 "could not find ConfigMap", NULL},
	/* The rest. */
	{OBJECT_TERRAFORM, "", STATUS(READY("Unknown", "TerraformPlannedWithChanges", "Plan generated"), REVISIONS(OLD, MAIN)
	 ",\"plan\":{\"pending\":\"plan-1\"},\"lastDriftDetectedAt\":\"2026-11-24T06:00:00Z\""), TONE_BUSY, "Unknown", "TerraformPlannedWithChanges", OLD,
	 "Plan generated", MAIN},
	{OBJECT_IMAGEPOLICY, "", STATUS(READY("True", "Succeeded", "latest"), ",\"latestRef\":{\"name\":\"r/app\",\"tag\":\"1.2\"}"), TONE_GOOD, "True",
	 "Succeeded", "1.2", "latest", NULL},
	{OBJECT_IMAGEUPDATE, "\"suspend\":true", STATUS(READY("True", "Succeeded", "up to date"), ",\"lastPushCommit\":\"" SHA "\""), TONE_WARNING, "True",
	 "Succeeded", SHA, "up to date", NULL},
	{OBJECT_IMAGEREPOSITORY, "", STATUS(READY("False", "ReadOperationFailed", "unauthorized"), ""), TONE_BAD, "False", "ReadOperationFailed", "",
	 "unauthorized", NULL},
	{OBJECT_PROVIDER, "\"type\":\"slack\"", "", TONE_DIM, "", "", "", "", NULL},
	{OBJECT_ALERT, "\"suspend\":true", "", TONE_WARNING, "", "", "", "", NULL},
	{OBJECT_RECEIVER, "", STATUS(READY("True", "Succeeded", "ready"), ",\"webhookPath\":\"/hook/secret\""), TONE_GOOD, "True", "Succeeded", "", "ready", NULL},
};

static void test_every_state(void **state)
{
	struct desk desk;
	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		char *json = mem_printf("{" META ",\"spec\":{%s},\"status\":{%s}}", row->spec, row->status);
		struct object *object = take(&desk, row->kind, json);
		assert_string_equal(flux_ready(object), row->ready);
		assert_string_equal(resource_condition(resource_of(object), "Ready")->reason ? resource_condition(resource_of(object), "Ready")->reason : "", row->reason);
		assert_string_equal(flux_revision(object), row->revision);
		assert_string_equal(flux_attempted(object), row->attempted ? row->attempted : row->revision);
		assert_string_equal(flux_message(object), row->message);
		assert_int_equal(flux_tone(object), row->tone);
		char *text = described(&desk, object);
		assert_null(strstr(text, "/hook/secret"));
		free(text);
		object_discard(desk.fleet, object);
		free(json);
	}
	assert_int_equal(intern_count(desk.fleet->strings), 1); /* the cluster's name: nothing else is left */
	fleet_free(desk.fleet);
}

/* Ready speaks of the spec that was observed: of a newer one nothing is known yet. */
static void test_not_observed(void **state)
{
	struct desk desk;
	char room[240];
	struct text text = text_in(room, sizeof(room));
	(void)state;
	desk_init(&desk);
	struct object *object = take(&desk, OBJECT_KUSTOMIZATION, "{\"metadata\":{\"name\":\"a\",\"generation\":3},\"spec\":{},\"status\":{"
		STATUS(READY("True", "ReconciliationSucceeded", "Applied"), "") "}}");
	const struct sheet_row row = {.cluster = desk.cluster, .object = object};
	assert_int_equal(flux_tone(object), TONE_BUSY);
	flux_sheet.columns[flux_sheet.column_count - 1].format(&row, 0, &text);
	assert_string_equal(room, "the controller has yet to see generation 3; Applied");
	object_discard(desk.fleet, object);
	fleet_free(desk.fleet);
}

#define OWNED(manager, time, field) \
	"{\"manager\":\"" manager "\",\"time\":\"" time "\",\"fieldsV1\":{\"f:spec\":{\"" field "\":{}}}}"

/* Who suspended it: a person's note, else the program that set the field, the last of several. */
static void test_who_holds(void **state)
{
	struct desk desk;
	int64_t at;
	(void)state;
	desk_init(&desk);
	struct object *object = take(&desk, OBJECT_KUSTOMIZATION,
		"{\"metadata\":{\"name\":\"a\",\"managedFields\":[" OWNED("kustomize-controller", "2026-11-24T06:00:00Z", "f:path") ","
		OWNED("kubectl-edit", "2026-11-23T06:00:00Z", "f:suspend") "," OWNED("flux", "2026-11-24T05:00:00Z", "f:suspend")
		"]},\"spec\":{\"suspend\":true}}");
	assert_int_equal(stamp_parse("2026-11-24T05:00:00Z", &at), 0);
	assert_string_equal(object_hold(object)->manager, "flux");
	assert_true(object_hold(object)->since_ms == at);
	object_discard(desk.fleet, object);
	object = take(&desk, OBJECT_KUSTOMIZATION,
		"{\"metadata\":{\"name\":\"a\",\"annotations\":{\"flagdeck.io/held-by\":\"ann@laptop\",\"flagdeck.io/held-why\":\"db \\u001b[31mmove\","
		"\"flagdeck.io/held-since\":\"2026-11-24T04:00:00Z\",\"flagdeck.io/held-until\":\"2026-11-25T05:00:00Z\"},\"managedFields\":["
		OWNED("flux", "2026-11-24T05:00:00Z", "f:suspend") "]},\"spec\":{\"suspend\":true}}");
	assert_string_equal(object_hold(object)->by, "ann@laptop");
	assert_string_equal(object_hold(object)->why, "db [31mmove");
	assert_true(object_hold(object)->since_ms == at - 3600000 && object_hold(object)->until_ms == at + 86400000);
	object_discard(desk.fleet, object);
	/* Not suspended: notes that somebody forgot say nothing. */
	object = take(&desk, OBJECT_KUSTOMIZATION, "{\"metadata\":{\"name\":\"a\",\"annotations\":{\"flagdeck.io/held-by\":\"ann\"}}}");
	assert_null(object_hold(object));
	assert_int_equal(object_is_held(object), 0);
	object_discard(desk.fleet, object);
	object = take(&desk, OBJECT_SCALEDOBJECT,
		"{\"metadata\":{\"name\":\"a\",\"annotations\":{\"autoscaling.keda.sh/paused-replicas\":\"0\"},\"managedFields\":[{\"manager\":\"kubectl\","
		"\"time\":\"2026-11-24T05:00:00Z\",\"fieldsV1\":{\"f:metadata\":{\"f:annotations\":{\"f:autoscaling.keda.sh/paused-replicas\":{}}}}}]},"
		"\"spec\":{\"scaleTargetRef\":{\"name\":\"web\"}}}");
	assert_string_equal(object_hold(object)->manager, "kubectl");
	assert_int_equal(((struct scaled_object *)object)->paused_replicas, 0);
	assert_string_equal(((struct scaled_object *)object)->target.kind, "Deployment");
	object_discard(desk.fleet, object);
	object = take(&desk, OBJECT_CRONJOB,
		"{\"metadata\":{\"name\":\"a\"},\"spec\":{\"suspend\":true,\"schedule\":\"0 1 * * *\"},\"status\":{\"active\":[{\"name\":\"x\"}]}}");
	assert_int_equal(object_is_held(object), 1);
	assert_int_equal(((struct cronjob *)object)->active, 1);
	object_discard(desk.fleet, object);
	fleet_free(desk.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_state), cmocka_unit_test(test_not_observed),
	                                   cmocka_unit_test(test_who_holds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Every branch of `kubectl rollout status`, with its sentence. */
#include "unit/model/build.h"

#include "model/rollout.h"

struct rollout_case {
	const char *name;
	struct workload workload;
	enum rollout_phase phase;
	const char *sentence;
	int done, total, moving;
};

#define NONE {.status = ' ', .reason = ""}
#define DEPLOYMENT                                                                                           \
	.object = {.kind = OBJECT_DEPLOYMENT, .name = "api"}, .revision = "", .current_revision = ""
#define STATEFULSET .object = {.kind = OBJECT_STATEFULSET, .name = "db"}
#define DAEMONSET .object = {.kind = OBJECT_DAEMONSET, .name = "agent"}, .revision = "", .current_revision = "", \
	.progressing = NONE

static const struct rollout_case cases[] = {
	{"deployment: spec not observed",
	 {DEPLOYMENT, .generation = 2, .observed = 1, .desired = 3, .progressing = NONE}, ROLLOUT_WAITING,
	 "Waiting for deployment spec update to be observed...", 0, 3, 1},
	{"deployment: a deadline that passed before the new spec was seen does not count",
	 {DEPLOYMENT, .generation = 2, .observed = 1, .desired = 3,
	  .progressing = {.status = 'F', .reason = "ProgressDeadlineExceeded"}}, ROLLOUT_WAITING,
	 "Waiting for deployment spec update to be observed...", 0, 3, 1},
	{"deployment: deadline",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 4, .updated = 1,
	  .available = 3,
	  .progressing = {.status = 'F', .reason = "ProgressDeadlineExceeded"}}, ROLLOUT_FAILED,
	 "deployment \"api\" exceeded its progress deadline", 0, 3, 0},
	{"deployment: not all updated",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 12, .replicas = 13, .updated = 8,
	  .available = 12,
	  .progressing = {.status = 'T', .reason = "ReplicaSetUpdated"}}, ROLLOUT_PROGRESSING,
	 "Waiting for deployment \"api\" rollout to finish: 8 out of 12 new replicas have been updated...", 7,
	 12, 1},
	{"deployment: old ones end",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 5, .updated = 3,
	  .available = 5,
	  .progressing = {.status = 'T', .reason = "ReplicaSetUpdated"}}, ROLLOUT_PROGRESSING,
	 "Waiting for deployment \"api\" rollout to finish: 2 old replicas are pending termination...", 3, 3,
	 1},
	{"deployment: not all available",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 3, .updated = 3,
	  .available = 2,
	  .progressing = {.status = 'T', .reason = "ReplicaSetUpdated"}}, ROLLOUT_PROGRESSING,
	 "Waiting for deployment \"api\" rollout to finish: 2 of 3 updated replicas are available...", 2, 3,
	 1},
	{"deployment: a pod fell over after the rollout was through",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 3, .updated = 3,
	  .available = 2,
	  .progressing = {.status = 'T', .reason = "NewReplicaSetAvailable"}}, ROLLOUT_PROGRESSING,
	 "Waiting for deployment \"api\" rollout to finish: 2 of 3 updated replicas are available...", 2, 3,
	 0},
	{"deployment: its ReplicaSet cannot be made",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 3, .updated = 0,
	  .available = 3,
	  .progressing = {.status = 'F', .reason = "ReplicaSetCreateError"}}, ROLLOUT_PROGRESSING,
	 "Waiting for deployment \"api\" rollout to finish: 0 out of 3 new replicas have been updated...", 0,
	 3, 0},
	{"deployment: paused half-way",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 4, .updated = 1,
	  .available = 4,
	  .paused = 1, .progressing = {.status = 'U', .reason = "DeploymentPaused"}}, ROLLOUT_PAUSED,
	 "Waiting for deployment \"api\" rollout to finish: 1 out of 3 new replicas have been updated...", 1,
	 3, 0},
	{"deployment: paused with nothing left",
	 {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 3, .updated = 3,
	  .available = 3,
	  .paused = 1, .progressing = NONE}, ROLLOUT_COMPLETE, "deployment \"api\" successfully rolled out",
	  3, 3, 0},
	{"deployment: done", {DEPLOYMENT, .generation = 2, .observed = 2, .desired = 3, .replicas = 3,
	 .updated = 3,
	  .available = 3, .progressing = NONE}, ROLLOUT_COMPLETE,
	  "deployment \"api\" successfully rolled out", 3, 3, 0},
	{"deployment: scaled to zero", {DEPLOYMENT, .generation = 2, .observed = 3, .progressing = NONE},
	 ROLLOUT_COMPLETE, "deployment \"api\" successfully rolled out", 0, 0, 0},
	{"daemon set: OnDelete", {DAEMONSET, .on_delete = 1, .generation = 2, .observed = 1, .desired = 3},
	 ROLLOUT_UNKNOWN, "rollout status is only available for RollingUpdate strategy type", 0, 3, 0},
	{"daemon set: spec not observed", {DAEMONSET, .generation = 2, .observed = 1, .desired = 3},
	 ROLLOUT_WAITING,
	 "Waiting for daemon set spec update to be observed...", 0, 3, 1},
	{"daemon set: not all updated", {DAEMONSET, .generation = 2, .observed = 2, .desired = 3,
	 .replicas = 3,
	  .updated = 2, .available = 3}, ROLLOUT_PROGRESSING,
	 "Waiting for daemon set \"agent\" rollout to finish: 2 out of 3 new pods have been updated...", 2, 3,
	 1},
	{"daemon set: not all available", {DAEMONSET, .generation = 2, .observed = 2, .desired = 3,
	 .replicas = 3,
	  .updated = 3, .available = 1}, ROLLOUT_PROGRESSING,
	 "Waiting for daemon set \"agent\" rollout to finish: 1 of 3 updated pods are available...", 1, 3, 0},
	{"daemon set: done", {DAEMONSET, .generation = 2, .observed = 2, .desired = 3, .replicas = 3,
	 .updated = 3,
	  .available = 3}, ROLLOUT_COMPLETE, "daemon set \"agent\" successfully rolled out", 3, 3, 0},
	{"stateful set: OnDelete", {STATEFULSET, .on_delete = 1, .revision = "", .current_revision = "",
	 .desired = 3},
	 ROLLOUT_UNKNOWN, "rollout status is only available for RollingUpdate strategy type", 0, 3, 0},
	{"stateful set: never observed", {STATEFULSET, .revision = "", .current_revision = "", .desired = 3},
	 ROLLOUT_WAITING, "Waiting for statefulset spec update to be observed...", 0, 3, 1},
	{"stateful set: spec not observed",
	 {STATEFULSET, .revision = "", .current_revision = "", .generation = 2, .observed = 1},
	  ROLLOUT_WAITING,
	 "Waiting for statefulset spec update to be observed...", 0, 0, 1},
	{"stateful set: not all ready", {STATEFULSET, .revision = "db-1", .current_revision = "db-1",
	 .generation = 1,
	  .observed = 1, .desired = 3, .replicas = 3, .ready = 1, .updated = 3}, ROLLOUT_PROGRESSING,
	 "Waiting for 2 pods to be ready...", 1, 3, 0},
	{"stateful set: coming up one by one", {STATEFULSET, .revision = "db-1", .current_revision = "db-1",
	  .generation = 1, .observed = 1, .desired = 3, .replicas = 1, .ready = 0, .updated = 1},
	  ROLLOUT_PROGRESSING,
	 "Waiting for 3 pods to be ready...", 0, 3, 1},
	{"stateful set: partition under way", {STATEFULSET, .revision = "db-2", .current_revision = "db-1",
	  .generation = 2, .observed = 2, .desired = 5, .replicas = 5, .ready = 5, .updated = 1,
	  .has_partition = 1,
	  .partition = 2}, ROLLOUT_PROGRESSING,
	 "Waiting for partitioned roll out to finish: 1 out of 3 new pods have been updated...", 1, 3, 1},
	{"stateful set: partition through", {STATEFULSET, .revision = "db-2", .current_revision = "db-1",
	  .generation = 2, .observed = 2, .desired = 5, .replicas = 5, .ready = 5, .updated = 3,
	  .has_partition = 1,
	  .partition = 2}, ROLLOUT_COMPLETE, "partitioned roll out complete: 3 new pods have been updated...",
	  3, 3, 0},
	{"stateful set: partition over the size", {STATEFULSET, .revision = "db-2",
	 .current_revision = "db-1",
	  .generation = 2, .observed = 2, .desired = 2, .replicas = 2, .ready = 2, .updated = 0,
	  .has_partition = 1,
	  .partition = 9}, ROLLOUT_COMPLETE, "partitioned roll out complete: 0 new pods have been updated...",
	  0, 0, 0},
	{"stateful set: revisions differ", {STATEFULSET, .revision = "db-2", .current_revision = "db-1",
	  .generation = 2, .observed = 2, .desired = 3, .replicas = 3, .ready = 3, .updated = 2},
	  ROLLOUT_PROGRESSING,
	 "waiting for statefulset rolling update to complete 2 pods at revision db-2...", 2, 3, 1},
	{"stateful set: done", {STATEFULSET, .revision = "db-2", .current_revision = "db-2", .generation = 2,
	  .observed = 2, .desired = 3, .replicas = 3, .ready = 3, .updated = 3, .current = 3},
	  ROLLOUT_COMPLETE,
	 "statefulset rolling update complete 3 pods at revision db-2...", 3, 3, 0},
};

static void test_is_kubectl(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char room[256];
		struct text text = text_in(room, sizeof(room));
		struct workload workload = cases[i].workload;
		if (!workload.progressing.reason)
			workload.progressing = (struct condition)NONE;
		struct rollout rollout = rollout_of(&workload);
		rollout_describe(&workload, &text);
		print_message("%s\n", cases[i].name);
		assert_string_equal(room, cases[i].sentence);
		assert_int_equal(rollout.phase, cases[i].phase);
		assert_int_equal(rollout.done, cases[i].done);
		assert_int_equal(rollout.total, cases[i].total);
		assert_int_equal(rollout_is_moving(&workload) != 0, cases[i].moving);
	}
}

static void test_words_are_complete(void **state)
{
	(void)state;
	for (int phase = 0; phase < ROLLOUT_PHASES; phase++)
		assert_true(rollout_phase_words[phase] && rollout_phase_words[phase][0]);
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		assert_non_null(reasons[reason].word);
		assert_true(strlen(reasons[reason].help) > 10);
	}
}

static void test_reason_words(void **state)
{
	static const struct {
		const char *word;
		enum reason reason;
	} words[] = {
		{NULL, REASON_NONE}, {"", REASON_NONE}, {"Completed", REASON_NONE},
		{"CrashLoopBackOff", REASON_CRASH_LOOP}, {"OOMKilled", REASON_OOM_KILLED},
		{"ErrImagePull", REASON_IMAGE_PULL}, {"ImagePullBackOff", REASON_IMAGE_PULL},
		{"InvalidImageName", REASON_IMAGE_PULL}, {"CreateContainerConfigError", REASON_CONFIG},
		{"RunContainerError", REASON_CONFIG}, {"StartError", REASON_CONFIG}, {"Evicted",
		 REASON_EVICTED},
		{"NodeLost", REASON_EVICTED}, {"Unschedulable", REASON_UNSCHEDULABLE},
		{"SchedulingGated", REASON_UNSCHEDULABLE}, {"Error", REASON_ERROR},
		{"ContainerCannotRun", REASON_ERROR}, {"DeadlineExceeded", REASON_ERROR},
		{"ContainerCreating", REASON_STARTING}, {"PodInitializing", REASON_STARTING},
		{"Terminating", REASON_TERMINATING}, {"NeverHeardOfIt", REASON_OTHER}, {"crashloopbackoff",
		 REASON_OTHER},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(reason_of(words[i].word), words[i].reason);
	for (int reason = REASON_CRASH_LOOP; reason <= REASON_ERROR; reason++)
		assert_int_equal(reason_of(reasons[reason].word), reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_kubectl),
		cmocka_unit_test(test_words_are_complete),
		cmocka_unit_test(test_reason_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

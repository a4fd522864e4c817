/* SPDX-License-Identifier: MIT */
/* The health table: its order, that each row can be reached, and its words. */
#include "unit/model/build.h"

struct rig {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
	const struct service *service;
};

static void rig_start(struct rig *rig)
{
	clock_fixed_init(&rig->clock, NOW);
	rig->fleet = fleet_new(&rig->clock.clock);
	rig->cluster = fleet_add_cluster(rig->fleet, "eu-prod", "prod", "eu-west-1", 1);
	make_live(rig->cluster);
}

/* What a case is made of: `pods` letters are pods. r ready, c crash loop, o out of memory, i image,
 * g config, e evicted, u unschedulable, x error, n not ready and old, s starting and young. */
struct health_case {
	const char *row, *reason, *pods;
	enum object_kind kind;
	void (*change)(struct rig *rig, struct workload *workload);
	int64_t pods_age_ms; /* of pods that are not ready; 0: an hour */
};

static void failure(struct rig *rig, struct condition *condition, char status, const char *reason,
                    const char *message)
{
	intern_drop(rig->fleet->strings, condition->reason);
	*condition = (struct condition){.status = status, .reason = word_of(rig->fleet, reason),
		.message = mem_copy_string(message)};
}

static void past_deadline(struct rig *rig, struct workload *w)
{
	failure(rig, &w->progressing, 'F', "ProgressDeadlineExceeded", NULL);
	w->updated = 1;
}

static void refused(struct rig *rig, struct workload *w)
{
	failure(rig, &w->failure, 'T', "FailedCreate", "exceeded quota: pods");
}

static void blocked(struct rig *rig, struct workload *w)
{
	failure(rig, &w->progressing, 'F', "ReplicaSetCreateError", "name too long");
	w->updated = 0;
}

static void rolling(struct rig *rig, struct workload *w)
{
	failure(rig, &w->progressing, 'T', "ReplicaSetUpdated", NULL);
	w->replicas = w->desired + 1;
	w->updated = 2;
	w->available = w->ready = w->desired;
}

static void created(struct rig *rig, struct workload *w)
{
	failure(rig, &w->progressing, 'T', "NewReplicaSetCreated", NULL);
}

static void paused(struct rig *rig, struct workload *w)
{
	(void)rig;
	w->paused = 1;
}

static void paused_half_way(struct rig *rig, struct workload *w)
{
	rolling(rig, w);
	w->paused = 1;
}

static void unobserved(struct rig *rig, struct workload *w)
{
	(void)rig;
	w->generation = 7;
	w->observed = 6;
}

static void on_delete(struct rig *rig, struct workload *w)
{
	(void)rig;
	w->on_delete = 1;
	w->updated = 1;
}

static void on_delete_all(struct rig *rig, struct workload *w)
{
	(void)rig;
	w->on_delete = 1;
}

static void set_rolls(struct rig *rig, struct workload *w)
{
	set_word(rig->fleet, &w->revision, "2");
	w->updated = 1;
}

static void status_lags(struct rig *rig, struct workload *w)
{
	(void)rig;
	w->ready = w->available = w->desired - 1;
}

#define MINUTE 60000
#define D OBJECT_DEPLOYMENT
static const struct health_case cases[] = {
	{"none-available", "none of 2 pods available: 2 of 2 pods CrashLoopBackOff (api-0: back-off)", "cc",
	 .kind = D},
	{"none-available", "none of 2 pods available: 2 of 2 pods not ready (api-0)", "nn", .kind = D},
	{"none-available", "none of 3 pods available: pods cannot be created: exceeded quota: pods", "---",
	 .kind = D, .change = refused},
	{"none-available", "none of 2 pods available: no pod exists", "--", .kind = D},
	{"none-available", "none of 2 pods available: 2 of 2 pods starting (api-0)", "ss",
	 .kind = OBJECT_STATEFULSET, .pods_age_ms = 11 * MINUTE},
	{"rollout-failed", "rollout past its progress deadline; 1 of 3 pods CrashLoopBackOff "
	 "(api-2: back-off)", "rrc", .kind = D, .change = past_deadline},
	{"pods-refused", "pods cannot be created: exceeded quota: pods", "r-", .kind = D, .change = refused},
	{"crash-loop", "2 of 12 pods CrashLoopBackOff (api-04: back-off)", "rrrrcrrcrrrr", .kind = D},
	{"crash-loop", "1 of 3 pods CrashLoopBackOff (api-2: back-off)", "roc", .kind = D},
	{"crash-loop", "1 of 4 pods CrashLoopBackOff (api-3: back-off)", "rrrc", .kind = D,
	 .change = rolling},
	{"oom-killed", "1 of 2 pods OOMKilled (api-1)", "ro", .kind = D},
	{"image-pull", "1 of 2 pods ImagePullBackOff (api-1)", "ri", .kind = D},
	{"config", "1 of 2 pods CreateContainerConfigError (api-1)", "rg", .kind = D},
	{"evicted", "1 of 2 pods Evicted (api-1)", "re", .kind = D},
	{"unschedulable", "1 of 2 pods Unschedulable (api-1)", "ru", .kind = D},
	{"error", "1 of 2 pods Error (api-1)", "rx", .kind = D},
	{"update-blocked", "the update cannot start: name too long", "rr", .kind = D, .change = blocked},
	{"not-ready", "1 of 3 pods not ready (api-1)", "rnr", .kind = D},
	{"not-ready", "1 of 3 pods are missing", "rr-", .kind = OBJECT_DAEMONSET},
	{"not-ready", "1 of 3 pods not ready (api-1)", "rsr", .kind = D, .pods_age_ms = 3 * MINUTE},
	{"not-ready", "1 of 3 pods not ready (api-1)", "rsr", .kind = OBJECT_STATEFULSET, .change = set_rolls,
	 .pods_age_ms = 11 * MINUTE},
	{"not-ready", "1 of 3 pods not ready (api-1)", "rnr", .kind = OBJECT_STATEFULSET,
	 .change = on_delete_all},
	{"rolling", "rolling out: 1 of 4 pods updated and available", "rrrs", .kind = D, .change = rolling,
	 .pods_age_ms = 3 * MINUTE},
	{"rolling", "rolling out: 0 of 2 pods updated and available", "ss", .kind = D, .change = created,
	 .pods_age_ms = 30 * MINUTE},
	{"rolling", "rolling out: 0 of 3 pods updated and available", "rsr", .kind = OBJECT_STATEFULSET,
	 .change = set_rolls, .pods_age_ms = 9 * MINUTE},
	{"starting", "1 of 3 pods are starting", "rsr", .kind = D, .pods_age_ms = MINUTE},
	{"starting", "1 of 2 pods are starting", "rr", .kind = OBJECT_DAEMONSET, .change = status_lags},
	{"paused", "paused: no change of it is rolled out", "rr", .kind = D, .change = paused},
	{"paused", "paused with 1 of 3 pods updated", "rrr", .kind = D, .change = paused_half_way},
	{"not-observed", "the controller has yet to see generation 7 (it has seen 6)", "rr", .kind = D,
	 .change = unobserved},
	{"on-delete", "OnDelete: 1 of 3 pods updated; the others are replaced when deleted by hand", "rrr",
	 .kind = OBJECT_STATEFULSET, .change = on_delete},
	{"scaled-to-zero", "scaled to zero", "", .kind = D},
	{"scaled-to-zero", "no node is to run it", "", .kind = OBJECT_DAEMONSET},
	{"ok", "", "rr", .kind = D},
	{"ok", "", "rrr", .kind = OBJECT_STATEFULSET, .change = on_delete_all},
};
#undef D

static enum reason reason_of_letter(char letter)
{
	static const char letters[] = "rcoigeuxns";
	static const enum reason of[] = {
	    REASON_NONE,    REASON_CRASH_LOOP,    REASON_OOM_KILLED, REASON_IMAGE_PULL, REASON_CONFIG,
	    REASON_EVICTED, REASON_UNSCHEDULABLE, REASON_ERROR,      REASON_NOT_READY,  REASON_STARTING};
	return of[strchr(letters, letter) - letters];
}

static void play(struct rig *rig, const struct health_case *c)
{
	int ready = 0, count = (int)strlen(c->pods);
	char name[32], owner[2] = "w";
	rig_start(rig);
	for (int i = 0; i < count; i++) {
		if (c->pods[i] == '-')
			continue;
		enum reason reason = reason_of_letter(c->pods[i]);
		snprintf(name, sizeof(name), count > 9 ? "api-%02d" : "api-%d", i);
		struct pod *pod = make_pod(rig->cluster, "a", name, name, owner, reason);
		ready += pod->ready;
		if (reason == REASON_CRASH_LOOP)
			pod->message = mem_copy_string("back-off");
		if (!pod->ready && c->pods_age_ms)
			pod->object.created_ms = NOW - c->pods_age_ms;
		if (reason == REASON_STARTING || reason == REASON_NOT_READY)
			set_word(rig->fleet, &pod->status,
			         reason == REASON_STARTING ? "starting" : "Running");
		put(rig->cluster, pod);
	}
	struct workload *w = make_workload(rig->cluster, c->kind, "a", "api", owner, count);
	w->ready = w->available = ready;
	if (c->change)
		c->change(rig, w);
	put(rig->cluster, w);
	fleet_settle(rig->fleet);
	rig->service = fleet_find(rig->fleet, "eu-prod", "a", "api");
}

static void test_each_row(void **state)
{
	int reached[64] = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig rig;
		play(&rig, &cases[i]);
		const struct health_row *row = &health_rows[rig.service->health_row];
		print_message("%zu %s: %s\n", i, row->key, rig.service->reason);
		assert_string_equal(row->key, cases[i].row);
		assert_string_equal(rig.service->reason, cases[i].reason);
		assert_int_equal(rig.service->health, row->health);
		reached[rig.service->health_row] = 1;
		fleet_free(rig.fleet);
	}
	for (size_t i = 0; i < health_row_count; i++)
		assert_true(reached[i]);
}

static void test_table_is_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < health_row_count; i++) {
		assert_true(health_rows[i].key[0] && strlen(health_rows[i].help) > 10);
		if (i > 0)
			assert_true(health_rows[i - 1].health <= health_rows[i].health);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(health_rows[i].key, health_rows[j].key);
	}
	assert_int_equal(health_rows[health_row_count - 1].health, HEALTH_OK);
	for (int i = 0; i < HEALTH_LEVELS; i++)
		assert_non_null(health_words[i]);
}

/* Nothing arrives; a start that takes too long becomes trouble by itself. */
static void test_time_alone_makes_a_start_late(void **state)
{
	static const struct health_case start = {.pods = "rs", .kind = OBJECT_DEPLOYMENT,
		.pods_age_ms = MINUTE};
	struct rig rig;
	(void)state;
	play(&rig, &start);
	assert_int_equal(rig.service->health, HEALTH_PROGRESSING);
	rig.clock.wall_ms += MINUTE - 1;
	assert_int_equal(fleet_settle(rig.fleet), 0);
	rig.clock.wall_ms += 1;
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_int_equal(rig.service->health, HEALTH_DEGRADED);
	assert_int_equal(rig.fleet->timed.len, 0);
	rig.clock.wall_ms += MINUTE;
	assert_int_equal(fleet_settle(rig.fleet), 0);
	fleet_free(rig.fleet);
}

/* Pods that end, or have ended, say nothing about health. */
static void test_only_pods_that_stay_count(void **state)
{
	static const struct health_case two = {.pods = "rr", .kind = OBJECT_DEPLOYMENT};
	struct rig rig;
	(void)state;
	play(&rig, &two);
	struct pod *ending = make_pod(rig.cluster, "a", "ending", "e", "w", REASON_TERMINATING);
	ending->terminating = 1;
	struct pod *evicted = make_pod(rig.cluster, "a", "evicted", "v", "w", REASON_EVICTED);
	evicted->finished = 1;
	put(rig.cluster, ending);
	put(rig.cluster, evicted);
	put(rig.cluster, make_pod(rig.cluster, "a", "loose", "l", "", REASON_CRASH_LOOP));
	put(rig.cluster, make_pod(rig.cluster, "a", "job", "j", "of-a-job", REASON_CRASH_LOOP));
	fleet_settle(rig.fleet);
	assert_int_equal(rig.service->health, HEALTH_OK);
	assert_int_equal(rig.service->pods, 2);
	assert_int_equal(rig.service->pods_terminating, 1);
	assert_string_equal(service_worst_pod(rig.service)->object.name, "api-0");
	fleet_free(rig.fleet);
}

/* Before pods are read, the workload's own status has to do. */
static void test_without_pods_the_status_decides(void **state)
{
	struct rig rig;
	(void)state;
	clock_fixed_init(&rig.clock, NOW);
	rig.fleet = fleet_new(&rig.clock.clock);
	rig.cluster = fleet_add_cluster(rig.fleet, "eu-prod", "prod", "eu-west-1", 1);
	struct workload *w = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "w", 3);
	w->ready = w->available = 2;
	put(rig.cluster, w);
	fleet_settle(rig.fleet);
	const struct service *service = fleet_find(rig.fleet, "eu-prod", "a", "api");
	assert_int_equal(service->health, HEALTH_DEGRADED);
	assert_string_equal(service->reason, "1 of 3 pods not ready");
	assert_false(service_knows_pods(service));
	struct pod *pod = make_pod(rig.cluster, "a", "p", "p", "w", REASON_STARTING);
	pod->object.created_ms = NOW - 1000;
	put(rig.cluster, pod);
	make_live(rig.cluster);
	fleet_settle(rig.fleet);
	assert_true(service_knows_pods(service));
	assert_int_equal(service->health, HEALTH_PROGRESSING);
	fleet_free(rig.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_row), cmocka_unit_test(test_table_is_in_order),
		cmocka_unit_test(test_time_alone_makes_a_start_late),
		cmocka_unit_test(test_only_pods_that_stay_count),
		cmocka_unit_test(test_without_pods_the_status_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

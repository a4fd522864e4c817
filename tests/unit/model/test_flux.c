/* SPDX-License-Identifier: MIT */
/* What applies a service, whatever the order in which objects come; what is held; lists and the tree. */
#include "flux_build.h"

#include "base/text.h"
#include "model/census.h"
#include "model/flux_tree.h"
#include "model/revision.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define MAIN "main@sha1:" SHA

struct bench {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
};

static void begin(struct bench *b)
{
	clock_fixed_init(&b->clock, NOW);
	b->fleet = fleet_new(&b->clock.clock);
	b->cluster = fleet_add_cluster(b->fleet, "eu", "", "", 0);
}

static const struct service *find(struct bench *b, const char *name)
{
	fleet_settle(b->fleet);
	const struct service *service = fleet_find(b->fleet, "eu", "shop", name);
	assert_non_null(service);
	return service;
}

static void put_labelled(struct bench *b, const char *name, const char *kind, const char *namespace, const char *by)
{
	struct workload *w = make_workload(b->cluster, OBJECT_DEPLOYMENT, "shop", name, name, 1);
	w->applied_by = make_ref(b->fleet, kind, namespace, by);
	put(b->cluster, w);
}

static void test_by_labels(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	put_labelled(&b, "api", "HelmRelease", "shop", "api");
	assert_string_equal(find(&b, "api")->flux.by.kind, "HelmRelease");
	assert_int_equal(find(&b, "api")->flux.ready, ' ');
	put(b.cluster, make_release(b.cluster, "shop", "api", "apps", "1.2.3", 'T', "well"));
	assert_string_equal(find(&b, "api")->flux.revision, "1.2.3");
	assert_int_equal(find(&b, "api")->flux.ready, 'T');
	/* The Kustomization above knows the commit. */
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied"));
	assert_string_equal(find(&b, "api")->flux.revision, MAIN);
	assert_string_equal(find(&b, "api")->flux.above.name, "apps");
	struct kustomization *k = make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied");
	k->resource.suspended = 1;
	put(b.cluster, k);
	assert_true(find(&b, "api")->flux.above_suspended);
	assert_false(find(&b, "api")->flux.suspended);
	cluster_remove(b.cluster, OBJECT_HELMRELEASE, "shop/api");
	assert_int_equal(find(&b, "api")->flux.ready, ' ');
	assert_string_equal(find(&b, "api")->flux.revision, "");
	fleet_free(b.fleet);
}

static void test_by_inventory(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	put(b.cluster, make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api", "1", 1));
	assert_string_equal(find(&b, "api")->flux.by.kind, "");
	struct kustomization *k = make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied");
	make_inventory(b.cluster, &k->inventory, "shop_api_apps_Deployment");
	make_inventory(b.cluster, &k->inventory, "shop_cfg__ConfigMap");
	put(b.cluster, k);
	assert_string_equal(find(&b, "api")->flux.by.name, "apps");
	assert_string_equal(find(&b, "api")->flux.revision, MAIN);
	/* A workload that comes later finds it too. */
	cluster_remove(b.cluster, OBJECT_DEPLOYMENT, "shop/api");
	fleet_settle(b.fleet);
	put(b.cluster, make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api", "2", 1));
	assert_string_equal(find(&b, "api")->flux.by.name, "apps");
	/* No longer in the inventory. */
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied"));
	assert_string_equal(find(&b, "api")->flux.by.kind, "");
	assert_int_equal(b.cluster->applied.len, 0);
	fleet_free(b.fleet);
}

/* Two controllers that claim the same object: the last one to say so counts, and nothing breaks. */
static void test_two_fight(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	put(b.cluster, make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api", "1", 1));
	for (int i = 0; i < 4; i++) {
		struct kustomization *k = make_kustomization(b.cluster, i % 2 ? "one" : "two", "platform", MAIN, 'T', "");
		make_inventory(b.cluster, &k->inventory, "shop_api_apps_Deployment");
		put(b.cluster, k);
		assert_string_equal(find(&b, "api")->flux.by.name, i % 2 ? "one" : "two");
	}
	cluster_remove(b.cluster, OBJECT_KUSTOMIZATION, "flux-system/one");
	cluster_remove(b.cluster, OBJECT_KUSTOMIZATION, "flux-system/two");
	assert_string_equal(find(&b, "api")->flux.by.kind, "");
	fleet_free(b.fleet);
}

static void test_owner(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	struct workload *w = make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api-copy", "1", 1);
	w->managed_by = make_ref(b.fleet, "Canary", "shop", "api");
	put(b.cluster, w);
	struct canary *canary = make_canary(b.cluster, "shop", "api", "Initialized", 0);
	canary->resource.applied_by = make_ref(b.fleet, "Kustomization", "flux-system", "apps");
	put(b.cluster, canary);
	w = make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api-copy", "1", 2);
	w->managed_by = make_ref(b.fleet, "Canary", "shop", "api");
	put(b.cluster, w);
	assert_string_equal(find(&b, "api-copy")->flux.by.name, "apps");
	fleet_free(b.fleet);
}

static void test_canary_leads(void **state)
{
	static const struct {
		const char *phase;
		enum rollout_phase rollout;
	} rows[] = {{"Progressing", ROLLOUT_PROGRESSING}, {"WaitingPromotion", ROLLOUT_PAUSED}, {"Failed", ROLLOUT_FAILED},
	            {"Succeeded", ROLLOUT_COMPLETE}, {"Initialized", ROLLOUT_COMPLETE}, {"Whatever", ROLLOUT_COMPLETE}};
	struct bench b;
	(void)state;
	begin(&b);
	put(b.cluster, make_workload(b.cluster, OBJECT_DEPLOYMENT, "shop", "api", "1", 1));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(b.cluster, make_canary(b.cluster, "shop", "api", rows[i].phase, 20));
		assert_int_equal(find(&b, "api")->rollout.phase, rows[i].rollout);
	}
	cluster_remove(b.cluster, OBJECT_CANARY, "shop/api");
	assert_null(find(&b, "api")->canary);
	fleet_free(b.fleet);
}

static void test_argo(void **state)
{
	static const struct {
		const char *phase;
		enum rollout_phase rollout;
		enum health health;
	} rows[] = {{"Healthy", ROLLOUT_COMPLETE, HEALTH_OK}, {"Progressing", ROLLOUT_PROGRESSING, HEALTH_PROGRESSING},
	            {"Paused", ROLLOUT_PAUSED, HEALTH_PAUSED}, {"Degraded", ROLLOUT_FAILED, HEALTH_DEGRADED}};
	struct bench b;
	(void)state;
	begin(&b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(b.cluster, make_argo(b.cluster, "shop", "api", rows[i].phase, 1, 20));
		assert_int_equal(find(&b, "api")->rollout.phase, rows[i].rollout);
		assert_int_equal(find(&b, "api")->health, rows[i].health);
	}
	assert_string_equal(find(&b, "api")->kind, "Rollout");
	/* The controller has not seen the spec: its phase says nothing. */
	struct workload *w = make_argo(b.cluster, "shop", "api", "Healthy", 1, 20);
	w->generation = 2;
	put(b.cluster, w);
	assert_int_equal(find(&b, "api")->rollout.phase, ROLLOUT_WAITING);
	w = make_argo(b.cluster, "shop", "api", "Healthy", 1, 20);
	set_word(b.fleet, &w->argo->observed, "6c7d8f9");
	put(b.cluster, w);
	assert_int_equal(find(&b, "api")->rollout.phase, ROLLOUT_WAITING);
	w = make_argo(b.cluster, "shop", "api", "Degraded", 0, 0);
	w->argo->aborted = 1;
	w->argo->message = word_of(b.fleet, "RolloutAborted: metric \"success\" failed");
	put(b.cluster, w);
	assert_non_null(strstr(find(&b, "api")->reason, "RolloutAborted"));
	fleet_free(b.fleet);
}

static void held_puts(struct bench *b)
{
	struct fleet *fleet = b->fleet;
	struct kustomization *k = make_kustomization(b->cluster, "apps", "platform", MAIN, 'T', "");
	k->resource.suspended = 1;
	k->resource.hold = make_hold(fleet, "ann@laptop", "migration", "flux", NOW - 3600000, NOW + 3600000);
	put(b->cluster, k);
	struct helm_release *h = make_release(b->cluster, "shop", "api", NULL, "1.0", 'T', "");
	h->resource.suspended = h->resource.disabled = 1;
	h->resource.hold = make_hold(fleet, "", "", "kustomize-controller", NOW - 60000, 0);
	h->resource.applied_by = make_ref(fleet, "Kustomization", "flux-system", "apps");
	put(b->cluster, h);
	put(b->cluster, make_argo(b->cluster, "shop", "web", "Paused", 1, 20));
	put(b->cluster, make_canary(b->cluster, "shop", "cart", "WaitingPromotion", 50));
	struct workload *w = make_workload(b->cluster, OBJECT_DEPLOYMENT, "shop", "mail", "m", 1);
	w->paused = 1;
	put(b->cluster, w);
	struct scaled_object *scaled = make_resource(b->cluster, OBJECT_SCALEDOBJECT, sizeof(*scaled), "shop", "jobs", 'T', "", NULL);
	scaled->resource.suspended = 1;
	scaled->paused_replicas = 2;
	put(b->cluster, scaled);
	struct hpa *hpa = mem_new(sizeof(*hpa));
	object_init(&hpa->object, OBJECT_HPA, fleet->strings, "shop", "zero", "hz", "1");
	hpa->target_kind = word_of(fleet, "Deployment");
	hpa->target_name = word_of(fleet, "zero");
	hpa->active = (struct condition){.status = 'F', .reason = word_of(fleet, "ScalingDisabled"), .changed_ms = NOW - 5000};
	put(b->cluster, hpa);
	struct cronjob *job = make_resource(b->cluster, OBJECT_CRONJOB, sizeof(*job), "shop", "nightly", ' ', "", NULL);
	job->resource.suspended = 1;
	put(b->cluster, job);
}

static void test_census(void **state)
{
	static const char *const order[] = {"rollout-paused", "canary-waiting", "deployment-paused", "flux-suspended",
	                                    "flux-suspended", "reconcile-disabled", "keda-paused", "hpa-disabled",
	                                    "cronjob-suspended"};
	struct bench b;
	struct held *held;
	char room[160];
	(void)state;
	begin(&b);
	held_puts(&b);
	fleet_settle(b.fleet);
	assert_int_equal(b.fleet->totals.held, 9);
	assert_int_equal(census_run(b.fleet, NULL, &held), 9);
	for (size_t i = 0; i < 9; i++)
		assert_string_equal(held[i].row->key, order[i]);
	/* The longest held comes first. */
	assert_string_equal(held[3].object->name, "apps");
	struct text text = text_in(room, sizeof(room));
	held_by(&held[3], &text);
	assert_string_equal(room, "ann@laptop");
	assert_string_equal(held_why(&held[3]), "migration");
	assert_int_equal(held[3].until_ms, NOW + 3600000);
	text_clear(&text);
	held_by(&held[4], &text);
	assert_string_equal(room, "Git, by Kustomization apps");
	text_clear(&text);
	held[0].row->describe(held[0].object, &text);
	assert_string_equal(room, "paused at step 2 of 4, until promoted");
	free(held);
	/* What is released, and what goes, is out of the count. */
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', ""));
	put(b.cluster, make_argo(b.cluster, "shop", "web", "Healthy", 4, 100));
	cluster_remove(b.cluster, OBJECT_HELMRELEASE, "shop/api");
	fleet_settle(b.fleet);
	assert_int_equal(b.fleet->totals.held, 5);
	cluster_sweep(b.cluster, OBJECT_CRONJOB, cluster_begin_list(b.cluster, OBJECT_CRONJOB));
	fleet_settle(b.fleet);
	assert_int_equal(b.fleet->totals.held, 4);
	fleet_free(b.fleet);
}

static void test_order_and_tree(void **state)
{
	static const char *const list[] = {"flux-system/late", "flux-system/platform", "flux-system/infra",
	                                   "flux-system/apps", "shop/api"};
	static const struct {
		const char *name;
		int depth;
	} tree[] = {{"flux-system/platform", 0}, {"flux-system/infra", 1}, {"flux-system/apps", 1}, {"shop/api", 2},
	            {"shop_api_apps_Deployment", 3}, {"shop_cfg__ConfigMap", 2}, {"flux-system/late", 0}};
	struct bench b;
	struct sheet_row *rows;
	(void)state;
	begin(&b);
	struct kustomization *apps = make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "");
	make_depends(b.cluster, &apps->depends_on, "Kustomization", "infra");
	make_inventory(b.cluster, &apps->inventory, "shop_api_helm.toolkit.fluxcd.io_HelmRelease");
	make_inventory(b.cluster, &apps->inventory, "shop_cfg__ConfigMap");
	struct helm_release *api = make_release(b.cluster, "shop", "api", "apps", "1.0", 'T', "");
	make_inventory(b.cluster, &api->inventory, "shop_api_apps_Deployment");
	put(b.cluster, api);
	put(b.cluster, apps);
	put(b.cluster, make_kustomization(b.cluster, "infra", "platform", MAIN, 'T', ""));
	put(b.cluster, make_source(b.cluster, "platform", MAIN));
	/* A ring of dependencies, and a source that is not there. */
	struct kustomization *late = make_kustomization(b.cluster, "late", "nowhere", "", 'F', "no source");
	make_depends(b.cluster, &late->depends_on, "Kustomization", "late");
	put(b.cluster, late);
	fleet_settle(b.fleet);
	assert_int_equal(flux_list(b.fleet, NULL, &rows), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(rows[i].object->key, list[i]);
	free(rows);
	assert_int_equal(flux_tree(b.fleet, NULL, &rows), sizeof(tree) / sizeof(tree[0]));
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++) {
		assert_string_equal(rows[i].object ? rows[i].object->key : rows[i].label, tree[i].name);
		assert_int_equal(rows[i].depth, tree[i].depth);
	}
	free(rows);
	const struct object *waits = cluster_object(b.cluster, OBJECT_KUSTOMIZATION, "flux-system", "late");
	assert_string_equal(flux_waits_for(b.cluster, waits)->name, "late");
	assert_int_equal(flux_depth(b.cluster, waits), FLUX_DEPTH);
	fleet_free(b.fleet);
}

static const char *newest(struct bench *b)
{
	static char room[400];
	const struct timeline_entry *entry = timeline_at(&b->fleet->timeline, 0);
	snprintf(room, sizeof(room), "%s | %s", entry ? entry->subject : "", entry ? entry->text : "");
	return room;
}

/* What happened is told once, where a person wants to know it; what is read for the first time is not news. */
static void test_timeline(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied"));
	make_live(b.cluster);
	fleet_settle(b.fleet);
	size_t before = b.fleet->timeline.len;
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'T', "applied"));
	assert_int_equal(b.fleet->timeline.len, before);
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'F', "timeout waiting"));
	assert_string_equal(newest(&b), "Kustomization apps/eu | not ready: HealthCheckFailed: timeout waiting");
	before = b.fleet->timeline.len;
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", MAIN, 'F', "timeout waiting, again"));
	assert_int_equal(b.fleet->timeline.len, before);
	put(b.cluster, make_kustomization(b.cluster, "apps", "platform", "main@sha1:fedcba9876543210fedcba9876543210fedcba98", 'T', ""));
	assert_string_equal(newest(&b), "Kustomization apps/eu | ready again: ReconciliationSucceeded");
	assert_string_equal(timeline_at(&b.fleet->timeline, 1)->text, "applied: main@fedcba9");
	struct kustomization *k = make_kustomization(b.cluster, "apps", "platform", "main@sha1:fedcba9876543210fedcba9876543210fedcba98", 'T', "");
	k->resource.suspended = 1;
	k->resource.hold = make_hold(b.fleet, "ann", "migration", "", NOW, 0);
	put(b.cluster, k);
	assert_string_equal(newest(&b), "Kustomization apps/eu | suspended: by ann: migration");
	put(b.cluster, make_canary(b.cluster, "shop", "api", "Progressing", 10));
	put(b.cluster, make_canary(b.cluster, "shop", "api", "Failed", 0));
	assert_string_equal(newest(&b), "Canary api/eu | Failed");
	fleet_free(b.fleet);
}

static void test_inventory_ids(void **state)
{
	static const char *const rows[][2] = {
	    {"shop_api_apps_Deployment", "Deployment shop/api"},
	    {"_system__controller_rbac.authorization.k8s.io_ClusterRole", "ClusterRole system__controller"},
	    {"shop_cfg__ConfigMap", "ConfigMap shop/cfg"},
	    {"nonsense", "nonsense"},
	    {"a_b", "a_b"},
	    {"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[160];
		struct text text = text_in(room, sizeof(room));
		inventory_describe(rows[i][0], &text);
		assert_string_equal(room, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_by_labels),   cmocka_unit_test(test_by_inventory), cmocka_unit_test(test_two_fight),
	    cmocka_unit_test(test_owner),       cmocka_unit_test(test_canary_leads), cmocka_unit_test(test_argo),
	    cmocka_unit_test(test_census),      cmocka_unit_test(test_order_and_tree),
	    cmocka_unit_test(test_inventory_ids), cmocka_unit_test(test_timeline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

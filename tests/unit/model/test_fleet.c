/* SPDX-License-Identifier: MIT */
/* The fleet around its rows: lists and sweeps, links, remembered rows, warnings, versions, news. */
#include "unit/model/build.h"

struct rig {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
};

static void rig_start(struct rig *rig)
{
	clock_fixed_init(&rig->clock, NOW);
	rig->fleet = fleet_new(&rig->clock.clock);
	rig->cluster = fleet_add_cluster(rig->fleet, "eu-prod", "prod", "eu-west-1", 1);
}

static const struct service *find(const struct rig *rig, const char *name)
{
	return fleet_find(rig->fleet, "eu-prod", "a", name);
}

static void put_api(struct rig *rig, int desired, int ready)
{
	struct workload *w = make_workload(rig->cluster, OBJECT_DEPLOYMENT, "a", "api", "w", desired);
	w->ready = w->available = ready;
	put(rig->cluster, w);
}

static void assert_words(const struct cluster *cluster, enum link link, const char *words)
{
	char room[256];
	struct text text = text_in(room, sizeof(room));
	cluster_describe(cluster, &text);
	assert_string_equal(room, words);
	assert_int_equal(cluster->link, link);
}

static void test_sweep_removes_what_the_list_has_not(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	uint32_t first = cluster_begin_list(rig.cluster, OBJECT_POD);
	put(rig.cluster, make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE));
	put(rig.cluster, make_pod(rig.cluster, "a", "p2", "2", "w", REASON_NONE));
	cluster_sweep(rig.cluster, OBJECT_POD, first);
	put_api(&rig, 2, 2);
	fleet_settle(rig.fleet);
	assert_int_equal(find(&rig, "api")->pods, 2);
	/* Nothing is cleared while the next list is read, and a list that was given up sweeps nothing. */
	uint32_t second = cluster_begin_list(rig.cluster, OBJECT_POD);
	fleet_settle(rig.fleet);
	assert_int_equal(find(&rig, "api")->pods, 2);
	cluster_sweep(rig.cluster, OBJECT_POD, first);
	assert_int_equal(rig.cluster->objects[OBJECT_POD].len, 2);
	put(rig.cluster, make_pod(rig.cluster, "a", "p2", "2", "w", REASON_NONE));
	cluster_sweep(rig.cluster, OBJECT_POD, second);
	fleet_settle(rig.fleet);
	assert_int_equal(find(&rig, "api")->pods, 1);
	assert_null(cluster_object(rig.cluster, OBJECT_POD, "a", "p1"));
	fleet_free(rig.fleet);
}

/* A relist brings what is there already: nobody sees anything, nothing is drawn. */
static void test_same_version_changes_nothing(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	make_live(rig.cluster);
	put_api(&rig, 1, 1);
	struct pod *pod = make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE);
	char version[32];
	snprintf(version, sizeof(version), "%s", pod->object.version);
	put(rig.cluster, pod);
	assert_int_equal(fleet_settle(rig.fleet), 1);
	uint64_t before = rig.fleet->version;
	uint32_t epoch = cluster_begin_list(rig.cluster, OBJECT_POD);
	struct pod *same = make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE);
	intern_drop(rig.fleet->strings, same->object.namespace);
	free((void *)same->object.key);
	object_init(&same->object, OBJECT_POD, rig.fleet->strings, "a", "p1", "1", version);
	put(rig.cluster, same);
	cluster_sweep(rig.cluster, OBJECT_POD, epoch);
	assert_ptr_equal(cluster_object(rig.cluster, OBJECT_POD, "a", "p1"), pod);
	assert_int_equal(fleet_settle(rig.fleet), 0);
	/* A new version that looks the same neither: a heartbeat is no news. */
	same = make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE);
	put(rig.cluster, same);
	put_api(&rig, 1, 1);
	assert_int_equal(fleet_settle(rig.fleet), 0);
	assert_int_equal(rig.fleet->version, before);
	/* One that differs in what is shown does, though the sums stay. */
	same = make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE);
	set_word(rig.fleet, &same->node, "node-2");
	put(rig.cluster, same);
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_int_equal(find(&rig, "api")->seen, rig.fleet->version);
	fleet_free(rig.fleet);
}

static void test_membership(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	uint64_t none = rig.fleet->membership;
	put_api(&rig, 1, 1);
	fleet_settle(rig.fleet);
	uint64_t one = rig.fleet->membership;
	assert_true(one > none);
	put_api(&rig, 2, 2);
	fleet_settle(rig.fleet);
	assert_int_equal(rig.fleet->membership, one);
	cluster_remove(rig.cluster, OBJECT_DEPLOYMENT, "a/api");
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_true(rig.fleet->membership > one);
	assert_null(find(&rig, "api"));
	cluster_remove(rig.cluster, OBJECT_DEPLOYMENT, "a/api");
	assert_int_equal(fleet_settle(rig.fleet), 0);
	fleet_free(rig.fleet);
}

static void test_link(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	struct cluster *c = rig.cluster;
	fleet_settle(rig.fleet);
	assert_words(c, LINK_CONNECTING, "connecting");
	assert_false(cluster_has_rows(c));
	cluster_set_sync(c, OBJECT_DEPLOYMENT, SYNC_LIVE, NULL);
	cluster_set_sync(c, OBJECT_STATEFULSET, SYNC_ABSENT, NULL);
	cluster_set_sync(c, OBJECT_DAEMONSET, SYNC_LIVE, NULL);
	cluster_set_sync(c, OBJECT_POD, SYNC_LISTING, NULL);
	fleet_settle(rig.fleet);
	assert_words(c, LINK_CONNECTING, "reading pods");
	assert_true(cluster_has_rows(c));
	assert_false(cluster_is_complete(c));
	cluster_set_sync(c, OBJECT_POD, SYNC_LIVE, NULL);
	cluster_set_sync(c, OBJECT_REPLICASET, SYNC_LIVE, NULL);
	cluster_set_sync(c, OBJECT_NODE, SYNC_DENIED, NULL);
	cluster_set_sync(c, OBJECT_EVENT, SYNC_DENIED, NULL);
	fleet_settle(rig.fleet);
	assert_true(cluster_is_complete(c));
	assert_words(c, LINK_LIVE, "live, no permission: events, nodes");
	/* Stale counts from the loss, through new attempts, until it is live again. */
	rig.clock.wall_ms += 5000;
	cluster_set_sync(c, OBJECT_POD, SYNC_STALE, "connection reset");
	rig.clock.wall_ms += 2000;
	cluster_set_sync(c, OBJECT_POD, SYNC_LISTING, NULL);
	cluster_set_sync(c, OBJECT_POD, SYNC_STALE, "connection refused");
	rig.clock.wall_ms += 40000;
	cluster_set_sync(c, OBJECT_POD, SYNC_LISTING, NULL);
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_words(c, LINK_STALE, "stale 42s");
	assert_int_equal(rig.fleet->totals.stale_clusters, 1);
	assert_true(cluster_is_complete(c));
	rig.clock.wall_ms += 1000;
	assert_int_equal(fleet_settle(rig.fleet), 0);
	assert_words(c, LINK_STALE, "stale 43s");
	cluster_set_sync(c, OBJECT_POD, SYNC_LIVE, NULL);
	fleet_settle(rig.fleet);
	assert_int_equal(c->link, LINK_LIVE);
	/* The worst wins. */
	cluster_set_sync(c, OBJECT_POD, SYNC_DENIED, "forbidden");
	fleet_settle(rig.fleet);
	assert_words(c, LINK_DENIED, "no permission: pods, events, nodes");
	cluster_set_error(c, 0, "connect: no route to host");
	fleet_settle(rig.fleet);
	assert_int_equal(c->link, LINK_STALE);
	cluster_set_error(c, 1, "the token is refused");
	fleet_settle(rig.fleet);
	assert_words(c, LINK_EXPIRED, "credentials expired");
	cluster_set_error(c, 1, NULL);
	assert_int_equal(c->expired, 0);
	fleet_free(rig.fleet);
}

static void test_link_never_reached(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	cluster_set_error(rig.cluster, 0, "connection refused");
	fleet_settle(rig.fleet);
	assert_words(rig.cluster, LINK_UNREACHABLE, "unreachable");
	assert_true(cluster_has_rows(rig.cluster) && cluster_is_complete(rig.cluster));
	assert_false(cluster_is_true(rig.cluster));
	cluster_set_error(rig.cluster, 0, NULL);
	cluster_set_sync(rig.cluster, OBJECT_POD, SYNC_FAILED, "timeout");
	fleet_settle(rig.fleet);
	assert_int_equal(rig.cluster->link, LINK_UNREACHABLE);
	fleet_free(rig.fleet);
}

static struct service_memory memory_of(const char *name)
{
	return (struct service_memory){.cluster = "eu-prod",
	                               .namespace = "a",
	                               .name = name,
	                               .kind = "Deployment",
	                               .team = "payments",
	                               .images = "api:1",
	                               .revision = "7",
	                               .reason = "1 of 3 pods OOMKilled (p)",
	                               .desired = 3,
	                               .ready = 2,
	                               .pods = 3,
	                               .pods_ready = 2,
	                               .restarts = 5,
	                               .health = HEALTH_DEGRADED,
	                               .health_key = "oom-killed",
	                               .saved_ms = NOW - 7200000};
}

static void test_remembered_rows(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	struct service_memory api = memory_of("api"), gone = memory_of("gone");
	cluster_remember(rig.cluster, &api);
	cluster_remember(rig.cluster, &gone);
	assert_int_equal(fleet_settle(rig.fleet), 1);
	const struct service *service = find(&rig, "api");
	assert_true(service->remembered);
	assert_int_equal(service->health, HEALTH_DEGRADED);
	assert_string_equal(health_rows[service->health_row].key, "oom-killed");
	assert_string_equal(service->reason, "1 of 3 pods OOMKilled (p)");
	assert_int_equal(service->pods, 3);
	assert_int_equal(rig.fleet->totals.services, 2);
	assert_int_equal(rig.fleet->totals.by_health[HEALTH_DEGRADED], 2);
	assert_words(rig.cluster, LINK_CONNECTING, "connecting, rows 120m old");
	/* A workload confirms its row; what was remembered of its pods is not added to what is there. */
	put(rig.cluster, make_pod(rig.cluster, "a", "p", "p", "w", REASON_NONE));
	put_api(&rig, 3, 3);
	fleet_settle(rig.fleet);
	assert_ptr_equal(find(&rig, "api"), service);
	assert_false(service->remembered);
	assert_int_equal(service->pods, 1);
	assert_int_equal(service->restarts, 0);
	assert_int_equal(service->ready, 3);
	assert_true(find(&rig, "gone")->remembered);
	/* Once the workloads are complete, what nothing confirmed goes, and nobody calls it news. */
	make_live(rig.cluster);
	fleet_settle(rig.fleet);
	assert_null(find(&rig, "gone"));
	assert_int_equal(rig.fleet->totals.services, 1);
	assert_int_equal(rig.cluster->remembered, 0);
	for (size_t i = 0; timeline_at(&rig.fleet->timeline, i); i++)
		assert_string_equal(timeline_at(&rig.fleet->timeline, i)->subject, "eu-prod");
	/* Too late, or there already: ignored. */
	cluster_remember(rig.cluster, &gone);
	cluster_remember(rig.cluster, &api);
	fleet_settle(rig.fleet);
	assert_null(find(&rig, "gone"));
	assert_int_equal(find(&rig, "api")->ready, 3);
	fleet_free(rig.fleet);
}

static const char *news(const struct rig *rig, size_t index)
{
	static char room[320];
	const struct timeline_entry *entry = timeline_at(&rig->fleet->timeline, index);
	if (!entry)
		return "";
	snprintf(room, sizeof(room), "%s %s x%d", entry->subject, entry->text, entry->count);
	return room;
}

static void test_news(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	put_api(&rig, 2, 2);
	fleet_settle(rig.fleet);
	put(rig.cluster, make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE));
	put(rig.cluster, make_pod(rig.cluster, "a", "p2", "2", "w", REASON_CRASH_LOOP));
	fleet_settle(rig.fleet);
	assert_int_equal(rig.fleet->timeline.len, 0);
	make_live(rig.cluster);
	fleet_settle(rig.fleet);
	/* The first sync is no news. */
	assert_string_equal(news(&rig, 0), "eu-prod live: 1 service x1");
	assert_int_equal(rig.fleet->timeline.len, 1);
	put(rig.cluster, make_pod(rig.cluster, "a", "p2", "2", "w", REASON_NONE));
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "api/eu-prod ok again x1");
	assert_int_equal(find(&rig, "api")->changed_ms, NOW);
	/* An update: seen once, although images and revision come one after the other. */
	struct workload *w = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "w", 2);
	set_word(rig.fleet, &w->images, "api:2.0");
	w->generation = 2;
	put(rig.cluster, w);
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "api/eu-prod ok again x1");
	w = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "w", 2);
	set_word(rig.fleet, &w->images, "api:2.0");
	set_word(rig.fleet, &w->revision, "2");
	set_word(rig.fleet, &w->progressing.reason, "ReplicaSetUpdated");
	w->generation = w->observed = 2;
	w->updated = 1;
	put(rig.cluster, w);
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "api/eu-prod new revision: 2, api:2.0 x1");
	assert_int_equal(rig.fleet->totals.rolling, 1);
	w = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "w", 2);
	set_word(rig.fleet, &w->images, "api:2.0");
	set_word(rig.fleet, &w->revision, "2");
	put(rig.cluster, w);
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "api/eu-prod rollout complete: 2, 2 of 2 pods ready x1");
	/* The connection goes and comes. */
	cluster_set_error(rig.cluster, 0, "connection reset by peer");
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "eu-prod stale: connection reset by peer x1");
	rig.clock.wall_ms += 42000;
	cluster_set_error(rig.cluster, 0, NULL);
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "eu-prod live again: after 42s stale x1");
	put(rig.cluster, make_workload(rig.cluster, OBJECT_STATEFULSET, "a", "db", "s", 1));
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "db/eu-prod new: StatefulSet x1");
	cluster_remove(rig.cluster, OBJECT_STATEFULSET, "a/db");
	fleet_settle(rig.fleet);
	assert_string_equal(news(&rig, 0), "db/eu-prod gone: StatefulSet x1");
	fleet_free(rig.fleet);
}

static void test_warnings_of_the_last_hour(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	/* Before the pod, the ReplicaSet and the Deployment that lead to the service. */
	put(rig.cluster, make_event(rig.cluster, "a", "e1", "Pod", "p1", "1"));
	put(rig.cluster, make_event(rig.cluster, "a", "e2", "ReplicaSet", "r", "r"));
	put(rig.cluster, make_event(rig.cluster, "a", "e3", "Node", "n", "n"));
	put(rig.cluster, make_event(rig.cluster, "a", "e4", "Pod", "p1", "another incarnation"));
	struct event *old = make_event(rig.cluster, "a", "e5", "Pod", "p1", "1");
	old->last_ms = NOW - 3600001;
	put(rig.cluster, old);
	struct event *normal = make_event(rig.cluster, "a", "e6", "Pod", "p1", "1");
	normal->warning = 0;
	put(rig.cluster, normal);
	fleet_settle(rig.fleet);
	put(rig.cluster, make_pod(rig.cluster, "a", "p1", "1", "r", REASON_NONE));
	put(rig.cluster, make_replicaset(rig.cluster, "a", "r", "r", "w"));
	fleet_settle(rig.fleet);
	put_api(&rig, 1, 1);
	fleet_settle(rig.fleet);
	const struct service *service = find(&rig, "api");
	assert_int_equal(service->warnings, 2);
	/* The same event again, later: still one. Its pod goes: still about the service. */
	struct event *again = make_event(rig.cluster, "a", "e1", "Pod", "p1", "1");
	again->last_ms = NOW + 1800000;
	put(rig.cluster, again);
	cluster_remove(rig.cluster, OBJECT_POD, "a/p1");
	fleet_settle(rig.fleet);
	assert_int_equal(service->warnings, 2);
	struct event *thrice = make_event(rig.cluster, "a", "e1", "Pod", "p1", "1");
	thrice->last_ms = NOW + 1800000;
	put(rig.cluster, thrice);
	fleet_settle(rig.fleet);
	assert_int_equal(service->warnings, 2);
	/* An hour later the first is forgotten, half an hour later the second. */
	rig.clock.wall_ms += 3600000;
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_int_equal(service->warnings, 1);
	cluster_remove(rig.cluster, OBJECT_EVENT, "a/e1");
	fleet_settle(rig.fleet);
	assert_int_equal(service->warnings, 0);
	assert_null(service->events);
	fleet_free(rig.fleet);
}

/* A workload gets another label: the service goes, its warnings move on with the pods. */
static void test_warnings_follow_a_renamed_service(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	put_api(&rig, 1, 1);
	put(rig.cluster, make_pod(rig.cluster, "a", "p1", "1", "w", REASON_NONE));
	put(rig.cluster, make_event(rig.cluster, "a", "e1", "Pod", "p1", "1"));
	put(rig.cluster, make_event(rig.cluster, "a", "e2", "Deployment", "api", "w"));
	fleet_settle(rig.fleet);
	assert_int_equal(find(&rig, "api")->warnings, 2);
	struct workload *w = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "w", 1);
	set_word(rig.fleet, &w->service, "payments");
	put(rig.cluster, w);
	fleet_settle(rig.fleet);
	fleet_settle(rig.fleet);
	assert_null(find(&rig, "api"));
	assert_int_equal(find(&rig, "payments")->warnings, 2);
	fleet_free(rig.fleet);
}

/* A fresh warning is news; one kind of warning of one service is one line. */
static void test_warnings_are_told(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	put_api(&rig, 1, 1);
	put(rig.cluster, make_event(rig.cluster, "a", "old", "Deployment", "api", "w"));
	make_live(rig.cluster);
	fleet_settle(rig.fleet);
	assert_int_equal(rig.fleet->timeline.len, 1);
	put(rig.cluster, make_event(rig.cluster, "a", "e1", "Deployment", "api", "w"));
	put(rig.cluster, make_event(rig.cluster, "a", "e2", "Deployment", "api", "w"));
	assert_int_equal(fleet_settle(rig.fleet), 1);
	assert_string_equal(news(&rig, 0),
	                    "api/eu-prod BackOff: Deployment api: Back-off restarting failed container x2");
	put(rig.cluster, make_event(rig.cluster, "a", "e2", "Deployment", "api", "w"));
	fleet_settle(rig.fleet);
	assert_int_equal(timeline_at(&rig.fleet->timeline, 0)->count, 2);
	fleet_free(rig.fleet);
}

static void test_timeline_folds_and_forgets(void **state)
{
	struct timeline timeline;
	(void)state;
	timeline_init(&timeline);
	assert_null(timeline_at(&timeline, 0));
	timeline_add(&timeline, 1, TIMELINE_INFO, "a", "one");
	timeline_add(&timeline, 2, TIMELINE_INFO, "b", "one");
	timeline_add(&timeline, 3, TIMELINE_INFO, "a", "one");
	assert_int_equal(timeline.len, 2);
	assert_string_equal(timeline_at(&timeline, 0)->subject, "a");
	assert_int_equal(timeline_at(&timeline, 0)->count, 2);
	assert_int_equal(timeline_at(&timeline, 0)->at_ms, 3);
	assert_string_equal(timeline_at(&timeline, 1)->subject, "b");
	timeline_add(&timeline, 4, TIMELINE_BAD, "a", "one");
	timeline_add(&timeline, 5, TIMELINE_BAD, "a", "one more");
	assert_int_equal(timeline.len, 4);
	timeline_note(&timeline, 6, TIMELINE_BAD, "a", "BackOff", "pod %d", 1);
	timeline_note(&timeline, 7, TIMELINE_BAD, "a", "BackOff", "pod %d", 2);
	assert_int_equal(timeline.len, 5);
	assert_string_equal(timeline_at(&timeline, 0)->text, "BackOff: pod 2");
	for (int i = 0; i < 3 * TIMELINE_MAX; i++)
		timeline_add(&timeline, 10 + i, TIMELINE_INFO, "n", "entry %d", i);
	assert_int_equal(timeline.len, TIMELINE_MAX);
	assert_string_equal(timeline_at(&timeline, 0)->text, "entry 2999");
	assert_string_equal(timeline_at(&timeline, TIMELINE_MAX - 1)->text, "entry 2000");
	assert_null(timeline_at(&timeline, TIMELINE_MAX));
	timeline_release(&timeline);
}

/* Two clusters with the same names stay apart. */
static void test_clusters_are_apart(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig);
	struct cluster *us = fleet_add_cluster(rig.fleet, "us-prod", "prod", "us-east-1", 1);
	put_api(&rig, 1, 1);
	put(us, make_workload(us, OBJECT_DEPLOYMENT, "a", "api", "w", 5));
	put(us, make_pod(us, "a", "p", "p", "w", REASON_NONE));
	fleet_settle(rig.fleet);
	assert_int_equal(find(&rig, "api")->pods, 0);
	assert_int_equal(fleet_find(rig.fleet, "us-prod", "a", "api")->pods, 1);
	assert_ptr_equal(fleet_cluster(rig.fleet, "us-prod"), us);
	assert_null(fleet_cluster(rig.fleet, "nowhere"));
	fleet_free(rig.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sweep_removes_what_the_list_has_not),
	    cmocka_unit_test(test_same_version_changes_nothing),
	    cmocka_unit_test(test_membership),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_link_never_reached),
	    cmocka_unit_test(test_remembered_rows),
	    cmocka_unit_test(test_news),
	    cmocka_unit_test(test_warnings_of_the_last_hour),
	    cmocka_unit_test(test_warnings_follow_a_renamed_service),
	    cmocka_unit_test(test_warnings_are_told),
	    cmocka_unit_test(test_timeline_folds_and_forgets),
	    cmocka_unit_test(test_clusters_are_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Whatever comes, goes and changes, in whatever order: the sums that the model keeps are those that
 * one gets by adding everything up again.
 */
#include "unit/model/build.h"

enum { WORKLOADS = 8, SETS = 8, PODS = 16, ROUNDS = 2000, STEPS = 60 };

static const char *const workload_names[WORKLOADS] = {"x", "x-primary", "y", "y-primary",
                                                      "x", "x-primary", "z", "x"};
static const enum object_kind workload_kind[WORKLOADS] = {
    OBJECT_DEPLOYMENT, OBJECT_DEPLOYMENT, OBJECT_DEPLOYMENT, OBJECT_STATEFULSET,
    OBJECT_DEPLOYMENT, OBJECT_DEPLOYMENT, OBJECT_DAEMONSET,  OBJECT_STATEFULSET};
static const char *const workload_space[WORKLOADS] = {"a", "a", "a", "a", "b", "b", "b", "b"};
static const char *const labels[] = {"", "", "", "x", "x-primary", "svc", "y"};

struct rig {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
	uint32_t random;
	int workload_life[WORKLOADS], set_life[SETS], pod_life[PODS]; /* incarnations, for uids */
};

static uint32_t roll(struct rig *rig, uint32_t sides)
{
	rig->random ^= rig->random << 13;
	rig->random ^= rig->random >> 17;
	rig->random ^= rig->random << 5;
	return rig->random % sides;
}

static void rig_start(struct rig *rig, uint32_t seed)
{
	*rig = (struct rig){.random = seed * 2654435761u + 1};
	clock_fixed_init(&rig->clock, NOW);
	rig->fleet = fleet_new(&rig->clock.clock);
	rig->cluster = fleet_add_cluster(rig->fleet, "eu", "prod", "eu-west-1", 0);
}

/* Sums of one service, added up from the objects alone. */
struct naive {
	int workloads, desired, all_pods, pods, ready, terminating;
	int64_t restarts;
	uint32_t by_reason[REASON_COUNT];
};

static const char *plain_name(const struct workload *w)
{
	return w->service[0] ? w->service : w->object.name;
}

static const char *naive_name(const struct cluster *cluster, const struct workload *w)
{
	char stem[64];
	size_t len = strlen(w->object.name);
	if (strcmp(plain_name(w), w->object.name) != 0 || len <= 8 ||
	    strcmp(w->object.name + len - 8, "-primary") != 0)
		return plain_name(w);
	snprintf(stem, sizeof(stem), "%.*s", (int)len - 8, w->object.name);
	for (enum object_kind kind = OBJECT_DEPLOYMENT; kind <= OBJECT_DAEMONSET; kind++) {
		const struct object *original = cluster_object(cluster, kind, w->object.namespace, stem);
		if (original)
			return plain_name((const struct workload *)original);
	}
	return plain_name(w);
}

static const struct object *by_uid(const struct cluster *cluster, enum object_kind kind, const char *uid)
{
	const struct object *object;
	for (size_t i = 0; (object = map_next(&cluster->objects[kind], &i));)
		if (strcmp(object->uid, uid) == 0)
			return object;
	return NULL;
}

static const struct workload *naive_workload(const struct cluster *cluster, const struct pod *pod)
{
	const char *uid = pod->owner_uid;
	const struct object *set = by_uid(cluster, OBJECT_REPLICASET, uid);
	if (set)
		uid = ((const struct replicaset *)set)->owner_uid;
	for (enum object_kind kind = OBJECT_DEPLOYMENT; kind <= OBJECT_DAEMONSET; kind++) {
		const struct object *object = by_uid(cluster, kind, uid);
		if (object)
			return (const struct workload *)object;
	}
	return NULL;
}

static struct naive naive_sums(const struct cluster *cluster, const char *namespace, const char *name)
{
	struct naive sums = {0};
	const struct object *object;
	for (enum object_kind kind = OBJECT_DEPLOYMENT; kind <= OBJECT_DAEMONSET; kind++)
		for (size_t i = 0; (object = map_next(&cluster->objects[kind], &i));) {
			const struct workload *w = (const struct workload *)object;
			if (strcmp(object->namespace, namespace) != 0 ||
			    strcmp(naive_name(cluster, w), name) != 0)
				continue;
			sums.workloads++;
			sums.desired += w->desired;
		}
	for (size_t i = 0; (object = map_next(&cluster->objects[OBJECT_POD], &i));) {
		const struct pod *pod = (const struct pod *)object;
		const struct workload *w = naive_workload(cluster, pod);
		if (!w || strcmp(w->object.namespace, namespace) != 0 ||
		    strcmp(naive_name(cluster, w), name) != 0)
			continue;
		sums.all_pods++;
		if (pod->finished)
			continue;
		sums.terminating += pod->terminating;
		if (pod->terminating)
			continue;
		sums.pods++;
		sums.ready += pod->ready;
		sums.restarts += pod->restarts;
		sums.by_reason[pod->reason]++;
	}
	return sums;
}

struct visit {
	const struct cluster *cluster;
	const struct service *service;
	int count;
};

static void visit_pod(void *arg, const struct pod *pod)
{
	struct visit *visit = arg;
	visit->count++;
	assert_ptr_equal(pod_service(pod), visit->service);
	assert_ptr_equal(map_get(&visit->cluster->objects[OBJECT_POD], pod->object.key), pod);
}

static void check(const struct rig *rig)
{
	const struct fleet *fleet = rig->fleet;
	struct fleet_totals totals = {0};
	const struct object *object;
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *s = fleet->services.items[i];
		struct naive naive = naive_sums(rig->cluster, s->namespace, s->name);
		struct visit visit = {.cluster = rig->cluster, .service = s};
		assert_true(naive.workloads > 0);
		assert_int_equal(s->workloads.len, naive.workloads);
		assert_int_equal(s->desired, naive.desired);
		assert_int_equal(s->pods, naive.pods);
		assert_int_equal(s->pods_ready, naive.ready);
		assert_int_equal(s->pods_terminating, naive.terminating);
		assert_int_equal(s->restarts, naive.restarts);
		assert_memory_equal(s->by_reason, naive.by_reason, sizeof(naive.by_reason));
		assert_ptr_equal(fleet_find(fleet, "eu", s->namespace, s->name), s);
		service_each_pod(s, visit_pod, &visit);
		assert_int_equal(visit.count, naive.all_pods);
		totals.services++;
		totals.by_health[s->health]++;
		totals.rolling += s->rolling;
		totals.pods += s->pods;
		totals.pods_ready += s->pods_ready;
	}
	for (enum object_kind kind = OBJECT_DEPLOYMENT; kind <= OBJECT_DAEMONSET; kind++)
		for (size_t i = 0; (object = map_next(&rig->cluster->objects[kind], &i));) {
			const char *name = naive_name(rig->cluster, (const struct workload *)object);
			assert_non_null(fleet_find(fleet, "eu", object->namespace, name));
		}
	assert_int_equal(rig->cluster->services, totals.services);
	assert_memory_equal(&totals, &fleet->totals, sizeof(totals));
}

static void put_workload(struct rig *rig, int i)
{
	char uid[32];
	snprintf(uid, sizeof(uid), "w-%d-%d", i, rig->workload_life[i]);
	struct workload *w = make_workload(rig->cluster, workload_kind[i], workload_space[i],
	                                   workload_names[i], uid, (int)roll(rig, 5));
	set_word(rig->fleet, &w->service, labels[roll(rig, sizeof(labels) / sizeof(labels[0]))]);
	w->available = w->ready = (int)roll(rig, 5);
	put(rig->cluster, w);
}

static void put_set(struct rig *rig, int i)
{
	char uid[32], name[16], owner[32] = "";
	int parent = (int)roll(rig, WORKLOADS + 1);
	snprintf(uid, sizeof(uid), "r-%d-%d", i, rig->set_life[i]);
	snprintf(name, sizeof(name), "r%d", i);
	if (parent < WORKLOADS)
		snprintf(owner, sizeof(owner), "w-%d-%d", parent,
		         rig->workload_life[parent] + (roll(rig, 8) == 0));
	put(rig->cluster, make_replicaset(rig->cluster, "a", name, uid, owner));
}

static void put_pod(struct rig *rig, int i)
{
	char uid[32], name[16], owner[32] = "";
	uint32_t parent = roll(rig, SETS + WORKLOADS + 1);
	snprintf(uid, sizeof(uid), "p-%d-%d", i, rig->pod_life[i]);
	snprintf(name, sizeof(name), "p%d", i);
	if (parent < SETS)
		snprintf(owner, sizeof(owner), "r-%u-%d", parent,
		         rig->set_life[parent] + (roll(rig, 8) == 0));
	else if (parent < SETS + WORKLOADS)
		snprintf(owner, sizeof(owner), "w-%u-%d", parent - SETS, rig->workload_life[parent - SETS]);
	struct pod *pod = make_pod(rig->cluster, "a", name, uid, owner, roll(rig, REASON_COUNT));
	pod->restarts = (int)roll(rig, 4);
	pod->terminating = roll(rig, 6) == 0;
	pod->finished = roll(rig, 6) == 0;
	put(rig->cluster, pod);
}

/* Something comes, changes, is replaced by another of the same name (a new uid), or goes. */
static void step(struct rig *rig)
{
	char key[64];
	int i = (int)roll(rig, WORKLOADS), j = (int)roll(rig, SETS), k = (int)roll(rig, PODS);
	switch (roll(rig, 12)) {
	case 0:
		snprintf(key, sizeof(key), "%s/%s", workload_space[i], workload_names[i]);
		cluster_remove(rig->cluster, workload_kind[i], key);
		break;
	case 1:
		snprintf(key, sizeof(key), "a/r%d", j);
		cluster_remove(rig->cluster, OBJECT_REPLICASET, key);
		break;
	case 2:
		snprintf(key, sizeof(key), "a/p%d", k);
		cluster_remove(rig->cluster, OBJECT_POD, key);
		break;
	case 3:
		rig->workload_life[i]++;
		/* fall through */
	case 4:
	case 5:
		put_workload(rig, i);
		break;
	case 6:
		rig->set_life[j]++;
		/* fall through */
	case 7:
	case 8:
		put_set(rig, j);
		break;
	case 9:
		rig->pod_life[k]++;
		/* fall through */
	default:
		put_pod(rig, k);
	}
}

/* A list that has some of what is there, and the sweep after it. */
static void relist(struct rig *rig, enum object_kind kind)
{
	uint32_t epoch = cluster_begin_list(rig->cluster, kind);
	for (int i = 0; i < 4; i++) {
		if (kind == OBJECT_POD)
			put_pod(rig, (int)roll(rig, PODS));
		else if (kind == OBJECT_REPLICASET)
			put_set(rig, (int)roll(rig, SETS));
		else
			put_workload(rig, (int)roll(rig, 3));
	}
	const struct object *object;
	cluster_sweep(rig->cluster, kind, epoch);
	for (size_t i = 0; (object = map_next(&rig->cluster->objects[kind], &i));)
		assert_int_equal(object->epoch, epoch);
}

static void test_sums_are_those_of_adding_up(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		struct rig rig;
		rig_start(&rig, seed);
		for (int i = 0; i < STEPS; i++) {
			step(&rig);
			if (roll(&rig, 4) == 0) {
				fleet_settle(rig.fleet);
				check(&rig);
			}
			if (roll(&rig, 40) == 0)
				relist(&rig, (enum object_kind[]){OBJECT_POD, OBJECT_REPLICASET,
				                                  OBJECT_DEPLOYMENT}[roll(&rig, 3)]);
		}
		/* All that goes leaves nothing behind. */
		for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
			cluster_sweep(rig.cluster, kind, cluster_begin_list(rig.cluster, kind));
		fleet_settle(rig.fleet);
		assert_int_equal(rig.fleet->services.len, 0);
		assert_int_equal(rig.cluster->owners.len, 0);
		assert_int_equal(rig.fleet->totals.pods, 0);
		assert_int_equal(intern_count(rig.fleet->strings), 3);
		fleet_free(rig.fleet);
	}
}

/* One Deployment with its ReplicaSet and two pods, in each of the 24 orders. */
static void test_any_order_of_arrival(void **state)
{
	(void)state;
	for (int order = 0; order < 256; order++) {
		int at[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3}, used = 0;
		struct rig rig;
		for (int i = 0; i < 4; i++)
			used |= 1 << at[i];
		if (used != 15)
			continue;
		rig_start(&rig, 1);
		for (int i = 0; i < 4; i++) {
			struct object *objects[4] = {NULL};
			if (at[i] == 0)
				objects[0] =
				    (void *)make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 2);
			else if (at[i] == 1)
				objects[1] = (void *)make_replicaset(rig.cluster, "a", "api-5d", "r", "d");
			else
				objects[at[i]] = (void *)make_pod(rig.cluster, "a", at[i] == 2 ? "p2" : "p3",
				                                  at[i] == 2 ? "u2" : "u3", "r", REASON_NONE);
			put(rig.cluster, objects[at[i]]);
			fleet_settle(rig.fleet);
		}
		const struct service *service = fleet_find(rig.fleet, "eu", "a", "api");
		assert_non_null(service);
		assert_int_equal(service->pods, 2);
		assert_int_equal(service->pods_ready, 2);
		assert_ptr_equal(
		    pod_service((const void *)cluster_object(rig.cluster, OBJECT_POD, "a", "p2")), service);
		fleet_free(rig.fleet);
	}
}

static void test_flagger_primary(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig, 1);
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api-primary", "p", 3));
	fleet_settle(rig.fleet);
	assert_non_null(fleet_find(rig.fleet, "eu", "a", "api-primary")); /* nothing to be a copy of */
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "b", "api", "other", 1));
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 0));
	fleet_settle(rig.fleet);
	assert_null(fleet_find(rig.fleet, "eu", "a", "api-primary"));
	const struct service *service = fleet_find(rig.fleet, "eu", "a", "api");
	assert_int_equal(service->workloads.len, 2);
	assert_int_equal(service->desired, 3);
	assert_int_equal(rig.fleet->totals.services, 2);
	/* The copy gets a label of its own: it is a service. */
	struct workload *labelled = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api-primary", "p", 3);
	set_word(rig.fleet, &labelled->service, "shadow");
	put(rig.cluster, labelled);
	fleet_settle(rig.fleet);
	assert_non_null(fleet_find(rig.fleet, "eu", "a", "shadow"));
	/* Without it, and without the original, it stands alone again. */
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api-primary", "p", 3));
	cluster_remove(rig.cluster, OBJECT_DEPLOYMENT, "a/api");
	fleet_settle(rig.fleet);
	assert_non_null(fleet_find(rig.fleet, "eu", "a", "api-primary"));
	assert_null(fleet_find(rig.fleet, "eu", "a", "api"));
	fleet_free(rig.fleet);
}

/* ReplicaSets that own each other in a ring, and a chain that never ends, as no server sends them. */
static void test_rings_and_long_chains(void **state)
{
	struct rig rig;
	char name[16], owner[16];
	(void)state;
	rig_start(&rig, 1);
	put(rig.cluster, make_replicaset(rig.cluster, "a", "r1", "r1", "r2"));
	put(rig.cluster, make_replicaset(rig.cluster, "a", "r2", "r2", "r1"));
	put(rig.cluster, make_replicaset(rig.cluster, "a", "r3", "r3", "r3"));
	put(rig.cluster, make_pod(rig.cluster, "a", "p1", "p1", "r1", REASON_NONE));
	for (int i = 1; i < 50000; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(owner, sizeof(owner), "c%d", i - 1);
		put(rig.cluster, make_replicaset(rig.cluster, "a", name, name, owner));
	}
	put(rig.cluster, make_pod(rig.cluster, "a", "p2", "p2", "c49999", REASON_NONE));
	put(rig.cluster, make_pod(rig.cluster, "a", "p3", "p3", "c1", REASON_NONE));
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "c0", 1));
	fleet_settle(rig.fleet);
	assert_int_equal(fleet_find(rig.fleet, "eu", "a", "api")->pods, 1);
	cluster_remove(rig.cluster, OBJECT_DEPLOYMENT, "a/api");
	cluster_remove(rig.cluster, OBJECT_REPLICASET, "a/r1");
	fleet_settle(rig.fleet);
	assert_int_equal(rig.fleet->services.len, 0);
	fleet_free(rig.fleet);
}

static void test_hpa_of_service(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig, 1);
	struct hpa *hpa = mem_new(sizeof(*hpa));
	object_init(&hpa->object, OBJECT_HPA, rig.fleet->strings, "a", "scaler", "h", "1");
	hpa->target_kind = word_of(rig.fleet, "Deployment");
	hpa->target_name = word_of(rig.fleet, "api");
	hpa->max = 9;
	put(rig.cluster, hpa);
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 1));
	fleet_settle(rig.fleet);
	const struct service *service = fleet_find(rig.fleet, "eu", "a", "api");
	assert_ptr_equal(service->hpa, hpa);
	assert_int_equal(service->hpa->target == service->workloads.items[0], 1);
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 2));
	fleet_settle(rig.fleet);
	assert_ptr_equal(service->hpa->target, service->workloads.items[0]);
	cluster_remove(rig.cluster, OBJECT_HPA, "a/scaler");
	fleet_settle(rig.fleet);
	assert_null(service->hpa);
	fleet_free(rig.fleet);
}

static void test_team_of_namespace(void **state)
{
	struct rig rig;
	(void)state;
	rig_start(&rig, 1);
	put(rig.cluster, make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 1));
	fleet_settle(rig.fleet);
	const struct service *service = fleet_find(rig.fleet, "eu", "a", "api");
	assert_string_equal(service->team, "");
	struct namespace *namespace = mem_new(sizeof(*namespace));
	object_init(&namespace->object, OBJECT_NAMESPACE, rig.fleet->strings, "", "a", "n", "1");
	namespace->team = word_of(rig.fleet, "payments");
	put(rig.cluster, namespace);
	fleet_settle(rig.fleet);
	assert_string_equal(service->team, "payments");
	struct workload *labelled = make_workload(rig.cluster, OBJECT_DEPLOYMENT, "a", "api", "d", 1);
	set_word(rig.fleet, &labelled->team, "risk");
	put(rig.cluster, labelled);
	fleet_settle(rig.fleet);
	assert_string_equal(service->team, "risk");
	fleet_free(rig.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sums_are_those_of_adding_up),
	    cmocka_unit_test(test_any_order_of_arrival),
	    cmocka_unit_test(test_flagger_primary),
	    cmocka_unit_test(test_rings_and_long_chains),
	    cmocka_unit_test(test_hpa_of_service),
	    cmocka_unit_test(test_team_of_namespace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

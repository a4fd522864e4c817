/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_VIEW_WORLD_H
#define TESTS_UNIT_VIEW_WORLD_H

/* A small platform, its clock standing still, for tests of what the screen says about it. */
#include "unit/model/build.h"

#include "action/keymap.h"
#include "base/buf.h"
#include "ui/layout.h"
#include "view/deck.h"

struct world {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct keymap *keymap;
	struct logring *logs;
	struct eventlog events;
	struct scene scene;
	struct deck *deck;
	struct grid grid;
};

static inline void world_shut(struct world *world)
{
	deck_free(world->deck);
	grid_release(&world->grid);
	keymap_free(world->keymap);
	logring_free(world->logs);
	eventlog_release(&world->events);
	fleet_free(world->fleet);
	free(world);
}

static inline struct world *world_empty(void)
{
	struct world *world = mem_new(sizeof(*world));
	struct err err = {.text = ""};

	setenv("TZ", "UTC", 1);
	clock_fixed_init(&world->clock, NOW);
	world->fleet = fleet_new(&world->clock.clock);
	world->keymap = keymap_load("vim", &err);
	if (!world->keymap)
		fail_msg("%s", err.text);
	world->logs = logring_new();
	eventlog_init(&world->events);
	demand_init(&world->scene.answers);
	world->scene.fleet = world->fleet;
	world->scene.keymap = world->keymap;
	world->scene.logs = world->logs;
	world->scene.events = &world->events;
	world->scene.now_ms = NOW - NOW % 60000;
	world->deck = deck_new(&world->scene);
	grid_init(&world->grid, 24, 80);
	return world;
}

static inline struct cluster *world_cluster(struct world *world, const char *name)
{
	return (struct cluster *)(uintptr_t)fleet_cluster(world->fleet, name);
}

/* A Deployment with its ReplicaSet and pods; the first `bad` pods have the reason. */
static inline struct workload *world_deploy(struct cluster *cluster, const char *namespace, const char *name,
                                            int desired, int bad, enum reason reason)
{
	struct workload *workload;
	char uid[128], set[128], pod[160];

	snprintf(uid, sizeof(uid), "uid-%s-%s", cluster->name, name);
	workload = make_workload(cluster, OBJECT_DEPLOYMENT, namespace, name, uid, desired);
	set_word(cluster->fleet, &workload->team, namespace);
	workload->ready = workload->available = desired - bad;
	snprintf(set, sizeof(set), "%s-6d5f9c7b4", name);
	put(cluster, make_replicaset(cluster, namespace, set, set, uid));
	for (int i = 0; i < desired; i++) {
		struct pod *made;
		snprintf(pod, sizeof(pod), "%s-%05x", set, 0xa31c0 + i * 1117);
		made = make_pod(cluster, namespace, pod, pod, set, i < bad ? reason : REASON_NONE);
		if (i < bad) {
			made->restarts = 7;
			made->restarted_ms = NOW - 180000;
			made->message = mem_copy_string("back-off 5m0s restarting failed container=app");
		}
		put(cluster, made);
	}
	return workload;
}

static inline void world_deploy_put(struct cluster *cluster, const char *namespace, const char *name,
                                    int desired,
                                    int bad, enum reason reason)
{
	put(cluster, world_deploy(cluster, namespace, name, desired, bad, reason));
}

/* Three clusters: two live, one stale; a bad release, a rollout, and calm all around. */
static inline struct world *world_new(void)
{
	static const char *const names[] = {"eu-prod", "us-prod", "eu-dev"};
	static const char *const calm[] = {"cart", "catalog", "checkout-web", "identity", "inventory",
	                                   "invoices",
	                                   "ledger", "mailer", "orders", "pricing", "search", "shipping"};
	struct world *world = world_empty();
	struct workload *workload;
	struct cluster *eu;
	struct event *event;

	for (int i = 0; i < 3; i++) {
		struct cluster *cluster = fleet_add_cluster(world->fleet, names[i], i < 2 ? "prod" : "dev",
		                                            i == 1 ? "us-east-1" : "eu-west-1", i < 2);
		for (size_t n = 0; n < sizeof(calm) / sizeof(calm[0]); n++)
			world_deploy_put(cluster, n % 2 ? "shop" : "platform", calm[n], 2 + (int)n % 3, 0, REASON_NONE);
	}
	eu = world_cluster(world, "eu-prod");
	world_deploy_put(eu, "payments", "payments-api", 3, 2, REASON_CRASH_LOOP);
	world_deploy_put(eu, "payments", "payments-worker", 2, 2, REASON_IMAGE_PULL);
	workload = world_deploy(world_cluster(world, "us-prod"), "payments", "payments-api", 12, 0, REASON_NONE);
	workload->updated = 8;
	workload->generation = workload->observed = 4;
	workload->replicas = 13;
	put(world_cluster(world, "us-prod"), workload);
	event = make_event(eu, "payments", "event-1", "Pod", "payments-api-6d5f9c7b4-a31c0",
	                   "payments-api-6d5f9c7b4-a31c0");
	event->count = 12;
	event->last_ms = NOW - 125000;
	put(eu, event);
	for (int i = 0; i < 3; i++)
		make_live(world_cluster(world, names[i]));
	fleet_settle(world->fleet);
	world->clock.wall_ms += 1000;
	cluster_set_error(world_cluster(world, "eu-dev"), 0, "10.1.2.3:6443: the connection timed out");
	fleet_settle(world->fleet);
	world->clock.wall_ms += 42000;
	world->scene.now_ms = world->clock.wall_ms - world->clock.wall_ms % 60000;
	fleet_settle(world->fleet);
	return world;
}

static inline void world_draw(struct world *world, int cols, int rows)
{
	grid_resize(&world->grid, rows, cols);
	deck_draw(world->deck, &world->grid);
}

/* Presses keys by their names, separated by blanks, and carries out what they mean. */
static inline void world_press(struct world *world, const char *keys)
{
	char name[KEY_NAME_MAX];
	int used;

	while (sscanf(keys, "%31s%n", name, &used) == 1) {
		struct key key;
		struct err err;
		struct deck_order order;
		if (key_parse(name, &key, &err) < 0)
			fail_msg("%s", err.text);
		order = deck_key(world->deck, key);
		if (order.action != ACTION_NONE && deck_works_here(world->deck, order.action) &&
		    !action_unmet(order.action, deck_met(world->deck)))
			deck_act(world->deck, order.action);
		deck_draw(world->deck, &world->grid);
		keys += used;
	}
}

/* Types text into the prompt that is open. */
static inline void world_type(struct world *world, const char *text)
{
	for (; *text; text++)
		deck_key(world->deck, (struct key){.code = (unsigned char)*text});
	deck_draw(world->deck, &world->grid);
}

/* What is demanded is there: as the app would do it. */
static inline void world_answer(struct world *world)
{
	deck_demand(world->deck, &world->scene.answers);
	deck_draw(world->deck, &world->grid);
}

static inline int world_shows(const struct world *world, const char *text)
{
	struct buf dump;
	int found;

	buf_init(&dump, 4 << 20);
	assert_int_equal(grid_dump(&world->grid, &dump, 0), 0);
	found = strstr(buf_string(&dump), text) != NULL;
	buf_release(&dump);
	return found;
}

static inline void assert_shows(const struct world *world, const char *text)
{
	struct buf dump;

	if (world_shows(world, text))
		return;
	buf_init(&dump, 4 << 20);
	assert_int_equal(grid_dump(&world->grid, &dump, 0), 0);
	fail_msg("the screen does not show '%s':\n%s", text, buf_string(&dump));
}

/* Compares with tests/golden/view/NAME.txt, seen from the root of the source tree; GOLDEN=update in
 * the environment writes it instead: look at the difference before it is committed. */
static inline void world_golden(struct world *world, const char *name, int flags)
{
	const char *mode = getenv("GOLDEN");
	struct buf got, want;
	struct err err;
	char path[256];

	snprintf(path, sizeof(path), "tests/golden/view/%s.txt", name);
	buf_init(&got, 4 << 20);
	buf_init(&want, 4 << 20);
	assert_int_equal(grid_dump(&world->grid, &got, flags), 0);
	if (mode && strcmp(mode, "update") == 0) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(buf_string(&got), file);
		fclose(file);
	} else if (buf_read_file(&want, path, &err) < 0) {
		fail_msg("%s (GOLDEN=update writes it)", err.text);
	} else if (strcmp(buf_string(&got), buf_string(&want)) != 0) {
		fail_msg("%s differs. Now it is:\n%s", path, buf_string(&got));
	}
	buf_release(&got);
	buf_release(&want);
}

#endif

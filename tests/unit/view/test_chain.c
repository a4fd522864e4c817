/* SPDX-License-Identifier: MIT */
/* The chain on the screen: on its way, hanging, live; with a repository and without. */
#include "model/chain.h"
#include "model/repository.h"
#include "unit/view/world.h"

#define SHA "a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5"
#define NEXT "b2c3d4e5f6b2c3d4e5f6b2c3d4e5f6b2c3d4e5f6"

static void commits_make(struct world *world)
{
	struct repository *repository = fleet_add_repository(world->fleet, "https://git.example/platform", "main");
	const char *const parents[] = {SHA};
	const struct commit_facts facts[] = {
	    {.sha = NEXT, .subject = "less memory", .author = "Bob", .at_ms = NOW - 30000, .parents = parents, .parent_count = 1},
	    {.sha = SHA, .subject = "hpa on", .author = "Ann", .at_ms = NOW - 125000},
	};

	repository_begin(repository);
	repository_put(repository, &facts[0]);
	repository_put(repository, &facts[1]);
	repository_end(repository, NEXT, 0, ANCESTRY_UNKNOWN);
	repository->fetched_ms = NOW - 60000;
	repository_set_state(repository, REPOSITORY_LIVE, NULL);
}

static void passed(struct chain_link *link, const char *kind, const char *name, int began, int ended)
{
	link->state = CHAIN_DONE;
	link->began_ms = NOW - began * 1000;
	link->ended_ms = NOW - ended * 1000;
	link->exact = 1;
	if (kind)
		link_of(link, kind, "flux-system", name);
}

static struct chain *chain_make(int live)
{
	struct chain *chain = chain_new();
	struct chain_link *helm = &chain->links[STAGE_HELM];

	snprintf(chain->sha, sizeof(chain->sha), SHA);
	passed(&chain->links[STAGE_COMMIT], NULL, NULL, 125, 125);
	passed(&chain->links[STAGE_SOURCE], "GitRepository", "platform", 125, 121);
	passed(&chain->links[STAGE_ATTEMPT], "Kustomization", "apps", 121, 120);
	passed(&chain->links[STAGE_APPLY], "Kustomization", "apps", 120, 111);
	chain->links[STAGE_STEPS].state = CHAIN_SKIPPED;
	chain->links[STAGE_METRICS].state = CHAIN_SKIPPED;
	chain->began_ms = NOW - 125000;
	passed(helm, "HelmRelease", "payments-api", 111, 60);
	helm->usual_ms = 14000;
	helm->slow_ms = 20000;
	passed(&chain->links[STAGE_WORKLOAD], NULL, NULL, 111, 111);
	passed(&chain->links[STAGE_REPLICASET], NULL, NULL, 111, 110);
	passed(&chain->links[STAGE_PODS], "Deployment", "payments-api", 110, 62);
	chain->at = STAGE_METRICS;
	chain->verdict = VERDICT_HEALTHY;
	chain->ended_ms = NOW - 60000;
	if (live)
		return chain;
	for (enum chain_stage stage = STAGE_WORKLOAD; stage < CHAIN_STAGES; stage++)
		chain->links[stage].state = CHAIN_WAITING;
	chain->links[STAGE_STEPS].state = CHAIN_SKIPPED;
	helm->state = CHAIN_HUNG;
	helm->hang = HANG_HELM_VALUES;
	helm->ended_ms = 0;
	link_say(helm, "could not resolve Secret chart values reference 'payments/db' with key 'values.yaml'");
	chain->at = STAGE_HELM;
	chain->verdict = VERDICT_HUNG;
	chain->ended_ms = 0;
	struct chain_flight *flight = chain_add_flight(chain);
	snprintf(flight->sha, COMMIT_SHA, NEXT);
	flight->stage = STAGE_SOURCE;
	return chain;
}

static struct world *chain_world(int live)
{
	struct world *world = world_new();

	commits_make(world);
	service_set_chain((struct service *)fleet_find(world->fleet, "eu-prod", "payments", "payments-api"), chain_make(live));
	fleet_settle(world->fleet);
	world_draw(world, 120, 40);
	world_press(world, "g g j");
	return world;
}

static void screens(void **state)
{
	static const struct {
		const char *name;
		int live;
	} rows[] = {{"chain-hangs", 0}, {"chain-live", 1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = chain_world(rows[i].live);
		char name[64];
		world_press(world, "7");
		world_draw(world, 120, 40);
		snprintf(name, sizeof(name), "%s-120x40", rows[i].name);
		world_golden(world, name, 0);
		world_draw(world, 200, 60);
		snprintf(name, sizeof(name), "%s-200x60", rows[i].name);
		world_golden(world, name, 0);
		world_press(world, "1");
		world_draw(world, 120, 40);
		snprintf(name, sizeof(name), "%s-overview-120x40", rows[i].name);
		world_golden(world, name, 0);
		world_draw(world, 80, 24);
		snprintf(name, sizeof(name), "%s-overview-80x24", rows[i].name);
		world_golden(world, name, 0);
		world_shut(world);
	}
}

static void without_a_chain(void **state)
{
	struct world *world = world_new();

	(void)state;
	world_draw(world, 120, 40);
	world_press(world, "7");
	assert_shows(world, "what applies this service is not read yet");
	world_shut(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(screens), cmocka_unit_test(without_a_chain)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

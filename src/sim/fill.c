/* SPDX-License-Identifier: MIT */
/*
 * Puts a plan into a cluster as if it had lived there for long. Nobody watches yet, so objects are
 * loaded as text, in the order of their keys, and no history is kept of it.
 */
#include "fill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "objects.h"
#include "origin.h"

enum { HOUR_MS = 3600000, PODS_MOST = 30 };

struct loading {
	struct filling *filling;
	struct table *table;
	struct making making;
	struct buf spec, text;
};

static void load(struct loading *loading, const char *group, const char *plural, const char *namespace, const char *name)
{
	struct api *api = loading->filling->api;
	struct table *table = api_table(api, group, plural);
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), namespace, name);
	table_load(table, doc_from_text(namespace, name, api->version, buf_string(&loading->text), loading->text.len,
	                                table_like(table, key)));
	buf_clear(&loading->text);
	loading->making.version = ++api->version;
}

int fill_replicas(const struct filling *filling, const struct plan_service *service)
{
	if (filling->pods_each >= 0)
		return filling->pods_each;
	if (service->kind == PLAN_STATEFUL_SET || (filling->share < 0.1 && service->extra != PLAN_KEDA))
		return plan_fixed_pods(service, filling->env);
	int by_traffic = (int)(service->rps * filling->share / service->pod_rps) + 1;
	int least = filling->share < 0.1 ? 1 : 2;
	return by_traffic < least ? least : by_traffic > PODS_MOST ? PODS_MOST : by_traffic;
}

static void load_pods(struct loading *loading)
{
	const struct making *making = &loading->making;
	const struct plan_service *service = making->service;
	char name[128], tail[8], uid[40];
	for (int i = 0; i < making->replicas; i++) {
		uint64_t number = ((uint64_t)loading->filling->cluster << 32) + loading->filling->pods++;
		mix_word(number * 7919 + 13, 5, tail);
		if (service->kind == PLAN_STATEFUL_SET)
			snprintf(name, sizeof(name), "%s-%d", service->name, i);
		else
			snprintf(name, sizeof(name), "%s-%s-%s", service->name, making->hash, tail);
		pod_write(&loading->text, making, name, number);
		load(loading, "", "pods", service->namespace, name);
		if (i > 0)
			continue;
		char event[192];
		snprintf(event, sizeof(event), "%s.%012" PRIx64, name, mix(number) & 0xffffffffffffu);
		mix_uid(0x70000000 + number, uid);
		event_write(&loading->text, making, event, name, uid);
		load(loading, "", "events", service->namespace, event);
	}
}

/* `of` is whose image it runs: the service itself, or the one whose primary it is. */
static void load_service(struct loading *loading, const struct plan_service *service, const struct plan_service *of, int replicas)
{
	struct filling *filling = loading->filling;
	struct making *making = &loading->making;
	const struct clock *clock = filling->api->options.clock;
	making_init(making, service, filling->cluster);
	snprintf(making->image, sizeof(making->image), "registry.example.com/%s/%s", of->namespace, of->name);
	making->version = filling->api->version;
	making->replicas = making->ready = replicas;
	stamp_format(clock->wall(clock) - HOUR_MS * (int64_t)(1 + service->number % 700), making->created);
	memcpy(making->changed, making->created, sizeof(making->changed));
	buf_clear(&loading->spec);
	spec_write(&loading->spec, making);
	making->spec = buf_string(&loading->spec);
	if (service->kind == PLAN_STATEFUL_SET) {
		stateful_set_write(&loading->text, making);
		load(loading, "apps", "statefulsets", service->namespace, service->name);
	} else {
		char name[96];
		int is_rollout = service->kind == PLAN_ROLLOUT;
		(is_rollout ? rollout_write : deployment_write)(&loading->text, making);
		load(loading, is_rollout ? "argoproj.io" : "apps", is_rollout ? "rollouts" : "deployments", service->namespace,
		     service->name);
		snprintf(name, sizeof(name), "%s-%s", service->name, making->hash);
		replica_set_write(&loading->text, making);
		load(loading, "apps", "replicasets", service->namespace, name);
	}
	load_pods(loading);
	if (service == of && service->kind != PLAN_STATEFUL_SET && service->extra != PLAN_KEDA && strcmp(filling->env, "prod") == 0) {
		autoscaler_write(&loading->text, making, plan_most_pods(service), 45 + service->number % 20);
		load(loading, "autoscaling", "horizontalpodautoscalers", service->namespace, service->name);
	}
}

/* Flagger keeps the target at nothing and serves from the primary. */
static void load_with_primary(struct loading *loading, const struct plan_service *service)
{
	struct filling *filling = loading->filling;
	struct plan_service primary = *service;
	int replicas = fill_replicas(filling, service);
	if (service->extra != PLAN_CANARY || strcmp(filling->env, "prod") != 0) {
		load_service(loading, service, service, replicas);
		return;
	}
	load_service(loading, service, service, 0);
	primary.number += 100000;
	primary.settings = service->settings;
	snprintf(primary.name, sizeof(primary.name), "%.38s-primary", service->name);
	load_service(loading, &primary, service, replicas);
}

static void load_ground(struct loading *loading, const struct plan *plan)
{
	const struct clock *clock = loading->filling->api->options.clock;
	const char *before = NULL;
	char created[32], name[32];
	stamp_format(clock->wall(clock) - HOUR_MS * (int64_t)9000, created);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_service *service = &plan->services[i];
		if (before && strcmp(before, service->namespace) == 0)
			continue;
		before = service->namespace;
		namespace_write(&loading->text, before, service->team, loading->making.version, created);
		load(loading, "", "namespaces", NULL, before);
	}
	for (int i = 0; i < PLAN_NODES; i++) {
		snprintf(name, sizeof(name), "node-%02d", i);
		node_write(&loading->text, i, loading->filling->region, loading->making.version, created);
		load(loading, "", "nodes", NULL, name);
	}
}

void fill_cluster(struct filling *filling, const struct plan *plan)
{
	struct loading loading = {.filling = filling};
	loading.making.version = ++filling->api->version;
	buf_init(&loading.spec, SIM_TEXT_MAX);
	buf_init(&loading.text, SIM_TEXT_MAX);
	load_ground(&loading, plan);
	for (size_t i = 0; i < plan->count; i++)
		load_with_primary(&loading, &plan->services[i]);
	for (size_t i = 0; i < filling->api->tables.len; i++)
		((struct table *)filling->api->tables.items[i])->floor = filling->api->version;
	buf_release(&loading.text);
	buf_release(&loading.spec);
}

void api_fill(struct api *api, int services, int pods_each)
{
	struct plan plan;
	struct filling filling = {.api = api, .region = "test", .env = "prod", .pods_each = pods_each, .share = 1};
	plan_make(&plan, services, 0);
	for (size_t i = 0; i < plan.count; i++) { /* one kind is enough for a client's tests */
		plan.services[i].kind = PLAN_DEPLOYMENT;
		plan.services[i].extra = PLAN_PLAIN;
	}
	fill_cluster(&filling, &plan);
	plan_release(&plan);
}

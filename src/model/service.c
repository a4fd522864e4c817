/* SPDX-License-Identifier: MIT */
/*
 * A service: made when its first workload comes, freed by fleet_settle when the last one is gone.
 * What is counted per event is kept elsewhere (owner.c, event.c); here is what is derived from the
 * workloads once per settle, and a digest of all that is shown, so that a settle knows whether
 * anything a person can see has changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/flux.h"
#include "model/chain.h"
#include "model/metrics.h"
#include "model/owner.h"

enum { PODS_LOOKED_AT = 256 };

void service_set_word(struct service *service, const char **slot, const char *word)
{
	struct intern *pool = service->cluster->fleet->strings;
	const char *old = *slot;
	*slot = intern_take(pool, word);
	intern_drop(pool, old);
}

struct service *service_take(struct cluster *cluster, const char *namespace, const char *name)
{
	struct fleet *fleet = cluster->fleet;
	char *key = mem_printf("%s/%s/%s", cluster->name, namespace, name);
	struct service *service = map_get(&fleet->by_key, key);
	if (service) {
		free(key);
		return service;
	}
	service = mem_new(sizeof(*service));
	service->cluster = cluster;
	service->key = key;
	service->namespace = intern_take(fleet->strings, namespace);
	service->name = intern_take(fleet->strings, name);
	service->kind = service->team = service->images = service->revision = "";
	service->flux = (struct service_flux){.by = {"", "", ""}, .above = {"", "", ""}, .revision = "", .ready = ' '};
	service->health = HEALTH_UNKNOWN;
	service->place = (uint32_t)fleet->services.len;
	vec_init(&service->workloads);
	vec_push(&fleet->services, service);
	map_put(&fleet->by_key, service->key, service);
	cluster->services++;
	fleet->membership++;
	service_mark(service);
	return service;
}

void service_free(struct service *service)
{
	struct fleet *fleet = service->cluster->fleet;
	struct vec *all = &fleet->services;
	events_let_go(service);
	if (service->timed)
		vec_remove_item(&fleet->timed, service);
	if (service->dirty)
		vec_remove_item(&fleet->dirty, service);
	map_remove(&fleet->by_key, service->key);
	vec_remove_swap(all, service->place);
	if (service->place < all->len)
		((struct service *)all->items[service->place])->place = service->place;
	service->cluster->services--;
	service->cluster->remembered -= service->remembered;
	fleet->membership++;
	intern_drop(fleet->strings, service->namespace);
	intern_drop(fleet->strings, service->name);
	intern_drop(fleet->strings, service->team);
	intern_drop(fleet->strings, service->images);
	intern_drop(fleet->strings, service->revision);
	intern_drop(fleet->strings, service->flags);
	intern_drop(fleet->strings, service->flux.revision);
	ref_release(fleet->strings, &service->flux.by);
	ref_release(fleet->strings, &service->flux.above);
	vec_release(&service->workloads);
	service_metrics_free(service->metrics);
	chain_free(service->chain);
	free(service->key);
	free(service);
}

void service_mark(struct service *service)
{
	if (!service || service->dirty)
		return;
	service->dirty = 1;
	vec_push(&service->cluster->fleet->dirty, service);
}

void service_stir(struct service *service)
{
	if (!service)
		return;
	service->stirred = 1;
	service_mark(service);
}

int service_knows_pods(const struct service *service)
{
	const struct kind_state *kinds = service->cluster->kinds;
	return service->remembered || (kinds[OBJECT_POD].complete && kinds[OBJECT_REPLICASET].complete);
}

int service_compare_name(const struct service *a, const struct service *b)
{
	if (a->cluster != b->cluster) {
		if (a->cluster->configured_order != b->cluster->configured_order)
			return a->cluster->configured_order < b->cluster->configured_order ? -1 : 1;
		return strcmp(a->cluster->name, b->cluster->name);
	}
	int order = a->namespace == b->namespace ? 0 : strcmp(a->namespace, b->namespace);
	return order ? order : strcmp(a->name, b->name);
}

/* Calls `each` for the pods below a node, until `left` is used up. Old ReplicaSets have none. */
static void owner_each_pod(const struct owner *owner, int depth, int *left,
                           void (*each)(void *arg, const struct pod *pod), void *arg)
{
	if (owner->crowd)
		for (size_t i = 0; i < owner->crowd->pods.len && *left > 0; i++, --*left)
			each(arg, owner->crowd->pods.items[i]);
	if (depth < OWNER_DEPTH)
		for (const struct owner *child = owner->children; child && *left > 0; child = child->next)
			owner_each_pod(child, depth + 1, left, each, arg);
}

static void each_of_some(const struct service *service, int left,
                         void (*each)(void *arg, const struct pod *pod), void *arg)
{
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (workload->owner)
			owner_each_pod(workload->owner, 0, &left, each, arg);
	}
}

void service_each_pod(const struct service *service, void (*each)(void *arg, const struct pod *pod),
                      void *arg)
{
	each_of_some(service, INT32_MAX, each, arg);
}

/* Worst first: those that count before those that do not, by reason, then by name. */
static int pod_rank(const struct pod *pod)
{
	int rank = pod->reason == REASON_NONE ? REASON_COUNT : pod->reason;
	return rank + (pod->terminating ? 100 : 0) + (pod->finished ? 200 : 0);
}

static void keep_worst(void *arg, const struct pod *pod)
{
	const struct pod **worst = arg;
	int order = *worst ? pod_rank(pod) - pod_rank(*worst) : -1;
	if (order < 0 || (order == 0 && strcmp(pod->object.name, (*worst)->object.name) < 0))
		*worst = pod;
}

const struct pod *service_worst_pod(const struct service *service)
{
	const struct pod *worst = NULL;
	each_of_some(service, PODS_LOOKED_AT, keep_worst, &worst);
	return worst;
}

static void keep_oldest_unready(void *arg, const struct pod *pod)
{
	int64_t *oldest = arg, at = pod->object.created_ms ? pod->object.created_ms : 1;
	if (!pod->finished && !pod->terminating && !pod->ready && (*oldest == 0 || at < *oldest))
		*oldest = at;
}

/* The worst phase stands for all. */
static int phase_rank(enum rollout_phase phase)
{
	static const int ranks[ROLLOUT_PHASES] = {
		[ROLLOUT_FAILED] = 5, [ROLLOUT_WAITING] = 4, [ROLLOUT_PROGRESSING] = 3,
		[ROLLOUT_PAUSED] = 2, [ROLLOUT_UNKNOWN] = 1, [ROLLOUT_COMPLETE] = 0,
	};
	return ranks[phase];
}

static const char *namespace_team(const struct service *service)
{
	const struct map *namespaces = &service->cluster->objects[OBJECT_NAMESPACE];
	const struct namespace *namespace = map_get(namespaces, service->namespace);
	return namespace ? namespace->team : "";
}

static void derive_workload(struct service *service, const struct workload *workload)
{
	struct rollout rollout = rollout_of(workload);
	const char *kind = kind_rows[workload->object.kind].word;
	service->desired += workload->desired;
	service->replicas += workload->replicas;
	service->ready += workload->ready;
	service->updated += workload->updated;
	service->available += workload->available;
	service->kind = !service->kind[0] || service->kind == kind ? kind : "mixed";
	if (phase_rank(rollout.phase) > phase_rank(service->rollout.phase))
		service->rollout.phase = rollout.phase;
	service->rollout.done += rollout.done;
	service->rollout.total += rollout.total;
	service->rolling |= rollout_is_moving(workload) != 0;
	if (workload->object.created_ms &&
	    (!service->created_ms || workload->object.created_ms < service->created_ms))
		service->created_ms = workload->object.created_ms;
}

/* What scales a workload, and what leads its updates. */
static void derive_leaders(struct service *service, const struct workload *workload)
{
	const struct cluster *cluster = service->cluster;
	const char *word = kind_rows[workload->object.kind].word;
	size_t len = strlen(word);
	char key[640];
	memcpy(key, word, len);
	key[len] = '/';
	if (!object_key(key + len + 1, sizeof(key) - len - 1, service->namespace, workload->object.name))
		return;
	if (!service->hpa)
		service->hpa = map_get(&cluster->scaled, key);
	if (!service->canary)
		service->canary = map_get(&cluster->canaries, key);
	if (!service->scaler)
		service->scaler = map_get(&cluster->scalers, key);
}

void service_derive(struct service *service)
{
	if (service->remembered)
		return;
	const struct workload *first = service->workloads.items[0];
	const char *team = "";
	service->desired = service->replicas = service->ready = service->updated = service->available = 0;
	service->rollout = (struct rollout){.phase = ROLLOUT_COMPLETE};
	service->kind = "";
	service->rolling = 0;
	service->created_ms = 0;
	service->hpa = NULL;
	service->canary = NULL;
	service->scaler = NULL;
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		derive_workload(service, workload);
		if (!team[0])
			team = workload->team;
		derive_leaders(service, workload);
	}
	service->generation = first->generation;
	service->observed = first->observed;
	service_set_word(service, &service->team, team[0] ? team : namespace_team(service));
	service_set_word(service, &service->images, first->images);
	service_set_word(service, &service->revision, first->revision);
	service->worst = REASON_NONE;
	for (enum reason reason = REASON_COUNT - 1; reason > REASON_NONE; reason--)
		if (service->by_reason[reason])
			service->worst = reason;
	service->unready_ms = 0;
	if (service->pods > service->pods_ready)
		each_of_some(service, PODS_LOOKED_AT, keep_oldest_unready, &service->unready_ms);
	canary_derive(service);
	flux_derive(service);
	health_derive(service);
}

static void digest_bytes(uint64_t *digest, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < len; i++)
		*digest = (*digest ^ at[i]) * 0x100000001b3u;
}

static void digest_word(uint64_t *digest, const char *word)
{
	digest_bytes(digest, word ? word : "", (word ? strlen(word) : 0) + 1);
}

static void digest_number(uint64_t *digest, int64_t number)
{
	digest_bytes(digest, &number, sizeof(number));
}

static void digest_condition(uint64_t *digest, const struct condition *condition)
{
	digest_number(digest, condition->status);
	digest_word(digest, condition->reason);
	digest_word(digest, condition->message);
	digest_number(digest, condition->changed_ms);
}

static void digest_workload(uint64_t *digest, const struct workload *w)
{
	const int64_t numbers[] = {w->object.kind, w->desired, w->replicas, w->ready, w->updated,
		w->available,
		w->current, w->partition, w->generation, w->observed, w->paused, w->on_delete};
	digest_bytes(digest, numbers, sizeof(numbers));
	digest_word(digest, w->object.key);
	digest_word(digest, w->object.uid);
	digest_word(digest, w->images);
	digest_word(digest, w->revision);
	digest_word(digest, w->current_revision);
	digest_condition(digest, &w->progressing);
	digest_condition(digest, &w->is_available);
	digest_condition(digest, &w->failure);
	for (uint16_t i = 0; i < w->label_count; i++) {
		digest_word(digest, w->labels[i].key);
		digest_word(digest, w->labels[i].value);
	}
	if (!w->argo)
		return;
	const int64_t steps[] = {w->argo->step, w->argo->weight, w->argo->aborted};
	digest_bytes(digest, steps, sizeof(steps));
	digest_word(digest, w->argo->phase);
	digest_word(digest, w->argo->message);
}

uint64_t service_face(const struct service *service)
{
	uint64_t digest = 0xcbf29ce484222325u;
	const int64_t numbers[] = {service->pods, service->pods_ready, service->pods_terminating,
		service->restarts,
		service->warnings, service->desired, service->replicas, service->ready, service->updated,
		service->available, service->generation, service->observed, service->rollout.phase,
		service->rollout.done, service->rollout.total, service->worst, service->health_row,
		service->created_ms, service->remembered, service->rolling,
		service->flux.ready, service->flux.suspended, service->flux.above_suspended};
	digest_bytes(&digest, numbers, sizeof(numbers));
	digest_bytes(&digest, service->by_reason, sizeof(service->by_reason));
	digest_word(&digest, service->kind);
	digest_word(&digest, service->team);
	digest_word(&digest, service->images);
	digest_word(&digest, service->revision);
	digest_word(&digest, service->reason);
	digest_word(&digest, service->flux.by.kind);
	digest_word(&digest, service->flux.by.name);
	digest_word(&digest, service->flux.revision);
	for (size_t i = 0; i < service->workloads.len; i++)
		digest_workload(&digest, service->workloads.items[i]);
	if (service->hpa) {
		const struct hpa *hpa = service->hpa;
		const int64_t scale[] = {hpa->min, hpa->max, hpa->current, hpa->desired};
		digest_bytes(&digest, scale, sizeof(scale));
		digest_word(&digest, hpa->object.name);
		digest_condition(&digest, &hpa->active);
		digest_condition(&digest, &hpa->limited);
	}
	return digest;
}

void service_set_chain(struct service *service, struct chain *chain)
{
	chain_free(service->chain);
	service->chain = chain;
	service->cluster->fleet->stirred = 1;
}

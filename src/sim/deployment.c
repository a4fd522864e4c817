/* SPDX-License-Identifier: MIT */
/*
 * The Deployment controller: one look at a Deployment and its ReplicaSets does at most one step of a
 * rollout, and what that step changes brings the next look. The rules are those of the real
 * controller: how many may be too many and how many may be missing, unhealthy old pods first, and a
 * deadline for progress.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sets.h"

struct rolling {
	struct stage *stage;
	cJSON *json;
	const char *key, *namespace, *name, *uid;
	int replicas, surge, unavailable, paused;
	struct set *sets; /* oldest revision first; the newest is not among them when it is `fresh` */
	size_t count;
	struct set *fresh; /* that of the template; NULL: not made yet */
	int fresh_made;
};

static int share_of(const cJSON *value, int replicas, int up, int fallback)
{
	if (cJSON_IsNumber(value))
		return value->valueint;
	if (!cJSON_IsString(value))
		return fallback;
	double share = strtod(value->valuestring, NULL) * replicas / 100;
	return (int)(up ? ceil(share) : floor(share));
}

static int rolling_read(struct rolling *rolling, struct stage *stage, const char *key)
{
	const cJSON *rolls;
	*rolling = (struct rolling){.stage = stage, .key = key, .json = stage_get(stage, "deployments", key)};
	if (!rolling->json)
		return -1;
	rolling->namespace = json_string(rolling->json, "metadata/namespace");
	rolling->name = json_string(rolling->json, "metadata/name");
	rolling->uid = json_string(rolling->json, "metadata/uid");
	rolling->replicas = (int)json_int(rolling->json, "spec/replicas", 1);
	rolling->paused = json_bool(rolling->json, "spec/paused", 0);
	rolls = json_at(rolling->json, "spec/strategy/rollingUpdate");
	rolling->surge = share_of(json_get(rolls, "maxSurge"), rolling->replicas, 1, (rolling->replicas + 3) / 4);
	rolling->unavailable = share_of(json_get(rolls, "maxUnavailable"), rolling->replicas, 0, rolling->replicas / 4);
	if (rolling->surge == 0 && rolling->unavailable == 0)
		rolling->unavailable = 1;
	rolling->sets = sets_read(stage, &deployment_marks, key, rolling->uid, &rolling->count);
	const cJSON *template = json_at(rolling->json, "spec/template");
	for (size_t i = rolling->count; i-- > 0 && !rolling->fresh;)
		if (set_is_of(&rolling->sets[i], &deployment_marks, template))
			rolling->fresh = &rolling->sets[i];
	return 0;
}

static void rolling_release(struct rolling *rolling)
{
	sets_free(rolling->sets, rolling->count);
	cJSON_Delete(rolling->json);
}

static void scale(struct rolling *rolling, struct set *set, int wanted)
{
	set_scale(rolling->stage, &deployment_marks, rolling->json, set, wanted);
}

static int total(const struct rolling *rolling, int available)
{
	int sum = 0;
	for (size_t i = 0; i < rolling->count; i++)
		sum += available ? rolling->sets[i].available : rolling->sets[i].wanted;
	return sum;
}

/* Takes up to `most` from the old sets, oldest first; `only_unhealthy`: pods that are not available. */
static int take_from_old(struct rolling *rolling, int most, int only_unhealthy)
{
	int taken = 0;
	for (size_t i = 0; i < rolling->count && taken < most; i++) {
		struct set *set = &rolling->sets[i];
		int can = only_unhealthy ? set->wanted - set->available : set->wanted;
		if (set == rolling->fresh || can <= 0)
			continue;
		can = can < most - taken ? can : most - taken;
		scale(rolling, set, set->wanted - can);
		taken += can;
	}
	return taken;
}

static void roll(struct rolling *rolling)
{
	struct set *fresh = rolling->fresh;
	int all = total(rolling, 0), room = rolling->replicas + rolling->surge - all;
	if (fresh->wanted > rolling->replicas) {
		scale(rolling, fresh, rolling->replicas);
		return;
	}
	if (fresh->wanted < rolling->replicas && room > 0) {
		int missing = rolling->replicas - fresh->wanted;
		scale(rolling, fresh, fresh->wanted + (room < missing ? room : missing));
		return;
	}
	int least = rolling->replicas - rolling->unavailable;
	int spare = all - least - (fresh->wanted - fresh->available);
	if (spare <= 0)
		return;
	int cleaned = take_from_old(rolling, spare, 1);
	int healthy = total(rolling, 1) - least;
	if (healthy > spare - cleaned)
		healthy = spare - cleaned;
	take_from_old(rolling, healthy, 0);
}

static void recreate(struct rolling *rolling)
{
	int old = 0;
	for (size_t i = 0; i < rolling->count; i++)
		if (&rolling->sets[i] != rolling->fresh)
			old += rolling->sets[i].replicas + rolling->sets[i].wanted;
	if (old > 0)
		take_from_old(rolling, 1 << 20, 0);
	else
		scale(rolling, rolling->fresh, rolling->replicas);
}

/* Paused in the middle: only the number is followed, each set in proportion; the newest takes what is left. */
static void keep_proportions(struct rolling *rolling)
{
	int all = total(rolling, 0), left = rolling->replicas;
	for (size_t i = 0; i < rolling->count && all > 0; i++) {
		struct set *set = &rolling->sets[i];
		int last = i + 1 == rolling->count;
		int wanted = last ? left : set->wanted * rolling->replicas / all;
		scale(rolling, set, wanted < 0 ? 0 : wanted);
		left -= wanted;
	}
}

static void history_clean(struct rolling *rolling)
{
	long keep = json_int(rolling->json, "spec/revisionHistoryLimit", 10), old = 0;
	for (size_t i = 0; i < rolling->count; i++)
		old += &rolling->sets[i] != rolling->fresh && rolling->sets[i].wanted == 0 && rolling->sets[i].replicas == 0;
	for (size_t i = 0; i < rolling->count && old > keep; i++) {
		const struct set *set = &rolling->sets[i];
		char key[2 * SIM_NAME];
		if (set == rolling->fresh || set->wanted > 0 || set->replicas > 0)
			continue;
		doc_key(key, sizeof(key), rolling->namespace, json_string(set->json, "metadata/name"));
		stage_remove(rolling->stage, "replicasets", key);
		old--;
	}
}

static void count_set(cJSON *status, const char *name, int value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(status, name);
	if (value > 0)
		cJSON_AddNumberToObject(status, name, value);
}

/* How far it is, in the words of the real controller. Returns seconds until the deadline has to be looked at; 0: never. */
static double progress_say(struct rolling *rolling, cJSON *status, const char *now, int moved)
{
	const cJSON *item, *progress = NULL;
	const struct set *fresh = rolling->fresh;
	char message[SIM_NAME];
	int64_t deadline = json_int(rolling->json, "spec/progressDeadlineSeconds", 600), stamp = 0, wall;
	cJSON_ArrayForEach(item, json_get(status, "conditions"))
	{
		const char *type = json_string(item, "type");
		if (type && strcmp(type, "Progressing") == 0)
			progress = item;
	}
	const char *reason = json_string(progress, "reason");
	int updated = fresh ? fresh->replicas : 0, available = total(rolling, 1), all = 0;
	for (size_t i = 0; i < rolling->count; i++)
		all += rolling->sets[i].replicas;
	if (rolling->paused) {
		set_condition(status, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now, 1);
		return 0;
	}
	if (updated == rolling->replicas && all == rolling->replicas && available >= rolling->replicas && fresh) {
		snprintf(message, sizeof(message), "ReplicaSet \"%s\" has successfully progressed.", json_string(fresh->json, "metadata/name"));
		set_condition(status, "Progressing", "True", "NewReplicaSetAvailable", message, now, 1);
		return 0;
	}
	const char *name = fresh ? json_string(fresh->json, "metadata/name") : "";
	if (rolling->fresh_made)
		snprintf(message, sizeof(message), "Created new replica set \"%s-…\"", rolling->name);
	else
		snprintf(message, sizeof(message), "ReplicaSet \"%s\" is progressing.", name);
	if (moved || !reason || strcmp(reason, "NewReplicaSetAvailable") == 0 || strcmp(reason, "DeploymentPaused") == 0) {
		/* The clock of the deadline starts anew with every move. */
		cJSON *own = (cJSON *)(uintptr_t)progress;
		set_condition(status, "Progressing", "True", "ReplicaSetUpdated", message, now, 1);
		if (own)
			set_text(own, "lastUpdateTime", now);
		return (double)deadline;
	}
	wall = rolling->stage->api->options.clock->wall(rolling->stage->api->options.clock);
	stamp = json_stamp(progress, "lastUpdateTime");
	double speed = agenda_speed(rolling->stage->agenda), passed = (double)(wall - stamp) / 1000 * speed;
	if (strcmp(reason, "ProgressDeadlineExceeded") == 0)
		return 0;
	if (passed < (double)deadline)
		return (double)deadline - passed + 1;
	snprintf(message, sizeof(message), "ReplicaSet \"%s\" has timed out progressing.", name);
	set_condition(status, "Progressing", "False", "ProgressDeadlineExceeded", message, now, 1);
	return 0;
}

/* Writes the status when it differs. */
static void status_write(struct rolling *rolling)
{
	cJSON *old = cJSON_Duplicate(json_get(rolling->json, "status"), 1), *status = sub_object(rolling->json, "status");
	int replicas = 0, ready = 0, available = 0, updated = rolling->fresh ? rolling->fresh->replicas : 0;
	char now[32];
	stage_stamp(rolling->stage, now);
	for (size_t i = 0; i < rolling->count; i++) {
		replicas += rolling->sets[i].replicas;
		ready += rolling->sets[i].ready;
		available += rolling->sets[i].available;
	}
	int moved = updated != (int)json_int(status, "updatedReplicas", 0) || replicas < (int)json_int(status, "replicas", 0) ||
	            available > (int)json_int(status, "availableReplicas", 0) || rolling->fresh_made;
	set_number(status, "observedGeneration", (double)json_int(rolling->json, "metadata/generation", 0));
	count_set(status, "replicas", replicas);
	count_set(status, "updatedReplicas", updated);
	count_set(status, "readyReplicas", ready);
	count_set(status, "availableReplicas", available);
	count_set(status, "unavailableReplicas", rolling->replicas > available ? rolling->replicas - available : 0);
	if (available >= rolling->replicas - rolling->unavailable)
		set_condition(status, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now, 1);
	else
		set_condition(status, "Available", "False", "MinimumReplicasUnavailable",
		              "Deployment does not have minimum availability.", now, 1);
	double again = progress_say(rolling, status, now, moved);
	if (again > 0)
		agenda_want(rolling->stage->agenda, again + 0.1, deployment_sync, rolling->stage, rolling->key);
	if (!cJSON_Compare(old, status, 1) || rolling->fresh_made) {
		stage_put(rolling->stage, "deployments", rolling->json);
		rolling->json = NULL;
	}
	cJSON_Delete(old);
}

void deployment_sync(void *arg, const char *key)
{
	struct rolling rolling;
	if (rolling_read(&rolling, arg, key) < 0)
		return;
	long newest = rolling.count ? rolling.sets[rolling.count - 1].revision : 0;
	const char *strategy = json_string(rolling.json, "spec/strategy/type");
	if (!rolling.fresh && !rolling.paused) {
		char hash[12];
		revision_write(rolling.json, &deployment_marks, newest + 1);
		set_make(rolling.stage, &deployment_marks, rolling.json, newest + 1, hash);
		rolling.fresh_made = 1;
	} else if (rolling.fresh && rolling.fresh->revision < newest && !rolling.paused) {
		/* An undo: the old set is the newest now. */
		revision_write(rolling.json, &deployment_marks, newest + 1);
		revision_write(rolling.fresh->json, &deployment_marks, newest + 1);
		rolling.fresh->dirty = 1;
		rolling.fresh_made = 1;
	}
	if (rolling.paused)
		keep_proportions(&rolling);
	else if (rolling.fresh && strategy && strcmp(strategy, "Recreate") == 0)
		recreate(&rolling);
	else if (rolling.fresh)
		roll(&rolling);
	sets_store(rolling.stage, rolling.sets, rolling.count);
	history_clean(&rolling);
	status_write(&rolling);
	rolling_release(&rolling);
}

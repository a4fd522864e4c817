/* SPDX-License-Identifier: MIT */
#ifndef TEST_TRACE_PLATFORM_H
#define TEST_TRACE_PLATFORM_H

/*
 * A fleet of one cluster from a document:
 *
 *	{"now": "2026-…Z", "commits": [{"sha", "subject", "paths"}…, newest first], "objects": […],
 *	 "unread": ["GitRepository"…]}
 *
 * Commits are of one line, each the child of the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "flux/kinds.h"
#include "kube/kind.h"
#include "model/flux.h"
#include "model/writer.h"
#include "trace/chain.h"

struct platform {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
	struct repository *repository;
	struct decode decode;
};

static inline const struct kind *platform_kind(const char *word)
{
	enum object_kind object = word ? kind_find(word) : OBJECT_KINDS;
	const struct kind *kind = object == OBJECT_KINDS ? NULL : flux_kind(object);

	if (!kind && object != OBJECT_KINDS)
		kind = kind_of(object);
	for (size_t i = 0; !kind && later_kinds[i].decode; i++)
		if (later_kinds[i].object == object)
			kind = &later_kinds[i];
	if (!kind)
		fail_msg("no kind \"%s\"", word ? word : "");
	return kind;
}

static inline void platform_put(struct platform *platform, const cJSON *json)
{
	struct err err = {.text = ""};
	const struct kind *kind = platform_kind(json_string(json, "kind"));
	struct object *object = kind->decode(&platform->decode, json, &err);

	if (!object)
		fail_msg("%s: %s", kind_rows[kind->object].word, err.text);
	cluster_put(platform->cluster, object);
}

static inline void platform_commits(struct platform *platform, const cJSON *commits)
{
	const cJSON *commit;
	const char *head = NULL;

	repository_begin(platform->repository);
	cJSON_ArrayForEach(commit, commits)
	{
		const cJSON *next = commit->next;
		while (next && json_bool(next, "lost", 0))
			next = next->next;
		const char *parents[] = {next ? json_string(next, "sha") : NULL};
		const struct commit_facts facts = {
		    .sha = json_string(commit, "sha"), .subject = json_string(commit, "subject"), .author = "Ann",
		    .reverts = json_string(commit, "reverts"), .at_ms = json_stamp(commit, "at"), .parents = parents,
		    .parent_count = parents[0] != NULL,
		};
		if (!json_bool(commit, "lost", 0)) {
			head = head ? head : facts.sha;
			repository_put(platform->repository, &facts);
		}
	}
	repository_end(platform->repository, head ? head : "", 0, ANCESTRY_UNKNOWN);
	cJSON_ArrayForEach(commit, commits)
	{
		const cJSON *list = json_get(commit, "paths");
		const char *paths[16];
		size_t count = 0;
		const cJSON *path;
		if (json_bool(commit, "lost", 0)) { /* what the branch does not reach */
			const struct commit_facts facts = {.sha = json_string(commit, "sha"), .subject = json_string(commit, "subject")};
			repository_put(platform->repository, &facts);
		}
		if (!list)
			continue;
		cJSON_ArrayForEach(path, list) paths[count++] = path->valuestring;
		repository_set_paths(platform->repository, json_string(commit, "sha"), paths, count, 0);
	}
}

static inline void platform_init(struct platform *platform, const cJSON *json)
{
	uint32_t epochs[OBJECT_KINDS];
	const cJSON *item;

	memset(platform, 0, sizeof(*platform));
	clock_fixed_init(&platform->clock, json_stamp(json, "now"));
	platform->fleet = fleet_new(&platform->clock.clock);
	platform->decode = (struct decode){platform->fleet, "app.kubernetes.io/name", "team"};
	platform->cluster = fleet_add_cluster(platform->fleet, "test", "", "", 0);
	if (json_get(json, "commits")) {
		platform->repository = fleet_add_repository(platform->fleet, "https://git.example/fleet.git", "main");
		platform_commits(platform, json_get(json, "commits"));
	}
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		epochs[kind] = cluster_begin_list(platform->cluster, kind);
	cJSON_ArrayForEach(item, json_get(json, "objects")) platform_put(platform, item);
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		int unread = 0;
		cJSON_ArrayForEach(item, json_get(json, "unread")) unread |= kind_find(item->valuestring) == kind;
		if (unread) {
			cluster_set_sync(platform->cluster, kind, SYNC_DENIED, "forbidden");
			continue;
		}
		cluster_sweep(platform->cluster, kind, epochs[kind]);
		cluster_set_sync(platform->cluster, kind, SYNC_LIVE, NULL);
	}
	fleet_settle(platform->fleet);
}

static inline void platform_release(struct platform *platform)
{
	fleet_free(platform->fleet);
}

/* Of the first service; without one, of the first HelmRelease or Kustomization. */
static inline struct chain *platform_chain(struct platform *platform, const char *sha, const struct chain *before)
{
	size_t i = 0, k = 0;
	struct chain_question question = {
	    .fleet = platform->fleet, .sha = sha, .before = before, .now_ms = platform->clock.wall_ms,
	};

	if (platform->fleet->services.len) {
		question.service = platform->fleet->services.items[0];
	} else {
		question.cluster = platform->cluster;
		question.release = map_next(&platform->cluster->objects[OBJECT_HELMRELEASE], &i);
		question.kustomization = map_next(&platform->cluster->objects[OBJECT_KUSTOMIZATION], &k);
	}
	return chain_derive(&question);
}

#endif

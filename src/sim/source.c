/* SPDX-License-Identifier: MIT */
/* source-controller: what the branch points to becomes the artifact. */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "delivery.h"

static void artifact_set(struct delivery *delivery, cJSON *object, const char *now)
{
	cJSON *status = sub_object(object, "status"), *artifact = sub_object(status, "artifact");
	char revision[80], path[160], digest[80] = "sha256:";
	revision_of(delivery->artifact, revision, sizeof(revision));
	sha256_hex(revision, strlen(revision), digest + 7);
	snprintf(path, sizeof(path), "gitrepository/flux-system/platform/%s.tar.gz", delivery->artifact->sha);
	set_text(artifact, "revision", revision);
	set_text(artifact, "digest", digest);
	set_text(artifact, "lastUpdateTime", now);
	set_text(artifact, "path", path);
	flux_condition(object, "Ready", "True", "Succeeded", now, "stored artifact for revision '%s'", revision);
	flux_condition(object, "ArtifactInStorage", "True", "Succeeded", now, "stored artifact for revision '%s'", revision);
}

static void fetched(void *arg, const char *key)
{
	struct delivery *delivery = arg;
	struct stage *stage = delivery->stage;
	cJSON *object = stage_get(stage, "gitrepositories", key);
	char now[32];
	delivery->fetching = 0;
	if (!object || is_suspended(object)) {
		cJSON_Delete(object);
		return;
	}
	struct snapshot *head = origin_head(delivery->origin);
	int moved = strcmp(delivery->artifact->sha, head->sha) != 0;
	stage_stamp(stage, now);
	handled_set(object);
	condition_drop(sub_object(object, "status"), "Reconciling");
	if (moved) {
		snapshot_drop(delivery->artifact);
		delivery->artifact = snapshot_take(head);
		artifact_set(delivery, object, now);
		stage_event(stage, object, "source.toolkit.fluxcd.io/v1", "GitRepository", "source-controller", 0, "NewArtifact",
		            "stored artifact for commit '%.12s'", head->sha);
	}
	set_number(sub_object(object, "status"), "observedGeneration", (double)json_int(object, "metadata/generation", 1));
	stage_put(stage, "gitrepositories", object);
	for (size_t i = 0; moved && i < delivery->application_count; i++)
		agenda_want(stage->agenda, stage_dice(stage, 0.1, 1.2), application_sync, delivery, delivery->applications[i].name);
}

void source_sync(void *arg, const char *key)
{
	struct delivery *delivery = arg;
	struct stage *stage = delivery->stage;
	cJSON *object = stage_get(stage, "gitrepositories", key);
	char now[32];
	int asked = object && asked_for(object, "reconcile.fluxcd.io/requestedAt", "lastHandledReconcileAt") != NULL;
	int stale = object && json_int(object, "status/observedGeneration", 0) != json_int(object, "metadata/generation", 0);
	int behind = strcmp(delivery->artifact->sha, origin_head(delivery->origin)->sha) != 0;
	if (!object || is_suspended(object) || delivery->fetching || !(asked || stale || behind)) {
		cJSON_Delete(object);
		return;
	}
	delivery->fetching = 1;
	origin_look(delivery->origin);
	stage_stamp(stage, now);
	flux_condition(object, "Reconciling", "True", behind ? "NewRevision" : "Progressing", now, "%s%s",
	               behind ? "building artifact: new upstream revision main@sha1:" : "reconciliation in progress",
	               behind ? origin_head(delivery->origin)->sha : "");
	stage_put(stage, "gitrepositories", object);
	agenda_add(stage->agenda, stage_dice(stage, 0.6, 1.6), fetched, delivery, key);
}

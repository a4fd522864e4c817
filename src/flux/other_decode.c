/* SPDX-License-Identifier: MIT */
/* KEDA, Kanister, Terraform, and the kinds of which conditions and suspension are enough. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "flux/decode.h"

enum { ERROR_MAX_BYTES = 1024 };

/* Triggers whose health is not Happy: a map of name to {status, numberOfFailures}. */
static const char *failing_of(const struct decode *decode, const cJSON *health)
{
	char room[512];
	struct text text = text_in(room, sizeof(room));
	const cJSON *item;
	cJSON_ArrayForEach(item, health)
	{
		const char *status = json_string(item, "status");
		if (status && strcmp(status, "Happy") != 0 && item->string)
			text_printf(&text, "%s%s", text.len ? "," : "", item->string);
	}
	return decode_intern(decode, room);
}

struct object *scaledobject_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct scaled_object *scaled = decode_resource(decode, json, OBJECT_SCALEDOBJECT, sizeof(*scaled), err);
	if (!scaled)
		return NULL;
	char room[512];
	const char *paused = decode_annotation(json, "autoscaling.keda.sh/paused");
	const char *replicas = decode_annotation(json, "autoscaling.keda.sh/paused-replicas");
	decode_ref(decode, json_at(json, "spec/scaleTargetRef"), "Deployment", scaled->resource.object.namespace, &scaled->target);
	scaled->min = decode_number(json, "spec/minReplicaCount", -1);
	scaled->max = decode_number(json, "spec/maxReplicaCount", -1);
	scaled->triggers = decode_joined(decode, json_at(json, "spec/triggers"), "type", room, sizeof(room));
	scaled->hpa = decode_word(decode, json, "status/hpaName");
	scaled->failing = failing_of(decode, json_at(json, "status/health"));
	scaled->active_ms = json_stamp(json, "status/lastActiveTime");
	scaled->paused_replicas = replicas ? (int)strtol(replicas, NULL, 10) : decode_number(json, "status/pausedReplicaCount", -1);
	/* KEDA takes any true of Go's ParseBool; a number of replicas pauses by itself. */
	scaled->resource.suspended = replicas || (paused && (strcasecmp(paused, "true") == 0 || strcmp(paused, "1") == 0 ||
	                                                     strcasecmp(paused, "t") == 0));
	if (scaled->resource.suspended && !scaled->resource.hold)
		scaled->resource.hold = decode_hold(decode, json, replicas ? "@autoscaling.keda.sh/paused-replicas"
		                                                           : "@autoscaling.keda.sh/paused");
	return &scaled->resource.object;
}

struct object *actionset_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct action_set *set = decode_resource(decode, json, OBJECT_ACTIONSET, sizeof(*set), err);
	if (!set)
		return NULL;
	const cJSON *actions = json_at(json, "status/actions"), *action, *phase, *at = NULL;
	const char *name = "";
	cJSON_ArrayForEach(action, actions)
		cJSON_ArrayForEach(phase, json_get(action, "phases"))
		{
			const char *state = json_string(phase, "state"), *before = json_string(at, "state");
			if (at && before && strcmp(before, "complete") != 0)
				continue;
			at = phase;
			(void)state;
			name = json_string(action, "name");
		}
	set->state = decode_word(decode, json, "status/state");
	set->action = decode_intern(decode, name);
	set->phase = decode_word(decode, at, "name");
	set->phase_state = decode_word(decode, at, "state");
	set->error = decode_copy(json_string(json, "status/error/message"), ERROR_MAX_BYTES);
	set->percent = decode_number(json, "status/progress/percentCompleted", -1);
	return &set->resource.object;
}

struct object *terraform_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct terraform *terraform = decode_resource(decode, json, OBJECT_TERRAFORM, sizeof(*terraform), err);
	if (!terraform)
		return NULL;
	const char *namespace = terraform->resource.object.namespace;
	decode_ref(decode, json_at(json, "spec/sourceRef"), "", namespace, &terraform->source);
	decode_refs(decode, json_at(json, "spec/dependsOn"), "Terraform", namespace, &terraform->depends_on);
	terraform->path = decode_word(decode, json, "spec/path");
	terraform->approve = decode_word(decode, json, "spec/approvePlan");
	terraform->plan_pending = decode_word(decode, json, "status/plan/pending");
	terraform->plan_applied = decode_word(decode, json, "status/plan/lastApplied");
	terraform->planned = decode_word(decode, json, "status/lastPlannedRevision");
	terraform->attempted = decode_word(decode, json, "status/lastAttemptedRevision");
	terraform->applied = decode_word(decode, json, "status/lastAppliedRevision");
	terraform->drift_ms = json_stamp(json, "status/lastDriftDetectedAt");
	terraform->lock = decode_word(decode, json, "status/lock/pending");
	return &terraform->resource.object;
}

/* `about` and `revision`: paths, tried one after the other where the second is given. */
static struct object *other_decode(const struct decode *decode, const cJSON *json, enum object_kind kind,
                                   const char *about, const char *revision, const char *source, struct err *err)
{
	struct flux_other *other = decode_resource(decode, json, kind, sizeof(*other), err);
	if (!other)
		return NULL;
	other->about = decode_word(decode, json, about);
	other->revision = revision ? decode_word(decode, json, revision) : "";
	if (source)
		decode_ref(decode, json_at(json, source), "ImageRepository", other->resource.object.namespace, &other->source);
	return &other->resource.object;
}

struct object *imagerepository_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	return other_decode(decode, json, OBJECT_IMAGEREPOSITORY, "spec/image", "status/lastScanResult/revision", NULL, err);
}

struct object *imagepolicy_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	const char *latest = json_string(json, "status/latestRef/tag") ? "status/latestRef/tag" : "status/latestImage";
	return other_decode(decode, json, OBJECT_IMAGEPOLICY, "status/latestRef/name", latest, "spec/imageRepositoryRef", err);
}

struct object *imageupdate_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	return other_decode(decode, json, OBJECT_IMAGEUPDATE, "spec/git/push/branch", "status/lastPushCommit",
	                    "spec/sourceRef", err);
}

struct object *provider_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	return other_decode(decode, json, OBJECT_PROVIDER, "spec/type", NULL, NULL, err);
}

struct object *alert_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	return other_decode(decode, json, OBJECT_ALERT, "spec/eventSeverity", NULL, NULL, err);
}

struct object *receiver_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	return other_decode(decode, json, OBJECT_RECEIVER, "spec/type", NULL, NULL, err);
}

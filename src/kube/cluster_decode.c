/* SPDX-License-Identifier: MIT */
/* Namespaces, Nodes, HorizontalPodAutoscalers and Events. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/decode.h"
#include "kube/resource_decode.h"

enum { MESSAGE_MAX = 512 };

struct object *namespace_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct namespace *namespace = mem_new(sizeof(*namespace));
	if (decode_identity(decode, json, OBJECT_NAMESPACE, &namespace->object, err) < 0) {
		free(namespace);
		return NULL;
	}
	const cJSON *team = json_get(json_at(json, "metadata/labels"), decode->team_label);
	namespace->team = decode_intern(decode, cJSON_IsString(team) ? team->valuestring : NULL);
	return &namespace->object;
}

struct object *node_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct node *node = mem_new(sizeof(*node));
	struct condition ready;
	if (decode_identity(decode, json, OBJECT_NODE, &node->object, err) < 0) {
		free(node);
		return NULL;
	}
	decode_condition(decode, json_get(json, "status"), "Ready", &ready);
	free(ready.message);
	const cJSON *zone = json_get(json_at(json, "metadata/labels"), "topology.kubernetes.io/zone");
	node->zone = decode_intern(decode, cJSON_IsString(zone) ? zone->valuestring : NULL);
	node->ready = ready.status == ' ' ? 'U' : ready.status;
	node->reason = ready.reason;
	node->cordoned = json_bool(json, "spec/unschedulable", 0) != 0;
	return &node->object;
}

struct object *hpa_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct hpa *hpa = mem_new(sizeof(*hpa));
	if (decode_identity(decode, json, OBJECT_HPA, &hpa->object, err) < 0) {
		free(hpa);
		return NULL;
	}
	hpa->target_kind = decode_intern(decode, json_string(json, "spec/scaleTargetRef/kind"));
	hpa->target_name = decode_intern(decode, json_string(json, "spec/scaleTargetRef/name"));
	struct object_ref owner;
	decode_owner(decode, json, &owner, NULL);
	hpa->owner_kind = owner.kind;
	hpa->owner_name = owner.name;
	intern_drop(decode->fleet->strings, owner.namespace);
	hpa->min = decode_count(json, "spec/minReplicas", 1);
	hpa->max = decode_count(json, "spec/maxReplicas", 0);
	hpa->current = decode_count(json, "status/currentReplicas", 0);
	hpa->desired = decode_count(json, "status/desiredReplicas", 0);
	decode_condition(decode, json_get(json, "status"), "ScalingActive", &hpa->active);
	decode_condition(decode, json_get(json, "status"), "ScalingLimited", &hpa->limited);
	return &hpa->object;
}

/* core/v1 events carry their time in one of four places, by the age of what wrote them. */
int64_t decode_event_time(const cJSON *json)
{
	static const char *const places[] = {"series/lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp",
		"metadata/creationTimestamp"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int64_t at = json_stamp(json, places[i]);
		if (at > 0)
			return at;
	}
	return 0;
}

struct object *event_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct event *event = mem_new(sizeof(*event));
	if (decode_identity(decode, json, OBJECT_EVENT, &event->object, err) < 0) {
		free(event);
		return NULL;
	}
	const char *type = json_string(json, "type");
	event->about_kind = decode_intern(decode, json_string(json, "involvedObject/kind"));
	event->about_name = decode_intern(decode, json_string(json, "involvedObject/name"));
	event->about_uid = decode_intern(decode, json_string(json, "involvedObject/uid"));
	event->reason = decode_intern(decode, json_string(json, "reason"));
	event->message = decode_copy(json_string(json, "message"), MESSAGE_MAX);
	event->count = decode_count(json, "series/count", decode_count(json, "count", 1));
	event->last_ms = decode_event_time(json);
	event->warning = type && strcmp(type, "Warning") == 0;
	return &event->object;
}

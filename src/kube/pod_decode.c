/* SPDX-License-Identifier: MIT */
/*
 * Pods. The STATUS word, READY and RESTARTS are computed as the API server's own table printer
 * does (kubernetes pkg/printers/internalversion printPod), so that they equal `kubectl get pods`;
 * the reason that the model counts is the worst of all containers, which the word need not show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/decode.h"
#include "model/pod.h"

enum { STATUS_MAX = 128, MESSAGE_MAX = 256 };

/* What one pass over the containers gathers. */
struct gathered {
	char status[STATUS_MAX];
	enum reason worst;
	const char *message; /* of the worst container; the JSON's */
	int64_t restarts, init_restarts, restarted_ms, init_restarted_ms;
	int ready, total, any_running, initializing;
};

static void note_reason(struct gathered *g, enum reason reason, const char *message)
{
	if (reason == REASON_NONE || (g->worst != REASON_NONE && g->worst <= reason))
		return;
	g->worst = reason;
	g->message = message;
}

static int has_condition(const cJSON *status, const char *type, const char *reason)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_get(status, "conditions"))
	{
		const char *item_type = json_string(item, "type"), *item_status = json_string(item, "status");
		const char *item_reason = json_string(item, "reason");
		if (item_type && item_status && strcmp(item_type, type) == 0 && strcmp(item_status, "True") == 0 &&
		    (!reason || (item_reason && strcmp(item_reason, reason) == 0)))
			return 1;
	}
	return 0;
}

/* An init container with restartPolicy Always: a sidecar, counted like a container. */
static int is_sidecar(const cJSON *pod, const char *name)
{
	const cJSON *container;
	cJSON_ArrayForEach(container, json_at(pod, "spec/initContainers"))
	{
		const char *its = json_string(container, "name"), *policy = json_string(container, "restartPolicy");
		if (its && name && strcmp(its, name) == 0)
			return policy && strcmp(policy, "Always") == 0;
	}
	return 0;
}

static void note_restart(int64_t *latest, const cJSON *container)
{
	int64_t at = json_stamp(container, "lastState/terminated/finishedAt");
	if (at > *latest)
		*latest = at;
}

/* The words of a terminated state, as the printer writes them. */
static void terminated_words(const cJSON *terminated, const char *prefix, char *out)
{
	const char *reason = json_string(terminated, "reason");
	int64_t signal = json_int(terminated, "signal", 0), code = json_int(terminated, "exitCode", 0);
	if (reason && *reason)
		snprintf(out, STATUS_MAX, "%s%s", prefix, reason);
	else if (signal)
		snprintf(out, STATUS_MAX, "%sSignal:%lld", prefix, (long long)signal);
	else
		snprintf(out, STATUS_MAX, "%sExitCode:%lld", prefix, (long long)code);
}

/* The reasons that count for health: of the present state, and a kill for memory of the last one. */
static void note_container(struct gathered *g, const cJSON *container)
{
	const cJSON *waiting = json_at(container, "state/waiting"), *ended = json_at(container, "state/terminated");
	const cJSON *last = json_at(container, "lastState/terminated");
	const char *last_reason = json_string(last, "reason"), *message = json_string(waiting, "message");
	if (waiting) {
		enum reason reason = reason_of(json_string(waiting, "reason"));
		note_reason(g, reason, message ? message : json_string(last, "message"));
	}
	if (ended && json_int(ended, "exitCode", 0) != 0) {
		enum reason reason = reason_of(json_string(ended, "reason"));
		note_reason(g, reason == REASON_NONE || reason == REASON_OTHER ? REASON_ERROR : reason,
		            json_string(ended, "message"));
	}
	if (last_reason && strcmp(last_reason, "OOMKilled") == 0 && !json_bool(container, "ready", 0))
		note_reason(g, REASON_OOM_KILLED, message);
}

/* Init containers: the first that is not through decides the word. */
static void gather_init(struct gathered *g, const cJSON *pod, const cJSON *status)
{
	const cJSON *all = json_get(status, "initContainerStatuses"), *container;
	int index = 0, count = cJSON_GetArraySize(json_at(pod, "spec/initContainers"));
	cJSON_ArrayForEach(container, all)
	{
		const cJSON *ended = json_at(container, "state/terminated");
		const char *waiting = json_string(container, "state/waiting/reason");
		int sidecar = is_sidecar(pod, json_string(container, "name"));
		index++;
		g->init_restarts += json_int(container, "restartCount", 0);
		note_restart(&g->init_restarted_ms, container);
		if (sidecar) {
			g->restarts += json_int(container, "restartCount", 0);
			note_restart(&g->restarted_ms, container);
		}
		if (ended && json_int(ended, "exitCode", 0) == 0)
			continue;
		if (sidecar && json_bool(container, "started", 0)) {
			g->ready += json_bool(container, "ready", 0) != 0;
			continue;
		}
		g->initializing = 1;
		note_container(g, container);
		if (ended)
			terminated_words(ended, "Init:", g->status);
		else if (waiting && *waiting && strcmp(waiting, "PodInitializing") != 0)
			snprintf(g->status, STATUS_MAX, "Init:%s", waiting);
		else
			snprintf(g->status, STATUS_MAX, "Init:%d/%d", index - 1, count);
		break; /* what comes after it counts for nothing, its restarts neither */
	}
}

static void gather_containers(struct gathered *g, const cJSON *status)
{
	const cJSON *all = json_get(status, "containerStatuses");
	if (!g->initializing || has_condition(status, "Initialized", NULL)) {
		/* The printer starts over for the containers, but keeps sidecars' restarts. */
		for (int i = cJSON_GetArraySize(all) - 1; i >= 0; i--) {
			const cJSON *container = cJSON_GetArrayItem(all, i);
			const cJSON *ended = json_at(container, "state/terminated");
			const char *waiting = json_string(container, "state/waiting/reason");
			g->restarts += json_int(container, "restartCount", 0);
			note_restart(&g->restarted_ms, container);
			if (waiting && *waiting)
				snprintf(g->status, STATUS_MAX, "%s", waiting);
			else if (ended)
				terminated_words(ended, "", g->status);
			else if (json_bool(container, "ready", 0) && json_at(container, "state/running")) {
				g->any_running = 1;
				g->ready++;
			}
		}
	} else {
		g->restarts = g->init_restarts;
		g->restarted_ms = g->init_restarted_ms;
	}
	const cJSON *container;
	cJSON_ArrayForEach(container, all) note_container(g, container);
}

static int count_containers(const cJSON *pod)
{
	int total = cJSON_GetArraySize(json_at(pod, "spec/containers"));
	const cJSON *container;
	cJSON_ArrayForEach(container, json_at(pod, "spec/initContainers"))
	{
		const char *policy = json_string(container, "restartPolicy");
		total += policy && strcmp(policy, "Always") == 0;
	}
	return total;
}

static void gather(struct gathered *g, const cJSON *pod)
{
	const cJSON *status = json_get(pod, "status"), *item;
	const char *phase = json_string(status, "phase"), *reason = json_string(status, "reason");
	snprintf(g->status, STATUS_MAX, "%s", reason && *reason ? reason : phase ? phase : "Unknown");
	cJSON_ArrayForEach(item, json_get(status, "conditions"))
	{
		const char *type = json_string(item, "type"), *why = json_string(item, "reason");
		const char *is = json_string(item, "status");
		if (!type || strcmp(type, "PodScheduled") != 0)
			continue;
		if (why && strcmp(why, "SchedulingGated") == 0)
			snprintf(g->status, STATUS_MAX, "SchedulingGated");
		if (is && strcmp(is, "False") == 0)
			note_reason(g, REASON_UNSCHEDULABLE, json_string(item, "message"));
	}
	if (reason && *reason)
		note_reason(g, reason_of(reason), json_string(status, "message"));
	gather_init(g, pod, status);
	gather_containers(g, status);
	if (strcmp(g->status, "Completed") == 0 && g->any_running)
		snprintf(g->status, STATUS_MAX, "%s", has_condition(status, "Ready", NULL) ? "Running" : "NotReady");
	g->total = count_containers(pod);
}

/* The reason when no container names one. */
static enum reason plain_reason(const struct pod *pod, const char *phase)
{
	if (pod->terminating)
		return REASON_TERMINATING;
	if (phase && strcmp(phase, "Failed") == 0)
		return REASON_ERROR;
	if (pod->finished || pod->ready)
		return REASON_NONE;
	return phase && strcmp(phase, "Running") == 0 ? REASON_NOT_READY : REASON_STARTING;
}

static int clamp(int64_t value, int max)
{
	return value < 0 ? 0 : value > max ? max : (int)value;
}

struct object *pod_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct pod *pod = mem_new(sizeof(*pod));
	struct gathered g = {.worst = REASON_NONE};
	char owner[128], names[512];
	if (decode_identity(decode, json, OBJECT_POD, &pod->object, err) < 0) {
		free(pod);
		return NULL;
	}
	const cJSON *status = json_get(json, "status"), *labels = json_at(json, "metadata/labels");
	const char *phase = json_string(status, "phase"), *why = json_string(status, "reason");
	gather(&g, json);
	pod->terminating = json_get(json_get(json, "metadata"), "deletionTimestamp") != NULL;
	pod->finished = phase && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0);
	pod->ready = has_condition(status, "Ready", NULL) != 0;
	if (pod->terminating && why && strcmp(why, "NodeLost") == 0)
		snprintf(g.status, STATUS_MAX, "Unknown");
	else if (pod->terminating && !pod->finished)
		snprintf(g.status, STATUS_MAX, "Terminating");
	decode_controller(json, owner, sizeof(owner));
	pod->owner_uid = decode_intern(decode, owner);
	pod->node = decode_intern(decode, json_string(json, "spec/nodeName"));
	pod->ip = decode_intern(decode, json_string(status, "podIP"));
	const char *hash = json_string(labels, "pod-template-hash");
	if (!hash)
		hash = json_string(labels, "controller-revision-hash");
	pod->hash = decode_intern(decode, hash ? hash : json_string(labels, "rollouts-pod-template-hash"));
	pod->containers = decode_joined(decode, json_at(json, "spec/containers"), "name", names, sizeof(names));
	pod->status = decode_intern(decode, g.status);
	pod->restarts = clamp(g.restarts, 1000000000);
	pod->restarted_ms = g.restarted_ms;
	pod->ready_containers = (uint8_t)clamp(g.ready, 255);
	pod->total_containers = (uint8_t)clamp(g.total, 255);
	enum reason reason = g.worst;
	if (reason == REASON_NONE || pod->terminating || (pod->finished && phase[0] == 'S'))
		reason = plain_reason(pod, phase);
	pod->reason = (uint8_t)reason;
	if (reason == g.worst)
		pod->message = decode_copy(g.message, MESSAGE_MAX);
	return &pod->object;
}

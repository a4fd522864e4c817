/* SPDX-License-Identifier: MIT */
/*
 * Scheduler and kubelet: what becomes of a pod. Each step looks at the pod as it is, does the next
 * thing in its life and says when to look again. How its life goes is said by a story's verdict on
 * its release, by a label `stage` on the pod (crash, oom, pull, slow, unready, unschedulable), or by its image:
 * what has no version for a tag is in no registry.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "objects.h"

struct living {
	struct stage *stage;
	const char *key;
	cJSON *json, *status, *container; /* container: its status; NULL: none yet */
	const char *image;
	enum pod_life life;
	char now[32];
};

static enum pod_life life_of(const struct living *living)
{
	static const struct {
		const char *name;
		enum pod_life life;
	} stages[] = {{"crash", LIFE_CRASH}, {"oom", LIFE_OOM}, {"pull", LIFE_PULL}, {"slow", LIFE_SLOW},
	              {"unready", LIFE_UNREADY}, {"unschedulable", LIFE_UNSCHEDULABLE}};
	const cJSON *labels = json_at(living->json, "metadata/labels");
	const char *stage = json_string(labels, "stage"), *service = text_of(labels, "app.kubernetes.io/name");
	const char *tag = image_tag(living->image);
	for (size_t i = 0; stage && i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(stages[i].name, stage) == 0)
			return stages[i].life;
	const struct verdict *verdict = service ? stage_verdict(living->stage, service, tag) : NULL;
	if (verdict)
		return verdict->life;
	tag += *tag == 'v';
	return isdigit((unsigned char)*tag) ? LIFE_WELL : LIFE_PULL;
}

void pod_make(struct stage *stage, const cJSON *owner, const char *api_version, const char *kind, const char *name,
              const cJSON *template)
{
	cJSON *pod = cJSON_CreateObject(), *metadata = cJSON_Duplicate(json_get(template, "metadata"), 1);
	char generate[SIM_NAME];
	if (!metadata)
		metadata = cJSON_CreateObject();
	cJSON_AddItemToObject(pod, "metadata", metadata);
	set_text(metadata, "name", name);
	snprintf(generate, sizeof(generate), "%s-", json_string(owner, "metadata/name"));
	set_text(metadata, "generateName", generate);
	set_text(metadata, "namespace", json_string(owner, "metadata/namespace"));
	cJSON *reference = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(metadata, "ownerReferences"), reference);
	cJSON_AddStringToObject(reference, "apiVersion", api_version);
	cJSON_AddStringToObject(reference, "kind", kind);
	cJSON_AddStringToObject(reference, "name", json_string(owner, "metadata/name"));
	cJSON_AddStringToObject(reference, "uid", json_string(owner, "metadata/uid"));
	cJSON_AddTrueToObject(reference, "controller");
	cJSON_AddTrueToObject(reference, "blockOwnerDeletion");
	cJSON_AddItemToObject(pod, "spec", cJSON_Duplicate(json_get(template, "spec"), 1));
	cJSON *status = cJSON_AddObjectToObject(pod, "status");
	cJSON_AddStringToObject(status, "phase", "Pending");
	cJSON_AddStringToObject(status, "qosClass", "Burstable");
	stage_put(stage, "pods", pod);
}

static void condition(struct living *living, const char *type, int state, const char *reason, const char *message)
{
	set_condition(living->status, type, state ? "True" : "False", reason, message, living->now, 0);
}

static void ready_set(struct living *living, int ready)
{
	static const char words[] = "containers with unready status: [app]";
	condition(living, "Ready", ready, ready ? NULL : "ContainersNotReady", ready ? NULL : words);
	condition(living, "ContainersReady", ready, ready ? NULL : "ContainersNotReady", ready ? NULL : words);
	if (living->container) {
		cJSON_ReplaceItemInObjectCaseSensitive(living->container, "ready", cJSON_CreateBool(ready));
	}
}

/* "waiting" with a reason, "running", "terminated"; the state before it becomes the last one when it had ended. */
static cJSON *state_set(struct living *living, const char *what)
{
	cJSON *state = cJSON_CreateObject(), *inner = cJSON_AddObjectToObject(state, what);
	cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(living->container, "state");
	if (json_get(old, "terminated")) {
		cJSON_DeleteItemFromObjectCaseSensitive(living->container, "lastState");
		cJSON_AddItemToObject(living->container, "lastState", old);
	} else {
		cJSON_Delete(old);
	}
	cJSON_AddItemToObject(living->container, "state", state);
	cJSON_DeleteItemFromObjectCaseSensitive(living->container, "started");
	cJSON_AddBoolToObject(living->container, "started", strcmp(what, "running") == 0);
	return inner;
}

static void waiting_set(struct living *living, const char *reason, const char *message)
{
	cJSON *waiting = state_set(living, "waiting");
	cJSON_AddStringToObject(waiting, "reason", reason);
	if (message)
		cJSON_AddStringToObject(waiting, "message", message);
	ready_set(living, 0);
}

#define TELL(warns, reason, ...) \
	stage_event(living->stage, living->json, "v1", "Pod", strcmp(reason, "Scheduled") == 0 || \
	              strcmp(reason, "FailedScheduling") == 0 ? "default-scheduler" : "kubelet", warns, reason, __VA_ARGS__)

/* Each step returns the seconds until the next look; negative: never. */
static double step_schedule(struct living *living)
{
	char node[16], namespaced[SIM_NAME];
	if (living->life == LIFE_UNSCHEDULABLE) {
		static const char words[] = "0/24 nodes are available: 24 Insufficient memory. preemption: 0/24 nodes are "
		                            "available: 24 No preemption victims found for incoming pod.";
		condition(living, "PodScheduled", 0, "Unschedulable", words);
		TELL(1, "FailedScheduling", "%s", words);
		return 60;
	}
	snprintf(node, sizeof(node), "node-%02d", (int)(stage_dice(living->stage, 0, PLAN_NODES)));
	snprintf(namespaced, sizeof(namespaced), "%s", living->key);
	set_text(sub_object(living->json, "spec"), "nodeName", node);
	condition(living, "PodScheduled", 1, NULL, NULL);
	TELL(0, "Scheduled", "Successfully assigned %s to %s", namespaced, node);
	return stage_dice(living->stage, 0.2, 0.8);
}

static double step_create(struct living *living)
{
	set_text(living->status, "startTime", living->now);
	condition(living, "Initialized", 1, NULL, NULL);
	cJSON *container = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(living->status, "containerStatuses"), container);
	living->container = container;
	cJSON_AddStringToObject(container, "name", "app");
	cJSON_AddObjectToObject(cJSON_AddObjectToObject(container, "state"), "waiting");
	cJSON_AddObjectToObject(container, "lastState");
	cJSON_AddFalseToObject(container, "ready");
	cJSON_AddNumberToObject(container, "restartCount", 0);
	cJSON_AddStringToObject(container, "image", living->image);
	cJSON_AddStringToObject(container, "imageID", "");
	waiting_set(living, "ContainerCreating", NULL);
	TELL(0, "Pulling", "Pulling image \"%s\"", living->image);
	return stage_dice(living->stage, 1, 4);
}

static double step_pull_fails(struct living *living, int backs_off)
{
	char message[SIM_NAME];
	if (backs_off) {
		snprintf(message, sizeof(message), "Back-off pulling image \"%s\"", living->image);
		waiting_set(living, "ImagePullBackOff", message);
		TELL(0, "BackOff", "%s", message);
		return 40;
	}
	snprintf(message, sizeof(message), "rpc error: code = NotFound desc = failed to pull and unpack image \"%s\": failed "
	                                   "to resolve reference \"%s\": %s: not found", living->image, living->image, living->image);
	waiting_set(living, "ErrImagePull", message);
	TELL(1, "Failed", "Failed to pull image \"%s\": %s", living->image, message);
	return 12;
}

static double step_start(struct living *living)
{
	char ip[24];
	uint64_t bits = mix(++living->stage->pods + ((uint64_t)living->stage->number << 32));
	snprintf(ip, sizeof(ip), "10.%d.%d.%d", 64 + (int)(bits % 60), (int)(bits >> 8 & 0xff), (int)(bits >> 16 & 0x7f) + 2);
	if (!json_string(living->status, "podIP")) {
		set_text(living->status, "podIP", ip);
		cJSON *address = cJSON_CreateObject();
		cJSON_AddStringToObject(address, "ip", ip);
		cJSON_DeleteItemFromObjectCaseSensitive(living->status, "podIPs");
		cJSON_AddItemToArray(cJSON_AddArrayToObject(living->status, "podIPs"), address);
		TELL(0, "Pulled", "Successfully pulled image \"%s\"", living->image);
		TELL(0, "Created", "Created container: app");
	}
	set_text(living->status, "phase", "Running");
	condition(living, "PodReadyToStartContainers", 1, NULL, NULL);
	cJSON_AddStringToObject(state_set(living, "running"), "startedAt", living->now);
	char id[64];
	snprintf(id, sizeof(id), "containerd://%016" PRIx64 "%016" PRIx64, bits, mix(bits));
	set_text(living->container, "containerID", id);
	ready_set(living, 0);
	TELL(0, "Started", "Started container app");
	switch (living->life) {
	case LIFE_CRASH: return stage_dice(living->stage, 1, 4);
	case LIFE_SLOW: return stage_dice(living->stage, 70, 110);
	case LIFE_UNREADY: return 10;
	default: return stage_dice(living->stage, 4, 9);
	}
}

/* A line of the container that runs; what ends says it to the log before the restart as well. */
static void say(struct living *living, int ends, const char *text)
{
	const char *namespace = json_string(living->json, "metadata/namespace");
	const char *name = json_string(living->json, "metadata/name");
	for (int previous = 0; namespace && name && previous <= ends; previous++)
		api_log(living->stage->api, namespace, name, "app", previous, text);
}

/* Who is killed for its memory has no time for last words. */
static void last_words(struct living *living, int oom)
{
	char text[2 * SIM_NAME];
	snprintf(text, sizeof(text), "level=info msg=\"starting\" image=%s", living->image);
	say(living, 1, text);
	say(living, 1, "level=info msg=\"configuration read\" file=/etc/app/config.yaml");
	say(living, 1, oom ? "level=warn msg=\"cache grows past its budget\""
	                   : "level=fatal msg=\"cannot start\" error=\"configuration: unknown key: retries\" exit=1");
}

static double step_die(struct living *living)
{
	int oom = living->life == LIFE_OOM;
	last_words(living, oom);
	const char *started = json_string(living->container, "state/running/startedAt");
	char since[32];
	snprintf(since, sizeof(since), "%s", started ? started : living->now);
	cJSON *ended = state_set(living, "terminated");
	cJSON_AddNumberToObject(ended, "exitCode", oom ? 137 : 1);
	cJSON_AddStringToObject(ended, "reason", oom ? "OOMKilled" : "Error");
	cJSON_AddStringToObject(ended, "startedAt", since);
	cJSON_AddStringToObject(ended, "finishedAt", living->now);
	ready_set(living, 0);
	return stage_dice(living->stage, 0.3, 1);
}

static double step_back_off(struct living *living)
{
	int restarts = (int)json_int(living->container, "restartCount", 0) + 1;
	double wait = 10 * (double)(1 << (restarts < 6 ? restarts - 1 : 5));
	char message[SIM_NAME];
	wait = wait > 300 ? 300 : wait;
	set_number(living->container, "restartCount", restarts);
	snprintf(message, sizeof(message), "back-off %.0fs restarting failed container=app pod=%s", wait,
	         json_string(living->json, "metadata/name"));
	waiting_set(living, "CrashLoopBackOff", message);
	TELL(1, "BackOff", "Back-off restarting failed container app in pod %s", json_string(living->json, "metadata/name"));
	return wait;
}

static double step_running(struct living *living)
{
	int ready = json_bool(living->container, "ready", 0);
	if (living->life == LIFE_CRASH || (living->life == LIFE_OOM && ready))
		return step_die(living);
	if (living->life == LIFE_UNREADY) {
		ready_set(living, 0);
		TELL(1, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503");
		return 30;
	}
	ready_set(living, 1);
	return living->life == LIFE_OOM ? stage_dice(living->stage, 15, 40) : -1;
}

static double step(struct living *living)
{
	if (!json_string(living->json, "spec/nodeName"))
		return step_schedule(living);
	if (!living->container)
		return step_create(living);
	const char *waits = json_string(living->container, "state/waiting/reason");
	if (json_at(living->container, "state/terminated"))
		return step_back_off(living);
	if (json_at(living->container, "state/running"))
		return step_running(living);
	if (living->life == LIFE_PULL)
		return step_pull_fails(living, waits && strcmp(waits, "ErrImagePull") == 0);
	return step_start(living);
}

void pod_step(void *arg, const char *key)
{
	struct living living = {.stage = arg, .key = key, .json = stage_get(arg, "pods", key)};
	char copy[2 * SIM_NAME];
	if (!living.json || json_string(living.json, "metadata/deletionTimestamp")) {
		cJSON_Delete(living.json);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", key);
	living.status = sub_object(living.json, "status");
	living.container = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(living.status, "containerStatuses"), 0);
	living.image = json_string(cJSON_GetArrayItem(json_at(living.json, "spec/containers"), 0), "image");
	living.image = living.image ? living.image : "";
	living.life = life_of(&living);
	stage_stamp(living.stage, living.now);
	double again = step(&living);
	stage_put(living.stage, "pods", living.json);
	if (again >= 0)
		agenda_want(living.stage->agenda, again, pod_step, living.stage, copy);
}

static void pod_gone(void *arg, const char *key)
{
	stage_remove(arg, "pods", key);
}

void pod_end(struct stage *stage, const char *key)
{
	cJSON *pod = stage_get(stage, "pods", key);
	char now[32];
	if (!pod)
		return;
	if (json_string(pod, "metadata/deletionTimestamp")) {
		cJSON_Delete(pod);
		return;
	}
	stage_stamp(stage, now);
	cJSON *metadata = sub_object(pod, "metadata");
	cJSON_AddStringToObject(metadata, "deletionTimestamp", now);
	cJSON_AddNumberToObject(metadata, "deletionGracePeriodSeconds", 30);
	int runs = json_string(pod, "status/startTime") != NULL;
	if (runs)
		stage_event(stage, pod, "v1", "Pod", "kubelet", 0, "Killing", "Stopping container app");
	stage_put(stage, "pods", pod);
	agenda_add(stage->agenda, runs ? stage_dice(stage, 1, 5) : 0.1, pod_gone, stage, key);
}

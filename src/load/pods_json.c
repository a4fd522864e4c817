/* SPDX-License-Identifier: MIT */
/* The objects of a run on Kubernetes. */
#include "load/pods.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "load/tool.h"

enum { SPARE_SECONDS = 300, KEEP_SECONDS = 60, PLAN_MAX = 900 << 10 };

void pods_job_name(const char *run, char out[64])
{
	size_t len = (size_t)snprintf(out, 64, "load-");
	for (; *run && len < 52; run++)
		out[len++] = isalnum((unsigned char)*run) ? (char)tolower((unsigned char)*run) : '-';
	while (out[len - 1] == '-')
		len--;
	out[len] = '\0';
}

static cJSON *child(cJSON *object, const char *name)
{
	return cJSON_AddObjectToObject(object, name);
}

static void text(cJSON *object, const char *name, const char *value)
{
	cJSON_AddStringToObject(object, name, value);
}

/* A label's value: what Kubernetes does not take in one becomes '-'. */
static void run_label(cJSON *labels, const char *run)
{
	char value[64] = "";
	size_t len = 0;
	for (; run[len] && len < 60; len++)
		value[len] = isalnum((unsigned char)run[len]) ? run[len] : '-';
	while (len > 0 && value[len - 1] == '-')
		value[--len] = '\0';
	text(labels, POD_RUN_LABEL, value);
	text(labels, "app.kubernetes.io/managed-by", "flagdeck");
}

static cJSON *object_of(const struct pods_wish *wish, const char *version, const char *kind)
{
	char name[64];
	cJSON *object = cJSON_CreateObject(), *metadata;
	text(object, "apiVersion", version);
	text(object, "kind", kind);
	metadata = child(object, "metadata");
	pods_job_name(wish->run, name);
	text(metadata, "name", name);
	text(metadata, "namespace", wish->profile->pods.namespace);
	run_label(child(metadata, "labels"), wish->run);
	if (wish->job_uid) {
		cJSON *owner = cJSON_CreateObject();
		text(owner, "apiVersion", "batch/v1");
		text(owner, "kind", "Job");
		text(owner, "name", name);
		text(owner, "uid", wish->job_uid);
		cJSON_AddBoolToObject(owner, "blockOwnerDeletion", 0);
		cJSON_AddItemToArray(cJSON_AddArrayToObject(metadata, "ownerReferences"), owner);
	}
	return object;
}

static int finish(cJSON *object, struct buf *out, struct err *err)
{
	int result =
	    json_write(out, object, 0) < 0 ? err_set(err, "the object is too long for Kubernetes") : 0;
	cJSON_Delete(object);
	return result;
}

static void harden(cJSON *container)
{
	cJSON *security = child(container, "securityContext");
	cJSON_AddBoolToObject(security, "allowPrivilegeEscalation", 0);
	cJSON_AddBoolToObject(security, "runAsNonRoot", 1);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(child(security, "capabilities"), "drop"),
	                     cJSON_CreateString("ALL"));
	text(child(security, "seccompProfile"), "type", "RuntimeDefault");
}

static void mount(cJSON *mounts, const char *name, const char *path, int read_only)
{
	cJSON *item = cJSON_CreateObject();
	text(item, "name", name);
	text(item, "mountPath", path);
	cJSON_AddBoolToObject(item, "readOnly", read_only);
	cJSON_AddItemToArray(mounts, item);
}

static cJSON *container(cJSON *list, const char *name, const char *image, const char *script, const char *cpu,
                        const char *memory)
{
	cJSON *item = cJSON_CreateObject(), *command, *requests, *mounts;
	cJSON_AddItemToArray(list, item);
	text(item, "name", name);
	text(item, "image", image);
	command = cJSON_AddArrayToObject(item, "command");
	cJSON_AddItemToArray(command, cJSON_CreateString("sh"));
	cJSON_AddItemToArray(command, cJSON_CreateString("-c"));
	cJSON_AddItemToArray(command, cJSON_CreateString(script));
	requests = child(child(item, "resources"), "requests");
	text(requests, "cpu", cpu);
	text(requests, "memory", memory);
	harden(item);
	mounts = cJSON_AddArrayToObject(item, "volumeMounts");
	mount(mounts, "work", "/work", 0);
	return item;
}

static void add_env(cJSON *item, const char *name, const char *value)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "env"), *entry = cJSON_CreateObject();
	if (!list)
		list = cJSON_AddArrayToObject(item, "env");
	text(entry, "name", name);
	text(entry, "value", value);
	cJSON_AddItemToArray(list, entry);
}

/* The rows' end is a file beside them, whatever ended JMeter; the agent needs no other sign. */
static const char shard_script[] =
    "while [ \"$(date +%s)\" -lt \"$BEGIN\" ]; do sleep 0.2; done; "
    "jmeter -n -t /plan/plan.jmx -l /work/out.jtl -j /work/jmeter.log -Jshard=\"$JOB_COMPLETION_INDEX\" "
    "-Jshards=\"$SHARDS\" "
    "-Jjmeter.save.saveservice.output_format=csv -Jjmeter.save.saveservice.autoflush=true "
    "-Jjmeter.save.saveservice.print_field_names=true -Duser.language=en; code=$?; touch /work/out.jtl.done; "
    "exit $code";
static const char agent_script[] =
    "mkdir -p \"/work/$RUN-$JOB_COMPLETION_INDEX\"; "
    "exec flagdeck load agent /work/out.jtl \"/work/$RUN-$JOB_COMPLETION_INDEX\"";

static void add_volumes(cJSON *spec, const char *secret)
{
	cJSON *list = cJSON_AddArrayToObject(spec, "volumes"), *work = cJSON_CreateObject(),
	      *plan = cJSON_CreateObject();
	text(work, "name", "work");
	child(work, "emptyDir");
	cJSON_AddItemToArray(list, work);
	text(plan, "name", "plan");
	text(child(plan, "secret"), "secretName", secret);
	cJSON_AddItemToArray(list, plan);
}

static void fill_pod(cJSON *pod, const struct pods_wish *wish)
{
	const struct profile *profile = wish->profile;
	char begin[32], shards[16], name[64];
	cJSON *spec = child(pod, "spec"), *containers, *jmeter, *agent;
	run_label(child(child(pod, "metadata"), "labels"), wish->run);
	snprintf(begin, sizeof(begin), "%lld", (long long)(wish->begin_ms / 1000));
	snprintf(shards, sizeof(shards), "%d", profile->workers);
	pods_job_name(wish->run, name);
	text(spec, "restartPolicy", "Never");
	/* Only an upload needs an identity. */
	cJSON_AddBoolToObject(spec, "automountServiceAccountToken", 0);
	if (profile->pods.account)
		text(spec, "serviceAccountName", profile->pods.account);
	cJSON_AddNumberToObject(spec, "terminationGracePeriodSeconds", 5);
	containers = cJSON_AddArrayToObject(spec, "containers");
	jmeter = container(containers, "jmeter", profile->pods.image, shard_script, "1", "1Gi");
	mount(cJSON_GetObjectItemCaseSensitive(jmeter, "volumeMounts"), "plan", "/plan", 1);
	add_env(jmeter, "BEGIN", begin);
	add_env(jmeter, "SHARDS", shards);
	agent =
	    container(containers, "agent", profile->pods.agent ? profile->pods.agent : profile->pods.image,
	              agent_script, "100m", "64Mi");
	add_env(agent, "RUN", wish->run);
	add_env(agent, "FLAGDECK_RESULTS", profile->results ? profile->results : "");
	add_volumes(spec, name);
}

int pods_job_write(const struct pods_wish *wish, struct buf *out, struct err *err)
{
	const struct profile *profile = wish->profile;
	struct pods_wish first = *wish;
	first.job_uid = NULL;
	cJSON *object = object_of(&first, "batch/v1", "Job"), *spec = child(object, "spec");
	cJSON_AddNumberToObject(spec, "completions", profile->workers);
	cJSON_AddNumberToObject(spec, "parallelism", profile->workers);
	text(spec, "completionMode", "Indexed");
	cJSON_AddNumberToObject(spec, "backoffLimit", 0);
	cJSON_AddNumberToObject(spec, "activeDeadlineSeconds",
	                        ceil(profile_seconds(profile)) + SPARE_SECONDS);
	cJSON_AddNumberToObject(spec, "ttlSecondsAfterFinished", KEEP_SECONDS);
	fill_pod(child(spec, "template"), wish);
	return finish(object, out, err);
}

/* The profile with each shard's part of the rate. */
static int write_plan(const struct profile *profile, struct buf *plan, struct err *err)
{
	if (profile->plan) {
		char *path = profile_beside(profile, profile->plan);
		int result = buf_read_file(plan, path, err);
		free(path);
		return result;
	}
	struct profile *part = mem_new(sizeof(*part));
	*part = *profile;
	for (size_t i = 0; i < part->stage_count; i++) {
		part->stages[i].from /= part->workers;
		part->stages[i].to /= part->workers;
	}
	part->users = (part->users + part->workers - 1) / part->workers;
	int result = jmx_write(part, plan) < 0 ? err_set(err, "the plan is longer than a Secret can be") : 0;
	free(part);
	return result;
}

int pods_secret_write(const struct pods_wish *wish, struct buf *out, struct err *err)
{
	struct buf plan;
	int result = -1;
	buf_init(&plan, PLAN_MAX);
	if (write_plan(wish->profile, &plan, err) == 0) {
		cJSON *object = object_of(wish, "v1", "Secret");
		text(object, "type", "Opaque");
		cJSON_AddBoolToObject(object, "immutable", 1);
		text(child(object, "stringData"), "plan.jmx", buf_string(&plan));
		result = finish(object, out, err);
	}
	buf_release(&plan);
	return result;
}

int pods_policy_write(const struct pods_wish *wish, struct buf *out, struct err *err)
{
	cJSON *object = object_of(wish, "networking.k8s.io/v1", "NetworkPolicy"),
	      *spec = child(object, "spec");
	run_label(child(child(spec, "podSelector"), "matchLabels"), wish->run);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(spec, "policyTypes"), cJSON_CreateString("Ingress"));
	return finish(object, out, err);
}

int pods_uid_read(const char *json, size_t len, char out[64], struct err *err)
{
	struct arena *arena = arena_new(8 << 20);
	cJSON *object = json_parse(arena, json, len, err);
	const char *uid = object ? json_string(object, "metadata/uid") : NULL;
	int result = uid && strlen(uid) < 64 && utf8_is_safe(uid, strlen(uid)) ? 0 : -1;
	if (result == 0)
		snprintf(out, 64, "%s", uid);
	else if (object)
		err_set(err, "the server answered a Job without a uid");
	arena_free(arena);
	return result;
}

int pods_state_read(const char *json, size_t len, struct pods_state *state, struct err *err)
{
	struct arena *arena = arena_new(8 << 20);
	cJSON *object = json_parse(arena, json, len, err);
	const cJSON *condition;
	*state = (struct pods_state){0};
	if (object) {
		state->active = (int)json_int(object, "status/active", 0);
		state->ready = (int)json_int(object, "status/ready", 0);
		state->succeeded = (int)json_int(object, "status/succeeded", 0);
		state->failed = (int)json_int(object, "status/failed", 0);
		cJSON_ArrayForEach (condition, json_at(object, "status/conditions")) {
			const char *type = json_string(condition, "type"),
			           *status = json_string(condition, "status");
			const char *why = json_string(condition, "message"),
			           *reason = json_string(condition, "reason");
			if (!type || !status || strcmp(status, "True") != 0)
				continue;
			int is_failure = strcmp(type, "Failed") == 0;
			state->over |= is_failure || strcmp(type, "Complete") == 0;
			if (is_failure) {
				char all[400];
				snprintf(all, sizeof(all), "%s: %s", reason ? reason : "Failed",
				         why ? why : "");
				utf8_sanitise(state->words, sizeof(state->words), all, strlen(all));
			}
		}
	}
	arena_free(arena);
	return object ? 0 : -1;
}

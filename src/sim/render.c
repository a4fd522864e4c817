/* SPDX-License-Identifier: MIT */
/*
 * The chart: which objects the values of a service ask for. As Helm does, it touches only what two
 * releases say differently; what somebody changed by hand in between stays.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"

static const char *workload_plural(const struct plan_service *service)
{
	return service->kind == PLAN_STATEFUL_SET ? "statefulsets" : service->kind == PLAN_ROLLOUT ? "rollouts" : "deployments";
}

static const char *workload_kind(const struct plan_service *service)
{
	return service->kind == PLAN_STATEFUL_SET ? "StatefulSet" : service->kind == PLAN_ROLLOUT ? "Rollout" : "Deployment";
}

static const char *workload_version(const struct plan_service *service)
{
	return service->kind == PLAN_ROLLOUT ? "argoproj.io/v1alpha1" : "apps/v1";
}

static int is_on(const cJSON *values, const char *path)
{
	return json_bool(values, path, 0);
}

static int differs(const cJSON *before, const cJSON *after, const char *path)
{
	const cJSON *old = json_at(before, path), *now = json_at(after, path);
	return (old || now) && !(old && now && cJSON_Compare(old, now, 1));
}

/* A number may be meant as a version: "tag: 2". */
static void tag_text(const cJSON *values, char *out, size_t size)
{
	const cJSON *tag = json_at(values, "app/image/tag");
	if (cJSON_IsNumber(tag))
		snprintf(out, size, "%d", tag->valueint);
	else
		snprintf(out, size, "%s", cJSON_IsString(tag) ? tag->valuestring : "latest");
}

static void tracing_set(cJSON *container, int on)
{
	static const char name[] = "OTEL_EXPORTER_OTLP_ENDPOINT";
	cJSON *env = cJSON_GetObjectItemCaseSensitive(container, "env");
	for (int i = cJSON_GetArraySize(env); i-- > 0;) {
		const char *own = json_string(cJSON_GetArrayItem(env, i), "name");
		if (own && strcmp(own, name) == 0)
			cJSON_DeleteItemFromArray(env, i);
	}
	if (!on || !env)
		return;
	cJSON *item = cJSON_CreateObject();
	cJSON_AddStringToObject(item, "name", name);
	cJSON_AddStringToObject(item, "value", "http://otel-collector.observability.svc:4317");
	cJSON_AddItemToArray(env, item);
}

static void workload_render(struct stage *stage, const struct plan_service *service, const cJSON *before, const cJSON *after)
{
	char key[2 * SIM_NAME], image[SIM_NAME], tag[128];
	int counted = !is_on(after, "hpa/enabled") && !is_on(after, "keda/enabled");
	int was_counted = !is_on(before, "hpa/enabled") && !is_on(before, "keda/enabled");
	doc_key(key, sizeof(key), service->namespace, service->name);
	cJSON *object = stage_get(stage, workload_plural(service), key);
	cJSON *spec = cJSON_GetObjectItemCaseSensitive(object, "spec");
	cJSON *template = cJSON_GetObjectItemCaseSensitive(spec, "template");
	cJSON *container = cJSON_GetArrayItem(
	    cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(template, "spec"), "containers"), 0);
	if (!container) {
		cJSON_Delete(object);
		return;
	}
	if (differs(before, after, "app/image")) {
		const char *repository = json_string(after, "app/image/repository");
		tag_text(after, tag, sizeof(tag));
		if (repository)
			snprintf(image, sizeof(image), "%.300s:%s", repository, tag);
		else
			snprintf(image, sizeof(image), "registry.example.com/%s/%s:%s", service->namespace, service->name, tag);
		set_text(container, "image", image);
	}
	if (differs(before, after, "observability/tracing"))
		tracing_set(container, is_on(after, "observability/tracing"));
	if (counted && (differs(before, after, "app/replicas") || !was_counted))
		set_number(spec, "replicas", (double)json_int(after, "app/replicas", 1));
	const cJSON *annotations = json_at(after, "app/podAnnotations"), *item;
	cJSON_ArrayForEach(item, annotations)
	{
		if (cJSON_IsString(item))
			set_text(sub_object(sub_object(template, "metadata"), "annotations"), item->string, item->valuestring);
	}
	stage_put(stage, workload_plural(service), object);
}

/* The object of that name that belongs to the service: what is there, or a new one. NULL when it shall not be: it is removed. */
static cJSON *part(struct stage *stage, const struct plan_service *service, const char *plural, int wanted)
{
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), service->namespace, service->name);
	cJSON *object = stage_get(stage, plural, key);
	if (!wanted) {
		if (object)
			stage_remove(stage, plural, key);
		cJSON_Delete(object);
		return NULL;
	}
	if (object)
		return object;
	object = cJSON_CreateObject();
	cJSON *metadata = cJSON_AddObjectToObject(object, "metadata"), *labels;
	cJSON_AddStringToObject(metadata, "name", service->name);
	cJSON_AddStringToObject(metadata, "namespace", service->namespace);
	labels = cJSON_AddObjectToObject(metadata, "labels");
	cJSON_AddStringToObject(labels, "app.kubernetes.io/name", service->name);
	cJSON_AddStringToObject(labels, "app.kubernetes.io/managed-by", "Helm");
	cJSON_AddStringToObject(labels, "team", service->team);
	cJSON_AddStringToObject(labels, "helm.toolkit.fluxcd.io/name", service->name);
	cJSON_AddStringToObject(labels, "helm.toolkit.fluxcd.io/namespace", service->namespace);
	cJSON *annotations = cJSON_AddObjectToObject(metadata, "annotations");
	cJSON_AddStringToObject(annotations, "meta.helm.sh/release-name", service->name);
	cJSON_AddStringToObject(annotations, "meta.helm.sh/release-namespace", service->namespace);
	return object;
}

static cJSON *parsed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static cJSON *parsed(const char *fmt, ...)
{
	struct buf text;
	va_list args;
	buf_init(&text, 64 * 1024);
	va_start(args, fmt);
	buf_must(buf_vprintf(&text, fmt, args));
	va_end(args);
	cJSON *json = json_parse_heap(buf_string(&text), text.len, NULL);
	buf_release(&text);
	return json;
}

static void spec_put(struct stage *stage, const char *plural, cJSON *object, cJSON *spec)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, "spec");
	cJSON_AddItemToObject(object, "spec", spec);
	stage_put(stage, plural, object);
}

static void render_autoscaler(struct stage *stage, const struct plan_service *service, const cJSON *values)
{
	cJSON *object = part(stage, service, "horizontalpodautoscalers", is_on(values, "hpa/enabled"));
	if (object)
		spec_put(stage, "horizontalpodautoscalers", object,
		         parsed("{\"scaleTargetRef\":{\"kind\":\"%s\",\"name\":\"%s\",\"apiVersion\":\"%s\"},\"minReplicas\":%d,"
		                "\"maxReplicas\":%d,\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{"
		                "\"type\":\"Utilization\",\"averageUtilization\":%d}}}]}", workload_kind(service), service->name,
		                workload_version(service), (int)json_int(values, "hpa/minReplicas", 2),
		                (int)json_int(values, "hpa/maxReplicas", 10), (int)json_int(values, "hpa/targetCPU", 70)));
}

static void render_budget(struct stage *stage, const struct plan_service *service, const cJSON *values)
{
	cJSON *object = part(stage, service, "poddisruptionbudgets", is_on(values, "pdb/enabled"));
	if (object)
		spec_put(stage, "poddisruptionbudgets", object,
		         parsed("{\"minAvailable\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}}}",
		                (int)json_int(values, "pdb/minAvailable", 1), service->name));
}

static void render_network(struct stage *stage, const struct plan_service *service, const cJSON *values)
{
	const char *zone = json_string(values, "network/zone");
	int closed = zone && strcmp(zone, "open") != 0;
	cJSON *object = part(stage, service, "networkpolicies", closed);
	if (!object)
		return;
	int dmz = strcmp(zone, "dmz") == 0;
	set_text(sub_object(sub_object(object, "metadata"), "labels"), "network-zone", zone);
	spec_put(stage, "networkpolicies", object,
	         parsed("{\"podSelector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},\"policyTypes\":[\"Ingress\"%s],"
	                "\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"%s\"}}}]}]%s}",
	                service->name, dmz ? ",\"Egress\"" : "", dmz ? "edge-ingress" : service->namespace,
	                dmz ? ",\"egress\":[{\"ports\":[{\"port\":53,\"protocol\":\"UDP\"}]}]" : ""));
}

static void render_monitor(struct stage *stage, const struct plan_service *service, const cJSON *values, int of_pods)
{
	const char *plural = of_pods ? "podmonitors" : "servicemonitors", *interval = json_string(values, "observability/interval");
	cJSON *object = part(stage, service, plural, is_on(values, of_pods ? "observability/podMonitor" : "observability/serviceMonitor"));
	if (object)
		spec_put(stage, plural, object,
		         parsed("{\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},\"%s\":[{\"port\":\"http\","
		                "\"path\":\"/metrics\",\"interval\":\"%.20s\"}]}", service->name, of_pods ? "podMetricsEndpoints" : "endpoints",
		                interval ? interval : "30s"));
}

static void render_keda(struct stage *stage, const struct plan_service *service, const cJSON *values)
{
	int on = is_on(values, "keda/enabled");
	char name[SIM_NAME], key[2 * SIM_NAME], now[32];
	cJSON *object = part(stage, service, "scaledobjects", on);
	snprintf(name, sizeof(name), "keda-hpa-%s", service->name);
	doc_key(key, sizeof(key), service->namespace, name);
	if (!object) {
		if (table_get(stage_table(stage, "horizontalpodautoscalers"), key))
			stage_remove(stage, "horizontalpodautoscalers", key);
		return;
	}
	int least = (int)json_int(values, "keda/minReplicas", 0), most = (int)json_int(values, "keda/maxReplicas", 10);
	const cJSON *triggers = json_at(values, "keda/triggers");
	cJSON *spec = parsed("{\"scaleTargetRef\":{\"name\":\"%s\"},\"minReplicaCount\":%d,\"maxReplicaCount\":%d,\"pollingInterval\":"
	                     "30,\"cooldownPeriod\":300}", service->name, least, most);
	cJSON_AddItemToObject(spec, "triggers", triggers ? cJSON_Duplicate(triggers, 1) : cJSON_CreateArray());
	cJSON *status = sub_object(object, "status");
	stage_stamp(stage, now);
	set_text(status, "hpaName", name);
	set_text(status, "originalReplicaCount", NULL);
	set_text(status, "scaleTargetKind", "apps/v1.Deployment");
	set_text(status, "lastActiveTime", now);
	set_condition(status, "Ready", "True", "ScaledObjectReady", "ScaledObject is defined correctly and is ready for scaling", now, 0);
	set_condition(status, "Active", "True", "ScalerActive", "Scaling is performed because triggers are active", now, 0);
	set_condition(status, "Fallback", "False", "NoFallbackFound", "No fallbacks are active on this scaled object", now, 0);
	set_condition(status, "Paused", "False", "ScaledObjectUnpaused", "pause annotation removed for ScaledObject", now, 0);
	spec_put(stage, "scaledobjects", object, spec);
	cJSON *scaler = stage_get(stage, "horizontalpodautoscalers", key);
	if (!scaler) {
		scaler = parsed("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"labels\":{\"app.kubernetes.io/managed-by\":"
		                "\"keda-operator\",\"app.kubernetes.io/name\":\"%s\",\"scaledobject.keda.sh/name\":\"%s\"}}}", name,
		                service->namespace, name, service->name);
	}
	spec_put(stage, "horizontalpodautoscalers", scaler,
	         parsed("{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"%s\",\"apiVersion\":\"apps/v1\"},\"minReplicas\":%d,"
	                "\"maxReplicas\":%d,\"metrics\":[{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"s0-kafka\"},"
	                "\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"50\"}}}]}", service->name, least > 0 ? least : 1, most));
}

static void render_canary(struct stage *stage, const struct plan_service *service, const cJSON *values)
{
	cJSON *object = part(stage, service, "canaries", is_on(values, "progressive/enabled"));
	if (!object)
		return;
	cJSON *spec = parsed(
	    "{\"targetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"%s\"},\"autoscalerRef\":{\"apiVersion\":"
	    "\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"name\":\"%s\"},\"progressDeadlineSeconds\":600,\"service\":{"
	    "\"port\":8080},\"analysis\":{\"interval\":\"10s\",\"threshold\":3,\"maxWeight\":50,\"stepWeight\":10,\"metrics\":[{\"name\":"
	    "\"request-success-rate\",\"interval\":\"1m\",\"thresholdRange\":{\"min\":99}},{\"name\":\"request-duration\",\"interval\":"
	    "\"1m\",\"thresholdRange\":{\"max\":500}}]}}", service->name, service->name);
	spec_put(stage, "canaries", object, spec);
}

void render(struct stage *stage, const struct plan_service *service, const cJSON *before, const cJSON *after)
{
	if (before)
		workload_render(stage, service, before, after);
	if (differs(before, after, "hpa") && (before || is_on(after, "hpa/enabled")))
		render_autoscaler(stage, service, after);
	if (differs(before, after, "pdb"))
		render_budget(stage, service, after);
	if (differs(before, after, "network"))
		render_network(stage, service, after);
	if (differs(before, after, "observability")) {
		render_monitor(stage, service, after, 0);
		render_monitor(stage, service, after, 1);
	}
	if (differs(before, after, "keda"))
		render_keda(stage, service, after);
	if (differs(before, after, "progressive"))
		render_canary(stage, service, after);
}

int workload_state(const struct stage *stage, const struct plan_service *service)
{
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), service->namespace, service->name);
	cJSON *object = stage_get(stage, workload_plural(service), key);
	int64_t generation = json_int(object, "metadata/generation", 1), wanted = json_int(object, "spec/replicas", 1);
	int state;
	if (service->kind == PLAN_ROLLOUT) {
		const char *seen = json_string(object, "status/observedGeneration"), *phase = json_string(object, "status/phase");
		int ok = phase && (strcmp(phase, "Healthy") == 0 || strcmp(phase, "Paused") == 0 || strcmp(phase, "Degraded") == 0);
		state = ok && seen && strtoll(seen, NULL, 10) == generation;
	} else {
		int64_t updated = json_int(object, "status/updatedReplicas", 0), replicas = json_int(object, "status/replicas", 0);
		state = json_int(object, "status/observedGeneration", 0) == generation && updated == wanted && replicas == wanted &&
		        json_int(object, "status/availableReplicas", 0) >= wanted;
	}
	cJSON_Delete(object);
	return state;
}

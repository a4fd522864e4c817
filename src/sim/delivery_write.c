/* SPDX-License-Identifier: MIT */
/* Flux' objects of a cluster in which everything has long been applied. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "delivery.h"

#define ADD(...) buf_must(buf_printf(out, __VA_ARGS__))
#define CHART "1.4.2"

void revision_of(const struct snapshot *snapshot, char *out, size_t size)
{
	snprintf(out, size, "main@sha1:%s", snapshot->sha);
}

static const char *file_text(const struct snapshot *snapshot, const char *path)
{
	const struct origin_file *file = snapshot_file(snapshot, path);
	return file ? file->text : "";
}

static uint64_t hash_add(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

/* The files of a service's values: those that all of its environment share, then its own. */
static void paths_of(const struct delivery *delivery, const char *service, char paths[3][256])
{
	if (service) {
		snprintf(paths[0], 256, "services/%s/%s/platform.yaml", service, delivery->env);
		snprintf(paths[1], 256, "services/%s/%s/%s/platform.yaml", service, delivery->env, delivery->region);
		paths[2][0] = '\0';
	} else {
		snprintf(paths[0], 256, "platform/defaults.yaml");
		snprintf(paths[1], 256, "platform/env/%s.yaml", delivery->env);
		snprintf(paths[2], 256, "platform/region/%s.yaml", delivery->region);
	}
}

static void map_name(const struct delivery *delivery, const struct snapshot *snapshot, const char *service, char *out,
                     size_t size)
{
	char paths[3][256], word[12];
	uint64_t hash = 14695981039346656037u;
	paths_of(delivery, service, paths);
	for (int i = 0; i < 3; i++)
		hash = hash_add(hash * 31, file_text(snapshot, paths[i]));
	mix_word(hash, 10, word);
	snprintf(out, size, "%s-values-%s", service ? service : "platform", word);
}

void shared_map_name(const struct delivery *delivery, const struct snapshot *snapshot, char *out, size_t size)
{
	map_name(delivery, snapshot, NULL, out, size);
}

void own_map_name(const struct delivery *delivery, const struct snapshot *snapshot, const char *service, char *out, size_t size)
{
	map_name(delivery, snapshot, service, out, size);
}

cJSON *values_map(const struct delivery *delivery, const struct snapshot *snapshot, const char *namespace, const char *service)
{
	static const char *const shared_keys[] = {"defaults.yaml", "env.yaml", "region.yaml"};
	static const char *const own_keys[] = {"values.yaml", "region.yaml", NULL};
	char paths[3][256], name[SIM_NAME];
	cJSON *map = cJSON_CreateObject(), *metadata = cJSON_AddObjectToObject(map, "metadata");
	paths_of(delivery, service, paths);
	map_name(delivery, snapshot, service, name, sizeof(name));
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", namespace);
	cJSON *labels = cJSON_AddObjectToObject(metadata, "labels");
	cJSON_AddStringToObject(labels, "kustomize.toolkit.fluxcd.io/name", namespace);
	cJSON_AddStringToObject(labels, "kustomize.toolkit.fluxcd.io/namespace", "flux-system");
	cJSON *data = cJSON_AddObjectToObject(map, "data");
	for (int i = 0; i < 3; i++) {
		const char *key = (service ? own_keys : shared_keys)[i], *text = key ? file_text(snapshot, paths[i]) : "";
		if (*text)
			cJSON_AddStringToObject(data, key, text);
	}
	return map;
}

struct writing_flux {
	struct delivery *delivery;
	struct buf text;
	char revision[80], created[32];
};

static void load(struct writing_flux *writing, const char *plural, const char *namespace, const char *name)
{
	struct api *api = writing->delivery->stage->api;
	struct table *table = table_named(api, plural);
	char key[2 * SIM_NAME];
	doc_key(key, sizeof(key), namespace, name);
	table_load(table, doc_from_text(namespace, name, api->version, buf_string(&writing->text), writing->text.len,
	                                table_like(table, key)));
	buf_clear(&writing->text);
}

/* The beginning of an object up to where its spec goes. `labels` may be "". */
static void begin(struct writing_flux *writing, const char *namespace, const char *name, const char *labels)
{
	struct buf *out = &writing->text;
	struct api *api = writing->delivery->stage->api;
	char uid[40];
	mix_uid(0x90000000 + ++api->uids + ((uint64_t)writing->delivery->stage->number << 40), uid);
	ADD("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\",\"generation\":2,"
	    "\"creationTimestamp\":\"%s\",\"labels\":{%s},\"finalizers\":[\"finalizers.fluxcd.io\"]},", name, namespace, uid,
	    ++api->version, writing->created, labels);
}

static void fill_source(struct writing_flux *writing, const char *trouble)
{
	struct buf *out = &writing->text;
	const struct delivery *delivery = writing->delivery;
	const char *now = writing->created;
	begin(writing, "flux-system", "platform",
	      "\"kustomize.toolkit.fluxcd.io/name\":\"flux-system\",\"kustomize.toolkit.fluxcd.io/namespace\":\"flux-system\"");
	ADD("\"spec\":{\"interval\":\"1m0s\",\"ref\":{\"branch\":\"main\"},\"timeout\":\"60s\",\"url\":\"%s\"},\"status\":{",
	    delivery->url);
	if (trouble)
		ADD("\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\","
		    "\"reason\":\"GitOperationFailed\",\"message\":\"failed to checkout and determine revision: the repository of the "
		    "demo could not be made\"}],\"observedGeneration\":2}}", now);
	else
		ADD("\"artifact\":{\"digest\":\"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\","
		    "\"lastUpdateTime\":\"%s\",\"path\":\"gitrepository/flux-system/platform/%s.tar.gz\",\"revision\":\"%s\",\"size\":"
		    "58211,\"url\":\"http://source-controller.flux-system.svc.cluster.local./gitrepository/flux-system/platform/"
		    "%s.tar.gz\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"observedGeneration\":2,"
		    "\"lastTransitionTime\":\"%s\",\"reason\":\"Succeeded\",\"message\":\"stored artifact for revision '%s'\"},{"
		    "\"type\":\"ArtifactInStorage\",\"status\":\"True\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\","
		    "\"reason\":\"Succeeded\",\"message\":\"stored artifact for revision '%s'\"}],\"observedGeneration\":2}}",
		    now, delivery->artifact->sha, writing->revision, delivery->artifact->sha, now, writing->revision, now,
		    writing->revision);
	load(writing, "gitrepositories", "flux-system", "platform");
	begin(writing, "flux-system", "service-chart", "");
	ADD("\"spec\":{\"interval\":\"10m0s\",\"layerSelector\":{\"mediaType\":\"application/vnd.cncf.helm.chart.content.v1.tar+gzip\"},"
	    "\"ref\":{\"semver\":\"1.x\"},\"timeout\":\"60s\",\"url\":\"oci://registry.example.com/charts/service\"},\"status\":{"
	    "\"artifact\":{\"digest\":\"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"lastUpdateTime\":"
	    "\"%s\",\"revision\":\"" CHART "@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"size\":6123},"
	    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\","
	    "\"reason\":\"Succeeded\",\"message\":\"stored artifact for digest '" CHART "@sha256:2c26b46b68ffc68ff99b453c1d304134"
	    "13422d706483bfa0f98a5e886266e7ae'\"}],\"observedGeneration\":2}}", now, now);
	load(writing, "ocirepositories", "flux-system", "service-chart");
}

static void add_inventory(struct writing_flux *writing, const struct application *application)
{
	struct buf *out = &writing->text;
	const struct delivery *delivery = writing->delivery;
	const char *comma = "";
	char map[SIM_NAME];
	ADD("\"inventory\":{\"entries\":[");
	for (size_t i = 0; i < delivery->stage->plan->count; i++) {
		const struct plan_service *service = &delivery->stage->plan->services[i];
		if (strcmp(service->namespace, application->name) != 0)
			continue;
		own_map_name(delivery, delivery->artifact, service->name, map, sizeof(map));
		ADD("%s{\"id\":\"%s_%s__ConfigMap\",\"v\":\"v1\"},{\"id\":\"%s_%s_helm.toolkit.fluxcd.io_HelmRelease\",\"v\":\"v2\"}",
		    comma, service->namespace, map, service->namespace, service->name);
		comma = ",";
	}
	ADD("]},");
}

static void fill_application(struct writing_flux *writing, const struct application *application)
{
	struct buf *out = &writing->text;
	const char *now = writing->created;
	int is_infrastructure = application == &writing->delivery->applications[0];
	begin(writing, "flux-system", application->name,
	      "\"kustomize.toolkit.fluxcd.io/name\":\"flux-system\",\"kustomize.toolkit.fluxcd.io/namespace\":\"flux-system\"");
	ADD("\"spec\":{%s\"force\":false,\"interval\":\"10m0s\",\"path\":\"./%s\",\"prune\":true,\"retryInterval\":\"30s\",\"sourceRef\":{"
	    "\"kind\":\"GitRepository\",\"name\":\"platform\"},\"timeout\":\"6m0s\",\"wait\":true},\"status\":{\"conditions\":[{"
	    "\"type\":\"Ready\",\"status\":\"True\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\",\"reason\":"
	    "\"ReconciliationSucceeded\",\"message\":\"Applied revision: %s\"},{\"type\":\"Healthy\",\"status\":\"True\","
	    "\"observedGeneration\":2,\"lastTransitionTime\":\"%s\",\"reason\":\"Succeeded\",\"message\":\"Health check passed in "
	    "1.204s\"}],", is_infrastructure ? "" : "\"dependsOn\":[{\"name\":\"infrastructure\"}],",
	    is_infrastructure ? "platform" : "services", now, writing->revision, now);
	if (!is_infrastructure)
		add_inventory(writing, application);
	ADD("\"lastAppliedRevision\":\"%s\",\"lastAttemptedRevision\":\"%s\",\"observedGeneration\":2,\"history\":[{\"digest\":"
	    "\"sha256:%016" PRIx64 "\",\"firstReconciled\":\"%s\",\"lastReconciled\":\"%s\",\"lastReconciledDuration\":\"1.9s\","
	    "\"lastReconciledStatus\":\"ReconciliationSucceeded\",\"totalReconciliations\":14,\"metadata\":{\"revision\":\"%s\"}}]}}",
	    writing->revision, writing->revision, hash_add(7, application->name), now, now, writing->revision);
	load(writing, "kustomizations", "flux-system", application->name);
}

static void fill_release(struct writing_flux *writing, const struct plan_service *service)
{
	struct buf *out = &writing->text;
	struct delivery *delivery = writing->delivery;
	char labels[256], own[SIM_NAME], shared[SIM_NAME], digest[65];
	const char *now = writing->created;
	own_map_name(delivery, delivery->artifact, service->name, own, sizeof(own));
	shared_map_name(delivery, delivery->artifact, shared, sizeof(shared));
	sha256_hex(own, strlen(own), digest);
	snprintf(labels, sizeof(labels), "\"app.kubernetes.io/name\":\"%s\",\"team\":\"%s\",\"kustomize.toolkit.fluxcd.io/name\":"
	                                 "\"%s\",\"kustomize.toolkit.fluxcd.io/namespace\":\"flux-system\"",
	         service->name, service->team, service->namespace);
	begin(writing, service->namespace, service->name, labels);
	ADD("\"spec\":{\"chartRef\":{\"kind\":\"OCIRepository\",\"name\":\"service-chart\",\"namespace\":\"flux-system\"},\"install\":{"
	    "\"remediation\":{\"retries\":3}},\"interval\":\"10m0s\",\"timeout\":\"5m0s\",\"upgrade\":{\"remediation\":{\"retries\":1,"
	    "\"remediateLastFailure\":true,\"strategy\":\"rollback\"}},\"valuesFrom\":[{\"kind\":\"ConfigMap\",\"name\":\"%s\","
	    "\"valuesKey\":\"defaults.yaml\"},{\"kind\":\"ConfigMap\",\"name\":\"%s\",\"valuesKey\":\"env.yaml\"},{\"kind\":"
	    "\"ConfigMap\",\"name\":\"%s\",\"valuesKey\":\"region.yaml\"},{\"kind\":\"ConfigMap\",\"name\":\"%s\",\"valuesKey\":"
	    "\"values.yaml\"},{\"kind\":\"ConfigMap\",\"name\":\"%s\",\"valuesKey\":\"region.yaml\",\"optional\":true}]},",
	    shared, shared, shared, own, own);
	ADD("\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\","
	    "\"reason\":\"UpgradeSucceeded\",\"message\":\"Helm upgrade succeeded for release %s/%s.v3 with chart service@" CHART "\"},{"
	    "\"type\":\"Released\",\"status\":\"True\",\"observedGeneration\":2,\"lastTransitionTime\":\"%s\",\"reason\":"
	    "\"UpgradeSucceeded\",\"message\":\"Helm upgrade succeeded for release %s/%s.v3 with chart service@" CHART "\"}],"
	    "\"history\":[{\"appVersion\":\"" CHART "\",\"chartName\":\"service\",\"chartVersion\":\"" CHART "\",\"configDigest\":"
	    "\"sha256:%s\",\"digest\":\"sha256:%.56s00000000\",\"firstDeployed\":\"%s\",\"lastDeployed\":\"%s\",\"name\":\"%s\","
	    "\"namespace\":\"%s\",\"status\":\"deployed\",\"version\":3}],\"lastAttemptedConfigDigest\":\"sha256:%s\","
	    "\"lastAttemptedGeneration\":2,\"lastAttemptedReleaseAction\":\"upgrade\",\"lastAttemptedRevision\":\"" CHART
	    "+2c26b46b68ff\",\"observedGeneration\":2,\"storageNamespace\":\"%s\"}}",
	    now, service->namespace, service->name, now, service->namespace, service->name, digest, digest, now, now,
	    service->name, service->namespace, digest, service->namespace);
	load(writing, "helmreleases", service->namespace, service->name);
}

static void fill_map(struct writing_flux *writing, const char *namespace, const char *service)
{
	cJSON *map = values_map(writing->delivery, writing->delivery->artifact, namespace, service);
	struct api *api = writing->delivery->stage->api;
	char name[SIM_NAME], version[32], uid[40];
	cJSON *metadata = sub_object(map, "metadata");
	snprintf(name, sizeof(name), "%s", json_string(metadata, "name"));
	snprintf(version, sizeof(version), "%" PRIu64, ++api->version);
	mix_uid(0x91000000 + ++api->uids, uid);
	cJSON_AddStringToObject(metadata, "resourceVersion", version);
	cJSON_AddStringToObject(metadata, "uid", uid);
	cJSON_AddStringToObject(metadata, "creationTimestamp", writing->created);
	char *text = cJSON_PrintUnformatted(map);
	buf_must(buf_add_string(&writing->text, text));
	free(text);
	cJSON_Delete(map);
	load(writing, "configmaps", namespace, name);
}

void delivery_fill(struct delivery *delivery, const char *trouble)
{
	struct writing_flux writing = {.delivery = delivery};
	const struct plan *plan = delivery->stage->plan;
	const struct clock *clock = delivery->stage->api->options.clock;
	const char *before = "";
	stamp_format(clock->wall(clock) - 3 * 3600000, writing.created);
	revision_of(delivery->artifact, writing.revision, sizeof(writing.revision));
	buf_init(&writing.text, SIM_TEXT_MAX);
	fill_source(&writing, trouble);
	for (size_t i = 0; !trouble && i < delivery->application_count; i++)
		fill_application(&writing, &delivery->applications[i]);
	for (size_t i = 0; !trouble && i < plan->count; i++) {
		const struct plan_service *service = &plan->services[i];
		if (strcmp(before, service->namespace) != 0)
			fill_map(&writing, before = service->namespace, NULL);
		fill_map(&writing, service->namespace, service->name);
		fill_release(&writing, service);
	}
	buf_release(&writing.text);
}
#undef ADD

/* SPDX-License-Identifier: MIT */
/* Pods as text, and what stands around them: events, namespaces, nodes. */
#include <inttypes.h>
#include <stdio.h>

#include "api_state.h"
#include "objects.h"

#define ADD(...) buf_must(buf_printf(out, __VA_ARGS__))

void running_status_write(struct buf *out, const char *since, uint64_t number, const char *image, int restarts)
{
	static const char *const conditions[] = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
	                                         "PodScheduled"};
	uint64_t bits = mix(number + 77);
	ADD("{\"phase\":\"Running\",\"conditions\":[");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		ADD("%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":\"%s\"}", i ? "," : "",
		    conditions[i], since);
	ADD("],\"hostIP\":\"10.0.0.%d\",\"hostIPs\":[{\"ip\":\"10.0.0.%d\"}],\"podIP\":\"10.%d.%d.%d\",\"podIPs\":[{\"ip\":"
	    "\"10.%d.%d.%d\"}],\"startTime\":\"%s\",\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"running\":{"
	    "\"startedAt\":\"%s\"}},\"lastState\":{},\"ready\":true,\"restartCount\":%d,\"image\":\"%s\",\"imageID\":"
	    "\"%.*s@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"containerID\":"
	    "\"containerd://%016" PRIx64 "%016" PRIx64 "\",\"started\":true}],\"qosClass\":\"Burstable\"}",
	    (int)(number % PLAN_NODES) + 10, (int)(number % PLAN_NODES) + 10, 64 + (int)(bits % 60), (int)(bits >> 8 & 0xff),
	    (int)(bits >> 16 & 0x7f) + 2, 64 + (int)(bits % 60), (int)(bits >> 8 & 0xff), (int)(bits >> 16 & 0x7f) + 2, since,
	    since, restarts, image, 100, image, bits, mix(bits));
}

void pod_write(struct buf *out, const struct making *making, const char *name, uint64_t number)
{
	const struct plan_service *service = making->service;
	char label[128], uid[40], image[256];
	int is_set = service->kind == PLAN_STATEFUL_SET;
	mix_uid(0x40000000 + number, uid);
	snprintf(image, sizeof(image), "%s:%s", making->image, making->tag);
	if (is_set)
		snprintf(label, sizeof(label), ",\"controller-revision-hash\":\"%s-%s\",\"statefulset.kubernetes.io/pod-name\":"
		                               "\"%.20s\"", service->name, making->hash, name);
	else
		snprintf(label, sizeof(label), ",\"%s\":\"%s\"",
		         service->kind == PLAN_ROLLOUT ? "rollouts-pod-template-hash" : "pod-template-hash", making->hash);
	ADD("{\"metadata\":{\"name\":\"%s\",\"generateName\":\"%s-%s%s\",\"namespace\":\"%s\",\"uid\":\"%s\","
	    "\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":\"%s\",",
	    name, service->name, is_set ? "" : making->hash, is_set ? "" : "-", service->namespace, uid, making->version,
	    making->created);
	labels_write(out, making, label);
	ADD(",\"annotations\":{\"checksum/config\":\"%016" PRIx64 "\",\"prometheus.io/scrape\":\"true\"},\"ownerReferences\":[{"
	    "\"apiVersion\":\"apps/v1\",\"kind\":\"%s\",\"name\":\"%s%s%s\",\"uid\":\"%s\",\"controller\":true,"
	    "\"blockOwnerDeletion\":true}]",
	    mix((uint64_t)service->number), is_set ? "StatefulSet" : "ReplicaSet", service->name, is_set ? "" : "-",
	    is_set ? "" : making->hash, is_set ? making->workload_uid : making->set_uid);
	ADD(",\"managedFields\":[{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\",\"apiVersion\":\"v1\","
	    "\"time\":\"%s\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{\"f:annotations\":{\".\":{},"
	    "\"f:checksum/config\":{}},\"f:generateName\":{},\"f:labels\":{\".\":{},\"f:app.kubernetes.io/name\":{},"
	    "\"f:pod-template-hash\":{}},\"f:ownerReferences\":{\".\":{},\"k:{\\\"uid\\\":\\\"%s\\\"}\":{}}},\"f:spec\":{"
	    "\"f:affinity\":{},\"f:containers\":{\"k:{\\\"name\\\":\\\"app\\\"}\":{\".\":{},\"f:env\":{},\"f:image\":{},"
	    "\"f:livenessProbe\":{},\"f:name\":{},\"f:ports\":{},\"f:readinessProbe\":{},\"f:resources\":{}}}}}},{\"manager\":"
	    "\"kubelet\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"%s\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{"
	    "\"f:status\":{\"f:conditions\":{\"k:{\\\"type\\\":\\\"ContainersReady\\\"}\":{\".\":{},\"f:status\":{},\"f:type\":{}},"
	    "\"k:{\\\"type\\\":\\\"Ready\\\"}\":{\".\":{},\"f:status\":{},\"f:type\":{}}},\"f:containerStatuses\":{},"
	    "\"f:hostIP\":{},\"f:phase\":{},\"f:podIP\":{},\"f:startTime\":{}}},\"subresource\":\"status\"}]},\"spec\":{"
	    "\"nodeName\":\"node-%02d\",%s},\"status\":", making->created, making->set_uid, making->created,
	    (int)(number % PLAN_NODES), making->spec);
	running_status_write(out, making->created, number, image, 0);
	ADD("}");
}

void event_write(struct buf *out, const struct making *making, const char *name, const char *pod, const char *uid)
{
	ADD("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\","
	    "\"creationTimestamp\":\"%s\"},\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"%s\",\"name\":\"%s\","
	    "\"apiVersion\":\"v1\",\"fieldPath\":\"spec.containers{app}\"},\"reason\":\"Started\",\"message\":\"Started container "
	    "app\",\"source\":{\"component\":\"kubelet\"},\"firstTimestamp\":\"%s\",\"lastTimestamp\":\"%s\",\"count\":1,\"type\":"
	    "\"Normal\",\"eventTime\":null,\"reportingComponent\":\"kubelet\",\"reportingInstance\":\"\"}",
	    name, making->service->namespace, uid, making->version, making->created, making->service->namespace, pod,
	    making->created, making->created);
}

void namespace_write(struct buf *out, const char *name, const char *team, uint64_t version, const char *created)
{
	char uid[40];
	mix_uid(0x50000000 + version, uid);
	ADD("{\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":\"%s\","
	    "\"labels\":{\"kubernetes.io/metadata.name\":\"%s\",\"team\":\"%s\"}},\"spec\":{\"finalizers\":[\"kubernetes\"]},"
	    "\"status\":{\"phase\":\"Active\"}}", name, uid, version, created, name, team);
}

void node_write(struct buf *out, int number, const char *region, uint64_t version, const char *created)
{
	char uid[40];
	mix_uid(0x60000000 + version, uid);
	ADD("{\"metadata\":{\"name\":\"node-%02d\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":\"%s\","
	    "\"labels\":{\"kubernetes.io/hostname\":\"node-%02d\",\"kubernetes.io/os\":\"linux\",\"kubernetes.io/arch\":\"amd64\","
	    "\"topology.kubernetes.io/region\":\"%s\",\"topology.kubernetes.io/zone\":\"%s%c\","
	    "\"node.kubernetes.io/instance-type\":\"m6i.4xlarge\"}},\"spec\":{\"podCIDR\":\"10.%d.0.0/16\"},\"status\":{"
	    "\"capacity\":{\"cpu\":\"16\",\"memory\":\"64Gi\",\"pods\":\"110\"},\"allocatable\":{\"cpu\":\"15800m\",\"memory\":"
	    "\"61Gi\",\"pods\":\"110\"},\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"False\",\"reason\":"
	    "\"KubeletHasSufficientMemory\"},{\"type\":\"DiskPressure\",\"status\":\"False\",\"reason\":"
	    "\"KubeletHasNoDiskPressure\"},{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"KubeletReady\",\"message\":"
	    "\"kubelet is posting ready status\",\"lastTransitionTime\":\"%s\"}],\"addresses\":[{\"type\":\"InternalIP\","
	    "\"address\":\"10.0.0.%d\"}],\"nodeInfo\":{\"kubeletVersion\":\"v1.34.1\",\"operatingSystem\":\"linux\","
	    "\"architecture\":\"amd64\"}}}", number, uid, version, created, number, region, region, 'a' + number % 3,
	    64 + number, created, number + 10);
}
#undef ADD

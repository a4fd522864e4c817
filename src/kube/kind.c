/* SPDX-License-Identifier: MIT */
/*
 * The watched kinds, in the order in which a cluster is read: workloads first, because they are
 * the rows; namespaces, because a team may be written there; ReplicaSets, because they tie pods to
 * Deployments; beside all of these pods, which are most of what there is; what is left.
 */
#include "kube/kind.h"

#include <stdio.h>

#include "kube/decode.h"
#include "kube/wire_decode.h"

#define METADATA \
	"metadata name", "metadata namespace", "metadata uid", "metadata creationTimestamp"
#define OWNER \
	"metadata ownerReferences uid", "metadata ownerReferences kind", "metadata ownerReferences controller"
#define TEMPLATE \
	"spec template spec containers image"

static const char *const namespace_fields[] = {METADATA, "metadata labels", NULL};

static const char *const node_fields[] = {METADATA, "metadata labels topology.kubernetes.io/zone",
	"spec unschedulable", "status conditions type", "status conditions status", "status conditions reason", NULL};

static const char *const deployment_fields[] = {METADATA, TEMPLATE, "metadata labels", "metadata generation",
	"metadata annotations deployment.kubernetes.io/revision", "spec replicas", "spec paused",
	"status observedGeneration", "status replicas", "status readyReplicas", "status updatedReplicas",
	"status availableReplicas", "status conditions", NULL};

static const char *const statefulset_fields[] = {METADATA, TEMPLATE, "metadata labels", "metadata generation",
	"spec replicas", "spec updateStrategy", "status observedGeneration", "status replicas",
	"status readyReplicas", "status updatedReplicas", "status availableReplicas", "status currentReplicas",
	"status currentRevision", "status updateRevision", NULL};

static const char *const daemonset_fields[] = {METADATA, TEMPLATE, "metadata labels", "metadata generation",
	"spec updateStrategy type", "status observedGeneration", "status desiredNumberScheduled",
	"status currentNumberScheduled", "status numberReady", "status updatedNumberScheduled",
	"status numberAvailable", NULL};

static const char *const replicaset_fields[] = {METADATA, OWNER,
	"metadata annotations deployment.kubernetes.io/revision", "metadata labels pod-template-hash", NULL};

static const char *const pod_fields[] = {METADATA, OWNER, "metadata deletionTimestamp",
	"metadata labels pod-template-hash", "metadata labels controller-revision-hash", "spec nodeName",
	"spec containers name", "spec initContainers name", "spec initContainers restartPolicy",
	"spec readinessGates conditionType", "status phase", "status reason", "status message", "status podIP",
	"status conditions type", "status conditions status", "status conditions reason",
	"status conditions message", "status containerStatuses name", "status containerStatuses ready",
	"status containerStatuses started", "status containerStatuses restartCount",
	"status containerStatuses state", "status containerStatuses lastState",
	"status initContainerStatuses name", "status initContainerStatuses ready",
	"status initContainerStatuses started", "status initContainerStatuses restartCount",
	"status initContainerStatuses state", "status initContainerStatuses lastState", NULL};

static const char *const hpa_fields[] = {METADATA, "spec scaleTargetRef", "spec minReplicas", "spec maxReplicas",
	"status currentReplicas", "status desiredReplicas", "status conditions", NULL};

static const char *const event_fields[] = {METADATA, "involvedObject", "type", "reason", "message", "count",
	"firstTimestamp", "lastTimestamp", "eventTime", "series", NULL};

const struct kind kinds[] = {
	{
		.object = OBJECT_DEPLOYMENT, .name = "Deployment", .plural = "deployments", .group = "apps",
		.version = "v1", .namespaced = 1, .reading = KIND_PAGED, .needed = 1,
		.fields = deployment_fields, .decode = deployment_decode,
	},
	{
		.object = OBJECT_STATEFULSET, .name = "StatefulSet", .plural = "statefulsets", .group = "apps",
		.version = "v1", .namespaced = 1, .reading = KIND_PAGED, .needed = 1,
		.fields = statefulset_fields, .decode = statefulset_decode,
	},
	{
		.object = OBJECT_DAEMONSET, .name = "DaemonSet", .plural = "daemonsets", .group = "apps",
		.version = "v1", .namespaced = 1, .reading = KIND_PAGED, .needed = 1,
		.fields = daemonset_fields, .decode = daemonset_decode,
	},
	{
		.object = OBJECT_NAMESPACE, .name = "Namespace", .plural = "namespaces", .group = "",
		.version = "v1", .reading = KIND_STREAMED,
		.fields = namespace_fields, .decode = namespace_decode,
	},
	{
		.object = OBJECT_REPLICASET, .name = "ReplicaSet", .plural = "replicasets", .group = "apps",
		.version = "v1", .namespaced = 1, .metadata_only = 1, .reading = KIND_PAGED, .needed = 1,
		.fields = replicaset_fields, .decode = replicaset_decode,
	},
	{
		.object = OBJECT_POD, .name = "Pod", .plural = "pods", .group = "",
		.version = "v1", .namespaced = 1, .reading = KIND_PAGED_BESIDE, .needed = 1,
		.fields = pod_fields, .wire = &wire_pod, .decode = pod_decode,
	},
	{
		.object = OBJECT_NODE, .name = "Node", .plural = "nodes", .group = "",
		.version = "v1", .reading = KIND_STREAMED,
		.fields = node_fields, .decode = node_decode,
	},
	{
		.object = OBJECT_HPA, .name = "HorizontalPodAutoscaler", .plural = "horizontalpodautoscalers",
		.group = "autoscaling", .version = "v2", .namespaced = 1, .reading = KIND_STREAMED,
		.fields = hpa_fields, .decode = hpa_decode,
	},
	{
		.object = OBJECT_EVENT, .name = "Event", .plural = "events", .group = "",
		.version = "v1", .namespaced = 1, .reading = KIND_PAGED_BESIDE, .selector = "fieldSelector=type%3DWarning",
		.fields = event_fields, .decode = event_decode,
	},
};

const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);

const struct kind *kind_of(enum object_kind object)
{
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i].object == object)
			return &kinds[i];
	return NULL;
}

void kind_path(const struct kind *kind, const char *namespace, const char *name, char *out, size_t size)
{
	const char *root = kind->group[0] ? "/apis/" : "/api";
	int len = snprintf(out, size, "%s%s/%s", root, kind->group, kind->version);
	if (namespace && *namespace && len > 0 && (size_t)len < size)
		len += snprintf(out + len, size - (size_t)len, "/namespaces/%s", namespace);
	if (len > 0 && (size_t)len < size)
		len += snprintf(out + len, size - (size_t)len, "/%s", kind->plural);
	if (name && *name && len > 0 && (size_t)len < size)
		snprintf(out + len, size - (size_t)len, "/%s", name);
}

/* SPDX-License-Identifier: MIT */
/*
 * The watched kinds, in the order in which a cluster is read: workloads first, because they are
 * the rows; namespaces, because a team may be written there; ReplicaSets, because they tie pods to
 * Deployments; beside all of these pods, which are most of what there is; what is left.
 */
#include "kube/kind.h"

#include <stdio.h>

#include "kube/decode.h"
#include "kube/resource_decode.h"
#include "kube/wire_decode.h"

#define METADATA METADATA_FIELDS
#define OWNER \
	"metadata ownerReferences uid", "metadata ownerReferences kind", "metadata ownerReferences controller"
#define OWNER_NAMES "metadata ownerReferences name"
#define TEMPLATE \
	"spec template spec containers image", "spec selector", OWNER, OWNER_NAMES, HELD_FIELDS

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
	"metadata annotations deployment.kubernetes.io/revision", "metadata labels pod-template-hash",
	"metadata annotations rollout.argoproj.io/revision", "metadata labels rollouts-pod-template-hash", NULL};

static const char *const pod_fields[] = {METADATA, OWNER, "metadata deletionTimestamp",
	"metadata labels pod-template-hash", "metadata labels controller-revision-hash",
	"metadata labels rollouts-pod-template-hash", "spec nodeName",
	"spec containers name", "spec initContainers name", "spec initContainers restartPolicy",
	"spec readinessGates conditionType", "status phase", "status reason", "status message", "status podIP",
	"status conditions type", "status conditions status", "status conditions reason",
	"status conditions message", "status containerStatuses name", "status containerStatuses ready",
	"status containerStatuses started", "status containerStatuses restartCount",
	"status containerStatuses state", "status containerStatuses lastState",
	"status initContainerStatuses name", "status initContainerStatuses ready",
	"status initContainerStatuses started", "status initContainerStatuses restartCount",
	"status initContainerStatuses state", "status initContainerStatuses lastState", NULL};

static const char *const cronjob_fields[] = {RESOURCE_FIELDS, "spec schedule", "status active name",
	"status lastScheduleTime", NULL};

static const char *const budget_fields[] = {RESOURCE_FIELDS, "spec selector", "status disruptionsAllowed",
	"status currentHealthy", "status desiredHealthy", "status expectedPods", NULL};

static const char *const hpa_fields[] = {METADATA, OWNER, OWNER_NAMES, "spec scaleTargetRef", "spec minReplicas", "spec maxReplicas",
	"status currentReplicas", "status desiredReplicas", "status conditions", NULL};

static const char *const event_fields[] = {METADATA, "involvedObject", "type", "reason", "message", "count",
	"firstTimestamp", "lastTimestamp", "eventTime", "series", NULL};

const char *const kind_v1[] = {"v1", NULL};
static const char *const hpa_versions[] = {"v2", NULL};

const struct kind kinds[] = {
	{
		.object = OBJECT_DEPLOYMENT, .versions = kind_v1, .namespaced = 1, .reading = KIND_PAGED,
		.fields = deployment_fields, .decode = deployment_decode,
	},
	{
		.object = OBJECT_STATEFULSET, .versions = kind_v1, .namespaced = 1, .reading = KIND_PAGED,
		.fields = statefulset_fields, .decode = statefulset_decode,
	},
	{
		.object = OBJECT_DAEMONSET, .versions = kind_v1, .namespaced = 1, .reading = KIND_PAGED,
		.fields = daemonset_fields, .decode = daemonset_decode,
	},
	{
		.object = OBJECT_NAMESPACE, .versions = kind_v1, .reading = KIND_STREAMED,
		.fields = namespace_fields, .decode = namespace_decode,
	},
	{
		.object = OBJECT_REPLICASET, .versions = kind_v1, .namespaced = 1, .metadata_only = 1, .reading = KIND_PAGED,
		.fields = replicaset_fields, .decode = replicaset_decode,
	},
	{
		.object = OBJECT_POD, .versions = kind_v1, .namespaced = 1, .reading = KIND_PAGED_BESIDE,
		.fields = pod_fields, .wire = &wire_pod, .decode = pod_decode,
	},
	{
		.object = OBJECT_NODE, .versions = kind_v1, .reading = KIND_STREAMED,
		.fields = node_fields, .decode = node_decode,
	},
	{
		.object = OBJECT_HPA, .versions = hpa_versions, .namespaced = 1, .reading = KIND_STREAMED,
		.fields = hpa_fields, .decode = hpa_decode,
	},
	{
		.object = OBJECT_EVENT, .versions = kind_v1, .namespaced = 1, .reading = KIND_PAGED_BESIDE, .selector = "fieldSelector=type%3DWarning",
		.fields = event_fields, .decode = event_decode,
	},
	{.decode = NULL},
};

const struct kind later_kinds[] = {
	{
		.object = OBJECT_CRONJOB, .versions = kind_v1, .namespaced = 1, .reading = KIND_STREAMED,
		.fields = cronjob_fields, .decode = cronjob_decode,
	},
	{
		.object = OBJECT_PDB, .versions = kind_v1, .namespaced = 1, .reading = KIND_STREAMED,
		.fields = budget_fields, .decode = budget_decode,
	},
	{.decode = NULL},
};

const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]) - 1;

const struct kind *kind_of(enum object_kind object)
{
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i].object == object)
			return &kinds[i];
	return NULL;
}

void kind_path(const struct kind *kind, const char *version, const char *namespace, const char *name, char *out,
               size_t size)
{
	const struct kind_row *names = kind_names(kind);
	const char *root = names->group[0] ? "/apis/" : "/api";
	int len = snprintf(out, size, "%s%s/%s", root, names->group, version ? version : kind->versions[0]);
	if (namespace && *namespace && len > 0 && (size_t)len < size)
		len += snprintf(out + len, size - (size_t)len, "/namespaces/%s", namespace);
	if (len > 0 && (size_t)len < size)
		len += snprintf(out + len, size - (size_t)len, "/%s", names->plural);
	if (name && *name && len > 0 && (size_t)len < size)
		snprintf(out + len, size - (size_t)len, "/%s", name);
}

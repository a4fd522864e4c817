/* SPDX-License-Identifier: MIT */
/*
 * Objects as text, in the sizes they have on real clusters: most of a pod is what nobody shows
 * (managedFields, env, probes, volumes), and a client has to get past it.
 */
#include "objects.h"

#include <inttypes.h>
#include <stdio.h>

#include "api_state.h"

#define ADD(...) buf_must(buf_printf(out, __VA_ARGS__))

void making_init(struct making *making, const struct plan_service *service, int cluster)
{
	uint64_t own = (uint64_t)service->number * 8 + (uint64_t)cluster;
	*making = (struct making){.service = service};
	snprintf(making->image, sizeof(making->image), "registry.example.com/%s/%s", service->namespace, service->name);
	snprintf(making->tag, sizeof(making->tag), "1.%d.0", service->minor);
	mix_word(own * 104729 + 7, 9, making->hash);
	mix_uid(0x10000000 + own, making->workload_uid);
	mix_uid(0x20000000 + own, making->set_uid);
}

/* Who wrote what, which kubectl hides and everybody pays for. */
static void managers_write(struct buf *out, const struct making *making, const char *const *managers, size_t count)
{
	ADD(",\"managedFields\":[");
	for (size_t i = 0; i < count; i++)
		ADD("%s{\"manager\":\"%s\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"%s\",\"fieldsType\":"
		    "\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{\"f:annotations\":{\".\":{},\"f:checksum/config\":{}},"
		    "\"f:labels\":{\".\":{},\"f:app.kubernetes.io/name\":{},\"f:pod-template-hash\":{}},"
		    "\"f:ownerReferences\":{\".\":{},\"k:{\\\"uid\\\":\\\"%s\\\"}\":{}}},\"f:spec\":{\"f:containers\":{"
		    "\"k:{\\\"name\\\":\\\"app\\\"}\":{\".\":{},\"f:env\":{\".\":{},\"k:{\\\"name\\\":\\\"LOG_LEVEL\\\"}\":{"
		    "\".\":{},\"f:name\":{},\"f:value\":{}}},\"f:image\":{},\"f:livenessProbe\":{\".\":{},\"f:httpGet\":{"
		    "\".\":{},\"f:path\":{},\"f:port\":{}}},\"f:resources\":{}}}}}}",
		    i ? "," : "", managers[i], making->created, making->set_uid);
	ADD("]");
}

#define MANAGERS(...) \
	do { \
		static const char *const managers[] = {__VA_ARGS__}; \
		managers_write(out, making, managers, sizeof(managers) / sizeof(managers[0])); \
	} while (0)

void labels_write(struct buf *out, const struct making *making, const char *more)
{
	const struct plan_service *service = making->service;
	ADD("\"labels\":{\"app.kubernetes.io/name\":\"%s\",\"app.kubernetes.io/part-of\":\"%s\","
	    "\"app.kubernetes.io/managed-by\":\"Helm\",\"team\":\"%s\"%s}",
	    service->name, service->namespace, service->team, more);
}

static void release_labels_write(struct buf *out, const struct making *making)
{
	char more[256];
	snprintf(more, sizeof(more), ",\"helm.toolkit.fluxcd.io/name\":\"%s\",\"helm.toolkit.fluxcd.io/namespace\":\"%s\"",
	         making->service->name, making->service->namespace);
	labels_write(out, making, more);
	ADD(",\"annotations\":{");
}

static void release_annotations_end(struct buf *out, const struct making *making)
{
	ADD("\"meta.helm.sh/release-name\":\"%s\",\"meta.helm.sh/release-namespace\":\"%s\"}", making->service->name,
	    making->service->namespace);
}

static void environment_write(struct buf *out, const struct plan_service *service)
{
	ADD("\"env\":[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":"
	    "\"status.podIP\"}}}");
	for (int i = 0; i < service->settings; i++)
		ADD(",{\"name\":\"SETTING_%02d\",\"value\":\"https://%s.%s.svc.cluster.local:8443/v1/setting?number=%d&mode="
		    "\\\"a\\\"\"}", i, service->name, service->namespace, i);
	ADD("]");
}

static void probe_write(struct buf *out, const char *which)
{
	ADD(",\"%s\":{\"httpGet\":{\"path\":\"/health/%s\",\"port\":8080,\"scheme\":\"HTTP\",\"httpHeaders\":[{\"name\":"
	    "\"X-Probe\",\"value\":\"1\"}]},\"initialDelaySeconds\":5,\"timeoutSeconds\":2,\"periodSeconds\":10,"
	    "\"successThreshold\":1,\"failureThreshold\":3}", which, which);
}

void spec_write(struct buf *out, const struct making *making)
{
	const char *name = making->service->name;
	ADD("\"containers\":[{\"name\":\"app\",\"image\":\"%s:%s\",\"ports\":[{\"name\":\"http\",\"containerPort\":8080,"
	    "\"protocol\":\"TCP\"}],", making->image, making->tag);
	environment_write(out, making->service);
	probe_write(out, "livenessProbe");
	probe_write(out, "readinessProbe");
	ADD(",\"resources\":{\"limits\":{\"memory\":\"512Mi\"},\"requests\":{\"cpu\":\"250m\",\"memory\":\"256Mi\"}},"
	    "\"volumeMounts\":[{\"name\":\"config\",\"readOnly\":true,\"mountPath\":\"/etc/%s\"},{\"name\":\"tmp\","
	    "\"mountPath\":\"/tmp\"}],\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":"
	    "\"File\",\"imagePullPolicy\":\"IfNotPresent\",\"securityContext\":{\"readOnlyRootFilesystem\":true,"
	    "\"runAsNonRoot\":true,\"capabilities\":{\"drop\":[\"ALL\"]}}}],\"volumes\":[{\"name\":\"config\","
	    "\"configMap\":{\"name\":\"%s-config\",\"defaultMode\":420}},{\"name\":\"tmp\",\"emptyDir\":{}}],", name, name);
	ADD("\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
	    "\"serviceAccountName\":\"%s\",\"serviceAccount\":\"%s\",\"securityContext\":{},\"affinity\":{"
	    "\"podAntiAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":100,"
	    "\"podAffinityTerm\":{\"labelSelector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},"
	    "\"topologyKey\":\"kubernetes.io/hostname\"}}]}},\"schedulerName\":\"default-scheduler\"", name, name, name);
}

/* What every object begins with, up to where its labels go. */
static void head_write(struct buf *out, const struct making *making, const char *name, const char *uid, int generation)
{
	ADD("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%" PRIu64 "\"", name,
	    making->service->namespace, uid, making->version);
	if (generation > 0)
		ADD(",\"generation\":%d", generation);
	ADD(",\"creationTimestamp\":\"%s\",", making->created);
}

static void template_write(struct buf *out, const struct making *making, const char *more)
{
	ADD("\"template\":{\"metadata\":{");
	labels_write(out, making, more);
	ADD(",\"annotations\":{\"checksum/config\":\"%016" PRIx64 "\",\"prometheus.io/scrape\":\"true\"}},\"spec\":{%s}}",
	    mix((uint64_t)making->service->number), making->spec);
}

void deployment_write(struct buf *out, const struct making *making)
{
	int n = making->replicas;
	head_write(out, making, making->service->name, making->workload_uid, 3);
	release_labels_write(out, making);
	ADD("\"deployment.kubernetes.io/revision\":\"3\",");
	release_annotations_end(out, making);
	MANAGERS("helm-controller", "kube-controller-manager");
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},", n,
	    making->service->name);
	template_write(out, making, "");
	ADD(",\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%%\",\"maxSurge\":\"25%%\"}},"
	    "\"revisionHistoryLimit\":10,\"progressDeadlineSeconds\":600},\"status\":{\"observedGeneration\":3,"
	    "\"replicas\":%d,\"updatedReplicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d,\"conditions\":[{"
	    "\"type\":\"Available\",\"status\":\"True\",\"lastUpdateTime\":\"%s\",\"lastTransitionTime\":\"%s\","
	    "\"reason\":\"MinimumReplicasAvailable\",\"message\":\"Deployment has minimum availability.\"},{\"type\":"
	    "\"Progressing\",\"status\":\"True\",\"lastUpdateTime\":\"%s\",\"lastTransitionTime\":\"%s\",\"reason\":"
	    "\"NewReplicaSetAvailable\",\"message\":\"ReplicaSet \\\"%s-%s\\\" has successfully progressed.\"}]}}",
	    n, n, n, n, making->changed, making->created, making->changed, making->created, making->service->name,
	    making->hash);
}

void stateful_set_write(struct buf *out, const struct making *making)
{
	int n = making->replicas;
	const char *name = making->service->name;
	head_write(out, making, name, making->workload_uid, 2);
	release_labels_write(out, making);
	release_annotations_end(out, making);
	MANAGERS("helm-controller", "kube-controller-manager");
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},", n, name);
	template_write(out, making, "");
	ADD(",\"serviceName\":\"%s\",\"podManagementPolicy\":\"OrderedReady\",\"updateStrategy\":{\"type\":\"RollingUpdate\","
	    "\"rollingUpdate\":{\"partition\":0}},\"revisionHistoryLimit\":10},\"status\":{\"observedGeneration\":2,"
	    "\"replicas\":%d,\"readyReplicas\":%d,\"currentReplicas\":%d,\"updatedReplicas\":%d,\"availableReplicas\":%d,"
	    "\"currentRevision\":\"%s-%s\",\"updateRevision\":\"%s-%s\",\"collisionCount\":0}}",
	    name, n, n, n, n, n, name, making->hash, name, making->hash);
}

void rollout_write(struct buf *out, const struct making *making)
{
	int n = making->replicas;
	head_write(out, making, making->service->name, making->workload_uid, 3);
	release_labels_write(out, making);
	ADD("\"rollout.argoproj.io/revision\":\"3\",");
	release_annotations_end(out, making);
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},", n,
	    making->service->name);
	template_write(out, making, "");
	ADD(",\"strategy\":{\"canary\":{\"maxSurge\":\"25%%\",\"maxUnavailable\":0,\"steps\":[{\"setWeight\":20},{\"pause\":{"
	    "\"duration\":\"60s\"}},{\"setWeight\":50},{\"pause\":{}},{\"setWeight\":80},{\"pause\":{\"duration\":\"60s\"}}]}},"
	    "\"revisionHistoryLimit\":5},\"status\":{\"observedGeneration\":\"3\",\"replicas\":%d,\"HPAReplicas\":%d,"
	    "\"updatedReplicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d,\"currentPodHash\":\"%s\",\"stableRS\":\"%s\","
	    "\"currentStepIndex\":6,\"currentStepHash\":\"%.8s\",\"phase\":\"Healthy\",\"selector\":\"app.kubernetes.io/name=%s\","
	    "\"blueGreen\":{},\"canary\":{},\"conditions\":[{\"type\":\"Available\",\"status\":\"True\",\"lastUpdateTime\":\"%s\","
	    "\"lastTransitionTime\":\"%s\",\"reason\":\"AvailableReason\",\"message\":\"Rollout has minimum availability\"},{"
	    "\"type\":\"Healthy\",\"status\":\"True\",\"lastUpdateTime\":\"%s\",\"lastTransitionTime\":\"%s\",\"reason\":"
	    "\"RolloutHealthy\",\"message\":\"Rollout is healthy\"},{\"type\":\"Completed\",\"status\":\"True\","
	    "\"lastUpdateTime\":\"%s\",\"lastTransitionTime\":\"%s\",\"reason\":\"RolloutCompleted\",\"message\":\"Rollout "
	    "completed update to revision 3 (%s), stable\"}]}}",
	    n, n, n, n, n, making->hash, making->hash, making->hash, making->service->name, making->changed,
	    making->created, making->changed, making->created, making->changed, making->created, making->hash);
}

static int is_rollout(const struct making *making)
{
	return making->service->kind == PLAN_ROLLOUT;
}

void replica_set_write(struct buf *out, const struct making *making)
{
	char label[64], name[96];
	int n = making->replicas;
	const char *key = is_rollout(making) ? "rollouts-pod-template-hash" : "pod-template-hash";
	snprintf(label, sizeof(label), ",\"%s\":\"%s\"", key, making->hash);
	snprintf(name, sizeof(name), "%s-%s", making->service->name, making->hash);
	head_write(out, making, name, making->set_uid, 1);
	labels_write(out, making, label);
	ADD(",\"annotations\":{\"deployment.kubernetes.io/desired-replicas\":\"%d\",\"deployment.kubernetes.io/max-replicas\":"
	    "\"%d\",\"%s\":\"3\"},\"ownerReferences\":[{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"name\":\"%s\",\"uid\":\"%s\","
	    "\"controller\":true,\"blockOwnerDeletion\":true}]", n, n + (n + 3) / 4,
	    is_rollout(making) ? "rollout.argoproj.io/revision" : "deployment.kubernetes.io/revision",
	    is_rollout(making) ? "argoproj.io/v1alpha1" : "apps/v1", is_rollout(making) ? "Rollout" : "Deployment",
	    making->service->name, making->workload_uid);
	MANAGERS("kube-controller-manager");
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\",\"%s\":\"%s\"}},", n,
	    making->service->name, key, making->hash);
	template_write(out, making, label);
	ADD("},\"status\":{\"replicas\":%d,\"fullyLabeledReplicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d,"
	    "\"observedGeneration\":1}}", n, n, n, n);
}

void autoscaler_write(struct buf *out, const struct making *making, int most, int cpu_percent)
{
	const char *name = making->service->name;
	char uid[40];
	mix_uid(mix(0x30000000 + (uint64_t)making->service->number) ^ making->version, uid);
	head_write(out, making, name, uid, 0);
	release_labels_write(out, making);
	release_annotations_end(out, making);
	ADD("},\"spec\":{\"scaleTargetRef\":{\"kind\":\"%s\",\"name\":\"%s\",\"apiVersion\":\"%s\"},\"minReplicas\":%d,"
	    "\"maxReplicas\":%d,\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":"
	    "\"Utilization\",\"averageUtilization\":70}}}]},\"status\":{\"lastScaleTime\":\"%s\",\"currentReplicas\":%d,"
	    "\"desiredReplicas\":%d,\"currentMetrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"current\":{"
	    "\"averageUtilization\":%d,\"averageValue\":\"%dm\"}}}],\"conditions\":[{\"type\":\"AbleToScale\",\"status\":"
	    "\"True\",\"lastTransitionTime\":\"%s\",\"reason\":\"ReadyForNewScale\",\"message\":\"recommended size matches "
	    "current size\"},{\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"%s\",\"reason\":"
	    "\"ValidMetricFound\",\"message\":\"the HPA was able to successfully calculate a replica count from cpu resource "
	    "utilization (percentage of request)\"},{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":"
	    "\"%s\",\"reason\":\"DesiredWithinRange\",\"message\":\"the desired count is within the acceptable range\"}]}}",
	    is_rollout(making) ? "Rollout" : "Deployment", name, is_rollout(making) ? "argoproj.io/v1alpha1" : "apps/v1",
	    2, most, making->created, making->replicas, making->replicas,
	    cpu_percent, cpu_percent * 5 / 2, making->created, making->created, making->created);
}
#undef ADD

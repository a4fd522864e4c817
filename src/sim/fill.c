/* SPDX-License-Identifier: MIT */
/*
 * A fleet to look at: the objects that a cluster with so many services would have, in the sizes
 * they have there. Most of a pod is what nobody shows (managedFields, env, probes, volumes), and a
 * client has to get past it. The same numbers give the same names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

static const char *const domains[] = {"payments", "checkout", "catalog",  "search",    "cart",    "identity",
                                      "ledger",   "pricing",  "shipping", "inventory", "loyalty", "fraud",
                                      "billing",  "notify",   "media",    "reviews",   "orders",  "returns",
                                      "tax",      "geo",      "partner",  "support",   "reports", "risk",
                                      "quotes",   "coupons",  "wallet",   "invoice",   "stock",   "routing"};
static const char *const roles[] = {"api",    "web",   "worker", "gateway", "cron",
                                    "stream", "admin", "cache",  "sync",    "edge"};
enum {
	DOMAINS = sizeof(domains) / sizeof(domains[0]),
	ROLES = sizeof(roles) / sizeof(roles[0]),
	NODES_PER = 24
};

struct filling {
	struct api *api;
	struct buf text;
	int service, pod;
	char name[64], namespace[64], hash[12], pod_name[96], created[32];
	char deployment_uid[40], set_uid[40], pod_uid[40];
};

/* Well mixed bits of a number; the same everywhere. */
static uint64_t mix(uint64_t n)
{
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

static void word_of(uint64_t seed, size_t len, char *out)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	uint64_t bits = mix(seed + 1);
	for (size_t i = 0; i < len; i++, bits /= 27)
		out[i] = letters[bits % 27];
	out[len] = '\0';
}

static void uid_of(uint64_t seed, char out[40])
{
	uint64_t a = mix(seed), b = mix(a);
	snprintf(out, 40, "%08x-%04x-4%03x-b%03x-%012" PRIx64, (unsigned)(a >> 32), (unsigned)a & 0xffff,
	         (unsigned)(a >> 16) & 0xfff, (unsigned)(b >> 52), b & 0xffffffffffffu);
}

static void put(struct filling *filling)
{
	struct err err = {0};
	if (api_put_text(filling->api, buf_string(&filling->text), &err) < 0) {
		fprintf(stderr, "the embedded platform cannot be filled: %s\n", err.text);
		abort(); /* our own text */
	}
	buf_clear(&filling->text);
}

#define ADD(...) buf_must(buf_printf(&filling->text, __VA_ARGS__))

static void add_managed_fields(struct filling *filling)
{
	static const char *const managers[] = {"kustomize-controller", "kube-controller-manager", "kubelet"};
	ADD(",\"managedFields\":[");
	for (size_t i = 0; i < 3; i++)
		ADD("%s{\"manager\":\"%s\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"%s\","
		    "\"fieldsType\":\"FieldsV1\","
		    "\"fieldsV1\":{\"f:metadata\":{\"f:annotations\":{\".\":{},\"f:checksum/config\":{}},"
		    "\"f:labels\":{\".\":{},"
		    "\"f:app.kubernetes.io/name\":{},\"f:pod-template-hash\":{}},\"f:ownerReferences\":{\".\":{},"
		    "\"k:{\\\"uid\\\":\\\"%s\\\"}\":{}}},\"f:spec\":{\"f:containers\":{\"k:{"
		    "\\\"name\\\":\\\"app\\\"}\":{\".\":{},"
		    "\"f:env\":{\".\":{},\"k:{\\\"name\\\":\\\"LOG_LEVEL\\\"}\":{\".\":{},\"f:name\":{},"
		    "\"f:value\":{}}},\"f:image\":{},"
		    "\"f:livenessProbe\":{\".\":{},\"f:httpGet\":{\".\":{},\"f:path\":{},\"f:port\":{}}},"
		    "\"f:resources\":{}}}}}}",
		    i ? "," : "", managers[i], filling->created, filling->set_uid);
	ADD("]");
}

/* The labels that all objects of a service have. */
static void add_labels(struct filling *filling, const char *more)
{
	ADD("\"labels\":{\"app.kubernetes.io/name\":\"%s\",\"app.kubernetes.io/part-of\":\"%s\","
	    "\"app.kubernetes.io/managed-by\":"
	    "\"kustomize\",\"team\":\"%s\"%s}", filling->name, filling->namespace, filling->namespace, more);
}

static void add_environment(struct filling *filling)
{
	ADD("\"env\":[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\","
	    "\"fieldPath\":\"status.podIP\"}}}");
	for (int i = 0; i < 24; i++)
		ADD(",{\"name\":\"SETTING_%02d\",\"value\":\"https://%s.%s.svc.cluster.local:8443/v1/"
		    "setting?number=%d&mode=\\\"a\\\"\"}",
		    i, filling->name, filling->namespace, i);
	ADD("]");
}

static void add_probe(struct filling *filling, const char *which)
{
	ADD(",\"%s\":{\"httpGet\":{\"path\":\"/health/%s\",\"port\":8080,\"scheme\":\"HTTP\",\"httpHeaders\":[{"
	    "\"name\":\"X-Probe\","
	    "\"value\":\"1\"}]},\"initialDelaySeconds\":5,\"timeoutSeconds\":2,\"periodSeconds\":10,"
	    "\"successThreshold\":1,"
	    "\"failureThreshold\":3}", which, which);
}

/* The spec that pods and their template share. */
static void add_pod_spec(struct filling *filling)
{
	ADD("\"containers\":[{\"name\":\"app\",\"image\":\"registry.example.com/%s/%s:1.%d.0\",\"ports\":[{"
	    "\"name\":\"http\","
	    "\"containerPort\":8080,\"protocol\":\"TCP\"}],",
	    filling->namespace, filling->name, filling->service % 40);
	add_environment(filling);
	add_probe(filling, "livenessProbe");
	add_probe(filling, "readinessProbe");
	ADD(",\"resources\":{\"limits\":{\"memory\":\"512Mi\"},\"requests\":{\"cpu\":\"100m\","
	    "\"memory\":\"256Mi\"}},\"volumeMounts\":["
	    "{\"name\":\"config\",\"readOnly\":true,\"mountPath\":\"/etc/%s\"},{\"name\":\"tmp\","
	    "\"mountPath\":\"/tmp\"}],"
	    "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\","
	    "\"imagePullPolicy\":"
	    "\"IfNotPresent\",\"securityContext\":{\"readOnlyRootFilesystem\":true,\"runAsNonRoot\":true,"
	    "\"capabilities\":{\"drop\":"
	    "[\"ALL\"]}}}],\"volumes\":[{\"name\":\"config\",\"configMap\":{\"name\":\"%s-config\","
	    "\"defaultMode\":420}},{\"name\":"
	    "\"tmp\",\"emptyDir\":{}},{\"name\":\"kube-api-access-x7k2p\",\"projected\":{\"sources\":[{"
	    "\"serviceAccountToken\":{"
	    "\"expirationSeconds\":3607,\"path\":\"token\"}}],\"defaultMode\":420}}],"
	    "\"restartPolicy\":\"Always\","
	    "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\",\"serviceAccountName\":\"%s\","
	    "\"securityContext\":{},"
	    "\"affinity\":{\"podAntiAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[{"
	    "\"weight\":100,"
	    "\"podAffinityTerm\":{\"labelSelector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},"
	    "\"topologyKey\":"
	    "\"kubernetes.io/hostname\"}}]}},\"schedulerName\":\"default-scheduler\",\"tolerations\":[{\"key\":"
	    "\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\","
	    "\"tolerationSeconds\":300},{\"key\":"
	    "\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\",\"effect\":\"NoExecute\","
	    "\"tolerationSeconds\":300}],"
	    "\"priority\":0,\"enableServiceLinks\":true,\"preemptionPolicy\":\"PreemptLowerPriority\"",
	    filling->name, filling->name, filling->name, filling->name);
}

static void fill_deployment(struct filling *filling, int pods)
{
	ADD("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"%s\","
	    "\"namespace\":\"%s\",\"uid\":\"%s\","
	    "\"generation\":3,\"creationTimestamp\":\"%s\",",
	    filling->name, filling->namespace, filling->deployment_uid, filling->created);
	add_labels(filling, "");
	ADD(",\"annotations\":{\"deployment.kubernetes.io/revision\":\"3\","
	    "\"kubectl.kubernetes.io/last-applied-configuration\":"
	    "\"{\\\"apiVersion\\\":\\\"apps/v1\\\",\\\"kind\\\":\\\"Deployment\\\",\\\"spec\\\":{"
	    "\\\"replicas\\\":%d}}\\n\"}", pods);
	add_managed_fields(filling);
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"%s\"}},"
	    "\"template\":{"
	    "\"metadata\":{", pods, filling->name);
	add_labels(filling, "");
	ADD("},\"spec\":{");
	add_pod_spec(filling);
	ADD("}},\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%%\","
	    "\"maxSurge\":\"25%%\"}},"
	    "\"revisionHistoryLimit\":10,\"progressDeadlineSeconds\":600},\"status\":{\"observedGeneration\":3,"
	    "\"replicas\":%d,"
	    "\"updatedReplicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d,\"conditions\":[{"
	    "\"type\":\"Available\",\"status\":"
	    "\"True\",\"lastUpdateTime\":\"%s\",\"lastTransitionTime\":\"%s\","
	    "\"reason\":\"MinimumReplicasAvailable\",\"message\":"
	    "\"Deployment has minimum availability.\"},{\"type\":\"Progressing\",\"status\":\"True\","
	    "\"lastUpdateTime\":\"%s\","
	    "\"lastTransitionTime\":\"%s\",\"reason\":\"NewReplicaSetAvailable\",\"message\":\"ReplicaSet "
	    "\\\"%s-%s\\\" has "
	    "successfully progressed.\"}]}}",
	    pods, pods, pods, pods, filling->created, filling->created, filling->created, filling->created,
	    filling->name, filling->hash);
	put(filling);
}

static void fill_replica_set(struct filling *filling, int pods)
{
	char label[64];
	snprintf(label, sizeof(label), ",\"pod-template-hash\":\"%s\"", filling->hash);
	ADD("{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"%s-%s\","
	    "\"namespace\":\"%s\",\"uid\":\"%s\","
	    "\"generation\":1,\"creationTimestamp\":\"%s\",",
	    filling->name, filling->hash, filling->namespace, filling->set_uid, filling->created);
	add_labels(filling, label);
	ADD(",\"annotations\":{\"deployment.kubernetes.io/desired-replicas\":\"%d\","
	    "\"deployment.kubernetes.io/revision\":\"3\"},"
	    "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"%s\","
	    "\"uid\":\"%s\",\"controller\":true,"
	    "\"blockOwnerDeletion\":true}]", pods, filling->name, filling->deployment_uid);
	add_managed_fields(filling);
	ADD("},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"pod-template-hash\":\"%s\"}},"
	    "\"template\":{\"spec\":{", pods,
	    filling->hash);
	add_pod_spec(filling);
	ADD("}}},\"status\":{\"replicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d,"
	    "\"observedGeneration\":1}}", pods, pods,
	    pods);
	put(filling);
}

static void add_pod_status(struct filling *filling, int number)
{
	static const char *const conditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
	                                         "ContainersReady", "PodScheduled"};
	ADD("\"status\":{\"phase\":\"Running\",\"conditions\":[");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		ADD("%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,"
		    "\"lastTransitionTime\":\"%s\"}", i ? "," : "",
		    conditions[i], filling->created);
	ADD("],\"hostIP\":\"10.0.0.%d\",\"podIP\":\"10.1.%d.%d\",\"podIPs\":[{\"ip\":\"10.1.%d.%d\"}],"
	    "\"startTime\":\"%s\","
	    "\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"running\":{\"startedAt\":\"%s\"}},"
	    "\"lastState\":{},\"ready\":true,"
	    "\"restartCount\":0,\"image\":\"registry.example.com/%s/%s:1.%d.0\","
	    "\"imageID\":\"registry.example.com/%s/%s@sha256:"
	    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\","
	    "\"containerID\":\"containerd://%s\",\"started\":true"
	    "}],\"qosClass\":\"Burstable\"}",
	    number % NODES_PER, (number / 250) % 250, number % 250, (number / 250) % 250, number % 250,
	    filling->created, filling->created, filling->namespace, filling->name, filling->service % 40,
	    filling->namespace, filling->name, filling->pod_uid);
}

static void fill_pod(struct filling *filling, int index, int number)
{
	char label[64], tail[8];
	word_of((uint64_t)number * 7919 + 13, 5, tail);
	uid_of(0x3000000 + (uint64_t)number, filling->pod_uid);
	snprintf(filling->pod_name, sizeof(filling->pod_name), "%s-%s-%s", filling->name, filling->hash, tail);
	snprintf(label, sizeof(label), ",\"pod-template-hash\":\"%s\"", filling->hash);
	ADD("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"generateName\":\"%s-%s-\","
	    "\"namespace\":\"%s\","
	    "\"uid\":\"%s\",\"creationTimestamp\":\"%s\",",
	    filling->pod_name, filling->name, filling->hash, filling->namespace, filling->pod_uid,
	    filling->created);
	add_labels(filling, label);
	ADD(",\"annotations\":{\"checksum/config\":\"%016" PRIx64 "\",\"prometheus.io/scrape\":\"true\"},"
	    "\"ownerReferences\":[{"
	    "\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"%s-%s\",\"uid\":\"%s\","
	    "\"controller\":true,"
	    "\"blockOwnerDeletion\":true}]",
	    mix((uint64_t)index), filling->name, filling->hash, filling->set_uid);
	add_managed_fields(filling);
	ADD("},\"spec\":{\"nodeName\":\"node-%02d\",", number % NODES_PER);
	add_pod_spec(filling);
	ADD("},");
	add_pod_status(filling, number);
	ADD("}");
	put(filling);
}

static void fill_autoscaler(struct filling *filling, int pods)
{
	ADD("{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{"
	    "\"name\":\"%s\",\"namespace\":\"%s\","
	    "\"creationTimestamp\":\"%s\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\","
	    "\"name\":\"%s\",\"apiVersion\":\"apps/v1\"},"
	    "\"minReplicas\":%d,\"maxReplicas\":%d,\"metrics\":[{\"type\":\"Resource\",\"resource\":{"
	    "\"name\":\"cpu\",\"target\":{\"type\":"
	    "\"Utilization\",\"averageUtilization\":70}}}]},\"status\":{\"currentReplicas\":%d,"
	    "\"desiredReplicas\":%d,"
	    "\"currentMetrics\":[],\"conditions\":[{\"type\":\"AbleToScale\",\"status\":\"True\","
	    "\"reason\":\"ReadyForNewScale\"},{\"type\":"
	    "\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"%s\","
	    "\"reason\":\"ValidMetricFound\",\"message\":\"the HPA was "
	    "able to successfully calculate a replica count from "
	    "cpu\"}]}}", filling->name, filling->namespace, filling->created,
	    filling->name, pods, 3 * pods, pods, pods, filling->created);
	put(filling);
}

static void fill_event(struct filling *filling)
{
	int warns = filling->service % 8 == 0;
	ADD("{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"%s.%012" PRIx64 "\","
	    "\"namespace\":\"%s\",\"creationTimestamp\":"
	    "\"%s\"},\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"%s\",\"name\":\"%s\",\"uid\":\"%s\","
	    "\"apiVersion\":\"v1\"},"
	    "\"reason\":\"%s\",\"message\":\"%s\",\"source\":{\"component\":\"kubelet\"},"
	    "\"firstTimestamp\":\"%s\",\"lastTimestamp\":\"%s\","
	    "\"count\":%d,\"type\":\"%s\",\"eventTime\":null,\"reportingComponent\":\"kubelet\","
	    "\"reportingInstance\":\"\"}",
	    filling->pod_name, mix((uint64_t)filling->service) & 0xffffffffffffu, filling->namespace,
	    filling->created, filling->namespace, filling->pod_name, filling->pod_uid,
	    warns ? "Unhealthy" : "Started",
	    warns ? "Readiness probe failed: HTTP probe failed with statuscode: 503"
	          : "Started "
	            "container app",
	    filling->created, filling->created, warns ? 4 : 1, warns ? "Warning" : "Normal");
	put(filling);
}

static void fill_cluster(struct filling *filling, int services)
{
	for (int i = 0; i < DOMAINS && i < services; i++) {
		ADD("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\",\"labels\":{"
		    "\"kubernetes.io/metadata.name\":"
		    "\"%s\",\"team\":\"%s\"}},\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{"
		    "\"phase\":\"Active\"}}", domains[i],
		    domains[i], domains[i]);
		put(filling);
	}
	for (int i = 0; i < NODES_PER; i++) {
		ADD("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"node-%02d\",\"labels\":{"
		    "\"kubernetes.io/hostname\":"
		    "\"node-%02d\",\"topology.kubernetes.io/zone\":\"zone-%c\"}},\"spec\":{"
		    "\"podCIDR\":\"10.1.%d.0/24\"},\"status\":{"
		    "\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"False\"},{\"type\":\"Ready\","
		    "\"status\":\"True\",\"reason\":"
		    "\"KubeletReady\",\"message\":\"kubelet is posting ready status\"}],\"nodeInfo\":{"
		    "\"kubeletVersion\":\"v1.34.1\"}}}", i, i,
		    'a' + i % 3, i);
		put(filling);
	}
}

void api_fill(struct api *api, int services, int pods_each)
{
	struct filling filling = {.api = api};
	const struct clock *clock = api->options.clock;
	buf_init(&filling.text, SIM_TEXT_MAX);
	fill_cluster(&filling, services);
	for (int i = 0; i < services; i++) {
		int domain = i % DOMAINS, role = i / DOMAINS;
		filling.service = i;
		snprintf(filling.namespace, sizeof(filling.namespace), "%s", domains[domain]);
		if (role < ROLES)
			snprintf(filling.name, sizeof(filling.name), "%s-%s", domains[domain], roles[role]);
		else
			snprintf(filling.name, sizeof(filling.name), "%s-%s-%d", domains[domain], roles[role % ROLES],
			         role / ROLES + 1);
		stamp_format(clock->wall(clock) - 3600000 * (int64_t)(1 + i % 700), filling.created);
		word_of((uint64_t)i * 104729 + 7, 9, filling.hash);
		uid_of(0x1000000 + (uint64_t)i, filling.deployment_uid);
		uid_of(0x2000000 + (uint64_t)i, filling.set_uid);
		fill_deployment(&filling, pods_each);
		fill_replica_set(&filling, pods_each);
		for (int pod = 0; pod < pods_each; pod++)
			fill_pod(&filling, i, i * pods_each + pod);
		fill_autoscaler(&filling, pods_each);
		if (pods_each > 0)
			fill_event(&filling);
	}
	buf_release(&filling.text);
}
#undef ADD

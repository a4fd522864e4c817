/* SPDX-License-Identifier: MIT */
/* The kinds of objects that the model holds, and what each is to the rows. */
#include <string.h>

#include "model/object.h"
#include "model/owner.h"

#define SOURCES "source.toolkit.fluxcd.io"
#define IMAGES "image.toolkit.fluxcd.io"
#define NOTES "notification.toolkit.fluxcd.io"
#define OPTIONAL(area_, role_) .area = (area_), .role = (role_), .optional = 1

const struct kind_row kind_rows[OBJECT_KINDS] = {
	[OBJECT_NAMESPACE] = {"Namespace", "namespaces", ""},
	[OBJECT_NODE] = {"Node", "nodes", ""},
	[OBJECT_DEPLOYMENT] = {"Deployment", "deployments", "apps", .role = KIND_WORKLOAD},
	[OBJECT_STATEFULSET] = {"StatefulSet", "statefulsets", "apps", .role = KIND_WORKLOAD},
	[OBJECT_DAEMONSET] = {"DaemonSet", "daemonsets", "apps", .role = KIND_WORKLOAD},
	[OBJECT_REPLICASET] = {"ReplicaSet", "replicasets", "apps", .role = KIND_NEEDED},
	[OBJECT_HPA] = {"HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling"},
	[OBJECT_POD] = {"Pod", "pods", "", .role = KIND_NEEDED},
	[OBJECT_EVENT] = {"Event", "events", ""},
	[OBJECT_ROLLOUT] = {"Rollout", "rollouts", "argoproj.io", OPTIONAL(NULL, KIND_WORKLOAD)},
	[OBJECT_CRONJOB] = {"CronJob", "cronjobs", "batch", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_PDB] = {"PodDisruptionBudget", "poddisruptionbudgets", "policy", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_GITREPOSITORY] = {"GitRepository", "gitrepositories", SOURCES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_OCIREPOSITORY] = {"OCIRepository", "ocirepositories", SOURCES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_BUCKET] = {"Bucket", "buckets", SOURCES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_HELMREPOSITORY] = {"HelmRepository", "helmrepositories", SOURCES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_HELMCHART] = {"HelmChart", "helmcharts", SOURCES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_KUSTOMIZATION] = {"Kustomization", "kustomizations", "kustomize.toolkit.fluxcd.io",
		OPTIONAL("flux", KIND_SHOWN)},
	[OBJECT_HELMRELEASE] = {"HelmRelease", "helmreleases", "helm.toolkit.fluxcd.io", OPTIONAL("flux", KIND_SHOWN)},
	[OBJECT_CANARY] = {"Canary", "canaries", "flagger.app", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_ANALYSISRUN] = {"AnalysisRun", "analysisruns", "argoproj.io", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_SCALEDOBJECT] = {"ScaledObject", "scaledobjects", "keda.sh", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_ACTIONSET] = {"ActionSet", "actionsets", "cr.kanister.io", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_TERRAFORM] = {"Terraform", "terraforms", "infra.contrib.fluxcd.io", OPTIONAL(NULL, KIND_EXTRA)},
	[OBJECT_IMAGEREPOSITORY] = {"ImageRepository", "imagerepositories", IMAGES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_IMAGEPOLICY] = {"ImagePolicy", "imagepolicies", IMAGES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_IMAGEUPDATE] = {"ImageUpdateAutomation", "imageupdateautomations", IMAGES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_PROVIDER] = {"Provider", "providers", NOTES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_ALERT] = {"Alert", "alerts", NOTES, OPTIONAL("flux", KIND_EXTRA)},
	[OBJECT_RECEIVER] = {"Receiver", "receivers", NOTES, OPTIONAL("flux", KIND_EXTRA)},
};

enum object_kind kind_find(const char *word)
{
	enum object_kind kind = 0;
	while (kind < OBJECT_KINDS && strcmp(kind_rows[kind].word, word) != 0)
		kind++;
	return kind;
}

enum object_kind workload_kind(const char *word)
{
	enum object_kind kind = kind_find(word);
	return kind_is_workload(kind) ? kind : OBJECT_KINDS;
}

int kind_is_resource(enum object_kind kind)
{
	return kind >= OBJECT_CRONJOB && kind < OBJECT_KINDS;
}

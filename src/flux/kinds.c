/* SPDX-License-Identifier: MIT */
/*
 * The table of kinds. Field lists leave out what is large and of no use here: values of HelmReleases,
 * patches of Kustomizations, templates of Rollouts but for images.
 */
#include "flux/kinds.h"

#include "flux/decode.h"

static const char *const v1_or_beta2[] = {"v1", "v1beta2", NULL};
static const char *const v2_or_beta2[] = {"v2", "v2beta2", NULL};
static const char *const v1_or_beta1[] = {"v1", "v1beta2", "v1beta1", NULL};
static const char *const v1_or_beta3[] = {"v1", "v1beta3", "v1beta2", NULL};
static const char *const v1beta1[] = {"v1beta1", NULL};
static const char *const v1alpha1[] = {"v1alpha1", NULL};
static const char *const v1alpha2[] = {"v1alpha2", "v1alpha1", NULL};

#define SOURCE_FIELDS \
	RESOURCE_FIELDS, "spec url", "spec secretRef name", "spec timeout", "spec verify mode", "spec verify provider", \
	"status artifact revision", "status artifact digest", "status artifact lastUpdateTime"

static const char *const repository_fields[] = {SOURCE_FIELDS, "spec ref", NULL};
static const char *const bucket_fields[] = {SOURCE_FIELDS, "spec endpoint", "spec bucketName", NULL};
static const char *const chart_fields[] = {SOURCE_FIELDS, "spec chart", "spec version", "spec sourceRef",
	"status observedSourceArtifactRevision", NULL};

static const char *const kustomization_fields[] = {RESOURCE_FIELDS, "spec sourceRef", "spec dependsOn name",
	"spec dependsOn namespace", "spec path", "spec targetNamespace", "spec retryInterval", "spec timeout", "spec wait",
	"spec prune", "spec force", "spec healthChecks name", "status lastAppliedRevision", "status lastAttemptedRevision",
	"status lastAppliedOriginRevision", "status lastAttemptedOriginRevision", "status inventory entries id",
	"status history", NULL};

static const char *const helmrelease_fields[] = {RESOURCE_FIELDS, "spec chartRef", "spec chart spec chart",
	"spec chart spec version", "spec chart spec sourceRef", "spec dependsOn name", "spec dependsOn namespace",
	"spec valuesFrom kind", "spec valuesFrom name", "spec releaseName", "spec targetNamespace", "spec timeout",
	"spec driftDetection mode", "spec install remediation retries", "spec upgrade remediation retries",
	"metadata annotations reconcile.fluxcd.io/forceAt", "metadata annotations reconcile.fluxcd.io/resetAt",
	"status helmChart", "status history version", "status history status", "status history chartName",
	"status history chartVersion", "status history appVersion", "status history configDigest",
	"status history digest", "status history ociDigest", "status history firstDeployed",
	"status history lastDeployed", "status storageNamespace", "status lastAttemptedRevision",
	"status lastAttemptedConfigDigest", "status lastAttemptedReleaseAction", "status lastAttemptedGeneration",
	"status lastHandledForceAt", "status lastHandledResetAt", "status failures", "status installFailures",
	"status upgradeFailures", "status inventory entries id", NULL};

#define ANALYSIS_FIELDS(where) \
	"spec " where " interval", "spec " where " threshold", "spec " where " maxWeight", "spec " where " stepWeight", \
	"spec " where " stepWeights", "spec " where " iterations", "spec " where " metrics name", \
	"spec " where " webhooks type"

static const char *const canary_fields[] = {RESOURCE_FIELDS, "spec targetRef", "spec autoscalerRef", "spec skipAnalysis",
	ANALYSIS_FIELDS("analysis"), ANALYSIS_FIELDS("canaryAnalysis"), "status phase", "status canaryWeight",
	"status iterations", "status failedChecks", "status lastAppliedSpec", "status lastPromotedSpec",
	"status lastTransitionTime", NULL};

static const char *const rollout_fields[] = {METADATA_FIELDS, HELD_FIELDS, MANAGER_FIELDS("f:spec f:paused"),
	"metadata labels", "metadata generation", "metadata annotations rollout.argoproj.io/revision",
	"metadata ownerReferences kind", "metadata ownerReferences name", "metadata ownerReferences uid",
	"metadata ownerReferences controller", "spec template spec containers image", "spec replicas", "spec paused",
	"spec workloadRef", "spec strategy canary steps", "spec strategy blueGreen activeService",
	"status observedGeneration", "status replicas", "status readyReplicas", "status updatedReplicas",
	"status availableReplicas", "status conditions", "status phase", "status message", "status currentPodHash",
	"status stableRS", "status abort", "status abortedAt", "status controllerPause", "status promoteFull",
	"status currentStepIndex", "status pauseConditions", "status canary", "status blueGreen", NULL};

static const char *const analysisrun_fields[] = {RESOURCE_FIELDS, "status phase", "status message", "status startedAt",
	"status completedAt", "status metricResults name", "status metricResults phase", "status metricResults message",
	"status metricResults successful", "status metricResults failed", "status metricResults inconclusive",
	"status metricResults error", "status metricResults measurements value", NULL};

static const char *const scaledobject_fields[] = {RESOURCE_FIELDS,
	"metadata managedFields fieldsV1 f:metadata f:annotations f:autoscaling.keda.sh/paused",
	"metadata managedFields fieldsV1 f:metadata f:annotations f:autoscaling.keda.sh/paused-replicas",
	"metadata annotations autoscaling.keda.sh/paused", "metadata annotations autoscaling.keda.sh/paused-replicas",
	"spec scaleTargetRef", "spec minReplicaCount", "spec maxReplicaCount", "spec triggers type", "status hpaName",
	"status health", "status lastActiveTime", "status pausedReplicaCount", NULL};

static const char *const actionset_fields[] = {RESOURCE_FIELDS, "status state", "status actions name",
	"status actions phases name", "status actions phases state", "status error message",
	"status progress percentCompleted", NULL};

static const char *const terraform_fields[] = {RESOURCE_FIELDS, "spec sourceRef", "spec dependsOn name",
	"spec dependsOn namespace", "spec path", "spec approvePlan", "status plan pending", "status plan lastApplied",
	"status lastPlannedRevision", "status lastAttemptedRevision", "status lastAppliedRevision",
	"status lastDriftDetectedAt", "status lock pending", NULL};

static const char *const image_fields[] = {RESOURCE_FIELDS, "spec image", "spec imageRepositoryRef", "spec sourceRef",
	"spec git push branch", "status lastScanResult revision", "status latestRef", "status latestImage",
	"status lastPushCommit", NULL};

static const char *const notification_fields[] = {RESOURCE_FIELDS, "spec type", "spec eventSeverity", NULL};

#define ROW(kind, versions_, fields_, decode_) \
	{.object = (kind), .versions = (versions_), .namespaced = 1, .reading = KIND_STREAMED, .fields = (fields_), \
	 .decode = (decode_)}

const struct kind flux_kinds[] = {
	ROW(OBJECT_ROLLOUT, v1alpha1, rollout_fields, rollout_decode),
	ROW(OBJECT_KUSTOMIZATION, v1_or_beta2, kustomization_fields, kustomization_decode),
	ROW(OBJECT_HELMRELEASE, v2_or_beta2, helmrelease_fields, helmrelease_decode),
	ROW(OBJECT_GITREPOSITORY, v1_or_beta2, repository_fields, gitrepository_decode),
	ROW(OBJECT_OCIREPOSITORY, v1_or_beta2, repository_fields, ocirepository_decode),
	ROW(OBJECT_BUCKET, v1_or_beta2, bucket_fields, bucket_decode),
	ROW(OBJECT_HELMREPOSITORY, v1_or_beta2, repository_fields, helmrepository_decode),
	ROW(OBJECT_HELMCHART, v1_or_beta2, chart_fields, helmchart_decode),
	ROW(OBJECT_CANARY, v1beta1, canary_fields, canary_decode),
	ROW(OBJECT_ANALYSISRUN, v1alpha1, analysisrun_fields, analysisrun_decode),
	ROW(OBJECT_SCALEDOBJECT, v1alpha1, scaledobject_fields, scaledobject_decode),
	ROW(OBJECT_ACTIONSET, v1alpha1, actionset_fields, actionset_decode),
	ROW(OBJECT_TERRAFORM, v1alpha2, terraform_fields, terraform_decode),
	ROW(OBJECT_IMAGEREPOSITORY, v1_or_beta1, image_fields, imagerepository_decode),
	ROW(OBJECT_IMAGEPOLICY, v1_or_beta1, image_fields, imagepolicy_decode),
	ROW(OBJECT_IMAGEUPDATE, v1_or_beta1, image_fields, imageupdate_decode),
	ROW(OBJECT_PROVIDER, v1_or_beta3, notification_fields, provider_decode),
	ROW(OBJECT_ALERT, v1_or_beta3, notification_fields, alert_decode),
	ROW(OBJECT_RECEIVER, v1_or_beta2, notification_fields, receiver_decode),
	{.decode = NULL},
};

const struct kind *flux_kind(enum object_kind object)
{
	for (const struct kind *kind = flux_kinds; kind->decode; kind++)
		if (kind->object == object)
			return kind;
	return NULL;
}

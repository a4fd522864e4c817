/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FLUX_H
#define MODEL_FLUX_H

#include "model/resource.h"

/*
 * The objects between a commit and a workload, each with what the rules from commit to rollout ask
 * of it. All begin with a struct resource. Interned strings are "" and times 0 when absent; counts
 * that can be absent are -1 then. Revisions are as the controllers write them: see model/revision.h.
 */

/* GitRepository, OCIRepository, Bucket, HelmRepository, HelmChart: what fetches. */
struct flux_source {
	struct resource resource;
	const char *url;            /* of a HelmChart: the chart's name; of a Bucket: endpoint/bucket */
	const char *branch, *tag, *semver, *commit, *ref_name; /* spec.ref; digest of an OCI one in commit */
	const char *version;        /* HelmChart spec.version */
	const char *verify;         /* spec.verify.mode or provider; "": signatures are not asked for */
	const char *secret;         /* name of the secret with the credentials, never more */
	struct object_ref source;   /* HelmChart spec.sourceRef */
	const char *revision, *digest; /* status.artifact */
	int64_t updated_ms;         /* status.artifact.lastUpdateTime */
	const char *observed_source_revision; /* HelmChart */
	int64_t timeout_ms;
};

/* What a Kustomization or HelmRelease applied: "ns_name_group_kind" each, sorted by pointer. */
struct inventory {
	const char **ids; /* interned */
	uint32_t count;
	unsigned cut : 1; /* there were more than INVENTORY_MAX */
};
enum { INVENTORY_MAX = 5000 };

struct object_refs {
	struct object_ref *items;
	uint16_t count;
};

/* One entry of a Kustomization's status.history (at most 5). */
struct apply_record {
	int64_t first_ms, last_ms;
	int64_t took_ms;             /* of the last one */
	int total;
	const char *digest, *status; /* "ReconciliationSucceeded" */
	const char *revision;        /* metadata.revision of it */
};

struct kustomization {
	struct resource resource;
	struct object_ref source;
	const char *path, *target_namespace;
	const char *applied, *attempted; /* status.lastAppliedRevision, lastAttemptedRevision */
	const char *applied_origin, *attempted_origin; /* the Git revision behind an OCI artifact */
	int64_t retry_ms, timeout_ms;
	unsigned wait : 1, prune : 1, force : 1;
	uint16_t health_checks;      /* entries of spec.healthChecks */
	struct object_refs depends_on; /* kind "Kustomization" */
	struct inventory inventory;
	struct apply_record *history;  /* newest first */
	uint16_t history_count;
};

/* One entry of a HelmRelease's status.history. A rollback puts a *deployed* one with an old digest first. */
struct release_record {
	int version;                 /* Helm's revision number */
	const char *status;          /* "deployed", "superseded", "failed", … */
	const char *chart, *chart_version, *app_version;
	const char *config_digest, *digest, *oci_digest;
	int64_t first_ms, last_ms;   /* firstDeployed, lastDeployed */
};

struct helm_release {
	struct resource resource;
	struct object_ref source;    /* spec.chart.spec.sourceRef, or spec.chartRef */
	struct object_ref chart_object; /* status.helmChart: the HelmChart that was made for it */
	const char *chart, *chart_version; /* spec.chart.spec */
	const char *release_name, *target_namespace, *storage_namespace;
	const char *attempted;       /* status.lastAttemptedRevision: a chart version */
	const char *attempted_digest; /* status.lastAttemptedConfigDigest */
	const char *attempted_action; /* "install", "upgrade" */
	int64_t attempted_generation; /* -1: none */
	int failures, install_failures, upgrade_failures;
	int install_retries, upgrade_retries; /* spec.{install,upgrade}.remediation.retries; -1: endless */
	const char *drift_mode;      /* spec.driftDetection.mode; "": off */
	const char *force_requested, *force_handled, *reset_requested, *reset_handled;
	int64_t timeout_ms;
	struct object_refs depends_on;
	struct object_refs values;   /* spec.valuesFrom: ConfigMaps and Secrets, by name only */
	struct inventory inventory;  /* empty before helm-controller 1.6 */
	struct release_record *history; /* newest first */
	uint16_t history_count;
};

/* Flagger. No observedGeneration: digests of the spec tell what was looked at. */
struct canary {
	struct resource resource;
	struct object_ref target, autoscaler;
	const char *phase;           /* "Progressing"; "" before the controller has seen it */
	int weight, iterations, failed_checks; /* status */
	const char *applied_spec, *promoted_spec; /* lastAppliedSpec, lastPromotedSpec */
	int64_t moved_ms;            /* status.lastTransitionTime */
	int64_t check_ms;            /* spec.analysis.interval */
	int threshold, max_weight, step_weight, step_iterations; /* spec.analysis; 0: not set */
	uint16_t step_count;         /* spec.analysis.stepWeights */
	const char *steps;           /* the same, "5,10,50" */
	const char *metrics;         /* names joined by "," */
	const char *gates;           /* types of webhooks that wait for a yes: "confirm-rollout,…" */
	unsigned skip_analysis : 1;

	/* Kept by the model. */
	char *target_key;            /* "Deployment/namespace/name"; owned */
};

enum argo_step_kind { ARGO_STEP_WEIGHT, ARGO_STEP_PAUSE, ARGO_STEP_ANALYSIS, ARGO_STEP_EXPERIMENT, ARGO_STEP_OTHER };

struct argo_step {
	enum argo_step_kind kind;
	int value;                   /* weight in percent; seconds of a pause, -1: until somebody says so */
};

/*
 * What an Argo Rollout has beside a workload's counts; hangs on struct workload as `argo`. Its phase
 * counts only while argo_is_observed.
 */
struct argo_rollout {
	int step;                     /* status.currentStepIndex; -1: none */
	int weight, stable_weight;    /* status.canary.weights; -1: none */
	const char *phase, *message;  /* status.phase: "Healthy", "Progressing", "Paused", "Degraded" */
	const char *observed;         /* status.observedGeneration: a string there */
	const char *current_hash, *stable_hash; /* status.currentPodHash, stableRS */
	const char *preview_hash, *active_hash; /* blueGreen.previewSelector, activeSelector */
	const char *pause_reason;     /* of the first of status.pauseConditions: "CanaryPauseStep", … */
	int64_t paused_ms;            /* its startTime */
	int64_t aborted_ms;           /* status.abortedAt */
	const char *analysis_run;     /* name of the AnalysisRun under way: canary or blue-green; "" none */
	const char *analysis_status;  /* its status word as the Rollout repeats it */
	struct argo_step *steps;
	uint16_t step_count;
	unsigned aborted : 1;         /* status.abort */
	unsigned controller_pause : 1;
	unsigned blue_green : 1;
	unsigned promote_full : 1;
	unsigned from_workload : 1;   /* spec.workloadRef: the template is of another object */
	struct object_ref workload;   /* spec.workloadRef */
	struct condition healthy, invalid, completed;
};

struct workload;
/* Percent of the traffic (without a router: of the pods) that the steps ask for by now; -1: not known. */
int argo_weight(const struct argo_rollout *argo);
/* Whether status.phase speaks of the present spec. */
int argo_is_observed(const struct workload *workload);

struct metric_result {
	int successful, failed, inconclusive, error;
	const char *name, *phase, *message; /* "Successful", "Failed", "Error", "Inconclusive", "Running" */
	const char *value;            /* of its last measurement */
};

struct analysis_run {
	struct resource resource;     /* its owner is the Rollout */
	const char *phase, *message;
	int64_t started_ms, completed_ms;
	struct metric_result *metrics;
	uint16_t metric_count;
};

struct scaled_object {
	struct resource resource;     /* suspended: paused by an annotation */
	struct object_ref target;     /* kind "Deployment" when none is said */
	const char *hpa;              /* status.hpaName */
	int min, max;                 /* spec.minReplicaCount, maxReplicaCount; -1: not set */
	int paused_replicas;          /* of the annotation, else the status; -1: none */
	int64_t active_ms;            /* status.lastActiveTime */
	const char *failing;          /* triggers whose health is not Happy, joined by "," */
	const char *triggers;         /* types joined by "," */

	/* Kept by the model. */
	char *target_key;             /* as in struct canary */
};

struct action_set {
	struct resource resource;
	const char *state;            /* "pending", "running", "complete", "failed" */
	const char *action, *phase, *phase_state; /* of the first action that is not complete, else the last */
	char *error;                  /* owned, sanitised; may be NULL */
	int percent;                  /* -1: not said */
};

struct terraform {
	struct resource resource;
	struct object_ref source;
	const char *path, *approve;   /* spec.approvePlan: "", "auto" or a plan's name */
	const char *plan_pending, *plan_applied; /* status.plan */
	const char *planned, *attempted, *applied; /* last…Revision */
	int64_t drift_ms;             /* status.lastDriftDetectedAt */
	const char *lock;             /* status.lock.pending */
	struct object_refs depends_on;
	struct inventory inventory;
};

/* Image automation and notification: conditions, suspension, and one line of what it is about. */
struct flux_other {
	struct resource resource;
	const char *about;            /* "registry/app", "slack", "main" */
	const char *revision;         /* lastPushCommit, latest image; "" when the kind has none */
	struct object_ref source;
};

/* The census of what is held asks for these. */
struct cronjob {
	struct resource resource;
	const char *schedule;
	int64_t last_ms;              /* status.lastScheduleTime */
	int active;                   /* jobs running */
};

/* How many pods may be evicted; a drain waits while it is none. */
struct disruption_budget {
	struct resource resource;
	const char *selector;         /* spec.selector.matchLabels, "app=web,tier=front"; "" when it says more, or nothing */
	int allowed, healthy, wanted, expected; /* status; -1: not said */
};

/*
 * What is there in one word each, whatever the kind. `revision` is what is applied or fetched, "" when
 * nothing is. `ready` is the word of `flux get`: "True", "False", "Unknown"; "" without a Ready.
 */
const char *flux_revision(const struct object *object);
const char *flux_attempted(const struct object *object);
const char *flux_ready(const struct object *object);
/* Why: the message of Ready, else of what is not well. Never NULL. */
const char *flux_message(const struct object *object);
/* The source it takes what it applies from; kind "" for none. A NULL namespace never happens. */
const struct object_ref *flux_source_of(const struct object *object);
const struct object_refs *flux_depends_on(const struct object *object); /* never NULL */
const struct inventory *flux_inventory(const struct object *object);    /* never NULL */

#endif

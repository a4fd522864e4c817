/* SPDX-License-Identifier: MIT */
#ifndef MODEL_WORKLOAD_H
#define MODEL_WORKLOAD_H

#include <stdint.h>

#include "model/condition.h"
#include "model/object.h"
#include "model/resource.h"

struct service;
struct owner;
struct argo_rollout;

/*
 * A Deployment, StatefulSet, DaemonSet or Argo Rollout. Counts are the object's own (spec and status), as kubectl prints them. DaemonSets map
 * desiredNumberScheduled, numberReady, updatedNumberScheduled and numberAvailable.
 */
struct workload {
	struct object object;
	const char *service; /* interned: the service label, or "" */
	const char *team;    /* interned: the team label, or "" */
	const char *images;  /* interned: of the template's containers, joined by "," */
	const char *revision; /* interned: Deployment's revision annotation; update revision of the others */
	const char *selector; /* interned: spec.selector.matchLabels, "app=web,tier=front"; "" when it says more */
	const char *current_revision; /* interned: StatefulSet's status.currentRevision */
	struct label *labels;
	uint16_t label_count;
	int desired;         /* spec.replicas (absent: 1), or desiredNumberScheduled */
	int replicas, ready, updated, available, current;
	int partition;       /* StatefulSet rollingUpdate.partition */
	int64_t generation, observed;
	unsigned paused : 1;
	unsigned on_delete : 1;    /* updateStrategy OnDelete: rollout status refuses to judge */
	unsigned has_partition : 1;
	unsigned disabled : 1;     /* kustomize.toolkit.fluxcd.io/reconcile: disabled */
	struct hold *hold;         /* of a paused or disabled one: who did it; NULL: not known */
	struct object_ref applied_by, managed_by; /* by Flux' labels; by its ownerReferences */
	struct argo_rollout *argo; /* of a Rollout: the rest, see model/flux.h; NULL for the others */
	struct condition progressing, is_available, failure; /* Deployment conditions; failure: ReplicaFailure */

	/* Kept by the model. */
	struct service *joined;
	struct owner *owner; /* this object as owner of others */
};

/* A ReplicaSet, from its metadata alone. */
struct replicaset {
	struct object object;
	const char *owner_uid;  /* interned: of its controller; "" without */
	const char *revision;   /* interned: deployment.kubernetes.io/revision, or "" */
	const char *hash;       /* interned: pod-template-hash, or "" */
	struct owner *owner, *parent;
};

/* The ReplicaSet of the workload that has this pod-template-hash, or, with a NULL hash, the one of its
 * present revision. NULL: there is none (yet), or the kind has none. */
const struct replicaset *workload_replicaset(const struct workload *workload, const char *hash);

struct hpa {
	struct object object;
	const char *target_kind, *target_name; /* interned */
	int min, max, current, desired;
	struct condition active, limited; /* ScalingActive, ScalingLimited */
	const char *owner_kind, *owner_name; /* interned: its controller, such as a ScaledObject; "" without */

	/* Kept by the model. */
	struct workload *target; /* may be NULL */
	char *target_key;        /* "Kind/namespace/name"; owned */
};

struct namespace {
	struct object object;
	const char *team; /* interned; "" without the label */
};

struct node {
	struct object object;
	const char *zone; /* interned */
	char ready;       /* 'T', 'F', 'U' */
	unsigned cordoned : 1;
	const char *reason; /* interned: why it is not ready */
};

/* An event about an object (core/v1), or our own note in the timeline. */
struct event {
	struct object object;
	const char *about_kind, *about_name, *about_uid; /* interned */
	const char *reason;  /* interned */
	char *message;       /* owned, sanitised, at most 512 bytes */
	int count;
	int64_t last_ms;
	unsigned warning : 1;

	/* Kept by the model: a warning is counted for a service, or waits for what it is about. */
	struct service *counted;
	struct event *next, **link;
	int64_t waits_until_ms;
};

#endif

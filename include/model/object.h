/* SPDX-License-Identifier: MIT */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include <stdint.h>

#include "base/intern.h"

/*
 * What every Kubernetes object in the model starts with. An object is immutable once it was put
 * into its cluster: a change is a new object that replaces the old one, so that aggregates are kept
 * by "take the old one's share out, put the new one's in".
 */
enum object_kind {
	OBJECT_NAMESPACE,
	OBJECT_NODE,
	OBJECT_DEPLOYMENT,
	OBJECT_STATEFULSET,
	OBJECT_DAEMONSET,
	OBJECT_REPLICASET,
	OBJECT_HPA,
	OBJECT_POD,
	OBJECT_EVENT,
	OBJECT_ROLLOUT, /* Argo's: a workload */
	/* From here on each begins with a struct resource: model/resource.h. */
	OBJECT_CRONJOB,
	OBJECT_PDB, /* PodDisruptionBudget */
	OBJECT_GITREPOSITORY,
	OBJECT_OCIREPOSITORY,
	OBJECT_BUCKET,
	OBJECT_HELMREPOSITORY,
	OBJECT_HELMCHART,
	OBJECT_KUSTOMIZATION,
	OBJECT_HELMRELEASE,
	OBJECT_CANARY,
	OBJECT_ANALYSISRUN,
	OBJECT_SCALEDOBJECT,
	OBJECT_ACTIONSET,
	OBJECT_TERRAFORM,
	OBJECT_IMAGEREPOSITORY,
	OBJECT_IMAGEPOLICY,
	OBJECT_IMAGEUPDATE,
	OBJECT_PROVIDER,
	OBJECT_ALERT, /* of Flux' notification-controller */
	OBJECT_RECEIVER,
	OBJECT_KINDS
};

/* What the model knows of a kind by itself: one row each, in kinds.c. */
enum kind_role {
	KIND_EXTRA,    /* rows do without it */
	KIND_SHOWN,    /* rows show something of it where the server has it */
	KIND_NEEDED,   /* rows are not true without it */
	KIND_WORKLOAD, /* the rows themselves */
};

struct kind_row {
	const char *word;   /* "Deployment" */
	const char *plural; /* "deployments", the resource's name in paths and rights */
	const char *group;  /* "apps"; "" for core */
	const char *area;   /* what it is called among others in a few words: "flux"; NULL: its plural */
	enum kind_role role;
	int optional;       /* a server without it is none the worse: it is looked for after the rows */
};
extern const struct kind_row kind_rows[OBJECT_KINDS];

enum object_kind kind_find(const char *word); /* OBJECT_KINDS when there is none */

struct object {
	enum object_kind kind;
	uint32_t epoch;        /* of the list that last saw it; see cluster_sweep */
	int64_t created_ms;    /* 0: not known */
	const char *namespace; /* interned; "" for cluster-scoped kinds */
	const char *name;      /* this and the strings below are of one block, freed with the object */
	const char *key;       /* "namespace/name", or "name": unique in its kind and cluster */
	const char *uid, *version; /* resourceVersion: opaque, compared for equality only */
};

/* Sets the identity of a zeroed object. Strings are copied. */
void object_init(struct object *object, enum object_kind kind, struct intern *pool, const char *namespace,
                 const char *name, const char *uid, const char *version);

/* A label of a workload; both interned. */
struct label {
	const char *key, *value;
};

#endif

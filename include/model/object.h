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
	OBJECT_KINDS
};

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

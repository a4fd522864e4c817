/* SPDX-License-Identifier: MIT */
#ifndef MODEL_RESOURCE_H
#define MODEL_RESOURCE_H

#include <stdint.h>

#include "model/condition.h"
#include "model/object.h"

/*
 * What every object that a controller reconciles starts with (Flux, Flagger, Argo Rollouts, KEDA,
 * Kanister, Terraform): identity, generations, conditions, tokens, suspension, and what applied it.
 * Strings that are pointers to const are interned, "" when absent, unless a comment says otherwise.
 * Nothing is derived: these are the object's own words, sanitised; readers judge.
 */

/* Written when something is held, so that everybody sees who holds it, why, and until when. */
#define ANNOTATION_HELD_BY "flagdeck.io/held-by"
#define ANNOTATION_HELD_WHY "flagdeck.io/held-why"
#define ANNOTATION_HELD_SINCE "flagdeck.io/held-since" /* RFC 3339 */
#define ANNOTATION_HELD_UNTIL "flagdeck.io/held-until" /* RFC 3339 */

/*
 * Who stopped an object, as far as it is known: from the annotations above, else from managedFields,
 * where the API server keeps which program set the field that holds it, and when. Interned; release
 * with hold_free.
 */
struct hold {
	const char *by;      /* "ann@laptop"; "" when no annotation says it */
	const char *why;
	const char *manager; /* the program: "flux", "kubectl-edit", "kustomize-controller"; "" not known */
	int64_t since_ms, until_ms; /* 0: not known; no end */
};

/* A reference to another object of the same cluster. `kind` is "" when there is none. */
struct object_ref {
	const char *kind, *namespace, *name;
};

struct named_condition {
	const char *type;
	struct condition is;
};

struct resource {
	struct object object;
	int64_t generation;
	int64_t observed;           /* status.observedGeneration; -1 when the status has none */
	struct named_condition *conditions;
	uint16_t condition_count;
	unsigned suspended : 1;     /* spec.suspend, or what it is called in this kind */
	unsigned disabled : 1;      /* kustomize.toolkit.fluxcd.io/reconcile: disabled */
	unsigned has_status : 1;    /* a controller has written something */
	int64_t interval_ms;        /* 0: none is set */
	int64_t deleted_ms;         /* metadata.deletionTimestamp; 0: not being deleted */
	const char *finalizers;     /* joined by "," */
	const char *requested;      /* annotation reconcile.fluxcd.io/requestedAt */
	const char *handled;        /* status.lastHandledReconcileAt */
	struct object_ref applied_by; /* by the labels {kustomize,helm}.toolkit.fluxcd.io/{name,namespace} */
	struct object_ref owner;    /* metadata.ownerReferences: the controller, else the first */
	const char *owner_uid;
	struct hold *hold;          /* NULL: nothing is said about who holds it */
};

/* The condition of that type; one whose status is ' ' when the object has none. Never NULL. */
const struct condition *resource_condition(const struct resource *resource, const char *type);
/* Whether the status speaks of the present spec, as far as the kind says that at all. */
int resource_is_observed(const struct resource *resource);
/* The struct resource of an object, or NULL when its kind has none (Pod, Deployment, …). */
const struct resource *resource_of(const struct object *object);
int kind_is_resource(enum object_kind kind);

/* For decoders and tests. */
void hold_free(struct intern *pool, struct hold *hold); /* NULL is fine */
void ref_release(struct intern *pool, struct object_ref *ref);

#endif

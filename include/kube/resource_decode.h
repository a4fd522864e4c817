/* SPDX-License-Identifier: MIT */
#ifndef KUBE_RESOURCE_DECODE_H
#define KUBE_RESOURCE_DECODE_H

#include "kube/decode.h"
#include "model/resource.h"

/*
 * Decoders' common part for objects that begin with a struct resource, and the fields it reads. As
 * all of decode.h: nothing is trusted, what is absent is "" or 0.
 */
#define METADATA_FIELDS \
	"metadata name", "metadata namespace", "metadata uid", "metadata creationTimestamp"
#define HELD_FIELDS \
	"metadata annotations " ANNOTATION_HELD_BY, "metadata annotations " ANNOTATION_HELD_WHY, \
	"metadata annotations " ANNOTATION_HELD_SINCE, "metadata annotations " ANNOTATION_HELD_UNTIL, \
	"metadata annotations kustomize.toolkit.fluxcd.io/reconcile"
/* `field`: the one whose last writer is told as who holds it: "f:spec f:suspend". */
#define MANAGER_FIELDS(field) \
	"metadata managedFields manager", "metadata managedFields time", "metadata managedFields fieldsV1 " field
#define RESOURCE_FIELDS \
	METADATA_FIELDS, HELD_FIELDS, "metadata generation", "metadata deletionTimestamp", "metadata finalizers", \
	"metadata labels kustomize.toolkit.fluxcd.io/name", "metadata labels kustomize.toolkit.fluxcd.io/namespace", \
	"metadata labels helm.toolkit.fluxcd.io/name", "metadata labels helm.toolkit.fluxcd.io/namespace", \
	"metadata annotations reconcile.fluxcd.io/requestedAt", "metadata ownerReferences kind", \
	"metadata ownerReferences name", "metadata ownerReferences uid", "metadata ownerReferences controller", \
	"spec interval", "spec suspend", "status observedGeneration", "status conditions", \
	"status lastHandledReconcileAt", MANAGER_FIELDS("f:spec f:suspend")

/* A zeroed object of `size` bytes with its head filled; NULL and err without a name. */
void *decode_resource(const struct decode *decode, const struct cJSON *json, enum object_kind kind, size_t size,
                      struct err *err);
/* Who holds the object: notes of people first, then who set `field` ("f:spec/f:suspend"; "@name": the
 * annotation `name`; NULL: not asked). NULL when nothing is known. */
struct hold *decode_hold(const struct decode *decode, const struct cJSON *json, const char *field);
int decode_is_disabled(const struct cJSON *json);
/* What applied the object, by Flux' labels: a HelmRelease, else a Kustomization. */
void decode_applied_by(const struct decode *decode, const struct cJSON *json, struct object_ref *ref);
/* {kind, namespace, name} of `json`; what is not said is `kind` and `namespace`. Absent: all "". */
void decode_ref(const struct decode *decode, const struct cJSON *json, const char *kind, const char *namespace,
                struct object_ref *ref);
/* Its controller, else its first owner; `uid` may be NULL. */
void decode_owner(const struct decode *decode, const struct cJSON *json, struct object_ref *ref, const char **uid);
/* Go's durations: "1h30m0s", "500ms". 0 when there is none, or it is none. */
int64_t decode_duration(const struct cJSON *json, const char *path);
const char *decode_word(const struct decode *decode, const struct cJSON *json, const char *path);
/* A string of an annotation, whose name holds slashes. */
const char *decode_annotation(const struct cJSON *json, const char *name);

#endif

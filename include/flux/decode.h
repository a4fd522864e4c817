/* SPDX-License-Identifier: MIT */
#ifndef FLUX_DECODE_H
#define FLUX_DECODE_H

#include "kube/resource_decode.h"
#include "model/flux.h"

/*
 * Decoders as in kube/decode.h, and as tolerant: a status that somebody edited by hand, a condition
 * that nobody knows, a revision of any shape become what they say or nothing. Lists are bounded.
 */
struct object *gitrepository_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *ocirepository_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *bucket_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *helmrepository_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *helmchart_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *kustomization_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *helmrelease_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *canary_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *rollout_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *analysisrun_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *scaledobject_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *actionset_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *terraform_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *imagerepository_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *imagepolicy_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *imageupdate_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *provider_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *alert_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *receiver_decode(const struct decode *decode, const struct cJSON *json, struct err *err);

/* For these decoders. */
enum { REFS_MAX = 256, HISTORY_MAX = 16 };

/* Items of an array, at most `max`; 0 when it is none. */
int decode_length(const struct cJSON *list, int max);
/* References of a list; what an item does not say is `kind` and `namespace`. */
void decode_refs(const struct decode *decode, const struct cJSON *list, const char *kind, const char *namespace,
                 struct object_refs *refs);
void decode_inventory(const struct decode *decode, const struct cJSON *json, struct inventory *inventory);
/* A number that may be written as text; `fallback` when it is neither, or negative. */
int decode_number(const struct cJSON *json, const char *path, int fallback);

#endif

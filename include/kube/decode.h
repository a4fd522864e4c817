/* SPDX-License-Identifier: MIT */
#ifndef KUBE_DECODE_H
#define KUBE_DECODE_H

#include "kube/kind.h"
#include "model/workload.h"

/*
 * Decoders: the JSON of one object, reduced to its kind's fields, becomes an object of the model.
 * They trust nothing: what is missing or of another type counts as absent, numbers saturate, text
 * is sanitised. Only an object without a name fails.
 */
struct object *namespace_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *node_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *deployment_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *statefulset_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *daemonset_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *replicaset_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *pod_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *hpa_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *cronjob_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *budget_decode(const struct decode *decode, const struct cJSON *json, struct err *err);
struct object *event_decode(const struct decode *decode, const struct cJSON *json, struct err *err);

/* For decoders: text of a JSON string, sanitised and interned; "" when absent. */
const char *decode_intern(const struct decode *decode, const char *text);
/* A sanitised copy of at most max bytes to free(); NULL when absent or empty. */
char *decode_copy(const char *text, size_t max);
/* Sanitised into out; "" when absent. */
void decode_text(char *out, size_t size, const char *text);
/* A count: 0 to a thousand million, whatever the server writes. */
int decode_count(const struct cJSON *json, const char *path, int fallback);
/* `member` of each item of a list, joined by "," and interned; what does not fit into room is left out. */
const char *decode_joined(const struct decode *decode, const struct cJSON *list, const char *member, char *room,
                          size_t size);
/* matchLabels of a selector as one interned word, "a=b,c=d"; "" when it is empty or has expressions. */
const char *decode_selector(const struct decode *decode, const struct cJSON *selector);
/* Fills `object`'s identity from the metadata; fails without a name. */
int decode_identity(const struct decode *decode, const struct cJSON *json, enum object_kind kind,
                    struct object *object, struct err *err) MUST_USE;
/* uid of the owner that is the controller; "" without. Writes to out. */
void decode_controller(const struct cJSON *json, char *out, size_t size);
/* What the kinds that fill a struct workload have in common. `kind` is one of them. */
struct workload *workload_decode(const struct decode *decode, const struct cJSON *json, enum object_kind kind,
                                 struct err *err);
void decode_condition(const struct decode *decode, const struct cJSON *status, const char *type,
                      struct condition *condition);
/* When an event last happened. core/v1 says it in one of four places. */
int64_t decode_event_time(const struct cJSON *json);

#endif

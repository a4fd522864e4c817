/* SPDX-License-Identifier: MIT */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "agenda.h"
#include "api_state.h"
#include "plan.h"

/*
 * A cluster with its controllers. They work as the real ones do: told that an object changed, they
 * read it, compare what it wants with what there is, and write. All state is in the objects, so what
 * any client writes counts.
 */
enum pod_life { LIFE_WELL, LIFE_CRASH, LIFE_OOM, LIFE_PULL, LIFE_SLOW, LIFE_UNREADY, LIFE_UNSCHEDULABLE };

/* What a story says of a release: how its pods fare, and how the service answers. */
struct verdict {
	char *service, *tag; /* tag NULL: any */
	int cluster;         /* -1: in all */
	enum pod_life life;
	double errors, slower; /* added share of errors; factor of latency, 0: 1 */
};

struct stage {
	struct api *api;
	int number;
	const struct plan *plan;
	struct agenda *agenda;
	const struct vec *verdicts; /* struct verdict * */
	uint64_t dice;              /* of what has no other reason */
	uint64_t events, pods;
};

/* Tells the controllers that an object changed. */
void stage_observe(struct stage *stage, const struct table *table, const struct change *change);
/* A client deletes an object: 1 when a controller does it in its own time. */
int stage_deleting(struct stage *stage, const struct table *table, const struct doc *doc);

/* An object as JSON to free with cJSON_Delete; NULL: there is none. `plural` as in api_get. */
cJSON *stage_get(const struct stage *stage, const char *plural, const char *key);
struct table *stage_table(const struct stage *stage, const char *plural);
/* Stores and frees it; a changed spec is a new generation. */
void stage_put(struct stage *stage, const char *plural, cJSON *object);
void stage_remove(struct stage *stage, const char *plural, const char *key);
/* Those whose key begins with `prefix` and whose first owner has that uid, as JSON (cJSON *, to delete), in order. */
void stage_owned(const struct stage *stage, const char *plural, const char *prefix, const char *uid, struct vec *out);

void stage_stamp(const struct stage *stage, char out[32]); /* now */
double stage_dice(struct stage *stage, double from, double to);
/* "Normal" or "Warning" about an object, which is JSON with its kind given. */
void stage_event(struct stage *stage, const cJSON *about, const char *api_version, const char *kind,
                   const char *component, int warns, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 8, 9)));
const struct verdict *stage_verdict(const struct stage *stage, const char *service, const char *tag);

/* JSON helpers of the controllers. */
const char *text_of(const cJSON *object, const char *name); /* a member whose name may hold slashes; NULL: no text */
void set_text(cJSON *object, const char *name, const char *value);
void set_number(cJSON *object, const char *name, double value);
cJSON *sub_object(cJSON *object, const char *name); /* made when it is missing */
int owner_is(const cJSON *object, const char *uid);
/* A condition set as Kubernetes does: the transition's time moves with the status only. Returns 1 when anything changed. */
int set_condition(cJSON *status, const char *type, const char *state, const char *reason, const char *message,
                  const char *now, int with_update_time);
const char *image_tag(const char *image); /* "" without one */

/* deployment.c, replicas.c, pods.c: each is told of changes. `key` is "namespace/name". */
void deployment_sync(void *stage, const char *key);
void replica_set_sync(void *stage, const char *key);
void stateful_set_sync(void *stage, const char *key);
void pod_step(void *stage, const char *key);
void pod_end(struct stage *stage, const char *key); /* as when it is deleted: gone after its grace */
/* canary.c, rollout.c */
void canary_gone(struct stage *stage, const char *key);
void canary_sync(void *stage, const char *key);
void rollout_sync(void *stage, const char *key);
/* A new pod from a template; the template and owner are copied. */
void pod_make(struct stage *stage, const cJSON *owner, const char *api_version, const char *kind, const char *name,
              const cJSON *template);

#endif

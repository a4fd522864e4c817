/* SPDX-License-Identifier: MIT */
#ifndef SIM_DELIVERY_H
#define SIM_DELIVERY_H

#include "origin.h"
#include "stage.h"

/*
 * Flux in one cluster: a GitRepository, a Kustomization for what all share and one for each
 * namespace, a HelmRelease for each service. What they have done is in their objects' status; what
 * they are doing, and the texts that they have applied, is here.
 */
enum release_phase { RELEASE_IDLE, RELEASE_PREPARES, RELEASE_RUNS, RELEASE_ROLLS_BACK };

struct release {
	const struct plan_service *service;
	enum release_phase phase;
	cJSON *values;   /* those that run; NULL: those of the first snapshot */
	cJSON *coming;   /* those that are being rolled out */
	double deadline; /* agenda_seconds */
	char digest[72]; /* of what is coming */
	int force, failures;
};

struct application { /* a Kustomization */
	const char *name;           /* its namespace's, or "infrastructure" */
	struct snapshot *applied;   /* what its objects are like */
	struct snapshot *attempted; /* what it works on, or tried last; NULL: nothing since the first */
	int busy;
	double deadline;
	struct vec waits;           /* struct release *: it waits for them to be ready */
};

struct delivery {
	struct stage *stage;
	const char *env, *region, *cluster, *url;
	struct origin *origin;
	struct snapshot *first, *artifact;
	struct release *releases;      /* one for each service of the plan, in its order */
	struct application *applications;
	size_t application_count;      /* the first one is infrastructure */
	int fetching;
};

/* Fills in Flux' objects, ready since long, and starts its controllers. `trouble`: why there is no repository, or NULL. */
void delivery_init(struct delivery *delivery, const char *trouble);
void delivery_release(struct delivery *delivery);
void delivery_pushed(struct delivery *delivery); /* the repository's head moved */
/* An object of Flux was written, perhaps by a client. */
void delivery_observe(struct delivery *delivery, const struct table *table, const struct doc *doc);

/* delivery_write.c: the objects as they are to begin with. */
void delivery_fill(struct delivery *delivery, const char *trouble);
void revision_of(const struct snapshot *snapshot, char *out, size_t size); /* "main@sha1:..." */
/* The names of the ConfigMaps that hold a service's values, by what is in them. */
void shared_map_name(const struct delivery *delivery, const struct snapshot *snapshot, char *out, size_t size);
void own_map_name(const struct delivery *delivery, const struct snapshot *snapshot, const char *service, char *out, size_t size);
/* The ConfigMap as JSON; `service` NULL: the one that a namespace's services share. */
cJSON *values_map(const struct delivery *delivery, const struct snapshot *snapshot, const char *namespace, const char *service);

/* source.c, application.c, release.c */
void source_sync(void *delivery, const char *key);
void application_sync(void *delivery, const char *key); /* the key is a Kustomization's name */
void release_sync(void *delivery, const char *key);     /* "namespace/name" */
struct application *application_find(const struct delivery *delivery, const char *name);
struct release *release_find(const struct delivery *delivery, const char *namespace, const char *name);
/* What `flux reconcile` asks for: the annotation's value when it was not handled yet, else NULL. */
const char *asked_for(const cJSON *object, const char *annotation, const char *handled);
void handled_set(cJSON *object); /* notes that it is */
void flux_condition(cJSON *object, const char *type, const char *state, const char *reason, const char *now, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void condition_drop(cJSON *status, const char *type);
int is_suspended(const cJSON *object);

/* render.c: makes the objects of a service what the values say, where they said something else before (NULL: nothing). */
void render(struct stage *stage, const struct plan_service *service, const cJSON *before, const cJSON *after);
/* 1: the workload runs what it should, -1: it cannot, 0: not yet. */
int workload_state(const struct stage *stage, const struct plan_service *service);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SIM_SETS_H
#define SIM_SETS_H

#include "stage.h"

/* The ReplicaSets of a workload, for the controllers of Deployments and Rollouts, which name their marks differently. */
struct set_marks {
	const char *api_version, *kind; /* of the owner */
	const char *hash;               /* the label that tells its sets apart */
	const char *revision;           /* the annotation that numbers them */
};
extern const struct set_marks deployment_marks, rollout_marks;

struct set {
	cJSON *json;
	int wanted, replicas, ready, available;
	long revision;
	int dirty;
};

/* In the order of their revisions; free with sets_free. */
struct set *sets_read(const struct stage *stage, const struct set_marks *marks, const char *key, const char *uid, size_t *count);
void sets_free(struct set *sets, size_t count);
void sets_store(struct stage *stage, const struct set *sets, size_t count); /* those that are dirty */
/* Whether it is of that template; its own has one label more. */
int set_is_of(const struct set *set, const struct set_marks *marks, const cJSON *template);
const char *set_hash(const struct set *set, const struct set_marks *marks);
/* Stores a set without pods for the owner's template. `hash` gets its name's end. */
void set_make(struct stage *stage, const struct set_marks *marks, const cJSON *owner, long revision, char hash[12]);
void set_scale(struct stage *stage, const struct set_marks *marks, const cJSON *owner, struct set *set, int wanted);
long revision_read(const cJSON *object, const struct set_marks *marks);
void revision_write(cJSON *object, const struct set_marks *marks, long revision);
void template_hash(const cJSON *template, char hash[12]);

#endif

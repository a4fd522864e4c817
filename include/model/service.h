/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include <stdint.h>

#include "base/text.h"
#include "base/vec.h"
#include "model/reason.h"
#include "model/resource.h"
#include "model/rollout.h"

struct cluster;
struct workload;
struct hpa;
struct pod;
struct event;
struct service_metrics;

/*
 * Health: one ordered table in health.c, the first row that matches wins; "trouble first" sorts by
 * that order. The table also feeds the help screen and the tests.
 */
enum health {
	HEALTH_DOWN,
	HEALTH_DEGRADED,
	HEALTH_PROGRESSING,
	HEALTH_PAUSED,
	HEALTH_UNKNOWN,
	HEALTH_OK,
	HEALTH_LEVELS
};

/*
 * What applies a service: a HelmRelease or Kustomization, found by Flux' labels, else an inventory,
 * else the owner of its workload; and the Kustomization that applied that HelmRelease. Kinds are ""
 * where there is none; the objects themselves may not be there (yet): ref_resolve.
 */
struct service_flux {
	struct object_ref by, above;
	const char *revision; /* the Git revision that is applied, where there is one, else by's own; interned */
	char ready;           /* of `by`: 'T', 'F', 'U', ' ' */
	unsigned suspended : 1;       /* `by` is */
	unsigned above_suspended : 1; /* so no commit comes down to it */
};

struct service;
struct canary;
struct scaled_object;
struct health_row {
	enum health health;
	const char *key;  /* "crash-loop" */
	const char *help; /* for people: when this row matches */
	int (*matches)(const struct service *service);
	void (*describe)(const struct service *service, struct text *out); /* the reason in words */
};

extern const struct health_row health_rows[];
extern const size_t health_row_count;
extern const char *const health_words[HEALTH_LEVELS]; /* "down", "degraded", … as in the JSON */

/*
 * One row of the fleet table: (cluster, namespace, service label, else workload name), joined from
 * workloads, their ReplicaSets, pods and HPA. Sums are over its workloads. Readers see it const;
 * every field is up to date after fleet_settle.
 */
struct service {
	struct cluster *cluster;
	const char *namespace, *name; /* interned */
	char *key;                    /* "cluster/namespace/name", unique in the fleet */
	struct vec workloads;         /* struct workload *, in order of name */
	struct hpa *hpa;              /* of its first workload that has one; may be NULL */
	const struct canary *canary;  /* the same */
	const struct scaled_object *scaler;

	/*
	 * Counted in O(1) per pod event. Finished pods (Succeeded, Failed) count nowhere, terminating
	 * ones only as such; by_reason[REASON_NONE] are the pods that are well.
	 */
	int pods, pods_ready, pods_terminating;
	int64_t restarts;
	uint32_t by_reason[REASON_COUNT];
	int warnings;         /* Warning events of the last hour that are about it */
	struct event *events; /* those events, unordered, by `next` */
	int alerts_firing, alerts_pending; /* about it, and neither silenced nor inhibited */
	struct service_metrics *metrics; /* model/metrics.h; NULL: nobody measures it */

	/* Derived by fleet_settle. */
	int desired, replicas, ready, updated, available;
	int64_t generation, observed; /* of the first workload */
	const char *kind;             /* "Deployment", …; "mixed" for several kinds */
	const char *flags;            /* letters of the flags that are on, "HP··"; NULL or "": not known; interned */
	const char *team, *images, *revision; /* interned strings of the workloads; "" when absent */
	struct service_flux flux;
	struct rollout rollout;       /* the worst phase of the workloads, or of its Canary */
	enum reason worst;            /* the worst reason of its pods */
	enum health health;
	uint16_t health_row;          /* index into health_rows */
	char reason[160];             /* the health's words */
	int64_t changed_ms;           /* wall clock of the last change of health or phase */
	int64_t created_ms;           /* of the oldest workload */

	struct chain *chain;          /* the commit on its way here, see model/chain.h; NULL: not looked at yet */
	unsigned remembered : 1; /* from the last run's state, not yet confirmed: draw as old */
	unsigned rolling : 1;    /* rollout_is_moving, or not observed, for one of its workloads */
	uint64_t seen;           /* fleet version at which it last changed, its pods' details included */

	/* Kept by the model. */
	unsigned dirty : 1, stirred : 1, timed : 1, counted : 1, told : 1, told_update : 1;
	uint32_t place;          /* index in the fleet's services */
	uint64_t face;           /* digest of what is shown */
	int64_t due_ms;          /* wall clock at which its health changes by itself; 0: never */
	int64_t unready_ms;      /* creation of the oldest pod that is starting or not ready; 0: none */
	enum health told_health; /* last written to the timeline */
	uint64_t told_release;   /* digest of revision and images */
	struct service_share {   /* what the fleet's totals hold of it */
		enum health health;
		int rolling, pods, pods_ready;
	} share;
};

/* The row as remembered between runs. */
struct service_memory {
	const char *cluster, *namespace, *name, *kind, *team, *images, *revision, *reason;
	int desired, replicas, ready, updated, available, pods, pods_ready;
	int64_t restarts, generation, observed;
	enum health health;
	const char *health_key; /* of its row in health_rows; NULL: not known */
	struct rollout rollout;
	int64_t created_ms, saved_ms;
};

/* Calls `each` for every pod of the service; order unspecified. */
void service_each_pod(const struct service *service, void (*each)(void *arg, const struct pod *pod),
                      void *arg);
/* The worst pod: for messages and as the first in lists. NULL without pods. Looks at a bounded
 * number of pods. */
const struct pod *service_worst_pod(const struct service *service);
/* Whether the counts of pods mean something: the cluster's pods and ReplicaSets were read, or the row
 * is remembered. */
int service_knows_pods(const struct service *service);
/* Order by cluster (as configured), namespace and name: total. */
int service_compare_name(const struct service *a, const struct service *b);

#endif

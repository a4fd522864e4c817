/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FLEET_H
#define MODEL_FLEET_H

#include <stdint.h>

#include "base/clock.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/alert.h"
#include "model/metrics.h"
#include "model/object.h"
#include "model/resource.h"
#include "model/service.h"
#include "model/timeline.h"

/*
 * The model: all clusters and their services. Readers (view, check, command line) take it const;
 * the only writers are the sources, through model/writer.h. Single-threaded.
 */

/* The state of one watched kind of one cluster. */
enum sync {
	SYNC_IDLE,    /* not asked for yet */
	SYNC_SEEKING, /* of an optional kind: whether the server has it is being asked */
	SYNC_LISTING, /* first list under way; objects appear as pages come */
	SYNC_LIVE,    /* complete, and a watch is open */
	SYNC_STALE,   /* complete once; the connection is lost since `since_ms` */
	SYNC_FAILED,  /* never complete; the last attempt failed */
	SYNC_DENIED,  /* 403 */
	SYNC_ABSENT,  /* the server does not have this kind */
	SYNC_STATES
};

struct kind_state {
	enum sync sync;
	int complete;          /* a whole list was read at least once */
	int64_t since_ms;      /* wall clock of the last change of `sync` */
	int64_t heard_ms;      /* wall clock when the server last said anything on this kind */
	int64_t stale_ms;      /* wall clock when the connection was lost; 0 once live again */
	int64_t remaining;     /* objects the server has yet to send of a list; -1 unknown */
	uint32_t epoch;        /* of the current list */
	char error[240];       /* in words; "" when all is well */
};

/* A cluster as the header shows it: the worst of its kinds, workloads and pods first. */
enum link {
	LINK_CONNECTING,
	LINK_LIVE,
	LINK_STALE,
	LINK_DENIED,
	LINK_EXPIRED,
	LINK_UNREACHABLE,
	LINK_STATES
};

extern const char *const link_words[LINK_STATES]; /* "connecting", "live", "stale", "no permission", … */

struct cluster {
	struct fleet *fleet;
	const char *name;                /* the context's name, sanitised */
	const char *env, *region;        /* "" when the config says nothing */
	int protected;
	int configured_order;
	struct kind_state kinds[OBJECT_KINDS];
	struct map objects[OBJECT_KINDS]; /* object.key -> struct object * */
	struct map owners;               /* uid -> struct owner * */
	int expired;                     /* credentials refused; set by the source, with words in `error` */
	char error[240];                 /* connection trouble in words; "" when none */
	char unready[240];               /* why the server says it is not ready; "" when it is, or nothing is known */
	int64_t unready_ms;              /* wall clock when it was last known to be well, before that */
	int64_t ready_ms;                /* wall clock of the last good answer; 0: never asked */
	enum link link;                  /* derived by fleet_settle */
	int64_t link_since_ms;
	int services;                    /* rows of this cluster */
	int remembered;                  /* of them, rows of the last run */
	int64_t remembered_ms;           /* wall clock when those were saved; 0: none */
	struct cluster_metrics metrics;  /* how its Prometheus stands */
	struct cluster_alerts alerts;

	/* Kept by the model. */
	struct map scaled;               /* hpa.target_key -> struct hpa * */
	struct map applied;              /* id of an inventory -> struct object *, which applied it */
	struct map canaries;             /* canary.target_key -> struct canary * */
	struct map scalers;              /* scaled_object.target_key -> struct scaled_object * */
	int held;                        /* entries of the census, see model/census.h */
	struct event *waiting;           /* warnings about what is not known yet */
	int joined;                      /* something was joined since they were last looked at */
	int settled;                     /* its first sync is over */
	enum link told_link;             /* last written to the timeline */
};

struct fleet_totals {
	int services, by_health[HEALTH_LEVELS];
	int rolling; /* rollout progressing or waiting */
	int pods, pods_ready;
	int stale_clusters;
	int held; /* see model/census.h */
};

struct fleet {
	const struct clock *clock;
	struct intern *strings;
	struct vec clusters;   /* struct cluster *, in configured order */
	struct map by_key;     /* service.key -> struct service * */
	struct vec services;   /* struct service *, unordered */
	struct vec repositories; /* struct repository *, in configured order; see model/repository.h */
	struct vec dirty;      /* services to settle */
	struct vec timed;      /* services with a due_ms */
	int64_t warnings_due_ms; /* wall clock of the next look for warnings over an hour old */
	int stirred;           /* something outside of the services changed visibly */
	struct fleet_totals totals;
	int flagged;           /* a repository's flags are known */
	struct prices prices;  /* set by the app, from the configuration */
	int has_objectives;    /* likewise: there are service level objectives */
	struct timeline timeline;
	uint64_t version;      /* grows with every visible change */
	uint64_t membership;   /* grows when services come or go */
};

struct fleet *fleet_new(const struct clock *clock);
void fleet_free(struct fleet *fleet);

const struct service *fleet_find(const struct fleet *fleet, const char *cluster, const char *namespace,
                                 const char *name);
const struct cluster *fleet_cluster(const struct fleet *fleet, const char *name);
const struct object *cluster_object(const struct cluster *cluster, enum object_kind kind,
                                    const char *namespace, const char *name);
/* What a reference means; NULL when it is not there (yet), or of a kind that is not watched. */
const struct object *ref_resolve(const struct cluster *cluster, const struct object_ref *ref);
/* The service that a pod belongs to, or NULL while its owners are not known. */
const struct service *pod_service(const struct pod *pod);
/* Whether first rows (workloads), or everything the rows need (pods too), have come, or cannot come
 * as things stand. */
int cluster_has_rows(const struct cluster *cluster);
int cluster_is_complete(const struct cluster *cluster);
/* The same for every kind that is followed. */
int cluster_is_whole(const struct cluster *cluster);
/* Whether everything the rows need was read, but for what is denied or absent: the rows are true. */
int cluster_is_true(const struct cluster *cluster);
/* The header's words: "live", "stale 42s", "no permission: pods", "credentials expired", … */
void cluster_describe(const struct cluster *cluster, struct text *out);
/* Its present error in words, the worst one; nothing when all is well. */
void cluster_trouble(const struct cluster *cluster, struct text *out);
/* Whether its rows may be true no more: stale, unreachable or credentials expired. */
int cluster_is_old(const struct cluster *cluster);

#endif

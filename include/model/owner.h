/* SPDX-License-Identifier: MIT */
#ifndef MODEL_OWNER_H
#define MODEL_OWNER_H

#include "model/fleet.h"
#include "model/pod.h"
#include "model/workload.h"

/*
 * For src/model only: the tree that ownerReferences make, one node per uid. A node exists before
 * its object was seen, so that pods which come first have a place to wait. Each node sums its own
 * pods; a service is the sum of the nodes that lead to one of its workloads. When the way of a node
 * to a workload opens or breaks, its sum moves at once, however many pods it has.
 */
struct tally {
	int pods, ready, terminating;
	int64_t restarts;
	int32_t by_reason[REASON_COUNT];
};

struct crowd {
	struct tally tally;
	struct vec pods; /* struct pod *, each at its `place` */
};

struct owner {
	struct cluster *cluster;
	struct object *object;   /* NULL: not seen yet */
	struct owner *parent;    /* of a ReplicaSet */
	struct owner *children, *next, **link;
	struct service *service; /* where the chain ends; NULL: broken, or not known */
	struct crowd *crowd;     /* NULL: never had a pod */
	char uid[];
};

/* A chain longer than this is no chain: nothing in Kubernetes makes one, and a ring ends here. */
enum { OWNER_DEPTH = 4 };

/* owner.c. Ties a workload or ReplicaSet to the node of its uid; NULL when it has none, or when
 * another object claims the same. owner_detach takes it off again. */
struct owner *owner_attach(struct cluster *cluster, struct object *object);
void owner_detach(struct owner *owner);
/* Hangs the node under the one of that uid; "" takes it away. */
void owner_hang(struct owner *owner, const char *parent_uid);
/* Says which service a workload's node leads to; what hangs below follows. */
void owner_set_service(struct owner *owner, struct service *service);
void owner_free_all(struct cluster *cluster);

void pod_join(struct cluster *cluster, struct pod *pod);
void pod_leave(struct pod *pod);
/* `fresh` takes the place of `old`, which has the same owner. */
void pod_replace(struct pod *old, struct pod *fresh);

/* join.c: workloads, ReplicaSets, HPAs, namespaces and nodes; `old` is NULL for what is new, `fresh` for
 * what goes. */
void workload_change(struct cluster *cluster, struct workload *old, struct workload *fresh);
void replicaset_change(struct cluster *cluster, struct replicaset *old, struct replicaset *fresh);
void hpa_change(struct cluster *cluster, struct hpa *old, struct hpa *fresh);
void namespace_change(struct cluster *cluster, struct namespace *old, struct namespace *fresh);
void node_change(struct cluster *cluster, struct node *old, struct node *fresh);

/* flux_join.c: what applies a service, and what holds it. */
void flux_change(struct cluster *cluster, enum object_kind kind, struct object *old, struct object *fresh);
void flux_derive(struct service *service);

/* flux_tell.c: what happened between two states of an object, in the timeline. */
void flux_tell(struct cluster *cluster, const struct object *old, const struct object *fresh);
void canary_derive(struct service *service);

/* event.c: warnings. */
void event_change(struct cluster *cluster, struct event *old, struct event *fresh);
void events_let_go(struct service *service); /* a service goes: its warnings wait again */
void events_settle(struct fleet *fleet);     /* resolves those that wait, forgets those too old */

/* service.c */
/* Finds or makes it. */
struct service *service_take(struct cluster *cluster, const char *namespace, const char *name);
void service_free(struct service *service); /* and takes it out of the fleet */
void service_mark(struct service *service); /* to be settled; NULL does nothing */
void service_stir(struct service *service); /* and to be drawn, even when its sums are the same */
void service_derive(struct service *service);
uint64_t service_face(const struct service *service);
enum object_kind workload_kind(const char *word); /* OBJECT_KINDS when it is none of a workload */
/* Sets an interned field of a service, which holds a share of it. */
void service_set_word(struct service *service, const char **slot, const char *word);

/* health.c: health, reason and due_ms of a service whose other fields are derived. */
void health_derive(struct service *service);

/* object.c: as in object.key. Returns 0 when it does not fit. */
int object_key(char *out, size_t size, const char *namespace, const char *name);
void object_complete(struct object *object); /* strings that are NULL become "" */

static inline int kind_is_workload(enum object_kind kind)
{
	return kind < OBJECT_KINDS && kind_rows[kind].role == KIND_WORKLOAD;
}

/* link.c */
int cluster_derive(struct cluster *cluster);
/* What may not be read, for a sentence that says "no permission" already. */
void cluster_missing(const struct cluster *cluster, struct text *out); /* returns whether its link changed */
int cluster_workloads_are_known(const struct cluster *cluster);

#endif

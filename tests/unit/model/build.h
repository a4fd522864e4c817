/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MODEL_BUILD_H
#define TESTS_UNIT_MODEL_BUILD_H

/* Small clusters for tests: objects as a decoder would hand them over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/writer.h"

enum { NOW_MS = 1700000000 };
#define NOW (1000LL * NOW_MS)

static inline const char *word_of(struct fleet *fleet, const char *word)
{
	return intern_take(fleet->strings, word);
}

/* A resourceVersion that was never used before. */
static inline const char *next_version(struct fleet *fleet)
{
	static char room[32];
	static unsigned long count;
	(void)fleet;
	snprintf(room, sizeof(room), "%lu", ++count);
	return room;
}

/* A workload with all pods ready; change it before it is put. */
static inline struct workload *make_workload(struct cluster *cluster, enum object_kind kind,
                                             const char *namespace, const char *name, const char *uid,
                                             int desired)
{
	struct fleet *fleet = cluster->fleet;
	struct workload *w = mem_new(sizeof(*w));
	object_init(&w->object, kind, fleet->strings, namespace, name, uid, next_version(fleet));
	w->object.created_ms = NOW - 86400000;
	w->service = w->team = w->images = w->revision = w->current_revision = "";
	w->images = word_of(fleet, "registry.example/api:1.0");
	w->revision = word_of(fleet, "1");
	w->current_revision = word_of(fleet, "1");
	w->desired = w->replicas = w->ready = w->updated = w->available = w->current = desired;
	w->generation = w->observed = 1;
	w->progressing = w->is_available = w->failure = (struct condition){.status = ' ', .reason = ""};
	if (kind == OBJECT_DEPLOYMENT)
		w->progressing =
		    (struct condition){.status = 'T', .reason = word_of(fleet, "NewReplicaSetAvailable")};
	return w;
}

static inline void set_word(struct fleet *fleet, const char **slot, const char *word)
{
	intern_drop(fleet->strings, *slot);
	*slot = word_of(fleet, word);
}

static inline struct replicaset *make_replicaset(struct cluster *cluster, const char *namespace,
                                                 const char *name, const char *uid, const char *owner)
{
	struct fleet *fleet = cluster->fleet;
	struct replicaset *set = mem_new(sizeof(*set));
	object_init(&set->object, OBJECT_REPLICASET, fleet->strings, namespace, name, uid,
	            next_version(fleet));
	set->owner_uid = word_of(fleet, owner);
	set->revision = set->hash = "";
	return set;
}

/* A pod that is ready, unless a reason says otherwise. */
static inline struct pod *make_pod(struct cluster *cluster, const char *namespace, const char *name,
                                   const char *uid, const char *owner, enum reason reason)
{
	struct fleet *fleet = cluster->fleet;
	struct pod *pod = mem_new(sizeof(*pod));
	object_init(&pod->object, OBJECT_POD, fleet->strings, namespace, name, uid, next_version(fleet));
	pod->object.created_ms = NOW - 3600000;
	pod->owner_uid = word_of(fleet, owner);
	pod->node = word_of(fleet, "node-1");
	pod->ip = "";
	pod->status = word_of(fleet, reason == REASON_NONE ? "Running" : reasons[reason].word);
	pod->hash = "";
	pod->containers = word_of(fleet, "app");
	pod->reason = (uint8_t)reason;
	pod->ready = reason == REASON_NONE;
	pod->ready_containers = pod->ready;
	pod->total_containers = 1;
	return pod;
}

static inline struct event *make_event(struct cluster *cluster, const char *namespace, const char *name,
                                       const char *about_kind, const char *about_name, const char *about_uid)
{
	struct fleet *fleet = cluster->fleet;
	struct event *event = mem_new(sizeof(*event));
	object_init(&event->object, OBJECT_EVENT, fleet->strings, namespace, name, name, next_version(fleet));
	event->about_kind = word_of(fleet, about_kind);
	event->about_name = word_of(fleet, about_name);
	event->about_uid = word_of(fleet, about_uid);
	event->reason = word_of(fleet, "BackOff");
	event->message = mem_copy_string("Back-off restarting failed container");
	event->count = 1;
	event->last_ms = NOW;
	event->warning = 1;
	return event;
}

static inline void put(struct cluster *cluster, void *object)
{
	cluster_put(cluster, object);
}

/* All kinds are read to their end and watched. */
static inline void make_live(struct cluster *cluster)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		cluster_set_sync(cluster, kind, SYNC_LIVE, NULL);
}

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SIM_OBJECTS_H
#define SIM_OBJECTS_H

#include "base/buf.h"
#include "plan.h"

/*
 * The objects of a service as JSON text, without kind and apiVersion, as the store keeps them. A
 * `struct making` says whose and which; every writer puts one object at the end of `out`.
 */
struct making {
	const struct plan_service *service;
	const char *spec;      /* of its pods, as spec_write wrote it */
	uint64_t version;      /* the object's resourceVersion */
	int replicas, ready;
	char image[160];       /* the repository without a tag */
	char tag[64];
	char hash[12];         /* pod-template-hash */
	char created[32], changed[32];
	char workload_uid[40], set_uid[40];
};

/* Names, image and uids; the cluster's number keeps those of two clusters apart. */
void making_init(struct making *making, const struct plan_service *service, int cluster);

void spec_write(struct buf *out, const struct making *making); /* of a pod: members without braces */
void labels_write(struct buf *out, const struct making *making, const char *more);
void deployment_write(struct buf *out, const struct making *making);
void stateful_set_write(struct buf *out, const struct making *making);
void rollout_write(struct buf *out, const struct making *making);
void replica_set_write(struct buf *out, const struct making *making);
void autoscaler_write(struct buf *out, const struct making *making, int most, int cpu_percent);
/* A pod that has been running since `created`. */
void pod_write(struct buf *out, const struct making *making, const char *name, uint64_t number);
/* {"phase":"Running",...}: every condition true since then, the only container ready. */
void running_status_write(struct buf *out, const char *since, uint64_t number, const char *image, int restarts);
void event_write(struct buf *out, const struct making *making, const char *name, const char *pod, const char *uid);
void namespace_write(struct buf *out, const char *name, const char *team, uint64_t version, const char *created);
void node_write(struct buf *out, int number, const char *region, uint64_t version, const char *created);

#endif

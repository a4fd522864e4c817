/* SPDX-License-Identifier: MIT */
#ifndef APP_OPERATE_H
#define APP_OPERATE_H

#include "app/session.h"
#include "base/vec.h"
#include "ops/ops.h"

/*
 * What the console and the command line have in common when they change clusters: which objects are
 * meant, and the layer that acts on them.
 */

/* The operations of a session. The audit stays the caller's. */
struct ops *operate_ops(struct session *session, struct audit *audit, struct log *log, int read_only,
                        void (*changed)(void *arg), void *arg);

/* Requests on their way to a batch; release frees them. */
struct targets {
	struct op_request *items;
	size_t count, room;
	struct op_request common; /* verb and what a person said: copied into each that is added */
};

void targets_init(struct targets *targets, const struct op_request *common);
void targets_release(struct targets *targets);
/* Every object of the service that the verb is for. -1: it has none, and why. */
int targets_add_service(struct targets *targets, const struct service *service, struct err *err) MUST_USE;
int targets_add_object(struct targets *targets, const struct cluster *cluster, enum object_kind kind,
                       const char *namespace, const char *name, struct err *err) MUST_USE;
/* A kind as people write it: "Deployment", "deployments", "ks", "hr". OBJECT_KINDS when there is none. */
enum object_kind kind_of_person(const char *word);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_HEARTBEAT_H
#define KUBE_HEARTBEAT_H

#include "kube/client.h"
#include "model/writer.h"

/*
 * Asks a cluster's API server from time to time whether it is ready. A watch cannot tell: with etcd
 * dead the server keeps its watches open and says nothing, which looks like a quiet cluster. Two bad
 * answers in a row make the cluster's rows old, in words; a good one ends that. A server or proxy that
 * does not let us ask (401, 403, 404) says nothing either way and is asked again much later.
 */
struct heartbeat;

/* Seconds. Tests make them short. */
struct heartbeat_timing {
	double every;   /* between two questions */
	double again;   /* after a bad answer */
	double refused; /* after one that says that we may not ask */
};
extern const struct heartbeat_timing heartbeat_timing_default;

struct heartbeat_options {
	struct loop *loop;
	struct client *client;
	struct cluster *cluster;
	const struct heartbeat_timing *timing; /* NULL: the default */
	void (*changed)(void *arg);  /* the model was written; may be NULL */
	void (*recovered)(void *arg); /* well again after being old; may be NULL */
	void *changed_arg, *recovered_arg;
};

struct heartbeat *heartbeat_new(const struct heartbeat_options *options);
void heartbeat_free(struct heartbeat *heartbeat); /* before its client; NULL is fine */
void heartbeat_start(struct heartbeat *heartbeat); /* the first question comes after `every` */

#endif

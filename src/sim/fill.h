/* SPDX-License-Identifier: MIT */
#ifndef SIM_FILL_H
#define SIM_FILL_H

#include "plan.h"
#include "sim/api.h"

/* How a plan is spread over a cluster. */
struct filling {
	struct api *api;
	int cluster;            /* its number */
	const char *region;
	int pods_each;          /* -1: by traffic */
	const char *env;        /* whose values the services have */
	double share;           /* of the plan's traffic; development has little */
	uint64_t pods;          /* so far: what makes each differ */
};

/* Everything of the plan, running for as long as each has been. */
void fill_cluster(struct filling *filling, const struct plan *plan);
/* How many pods a service has there on an ordinary day. */
int fill_replicas(const struct filling *filling, const struct plan_service *service);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SIM_SIM_STATE_H
#define SIM_SIM_STATE_H

#include "autoscale.h"
#include "delivery.h"
#include "monitor.h"
#include "sim/sim.h"
#include "target.h"

/* What an API server's hooks need of its cluster. */
struct playing {
	struct sim *sim;
	int cluster;
};

struct sim {
	struct sim_options options;
	struct loop *loop;
	char *folder, *token, *url;
	struct plan plan;
	struct api *apis[SIM_CLUSTERS];
	struct agenda *agenda;
	struct stage stages[SIM_CLUSTERS];
	struct vec verdicts; /* struct verdict * */
	struct origin *origin;
	struct delivery deliveries[SIM_CLUSTERS];
	struct traffic traffic;
	struct monitor monitors[SIM_CLUSTERS];
	struct autoscaler autoscalers[SIM_CLUSTERS];
	struct target *target;
	struct playing playing[SIM_CLUSTERS];
};

#endif

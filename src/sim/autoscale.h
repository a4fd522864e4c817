/* SPDX-License-Identifier: MIT */
#ifndef SIM_AUTOSCALE_H
#define SIM_AUTOSCALE_H

#include "stage.h"
#include "traffic.h"

/*
 * The HorizontalPodAutoscaler's controller. Use follows from the traffic without reading an object, so
 * only an autoscaler whose target is off is read and written.
 */
struct autoscaler {
	struct stage *stage;
	const struct traffic *traffic;
	double *busy; /* for each service of the plan: when it last needed all its pods, in agenda_seconds */
};

void autoscale_init(struct autoscaler *autoscaler);
void autoscale_release(struct autoscaler *autoscaler);
void autoscale_look(void *autoscaler, const char *key); /* at all of them, and again later */
void autoscale_sync(void *autoscaler, const char *key); /* at the one of that key */

#endif

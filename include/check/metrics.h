/* SPDX-License-Identifier: MIT */
#ifndef CHECK_METRICS_H
#define CHECK_METRICS_H

#include "check/check.h"
#include "model/fleet.h"

/* How a cluster's Prometheus stands, once it was looked for: where, with which preset, whose clock. */
void metrics_findings(const struct cluster *cluster, struct findings *findings);

#endif

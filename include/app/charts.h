/* SPDX-License-Identifier: MIT */
#ifndef APP_CHARTS_H
#define APP_CHARTS_H

#include "app/session.h"
#include "view/demand.h"
#include "view/panels.h"

/*
 * Reads what the open charts show, from the Prometheus of the service's cluster: a range query for each
 * series in sight, again while the charts follow now. What is there stays until the new comes, but
 * never for another service.
 */
struct charts;

struct charts *charts_new(struct session *session, struct scene_charts *scene, void (*changed)(void *arg), void *arg);
void charts_free(struct charts *charts); /* NULL is fine */
void charts_set(struct charts *charts, const struct demand_charts *demand);

#endif

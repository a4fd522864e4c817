/* SPDX-License-Identifier: MIT */
#ifndef APP_DEMAND_H
#define APP_DEMAND_H

#include "app/session.h"
#include "view/demand.h"
#include "view/view.h"

/*
 * Carries demands to the sources: compares what the screen wants with what it wanted before,
 * subscribes and cancels. What comes is put where the scene points to; `scene->answers` says which
 * demand it belongs to.
 */
enum demand_part { DEMAND_LOGS = 1, DEMAND_EVENTS = 2, DEMAND_OBJECT = 4, DEMAND_CHARTS = 8, DEMAND_FLEET_METRICS = 16, DEMAND_HISTORY = 32, DEMAND_RUNS = 1 << 10 };

/* The parts in which two demands differ (bits). Pure. */
unsigned demand_diff(const struct demand *before, const struct demand *now);

/* A container whose log is wanted. */
struct demand_target {
	char pod[DEMAND_NAME], container[DEMAND_NAME];
};

/* The containers that a demand for logs means now, those of the worst pods first; free() them.
 * Pure. */
size_t demand_targets(const struct demand_logs *logs, const struct service *service, struct demand_target **targets);

struct supply;

/* `changed`: something to draw came. The scene's logs, events and object are the supply's from now on. */
struct supply *supply_new(struct session *session, struct scene *scene, void (*changed)(void *arg), void *arg);
void supply_free(struct supply *supply);
void supply_set(struct supply *supply, const struct demand *demand);
/* After the fleet was settled: pods of the open log may have come or gone. */
void supply_follow(struct supply *supply);

#endif

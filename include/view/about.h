/* SPDX-License-Identifier: MIT */
#ifndef VIEW_ABOUT_H
#define VIEW_ABOUT_H

#include "model/fleet.h"

/*
 * Whether an object that an event names belongs to the service: one of its workloads, their
 * ReplicaSets, its pods or its HPA. The uid, where given, tells an object from its predecessor of
 * the same name.
 */
int service_owns(const struct service *service, const char *kind, const char *name, const char *uid);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_EVENTS_H
#define KUBE_EVENTS_H

#include "model/eventlog.h"

struct source;

/*
 * All events (not only warnings) of one namespace, followed while somebody looks at them: the
 * model watches warnings alone, because the rest is most of what a cluster says. One request gives
 * what is there and what comes (a watch from resourceVersion ""). `wanted` chooses by what the
 * event is about; what it accepts goes to the log.
 */
struct events;

struct events_options {
	const char *namespace;
	int (*wanted)(void *arg, const char *kind, const char *name, const char *uid);
	struct eventlog *log;
	void (*changed)(void *arg);
	void *arg;
};

struct events *events_follow(struct source *source, const struct events_options *options);
void events_free(struct events *events); /* NULL is fine */
const char *events_trouble(const struct events *events); /* in words; "" when all is well */

#endif

/* SPDX-License-Identifier: MIT */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H

#include "base/map.h"
#include "kube/client.h"

/*
 * Which kinds a server has. Asks for aggregated discovery (two requests), and where the server does
 * not know it, group by group. A group that cannot be read (a dead aggregated API) is counted and
 * named, and never keeps the others from being found.
 */
struct discovery {
	struct map resources; /* "apps/v1/deployments", "v1/pods" -> its own key */
	size_t broken;        /* groups that could not be read */
	char broken_name[128]; /* one of them */
	int read;             /* at least one document was */
};

struct discovery_read;

/*
 * `groups`: only these are wanted (NULL-terminated, must outlive the read); then the core group is not
 * asked for, and a server without aggregated discovery only about those it has. NULL: everything.
 * Calls back exactly once, later; `found` is NULL and `words` says why when nothing could be read.
 * The callee takes it over.
 */
struct discovery_read *discovery_read(struct client *client, const char *const *groups,
                                      void (*done)(void *arg, struct discovery *found, const char *words), void *arg);
void discovery_cancel(struct discovery_read *read); /* NULL is fine */
int discovery_has(const struct discovery *discovery, const char *group, const char *version, const char *plural);
void discovery_free(struct discovery *discovery);

#endif

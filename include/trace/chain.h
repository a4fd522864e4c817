/* SPDX-License-Identifier: MIT */
#ifndef TRACE_CHAIN_H
#define TRACE_CHAIN_H

#include "model/chain.h"
#include "model/fleet.h"

struct kustomization;
struct helm_release;

/*
 * The chain as a pure function over the model: same facts, same answer. What controllers do not keep
 * (when a stage was passed that a later commit has passed again) comes from `before`, the chain as it
 * was found last time.
 *
 * Two rules keep it honest. A stage is done for a commit only when what it says contains that commit;
 * what cannot be decided is CHAIN_UNKNOWN with the reason. And "this stage had nothing to do" is said
 * only SETTLE_MS after the stage above was done, because two watches may be apart by as much.
 */
enum { SETTLE_MS = 2000 };

struct chain_question {
	const struct fleet *fleet;
	const struct service *service; /* NULL: the objects below alone */
	const struct cluster *cluster; /* of the objects; NULL: the service's */
	const struct kustomization *kustomization; /* without a service */
	const struct helm_release *release;        /* without a service; may be NULL */
	const char *sha;    /* the commit that is asked for, whole or abbreviated; NULL or "": the newest in flight
	                     * that touches the service, else the one that is applied */
	const struct chain *before; /* may be NULL */
	/* What paths of the repository may be named after: names of services, environments, regions. A commit
	 * whose every path is named after another one is not this service's. NULL: no path says so. */
	const struct map *names;
	int64_t now_ms;
};

/* Never NULL; chain_free it. */
struct chain *chain_derive(const struct chain_question *question);

/* Whether a revision contains a commit. `oci`: the revision of an OCI artifact says nothing of Git. */
enum ancestry revision_contains(const struct fleet *fleet, const char *revision, const char *sha);

#endif

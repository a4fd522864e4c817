/* SPDX-License-Identifier: MIT */
#ifndef TRACE_TRACING_H
#define TRACE_TRACING_H

#include "model/flux.h"
#include "model/repository.h"
#include "model/revision.h"
#include "model/workload.h"
#include "trace/chain.h"

/* For src/trace only: what one derivation looks at. Objects are NULL where there are none. */
struct tracing {
	const struct chain_question *question;
	const struct fleet *fleet;
	const struct cluster *cluster;
	const struct service *service;
	const struct workload *workload;
	const struct helm_release *release;
	const struct kustomization *kustomization;
	const struct object *source;
	const struct canary *canary;
	const struct object_ref *source_ref; /* where the Kustomization points to, found or not */
	const struct repository *repository; /* that has the commit */
	const struct commit *commit;
	const char *sha;
	const char *attempted, *applied;     /* revisions with a Git commit in them; "" */
	int oci;                             /* the source is an OCI artifact or a bucket */
	int64_t now_ms;
	struct chain *chain;
	int fresh;    /* something was seen to change for this commit: a release, a ReplicaSet, a step */
	int64_t since_ms; /* what the stages below Flux are measured from: when the commit was first applied; 0 */
};

/* gather.c */
void tracing_gather(struct tracing *tracing);
/* flight.c: which commit, and which others are on their way. */
void tracing_choose(struct tracing *tracing, char sha[COMMIT_SHA]);
void tracing_flights(struct tracing *tracing);

/* stage_*.c: each fills its links; those above are filled already. */
void stage_commit(struct tracing *tracing);
void stage_source(struct tracing *tracing);
void stage_attempt(struct tracing *tracing);
void stage_apply(struct tracing *tracing);
void stage_helm(struct tracing *tracing);
void stage_workload(struct tracing *tracing);
void stage_replicaset(struct tracing *tracing);
void stage_pods(struct tracing *tracing);
void stage_steps(struct tracing *tracing);
void stage_metrics(struct tracing *tracing);

/* sign.c: what a controller's reason and message mean. */
enum sign_area { SIGN_SOURCE, SIGN_BUILD, SIGN_APPLY, SIGN_HELM, SIGN_AREAS };
enum hang sign_find(enum sign_area area, const char *reason, const char *message);

/* chain.c */
struct chain_link *tracing_link(struct tracing *tracing, enum chain_stage stage);
const struct chain_link *link_before(const struct tracing *tracing, enum chain_stage stage); /* same commit; or NULL */
/* Done: `ended_ms` is the controller's, or 0: then when it was first seen, which is now or before. */
void link_done(struct tracing *tracing, struct chain_link *link, int64_t ended_ms);
void link_hang(struct chain_link *link, enum hang hang, const char *message);
void link_skip(struct chain_link *link, const char *words);
/* Whether the stage is passed: done or nothing to do. */
int link_is_passed(const struct chain_link *link);
/* When the last stage above that is done was; 0: not known. */
int64_t above_ended(const struct tracing *tracing, enum chain_stage stage);
/* Whether all that the Kustomization does for this commit is over for SETTLE_MS. */
int tracing_is_settled(struct tracing *tracing);
void tracing_due(struct tracing *tracing, int64_t at_ms); /* look again then */
/*
 * A dependency that is not ready. Every commit makes those that depend wait a little (they look again
 * every 30 s), which is no hang; it is one when a dependency fails, is suspended or does not exist, or
 * when it takes too long.
 */
void link_depends(struct tracing *tracing, struct chain_link *link, enum hang hang, const struct object_refs *refs,
                  const char *message);
/* "Reconciling" or Ready's message while a controller works. */
void link_progress(struct chain_link *link, const struct resource *resource);

#endif

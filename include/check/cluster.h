/* SPDX-License-Identifier: MIT */
#ifndef CHECK_CLUSTER_H
#define CHECK_CLUSTER_H

#include "check/check.h"
#include "kube/source.h"

/*
 * One cluster: is the server there, does it accept us, and may we read what the console reads?
 * Rights are asked one by one with a SelfSubjectAccessReview, the API's own answer. The questions
 * go out together and the findings come in their order.
 */
struct cluster_check;

struct cluster_check *cluster_check_start(struct source *source, const char *name, void (*done)(void *arg), void *arg);
/* After `done`, or earlier: what has no answer yet is a failure. */
void cluster_check_findings(const struct cluster_check *check, struct findings *findings);
void cluster_check_free(struct cluster_check *check);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

/*
 * The revisions of a workload, newest first, read while somebody looks at them: ReplicaSets of a
 * Deployment or Argo Rollout, ControllerRevisions of a StatefulSet or DaemonSet. All text is sanitised,
 * and what is secret in a template is masked.
 */
struct history_item {
	long revision;
	char name[256];       /* of the object that holds it */
	char hash[64];        /* that its pods carry: pod-template-hash or controller-revision-hash */
	char cause[256];      /* kubernetes.io/change-cause; "" without */
	char images[512];     /* of its containers, joined by "," */
	int64_t created_ms;
	int desired, ready;   /* of a ReplicaSet; -1: it is none */
	char **lines;         /* its pod template as YAML */
	size_t line_count;
};

struct history {
	struct history_item *items;
	size_t count;
	char strategy[160];   /* "rolling update, at most 25% missing and 25% more" */
	int masked;           /* values that are masked */
};

void history_free(struct history *history); /* NULL is fine */

#endif

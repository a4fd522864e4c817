/* SPDX-License-Identifier: MIT */
#ifndef MODEL_REASON_H
#define MODEL_REASON_H

#include <stddef.h>

/*
 * Why a container or pod is not well, worst first: one const table in reason.c, the only place
 * that knows the words. Words the table does not have become REASON_OTHER (the pod keeps its own
 * words); waiting words of a normal start (ContainerCreating, PodInitializing) are REASON_STARTING.
 */
enum reason {
	REASON_NONE,
	REASON_CRASH_LOOP,     /* CrashLoopBackOff */
	REASON_OOM_KILLED,     /* OOMKilled, last or current state */
	REASON_IMAGE_PULL,     /* ImagePullBackOff, ErrImagePull, InvalidImageName, ErrImageNeverPull, … */
	REASON_CONFIG,         /* CreateContainerConfigError, CreateContainerError, RunContainerError, StartError */
	REASON_EVICTED,        /* Evicted, NodeLost, Preempting, NodeShutdown, UnexpectedAdmissionError */
	REASON_UNSCHEDULABLE,  /* PodScheduled=False, Unschedulable */
	REASON_ERROR,          /* Error, ContainerCannotRun, DeadlineExceeded: ended with a failure */
	REASON_OTHER,
	REASON_NOT_READY,      /* running, readiness false */
	REASON_STARTING,
	REASON_TERMINATING,
	REASON_COUNT
};

struct reason_row {
	const char *word; /* as shown: "CrashLoopBackOff" */
	int trouble;      /* whether it makes a service degraded by itself */
	const char *help; /* one sentence: what it means, where to look */
};

extern const struct reason_row reasons[REASON_COUNT];

/* The reason for a Kubernetes word; REASON_OTHER when unknown, REASON_NONE for NULL and "". */
enum reason reason_of(const char *word);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The words of kubelet and scheduler, and which reason each of them is. The table of reasons is
 * what people see; the table of words is what Kubernetes writes. To teach the model a new word, add
 * a row to `known`.
 */
#include "model/reason.h"

#include <stdlib.h>
#include <string.h>

const struct reason_row reasons[REASON_COUNT] = {
	[REASON_NONE] = {"", 0, "The pod is well."},
	[REASON_CRASH_LOOP] = {"CrashLoopBackOff", 1,
		"A container ends again and again; look at the log of its previous run."},
	[REASON_OOM_KILLED] = {"OOMKilled", 1,
		"A container was killed for using more memory than its limit; raise it or find the leak."},
	[REASON_IMAGE_PULL] = {"ImagePullBackOff", 1,
		"An image cannot be pulled; check its name, its tag and the pull secret."},
	[REASON_CONFIG] = {"CreateContainerConfigError", 1,
		"A container cannot be created: a ConfigMap, Secret or key is missing, or its command is wrong."},
	[REASON_EVICTED] = {"Evicted", 1,
		"The node put the pod out or lost it; look at the node's pressure."},
	[REASON_UNSCHEDULABLE] = {"Unschedulable", 1,
		"No node takes the pod; compare its requests, affinity and tolerations with the nodes."},
	[REASON_ERROR] = {"Error", 1, "A container ended with a failure; look at its log."},
	[REASON_OTHER] = {"not well", 0, "Kubernetes gives a reason of its own; see the pod's status."},
	[REASON_NOT_READY] = {"not ready", 0, "The container runs and its readiness check fails."},
	[REASON_STARTING] = {"starting", 0, "The pod is being set up."},
	[REASON_TERMINATING] = {"terminating", 0, "The pod is being taken down."},
};

struct known_word {
	const char *word;
	enum reason reason;
};

/* In order of strcmp: searched by halves. */
static const struct known_word known[] = {
	{"Completed", REASON_NONE},
	{"ContainerCannotRun", REASON_ERROR},
	{"ContainerCreating", REASON_STARTING},
	{"ContainerStatusUnknown", REASON_ERROR},
	{"CrashLoopBackOff", REASON_CRASH_LOOP},
	{"CreateContainerConfigError", REASON_CONFIG},
	{"CreateContainerError", REASON_CONFIG},
	{"CreatePodSandboxError", REASON_CONFIG},
	{"DeadlineExceeded", REASON_ERROR},
	{"ErrImageNeverPull", REASON_IMAGE_PULL},
	{"ErrImagePull", REASON_IMAGE_PULL},
	{"Error", REASON_ERROR},
	{"Evicted", REASON_EVICTED},
	{"ImageInspectError", REASON_IMAGE_PULL},
	{"ImagePullBackOff", REASON_IMAGE_PULL},
	{"InvalidImageName", REASON_IMAGE_PULL},
	{"NodeAffinity", REASON_EVICTED},
	{"NodeLost", REASON_EVICTED},
	{"NodePorts", REASON_EVICTED},
	{"NodeShutdown", REASON_EVICTED},
	{"NotReady", REASON_NOT_READY},
	{"OOMKilled", REASON_OOM_KILLED},
	{"OutOfcpu", REASON_EVICTED},
	{"OutOfmemory", REASON_EVICTED},
	{"OutOfpods", REASON_EVICTED},
	{"Pending", REASON_STARTING},
	{"PodInitializing", REASON_STARTING},
	{"PostStartHookError", REASON_CONFIG},
	{"PreCreateHookError", REASON_CONFIG},
	{"PreStartHookError", REASON_CONFIG},
	{"Preempted", REASON_EVICTED},
	{"Preempting", REASON_EVICTED},
	{"RegistryUnavailable", REASON_IMAGE_PULL},
	{"RunContainerError", REASON_CONFIG},
	{"SchedulingGated", REASON_UNSCHEDULABLE},
	{"SignatureValidationFailed", REASON_IMAGE_PULL},
	{"StartError", REASON_CONFIG},
	{"Terminating", REASON_TERMINATING},
	{"TopologyAffinityError", REASON_EVICTED},
	{"UnexpectedAdmissionError", REASON_EVICTED},
	{"Unschedulable", REASON_UNSCHEDULABLE},
};

static int known_compare(const void *word, const void *row)
{
	return strcmp(word, ((const struct known_word *)row)->word);
}

enum reason reason_of(const char *word)
{
	if (!word || !*word)
		return REASON_NONE;
	const struct known_word *row =
		bsearch(word, known, sizeof(known) / sizeof(known[0]), sizeof(known[0]), known_compare);
	return row ? row->reason : REASON_OTHER;
}

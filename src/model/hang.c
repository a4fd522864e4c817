/* SPDX-License-Identifier: MIT */
/* The words of the chain: stages, states, and every way to hang. */
#include <string.h>

#include "model/chain.h"

const struct hang_row hangs[HANG_COUNT] = {
	[HANG_NONE] = {"none", STAGE_COMMIT, CHAIN_DONE, "", ""},
#define HANG(id, key, stage, state, words, advice) [HANG_##id] = {key, stage, state, words, advice},
#include "model/hangs.def"
#undef HANG
};

const char *const stage_words[CHAIN_STAGES] = {
	[STAGE_COMMIT] = "commit",       [STAGE_SOURCE] = "source",         [STAGE_ATTEMPT] = "kustomization",
	[STAGE_APPLY] = "applied",       [STAGE_HELM] = "helm",             [STAGE_WORKLOAD] = "workload",
	[STAGE_REPLICASET] = "replicas", [STAGE_PODS] = "pods",             [STAGE_STEPS] = "steps",
	[STAGE_METRICS] = "metrics",
};

const char *const stage_help[CHAIN_STAGES] = {
	[STAGE_COMMIT] = "The commit is on the branch.",
	[STAGE_SOURCE] = "The source has fetched it: its artifact is the commit, or one that descends from it.",
	[STAGE_ATTEMPT] = "The Kustomization has built it and begun to apply it.",
	[STAGE_APPLY] = "It is applied, and healthy where the Kustomization waits for that.",
	[STAGE_HELM] = "Helm has released it: the newest release has the values that were attempted.",
	[STAGE_WORKLOAD] = "The workload's controller has observed the change.",
	[STAGE_REPLICASET] = "The ReplicaSet or revision of the change exists.",
	[STAGE_PODS] = "Its pods are updated, ready and available.",
	[STAGE_STEPS] = "The Canary or Rollout went through its steps.",
	[STAGE_METRICS] = "Errors and latency before and after.",
};

const char *const chain_state_words[CHAIN_STATES] = {
	[CHAIN_WAITING] = "waiting", [CHAIN_ACTIVE] = "active",   [CHAIN_DONE] = "done",       [CHAIN_HUNG] = "hung",
	[CHAIN_FAILED] = "failed",   [CHAIN_SKIPPED] = "skipped", [CHAIN_UNKNOWN] = "unknown",
};

const char *const chain_verdict_words[CHAIN_VERDICTS] = {
	[VERDICT_UNKNOWN] = "cannot be known", [VERDICT_MOVING] = "on its way", [VERDICT_HUNG] = "hangs",
	[VERDICT_FAILED] = "failed",           [VERDICT_HEALTHY] = "live",      [VERDICT_NOTHING] = "nothing to do",
};

enum hang hang_find(const char *key)
{
	for (enum hang hang = 1; hang < HANG_COUNT; hang++)
		if (strcmp(hangs[hang].key, key) == 0)
			return hang;
	return HANG_NONE;
}

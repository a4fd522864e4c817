/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ROLLOUT_H
#define MODEL_ROLLOUT_H

#include "base/text.h"

struct workload;

/*
 * Where a rollout stands, decided as `kubectl rollout status` does (kubectl's polymorphic
 * rollout_status.go): from generation, observedGeneration, conditions and counts, nothing else.
 */
enum rollout_phase {
	ROLLOUT_COMPLETE,
	ROLLOUT_PROGRESSING,
	ROLLOUT_WAITING, /* the controller has not seen the new spec yet */
	ROLLOUT_PAUSED,  /* spec.paused with something left to roll */
	ROLLOUT_FAILED,  /* past its progress deadline */
	ROLLOUT_UNKNOWN, /* kubectl refuses to judge: OnDelete */
	ROLLOUT_PHASES
};

extern const char *const rollout_phase_words[ROLLOUT_PHASES];

struct rollout {
	enum rollout_phase phase;
	int done, total; /* updated pods that are available, of those wanted */
};

struct rollout rollout_of(const struct workload *workload);
/* kubectl's sentence, word for word, without the line feed. */
void rollout_describe(const struct workload *workload, struct text *out);
/*
 * Whether an update or a change of scale is under way. kubectl calls a Deployment progressing too
 * when a pod of a finished rollout stops being available; the conditions tell the two apart.
 */
int rollout_is_moving(const struct workload *workload);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONDITION_H
#define MODEL_CONDITION_H

#include <stdint.h>

/* A condition of a status; absent: status is ' '. */
struct condition {
	char status;         /* 'T', 'F', 'U' or ' ' */
	const char *reason;  /* interned */
	char *message;       /* owned, sanitised, of bounded length; may be NULL */
	int64_t changed_ms;  /* lastTransitionTime */
	int64_t observed;    /* observedGeneration: the spec that it speaks of; 0: not said */
	int64_t updated_ms;  /* lastUpdateTime of a Deployment's; 0: the kind has none */
};

#endif

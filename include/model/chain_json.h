/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CHAIN_JSON_H
#define MODEL_CHAIN_JSON_H

#include "model/chain.h"

struct cJSON;

/* A chain as `rollout watch -o json` prints it; on the heap, free it with cJSON_Delete. What is not
 * known is null, never zero. Times are RFC 3339, durations seconds. */
struct cJSON *chain_json(const struct fleet *fleet, const struct chain *chain, int64_t now_ms);

#endif

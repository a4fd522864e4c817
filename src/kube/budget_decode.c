/* SPDX-License-Identifier: MIT */
/* PodDisruptionBudgets: whether a drain may evict what they protect. */
#include <cjson/cJSON.h>

#include "base/json.h"
#include "kube/resource_decode.h"
#include "model/flux.h"

struct object *budget_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct disruption_budget *budget = decode_resource(decode, json, OBJECT_PDB, sizeof(*budget), err);
	if (!budget)
		return NULL;
	budget->selector = decode_selector(decode, json_at(json, "spec/selector"));
	budget->allowed = decode_count(json, "status/disruptionsAllowed", -1);
	budget->healthy = decode_count(json, "status/currentHealthy", -1);
	budget->wanted = decode_count(json, "status/desiredHealthy", -1);
	budget->expected = decode_count(json, "status/expectedPods", -1);
	return &budget->resource.object;
}

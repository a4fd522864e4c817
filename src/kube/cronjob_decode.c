/* SPDX-License-Identifier: MIT */
/* CronJobs, of which only the census of what is held asks. */
#include <cjson/cJSON.h>

#include "base/json.h"
#include "kube/resource_decode.h"
#include "model/flux.h"

struct object *cronjob_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct cronjob *job = decode_resource(decode, json, OBJECT_CRONJOB, sizeof(*job), err);
	if (!job)
		return NULL;
	job->schedule = decode_word(decode, json, "spec/schedule");
	job->last_ms = json_stamp(json, "status/lastScheduleTime");
	const cJSON *active = json_at(json, "status/active");
	job->active = cJSON_IsArray(active) ? cJSON_GetArraySize(active) : 0;
	return &job->resource.object;
}

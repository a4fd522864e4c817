/* SPDX-License-Identifier: MIT */
#include "base/json_add.h"

#include <cjson/cJSON.h>

#include "base/clock.h"

void json_add_text(struct cJSON *object, const char *name, const char *text)
{
	if (text && *text)
		cJSON_AddStringToObject(object, name, text);
	else
		cJSON_AddNullToObject(object, name);
}

void json_add_stamp(struct cJSON *object, const char *name, int64_t ms)
{
	char stamp[32];
	if (ms)
		stamp_format(ms, stamp);
	json_add_text(object, name, ms ? stamp : NULL);
}

/* SPDX-License-Identifier: MIT */
/* Keys as the metadata service and the pod identity agent answer them. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "s3_internal.h"

int s3_keys_read(struct s3_keys *keys, const char *json, size_t len, struct err *err)
{
	struct arena *arena = arena_new(1 << 20);
	cJSON *object = json_parse(arena, json, len, err);
	const char *access = object ? json_string(object, "AccessKeyId") : NULL;
	const char *secret = object ? json_string(object, "SecretAccessKey") : NULL;
	int result = -1;
	if (access && secret) {
		keys->access_key = mem_copy_string(access);
		keys->secret_key = mem_copy_string(secret);
		keys->session_token = mem_copy_string(json_string(object, "Token"));
		keys->expires_ms = json_stamp(object, "Expiration");
		result = 0;
	} else if (object) {
		err_set(err, "the answer holds no AccessKeyId and SecretAccessKey");
	}
	arena_free(arena);
	return result;
}

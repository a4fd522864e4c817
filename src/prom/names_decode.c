/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "prom/names.h"

int names_decode(char ***names, size_t *count, const char *body, size_t len)
{
	cJSON *json = json_parse_heap(body, len, NULL);
	const cJSON *data = json_get(json, "data"), *item;
	size_t cap = *count;
	if (!cJSON_IsArray(data)) {
		cJSON_Delete(json);
		return -1;
	}
	cJSON_ArrayForEach(item, data) {
		if (!cJSON_IsString(item) || *count >= NAMES_MAX)
			continue;
		if (*count >= cap) {
			cap = cap ? 2 * cap : 256;
			*names = mem_resize(*names, cap, sizeof(**names));
		}
		(*names)[(*count)++] = utf8_sanitised(item->valuestring, strlen(item->valuestring), 200);
	}
	cJSON_Delete(json);
	return 0;
}

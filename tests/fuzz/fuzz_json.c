/* SPDX-License-Identifier: MIT */
/* JSON: what is parsed and written must parse again and write the same; and YAML of it must parse. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf first, second;
	struct err err = {0};
	cJSON *json = json_parse_heap((const char *)bytes, len, &err);
	if (!json)
		return 0;
	buf_init(&first, 64 << 20);
	buf_init(&second, 64 << 20);
	if (json_write(&first, json, bytes[0] & 1) == 0) {
		cJSON *again = json_parse_heap(buf_string(&first), first.len, &err);
		if (!again || json_write(&second, again, bytes[0] & 1) < 0 || first.len != second.len ||
		    memcmp(buf_string(&first), buf_string(&second), first.len) != 0)
			abort();
		cJSON_Delete(again);
	}
	buf_clear(&second);
	if (yaml_write_json(&second, json, &err) < 0 && !err.text[0])
		abort();
	cJSON_Delete(json);
	buf_release(&first);
	buf_release(&second);
	return 0;
}

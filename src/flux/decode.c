/* SPDX-License-Identifier: MIT */
/* Lists and numbers that several kinds have. */
#include "flux/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

int decode_length(const cJSON *list, int max)
{
	int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
	return count > max ? max : count;
}

void decode_refs(const struct decode *decode, const cJSON *list, const char *kind, const char *namespace,
                 struct object_refs *refs)
{
	int count = decode_length(list, REFS_MAX);
	const cJSON *item;
	if (count == 0)
		return;
	refs->items = mem_new_array((size_t)count, sizeof(*refs->items));
	cJSON_ArrayForEach(item, list)
		if (refs->count < count && json_string(item, "name"))
			decode_ref(decode, item, kind, namespace, &refs->items[refs->count++]);
}

static int by_address(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;
	return *left < *right ? -1 : *left > *right;
}

void decode_inventory(const struct decode *decode, const cJSON *json, struct inventory *inventory)
{
	const cJSON *entries = json_at(json, "status/inventory/entries"), *entry;
	int all = decode_length(entries, INT32_MAX), count = all > INVENTORY_MAX ? INVENTORY_MAX : all;
	inventory->cut = all > count;
	if (count == 0)
		return;
	inventory->ids = mem_new_array((size_t)count, sizeof(*inventory->ids));
	cJSON_ArrayForEach(entry, entries)
	{
		const char *id = json_string(entry, "id");
		if (id && *id && inventory->count < (uint32_t)count)
			inventory->ids[inventory->count++] = decode_intern(decode, id);
	}
	/* By address, so that the next state of the same object is compared at the speed of memory. */
	qsort(inventory->ids, inventory->count, sizeof(*inventory->ids), by_address);
}

int decode_number(const cJSON *json, const char *path, int fallback)
{
	const char *text = json_string(json, path);
	char *end;
	if (!text) {
		int64_t number = json_int(json, path, -1);
		return number < 0 ? fallback : number > 1000000000 ? 1000000000 : (int)number;
	}
	long long number = strtoll(text, &end, 10);
	return end == text || *end || number < 0 ? fallback : number > 1000000000 ? 1000000000 : (int)number;
}

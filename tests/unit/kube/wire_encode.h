/* SPDX-License-Identifier: MIT */
#ifndef TEST_KUBE_WIRE_ENCODE_H
#define TEST_KUBE_WIRE_ENCODE_H

/* JSON as the API server's protobuf, by the same tables by which it is read. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "kube/wire_decode.h"

enum { WIRE_ROOM = 64 << 20 };

static inline void wire_put(struct buf *out, const void *bytes, size_t len)
{
	if (buf_add(out, bytes, len) < 0)
		abort();
}

static inline void wire_put_number(struct buf *out, uint64_t value)
{
	do {
		char byte = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		wire_put(out, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

static inline void wire_put_bytes(struct buf *out, uint64_t number, const void *bytes, size_t len)
{
	wire_put_number(out, number << 3 | 2);
	wire_put_number(out, len);
	wire_put(out, bytes, len);
}

static inline void wire_put_value(struct buf *out, uint64_t number, uint64_t value)
{
	wire_put_number(out, number << 3);
	wire_put_number(out, value);
}

static inline void wire_put_message(struct buf *out, const struct wire_message *message, const cJSON *json);

static inline void wire_put_map(struct buf *out, uint64_t number, const cJSON *map)
{
	const cJSON *entry;
	cJSON_ArrayForEach(entry, map)
	{
		struct buf part;
		buf_init(&part, WIRE_ROOM);
		wire_put_bytes(&part, 1, entry->string, strlen(entry->string));
		wire_put_bytes(&part, 2, entry->valuestring, strlen(entry->valuestring));
		wire_put_bytes(out, number, part.data, part.len);
		buf_release(&part);
	}
}

static inline void wire_put_one(struct buf *out, const struct wire_member *member, const cJSON *value)
{
	struct buf part;
	int64_t ms;
	buf_init(&part, WIRE_ROOM);
	switch (member->type) {
	case WIRE_TEXT:
		if (cJSON_IsString(value))
			wire_put_bytes(out, member->number, value->valuestring, strlen(value->valuestring));
		break;
	case WIRE_NUMBER:
		wire_put_value(out, member->number, (uint64_t)(int64_t)cJSON_GetNumberValue(value));
		break;
	case WIRE_BOOL:
		wire_put_value(out, member->number, (uint64_t)cJSON_IsTrue(value));
		break;
	case WIRE_STAMP:
		if (cJSON_IsString(value) && stamp_parse(value->valuestring, &ms) == 0)
			wire_put_value(&part, 1, (uint64_t)(ms / 1000));
		wire_put_bytes(out, member->number, part.data ? part.data : "", part.len);
		break;
	case WIRE_MAP:
		wire_put_map(out, member->number, value);
		break;
	case WIRE_MESSAGE:
		wire_put_message(&part, member->message, value);
		wire_put_bytes(out, member->number, part.data ? part.data : "", part.len);
		break;
	}
	buf_release(&part);
}

static inline void wire_put_message(struct buf *out, const struct wire_message *message, const cJSON *json)
{
	for (size_t i = 0; i < message->count; i++) {
		const struct wire_member *member = &message->members[i];
		const cJSON *value = json_get(json, member->name), *item;
		if (!value)
			continue;
		if (!member->repeated)
			wire_put_one(out, member, value);
		else
			cJSON_ArrayForEach(item, value) wire_put_one(out, member, item);
		/* What no table names, as every release of Kubernetes brings more: it is passed over. */
		wire_put_bytes(out, 1000 + i, "unknown", 7);
		wire_put_value(out, 2000 + i, UINT64_MAX);
		wire_put_number(out, 3000 << 3 | 5);
		wire_put(out, "four", 4);
		wire_put_number(out, 3001 << 3 | 1);
		wire_put(out, "eighteen", 8);
	}
}

/* A whole answer: `list` is the JSON of a list of what `message` describes. */
static inline void wire_put_list(struct buf *out, const struct wire_message *message, const cJSON *list)
{
	struct buf body, part;
	const cJSON *item;
	buf_init(&body, WIRE_ROOM);
	buf_init(&part, WIRE_ROOM);
	wire_put_message(&part, &wire_list_metadata, json_get(list, "metadata"));
	wire_put_bytes(&body, 1, part.data ? part.data : "", part.len);
	cJSON_ArrayForEach(item, json_get(list, "items"))
	{
		buf_clear(&part);
		wire_put_message(&part, message, item);
		wire_put_bytes(&body, 2, part.data ? part.data : "", part.len);
	}
	wire_put(out, "k8s", 4);
	wire_put_bytes(out, 1, "\x0a\x02v1\x12\x07PodList", 13);
	wire_put_bytes(out, 2, body.data, body.len);
	wire_put_bytes(out, 3, "", 0);
	wire_put_bytes(out, 4, "", 0);
	buf_release(&part);
	buf_release(&body);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A list in protobuf: in pieces it says what it says whole; and the tree of each pod, written as JSON and
 * parsed again, decodes to the same pod.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "kube/decode.h"
#include "kube/wire.h"
#include "kube/wire_decode.h"
#include "model/writer.h"
#include "unit/kube/same.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ROOM = 64 << 20 };

struct told {
	struct arena *arena;
	struct fleet *fleet;
	struct buf text;
};

static char *describe(const struct told *told, const cJSON *json)
{
	const struct decode decode = {told->fleet, "app.kubernetes.io/name", "team"};
	struct object *object = pod_decode(&decode, json, NULL);
	char *text = object ? object_describe(object) : NULL;
	if (text && !utf8_is_safe(text, strlen(text)))
		abort();
	if (object)
		object_discard(told->fleet, object);
	return text;
}

static int take(void *arg, const char *bytes, size_t len)
{
	struct told *told = arg;
	cJSON *tree = wire_decode(told->arena, &wire_pod, bytes, len, NULL), *again;
	if (!tree)
		return 1;
	/* cJSON's own writer, which leaves bytes that are no UTF-8 as they are, where ours mends them. */
	char *json = cJSON_PrintUnformatted(tree);
	if (!json || !(again = json_parse_heap(json, strlen(json), NULL)))
		abort();
	char *a = describe(told, tree), *b = describe(told, again);
	if (!a != !b || (a && strcmp(a, b) != 0))
		abort();
	if (buf_add_string(&told->text, json) < 0)
		abort();
	free(a);
	free(b);
	cJSON_Delete(again);
	free(json);
	arena_reset(told->arena);
	return 0;
}

static int take_metadata(void *arg, const char *bytes, size_t len)
{
	struct told *told = arg;
	cJSON *tree = wire_decode(told->arena, &wire_list_metadata, bytes, len, NULL);
	int result = !tree || json_write(&told->text, tree, 0) < 0;
	arena_reset(told->arena);
	return result;
}

static int read_in(struct told *told, const char *bytes, size_t len, size_t piece)
{
	const struct wire_events events = {take, take_metadata, told};
	struct wire *wire = wire_new(&events);
	int result = 0;
	*told = (struct told){.arena = arena_new(1 << 20), .fleet = fleet_new(&clock_system)};
	buf_init(&told->text, ROOM);
	for (size_t at = 0; at < len && result == 0; at += piece)
		result = wire_feed(wire, bytes + at, len - at < piece ? len - at : piece, NULL);
	if (result == 0)
		result = wire_finish(wire, NULL);
	wire_free(wire);
	fleet_free(told->fleet);
	arena_free(told->arena);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct told whole, parts;
	if (len < 1)
		return 0;
	const char *text = (const char *)bytes + 1;
	int a = read_in(&whole, text, len - 1, len), b = read_in(&parts, text, len - 1, 1 + bytes[0] % 80);
	if (a != b || whole.text.len != parts.text.len ||
	    memcmp(buf_string(&whole.text), buf_string(&parts.text), whole.text.len) != 0)
		abort();
	buf_release(&whole.text);
	buf_release(&parts.text);
	return 0;
}

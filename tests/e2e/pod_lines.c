/* SPDX-License-Identifier: MIT */
/*
 * Prints the pods of a saved list as the model holds them, one a line, by the way that its bytes ask
 * for: JSON through the scanner, protobuf through the wire reader. protobuf_equals_json.py compares.
 *
 * usage: pod_lines FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "kube/decode.h"
#include "kube/scan.h"
#include "kube/wire.h"
#include "kube/wire_decode.h"
#include "model/writer.h"
#include "unit/kube/same.h"

struct printing {
	struct fleet *fleet;
	struct arena *arena;
	int pods;
};

static int print(struct printing *printing, const cJSON *json, struct err *err)
{
	const struct decode decode = {printing->fleet, "app.kubernetes.io/name", "team"};
	struct object *object = json ? pod_decode(&decode, json, err) : NULL;
	if (!object) {
		fprintf(stderr, "%s\n", err->text);
		return 1;
	}
	char *text = object_describe(object);
	puts(text);
	free(text);
	object_discard(printing->fleet, object);
	arena_reset(printing->arena);
	printing->pods++;
	return 0;
}

static int print_json(void *arg, const char *type, const char *bytes, size_t len)
{
	struct printing *printing = arg;
	struct err err = {0};
	(void)type;
	return print(printing, json_parse(printing->arena, bytes, len, &err), &err);
}

static int print_wire(void *arg, const char *bytes, size_t len)
{
	struct printing *printing = arg;
	struct err err = {0};
	return print(printing, wire_decode(printing->arena, &wire_pod, bytes, len, &err), &err);
}

static int ignore_metadata(void *arg, const char *bytes, size_t len)
{
	(void)arg, (void)bytes, (void)len;
	return 0;
}

static int read_json(struct printing *printing, const struct buf *body, struct err *err)
{
	const struct scan_events events = {.object = print_json, .arg = printing};
	struct scan_filter *filter = scan_filter_new(kind_of(OBJECT_POD)->fields);
	struct scan *scan = scan_new(SCAN_LIST, filter, &events);
	int result = scan_feed(scan, body->data, body->len, err);
	if (result == 0)
		result = scan_finish(scan, err);
	scan_free(scan);
	scan_filter_free(filter);
	return result;
}

static int read_wire(struct printing *printing, const struct buf *body, struct err *err)
{
	struct wire *wire = wire_new(&(struct wire_events){print_wire, ignore_metadata, printing});
	int result = wire_feed(wire, body->data, body->len, err);
	if (result == 0)
		result = wire_finish(wire, err);
	wire_free(wire);
	return result;
}

int main(int argc, char **argv)
{
	struct printing printing = {.fleet = fleet_new(&clock_system), .arena = arena_new(8 << 20)};
	struct err err = {0};
	struct buf body;
	int result = -1;
	buf_init(&body, (size_t)1 << 30);
	if (argc != 2)
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
	else if (buf_read_file(&body, argv[1], &err) == 0 && body.len > 0)
		result = wire_starts(body.data[0]) ? read_wire(&printing, &body, &err) : read_json(&printing, &body, &err);
	if (result != 0)
		fprintf(stderr, "%s\n", err.text);
	buf_release(&body);
	arena_free(printing.arena);
	fleet_free(printing.fleet);
	return result != 0;
}

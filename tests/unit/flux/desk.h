/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FLUX_DESK_H
#define TESTS_UNIT_FLUX_DESK_H

/* A place to decode at: documents go through the decoder whole and as the scanner lets them through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "flux/decode.h"
#include "flux/kinds.h"
#include "kube/scan.h"
#include "model/census.h"
#include "model/flux_tree.h"
#include "model/workload.h"
#include "model/writer.h"

struct desk {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
	struct decode decode;
};

static inline void desk_init(struct desk *desk)
{
	clock_fixed_init(&desk->clock, 1700000000000);
	desk->fleet = fleet_new(&desk->clock.clock);
	desk->cluster = fleet_add_cluster(desk->fleet, "eu", "", "", 0);
	desk->decode = (struct decode){desk->fleet, "app.kubernetes.io/name", "team"};
}

static inline const struct kind *find_kind(enum object_kind kind)
{
	for (const struct kind *later = later_kinds; later->decode; later++)
		if (later->object == kind)
			return later;
	return flux_kind(kind);
}

static inline int keep_text(void *arg, const char *type, const char *json, size_t len)
{
	(void)type;
	*(char **)arg = mem_copy(json, len);
	return 0;
}

static inline char *reduced(const struct kind *kind, const char *json)
{
	char *text = NULL;
	const struct scan_events events = {.object = keep_text, .arg = &text};
	struct scan_filter *filter = scan_filter_new(kind->fields);
	struct scan *scan = scan_new(SCAN_OBJECT, filter, &events);
	struct err err = {0};
	if (scan_feed(scan, json, strlen(json), &err) < 0 || scan_finish(scan, &err) < 0)
		fail_msg("%s: %s", err.text, json);
	scan_free(scan);
	scan_filter_free(filter);
	return text;
}

static inline struct object *decoded(const struct desk *desk, const struct kind *kind, const char *json)
{
	struct err err = {0};
	cJSON *whole = json_parse_heap(json, strlen(json), &err);
	if (!whole)
		fail_msg("%s: %s", err.text, json);
	struct object *object = kind->decode(&desk->decode, whole, &err);
	if (!object)
		fail_msg("%s: %s", err.text, json);
	cJSON_Delete(whole);
	return object;
}

/* Everything that the lists say of it. */
static inline char *described(const struct desk *desk, const struct object *object)
{
	const struct sheet_row row = {.cluster = desk->cluster, .object = object};
	const struct sheet *sheet = resource_of(object) ? &flux_sheet : &rollouts_sheet;
	struct buf text;
	buf_init(&text, 1 << 20);
	cJSON *json = sheet->json(&row, 1700000000000);
	assert_int_equal(json_write(&text, json, 0), 0);
	cJSON_Delete(json);
	for (size_t i = 0; i < held_row_count; i++)
		if (held_rows[i].matches(object))
			assert_int_equal(buf_printf(&text, "%s\n", held_rows[i].key), 0);
	char *copy = mem_copy_string(buf_string(&text));
	buf_release(&text);
	return copy;
}

static inline struct object *take(const struct desk *desk, enum object_kind which, const char *json)
{
	const struct kind *kind = find_kind(which);
	char *less = reduced(kind, json);
	struct object *object = decoded(desk, kind, json), *other = decoded(desk, kind, less);
	char *a = described(desk, object), *b = described(desk, other);
	assert_string_equal(a, b);
	assert_true(utf8_is_safe(a, strcspn(a, "\n")));
	free(a);
	free(b);
	free(less);
	object_discard(desk->fleet, other);
	return object;
}

#endif

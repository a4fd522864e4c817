/* SPDX-License-Identifier: MIT */
/*
 * Frames of watches through the scanner and the decoders of flux/ into a fleet. Each line of the input
 * begins with the byte that chooses its kind, so that objects of several kinds meet and are joined;
 * what comes out is listed, drawn as a tree, printed and looked at by the census.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "flux/kinds.h"
#include "kube/scan.h"
#include "model/flux_tree.h"
#include "model/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct feeding {
	struct arena *arena;
	struct fleet *fleet;
	struct cluster *cluster;
	const struct kind *kind;
};

static int take(void *arg, const char *type, const char *text, size_t len)
{
	struct feeding *feeding = arg;
	const struct decode decode = {feeding->fleet, "app.kubernetes.io/name", "team"};
	cJSON *json = json_parse(feeding->arena, text, len, NULL);
	struct object *object = json ? feeding->kind->decode(&decode, json, NULL) : NULL;
	if (object && strcmp(type, "DELETED") == 0) {
		cluster_remove(feeding->cluster, object->kind, object->key);
		object_discard(feeding->fleet, object);
	} else if (object) {
		cluster_put(feeding->cluster, object);
	}
	arena_reset(feeding->arena);
	return 0;
}

/* One of flux/'s kinds, CronJob, or Deployment, which the others are joined to. */
static const struct kind *choose(uint8_t byte)
{
	size_t count = 0;
	while (flux_kinds[count].decode)
		count++;
	size_t at = byte % (count + 2);
	return at < count ? &flux_kinds[at] : at == count ? &later_kinds[0] : kind_of(OBJECT_DEPLOYMENT);
}

static void feed_line(struct feeding *feeding, const uint8_t *line, size_t len)
{
	const struct scan_events events = {.object = take, .arg = feeding};
	feeding->kind = choose(line[0]);
	struct scan_filter *filter = scan_filter_new(feeding->kind->fields);
	struct scan *scan = scan_new(SCAN_WATCH, filter, &events);
	int result = scan_feed(scan, (const char *)line + 1, len - 1, NULL);
	(void)result;
	scan_free(scan);
	scan_filter_free(filter);
}

static void look_at(const struct fleet *fleet, const struct sheet *sheet,
                    size_t (*run)(const struct fleet *, const struct cluster *, struct sheet_row **))
{
	struct sheet_row *rows;
	size_t count = run(fleet, NULL, &rows);
	for (size_t r = 0; r < count; r++) {
		for (size_t i = 0; i < sheet->column_count; i++) {
			char room[600];
			struct text cell = text_in(room, sizeof(room));
			sheet->columns[i].format(&rows[r], 1700000000000, &cell);
			if (!utf8_is_safe(room, strlen(room)))
				abort();
			if (sheet->columns[i].tone)
				sheet->columns[i].tone(&rows[r]);
		}
		if (rows[r].depth == 0 && rows[r].object)
			cJSON_Delete(sheet->json(&rows[r], 1700000000000));
	}
	free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct feeding feeding = {.arena = arena_new(1 << 20), .fleet = fleet_new(&clock_system)};
	feeding.cluster = fleet_add_cluster(feeding.fleet, "fuzz", "", "", 0);
	for (size_t at = 0; at < len;) {
		const uint8_t *end = memchr(bytes + at, '\n', len - at);
		size_t line = end ? (size_t)(end - bytes) - at : len - at;
		if (line > 1)
			feed_line(&feeding, bytes + at, line);
		at += line + 1;
	}
	fleet_settle(feeding.fleet);
	for (size_t i = 0; i < sheet_count; i++)
		look_at(feeding.fleet, sheets[i], sheets[i]->run);
	look_at(feeding.fleet, &flux_sheet, flux_sheet.tree);
	/* Everything goes again, and the count of what is held with it. */
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		cluster_sweep(feeding.cluster, kind, cluster_begin_list(feeding.cluster, kind));
	fleet_settle(feeding.fleet);
	if (feeding.fleet->totals.held != 0 || feeding.cluster->applied.len != 0)
		abort();
	fleet_free(feeding.fleet);
	arena_free(feeding.arena);
	return 0;
}

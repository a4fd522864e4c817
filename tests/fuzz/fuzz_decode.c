/* SPDX-License-Identifier: MIT */
/*
 * A watch's frames through the scanner, cJSON and a decoder into a fleet, the kind chosen by the
 * first byte; what comes out must be drawable and the fleet must settle and sort.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "kube/kind.h"
#include "kube/scan.h"
#include "model/query.h"
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
	if (object) {
		if (!utf8_is_safe(object->key, strlen(object->key)))
			abort();
		if (strcmp(type, "DELETED") == 0) {
			cluster_remove(feeding->cluster, object->kind, object->key);
			object_discard(feeding->fleet, object);
		} else {
			cluster_put(feeding->cluster, object);
		}
	}
	arena_reset(feeding->arena);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct vec rows;
	if (len < 1)
		return 0;
	struct feeding feeding = {.arena = arena_new(1 << 20), .fleet = fleet_new(&clock_system), .kind = &kinds[bytes[0] % kind_count]};
	const struct scan_events events = {.object = take, .arg = &feeding};
	feeding.cluster = fleet_add_cluster(feeding.fleet, "fuzz", "", "", 0);
	struct scan_filter *filter = scan_filter_new(feeding.kind->fields);
	struct scan *scan = scan_new(SCAN_WATCH, filter, &events);
	int result = scan_feed(scan, (const char *)bytes + 1, len - 1, NULL);
	(void)result;
	fleet_settle(feeding.fleet);
	vec_init(&rows);
	query_run(&(struct query){0}, feeding.fleet, &rows);
	for (size_t i = 0; i < rows.len; i++) {
		const struct service *service = rows.items[i];
		if (!utf8_is_safe(service->reason, strlen(service->reason)))
			abort();
	}
	vec_release(&rows);
	scan_free(scan);
	scan_filter_free(filter);
	fleet_free(feeding.fleet);
	arena_free(feeding.arena);
	return 0;
}

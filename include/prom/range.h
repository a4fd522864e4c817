/* SPDX-License-Identifier: MIT */
#ifndef PROM_RANGE_H
#define PROM_RANGE_H

#include "model/series.h"
#include "prom/client.h"
#include "prom/preset.h"

struct service;

/* One query read into series, bounded. A native histogram gives its count. */
struct range_request {
	const char *expr;
	int64_t start_ms, end_ms, step_ms; /* step 0: instant, at end_ms (0: the server's now) */
	size_t max_series;                 /* 0: SERIES_MAX */
	double timeout;                    /* seconds */
	/* `set` is the callee's from then on; it holds what came, also when the result says that it failed. */
	void (*done)(void *arg, struct series_set *set, const struct prom_result *result);
	void *arg;
};

struct range;

struct range *range_read(struct prom_client *client, const struct range_request *request);
void range_cancel(struct range *range); /* NULL is fine */

/*
 * The query of a preset for one service alone, summed up; METRIC_P99 of pods is that of the worst.
 * -1: the preset has none, or the room is too small.
 */
int preset_service_query(const struct preset *preset, enum metric metric, const struct preset_scope *scope,
                         const struct service *service, struct buf *out) MUST_USE;
/* Its latency buckets, by `le`. */
int preset_service_buckets(const struct preset *preset, const struct preset_scope *scope,
                           const struct service *service, struct buf *out) MUST_USE;

#endif

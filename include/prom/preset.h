/* SPDX-License-Identifier: MIT */
#ifndef PROM_PRESET_H
#define PROM_PRESET_H

#include <stddef.h>

#include "base/buf.h"
#include "model/metrics.h"

/*
 * Where the metrics of a service are found, as data: one row for each shape in which exporters and
 * meshes publish them. A row is in use when its probe finds series. Of the rows that give the same
 * metric the first one found wins, so rows of recording rules stand before raw ones.
 *
 * Requests come from a counter and a latency histogram, from which all queries are built. A row can
 * say whole expressions instead; in these
 *
 *	$by       the two grouping labels        $window   the range, such as 5m
 *	$select   matchers, each with its comma behind it: cluster="eu",
 *
 * are replaced. Latencies come out in milliseconds, ratios from 0 to 1.
 */
struct preset {
	const char *name;          /* "istio": what `preset:` in the configuration names */
	const char *help;
	const char *probe;         /* a selector; NULL: `requests` with `only` */
	enum metric_target target; /* what the labels name */
	const char *by[2];         /* labels of namespace and name */
	const char *requests;      /* counter of requests; NULL: none */
	const char *only;          /* matchers of it, without a comma at the end; NULL: none */
	const char *failed;        /* the matcher that makes it count errors */
	const char *latency;       /* histogram, without _bucket; NULL: none */
	const char *latency_only;  /* NULL: as `only` */
	double latency_ms;         /* milliseconds of its unit */
	int native;                /* a native histogram */
	const char *exprs[METRICS]; /* whole expressions, before what the counters give */
};

extern const struct preset presets[];
extern const size_t preset_count;

struct preset_scope {
	const char *select;   /* matchers with a comma at the end: those of the cluster; "" for none */
	const char *window;   /* "5m" */
};

/* Whether the row can tell that metric. */
int preset_has(const struct preset *preset, enum metric metric);
/* The query of a metric for the whole fleet, grouped by the row's labels. METRIC_ERRORS is 0, not
 * absent, where there are requests. -1: it has none, or the room is too small. */
int preset_query(const struct preset *preset, enum metric metric, const struct preset_scope *scope, struct buf *out)
	MUST_USE;
/* The latency quantile, or the buckets of a heatmap (`by le`). */
int preset_buckets(const struct preset *preset, const struct preset_scope *scope, struct buf *out) MUST_USE;
/* One instant query whose answer has a series with the label `preset` = row number for each row found. */
int preset_probe(const struct preset *const *rows, size_t count, const struct preset_scope *scope, struct buf *out)
	MUST_USE;

#endif

/* SPDX-License-Identifier: MIT */
/* Queries that are looked at: their series are kept, under a stated maximum. */
#include "prom/range.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"
#include "model/workload.h"

struct range {
	struct range_request request;
	struct prom_call *call;
	struct series_set set;
	struct series *series; /* under way; NULL: dropped */
};

static int range_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct range *range = arg;
	char room[SERIES_TEXT];
	struct text text = text_in(room, sizeof(room));
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s\1%s\1", labels[i].name, labels[i].value);
	range->series = series_add(&range->set, room);
	return 0;
}

static void range_sample(void *arg, int64_t at_ms, double value)
{
	struct range *range = arg;
	if (range->set.points == 1 && range->set.start_ms == 0)
		range->set.start_ms = at_ms;
	if (range->series)
		series_put(&range->set, range->series, at_ms, value);
}

static void range_histogram(void *arg, int64_t at_ms, const struct answer_histogram *histogram)
{
	range_sample(arg, at_ms, histogram->count);
}

static void range_done(void *arg, const struct prom_result *result)
{
	struct range *range = arg;
	struct series_set set = range->set;
	struct range_request request = range->request;
	free(range);
	series_name_all(&set);
	request.done(request.arg, &set, result);
	series_set_release(&set);
}

struct range *range_read(struct prom_client *client, const struct range_request *request)
{
	struct range *range = mem_new(sizeof(*range));
	int64_t step = request->step_ms, start = request->start_ms, end = request->end_ms;
	range->request = *request;
	if (step > 0) {
		end -= end % step;
		start -= start % step;
	}
	series_set_init(&range->set, step > 0 ? start : end, end, step, request->max_series);
	const struct prom_query query = {
		.expr = request->expr, .at_ms = step > 0 ? 0 : end, .start_ms = start, .end_ms = end, .step_ms = step,
		.timeout = request->timeout, .done = range_done, .arg = range,
		.events = {range_series, range_sample, range_histogram, range},
	};
	range->call = prom_query(client, &query);
	return range;
}

void range_cancel(struct range *range)
{
	if (!range)
		return;
	prom_cancel(range->call);
	series_set_release(&range->set);
	free(range);
}

/* Names of RE2 that are no pattern: Kubernetes names have only dots to escape. */
static int add_name_pattern(struct buf *out, const char *name)
{
	for (; *name; name++)
		if (buf_printf(out, *name == '.' ? "\\\\%c" : "%c", *name) < 0)
			return -1;
	return 0;
}

/* Matchers of one service. Pods of the past are gone from the model, so their names are matched by
 * the shape that controllers give them. */
static int add_select(const struct preset *preset, const char *select, const struct service *service, struct buf *out)
{
	int failed = buf_printf(out, "%s%s=\"%s\",%s=~\"(", select, preset->by[0], service->namespace, preset->by[1]) < 0;
	size_t count = 0;
	if (preset->target == TARGET_SERVICE) {
		failed |= add_name_pattern(out, service->name) < 0;
		count++;
	}
	for (size_t i = 0; i < service->workloads.len && i < 16; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (preset->target == TARGET_SERVICE && strcmp(workload->object.name, service->name) == 0)
			continue;
		failed |= buf_add_string(out, count++ ? "|" : "") < 0;
		failed |= add_name_pattern(out, workload->object.name) < 0;
	}
	failed |= buf_printf(out, ")%s\",", preset->target == TARGET_POD ? "(-[a-z0-9]{1,10})?-[a-z0-9]{1,5}"
	                                                                 : "(-primary|-canary)?") < 0;
	return failed ? -1 : 0;
}

static int with_scope(const struct preset *preset, enum metric metric, const struct preset_scope *scope,
                      const struct service *service, const char *around, struct buf *out)
{
	struct buf select;
	int result = -1;
	buf_init(&select, 16 << 10);
	if (add_select(preset, scope->select, service, &select) == 0) {
		const struct preset_scope one = {buf_string(&select), scope->window};
		result = buf_printf(out, "%s (", around);
		if (result == 0)
			result = metric == METRICS ? preset_buckets(preset, &one, out) : preset_query(preset, metric, &one, out);
		if (result == 0)
			result = buf_add_string(out, ")");
	}
	buf_release(&select);
	return result;
}

int preset_service_query(const struct preset *preset, enum metric metric, const struct preset_scope *scope,
                         const struct service *service, struct buf *out)
{
	int by_resource = metric >= METRIC_KEPT;
	return with_scope(preset, metric, scope, service,
	                  metric_infos[metric].worst ? "max" : by_resource ? "sum by (resource)" : "sum", out);
}

int preset_service_buckets(const struct preset *preset, const struct preset_scope *scope,
                           const struct service *service, struct buf *out)
{
	return with_scope(preset, METRICS, scope, service, preset->native ? "sum" : "sum by (le)", out);
}

/* SPDX-License-Identifier: MIT */
/*
 * Errors and latency before and after, from the hour that the model keeps. The window before ends
 * when the commit was first applied; the one after begins when the last stage was done, and fills as
 * time goes on. It never holds a chain up: what it says is for a person to judge.
 */
#include <math.h>

#include "model/metrics.h"
#include "tracing.h"

enum { WINDOW_STEPS = 10, AGAIN_MS = 60 * 1000 };

/* The mean of a metric between two moments; NaN when nothing was measured there. */
static double mean(const struct tracing *tracing, enum metric metric, int64_t from_ms, int64_t to_ms)
{
	double history[METRIC_HISTORY], sum = 0;
	int count = 0;

	service_metric_history(tracing->service, metric, tracing->now_ms, history, METRIC_HISTORY);
	for (int i = 0; i < METRIC_HISTORY; i++) {
		int64_t at = tracing->now_ms - (int64_t)(METRIC_HISTORY - 1 - i) * METRIC_STEP_MS;
		if (at < from_ms || at > to_ms || !isfinite(history[i]))
			continue;
		sum += history[i];
		count++;
	}
	return count ? sum / count : NAN;
}

static struct chain_metrics window(const struct tracing *tracing, int64_t from_ms, int64_t to_ms)
{
	return (struct chain_metrics){mean(tracing, METRIC_ERROR_RATIO, from_ms, to_ms), mean(tracing, METRIC_P99, from_ms, to_ms)};
}

static void add_change(struct text *out, const char *name, double before, double after, double scale, const char *unit)
{
	if (isnan(before) && isnan(after))
		return;
	text_printf(out, "%s%s ", out->len ? ", " : "", name);
	if (isnan(before))
		text_add(out, "–");
	else
		text_printf(out, "%.*f%s", unit[1] == '%' ? 2 : 0, before * scale, unit);
	text_add(out, " → ");
	if (isnan(after))
		text_add(out, "not measured yet");
	else
		text_printf(out, "%.*f%s", unit[1] == '%' ? 2 : 0, after * scale, unit);
}

void stage_metrics(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_METRICS);
	struct chain *chain = tracing->chain;
	int64_t ended = above_ended(tracing, STAGE_METRICS), began = tracing->since_ms ? tracing->since_ms : ended;
	const int64_t span = (int64_t)WINDOW_STEPS * METRIC_STEP_MS;
	char room[160] = "";
	struct text words = text_in(room, sizeof(room));

	for (enum chain_stage stage = STAGE_COMMIT; stage < STAGE_METRICS; stage++)
		if (!link_is_passed(&chain->links[stage])) {
			link->state = CHAIN_WAITING;
			return;
		}
	if (!tracing->service || !tracing->service->metrics || !ended || !tracing->fresh ||
	    tracing->now_ms - began > (int64_t)METRIC_HISTORY * METRIC_STEP_MS - span) {
		link_skip(link, NULL);
		return;
	}
	chain->before = window(tracing, began - span, began);
	chain->after = window(tracing, ended, ended + span);
	add_change(&words, "errors", chain->before.error_ratio, chain->after.error_ratio, 100, " %");
	add_change(&words, "p99", chain->before.p99_ms, chain->after.p99_ms, 1, " ms");
	if (!words.len) {
		link_skip(link, NULL);
		return;
	}
	link->state = CHAIN_DONE;
	link_say(link, "%s", room);
	if (tracing->now_ms < ended + span + AGAIN_MS)
		tracing_due(tracing, tracing->now_ms + AGAIN_MS / 2);
}

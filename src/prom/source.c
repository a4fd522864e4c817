/* SPDX-License-Identifier: MIT */
/*
 * discover → try each candidate with the probe → rounds. A round is one query a metric, all for the
 * same instant of the server's clock, so that a ratio of two of them is exact. A round in which
 * nothing succeeds makes the values old and starts the way from the last server found, slower and
 * slower, never beside the interval.
 */
#include "prom/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "model/writer.h"
#include "prom/alerts.h"
#include "prom/discover.h"
#include "prom/slo.h"

enum { ROWS_MAX = 64, EXPR_MAX = 64 << 10, SERIES_MAX = 250000, SLOW_EACH = 10 };
static const double INTERVAL = 30, PATIENCE = 10, LOOK_AGAIN = 60, LOOK_AGAIN_MAX = 600;

struct slot {
	struct prom_source *source;
	enum metric metric;
	const struct preset *row;
	struct prom_call *call;
	struct service *service; /* of the series under way */
	enum metric of_series;   /* its metric: the label `resource` splits two */
};

struct prom_source {
	struct prom_source_options options;
	struct prom_config config;
	struct prom_client *client;
	struct discover *discover;
	struct discover_found found;
	size_t trying;                      /* index into found */
	struct prom_call *probe;
	struct alerting *alerting;
	struct slo_poll *slos;
	const struct preset *rows[ROWS_MAX]; /* own ones first */
	size_t row_count;
	char has[ROWS_MAX];                  /* found by the probe */
	const struct preset *of_metric[METRICS];
	char *select;                        /* "cluster=\"eu\"," */
	struct timer *timer;                 /* the next look, or the next round */
	void (*next)(struct prom_source *source);
	struct slot slots[METRICS];
	size_t waiting, failed, sent, queries;
	unsigned round;
	int64_t at_ms, skew_ms;              /* of the round; of the server's clock */
	int64_t started_ms;                  /* monotonic, when the first round began to wait for rows */
	int partial, settled, paused, due, failures;
	char words[240];
};

static void look(struct prom_source *source);
static void round_start(struct prom_source *source);

static int64_t wall(const struct prom_source *source)
{
	return source->options.clock->wall(source->options.clock);
}

static void changed(struct prom_source *source)
{
	source->options.changed(source->options.arg);
}

static double patience(const struct prom_source *source)
{
	return source->options.patience > 0 ? source->options.patience : PATIENCE;
}

static void timer_fired(void *arg)
{
	struct prom_source *source = arg;
	source->next(source);
}

static void later(struct prom_source *source, double seconds, void (*next)(struct prom_source *source))
{
	source->next = next;
	timer_start(source->timer, seconds);
}

static double interval_of(const struct prom_source *source)
{
	return source->config.interval > 0 ? source->config.interval : INTERVAL;
}

static void state_set(struct prom_source *source, enum metering state, const char *words)
{
	metrics_set_state(source->options.cluster, state, words);
	changed(source);
}

static void client_drop(struct prom_source *source)
{
	alerting_forget(source->alerting);
	slo_poll_forget(source->slos);
	prom_client_free(source->client);
	source->client = NULL;
}

/* Nothing to ask for now: look again after a while that grows. */
static void give_up(struct prom_source *source, enum metering state, const char *words)
{
	double wait = LOOK_AGAIN * (double)(1 << (source->failures < 4 ? source->failures : 4));
	source->failures++;
	source->settled = 1;
	if (source->options.cluster->metrics.heard_ms && state == METERING_FAILED)
		state = METERING_STALE;
	log_line(source->options.log, "%s: metrics: %s: %s", source->options.cluster->name, metering_words[state], words);
	client_drop(source);
	later(source, (wait < LOOK_AGAIN_MAX ? wait : LOOK_AGAIN_MAX) * (0.9 + 0.2 * random_fraction()), look);
	state_set(source, state, words);
}

static void scope_fill(const struct prom_source *source, struct preset_scope *scope)
{
	scope->select = source->select;
	scope->window = source->config.window ? source->config.window : "5m";
}

/* The row for a metric: the first found; of requests the one that is configured. */
static const struct preset *row_for(const struct prom_source *source, enum metric metric)
{
	int of_requests = metric <= METRIC_P99;
	for (size_t i = 0; i < source->row_count; i++) {
		const struct preset *row = source->rows[i];
		if (!source->has[i] || !preset_has(row, metric))
			continue;
		if (!of_requests || !source->config.preset || strcmp(source->config.preset, row->name) == 0)
			return row;
	}
	return NULL;
}

static void rows_choose(struct prom_source *source)
{
	struct cluster_metrics *metrics = &source->options.cluster->metrics;
	const struct preset *requests = row_for(source, METRIC_RPS);
	for (enum metric metric = 0; metric < METRICS; metric++) {
		source->of_metric[metric] = row_for(source, metric);
		/* What belongs to requests is told by one row, or it would not fit together. */
		if (requests && metric <= METRIC_P99)
			source->of_metric[metric] = preset_has(requests, metric) ? requests : NULL;
	}
	snprintf(metrics->preset, sizeof(metrics->preset), "%s", requests ? requests->name : "");
}

static int probe_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct prom_source *source = arg;
	unsigned long row = strtoul(answer_label(labels, count, "preset"), NULL, 10);
	if (row < source->row_count)
		source->has[row] = 1;
	return 0;
}

static void probe_sample(void *arg, int64_t at_ms, double value)
{
	struct prom_source *source = arg;
	(void)value;
	source->skew_ms = at_ms - wall(source);
}

static void try_next(struct prom_source *source);

static void nothing_found(struct prom_source *source)
{
	char words[240];
	const char *wanted = source->config.preset;
	if (wanted && !row_for(source, METRIC_RPS))
		snprintf(words, sizeof(words), "no series of the preset %s at %.150s", wanted, prom_client_where(source->client));
	else
		snprintf(words, sizeof(words), "no series of any preset at %.180s", prom_client_where(source->client));
	give_up(source, METERING_FAILED, words);
}

static void probe_done(void *arg, const struct prom_result *result)
{
	struct prom_source *source = arg;
	struct cluster_metrics *metrics = &source->options.cluster->metrics;
	source->probe = NULL;
	if (result->failed) {
		snprintf(source->words, sizeof(source->words), "%s", result->error);
		if (source->found.count > 0) {
			source->trying++;
			try_next(source);
			return;
		}
		give_up(source, METERING_FAILED, result->error);
		return;
	}
	snprintf(metrics->source, sizeof(metrics->source), "%s", prom_client_where(source->client));
	metrics->skew_ms = source->skew_ms;
	rows_choose(source);
	if (source->options.only_find) {
		metrics->heard_ms = wall(source);
		source->settled = 1;
		state_set(source, METERING_LIVE, "");
		return;
	}
	int any = 0;
	for (enum metric metric = 0; metric < METRICS; metric++)
		any |= source->of_metric[metric] != NULL;
	if (!any || (source->config.preset && !source->of_metric[METRIC_RPS])) {
		nothing_found(source);
		return;
	}
	source->failures = 0;
	source->started_ms = loop_now(source->options.loop);
	round_start(source);
}

static void probe(struct prom_source *source, const struct prom_access *access)
{
	struct err err = {0};
	struct buf expr;
	struct preset_scope scope;
	const struct prom_client_options options = {
		.loop = source->options.loop, .http = source->options.http, .kube = source->options.kube, .access = access,
	};
	client_drop(source);
	source->client = prom_client_new(&options, &err);
	if (!source->client) {
		give_up(source, METERING_FAILED, err.text);
		return;
	}
	scope_fill(source, &scope);
	buf_init(&expr, EXPR_MAX);
	memset(source->has, 0, sizeof(source->has));
	if (preset_probe(source->rows, source->row_count, &scope, &expr) < 0) {
		give_up(source, METERING_FAILED, "the presets make too long a query");
	} else {
		const struct prom_query query = {
			.expr = buf_string(&expr), .timeout = patience(source),
			.events = {.series = probe_series, .sample = probe_sample, .arg = source}, .done = probe_done, .arg = source,
		};
		source->queries++;
		source->probe = prom_query(source->client, &query);
	}
	buf_release(&expr);
}

static void try_next(struct prom_source *source)
{
	struct prom_access access = source->config.access;
	if (source->trying >= source->found.count) {
		char words[240];
		snprintf(words, sizeof(words), "%s: %.150s", "no Service of the cluster answers as a Prometheus", source->words);
		give_up(source, METERING_FAILED, words);
		return;
	}
	access.service = source->found.services[source->trying];
	probe(source, &access);
}

static void discovered(void *arg, const struct discover_found *found)
{
	struct prom_source *source = arg;
	source->discover = NULL;
	source->found = *found;
	source->trying = 0;
	if (found->count > 0)
		try_next(source);
	else if (found->error[0])
		give_up(source, METERING_OFF, found->error);
	else
		give_up(source, METERING_OFF, "no Prometheus was found in the cluster; the configuration can name one");
}

static void look(struct prom_source *source)
{
	const struct prom_access *access = &source->config.access;
	if (source->config.off) {
		source->settled = 1;
		state_set(source, METERING_OFF, "");
		return;
	}
	if (!source->options.cluster->metrics.heard_ms)
		state_set(source, METERING_LOOKING, "");
	source->found.count = 0;
	if (access->url || access->service)
		probe(source, access);
	else if (source->options.kube)
		source->discover = discover_start(source->options.kube, DISCOVER_PROMETHEUS, discovered, source);
	else
		give_up(source, METERING_OFF, "its cluster cannot be asked");
}

static void round_over(struct prom_source *source)
{
	struct cluster_metrics *metrics = &source->options.cluster->metrics;
	double wait = interval_of(source) * (0.9 + 0.2 * random_fraction());
	source->settled = 1;
	if (source->failed == source->sent) {
		/* All of it failed: a server that is gone, or one that is overloaded. Less often, then. */
		source->failures++;
		wait *= source->failures < 4 ? source->failures : 4;
		state_set(source, metrics->heard_ms ? METERING_STALE : METERING_FAILED, source->words);
	} else {
		source->failures = 0;
		metrics->heard_ms = wall(source);
		metrics->interval_ms = (int64_t)(interval_of(source) * 1000);
		state_set(source, source->failed || source->partial ? METERING_PARTIAL : METERING_LIVE, source->words);
	}
	source->round++;
	/* A server that comes back as another one (a new Service, a new URL) is found by looking again. */
	later(source, wait, source->failures >= 4 && source->found.count > 0 ? look : round_start);
}

static int slot_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct slot *slot = arg;
	const struct preset *row = slot->row;
	slot->of_series = slot->metric;
	if (slot->metric >= METRIC_KEPT && strcmp(answer_label(labels, count, "resource"), "memory") == 0)
		slot->of_series = slot->metric + (METRIC_MEMORY_REQUEST - METRIC_CPU_REQUEST);
	slot->service = metrics_find(slot->source->options.cluster, row->target, answer_label(labels, count, row->by[0]),
	                             answer_label(labels, count, row->by[1]));
	return 0;
}

static void slot_sample(void *arg, int64_t at_ms, double value)
{
	struct slot *slot = arg;
	(void)at_ms;
	if (slot->service)
		metrics_add(slot->service, slot->of_series, value);
}

static void slot_commit(struct slot *slot)
{
	struct prom_source *source = slot->source;
	metrics_commit(source->options.cluster, slot->metric, source->at_ms);
	if (slot->metric >= METRIC_KEPT)
		metrics_commit(source->options.cluster, slot->metric + (METRIC_MEMORY_REQUEST - METRIC_CPU_REQUEST), source->at_ms);
}

static void slot_done(void *arg, const struct prom_result *result)
{
	struct slot *slot = arg;
	struct prom_source *source = slot->source;
	slot->call = NULL;
	if (result->failed) {
		source->failed++;
		snprintf(source->words, sizeof(source->words), "%s: %.180s", metric_infos[slot->metric].title, result->error);
	} else {
		slot_commit(slot);
		if (result->partial[0]) {
			source->partial = 1;
			if (!source->words[0])
				snprintf(source->words, sizeof(source->words), "%s: %.180s", metric_infos[slot->metric].title, result->partial);
		}
	}
	if (--source->waiting == 0)
		round_over(source);
	else
		changed(source);
}

static void slot_ask(struct prom_source *source, enum metric metric)
{
	struct slot *slot = &source->slots[metric];
	struct preset_scope scope;
	struct buf expr;
	*slot = (struct slot){.source = source, .metric = metric, .row = source->of_metric[metric]};
	scope_fill(source, &scope);
	buf_init(&expr, EXPR_MAX);
	if (preset_query(slot->row, metric, &scope, &expr) == 0) {
		const struct prom_query query = {
			.expr = buf_string(&expr), .at_ms = source->at_ms, .timeout = patience(source),
			.events = {.series = slot_series, .sample = slot_sample, .arg = slot}, .done = slot_done, .arg = slot,
		};
		metrics_begin(source->options.cluster, metric);
		if (metric >= METRIC_KEPT)
			metrics_begin(source->options.cluster, metric + (METRIC_MEMORY_REQUEST - METRIC_CPU_REQUEST));
		slot->call = prom_query(source->client, &query);
		source->waiting++;
		source->sent++;
		source->queries++;
	}
	buf_release(&expr);
}

/* The first round waits for the rows that its values belong to, though not for ever. */
static int rows_are_coming(const struct prom_source *source)
{
	enum { LONGEST_MS = 15000 };
	return source->round == 0 && !cluster_is_complete(source->options.cluster) &&
	       loop_now(source->options.loop) - source->started_ms < LONGEST_MS;
}

static void round_start(struct prom_source *source)
{
	if (rows_are_coming(source)) {
		later(source, 0.03, round_start);
		return;
	}
	if (source->paused) {
		source->due = 1;
		return;
	}
	source->due = 0;
	source->waiting = source->failed = source->sent = 0;
	source->partial = 0;
	source->words[0] = '\0';
	/* Whole seconds: a moment that can be said, and asked again. */
	source->at_ms = wall(source) + source->skew_ms;
	source->at_ms -= source->at_ms % 1000;
	for (enum metric metric = 0; metric <= METRIC_CPU_LIMIT; metric++) {
		/* Requests and limits change with a rollout, not by the minute. */
		if (source->of_metric[metric] && (metric < METRIC_KEPT || source->round % SLOW_EACH == 0))
			slot_ask(source, metric);
	}
	alerting_poll(source->alerting, source->client);
	struct preset_scope scope;
	scope_fill(source, &scope);
	slo_poll_due(source->slos, source->client, source->of_metric[METRIC_RPS], &scope, source->at_ms);
	if (source->sent == 0)
		round_over(source);
}

struct prom_source *prom_source_new(const struct prom_source_options *options)
{
	struct prom_source *source = mem_new(sizeof(*source));
	source->options = *options;
	if (options->config)
		source->config = *options->config;
	const char *match = source->config.match;
	size_t len = match ? strlen(match) : 0;
	source->select = mem_printf("%s%s", match ? match : "", len > 0 && match[len - 1] != ',' ? "," : "");
	for (size_t i = 0; i < options->own_count && source->row_count < ROWS_MAX; i++)
		source->rows[source->row_count++] = &options->own[i];
	for (size_t i = 0; i < preset_count && source->row_count < ROWS_MAX; i++)
		source->rows[source->row_count++] = &presets[i];
	source->timer = timer_new(options->loop, timer_fired, source);
	const struct alerting_options alerting = {
		.loop = options->loop, .http = options->http, .kube = options->kube, .manager = &source->config.alertmanager,
		.cluster = options->cluster, .changed = options->changed, .arg = options->arg,
	};
	source->alerting = alerting_new(&alerting);
	const struct slo_options slos = {
		.loop = options->loop, .cluster = options->cluster, .rules = options->slos, .rule_count = options->slo_count,
		.changed = options->changed, .arg = options->arg,
	};
	source->slos = slo_poll_new(&slos);
	return source;
}

static void calls_cancel(struct prom_source *source)
{
	discover_cancel(source->discover);
	source->discover = NULL;
	prom_cancel(source->probe);
	source->probe = NULL;
	for (size_t i = 0; i < METRICS; i++) {
		prom_cancel(source->slots[i].call);
		source->slots[i].call = NULL;
	}
}

void prom_source_free(struct prom_source *source)
{
	if (!source)
		return;
	calls_cancel(source);
	alerting_free(source->alerting); /* before the client that they ask */
	slo_poll_free(source->slos);
	prom_client_free(source->client);
	timer_free(source->timer);
	free(source->select);
	free(source);
}

void prom_source_start(struct prom_source *source)
{
	look(source);
}

void prom_source_pause(struct prom_source *source, int paused)
{
	source->paused = paused;
	if (!paused && source->due)
		round_start(source);
}

int prom_source_settled(const struct prom_source *source)
{
	return source->settled && (!source->client || source->options.only_find ||
	                            (alerting_settled(source->alerting) && !slo_poll_is_asking(source->slos)));
}

struct alerting *prom_source_alerting(const struct prom_source *source)
{
	return source->alerting;
}

struct prom_client *prom_source_client(const struct prom_source *source)
{
	return source->client;
}

const struct preset *prom_source_preset(const struct prom_source *source, enum metric metric, struct preset_scope *scope)
{
	scope_fill(source, scope);
	return source->of_metric[metric];
}

size_t prom_source_queries(const struct prom_source *source)
{
	return source->queries;
}

unsigned long prom_source_rounds(const struct prom_source *source)
{
	return source->round;
}

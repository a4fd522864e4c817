/* SPDX-License-Identifier: MIT */
/*
 * The query is a preset's errors over its requests, with the names of the services in the selector, so
 * that a window of a month is asked for few series. Parts of a service (a canary beside its
 * primary) are told by the worst.
 */
#include "prom/slo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

enum { OWN_MAX = 4, EACH_MS = 60000, EXPR_MAX = 64 << 10 };
static const char *const burn_windows[SLO_BURNS] = {"5m", "30m", "1h", "6h"};
static const double PATIENCE = 30;

struct slo_ask {
	struct slo_poll *poll;
	struct prom_call *call;
	const char *own;       /* an objective's window; NULL: that of a burn rate */
	int burn;
	struct service *service;
};

struct slo_poll {
	struct slo_options options;
	const struct preset *preset;
	struct slo_ask asks[SLO_BURNS + OWN_MAX];
	int64_t asked_ms; /* monotonic */
};

struct slo_poll *slo_poll_new(const struct slo_options *options)
{
	struct slo_poll *poll = mem_new(sizeof(*poll));
	poll->options = *options;
	poll->asked_ms = -EACH_MS;
	return poll;
}

void slo_poll_forget(struct slo_poll *poll)
{
	for (size_t i = 0; i < SLO_BURNS + OWN_MAX; i++) {
		prom_cancel(poll->asks[i].call);
		poll->asks[i].call = NULL;
	}
}

int slo_poll_is_asking(const struct slo_poll *poll)
{
	for (size_t i = 0; i < SLO_BURNS + OWN_MAX; i++)
		if (poll->asks[i].call)
			return 1;
	return 0;
}

void slo_poll_free(struct slo_poll *poll)
{
	if (!poll)
		return;
	slo_poll_forget(poll);
	free(poll);
}

static int add_names(const struct slo_rule *rules, size_t count, const char *own_window, const struct preset *preset,
                     struct buf *out)
{
	int failed = buf_printf(out, "%s=~\"(", preset->by[1]) < 0;
	size_t told = 0;
	for (size_t i = 0; i < count; i++) {
		if (own_window && strcmp(rules[i].window, own_window) != 0)
			continue;
		failed |= told++ ? buf_add(out, "|", 1) < 0 : 0;
		for (const char *at = rules[i].service; *at; at++)
			failed |= (strchr(".+*?()|[]{}^$\\\"", *at) ? buf_printf(out, "\\\\%c", *at) : buf_add(out, at, 1)) < 0;
	}
	failed |= buf_add_string(out, preset->target == TARGET_POD ? ")(-[a-z0-9]{1,10})?-[a-z0-9]{1,5}\","
	                                                           : ")(-primary|-canary)?\",") < 0;
	return failed || told == 0 ? -1 : 0;
}

int slo_query(const struct slo_rule *rules, size_t count, const char *own_window, const struct preset *preset,
              const struct preset_scope *scope, struct buf *out)
{
	struct buf select;
	int result = -1;
	buf_init(&select, EXPR_MAX);
	if (preset_has(preset, METRIC_ERRORS) && buf_add_string(&select, scope->select) == 0 &&
	    add_names(rules, count, own_window, preset, &select) == 0) {
		const struct preset_scope mine = {buf_string(&select), scope->window};
		if (buf_add(out, "(", 1) == 0 && preset_query(preset, METRIC_ERRORS, &mine, out) == 0 &&
		    buf_add_string(out, ") / (") == 0 && preset_query(preset, METRIC_RPS, &mine, out) == 0)
			result = buf_add(out, ")", 1);
	}
	buf_release(&select);
	return result;
}

static const struct slo_rule *rule_of(const struct slo_poll *poll, const struct service *service)
{
	for (size_t i = 0; i < poll->options.rule_count; i++) {
		const struct slo_rule *rule = &poll->options.rules[i];
		if (strcmp(rule->service, service->name) == 0 && (!rule->namespace || strcmp(rule->namespace, service->namespace) == 0))
			return rule;
	}
	return NULL;
}

static int ask_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct slo_ask *ask = arg;
	const struct preset *preset = ask->poll->preset;
	ask->service = metrics_find(ask->poll->options.cluster, preset->target, answer_label(labels, count, preset->by[0]),
	                            answer_label(labels, count, preset->by[1]));
	return 0;
}

static void ask_sample(void *arg, int64_t at_ms, double value)
{
	struct slo_ask *ask = arg;
	const struct slo_rule *rule = ask->service ? rule_of(ask->poll, ask->service) : NULL;
	if (rule && (!ask->own || strcmp(ask->own, rule->window) == 0))
		slo_put(ask->service, rule->objective, rule->window_ms, ask->own ? -1 : ask->burn, at_ms, value);
}

static void ask_done(void *arg, const struct prom_result *result)
{
	struct slo_ask *ask = arg;
	(void)result; /* what failed is asked again in a minute; values have their time */
	ask->call = NULL;
	ask->poll->options.changed(ask->poll->options.arg);
}

static void ask_send(struct slo_ask *ask, struct prom_client *client, const struct preset_scope *scope, const char *window,
                     int64_t at_ms)
{
	const struct slo_options *options = &ask->poll->options;
	const struct preset_scope mine = {scope->select, window};
	struct buf expr;
	buf_init(&expr, EXPR_MAX);
	if (slo_query(options->rules, options->rule_count, ask->own, ask->poll->preset, &mine, &expr) == 0) {
		const struct prom_query query = {.expr = buf_string(&expr), .at_ms = at_ms, .timeout = PATIENCE, .done = ask_done, .arg = ask,
		                                 .events = {.series = ask_series, .sample = ask_sample, .arg = ask}};
		ask->call = prom_query(client, &query);
	}
	buf_release(&expr);
}

void slo_poll_due(struct slo_poll *poll, struct prom_client *client, const struct preset *preset,
                  const struct preset_scope *scope, int64_t at_ms)
{
	const char *own[OWN_MAX];
	size_t owns = 0;
	int64_t now = loop_now(poll->options.loop);
	if (poll->options.rule_count == 0 || !preset || now - poll->asked_ms < EACH_MS)
		return;
	poll->asked_ms = now;
	poll->preset = preset;
	slo_poll_forget(poll);
	for (int i = 0; i < SLO_BURNS; i++) {
		poll->asks[i] = (struct slo_ask){.poll = poll, .burn = i};
		ask_send(&poll->asks[i], client, scope, burn_windows[i], at_ms);
	}
	for (size_t i = 0; i < poll->options.rule_count; i++) {
		size_t seen = 0;
		while (seen < owns && strcmp(own[seen], poll->options.rules[i].window) != 0)
			seen++;
		if (seen < owns || owns == OWN_MAX)
			continue;
		own[owns] = poll->options.rules[i].window;
		struct slo_ask *ask = &poll->asks[SLO_BURNS + owns++];
		*ask = (struct slo_ask){.poll = poll, .own = own[owns - 1]};
		ask_send(ask, client, scope, ask->own, at_ms);
	}
}

/* SPDX-License-Identifier: MIT */
/* Builds the clusters somebody works on and lets them go, in that order and the reverse. */
#include "app/session.h"

#include <stdlib.h>

#include "app/config_prom.h"
#include "base/mem.h"
#include "flux/kinds.h"
#include "kube/credential.h"
#include "kube/kubeconfig.h"
#include "kube/source.h"
#include "model/writer.h"

/* All kinds there are, in the order in which they are read. */
static const struct kind *const session_kinds[] = {kinds, flux_kinds, later_kinds, NULL};

static void changed_nothing(void *arg)
{
	(void)arg;
}

static struct source *source_make(const struct session *session, const struct session_options *options,
                                  const struct session_context *context, struct cluster *cluster, struct err *err)
{
	const struct source_options source = {
		.loop = session->loop,
		.http = session->http,
		.clock = session->fleet->clock,
		.log = options->log,
		.fleet = session->fleet,
		.cluster = cluster,
		.access = context->access,
		.credentials = session->credentials,
		.service_label = options->service_label,
		.team_label = options->team_label,
		.kinds = session_kinds,
		.borrow_terminal = options->borrow_terminal,
		.changed = options->changed ? options->changed : changed_nothing,
		.arg = options->arg,
	};

	if (!context->access) {
		err_set(err, "%s", context->error ? context->error : "the context cannot be resolved");
		return NULL;
	}
	return source_new(&source, err);
}

static struct prom_source *meter_make(const struct session *session, const struct session_options *options,
                                      const struct session_context *context, size_t index)
{
	const struct prom_source_options meter = {
		.loop = session->loop,
		.http = session->http,
		.clock = session->fleet->clock,
		.log = options->log,
		.cluster = session->fleet->clusters.items[index],
		.kube = session->sources[index] ? source_client(session->sources[index]) : NULL,
		.config = context->prometheus,
		.own = options->metrics->presets,
		.own_count = options->metrics->preset_count,
		.slos = options->metrics->slos,
		.slo_count = options->metrics->slo_count,
		.only_find = options->only_ask,
		.changed = options->changed ? options->changed : changed_nothing,
		.arg = options->arg,
	};

	return prom_source_new(&meter);
}

struct session *session_new(const struct session_options *options, struct err *err)
{
	const struct clock *clock = options->clock ? options->clock : &clock_system;
	struct session *session = mem_new(sizeof(*session));

	if (!(session->loop = loop_new(err)) || !(session->http = http_new(session->loop, err))) {
		session_free(session);
		return NULL;
	}
	session->credentials = credential_cache_new(session->loop, clock);
	session->fleet = fleet_new(clock);
	session->sources = mem_new_array(options->context_count + 1, sizeof(*session->sources));
	session->meters = mem_new_array(options->context_count + 1, sizeof(*session->meters));
	session->source_count = options->context_count;
	session->only_ask = options->only_ask;
	if (options->metrics) {
		session->fleet->prices = options->metrics->prices;
		session->fleet->has_objectives = options->metrics->slo_count > 0;
	}
	for (size_t i = 0; i < options->context_count; i++) {
		const struct session_context *context = &options->contexts[i];
		struct err why = {.text = ""};
		struct cluster *cluster =
			fleet_add_cluster(session->fleet, context->name, context->env ? context->env : "",
		                          context->region ? context->region : "", context->protected);
		session->sources[i] = source_make(session, options, context, cluster, &why);
		if (!session->sources[i])
			cluster_set_error(cluster, 0, why.text);
		if (options->metrics)
			session->meters[i] = meter_make(session, options, context, i);
	}
	fleet_settle(session->fleet);
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	/* The meters first: they ask through the sources' clients. */
	for (size_t i = 0; i < session->source_count; i++)
		prom_source_free(session->meters[i]);
	for (size_t i = 0; i < session->source_count; i++)
		if (session->sources[i])
			source_free(session->sources[i]);
	free(session->meters);
	free(session->sources);
	if (session->credentials)
		credential_cache_free(session->credentials);
	if (session->http)
		http_free(session->http);
	if (session->fleet)
		fleet_free(session->fleet);
	if (session->loop)
		loop_free(session->loop);
	free(session);
}

void session_start(struct session *session)
{
	for (size_t i = 0; i < session->source_count && !session->only_ask; i++)
		if (session->sources[i])
			source_start(session->sources[i]);
	for (size_t i = 0; i < session->source_count; i++)
		if (session->meters[i])
			prom_source_start(session->meters[i]);
}

static int all_are(const struct fleet *fleet, int (*done)(const struct cluster *))
{
	for (size_t i = 0; i < fleet->clusters.len; i++)
		if (!done(fleet->clusters.items[i]))
			return 0;
	return 1;
}

static void time_is_over(void *arg)
{
	*(int *)arg = 1;
}

static int all_are_metered(const struct session *session)
{
	for (size_t i = 0; i < session->source_count; i++)
		if (session->meters[i] && !prom_source_settled(session->meters[i]))
			return 0;
	return 1;
}

int session_wait_metrics(struct session *session, double seconds)
{
	int over = 0;
	struct timer *timer = timer_new(session->loop, time_is_over, &over);

	timer_start(timer, seconds);
	while (!over && !all_are_metered(session))
		loop_poll(session->loop, 1);
	timer_free(timer);
	fleet_settle(session->fleet);
	return all_are_metered(session) ? 0 : -1;
}

static int wait_until(struct session *session, double seconds, int (*done)(const struct cluster *))
{
	int over = 0;
	struct timer *timer = timer_new(session->loop, time_is_over, &over);

	timer_start(timer, seconds);
	while (!over && !all_are(session->fleet, done))
		loop_poll(session->loop, 1);
	timer_free(timer);
	fleet_settle(session->fleet);
	return all_are(session->fleet, done) ? 0 : -1;
}

int session_wait(struct session *session, double seconds)
{
	return wait_until(session, seconds, cluster_is_complete);
}

int session_wait_whole(struct session *session, double seconds)
{
	return wait_until(session, seconds, cluster_is_whole);
}

struct source *session_source(const struct session *session, const struct cluster *cluster)
{
	for (size_t i = 0; i < session->fleet->clusters.len; i++)
		if (session->fleet->clusters.items[i] == cluster)
			return session->sources[i];
	return NULL;
}

struct prom_source *session_meter(const struct session *session, const struct cluster *cluster)
{
	for (size_t i = 0; i < session->fleet->clusters.len; i++)
		if (session->fleet->clusters.items[i] == cluster)
			return session->meters[i];
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * One reading: alerts of the Prometheus, then what the Alertmanager says of them, then both at once
 * into the model, so that a silenced alert never fires on the screen for a moment.
 */
#include "prom/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"
#include "prom/discover.h"

struct alerting {
	struct alerting_options options;
	struct prom_access access;
	struct prom_client *manager;
	struct discover *discover;
	struct discover_found found;
	size_t trying;
	int looked;                /* for an Alertmanager; it is or is not there */
	struct prom_call *rules, *held, *silences;
	struct vec alerts;         /* of the reading under way */
	int reading, settled, rules_failed;
};

static void reading_over(struct alerting *alerting);
static void manager_ask(struct alerting *alerting);

struct alerting *alerting_new(const struct alerting_options *options)
{
	struct alerting *alerting = mem_new(sizeof(*alerting));
	alerting->options = *options;
	if (options->manager)
		alerting->access = *options->manager;
	vec_init(&alerting->alerts);
	return alerting;
}

void alerting_forget(struct alerting *alerting)
{
	discover_cancel(alerting->discover);
	prom_cancel(alerting->rules);
	prom_cancel(alerting->held);
	prom_cancel(alerting->silences);
	alerting->discover = NULL;
	alerting->rules = alerting->held = alerting->silences = NULL;
	alerting->reading = 0;
}

void alerting_free(struct alerting *alerting)
{
	if (!alerting)
		return;
	alerting_forget(alerting);
	prom_client_free(alerting->manager);
	alerts_free(&alerting->alerts);
	free(alerting);
}

static void silences_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	struct alerting *alerting = arg;
	struct err err = {0};
	struct vec silences;
	alerting->silences = NULL;
	vec_init(&silences);
	if (result->failed)
		cluster_set_alert_errors(alerting->options.cluster, NULL, result->error);
	else if (silences_decode(&silences, body, len, &err) < 0)
		cluster_set_alert_errors(alerting->options.cluster, NULL, err.text);
	else
		cluster_set_silences(alerting->options.cluster, &silences);
	alerts_free(&silences);
	reading_over(alerting);
}

static void held_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	struct alerting *alerting = arg;
	struct err err = {0};
	alerting->held = NULL;
	if (result->failed || alerts_decode_held(&alerting->alerts, body, len, &err) < 0) {
		const char *why = result->failed ? result->error : err.text;
		/* Found by itself, it may have been something else: the next candidate, or none. */
		if (alerting->found.count > 0 && !alerting->options.cluster->alerts.manager_known) {
			alerting->trying++;
			manager_ask(alerting);
			return;
		}
		cluster_set_alert_errors(alerting->options.cluster, NULL, why);
		reading_over(alerting);
		return;
	}
	cluster_set_alert_errors(alerting->options.cluster, NULL, "");
	alerting->silences = prom_send(alerting->manager, NULL, "/api/v2/silences", NULL, silences_came, alerting);
}

static void manager_ask(struct alerting *alerting)
{
	struct err err = {0};
	if (alerting->found.count > 0 && !alerting->options.cluster->alerts.manager_known) {
		prom_client_free(alerting->manager);
		alerting->manager = NULL;
		alerting->access.service = alerting->trying < alerting->found.count ? alerting->found.services[alerting->trying] : NULL;
	}
	if (!alerting->manager && (alerting->access.url || alerting->access.service)) {
		const struct prom_client_options options = {.loop = alerting->options.loop, .http = alerting->options.http,
		                                            .kube = alerting->options.kube, .access = &alerting->access};
		alerting->manager = prom_client_new(&options, &err);
		if (!alerting->manager)
			cluster_set_alert_errors(alerting->options.cluster, NULL, err.text);
	}
	if (!alerting->manager) {
		reading_over(alerting);
		return;
	}
	alerting->held = prom_send(alerting->manager, NULL, "/api/v2/alerts?active=true&silenced=true&inhibited=true", NULL,
	                           held_came, alerting);
}

static void discovered(void *arg, const struct discover_found *found)
{
	struct alerting *alerting = arg;
	alerting->discover = NULL;
	alerting->found = *found;
	manager_ask(alerting);
}

static void manager_look(struct alerting *alerting)
{
	if (alerting->looked || alerting->access.url || alerting->access.service || !alerting->options.kube) {
		manager_ask(alerting);
		return;
	}
	alerting->looked = 1;
	alerting->discover = discover_start(alerting->options.kube, DISCOVER_ALERTMANAGER, discovered, alerting);
}

static void reading_over(struct alerting *alerting)
{
	struct cluster *cluster = alerting->options.cluster;
	/* A reading that failed leaves what is there. */
	if (!alerting->rules_failed)
		cluster_set_alerts(cluster, &alerting->alerts);
	alerts_free(&alerting->alerts);
	alerting->reading = 0;
	alerting->settled = 1;
	alerting->options.changed(alerting->options.arg);
}

static void rules_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	struct alerting *alerting = arg;
	struct err err = {0};
	alerting->rules = NULL;
	alerting->rules_failed = result->failed || alerts_decode(&alerting->alerts, body, len, &err) < 0;
	cluster_set_alert_errors(alerting->options.cluster, result->failed ? result->error : err.text, NULL);
	manager_look(alerting);
}

void alerting_poll(struct alerting *alerting, struct prom_client *prometheus)
{
	if (alerting->reading)
		return;
	alerting->reading = 1;
	alerting->rules_failed = 0;
	alerts_free(&alerting->alerts);
	vec_init(&alerting->alerts);
	if (prometheus)
		alerting->rules = prom_send(prometheus, NULL, "/api/v1/alerts", NULL, rules_came, alerting);
	else
		manager_look(alerting);
}

int alerting_settled(const struct alerting *alerting)
{
	return alerting->settled;
}

struct prom_client *alerting_manager(const struct alerting *alerting)
{
	return alerting->manager;
}

struct prom_call *silence_send(struct prom_client *manager, const struct silence *silence,
                               void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                               void *arg)
{
	struct buf body;
	struct prom_call *call = NULL;
	buf_init(&body, 64 << 10);
	if (silence_encode(&body, silence) == 0)
		call = prom_send(manager, "POST", "/api/v2/silences", buf_string(&body), done, arg);
	buf_release(&body);
	return call;
}

struct prom_call *silence_expire(struct prom_client *manager, const char *id,
                                 void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                                 void *arg)
{
	char path[200];
	struct text text = text_in(path, sizeof(path));
	text_add(&text, "/api/v2/silence/");
	text_add_escaped(&text, id);
	return prom_send(manager, "DELETE", path, NULL, done, arg);
}

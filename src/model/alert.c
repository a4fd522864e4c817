/* SPDX-License-Identifier: MIT */
/*
 * Whom an alert is about is told by its labels: a pod, a workload or a Service in a namespace. Labels
 * of a scrape (`service`, `pod` of the exporter) are less than those that say `exported_`.
 */
#include "model/alert.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"

const char *const alert_state_words[ALERT_STATES] = {[ALERT_FIRING] = "firing", [ALERT_PENDING] = "pending"};
const char *const silence_state_words[SILENCE_STATES] = {
	[SILENCE_ACTIVE] = "active", [SILENCE_PENDING] = "pending", [SILENCE_EXPIRED] = "expired"};

void alert_label(const struct alert *alert, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	out[0] = '\0';
	for (const char *at = alert->labels; *at;) {
		size_t key = strcspn(at, "\1");
		const char *value = at + key + (at[key] != 0);
		size_t value_len = strcspn(value, "\1");
		if (key == len && memcmp(at, name, len) == 0) {
			snprintf(out, size, "%.*s", (int)value_len, value);
			return;
		}
		at = value + value_len + (value[value_len] != 0);
	}
}

static const struct {
	const char *namespace, *name;
	enum metric_target target;
} pairs[] = {
	{"exported_namespace", "exported_service", TARGET_SERVICE},
	{"exported_namespace", "exported_pod", TARGET_POD},
	{"destination_service_namespace", "destination_service_name", TARGET_SERVICE},
	{"k8s_namespace_name", "k8s_deployment_name", TARGET_WORKLOAD},
	{"namespace", "deployment", TARGET_WORKLOAD},
	{"namespace", "statefulset", TARGET_WORKLOAD},
	{"namespace", "daemonset", TARGET_WORKLOAD},
	{"namespace", "workload", TARGET_WORKLOAD},
	{"namespace", "horizontalpodautoscaler", TARGET_WORKLOAD},
	{"namespace", "pod", TARGET_POD},
	{"namespace", "service", TARGET_SERVICE},
	{"namespace", "app", TARGET_SERVICE},
	{"namespace", "job", TARGET_SERVICE},
};

static struct service *alert_service(const struct cluster *cluster, const struct alert *alert)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char namespace[256], name[256];
		alert_label(alert, pairs[i].namespace, namespace, sizeof(namespace));
		alert_label(alert, pairs[i].name, name, sizeof(name));
		if (!*namespace || !*name)
			continue;
		struct service *service = metrics_find(cluster, pairs[i].target, namespace, name);
		if (service)
			return service;
	}
	return NULL;
}

static int alert_counts(const struct alert *alert)
{
	return !alert->inhibited && !alert->silenced_by[0];
}

void cluster_join_alerts(struct cluster *cluster)
{
	struct cluster_alerts *mine = &cluster->alerts;
	const struct vec *all = &cluster->fleet->services;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster == cluster)
			service->alerts_firing = service->alerts_pending = 0;
	}
	mine->firing = mine->pending = 0;
	for (size_t i = 0; i < mine->alerts.len; i++) {
		struct alert *alert = mine->alerts.items[i];
		struct service *service = alert_service(cluster, alert);
		snprintf(alert->service, sizeof(alert->service), "%s", service ? service->key : "");
		if (!alert_counts(alert))
			continue;
		int firing = alert->state == ALERT_FIRING;
		mine->firing += firing;
		mine->pending += !firing;
		if (service) {
			service->alerts_firing += firing;
			service->alerts_pending += !firing;
		}
	}
	cluster->fleet->stirred = 1;
}

/* Told once when it begins to fire and once when it is over. */
static void tell(struct cluster *cluster, const struct alert *alert, int begins)
{
	struct fleet *fleet = cluster->fleet;
	const struct service *service = map_get(&fleet->by_key, alert->service);
	char subject[160];
	if (service)
		snprintf(subject, sizeof(subject), "%s/%s", service->name, cluster->name);
	else
		snprintf(subject, sizeof(subject), "%s", cluster->name);
	timeline_note(&fleet->timeline, fleet->clock->wall(fleet->clock), begins ? TIMELINE_BAD : TIMELINE_GOOD, subject,
	              begins ? "alert" : "alert over", "%s%s%s", alert->name, alert->summary[0] ? ", " : "", alert->summary);
}

static const struct alert *find_same(const struct vec *alerts, const struct alert *alert)
{
	for (size_t i = 0; i < alerts->len; i++) {
		const struct alert *other = alerts->items[i];
		if (strcmp(other->labels, alert->labels) == 0)
			return other;
	}
	return NULL;
}

static int tells(const struct alert *alert)
{
	return alert && alert->state == ALERT_FIRING && alert_counts(alert);
}

void cluster_set_alerts(struct cluster *cluster, struct vec *alerts)
{
	enum { TOLD_MAX = 200 };
	struct cluster_alerts *mine = &cluster->alerts;
	struct vec before = mine->alerts;
	mine->alerts = *alerts;
	vec_init(alerts);
	cluster_join_alerts(cluster);
	/* The first list tells what is, not what happened. */
	for (size_t i = 0; mine->known && i < mine->alerts.len && i < TOLD_MAX; i++)
		if (tells(mine->alerts.items[i]) && !tells(find_same(&before, mine->alerts.items[i])))
			tell(cluster, mine->alerts.items[i], 1);
	for (size_t i = 0; i < before.len && i < TOLD_MAX; i++)
		if (tells(before.items[i]) && !tells(find_same(&mine->alerts, before.items[i])))
			tell(cluster, before.items[i], 0);
	mine->known = 1;
	alerts_free(&before);
}

void cluster_set_silences(struct cluster *cluster, struct vec *silences)
{
	alerts_free(&cluster->alerts.silences);
	cluster->alerts.silences = *silences;
	vec_init(silences);
	cluster->alerts.manager_known = 1;
	cluster->fleet->stirred = 1;
}

void cluster_set_alert_errors(struct cluster *cluster, const char *rules, const char *manager)
{
	struct cluster_alerts *mine = &cluster->alerts;
	if (rules)
		snprintf(mine->error, sizeof(mine->error), "%s", rules);
	if (manager)
		snprintf(mine->manager_error, sizeof(mine->manager_error), "%s", manager);
}

void cluster_release_alerts(struct cluster *cluster)
{
	alerts_free(&cluster->alerts.alerts);
	alerts_free(&cluster->alerts.silences);
}

void alerts_free(struct vec *items)
{
	for (size_t i = 0; i < items->len; i++)
		free(items->items[i]);
	vec_release(items);
}

/* Anchored, as Alertmanager's are. What POSIX cannot compile matches nothing: a preview, not a judge. */
static int regex_matches(const char *pattern, const char *text)
{
	char whole[300];
	regex_t regex;
	snprintf(whole, sizeof(whole), "^(%s)$", pattern);
	if (regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
		return 0;
	int result = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return result;
}

int silence_matches(const struct silence *silence, const struct alert *alert)
{
	for (size_t i = 0; i < silence->matcher_count; i++) {
		const struct silence_matcher *matcher = &silence->matchers[i];
		char value[512];
		alert_label(alert, matcher->name, value, sizeof(value));
		int equal = matcher->is_regex ? regex_matches(matcher->value, value) : strcmp(matcher->value, value) == 0;
		if (equal != matcher->is_equal)
			return 0;
	}
	return silence->matcher_count > 0;
}

void silence_describe(const struct silence *silence, struct text *out)
{
	static const char *const operators[2][2] = {{"!=", "!~"}, {"=", "=~"}};
	for (size_t i = 0; i < silence->matcher_count; i++) {
		const struct silence_matcher *matcher = &silence->matchers[i];
		text_printf(out, "%s%s%s\"%s\"", i ? " " : "", matcher->name, operators[matcher->is_equal][matcher->is_regex],
		            matcher->value);
	}
}

int matcher_parse(const char *text, struct silence_matcher *matcher)
{
	static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strspn(text, name_bytes);
	const char *at = text + len;
	*matcher = (struct silence_matcher){.is_equal = 1};
	if (len == 0 || len >= sizeof(matcher->name) || (*text >= '0' && *text <= '9'))
		return -1;
	if (*at == '!') {
		matcher->is_equal = 0;
		matcher->is_regex = at[1] == '~';
		if (at[1] != '=' && at[1] != '~')
			return -1;
		at += 2;
	} else if (*at == '=') {
		matcher->is_regex = at[1] == '~';
		at += 1 + matcher->is_regex;
	} else {
		return -1;
	}
	size_t value = strlen(at);
	if (value >= 2 && *at == '"' && at[value - 1] == '"') {
		at++;
		value -= 2;
	}
	if (value >= sizeof(matcher->value))
		return -1;
	memcpy(matcher->name, text, len);
	memcpy(matcher->value, at, value);
	if (matcher->is_regex) {
		regex_t regex;
		if (regcomp(&regex, matcher->value, REG_EXTENDED | REG_NOSUB) != 0)
			return -1;
		regfree(&regex);
	}
	return 0;
}

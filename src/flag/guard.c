/* SPDX-License-Identifier: MIT */
#include "flag/guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int flag_guard_parse(const char *guard, enum metric *metric, int *at_most, double *limit)
{
	size_t len = strcspn(guard, "<>=");
	const char *at = guard + len;
	char *unit;
	int found = -1;
	for (int i = 0; i < METRICS; i++) {
		const char *key = metric_infos[i].key;
		size_t bare = strlen(key) > 2 && strcmp(key + strlen(key) - 2, "Ms") == 0 ? strlen(key) - 2 : strlen(key); /* p99 is p99Ms */
		if ((strlen(key) == len || bare == len) && strncasecmp(key, guard, len) == 0)
			found = i;
	}
	if (found < 0 || !*at)
		return -1;
	*metric = (enum metric)found;
	*at_most = *at == '<';
	at += strspn(at, "<>=");
	*limit = strtod(at, &unit);
	if (unit == at)
		return -1;
	if (strcmp(unit, "%") == 0)
		*limit /= 100;
	else if (strcmp(unit, "s") == 0)
		*limit *= 1000;
	return 0;
}

static int is_of(const struct service *service, const struct flag_intent *intent)
{
	return strcmp(service->name, intent->service) == 0 && strcmp(service->cluster->env, intent->env) == 0 &&
	       (!intent->region || strcmp(service->cluster->region, intent->region) == 0);
}

enum guard_verdict flag_guard_judge(const struct fleet *fleet, const struct flag_commit *commit, char *words, size_t size)
{
	enum metric metric;
	int at_most, known = 0;
	double limit;
	if (flag_guard_parse(commit->change.guard, &metric, &at_most, &limit) < 0) {
		snprintf(words, size, "\"%.60s\" names no metric that is measured", commit->change.guard);
		return GUARD_UNKNOWN;
	}
	for (size_t i = 0; i < commit->change.count; i++)
		for (size_t s = 0; s < fleet->services.len; s++) {
			const struct service *service = fleet->services.items[s];
			const struct metric_value *value = is_of(service, &commit->change.items[i]) ? service_metric(service, metric) : NULL;
			if (!value || value->at_ms <= commit->at_ms || isnan(value->value) || service_metric_is_old(service, metric))
				continue;
			known = 1;
			if (at_most ? value->value <= limit : value->value >= limit)
				continue;
			snprintf(words, size, "%s of %s in %s is %.4g, and was to be %.60s", metric_infos[metric].key, service->name,
			         service->cluster->name, value->value, commit->change.guard);
			return GUARD_BROKEN;
		}
	snprintf(words, size, known ? "it holds" : "no value was measured since the commit");
	return known ? GUARD_HOLDS : GUARD_UNKNOWN;
}

/* SPDX-License-Identifier: MIT */
/* What differs between two demands, and which containers a demand for logs means. */
#include "app/demand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/pod.h"

unsigned demand_diff(const struct demand *before, const struct demand *now)
{
	unsigned parts = 0;

	/* demand_init zeroes them whole, so bytes can be compared. */
	if (memcmp(&before->logs, &now->logs, sizeof(now->logs)) != 0)
		parts |= DEMAND_LOGS;
	if (memcmp(&before->events, &now->events, sizeof(now->events)) != 0)
		parts |= DEMAND_EVENTS;
	if (memcmp(&before->object, &now->object, sizeof(now->object)) != 0)
		parts |= DEMAND_OBJECT;
	if (memcmp(&before->charts, &now->charts, sizeof(now->charts)) != 0)
		parts |= DEMAND_CHARTS;
	if (memcmp(&before->history, &now->history, sizeof(now->history)) != 0)
		parts |= DEMAND_HISTORY;
	if (before->fleet_metrics != now->fleet_metrics)
		parts |= DEMAND_FLEET_METRICS;
	if (memcmp(&before->runs, &now->runs, sizeof(now->runs)) != 0)
		parts |= DEMAND_RUNS;
	return parts;
}

struct wanted_pods {
	const struct demand_logs *logs;
	struct vec pods; /* const struct pod * */
};

static void pod_take(void *arg, const struct pod *pod)
{
	struct wanted_pods *wanted = arg;

	if (*wanted->logs->pod && strcmp(wanted->logs->pod, pod->object.name) != 0)
		return;
	/* There was no container before the first one. */
	if (wanted->logs->previous && pod->restarts == 0)
		return;
	vec_push(&wanted->pods, (void *)(uintptr_t)pod);
}

static int pod_compare(const void *a, const void *b)
{
	const struct pod *one = *(const struct pod *const *)a, *other = *(const struct pod *const *)b;
	int left = one->reason == REASON_NONE ? REASON_COUNT : one->reason;
	int right = other->reason == REASON_NONE ? REASON_COUNT : other->reason;

	return left != right ? left - right : strcmp(one->object.name, other->object.name);
}

static size_t containers_of(const struct pod *pod)
{
	size_t count = 1;

	for (const char *at = pod->containers; *at; at++)
		count += *at == ',';
	return count;
}

static size_t pod_targets(const struct demand_logs *logs, const struct pod *pod, struct demand_target *out)
{
	const char *container = pod->containers;
	size_t count = 0;

	while (*container) {
		size_t len = strcspn(container, ",");
		if (!*logs->container || (strlen(logs->container) == len && strncmp(logs->container, container,
		                                                                    len) == 0)) {
			snprintf(out[count].pod, DEMAND_NAME, "%s", pod->object.name);
			snprintf(out[count].container, DEMAND_NAME, "%.*s", (int)len, container);
			count++;
		}
		container += len + (container[len] == ',');
	}
	return count;
}

size_t demand_targets(const struct demand_logs *logs, const struct service *service,
                      struct demand_target **targets)
{
	struct wanted_pods wanted = {.logs = logs};
	size_t count = 0, room = 1;

	vec_init(&wanted.pods);
	service_each_pod(service, pod_take, &wanted);
	if (wanted.pods.len > 1)
		qsort(wanted.pods.items, wanted.pods.len, sizeof(*wanted.pods.items), pod_compare);
	for (size_t i = 0; i < wanted.pods.len; i++)
		room += containers_of(wanted.pods.items[i]);
	*targets = mem_new_array(room, sizeof(**targets));
	for (size_t i = 0; i < wanted.pods.len; i++)
		count += pod_targets(logs, wanted.pods.items[i], *targets + count);
	vec_release(&wanted.pods);
	return count;
}

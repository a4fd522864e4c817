/* SPDX-License-Identifier: MIT */
/*
 * The subscriptions that follow from a demand: the open log, the open events, the open object. Each
 * part is let go and taken up by itself; what belongs to the last demand is emptied first, so that
 * nothing of one service is ever shown as another's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/charts.h"
#include "app/demand.h"
#include "base/mem.h"
#include "kube/events.h"
#include "kube/history.h"
#include "kube/logs.h"
#include "kube/object.h"
#include "model/workload.h"
#include "prom/source.h"
#include "view/about.h"

struct supply {
	struct charts *charts;
	struct scene_charts scene_charts;
	struct session *session;
	struct scene *scene;
	void (*changed)(void *arg);
	void *arg;
	struct logs *logs;
	struct logring *ring;
	uint64_t logs_seen;      /* the service's `seen` when the targets were last made */
	struct events *events;
	struct eventlog eventlog;
	struct object_read *read;
	struct object_text *text;
	struct history_read *history_read;
	struct history *history;
};

struct supply *supply_new(struct session *session, struct scene *scene, void (*changed)(void *arg),
                          void *arg)
{
	struct supply *supply = mem_new(sizeof(*supply));

	supply->session = session;
	supply->scene = scene;
	supply->changed = changed;
	supply->arg = arg;
	supply->ring = logring_new();
	eventlog_init(&supply->eventlog);
	demand_init(&scene->answers);
	scene->logs = supply->ring;
	scene->events = &supply->eventlog;
	supply->charts = charts_new(session, &supply->scene_charts, changed, arg);
	scene->charts = &supply->scene_charts;
	return supply;
}

void supply_free(struct supply *supply)
{
	struct demand nothing;

	if (!supply)
		return;
	demand_init(&nothing);
	supply_set(supply, &nothing);
	charts_free(supply->charts);
	supply->scene->charts = NULL;
	logring_free(supply->ring);
	eventlog_release(&supply->eventlog);
	supply->scene->logs = NULL;
	supply->scene->events = NULL;
	free(supply);
}

static const struct service *service_of(const struct supply *supply, const char *key)
{
	return *key ? map_get(&supply->session->fleet->by_key, key) : NULL;
}

/* The source of a service's cluster; where there is none, `words` says so. */
static struct source *source_of(const struct supply *supply, const struct service *service, char *words,
                                size_t size)
{
	struct source *source = service ? session_source(supply->session, service->cluster) : NULL;

	if (!source)
		snprintf(words, size, "%s", !service ? "this service is gone from its cluster"
		                            : *service->cluster->error ? service->cluster->error
		                                                       : "its cluster cannot be asked");
	return source;
}

static void logs_said(struct supply *supply)
{
	struct scene *scene = supply->scene;

	if (supply->logs)
		logs_describe(supply->logs, scene->logs_state, sizeof(scene->logs_state));
}

static void logs_changed(void *arg)
{
	struct supply *supply = arg;

	logs_said(supply);
	supply->changed(supply->arg);
}

/* The targets as the source wants them, pointing into `made`. */
static struct logs_target *targets_point(const struct service *service, const struct demand_target *made,
                                         size_t count)
{
	struct logs_target *targets = mem_new_array(count + 1, sizeof(*targets));

	for (size_t i = 0; i < count; i++)
		targets[i] = (struct logs_target){service->namespace, made[i].pod, made[i].container};
	return targets;
}

/* Enough lines to read, and few enough to be there at once. */
static int tail_of(size_t containers)
{
	return containers <= 3 ? 500 : containers <= 12 ? 200 : 50;
}

static void logs_open(struct supply *supply, const struct demand_logs *wanted)
{
	struct scene *scene = supply->scene;
	const struct service *service = service_of(supply, wanted->service);
	struct source *source = source_of(supply, service, scene->logs_state, sizeof(scene->logs_state));
	struct demand_target *made;
	struct logs_options options = {
		.previous = wanted->previous, .ring = supply->ring, .changed = logs_changed, .arg = supply};

	if (!source)
		return;
	supply->logs_seen = service->seen;
	options.count = demand_targets(wanted, service, &made);
	options.targets = targets_point(service, made, options.count);
	options.tail = tail_of(options.count);
	if (options.count == 0 && wanted->previous)
		snprintf(scene->logs_state, sizeof(scene->logs_state), "no container has restarted");
	else
		supply->logs = logs_follow(source, &options);
	logs_said(supply);
	free((void *)(uintptr_t)options.targets);
	free(made);
}

static void logs_set(struct supply *supply, const struct demand_logs *wanted)
{
	logs_free(supply->logs);
	supply->logs = NULL;
	logring_clear(supply->ring);
	supply->scene->logs_state[0] = '\0';
	supply->scene->answers.logs = *wanted;
	if (*wanted->service)
		logs_open(supply, wanted);
}

void supply_follow(struct supply *supply)
{
	const struct demand_logs *wanted = &supply->scene->answers.logs;
	const struct service *service = service_of(supply, wanted->service);
	struct demand_target *made;
	struct logs_target *targets;
	size_t count;

	if (!service || service->seen == supply->logs_seen || wanted->previous)
		return;
	if (!supply->logs) {
		logs_open(supply, wanted);
		return;
	}
	supply->logs_seen = service->seen;
	count = demand_targets(wanted, service, &made);
	targets = targets_point(service, made, count);
	logs_retarget(supply->logs, targets, count);
	logs_said(supply);
	free(targets);
	free(made);
}

static void events_changed(void *arg)
{
	struct supply *supply = arg;
	struct scene *scene = supply->scene;

	if (supply->events)
		snprintf(scene->events_state, sizeof(scene->events_state), "%s", events_trouble(supply->events));
	supply->changed(supply->arg);
}

static int event_is_wanted(void *arg, const char *kind, const char *name, const char *uid)
{
	const struct supply *supply = arg;
	const struct service *service = service_of(supply, supply->scene->answers.events.service);

	return service && service_owns(service, kind, name, uid);
}

static void events_set(struct supply *supply, const struct demand_events *wanted)
{
	struct scene *scene = supply->scene;
	const struct service *service = service_of(supply, wanted->service);
	struct events_options options = {
		.wanted = event_is_wanted, .log = &supply->eventlog, .changed = events_changed, .arg = supply};
	struct source *source;

	events_free(supply->events);
	supply->events = NULL;
	eventlog_clear(&supply->eventlog);
	scene->events_state[0] = '\0';
	scene->answers.events = *wanted;
	if (!*wanted->service)
		return;
	source = source_of(supply, service, scene->events_state, sizeof(scene->events_state));
	if (!source)
		return;
	options.namespace = service->namespace;
	supply->events = events_follow(source, &options);
}

static void object_forget(struct supply *supply)
{
	struct scene_object *object = &supply->scene->object;

	if (supply->text)
		object_text_free(supply->text);
	supply->text = NULL;
	memset(object, 0, sizeof(*object));
}

static void object_came(void *arg, struct object_text *text, const struct err *err)
{
	struct supply *supply = arg;
	struct scene_object *object = &supply->scene->object;
	const struct demand_object *wanted = &supply->scene->answers.object;
	const struct service *service = service_of(supply, wanted->service);
	const struct object *known =
		service ? cluster_object(service->cluster, wanted->kind, service->namespace, wanted->name) : NULL;

	supply->read = NULL;
	object_forget(supply);
	if (text) {
		supply->text = text;
		object->lines = (const char *const *)text->lines;
		object->count = text->count;
		object->masked = text->masked;
		object->revealed = text->revealed;
		snprintf(object->version, sizeof(object->version), "%s", known ? known->version : "");
	} else {
		snprintf(object->error, sizeof(object->error), "%s", err->text);
	}
	supply->changed(supply->arg);
}

static void object_set(struct supply *supply, const struct demand_object *wanted)
{
	struct scene *scene = supply->scene;
	const struct service *service = service_of(supply, wanted->service);
	struct demand_object before = scene->answers.object;
	struct source *source;

	if (supply->read)
		object_read_cancel(supply->read);
	supply->read = NULL;
	before.reads = wanted->reads;
	/* Read again, the old text stands until the new one comes. */
	if (memcmp(&before, wanted, sizeof(before)) != 0)
		object_forget(supply);
	scene->answers.object = *wanted;
	if (!*wanted->service)
		return;
	source = source_of(supply, service, scene->object.error, sizeof(scene->object.error));
	if (!source)
		return;
	scene->object.loading = 1;
	supply->read = object_read(source, wanted->kind, service->namespace, wanted->name, wanted->reveal,
	                           object_came, supply);
}

static void charts_demand(struct supply *supply, const struct demand_charts *wanted)
{
	supply->scene->answers.charts = *wanted;
	charts_set(supply->charts, wanted);
}

/* Nobody looks at the columns: nobody asks for them. */
static void fleet_metrics_set(struct supply *supply, int wanted)
{
	supply->scene->answers.fleet_metrics = wanted;
	for (size_t i = 0; i < supply->session->source_count; i++)
		if (supply->session->meters[i])
			prom_source_pause(supply->session->meters[i], !wanted);
}

static void history_came(void *arg, struct history *history, const struct err *err)
{
	struct supply *supply = arg;
	struct scene *scene = supply->scene;

	supply->history_read = NULL;
	history_free(supply->history);
	supply->history = history;
	scene->history = history;
	snprintf(scene->history_error, sizeof(scene->history_error), "%s", history ? "" : err->text);
	supply->changed(supply->arg);
}

static void history_set(struct supply *supply, const struct demand_history *wanted)
{
	struct scene *scene = supply->scene;
	const struct service *service = service_of(supply, wanted->service);
	struct demand_history before = scene->answers.history;
	struct source *source;

	history_cancel(supply->history_read);
	supply->history_read = NULL;
	before.observed = wanted->observed;
	/* Of a later generation, the old ones stand until the new ones come. */
	if (memcmp(&before, wanted, sizeof(before)) != 0) {
		history_free(supply->history);
		supply->history = NULL;
		scene->history = NULL;
		scene->history_error[0] = '\0';
	}
	scene->answers.history = *wanted;
	if (!*wanted->service)
		return;
	source = source_of(supply, service, scene->history_error, sizeof(scene->history_error));
	if (source)
		supply->history_read =
			history_read(source, wanted->kind, service->namespace, wanted->name, history_came, supply);
}

void supply_set(struct supply *supply, const struct demand *demand)
{
	unsigned parts = demand_diff(&supply->scene->answers, demand);

	if (parts & DEMAND_LOGS)
		logs_set(supply, &demand->logs);
	if (parts & DEMAND_EVENTS)
		events_set(supply, &demand->events);
	if (parts & DEMAND_OBJECT)
		object_set(supply, &demand->object);
	if (parts & DEMAND_HISTORY)
		history_set(supply, &demand->history);
	if (parts & DEMAND_CHARTS)
		charts_demand(supply, &demand->charts);
	if (parts & DEMAND_FLEET_METRICS)
		fleet_metrics_set(supply, demand->fleet_metrics);
	supply->scene->answers.runs = demand->runs; /* the book of load tests sees to it */
}

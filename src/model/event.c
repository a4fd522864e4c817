/* SPDX-License-Identifier: MIT */
/*
 * Warnings, counted for the service that they are about. An event may come before the object that
 * it names: then it waits in its cluster's queue and is looked at again when something was joined.
 * Once counted, a warning stays with its service even when its pod is gone, for an hour.
 */
#include <stdint.h>
#include <string.h>

#include "model/owner.h"

enum {
	HOUR_MS = 60 * 60 * 1000,
	WAIT_MS = 2 * 60 * 1000,   /* for what it is about to be seen */
	SWEEP_MS = 10 * 1000,      /* between two looks for old warnings */
	NEWS_MS = 5 * 60 * 1000,   /* older ones are not told in the timeline */
};

static int64_t wall_now(const struct fleet *fleet)
{
	return fleet->clock->wall(fleet->clock);
}

/* The service that an event is about; *hopeless when none can ever be. */
static struct service *about(const struct cluster *cluster, const struct event *event, int *hopeless)
{
	const char *namespace = event->object.namespace, *kind = event->about_kind;
	*hopeless = 0;
	if (strcmp(kind, "Pod") == 0) {
		const struct object *object =
		    cluster_object(cluster, OBJECT_POD, namespace, event->about_name);
		if (!object || (event->about_uid[0] && strcmp(object->uid, event->about_uid) != 0))
			return NULL;
		const struct pod *pod = (const struct pod *)object;
		return pod->parent ? pod->parent->service : NULL;
	}
	if (strcmp(kind, "ReplicaSet") == 0 || workload_kind(kind) != OBJECT_KINDS) {
		const struct owner *owner = map_get(&cluster->owners, event->about_uid);
		return owner ? owner->service : NULL;
	}
	if (strcmp(kind, "HorizontalPodAutoscaler") == 0) {
		const struct object *object =
		    cluster_object(cluster, OBJECT_HPA, namespace, event->about_name);
		const struct workload *target = object ? ((const struct hpa *)object)->target : NULL;
		return target ? target->joined : NULL;
	}
	*hopeless = 1;
	return NULL;
}

static void event_unlink(struct event *event)
{
	if (!event->link)
		return;
	*event->link = event->next;
	if (event->next)
		event->next->link = event->link;
	event->next = NULL;
	event->link = NULL;
}

static void event_link(struct event **list, struct event *event)
{
	event->next = *list;
	event->link = list;
	if (event->next)
		event->next->link = &event->next;
	*list = event;
}

static void event_count(struct event *event, struct service *service)
{
	struct fleet *fleet = service->cluster->fleet;
	int64_t due = event->last_ms + HOUR_MS;
	event_unlink(event);
	event_link(&service->events, event);
	event->counted = service;
	service->warnings++;
	service_stir(service);
	if (due < fleet->warnings_due_ms)
		fleet->warnings_due_ms = due;
}

static void event_wait(struct cluster *cluster, struct event *event)
{
	event->waits_until_ms = wall_now(cluster->fleet) + WAIT_MS;
	event_link(&cluster->waiting, event);
}

static void event_uncount(struct event *event)
{
	if (event->counted) {
		event->counted->warnings--;
		service_stir(event->counted);
		event->counted = NULL;
	}
	event_unlink(event);
}

static void event_tell(struct cluster *cluster, const struct event *event)
{
	struct fleet *fleet = cluster->fleet;
	int64_t now = wall_now(fleet);
	char subject[160];
	struct text text = text_in(subject, sizeof(subject));
	if (!cluster->settled || !cluster->kinds[OBJECT_EVENT].complete || event->last_ms < now - NEWS_MS)
		return;
	text_printf(&text, "%s/%s", event->counted ? event->counted->name : event->about_name, cluster->name);
	timeline_note(&fleet->timeline, now, TIMELINE_WARNING, subject, event->reason, "%s %s: %s",
	              event->about_kind, event->about_name, event->message ? event->message : "");
	fleet->stirred = 1;
}

void event_change(struct cluster *cluster, struct event *old, struct event *fresh)
{
	struct service *before = old ? old->counted : NULL;
	if (old)
		event_uncount(old);
	if (!fresh || !fresh->warning)
		return;
	if (fresh->last_ms >= wall_now(cluster->fleet) - HOUR_MS) {
		int hopeless;
		struct service *service = about(cluster, fresh, &hopeless);
		if (!service)
			service = before; /* of a pod that is gone by now */
		if (service)
			event_count(fresh, service);
		else if (!hopeless)
			event_wait(cluster, fresh);
	}
	if (!old)
		event_tell(cluster, fresh);
}

void events_let_go(struct service *service)
{
	while (service->events) {
		struct event *event = service->events;
		event_unlink(event);
		event->counted = NULL;
		event_wait(service->cluster, event);
	}
	service->warnings = 0;
	service->cluster->joined = 1;
}

static void resolve_waiting(struct cluster *cluster, int64_t now)
{
	struct event *next;
	for (struct event *event = cluster->waiting; event; event = next) {
		int hopeless;
		struct service *service = about(cluster, event, &hopeless);
		next = event->next;
		if (service)
			event_count(event, service);
		else if (now > event->waits_until_ms && cluster->settled)
			event_unlink(event);
	}
	cluster->joined = 0;
}

static void forget_old(struct fleet *fleet, int64_t now)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		struct cluster *cluster = fleet->clusters.items[i];
		struct event *event;
		for (size_t at = 0; (event = map_next(&cluster->objects[OBJECT_EVENT], &at));) {
			if (!event->counted)
				continue;
			if (event->last_ms + HOUR_MS <= now)
				event_uncount(event);
			else if (event->last_ms + HOUR_MS < next)
				next = event->last_ms + HOUR_MS;
		}
	}
	fleet->warnings_due_ms = next == INT64_MAX || next > now + SWEEP_MS ? next : now + SWEEP_MS;
}

void events_settle(struct fleet *fleet)
{
	int64_t now = wall_now(fleet);
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		struct cluster *cluster = fleet->clusters.items[i];
		if (cluster->waiting && cluster->joined)
			resolve_waiting(cluster, now);
		cluster->joined = 0;
	}
	if (now >= fleet->warnings_due_ms)
		forget_old(fleet, now);
}

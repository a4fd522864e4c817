/* SPDX-License-Identifier: MIT */
/*
 * fleet_settle: once per batch of facts, what they mean. Only services that something happened to
 * are derived again; a digest of what is shown decides whether the version grows, so that facts
 * without a visible effect cost no drawing. What happened is told in the timeline, but not while a
 * cluster is read for the first time: then nothing has happened, we just did not know.
 */
#include <stdlib.h>
#include <string.h>

#include "model/owner.h"
#include "model/writer.h"

static int64_t wall_now(const struct fleet *fleet)
{
	return fleet->clock->wall(fleet->clock);
}

static void tell(const struct service *service, enum timeline_level level, const char *topic,
                 const char *words)
{
	struct fleet *fleet = service->cluster->fleet;
	char subject[160];
	struct text text = text_in(subject, sizeof(subject));
	text_printf(&text, "%s/%s", service->name, service->cluster->name);
	timeline_note(&fleet->timeline, wall_now(fleet), level, subject, topic, "%s", words);
	fleet->stirred = 1;
}

static int is_trouble(enum health health)
{
	return health == HEALTH_DOWN || health == HEALTH_DEGRADED;
}

static void tell_health(struct service *service)
{
	enum health was = service->told_health, is = service->health;
	/* Neither lasts: an unobserved change is one in a moment, and a fix under way is not one yet. */
	if (is == was || is == HEALTH_UNKNOWN || (is_trouble(was) && is == HEALTH_PROGRESSING))
		return;
	service->told_health = is;
	if (is == HEALTH_DOWN)
		tell(service, TIMELINE_BAD, "down", service->reason);
	else if (is == HEALTH_DEGRADED)
		tell(service, TIMELINE_WARNING, "degraded", service->reason);
	else if (is == HEALTH_PAUSED)
		tell(service, TIMELINE_INFO, "paused", service->reason);
	else if (was == HEALTH_PAUSED)
		tell(service, TIMELINE_INFO, "resumed", service->reason);
	else if (is_trouble(was))
		tell(service, TIMELINE_GOOD, "ok again", service->reason);
}

static uint64_t release_digest(const struct service *service)
{
	const char *const words[] = {service->revision, service->images};
	uint64_t digest = 0xcbf29ce484222325u;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (const char *at = words[i];; at++) {
			digest = (digest ^ (unsigned char)*at) * 0x100000001b3u;
			if (!*at)
				break;
		}
	return digest;
}

/* An update begins when revision or images change and ends when kubectl would say so; a failed one
 * is told as health. */
static void tell_rollout(struct service *service)
{
	uint64_t release = release_digest(service);
	if (service->rollout.phase == ROLLOUT_WAITING)
		return; /* the revision is about to follow the images */
	char room[TIMELINE_TEXT];
	struct text text = text_in(room, sizeof(room));
	if (release != service->told_release) {
		service->told_release = release;
		service->told_update = 1;
		text_printf(&text, "%s%s%s", service->revision, service->revision[0] ? ", " : "",
		            service->images);
		tell(service, TIMELINE_INFO, "new revision", room);
	}
	if (service->told_update && service->rollout.phase == ROLLOUT_COMPLETE) {
		service->told_update = 0;
		text_clear(&text);
		text_printf(&text, "%s, %d of %d pods ready", service->revision, service->ready,
		            service->desired);
		tell(service, TIMELINE_GOOD, "rollout complete", service->revision[0] ? room : room + 2);
	}
}

static void tell_service(struct service *service)
{
	if (service->remembered)
		return;
	if (service->cluster->settled && service->told) {
		tell_rollout(service);
		tell_health(service);
		return;
	}
	if (service->cluster->settled)
		tell(service, TIMELINE_INFO, "new", service->kind);
	service->told = 1;
	service->told_update = service->rolling;
	service->told_health = service->health;
	service->told_release = release_digest(service);
}

/* Takes the service's old share out of the totals (sign -1) or puts its present one in. */
static void share_apply(struct fleet_totals *totals, const struct service_share *share, int sign)
{
	totals->services += sign;
	totals->by_health[share->health] += sign;
	totals->rolling += sign * share->rolling;
	totals->pods += sign * share->pods;
	totals->pods_ready += sign * share->pods_ready;
}

static void service_count(struct service *service, int stays)
{
	struct fleet_totals *totals = &service->cluster->fleet->totals;
	if (service->counted)
		share_apply(totals, &service->share, -1);
	service->counted = stays != 0;
	if (!stays)
		return;
	service->share = (struct service_share){.health = service->health, .rolling = service->rolling,
		.pods = service->pods, .pods_ready = service->pods_ready};
	share_apply(totals, &service->share, 1);
}

static void service_time(struct service *service)
{
	struct fleet *fleet = service->cluster->fleet;
	if (service->due_ms && !service->timed)
		vec_push(&fleet->timed, service);
	else if (!service->due_ms && service->timed)
		vec_remove_item(&fleet->timed, service);
	service->timed = service->due_ms != 0;
}

static void settle_service(struct service *service)
{
	struct fleet *fleet = service->cluster->fleet;
	service->dirty = 0;
	if (service->workloads.len == 0 && !service->remembered) {
		if (service->told && service->cluster->settled)
			tell(service, TIMELINE_INFO, "gone", service->kind);
		service_count(service, 0);
		service_free(service);
		fleet->stirred = 1;
		return;
	}
	enum health health = service->health;
	enum rollout_phase phase = service->rollout.phase;
	service_derive(service);
	if (service->told && (health != service->health || phase != service->rollout.phase))
		service->changed_ms = wall_now(fleet);
	service_time(service);
	service_count(service, 1);
	tell_service(service);
	uint64_t face = service_face(service);
	if (face == service->face && !service->stirred)
		return;
	service->face = face;
	service->stirred = 0;
	service->seen = fleet->version + 1;
	fleet->stirred = 1;
}

static void tell_link(struct cluster *cluster, enum link was, int64_t since_ms)
{
	struct fleet *fleet = cluster->fleet;
	int64_t now = wall_now(fleet);
	char room[TIMELINE_TEXT], age[24];
	struct text text = text_in(room, sizeof(room));
	if (cluster->link == LINK_CONNECTING || cluster->link == cluster->told_link)
		return;
	enum link told = cluster->told_link;
	cluster->told_link = cluster->link;
	if (cluster->link == LINK_LIVE) {
		age_format(now - since_ms, age, sizeof(age));
		if (told == LINK_CONNECTING)
			text_printf(&text, "%d service%s", cluster->services,
			            cluster->services == 1 ? "" : "s");
		else
			text_printf(&text, "after %s %s", age, link_words[was]);
		timeline_note(&fleet->timeline, now, told == LINK_CONNECTING ? TIMELINE_INFO : TIMELINE_GOOD,
		              cluster->name, told == LINK_CONNECTING ? "live" : "live again", "%s", room);
		return;
	}
	if (cluster->link == LINK_DENIED)
		cluster_missing(cluster, &text);
	else
		cluster_trouble(cluster, &text);
	if (text.len == 0)
		text_add(&text, "the connection is lost");
	timeline_note(&fleet->timeline, now, cluster->link == LINK_STALE ? TIMELINE_WARNING : TIMELINE_BAD,
	              cluster->name, link_words[cluster->link], "%s", room);
}

/* Rows of the last run that no workload confirmed. */
static void drop_remembered(struct cluster *cluster)
{
	const struct vec *all = &cluster->fleet->services;
	for (size_t i = 0; i < all->len; i++) {
		struct service *service = all->items[i];
		if (service->cluster != cluster || !service->remembered)
			continue;
		service->remembered = 0;
		service_mark(service);
	}
	cluster->remembered = 0;
}

static void settle_links(struct fleet *fleet)
{
	int stale = 0, held = 0;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		struct cluster *cluster = fleet->clusters.items[i];
		enum link was = cluster->link;
		int64_t since_ms = cluster->link_since_ms;
		if (cluster_derive(cluster)) {
			fleet->stirred = 1;
			tell_link(cluster, was, since_ms);
		}
		stale += cluster->link == LINK_STALE;
		held += cluster->held;
		cluster->settled = cluster->settled || cluster_is_true(cluster);
	}
	fleet->totals.stale_clusters = stale;
	if (fleet->totals.held != held)
		fleet->stirred = 1;
	fleet->totals.held = held;
}

static void mark_due(struct fleet *fleet)
{
	int64_t now = wall_now(fleet);
	for (size_t i = 0; i < fleet->timed.len; i++) {
		struct service *service = fleet->timed.items[i];
		if (now >= service->due_ms)
			service_mark(service);
	}
}

int fleet_settle(struct fleet *fleet)
{
	events_settle(fleet);
	mark_due(fleet);
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		struct cluster *cluster = fleet->clusters.items[i];
		if (cluster->remembered > 0 && cluster_workloads_are_known(cluster))
			drop_remembered(cluster);
	}
	while (fleet->dirty.len > 0)
		settle_service(fleet->dirty.items[--fleet->dirty.len]);
	settle_links(fleet);
	if (!fleet->stirred)
		return 0;
	fleet->stirred = 0;
	fleet->version++;
	return 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * What a cluster's header cell says: the worst of what its watched kinds say. Kinds that rows are
 * made of decide; of the others, only a lost connection does (the rest is added in words).
 */
#include <string.h>

#include "model/owner.h"

const char *const link_words[LINK_STATES] = {
	[LINK_CONNECTING] = "connecting",
	[LINK_LIVE] = "live",
	[LINK_STALE] = "stale",
	[LINK_DENIED] = "no permission",
	[LINK_EXPIRED] = "credentials expired",
	[LINK_UNREACHABLE] = "unreachable",
};

/* In this order the words come: workloads and pods first; then what rows do without. */
static const enum object_kind watched[] = {
	OBJECT_DEPLOYMENT, OBJECT_STATEFULSET, OBJECT_DAEMONSET, OBJECT_ROLLOUT, OBJECT_POD, OBJECT_REPLICASET,
	OBJECT_NAMESPACE, OBJECT_HPA, OBJECT_EVENT, OBJECT_NODE, OBJECT_CRONJOB, OBJECT_PDB,
	OBJECT_KUSTOMIZATION, OBJECT_HELMRELEASE, OBJECT_GITREPOSITORY, OBJECT_OCIREPOSITORY, OBJECT_BUCKET,
	OBJECT_HELMREPOSITORY, OBJECT_HELMCHART, OBJECT_IMAGEREPOSITORY, OBJECT_IMAGEPOLICY, OBJECT_IMAGEUPDATE,
	OBJECT_PROVIDER, OBJECT_ALERT, OBJECT_RECEIVER,
	OBJECT_CANARY, OBJECT_ANALYSISRUN, OBJECT_SCALEDOBJECT, OBJECT_ACTIONSET, OBJECT_TERRAFORM,
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };
_Static_assert(WATCHED == (int)OBJECT_KINDS, "every kind can lose its connection");

/* Kinds that make the rows and are there on every server: only they decide what the link is. */
static int is_needed(enum object_kind kind)
{
	return kind_rows[kind].role >= KIND_NEEDED && !kind_rows[kind].optional;
}

static int has_come(const struct cluster *cluster, enum object_kind kind)
{
	const struct kind_state *state = &cluster->kinds[kind];
	return state->complete || state->sync == SYNC_DENIED || state->sync == SYNC_ABSENT ||
	       (kind_rows[kind].optional && state->sync == SYNC_IDLE); /* nobody means to ask */
}

static int has_come_or_cannot(const struct cluster *cluster, enum object_kind kind)
{
	return has_come(cluster, kind) || cluster->kinds[kind].sync == SYNC_FAILED || cluster->expired || cluster->error[0];
}

int cluster_has_rows(const struct cluster *cluster)
{
	/* First rows do not wait for kinds that most clusters have not. */
	for (size_t i = 0; i < WATCHED; i++)
		if (kind_is_workload(watched[i]) && is_needed(watched[i]) && !has_come_or_cannot(cluster, watched[i]))
			return 0;
	return 1;
}

int cluster_is_complete(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (kind_rows[watched[i]].role >= KIND_SHOWN && !has_come_or_cannot(cluster, watched[i]))
			return 0;
	return 1;
}

int cluster_is_whole(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (!has_come_or_cannot(cluster, watched[i]))
			return 0;
	return 1;
}

int cluster_is_true(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (kind_rows[watched[i]].role >= KIND_SHOWN && !has_come(cluster, watched[i]))
			return 0;
	return 1;
}

int cluster_workloads_are_known(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (kind_is_workload(watched[i]) && !has_come(cluster, watched[i]))
			return 0;
	return 1;
}

/* The link, and since when it is stale where that is known better than "now". */
static enum link judge(const struct cluster *cluster, int64_t *stale_ms)
{
	int any_complete = 0, failed = 0, denied = 0, coming = 0;
	*stale_ms = 0;
	for (size_t i = 0; i < WATCHED; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i]];
		any_complete |= state->complete;
		if (state->complete && state->stale_ms && (!*stale_ms || state->stale_ms < *stale_ms))
			*stale_ms = state->stale_ms;
		if (!is_needed(watched[i]))
			continue;
		failed |= state->sync == SYNC_FAILED && !state->complete;
		denied |= state->sync == SYNC_DENIED;
		coming |= !has_come(cluster, watched[i]);
	}
	if (cluster->expired)
		return LINK_EXPIRED;
	if (cluster->error[0])
		return any_complete ? LINK_STALE : LINK_UNREACHABLE;
	if (*stale_ms)
		return LINK_STALE;
	if (cluster->unready[0] && any_complete) {
		*stale_ms = cluster->unready_ms;
		return LINK_STALE;
	}
	if (failed)
		return LINK_UNREACHABLE;
	if (coming)
		return LINK_CONNECTING;
	return denied ? LINK_DENIED : LINK_LIVE;
}

int cluster_derive(struct cluster *cluster)
{
	int64_t stale_ms, now = cluster->fleet->clock->wall(cluster->fleet->clock);
	enum link link = judge(cluster, &stale_ms);
	if (link == cluster->link)
		return 0;
	cluster->link = link;
	cluster->link_since_ms = link == LINK_STALE && stale_ms ? stale_ms : now;
	return 1;
}

static const char *area_of(enum object_kind kind)
{
	return kind_rows[kind].area ? kind_rows[kind].area : kind_rows[kind].plural;
}

static int is_in(const struct cluster *cluster, enum object_kind kind, enum sync sync)
{
	const struct kind_state *state = &cluster->kinds[kind];
	return state->sync == sync && !(sync == SYNC_FAILED && state->complete);
}

/* ", no permission: events, flux" for the kinds in this state, the first few; `separator` stands before. */
static void list_kinds(const struct cluster *cluster, enum sync sync, const char *separator, const char *word,
                       struct text *out)
{
	enum { SHOWN = 3 };
	const char *last = NULL; /* kinds of one area stand together */
	int shown = 0, more = 0;
	for (size_t i = 0; i < WATCHED; i++) {
		if (!is_in(cluster, watched[i], sync) || (last && strcmp(last, area_of(watched[i])) == 0))
			continue;
		last = area_of(watched[i]);
		if (++shown > SHOWN) {
			more++;
			continue;
		}
		if (word)
			text_printf(out, "%s%s: %s", separator, word, last);
		else
			text_printf(out, ", %s", last);
		word = NULL;
	}
	if (more > 0)
		text_printf(out, " and %d more", more);
}

/* Nothing that rows are made of may be read. */
static int is_shut(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++) {
		enum sync sync = cluster->kinds[watched[i]].sync;
		if (is_needed(watched[i]) && sync != SYNC_DENIED && sync != SYNC_ABSENT)
			return 0;
	}
	return 1;
}

static void describe_connecting(const struct cluster *cluster, struct text *out)
{
	int any = 0;
	for (size_t i = 0; i < WATCHED; i++)
		any |= cluster->kinds[watched[i]].complete;
	for (size_t i = 0; i < WATCHED; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i]];
		if (!any || !is_needed(watched[i]) || state->complete || state->sync != SYNC_LISTING)
			continue;
		text_printf(out, "reading %s", kind_rows[watched[i]].plural);
		return;
	}
	text_add(out, link_words[LINK_CONNECTING]);
}

void cluster_describe(const struct cluster *cluster, struct text *out)
{
	const struct clock *clock = cluster->fleet->clock;
	char age[24];
	switch (cluster->link) {
	case LINK_CONNECTING:
		describe_connecting(cluster, out);
		break;
	case LINK_STALE:
		age_format(clock->wall(clock) - cluster->link_since_ms, age, sizeof(age));
		text_printf(out, "stale %s", age);
		return;
	case LINK_DENIED:
		if (is_shut(cluster))
			text_add(out, link_words[LINK_DENIED]);
		else
			list_kinds(cluster, SYNC_DENIED, "", link_words[LINK_DENIED], out);
		return;
	case LINK_LIVE:
		text_add(out, link_words[LINK_LIVE]);
		list_kinds(cluster, SYNC_DENIED, ", ", link_words[LINK_DENIED], out);
		list_kinds(cluster, SYNC_FAILED, ", ", "unreadable", out);
		return;
	default:
		text_add(out, link_words[cluster->link]);
	}
	if (cluster->remembered > 0 && cluster->remembered_ms > 0) {
		age_format(clock->wall(clock) - cluster->remembered_ms, age, sizeof(age));
		text_printf(out, ", rows %s old", age);
	}
}

void cluster_missing(const struct cluster *cluster, struct text *out)
{
	if (is_shut(cluster))
		text_add(out, "nothing may be read");
	else
		list_kinds(cluster, SYNC_DENIED, "", "not to read", out);
}

int cluster_is_old(const struct cluster *cluster)
{
	return cluster->link == LINK_STALE || cluster->link == LINK_UNREACHABLE || cluster->link == LINK_EXPIRED;
}

void cluster_trouble(const struct cluster *cluster, struct text *out)
{
	const char *words = cluster->error[0] ? cluster->error : cluster->unready;
	/* Of a cluster that is old, a kind that is merely denied is not the reason. */
	for (size_t i = 0; i < WATCHED && !*words; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i]];
		if (!cluster_is_old(cluster) || state->sync == SYNC_STALE || state->sync == SYNC_FAILED)
			words = state->error;
	}
	text_add(out, words);
}

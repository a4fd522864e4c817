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

/* Workloads and pods first, as the words come; then what rows do without. */
static const struct watched {
	enum object_kind kind;
	const char *plural;
	int workload, needed;
} watched[] = {
	{OBJECT_DEPLOYMENT, "deployments", 1, 1},
	{OBJECT_STATEFULSET, "statefulsets", 1, 1},
	{OBJECT_DAEMONSET, "daemonsets", 1, 1},
	{OBJECT_POD, "pods", 0, 1},
	{OBJECT_REPLICASET, "replicasets", 0, 1},
	{OBJECT_NAMESPACE, "namespaces", 0, 0},
	{OBJECT_HPA, "horizontalpodautoscalers", 0, 0},
	{OBJECT_EVENT, "events", 0, 0},
	{OBJECT_NODE, "nodes", 0, 0},
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static int has_come(const struct kind_state *state)
{
	return state->complete || state->sync == SYNC_DENIED || state->sync == SYNC_ABSENT;
}

static int has_come_or_cannot(const struct cluster *cluster, const struct kind_state *state)
{
	return has_come(state) || state->sync == SYNC_FAILED || cluster->expired || cluster->error[0];
}

int cluster_has_rows(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (watched[i].workload && !has_come_or_cannot(cluster, &cluster->kinds[watched[i].kind]))
			return 0;
	return 1;
}

int cluster_is_complete(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (watched[i].needed && !has_come_or_cannot(cluster, &cluster->kinds[watched[i].kind]))
			return 0;
	return 1;
}

int cluster_is_true(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (watched[i].needed && !has_come(&cluster->kinds[watched[i].kind]))
			return 0;
	return 1;
}

int cluster_workloads_are_known(const struct cluster *cluster)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (watched[i].workload && !has_come(&cluster->kinds[watched[i].kind]))
			return 0;
	return 1;
}

/* The link, and since when it is stale where that is known better than "now". */
static enum link judge(const struct cluster *cluster, int64_t *stale_ms)
{
	int any_complete = 0, failed = 0, denied = 0, coming = 0;
	*stale_ms = 0;
	for (size_t i = 0; i < WATCHED; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i].kind];
		any_complete |= state->complete;
		if (state->complete && state->stale_ms && (!*stale_ms || state->stale_ms < *stale_ms))
			*stale_ms = state->stale_ms;
		if (!watched[i].needed)
			continue;
		failed |= state->sync == SYNC_FAILED && !state->complete;
		denied |= state->sync == SYNC_DENIED;
		coming |= !has_come(state);
	}
	if (cluster->expired)
		return LINK_EXPIRED;
	if (cluster->error[0])
		return any_complete ? LINK_STALE : LINK_UNREACHABLE;
	if (*stale_ms)
		return LINK_STALE;
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

/* ", no permission: events" for the kinds in this state; `separator` stands before the first. */
static void list_kinds(const struct cluster *cluster, enum sync sync, const char *separator, const char *word,
                       struct text *out)
{
	for (size_t i = 0; i < WATCHED; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i].kind];
		if (state->sync != sync || (sync == SYNC_FAILED && state->complete))
			continue;
		if (word)
			text_printf(out, "%s%s: %s", separator, word, watched[i].plural);
		else
			text_printf(out, ", %s", watched[i].plural);
		word = NULL;
	}
}

static void describe_connecting(const struct cluster *cluster, struct text *out)
{
	int any = 0;
	for (size_t i = 0; i < WATCHED; i++)
		any |= cluster->kinds[watched[i].kind].complete;
	for (size_t i = 0; i < WATCHED; i++) {
		const struct kind_state *state = &cluster->kinds[watched[i].kind];
		if (!any || !watched[i].needed || has_come(state) || state->sync != SYNC_LISTING)
			continue;
		text_printf(out, "reading %s", watched[i].plural);
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

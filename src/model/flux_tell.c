/* SPDX-License-Identifier: MIT */
/*
 * What happened to Flux' objects and to canaries, as lines of the timeline. A commit is told once where
 * it arrives (a source, a Kustomization), not again for each of the hundreds of HelmReleases below; of
 * those, trouble and its end are told.
 */
#include <string.h>

#include "model/flux.h"
#include "model/owner.h"
#include "model/revision.h"

static void tell(struct cluster *cluster, const struct object *object, enum timeline_level level, const char *topic,
                 const char *words)
{
	struct fleet *fleet = cluster->fleet;
	char subject[160];
	struct text text = text_in(subject, sizeof(subject));
	text_printf(&text, "%s %s/%s", kind_rows[object->kind].word, object->name, cluster->name);
	timeline_note(&fleet->timeline, fleet->clock->wall(fleet->clock), level, subject, topic, "%s", words);
}

static void tell_ready(struct cluster *cluster, const struct object *old, const struct object *fresh)
{
	const struct condition *was = resource_condition(resource_of(old), "Ready");
	const struct condition *is = resource_condition(resource_of(fresh), "Ready");
	char words[TIMELINE_TEXT];
	struct text text = text_in(words, sizeof(words));
	/* A reason that changes while it fails is news; a message that counts retries is not. */
	if (is->status == 'F' && (was->status != 'F' || was->reason != is->reason)) {
		text_printf(&text, "%s%s%s", is->reason, is->message ? ": " : "", is->message ? is->message : "");
		tell(cluster, fresh, TIMELINE_WARNING, "not ready", words);
	} else if (is->status == 'T' && was->status == 'F') {
		tell(cluster, fresh, TIMELINE_GOOD, "ready again", is->reason);
	}
}

static void tell_revision(struct cluster *cluster, const struct object *old, const struct object *fresh)
{
	static const char *const topics[OBJECT_KINDS] = {
		[OBJECT_GITREPOSITORY] = "fetched", [OBJECT_OCIREPOSITORY] = "fetched", [OBJECT_BUCKET] = "fetched",
		[OBJECT_KUSTOMIZATION] = "applied", [OBJECT_TERRAFORM] = "applied",
	};
	const char *was = flux_revision(old), *is = flux_revision(fresh);
	char words[TIMELINE_TEXT];
	struct text text = text_in(words, sizeof(words));
	if (!topics[fresh->kind] || !*is || revision_same(was, is))
		return;
	revision_brief(is, &text);
	tell(cluster, fresh, TIMELINE_INFO, topics[fresh->kind], words);
}

static void tell_suspension(struct cluster *cluster, const struct object *old, const struct object *fresh)
{
	const struct resource *was = resource_of(old), *is = resource_of(fresh);
	char words[TIMELINE_TEXT];
	struct text text = text_in(words, sizeof(words));
	if (was->suspended == is->suspended)
		return;
	if (is->suspended && is->hold)
		text_printf(&text, "by %s%s%s", is->hold->by[0] ? is->hold->by : is->hold->manager, is->hold->why[0] ? ": " : "",
		            is->hold->why);
	tell(cluster, fresh, TIMELINE_INFO, is->suspended ? "suspended" : "resumed", words);
}

static void tell_canary(struct cluster *cluster, const struct canary *old, const struct canary *fresh)
{
	const char *message = flux_message(&fresh->resource.object);
	if (strcmp(old->phase, fresh->phase) == 0)
		return;
	int failed = strcmp(fresh->phase, "Failed") == 0, good = strcmp(fresh->phase, "Succeeded") == 0;
	tell(cluster, &fresh->resource.object, failed ? TIMELINE_BAD : good ? TIMELINE_GOOD : TIMELINE_INFO,
	     *fresh->phase ? fresh->phase : "not seen", message);
}

void flux_tell(struct cluster *cluster, const struct object *old, const struct object *fresh)
{
	if (!resource_of(fresh) || fresh->kind == OBJECT_ANALYSISRUN)
		return;
	tell_suspension(cluster, old, fresh);
	if (fresh->kind == OBJECT_CANARY) {
		tell_canary(cluster, (const struct canary *)old, (const struct canary *)fresh);
		return;
	}
	tell_revision(cluster, old, fresh);
	tell_ready(cluster, old, fresh);
}

/* SPDX-License-Identifier: MIT */
/*
 * The HelmRelease knows no commit, so that two barriers stand for it: its generation (the
 * Kustomization applied another spec), and the digest of the values that were attempted against that
 * of the newest release. A rollback puts a *deployed* release with the old digest on top: the word
 * alone lies.
 */
#include <string.h>

#include "tracing.h"

enum { LATE_MS = 60 * 1000 };

static int is_rolled_back(const struct helm_release *release)
{
	const struct condition *remediated = resource_condition(&release->resource, "Remediated");
	const struct release_record *top = release->history_count ? &release->history[0] : NULL;

	if (remediated->status == 'T' && strcmp(remediated->reason, "RollbackSucceeded") == 0)
		return 1;
	return top && strcmp(top->status, "deployed") == 0 && *top->config_digest && *release->attempted_digest &&
	       strcmp(top->config_digest, release->attempted_digest) != 0 && release->failures > 0;
}

static const struct condition *message_of_failure(const struct helm_release *release)
{
	const struct condition *released = resource_condition(&release->resource, "Released");
	const struct condition *ready = resource_condition(&release->resource, "Ready");

	return released->status == 'F' && released->message ? released : ready;
}

/* The reason in the chart's own object says more than "HelmChart is not ready". */
static const struct resource *chart_of(const struct tracing *tracing)
{
	const struct object_ref *ref = &tracing->release->chart_object;
	enum object_kind kind = *ref->kind ? kind_find(ref->kind) : OBJECT_HELMCHART;

	if (!*ref->name || kind == OBJECT_KINDS)
		return NULL;
	return resource_of(cluster_object(tracing->cluster, kind, ref->namespace, ref->name));
}

static void helm_failed(struct tracing *tracing, struct chain_link *link)
{
	const struct helm_release *release = tracing->release;
	const struct condition *ready = resource_condition(&release->resource, "Ready");
	const struct condition *stalled = resource_condition(&release->resource, "Stalled");
	const struct condition *failure = message_of_failure(release);
	const struct resource *chart;
	enum hang hang = sign_find(SIGN_HELM, ready->reason, ready->message);

	if (is_rolled_back(release)) {
		hang = HANG_HELM_ROLLED_BACK;
	} else if (stalled->status == 'T' && strcmp(stalled->reason, "RetriesExceeded") == 0 && release->failures > 1 &&
	           hang != HANG_HELM_UNINSTALLED) {
		hang = HANG_HELM_RETRIES; /* without retries it gives up at once, and the cause says more */
	}
	if (hang == HANG_HELM_DEPENDENCY) {
		link_depends(tracing, link, hang, &release->depends_on, failure->message);
		return;
	}
	if (hang == HANG_HELM_CHART && (chart = chart_of(tracing)) && resource_condition(chart, "Ready")->status == 'F') {
		link_hang(link, hang, resource_condition(chart, "Ready")->message);
		return;
	}
	link_hang(link, hang, failure->message);
}

/* Whether something of the release moved since this commit was applied. */
static int helm_moved(const struct tracing *tracing)
{
	const struct helm_release *release = tracing->release;
	int64_t since = tracing->since_ms - 1000; /* stamps are cut to the second */

	if (!tracing->since_ms)
		return 0;
	return (release->history_count && release->history[0].last_ms >= since) ||
	       resource_condition(&release->resource, "Released")->changed_ms >= since;
}

/* Whether one was written after the other. Versions are opaque; where they are no numbers, nobody knows. */
static int is_newer(const struct object *a, const struct object *b)
{
	size_t len = strspn(a->version, "0123456789"), other = strspn(b->version, "0123456789");

	if (a->version[len] || b->version[other] || !len || !other)
		return 0;
	return len != other ? len > other : strcmp(a->version, b->version) > 0;
}

/* Whether what we have of the release is what the Kustomization has left behind: it is written after
 * the Kustomization was done, or that is long enough ago. */
static int helm_is_final(struct tracing *tracing)
{
	const struct kustomization *kustomization = tracing->kustomization;

	if (!kustomization || !*tracing->sha || kustomization->wait || kustomization->health_checks)
		return 1; /* one that waits for health is done last */
	if (!link_is_passed(tracing_link(tracing, STAGE_APPLY)))
		return 0;
	return tracing_is_settled(tracing) || is_newer(&tracing->release->resource.object, &kustomization->resource.object);
}

static void helm_ready(struct tracing *tracing, struct chain_link *link)
{
	const struct condition *ready = resource_condition(&tracing->release->resource, "Ready");
	const struct chain_link *before = link_before(tracing, STAGE_HELM);

	if (helm_moved(tracing) && !helm_is_final(tracing) && !(before && before->state == CHAIN_DONE)) {
		link->state = CHAIN_ACTIVE; /* a new chart may have come before the new values */
		return;
	}
	if (helm_moved(tracing) || (before && before->state == CHAIN_DONE)) {
		tracing->fresh = 1;
		link_done(tracing, link, ready->changed_ms >= link->began_ms ? ready->changed_ms : 0);
		return;
	}
	if (!tracing->since_ms && tracing_link(tracing, STAGE_APPLY)->state == CHAIN_DONE) {
		/* It was applied before anybody looked: that it is released is all that can be said. */
		tracing->fresh = 1;
		link->state = CHAIN_DONE;
		return;
	}
	if (tracing_is_settled(tracing))
		link_skip(link, tracing->release->values.count ? "its spec is unchanged; values that it takes from elsewhere count when it looks next"
		                                               : "its spec is unchanged");
	else
		link->state = link_is_passed(tracing_link(tracing, STAGE_ATTEMPT)) ? CHAIN_ACTIVE : CHAIN_WAITING;
}

void stage_helm(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_HELM);
	const struct helm_release *release = tracing->release;

	if (!release) {
		link_skip(link, NULL);
		return;
	}
	const struct resource *resource = &release->resource;
	const struct condition *ready = resource_condition(resource, "Ready");
	link_of(link, "HelmRelease", resource->object.namespace, resource->object.name);
	link->began_ms = tracing->since_ms ? tracing->since_ms : above_ended(tracing, STAGE_APPLY);
	if (*tracing->sha && !link_is_passed(tracing_link(tracing, STAGE_ATTEMPT))) {
		link->state = CHAIN_WAITING;
		return;
	}
	if (resource->suspended) {
		link_hang(link, HANG_HELM_SUSPENDED, resource->hold ? resource->hold->why : "");
	} else if (resource->disabled) {
		link_hang(link, HANG_HELM_DISABLED, "");
	} else if (resource->observed != resource->generation && ready->observed != resource->generation) {
		/* (status.observedGeneration follows only when all went well; a condition's own does at once.) */
		int64_t late = link->began_ms + LATE_MS;
		link->state = CHAIN_ACTIVE;
		link_say(link, "its controller has not seen generation %lld yet", (long long)resource->generation);
		if (link->began_ms && tracing->now_ms > late && ready->status != 'U')
			link_hang(link, HANG_HELM_LATE, "");
		else if (link->began_ms)
			tracing_due(tracing, late + 1);
	} else if (ready->status == 'F' || is_rolled_back(release)) {
		helm_failed(tracing, link);
	} else if (ready->status == 'T') {
		helm_ready(tracing, link);
	} else {
		tracing->fresh = 1;
		link_progress(link, resource);
	}
	if (link->state == CHAIN_FAILED || link->state == CHAIN_HUNG)
		tracing->fresh = 1;
}

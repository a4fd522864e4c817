/* SPDX-License-Identifier: MIT */
/* The commit itself, and whether the source has it. */
#include <string.h>

#include "tracing.h"

enum { LATE_MS = 60 * 1000 };

/* Whether a revision in the cluster is this commit. */
static int is_named_by_flux(const struct tracing *tracing)
{
	const struct flux_source *source = tracing->oci ? NULL : (const struct flux_source *)tracing->source;

	return revision_contains(tracing->fleet, tracing->attempted, tracing->sha) == ANCESTRY_YES ||
	       revision_contains(tracing->fleet, tracing->applied, tracing->sha) == ANCESTRY_YES ||
	       (source && revision_contains(tracing->fleet, source->revision, tracing->sha) == ANCESTRY_YES);
}

void stage_commit(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_COMMIT);
	const struct commit *commit = tracing->commit, *by;

	if (!*tracing->sha) {
		link_skip(link, NULL);
		return;
	}
	link->state = CHAIN_DONE;
	if (!commit && !is_named_by_flux(tracing) && tracing->fleet->repositories.len) {
		link_hang(link, HANG_NO_COMMIT, "");
		return;
	}
	if (!commit) {
		if (tracing->fleet->repositories.len == 0)
			link_say(link, "no repository is configured: subject and author are not known");
		else
			link_say(link, "in no repository that is configured: subject and author are not known");
		return;
	}
	link->ended_ms = commit->at_ms;
	link->exact = 1;
	if (!commit->reachable && revision_contains(tracing->fleet, tracing->applied, tracing->sha) != ANCESTRY_YES) {
		link_hang(link, HANG_COMMIT_GONE, "");
		link_say(link, "%s of %s is at %.7s now", tracing->repository->branch, tracing->repository->url,
		         tracing->repository->head);
		return;
	}
	by = repository_reverted_by(tracing->repository, commit);
	if (by && revision_contains(tracing->fleet, tracing->applied, by->sha) == ANCESTRY_YES) {
		link_hang(link, HANG_COMMIT_REVERTED, "");
		link_say(link, "reverted by %.7s \"%s\" – %s, which is applied", by->sha, by->subject, by->author);
	} else if (by) {
		link_say(link, "%.7s \"%s\" will revert it", by->sha, by->subject);
	}
}

/* Who has it: "refs/heads/main at b2c3d4e, 2 commits after". */
static void say_descendant(struct tracing *tracing, struct chain_link *link, const char *revision)
{
	char has[COMMIT_SHA];
	int distance;

	if (!revision_commit(revision, has) || strncmp(has, tracing->sha, strlen(tracing->sha)) == 0)
		return;
	distance = tracing->repository ? repository_distance(tracing->repository, tracing->sha, has) : -1;
	const struct commit *later = fleet_commit(tracing->fleet, has, NULL);
	if (distance > 0 && later)
		link_say(link, "as part of %.7s \"%s\" – %s, %d commit%s later", has, later->subject, later->author, distance,
		         distance == 1 ? "" : "s");
	else
		link_say(link, "as part of %.7s, a later commit", has);
}

/* The reason that a source which does not have the commit gives. Returns whether there is one. */
static int source_trouble(struct tracing *tracing, struct chain_link *link, const struct flux_source *source)
{
	const struct resource *resource = &source->resource;
	const struct condition *failed = resource_condition(resource, "FetchFailed");
	const struct condition *ready = resource_condition(resource, "Ready");
	const struct condition *verified = resource_condition(resource, "SourceVerified");
	const struct condition *stored = resource_condition(resource, "StorageOperationFailed");
	const struct condition *stalled = resource_condition(resource, "Stalled");
	const struct condition *bad = failed->status == 'T' ? failed : ready->status == 'F' ? ready : NULL;

	(void)tracing;
	if (resource->suspended) {
		link_hang(link, HANG_SOURCE_SUSPENDED, resource->hold ? resource->hold->why : "");
		return 1;
	}
	if (verified->status == 'F') {
		link_hang(link, HANG_SOURCE_SIGNATURE, verified->message);
		return 1;
	}
	if (stored->status == 'T') {
		link_hang(link, HANG_SOURCE_STORAGE, stored->message);
		return 1;
	}
	if (bad) {
		enum hang hang = sign_find(SIGN_SOURCE, bad->reason, bad->message);
		if (hang == HANG_SOURCE_FAILED && stalled->status == 'T')
			hang = HANG_SOURCE_STALLED;
		link_hang(link, hang, bad->message);
		return 1;
	}
	return 0;
}

/* The source has something older, or nothing yet. */
static void source_behind(struct tracing *tracing, struct chain_link *link, const struct flux_source *source)
{
	const struct commit *has = NULL;
	char sha[COMMIT_SHA];
	int64_t seen = tracing->question->before && strcmp(tracing->question->before->sha, tracing->sha) == 0
	                   ? tracing->question->before->seen_ms : tracing->now_ms;
	int64_t late = seen + source->resource.interval_ms + LATE_MS;

	if (source_trouble(tracing, link, source))
		return;
	if (revision_commit(source->revision, sha))
		has = fleet_commit(tracing->fleet, sha, NULL);
	if (has && tracing->commit && tracing->commit->reachable && !has->reachable) {
		link_hang(link, HANG_SOURCE_OTHER, "");
		link_say(link, "it is at %s, which %s does not reach", source->revision, tracing->repository->branch);
		return;
	}
	if (tracing->now_ms > late && source->resource.interval_ms > 0) {
		link_hang(link, HANG_SOURCE_LATE, "");
		link_say(link, "its artifact is %s", *source->revision ? source->revision : "not there");
		return;
	}
	tracing_due(tracing, late + 1);
	link->state = CHAIN_ACTIVE;
	if (has)
		link_say(link, "it has %.7s \"%s\" and looks every %llds", has->sha, has->subject,
		         (long long)(source->resource.interval_ms / 1000));
}

/* An OCI artifact tells its commit only through the Kustomization that reads it. */
static void source_by_kustomization(struct tracing *tracing, struct chain_link *link)
{
	const struct resource *resource = resource_of(tracing->source);

	if (revision_contains(tracing->fleet, tracing->attempted, tracing->sha) == ANCESTRY_YES) {
		link_done(tracing, link, 0);
		say_descendant(tracing, link, tracing->attempted);
		return;
	}
	if (resource && resource->object.kind == OBJECT_OCIREPOSITORY &&
	    source_trouble(tracing, link, (const struct flux_source *)resource))
		return;
	if (!*tracing->attempted) {
		link_hang(link, HANG_SOURCE_OCI, "");
		return;
	}
	link->state = CHAIN_ACTIVE;
	link_say(link, "the newest artifact that was read is of %s", tracing->attempted);
}

static void source_by_artifact(struct tracing *tracing, struct chain_link *link)
{
	const struct flux_source *source = (const struct flux_source *)tracing->source;
	char sha[COMMIT_SHA];

	switch (revision_contains(tracing->fleet, source->revision, tracing->sha)) {
	case ANCESTRY_YES:
		revision_commit(source->revision, sha);
		/* Of a later commit's artifact, the time is not that of ours. */
		link_done(tracing, link, strncmp(sha, tracing->sha, strlen(tracing->sha)) == 0 ? source->updated_ms : 0);
		say_descendant(tracing, link, source->revision);
		return;
	case ANCESTRY_NO:
		source_behind(tracing, link, source);
		return;
	default:
		if (source_trouble(tracing, link, source))
			return;
		if (!*source->revision) {
			source_behind(tracing, link, source);
			return;
		}
		link_hang(link, HANG_SOURCE_UNKNOWN, "");
		if (!tracing->commit)
			link_say(link, "%.7s is in no repository that was read", tracing->sha);
		else
			link_say(link, "its artifact is %s, which is not in the history that was read%s", source->revision,
			         tracing->repository->truncated ? " (the oldest commits were left out)" : "");
	}
}

void stage_source(struct tracing *tracing)
{
	struct chain_link *link = tracing_link(tracing, STAGE_SOURCE);
	const struct object_ref *ref = tracing->source_ref;

	if (!tracing->kustomization) {
		if (tracing->question->sha && *tracing->question->sha) {
			link_hang(link, HANG_NO_FLUX, "");
			const struct kind_state *state = &tracing->cluster->kinds[OBJECT_KUSTOMIZATION];
			if (state->sync == SYNC_ABSENT)
				link_say(link, "this cluster has no Flux");
			else if (state->sync == SYNC_DENIED)
				link_say(link, "Kustomizations may not be read here: %s", state->error);
		} else {
			link_skip(link, NULL);
		}
		return;
	}
	link_of(link, ref->kind, ref->namespace, ref->name);
	if (!*tracing->sha) {
		if (tracing->source && !tracing->oci &&
		    source_trouble(tracing, link, (const struct flux_source *)tracing->source))
			return;
		link_hang(link, tracing->oci ? HANG_SOURCE_OCI : HANG_SOURCE_UNKNOWN, "");
		link_say(link, "no commit was seen yet");
		return;
	}
	link->began_ms = tracing->commit ? tracing->commit->at_ms : 0;
	if (!tracing->source && tracing->cluster->kinds[kind_find(ref->kind) < OBJECT_KINDS ? kind_find(ref->kind)
	                                                 : OBJECT_GITREPOSITORY].complete)
		link_hang(link, HANG_SOURCE_GONE, "");
	else if (tracing->oci)
		source_by_kustomization(tracing, link);
	else if (tracing->source)
		source_by_artifact(tracing, link);
	else
		link_hang(link, HANG_SOURCE_UNKNOWN, "sources may not be read here, or are not read yet");
}

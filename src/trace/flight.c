/* SPDX-License-Identifier: MIT */
/*
 * Which commit is meant. In a repository of many services most commits are about others, so the
 * paths of a commit decide: the newest in flight that touches what the Kustomization applies, else
 * the newest that is applied and touches it. A path that is named after another service, environment
 * or region is theirs. Where paths are not known, every commit may touch every service. This chooses
 * what is followed, never what is said of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "tracing.h"

static void sha_copy(char out[COMMIT_SHA], const char *sha)
{
	snprintf(out, COMMIT_SHA, "%s", sha);
}

/* The repository that has what is applied, attempted or fetched, and that the source follows. */
static const struct repository *find_repository(const struct tracing *tracing, const char *const shas[3])
{
	const struct repository *home = NULL;

	for (size_t i = 0; i < 3; i++) {
		const struct commit *commit = *shas[i] ? fleet_commit(tracing->fleet, shas[i], &home) : NULL;
		if (commit && commit->reachable)
			return home;
	}
	return NULL;
}

static void known_shas(const struct tracing *tracing, char room[3][COMMIT_SHA], const char *shas[3])
{
	const struct flux_source *source = (const struct flux_source *)tracing->source;
	const char *revisions[3] = {tracing->applied, tracing->attempted, source && !tracing->oci ? source->revision : ""};

	for (size_t i = 0; i < 3; i++) {
		room[i][0] = '\0';
		revision_commit(revisions[i], room[i]);
		shas[i] = room[i];
	}
}

/* The next component of a path, without ".yaml". */
static const char *component_next(const char *at, char *out, size_t size)
{
	size_t len = strcspn(at, "/"), shown = len;
	const char *dot = memchr(at, '.', len);

	if (at[len] == '\0' && dot)
		shown = (size_t)(dot - at);
	snprintf(out, size, "%.*s", (int)(shown < size ? shown : size - 1), at);
	return at[len] ? at + len + 1 : at + len;
}

static int is_own_name(const struct tracing *tracing, const char *name)
{
	return (tracing->service && strcmp(name, tracing->service->name) == 0) ||
	       (tracing->workload && strcmp(name, tracing->workload->object.name) == 0) ||
	       (tracing->release && strcmp(name, tracing->release->resource.object.name) == 0) ||
	       strcmp(name, tracing->cluster->env) == 0 || strcmp(name, tracing->cluster->region) == 0 ||
	       strcmp(name, tracing->cluster->name) == 0 ||
	       (tracing->service && strcmp(name, tracing->service->namespace) == 0);
}

/* Whether a component names something of the fleet that this service is not. */
static int path_is_of_another(const struct tracing *tracing, const char *path)
{
	char name[128];

	while (*path) {
		path = component_next(path, name, sizeof(name));
		if (*name && !is_own_name(tracing, name) && map_get(tracing->question->names, name))
			return 1;
	}
	return 0;
}

static int touches(const struct tracing *tracing, const struct commit *commit)
{
	enum touches answer = commit_touches(commit, tracing->kustomization->path);

	if (answer != TOUCHES_YES || !tracing->question->names || commit->paths_cut)
		return answer != TOUCHES_NO;
	for (size_t i = 0; i < commit->path_count; i++)
		if (!path_is_of_another(tracing, commit->paths[i]))
			return 1;
	return 0;
}

static uint64_t digest_add(uint64_t digest, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		digest = (digest ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
	return digest;
}

/* Of everything that the choice depends on. */
static uint64_t choice_of(const struct tracing *tracing, const char *const shas[3])
{
	uint64_t digest = 0xcbf29ce484222325u;
	const struct vec *all = &tracing->fleet->repositories;
	size_t names = tracing->question->names ? tracing->question->names->len : 0;

	for (size_t i = 0; i < 3; i++)
		digest = digest_add(digest, shas[i], strlen(shas[i]) + 1);
	for (size_t i = 0; i < all->len; i++) {
		const struct repository *repository = all->items[i];
		digest = digest_add(digest, &repository->version, sizeof(repository->version));
	}
	digest = digest_add(digest, tracing->kustomization->path, strlen(tracing->kustomization->path));
	return digest_add(digest, &names, sizeof(names)) | 1;
}

/* The commit that is asked for, as far as it is known. */
static void choose_asked(struct tracing *tracing, char sha[COMMIT_SHA])
{
	const struct repository *home = NULL;
	const struct commit *commit = fleet_commit(tracing->fleet, tracing->question->sha, &home);

	if (commit)
		sha_copy(sha, commit->sha);
	else
		utf8_sanitise(sha, COMMIT_SHA, tracing->question->sha, strlen(tracing->question->sha));
}

void tracing_choose(struct tracing *tracing, char sha[COMMIT_SHA])
{
	char room[3][COMMIT_SHA];
	const char *shas[3];
	const struct repository *home;
	const struct commit *live = NULL, *flying = NULL;
	const struct chain *before = tracing->question->before;

	sha[0] = '\0';
	if (tracing->question->sha && *tracing->question->sha) {
		choose_asked(tracing, sha);
		return;
	}
	if (!tracing->kustomization)
		return;
	known_shas(tracing, room, shas);
	tracing->chain->choice = choice_of(tracing, shas);
	if (before && before->choice == tracing->chain->choice) {
		sha_copy(sha, before->sha);
		return;
	}
	home = find_repository(tracing, shas);
	for (size_t i = 0; home && i < home->newest.len && !live; i++) {
		const struct commit *commit = home->newest.items[i];
		if (!commit->mainline || !touches(tracing, commit))
			continue;
		if (*shas[0] && repository_ancestry(home, commit->sha, shas[0]) == ANCESTRY_YES)
			live = commit;
		else if (!flying)
			flying = commit;
		if (!*shas[0])
			break;
	}
	if (flying || live)
		sha_copy(sha, flying ? flying->sha : live->sha);
	else
		sha_copy(sha, *shas[1] ? shas[1] : *shas[0] ? shas[0] : shas[2]);
}

/* How far a commit is, by the revisions alone. */
static enum chain_stage stage_reached(const struct tracing *tracing, const char *sha)
{
	const struct flux_source *source = (const struct flux_source *)tracing->source;

	if (revision_contains(tracing->fleet, tracing->attempted, sha) == ANCESTRY_YES)
		return STAGE_APPLY;
	if (source && !tracing->oci && revision_contains(tracing->fleet, source->revision, sha) == ANCESTRY_YES)
		return STAGE_ATTEMPT;
	return STAGE_SOURCE;
}

void tracing_flights(struct tracing *tracing)
{
	char room[3][COMMIT_SHA];
	const char *shas[3];
	const struct repository *home;
	struct chain *chain = tracing->chain;
	const struct chain *before = tracing->question->before;

	if (!tracing->kustomization)
		return;
	known_shas(tracing, room, shas);
	sha_copy(chain->applied, shas[0]);
	if (before && chain->choice && before->choice == chain->choice) {
		for (size_t i = 0; i < before->flight_count; i++)
			*chain_add_flight(chain) = before->flights[i];
		chain->flights_more = before->flights_more;
		return;
	}
	home = find_repository(tracing, shas);
	if (!home || !*shas[0] || !repository_commit(home, shas[0])) {
		chain->flights_more = -1;
		return;
	}
	for (size_t i = 0; i < home->newest.len; i++) {
		const struct commit *commit = home->newest.items[i];
		if (!commit->mainline)
			continue;
		if (repository_ancestry(home, commit->sha, shas[0]) == ANCESTRY_YES)
			break;
		if (!touches(tracing, commit))
			continue;
		struct chain_flight *flight = chain_add_flight(chain);
		if (!flight) {
			chain->flights_more++;
			continue;
		}
		sha_copy(flight->sha, commit->sha);
		flight->stage = stage_reached(tracing, commit->sha);
	}
}

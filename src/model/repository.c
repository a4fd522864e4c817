/* SPDX-License-Identifier: MIT */
/*
 * Commits of a branch. Nearly every question is about two commits of the tip's first-parent line,
 * which number it answers at once; the rest walks back from the younger one, each commit once. An
 * end of the walk at a commit whose parents are not known is no answer.
 */
#include "model/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"

const char *const repository_state_words[REPOSITORY_STATES] = {
	[REPOSITORY_IDLE] = "not read yet", [REPOSITORY_READING] = "reading", [REPOSITORY_LIVE] = "live",
	[REPOSITORY_STALE] = "stale",       [REPOSITORY_FAILED] = "failed",
};

int sha_is_whole(const char *text)
{
	size_t len = strspn(text, "0123456789abcdef");

	return text[len] == '\0' && (len == 40 || len == 64);
}

struct repository *fleet_add_repository(struct fleet *fleet, const char *url, const char *branch)
{
	struct repository *repository = mem_new(sizeof(*repository));

	repository->fleet = fleet;
	repository->url = intern_take(fleet->strings, url);
	repository->branch = intern_take(fleet->strings, branch);
	vec_init(&repository->newest);
	map_init(&repository->by_sha);
	vec_push(&fleet->repositories, repository);
	fleet->stirred = 1;
	return repository;
}

static void commit_free(struct repository *repository, struct commit *commit)
{
	intern_drop(repository->fleet->strings, commit->author);
	free((void *)commit->paths);
	free(commit->block);
	free(commit);
}

void repository_free(struct repository *repository)
{
	struct commit *commit;

	for (size_t i = 0; (commit = map_next(&repository->by_sha, &i));)
		commit_free(repository, commit);
	map_release(&repository->by_sha);
	vec_release(&repository->newest);
	intern_drop(repository->fleet->strings, repository->url);
	intern_drop(repository->fleet->strings, repository->branch);
	free(repository);
}

static void repository_changed(struct repository *repository)
{
	repository->version++;
	repository->fleet->stirred = 1;
}

void repository_set_state(struct repository *repository, enum repository_state state, const char *error)
{
	if (!error)
		error = "";
	if (repository->state == state && strcmp(repository->error, error) == 0)
		return;
	repository->state = state;
	snprintf(repository->error, sizeof(repository->error), "%s", error);
	repository_changed(repository);
}

void repository_begin(struct repository *repository)
{
	for (size_t i = 0; i < repository->newest.len; i++) {
		struct commit *commit = repository->newest.items[i];
		commit->reachable = 0;
		commit->mainline = 0;
	}
	vec_clear(&repository->newest);
	repository->reading = 1;
}

static char *block_add(char **at, const char *text)
{
	size_t len = strlen(text) + 1;
	char *start = memcpy(*at, text, len);

	*at += len;
	return start;
}

static struct commit *commit_new(struct repository *repository, const struct commit_facts *facts)
{
	struct commit *commit = mem_new(sizeof(*commit));
	const char *texts[] = {facts->sha, facts->subject, facts->change_id, facts->reverts};
	const char **slots[] = {&commit->sha, &commit->subject, &commit->change_id, &commit->reverts};
	const char **parents;
	size_t size = facts->parent_count * sizeof(char *);
	char *at;

	for (size_t i = 0; i < 4; i++)
		size += texts[i] ? strlen(texts[i]) + 1 : 1;
	for (size_t i = 0; i < facts->parent_count; i++)
		size += strlen(facts->parents[i]) + 1;
	commit->block = mem_new(size);
	parents = commit->block;
	at = (char *)(parents + facts->parent_count);
	for (size_t i = 0; i < 4; i++)
		*slots[i] = block_add(&at, texts[i] ? texts[i] : "");
	for (size_t i = 0; i < facts->parent_count; i++)
		parents[i] = block_add(&at, facts->parents[i]);
	commit->parents = parents;
	commit->parent_count = facts->parent_count;
	commit->author = intern_take(repository->fleet->strings, facts->author ? facts->author : "");
	commit->at_ms = facts->at_ms;
	return commit;
}

void repository_put(struct repository *repository, const struct commit_facts *facts)
{
	struct commit *commit = map_get(&repository->by_sha, facts->sha);

	if (commit && (commit->reachable || !repository->reading))
		return; /* git never names one twice; a damaged answer may */
	if (!commit) {
		commit = commit_new(repository, facts);
		map_put(&repository->by_sha, commit->sha, commit);
	}
	if (!repository->reading)
		return;
	commit->reachable = 1;
	commit->place = (uint32_t)repository->newest.len;
	vec_push(&repository->newest, commit);
}

/* Commits that no branch holds any more could grow without end where somebody pushes by force. */
static void forget_unreachable(struct repository *repository)
{
	size_t over = repository->by_sha.len - repository->newest.len;
	struct commit *commit;

	if (over <= REPOSITORY_UNREACHABLE)
		return;
	for (size_t i = 0; over > REPOSITORY_UNREACHABLE && (commit = map_next(&repository->by_sha, &i));) {
		if (commit->reachable)
			continue;
		map_remove(&repository->by_sha, commit->sha);
		commit_free(repository, commit);
		over--;
	}
}

void repository_end(struct repository *repository, const char *head, int truncated, enum ancestry descends)
{
	struct commit *commit = map_get(&repository->by_sha, head);
	uint32_t number = 0;
	int64_t now = repository->fleet->clock->wall(repository->fleet->clock);

	repository->reading = 0;
	repository->truncated = truncated;
	for (; commit && commit->reachable && !commit->mainline;
	     commit = commit->parent_count ? map_get(&repository->by_sha, commit->parents[0]) : NULL)
		commit->mainline = ++number;
	if (descends == ANCESTRY_UNKNOWN && repository->head[0])
		descends = repository_ancestry(repository, repository->head, head);
	if (repository->head[0] && descends == ANCESTRY_NO) {
		snprintf(repository->rewritten, sizeof(repository->rewritten), "%s", repository->head);
		repository->rewritten_ms = now;
		timeline_add(&repository->fleet->timeline, now, TIMELINE_WARNING, repository->branch,
		             "%s was rewritten: %.7s does not descend from %.7s", repository->url, head,
		             repository->head);
	}
	snprintf(repository->head, sizeof(repository->head), "%s", head);
	forget_unreachable(repository);
	repository_changed(repository);
}

void repository_set_paths(struct repository *repository, const char *sha, const char *const *paths, size_t count,
                          int cut)
{
	struct commit *commit = map_get(&repository->by_sha, sha);
	size_t size = count * sizeof(char *);
	const char **list;
	char *at;

	if (!commit)
		return;
	for (size_t i = 0; i < count; i++)
		size += strlen(paths[i]) + 1;
	list = mem_new(size + 1);
	at = (char *)(list + count);
	for (size_t i = 0; i < count; i++)
		list[i] = block_add(&at, paths[i]);
	free((void *)commit->paths);
	commit->paths = list;
	commit->path_count = count;
	commit->paths_known = 1;
	commit->paths_cut = cut != 0;
	repository_changed(repository);
}

const struct commit *repository_commit(const struct repository *repository, const char *sha)
{
	const struct commit *found = map_get(&repository->by_sha, sha), *commit;
	size_t len = strlen(sha);

	if (found || len < COMMIT_SHORT || sha_is_whole(sha))
		return found;
	for (size_t i = 0; (commit = map_next(&repository->by_sha, &i));) {
		if (strncmp(commit->sha, sha, len) != 0)
			continue;
		if (found)
			return NULL;
		found = commit;
	}
	return found;
}

/* Walks back from `from`. Only a walk that saw every way to its end can say no. */
static enum ancestry walk(const struct repository *repository, const struct commit *from, const struct commit *sought)
{
	struct map seen;
	struct vec todo;
	enum ancestry answer = ANCESTRY_NO;

	map_init(&seen);
	vec_init(&todo);
	vec_push(&todo, (void *)from);
	while (todo.len && answer != ANCESTRY_YES) {
		const struct commit *commit = todo.items[--todo.len];
		if (commit == sought)
			answer = ANCESTRY_YES;
		/* Topological order: what stands before the sought one cannot lie behind it. */
		if (commit == sought || map_get(&seen, commit->sha) ||
		    (commit->reachable && sought->reachable && commit->place > sought->place))
			continue;
		map_put(&seen, commit->sha, (void *)commit);
		for (size_t i = 0; i < commit->parent_count; i++) {
			const struct commit *parent = map_get(&repository->by_sha, commit->parents[i]);
			if (parent)
				vec_push(&todo, (void *)parent);
			else if (!(sought->reachable && commit->reachable))
				answer = ANCESTRY_UNKNOWN;
		}
	}
	map_release(&seen);
	vec_release(&todo);
	return answer;
}

enum ancestry repository_ancestry(const struct repository *repository, const char *ancestor, const char *descendant)
{
	const struct commit *old = repository_commit(repository, ancestor);
	const struct commit *young = repository_commit(repository, descendant);

	if (!old || !young)
		return ANCESTRY_UNKNOWN;
	if (old == young)
		return ANCESTRY_YES;
	if (old->mainline && young->mainline)
		return old->mainline > young->mainline ? ANCESTRY_YES : ANCESTRY_NO;
	return walk(repository, young, old);
}

int repository_distance(const struct repository *repository, const char *older, const char *newer)
{
	const struct commit *old = repository_commit(repository, older);
	const struct commit *young = repository_commit(repository, newer);

	if (!old || !young || !old->mainline || !young->mainline || old->mainline < young->mainline)
		return -1;
	return (int)(old->mainline - young->mainline);
}

const struct commit *repository_reverted_by(const struct repository *repository, const struct commit *commit)
{
	/* From the oldest on: a revert that was itself reverted does not count. */
	const struct commit *by = NULL;

	if (!commit->reachable)
		return NULL;
	for (size_t i = commit->place; i-- > 0;) {
		const struct commit *later = repository->newest.items[i];
		if (!by && strcmp(later->reverts, commit->sha) == 0)
			by = later;
		else if (by && strcmp(later->reverts, by->sha) == 0)
			by = NULL;
	}
	return by;
}

const struct commit *fleet_commit(const struct fleet *fleet, const char *sha, const struct repository **home)
{
	for (size_t i = 0; i < fleet->repositories.len; i++) {
		const struct repository *repository = fleet->repositories.items[i];
		const struct commit *commit = repository_commit(repository, sha);
		if (!commit)
			continue;
		if (home)
			*home = repository;
		return commit;
	}
	return NULL;
}

enum ancestry fleet_ancestry(const struct fleet *fleet, const char *ancestor, const char *descendant)
{
	const struct repository *home = NULL;

	if (!*ancestor || !*descendant)
		return ANCESTRY_UNKNOWN;
	if (strcmp(ancestor, descendant) == 0)
		return ANCESTRY_YES;
	if (!fleet_commit(fleet, ancestor, &home))
		return ANCESTRY_UNKNOWN;
	return repository_ancestry(home, ancestor, descendant);
}

void commit_describe(const struct fleet *fleet, const char *sha, struct text *out)
{
	const struct commit *commit = *sha ? fleet_commit(fleet, sha, NULL) : NULL;

	text_printf(out, "%.*s", COMMIT_SHORT, sha);
	if (commit)
		text_printf(out, " %s – %s", commit->subject, commit->author);
}

enum touches commit_touches(const struct commit *commit, const char *folder)
{
	size_t len;

	if (!commit || !commit->paths_known)
		return TOUCHES_UNKNOWN;
	while (folder[0] == '/' || (folder[0] == '.' && (folder[1] == '/' || folder[1] == '\0')))
		folder++;
	len = strlen(folder);
	while (len && folder[len - 1] == '/')
		len--;
	for (size_t i = 0; i < commit->path_count; i++)
		if (len == 0 || (strncmp(commit->paths[i], folder, len) == 0 &&
		                 (commit->paths[i][len] == '/' || commit->paths[i][len] == '\0')))
			return TOUCHES_YES;
	return commit->paths_cut ? TOUCHES_UNKNOWN : TOUCHES_NO;
}

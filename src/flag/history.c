/* SPDX-License-Identifier: MIT */
/* History from the log. A revert marks what it reverts; a revert that was reverted in turn counts not. */
#include "flag/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/repository.h"

enum { LOG_OUT_MAX = 64 << 20 };

void flag_history_release(struct flag_history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		free(history->items[i].sha);
		free(history->items[i].author);
		flag_change_release(&history->items[i].change);
	}
	free(history->items);
	*history = (struct flag_history){0};
}

/* The next NUL-terminated field, or NULL when it is cut. */
static const char *field_next(const char **at, const char *end)
{
	const char *start = *at, *stop = start < end ? memchr(start, '\0', (size_t)(end - start)) : NULL;
	if (!stop)
		return NULL;
	*at = stop + 1;
	return start;
}

static void mark_reverted(struct flag_history *history)
{
	/* The newest first, so that whether a revert counts is known before what it reverts is reached. */
	for (size_t i = 0; i < history->count; i++) {
		const struct flag_commit *by = &history->items[i];
		if (!by->change.reverts || by->reverted)
			continue;
		for (size_t k = i + 1; k < history->count; k++)
			if (strcmp(history->items[k].change.id, by->change.reverts) == 0)
				history->items[k].reverted = 1;
	}
}

void flag_history_decode(struct flag_history *history, const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	*history = (struct flag_history){0};
	while (at < end && history->count < FLAG_HISTORY_MAX) {
		const char *fields[5];
		struct flag_commit commit = {0};
		for (size_t i = 0; i < 5; i++)
			if (!(fields[i] = field_next(&at, end)))
				goto out;
		if (!sha_is_whole(fields[0]) || !flag_change_parse(&commit.change, fields[3], fields[4]))
			continue;
		commit.sha = mem_copy_string(fields[0]);
		commit.at_ms = strtoll(fields[1], NULL, 10);
		commit.at_ms = commit.at_ms > 0 && commit.at_ms < 253402300800 ? commit.at_ms * 1000 : 0;
		commit.author = utf8_sanitised(fields[2], strlen(fields[2]), 300);
		history->items = mem_resize(history->items, history->count + 1, sizeof(*history->items));
		history->items[history->count++] = commit;
	}
out:
	mark_reverted(history);
}

struct asking {
	void (*done)(void *arg, struct flag_history *history, const struct err *err);
	void *arg;
};

static void answered(void *arg, const struct git_answer *answer)
{
	struct asking *asking = arg;
	struct flag_history history = {0};
	struct err err = {0};
	if (answer->trouble != GIT_WELL) {
		err_set(&err, "%s", answer->error);
		asking->done(asking->arg, NULL, &err);
	} else {
		flag_history_decode(&history, answer->out, answer->out_len);
		asking->done(asking->arg, &history, NULL);
		flag_history_release(&history);
	}
	free(asking);
}

struct git_call *flag_history_start(struct git *git, const char *revision,
                                    void (*done)(void *arg, struct flag_history *history, const struct err *err), void *arg)
{
	struct asking *asking = mem_new(sizeof(*asking));
	const char *const argv[] = {"log", "-z", "-n2000", "--grep=^Flag-Change-Id: ", FLAG_LOG_FORMAT, revision, "--", NULL};
	const struct git_command command = {.argv = argv, .max_output = LOG_OUT_MAX, .timeout = 60, .doing = "reading the log of", .done = answered, .arg = asking};
	*asking = (struct asking){done, arg};
	return git_run(git, &command);
}

const struct flag_commit *flag_history_find(const struct flag_history *history, const char *id, struct err *err)
{
	const struct flag_commit *found = NULL;
	size_t len = strlen(id);
	for (size_t i = 0; len >= COMMIT_SHORT && i < history->count; i++) {
		const struct flag_commit *commit = &history->items[i];
		if (strncmp(commit->sha, id, len) != 0 && strncmp(commit->change.id, id, len) != 0)
			continue;
		if (found) {
			err_set(err, "\"%.70s\" is the beginning of several changes; give more of it", id);
			return NULL;
		}
		found = commit;
	}
	if (!found)
		err_set(err, "there is no change of flags \"%.70s\" on the branch; `flagdeck flag history` lists them", id);
	return found;
}

const struct flag_commit *flag_history_last(const struct flag_history *history, const char *key, const char *service,
                                            const char *env, const char *region)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct flag_change *change = &history->items[i].change;
		for (size_t k = 0; k < change->count; k++) {
			const struct flag_intent *intent = &change->items[k];
			if (strcmp(intent->key, key) == 0 && (!service || strcmp(intent->service, service) == 0) &&
			    (!env || strcmp(intent->env, env) == 0) && (!region || !intent->region || strcmp(intent->region, region) == 0))
				return &history->items[i];
		}
	}
	return NULL;
}

int flag_commit_is_due(const struct flag_commit *commit, int64_t now_ms)
{
	int64_t at;
	return !commit->reverted && commit->change.expires && stamp_parse(commit->change.expires, &at) == 0 && at <= now_ms;
}

int flag_commit_is_guarded(const struct flag_commit *commit, int64_t now_ms, int64_t *until_ms)
{
	double seconds = commit->change.guard && commit->change.guard_for ? flag_number(FLAG_DURATION, commit->change.guard_for) : (double)NAN;
	if (commit->reverted || !(seconds > 0) || seconds > 30 * 86400.0)
		return 0;
	*until_ms = commit->at_ms + (int64_t)(seconds * 1000);
	return now_ms < *until_ms;
}

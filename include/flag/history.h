/* SPDX-License-Identifier: MIT */
#ifndef FLAG_HISTORY_H
#define FLAG_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "flag/change.h"
#include "git/git.h"

/*
 * Changes of flags as Git tells them: the branch's commits whose trailers say so, the newest first.
 */
struct flag_commit {
	char *sha, *author; /* "Ada Lee <ada@example.org>" */
	int64_t at_ms;
	struct flag_change change;
	int reverted; /* a later one says that it reverts this one */
};

struct flag_history {
	struct flag_commit *items;
	size_t count;
};

enum { FLAG_HISTORY_MAX = 2000 };

/* What `git log -z` prints with FLAG_LOG_FORMAT. Any bytes. */
#define FLAG_LOG_FORMAT "--format=tformat:%H%x00%ct%x00%an <%ae>%x00%s%x00%b"
void flag_history_decode(struct flag_history *history, const char *bytes, size_t len);
void flag_history_release(struct flag_history *history);

/* `done` once, from the loop; the history is the caller's from then on (take it, and leave it empty). */
struct git_call *flag_history_start(struct git *git, const char *revision,
                                    void (*done)(void *arg, struct flag_history *history, const struct err *err), void *arg);

/* By change id or sha, whole or an unambiguous beginning of at least 7 digits. NULL and err otherwise. */
const struct flag_commit *flag_history_find(const struct flag_history *history, const char *id, struct err *err);
/* The newest that speaks of the flag in that scope (region NULL: any); NULL: none. */
const struct flag_commit *flag_history_last(const struct flag_history *history, const char *key, const char *service,
                                            const char *env, const char *region);
/* Whether it has run out by then and nobody reverted it. */
int flag_commit_is_due(const struct flag_commit *commit, int64_t now_ms);
/* Whether its guard still watches: until when in *until_ms. */
int flag_commit_is_guarded(const struct flag_commit *commit, int64_t now_ms, int64_t *until_ms);

#endif

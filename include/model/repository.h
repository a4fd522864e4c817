/* SPDX-License-Identifier: MIT */
#ifndef MODEL_REPOSITORY_H
#define MODEL_REPOSITORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/text.h"
#include "base/vec.h"

struct fleet;

/*
 * A configured Git repository as far as it was read: one branch, its newest commits. Readers have it
 * const. A sha names one commit wherever it is found, so that no one needs to know which repository
 * a cluster's source points to: who has a sha asks all of them.
 */
enum { COMMIT_SHA = 65, COMMIT_SHORT = 7 }; /* room for SHA-256 in hex; what is shown of it */

struct commit {
	const char *sha;       /* this and the texts below are of one block, freed with the commit; never NULL */
	const char *subject;   /* one line */
	const char *change_id; /* of its trailer Flag-Change-Id, which outlives squash and rebase; "" */
	const char *reverts;   /* the full sha that its message says it reverts; "" */
	const char *author;    /* interned */
	int64_t at_ms;         /* when it was committed */
	size_t parent_count;
	const char *const *parents;   /* full shas */
	size_t path_count;            /* paths that it changes against its first parent */
	const char *const *paths;
	unsigned paths_known : 1;     /* only the newest commits of the first-parent line are asked for them */
	unsigned paths_cut : 1;       /* it changes more than these */
	unsigned reachable : 1;       /* from the branch's tip; 0: the branch was rewritten without it */

	/* Kept by the model; `place` and `mainline` mean nothing for what is not reachable. */
	uint32_t place;        /* in `newest`, while reachable */
	uint32_t mainline;     /* its number on the tip's first-parent line, the tip being 1; 0: not on it */
	void *block;
};

enum repository_state {
	REPOSITORY_IDLE,    /* not asked for yet */
	REPOSITORY_READING, /* the first read is under way */
	REPOSITORY_LIVE,
	REPOSITORY_STALE,   /* was read, the last fetch failed: `error` says why */
	REPOSITORY_FAILED,  /* could never be read: `error` says why */
	REPOSITORY_STATES
};

extern const char *const repository_state_words[REPOSITORY_STATES];

struct repository {
	struct fleet *fleet;
	const char *url;     /* interned; without user info, fit for showing */
	const char *branch;  /* interned */
	enum repository_state state;
	char error[400];     /* a sentence; "" when all is well */
	char head[COMMIT_SHA];   /* the branch's tip as last fetched; "" before */
	int64_t fetched_ms;      /* wall clock of the last fetch that worked; 0: none */
	int64_t rewritten_ms;    /* wall clock when a tip was seen that does not descend from the one before */
	char rewritten[COMMIT_SHA]; /* that tip before; "" */
	int truncated;           /* commits older than those of `newest` exist */
	struct vec newest;       /* const struct commit *, from the tip back, parents after children */
	struct map by_sha;       /* every commit known, those not reachable too */
	uint64_t version;        /* grows with every change */
	int reading;             /* kept by the model: between begin and end */
};

/* Whether the second commit has the first in its history, or is it. */
enum ancestry { ANCESTRY_NO, ANCESTRY_YES, ANCESTRY_UNKNOWN /* one is not known, or history was cut */ };
enum ancestry repository_ancestry(const struct repository *repository, const char *ancestor, const char *descendant);

/* By full sha, or by an unambiguous beginning of at least COMMIT_SHORT digits. NULL: not known. */
const struct commit *repository_commit(const struct repository *repository, const char *sha);
/* Commits of the first-parent line between the two, the newer counted; -1: not known. */
int repository_distance(const struct repository *repository, const char *older, const char *newer);
/* The reachable commit that says it reverts this one and that nothing reverts in turn; NULL: none. */
const struct commit *repository_reverted_by(const struct repository *repository, const struct commit *commit);

/* The same over all repositories of the fleet; `home` may be NULL. */
const struct commit *fleet_commit(const struct fleet *fleet, const char *sha, const struct repository **home);
enum ancestry fleet_ancestry(const struct fleet *fleet, const char *ancestor, const char *descendant);

/* "a1b2c3d subject – author", or what of it is known: "a1b2c3d". "" for a sha that is "". */
void commit_describe(const struct fleet *fleet, const char *sha, struct text *out);
/* Whether a commit changes something below the folder ("./services/pay", "" and "." for all). Pure. */
enum touches { TOUCHES_NO, TOUCHES_YES, TOUCHES_UNKNOWN } commit_touches(const struct commit *commit, const char *folder);
int sha_is_whole(const char *text); /* 40 or 64 hex digits, lower case */

/* For sources, as model/writer.h. */
struct repository *fleet_add_repository(struct fleet *fleet, const char *url, const char *branch);
void repository_free(struct repository *repository); /* fleet_free does */

/* What a commit is made of; the strings are copied, sanitised ones expected. */
struct commit_facts {
	const char *sha, *author, *subject, *change_id, *reverts; /* NULL reads as "" */
	int64_t at_ms;
	const char *const *parents;
	size_t parent_count;
};
/*
 * A whole read of the branch, from the tip back: begin, put each commit, end. Commits that are known
 * already stay the objects that they are. repository_end takes the tip, and whether it has the tip
 * before it in its history (ANCESTRY_UNKNOWN: the model looks); commits that were not put stay known
 * and are no longer reachable. At most REPOSITORY_UNREACHABLE of those are kept.
 */
enum { REPOSITORY_UNREACHABLE = 2000 };
/* Outside of begin and end, repository_put adds what the branch's tip does not reach. */
void repository_begin(struct repository *repository);
void repository_put(struct repository *repository, const struct commit_facts *facts);
void repository_end(struct repository *repository, const char *head, int truncated, enum ancestry descends);
/* Paths of a commit that is known; copied. */
void repository_set_paths(struct repository *repository, const char *sha, const char *const *paths, size_t count,
                          int cut);
void repository_set_state(struct repository *repository, enum repository_state state, const char *error);

#endif

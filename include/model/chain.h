/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CHAIN_H
#define MODEL_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/repository.h"

struct service;

/*
 * The way of a commit to one service of one cluster, stage by stage: what trace/ found out. Readers
 * have it const. Nothing in it is a guess: what cannot be known is CHAIN_UNKNOWN, with the reason.
 */
enum chain_stage {
	STAGE_COMMIT,
	STAGE_SOURCE,        /* fetched by the source's controller */
	STAGE_ATTEMPT,       /* built and tried by the Kustomization */
	STAGE_APPLY,         /* applied, and found healthy where it waits for that */
	STAGE_HELM,          /* released by the HelmRelease */
	STAGE_WORKLOAD,      /* the workload's generation is observed */
	STAGE_REPLICASET,    /* its new ReplicaSet (or revision) exists */
	STAGE_PODS,          /* its pods are updated and available */
	STAGE_STEPS,         /* a Canary or an Argo Rollout went through its steps */
	STAGE_METRICS,       /* errors and latency before and after */
	CHAIN_STAGES
};

enum chain_state {
	CHAIN_WAITING,  /* its turn has not come */
	CHAIN_ACTIVE,
	CHAIN_DONE,
	CHAIN_HUNG,     /* does not move, and may move again without another commit */
	CHAIN_FAILED,   /* this commit does not get further */
	CHAIN_SKIPPED,  /* there is nothing to do here */
	CHAIN_UNKNOWN,  /* cannot be known, because … */
	CHAIN_STATES
};

enum chain_verdict {
	VERDICT_UNKNOWN,
	VERDICT_MOVING,
	VERDICT_HUNG,
	VERDICT_FAILED,
	VERDICT_HEALTHY,
	VERDICT_NOTHING,  /* the commit changes nothing that is applied for this service */
	CHAIN_VERDICTS
};

/* Every way in which a chain stops, in one table: model/hang.c. */
enum hang {
	HANG_NONE,
#define HANG(id, key, stage, state, words, advice) HANG_##id,
#include "model/hangs.def"
#undef HANG
	HANG_COUNT
};

struct hang_row {
	const char *key;      /* "source-authentication" */
	enum chain_stage stage;
	enum chain_state state; /* hung, failed or unknown */
	const char *words;    /* what it is, in a few words */
	const char *advice;   /* what to do */
};

extern const struct hang_row hangs[HANG_COUNT];
extern const char *const stage_words[CHAIN_STAGES];  /* "source", "kustomization", … */
extern const char *const stage_help[CHAIN_STAGES];
extern const char *const chain_state_words[CHAIN_STATES];
extern const char *const chain_verdict_words[CHAIN_VERDICTS];
enum hang hang_find(const char *key); /* HANG_NONE when there is none */

struct chain_link {
	enum chain_state state;
	enum hang hang;
	int64_t began_ms, ended_ms; /* wall clock; 0: not known */
	unsigned exact : 1;         /* ended_ms is the controller's own; 0: when we first saw it done */
	char *object;               /* "Kustomization flux-system/apps": who says so; NULL: nobody */
	char *words;                /* the exact reason; NULL: nothing to add */
	int32_t usual_ms, slow_ms;  /* median and 90th percentile of this stage here; 0: not known yet */
};

/* A commit that is not live yet. */
struct chain_flight {
	char sha[COMMIT_SHA];
	enum chain_stage stage; /* the first it has not passed */
};
enum { CHAIN_FLIGHTS = 8 }; /* at most */

struct chain_metrics {
	double error_ratio, p99_ms; /* NaN: not known */
};

struct chain {
	char sha[COMMIT_SHA];      /* the commit that is followed; "" without one (no Flux, OCI without origin) */
	char applied[COMMIT_SHA];  /* the commit that is applied now; "" not known */
	enum chain_verdict verdict;
	enum chain_stage at;       /* where it stands: the first stage that is neither done nor skipped, or the last */
	struct chain_link links[CHAIN_STAGES];
	struct chain_flight *flights; /* newest first, this one too while it is in flight; owned */
	size_t flight_count;
	int flights_more;          /* commits in flight beyond these; -1: not known */
	int64_t began_ms, ended_ms; /* of the whole; 0: not known, not ended */
	struct chain_metrics before, after;
	int64_t seen_ms;           /* wall clock when this commit was first followed */
	int64_t applied_seen_ms;   /* wall clock when it was first seen to be applied; 0: not yet */
	uint64_t choice;           /* digest of what `sha` and `flights` were chosen from */
	int64_t due_ms;            /* wall clock at which it must be looked at again although nothing happens; 0: never */
};

struct chain *chain_new(void);
void chain_free(struct chain *chain); /* NULL is fine */
struct chain *chain_copy(const struct chain *chain);
/* One more in flight, after those that are there; zeroed. NULL: there are CHAIN_FLIGHTS. */
struct chain_flight *chain_add_flight(struct chain *chain);
/* Sets the words of a link; the object's name too where one is given. */
void link_say(struct chain_link *link, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void link_of(struct chain_link *link, const char *kind, const char *namespace, const char *name);
/* Whether two chains tell a person the same; times that differ count, what is usual does not. */
int chain_same(const struct chain *a, const struct chain *b);

/* How long a stage took or takes, from its own beginning; -1: not known. */
int64_t link_took(const struct chain_link *link, int64_t now_ms);
/* Whether it takes or took longer than nine of ten here did, by a second at least. */
int link_is_slow(const struct chain_link *link, int64_t now_ms);
/* "4s", "1m05s", "2h03m": what took how long. */
void took_text(int64_t ms, struct text *out);
/* "✔", "▶", "✖", …; ASCII where the grid draws ASCII. */
const char *chain_glyph(enum chain_state state);

/* One line: `commit a1b2c3d "hpa on" → source ✔ 4s → kustomization ▶ 9s: …`. `fleet` names the commit. */
void chain_line(const struct fleet *fleet, const struct chain *chain, int64_t now_ms, struct text *out);
/* The sentence that answers "where does it hang?": verdict, stage and reason. */
void chain_sentence(const struct fleet *fleet, const struct chain *chain, struct text *out);

/* For trace/: the service's chain, taken over; the old one is freed. */
void service_set_chain(struct service *service, struct chain *chain);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

/*
 * Who changed what, when and why: append-only, in a file of its own ($XDG_STATE_HOME/flagdeck/audit.db),
 * because a state file may be thrown away and this one may not. A change has two rows: its intent,
 * which is on the disk before anything is sent, and its outcome. An intent without an outcome is a
 * change of which nobody knows how it went: the next start looks (audit_each_open).
 *
 * Each row holds the hash of the row before it and the hash of itself, so nothing can be changed,
 * taken out or put in between without all that follows changing too. The head (the newest hash) goes
 * to syslog with every row, and into commits, so that a file that was written anew as a whole shows.
 *
 * No intent, no change: audit_intend fails where it cannot be kept, and the caller sends nothing.
 * With allow_unaudited it succeeds then, and says so on syslog and by `say`. Secrets never go in.
 */
struct audit;

enum { AUDIT_CHANGE = 33, AUDIT_HASH = 65 };

struct audit_options {
	const char *path;
	const struct clock *clock;
	int allow_unaudited;
	/* Where heads are anchored; NULL: syslog. One line, without secrets. */
	void (*anchor)(void *arg, const char *line);
	/* What a person must hear at once: a change without an audit. NULL: stderr. */
	void (*say)(void *arg, const char *line);
	void *arg;
};

/* What is about to be done. Absent texts are NULL or "". */
struct audit_record {
	const char *change;  /* an id of the caller's (a Flag-Change-Id), or NULL: one is made */
	const char *git;     /* "Ann Lee <ann@example.org>" */
	const char *kube;    /* the user as the API server knows them */
	const char *action;  /* "rollout.restart" */
	const char *cluster; /* or the repository */
	const char *target;  /* "Deployment payments/payments-api" */
	const char *what;    /* in words: what is sent */
	const char *why;
	const char *commit;  /* sha */
	const char *data;    /* for the program that looks later how it went: JSON */
};

struct audit_row {
	int64_t seq, at_ms;
	const char *stage;   /* "intent" or "outcome" */
	const char *host;    /* where it was done, and by which process */
	int64_t pid;
	struct audit_record record; /* of an outcome: change, action, cluster, target and commit */
	const char *outcome; /* "done", "failed", "timed out", "unknown"; "" of an intent */
	const char *detail;  /* in words */
	char previous[AUDIT_HASH], hash[AUDIT_HASH];
};

/* Never NULL: an audit that cannot be kept says why in audit_trouble, and refuses. */
struct audit *audit_open(const struct audit_options *options);
void audit_close(struct audit *audit); /* NULL is fine */
/* Why changes are refused, in one sentence; NULL: they are not. */
const char *audit_trouble(const struct audit *audit);
/* Whether a change may go ahead: it can be kept, or need not be. */
int audit_permits(const struct audit *audit);

/* Writes the intent; `change` gets its id. After this, and only after it, the change may be sent. */
int audit_intend(struct audit *audit, const struct audit_record *record, char change[AUDIT_CHANGE],
                 struct err *err) MUST_USE;
/* Writes how it went. `commit` where there is one by now. A failure is no reason to undo the change,
 * but one to tell the person. */
int audit_conclude(struct audit *audit, const char *change, const char *outcome, const char *detail,
                   const char *commit, struct err *err) MUST_USE;

/* The newest hash, for a commit's trailer; "" while there is no row. */
int audit_head(struct audit *audit, char head[AUDIT_HASH], struct err *err) MUST_USE;

/* Rows from the oldest to the newest, those after `after_ms` only; non-zero from `each` stops. */
int audit_each(struct audit *audit, int64_t after_ms, int (*each)(void *arg, const struct audit_row *row), void *arg,
               struct err *err) MUST_USE;
/* Intents without an outcome whose process is gone. */
int audit_each_open(struct audit *audit, int (*each)(void *arg, const struct audit_row *row), void *arg,
                    struct err *err) MUST_USE;

struct audit_verdict {
	int64_t rows, open;   /* open: intents without an outcome */
	int64_t broken_at;    /* seq of the first row that is not as it was written; 0: none */
	int head_found;       /* the head that was asked for is one of the chain */
	char head[AUDIT_HASH];
	char why[200];        /* in words; "" when the chain is whole */
};

/* Recomputes the chain. `head`: one that was anchored elsewhere, or NULL. -1 only when it cannot be read. */
int audit_verify(struct audit *audit, const char *head, struct audit_verdict *verdict, struct err *err) MUST_USE;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "kube/client.h"
#include "model/fleet.h"
#include "model/operation.h"
#include "net/loop.h"
#include "store/audit.h"

/*
 * Everything that changes a cluster. An operation is prepared first, which changes nothing: the
 * object is read, the server is asked whether we may, and it becomes known what would be sent, what
 * would come of it, and whether Git would put it back. Once it is started, the audit has its intent
 * before a byte is sent, and it is done when it was observed, never before.
 *
 * Operations of one struct ops run side by side, on one loop.
 */
struct ops;

struct ops_options {
	struct loop *loop;
	const struct clock *clock;
	struct audit *audit;     /* stays the caller's */
	struct fleet *fleet;     /* its timeline tells of operations; NULL: nobody looks */
	struct log *log;         /* may be NULL */
	int read_only;
	int no_git_identity;     /* for tests: git is not asked who we are */
	/* The client of a cluster; NULL with words when it has none. */
	struct client *(*client)(void *arg, const char *cluster, struct err *err);
	/* The version of a kind that a cluster has; NULL: not known (yet). May be NULL. */
	const char *(*version)(void *arg, const char *cluster, enum object_kind kind);
	void *client_arg; /* of these two */
	void (*changed)(void *arg); /* something that is shown; may be NULL */
	void *arg;
};

struct ops *ops_new(const struct ops_options *options);
void ops_free(struct ops *ops); /* after its operations */
/* Why nothing is changed at all: read-only, or no audit. NULL: it is. */
const char *ops_refusal(const struct ops *ops);
struct loop *ops_loop(const struct ops *ops);

enum verb {
	VERB_RESTART,
	VERB_UNDO,
	VERB_PAUSE,
	VERB_RESUME,
	VERB_SCALE,
	VERB_PROMOTE,
	VERB_PROMOTE_FULL,
	VERB_ABORT,
	VERB_RETRY,
	VERB_RECONCILE,
	VERB_SUSPEND,
	VERB_UNSUSPEND, /* `flux resume` */
	VERBS
};

/* What a verb wants to know from a person. */
enum verb_asks { ASKS_REASON = 1, ASKS_UNTIL = 2, ASKS_REVISION = 4, ASKS_REPLICAS = 8, ASKS_SOURCE = 16, ASKS_FORCE = 32 };

const char *verb_name(enum verb verb);     /* "rollout.restart", as the audit and the keymap have it */
const char *verb_word(enum verb verb);     /* "restart" */
const char *verb_help(enum verb verb);     /* one sentence */
unsigned verb_asks(enum verb verb);
int verb_fits(enum verb verb, enum object_kind kind);

/* Strings are copied by op_prepare. */
struct op_request {
	enum verb verb;
	const char *cluster;
	int protected;           /* the cluster is: the person types the name */
	enum object_kind kind;
	const char *namespace, *name;
	long revision;           /* undo: which; 0: the one before */
	int replicas;            /* scale */
	int with_source, force, reset; /* reconcile */
	const char *reason;      /* one line; NULL or "": none */
	int64_t until_ms;        /* suspend, pause: wall clock; 0: until somebody ends it */
	double timeout;          /* seconds to observe it; 0: the verb's own */
};

struct op;

/* Never calls back from inside. `prepared` comes once: the state is then READY or REFUSED, and op_words
 * say why. NULL only when the cluster has no client. */
struct op *op_prepare(struct ops *ops, const struct op_request *request, void (*prepared)(void *arg, struct op *op),
                      void *arg, struct err *err);
/* Of one that is READY. `ended` comes once, later, when the state is final. */
void op_start(struct op *op, void (*ended)(void *arg, struct op *op), void *arg);
/* Before it was started: forgets it. After: it goes on at the server, nobody looks any more, and the
 * next start of the program finds out how it went. */
void op_free(struct op *op); /* NULL is fine */

enum operation_state op_state(const struct op *op);
const struct op_request *op_request_of(const struct op *op);
const char *op_subject(const struct op *op); /* "Deployment payments/payments-api" */
const char *op_words(const struct op *op);   /* why it was refused, or how it stands */
const char *op_change(const struct op *op);  /* its id in the audit; "" before it is started */
/* What would be sent: "PATCH /apis/…" and its body, for each step a line. */
int op_send_text(const struct op *op, struct buf *out) MUST_USE;
/* What would happen, one sentence a line; and what Git makes of it, "" when it does not own the object. */
const char *op_effect(const struct op *op);
const char *op_git(const struct op *op);
/* The same on the server, which keeps nothing: what it would answer, in words. Of one that is READY. */
void op_dry_run(struct op *op, void (*ended)(void *arg, struct op *op, int accepted, const char *words), void *arg);

#endif

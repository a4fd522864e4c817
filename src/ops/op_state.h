/* SPDX-License-Identifier: MIT */
#ifndef OPS_OP_STATE_H
#define OPS_OP_STATE_H

#include "base/json.h"
#include "base/text.h"
#include "base/vec.h"
#include "kube/follow.h"
#include "kube/write.h"
#include "model/resource.h"
#include "net/proc.h"
#include "ops/ops.h"

/* Shared by the operations: one file each, with the row that the table in verb.c names. */

enum { OP_STEPS = 3, OP_ALSO = 3, OP_EFFECT = 1200, OP_GIT = 700, OP_NAME = 256, OP_TOKEN = 40 };

/* Whom the audit and the held objects name. */
struct ops {
	struct ops_options options;
	char git[256];          /* "Ann Lee <ann@example.org>"; "" unknown */
	char login[320];        /* "ann@bastion" */
	struct proc *asking_git;
	struct vec waiting;     /* struct op *: until git has answered */
	struct vec users;       /* struct ops_user *: who we are to each cluster */
	uint64_t last_id;
};

enum op_stage { ASK_GIT, ASK_USER, READ_LIVE, READ_ALSO, READ_OWNER, PLAN, ASK_RIGHTS, PREPARED };
enum op_verdict { OP_WAITING, OP_HAPPENED, OP_WENT_WRONG };

struct op_step {
	enum object_kind kind;
	char namespace[OP_NAME], name[OP_NAME];
	const char *subresource; /* NULL: the object itself */
	enum write_kind write;
	char *body;
	/* Looks at the object after it was written. NULL: what was written is there, and the controller has
	 * seen it as far as the kind says so. `words` say how it stands. */
	enum op_verdict (*judge)(const struct op *op, const struct op_step *step, const cJSON *object, struct text *words);
	int64_t generation;      /* after our write */
};

struct verb_row {
	const char *name, *word, *help;
	uint64_t kinds;          /* bits of enum object_kind */
	unsigned asks;
	double timeout;          /* seconds to observe it in */
	/* What else is read before: the n-th path, or 0 when there is no more. May be NULL. */
	int (*also)(const struct op *op, size_t n, char *path, size_t size);
	/* From what was read: steps and effect, or why not. */
	int (*plan)(struct op *op, struct err *err);
	/* What it writes, as managedFields has it: "f:spec f:template"; NULL: Git cannot own that. */
	const char *field;
};

struct op {
	struct ops *ops;
	const struct verb_row *row;
	struct op_request request;
	struct client *client;
	uint64_t id;
	enum operation_state state;
	char subject[OP_NAME * 2 + 64], about[160]; /* about: in the timeline, "payments-api/eu-prod" */
	char words[640], effect[OP_EFFECT], git[OP_GIT];
	char change[AUDIT_CHANGE];
	char token[OP_TOKEN];    /* of this operation: the moment it was prepared, unique enough */

	cJSON *live, *also[OP_ALSO], *owner;
	size_t also_count;
	struct op_step steps[OP_STEPS];
	size_t step_count, at;
	char revision[OP_NAME];  /* what a source step brought */

	struct client_call *call;
	struct rights_call *rights;
	struct whoami_call *whoami;
	struct follow *follow;
	struct timer *timer;
	enum op_stage stage;
	int unsure;              /* unsure: the connection was lost while it was sent */
	void (*prepared)(void *arg, struct op *op);
	void (*ended)(void *arg, struct op *op);
	void (*dry)(void *arg, struct op *op, int accepted, const char *words);
	void *arg;
};

extern const struct verb_row op_restart, op_undo, op_pause, op_resume, op_scale, op_promote, op_promote_full, op_abort,
	op_retry, op_reconcile, op_suspend, op_unsuspend;

#define KIND_BIT(kind) (UINT64_C(1) << (kind))
#define KINDS_APPS (KIND_BIT(OBJECT_DEPLOYMENT) | KIND_BIT(OBJECT_STATEFULSET) | KIND_BIT(OBJECT_DAEMONSET))
#define KINDS_SOURCE \
	(KIND_BIT(OBJECT_GITREPOSITORY) | KIND_BIT(OBJECT_OCIREPOSITORY) | KIND_BIT(OBJECT_BUCKET) | \
	 KIND_BIT(OBJECT_HELMREPOSITORY) | KIND_BIT(OBJECT_HELMCHART))
#define KINDS_FLUX \
	(KINDS_SOURCE | KIND_BIT(OBJECT_KUSTOMIZATION) | KIND_BIT(OBJECT_HELMRELEASE) | KIND_BIT(OBJECT_IMAGEREPOSITORY) | \
	 KIND_BIT(OBJECT_IMAGEPOLICY) | KIND_BIT(OBJECT_IMAGEUPDATE) | KIND_BIT(OBJECT_RECEIVER) | KIND_BIT(OBJECT_TERRAFORM))

/* verb.c */
const struct verb_row *verb_row(enum verb verb);

/* op.c */
/* The group, version and plural of a kind as that cluster has it, with the names put in. */
struct api_object op_object(const struct ops *ops, const char *cluster, enum object_kind kind, const char *namespace,
                            const char *name);
/* Adds a step on an object; the body is taken over (cJSON) and written. */
struct op_step *op_step_add(struct op *op, enum object_kind kind, const char *namespace, const char *name,
                            enum write_kind write, cJSON *body);
struct op_step *op_step_self(struct op *op, enum write_kind write, cJSON *body);
void op_effect_add(struct op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A path to a list of the namespace, chosen by the live object's selector. */
void op_selected_path(const struct op *op, const char *root, char *path, size_t size);
const char *op_by(const struct op *op); /* who holds what this operation holds */
/* metadata.annotations that say who holds it, why and until when (hold 1), or take that away (0). */
cJSON *op_held_annotations(const struct op *op, int hold);

void op_let_go(struct op *op); /* of everything that is under way */

/* send.c */
struct write op_step_write(const struct op *op, const struct op_step *step, int dry_run);
void op_time_over(void *arg);

/* judge.c */
/* Whether what was to be written is in the object. */
int write_is_there(enum write_kind kind, const char *body, const cJSON *object);
/* Whether the controller has seen the generation; 1 where the kind does not say. */
int generation_is_observed(const cJSON *object, int64_t generation);
enum op_verdict judge_written(const struct op *op, const struct op_step *step, const cJSON *object, struct text *words);
/* The condition of that type: its status "True", "False", "Unknown", or "" when there is none. */
const char *condition_read(const cJSON *object, const char *type, const char **reason, const char **message);
void words_add(struct text *text, const char *foreign); /* sanitised */

/* owner.c: what Git makes of it. */
/* The object that applied the live one, by its labels. */
int owner_of(const cJSON *live, enum object_kind *kind, const char **namespace, const char **name);
/* Whether one of Flux' controllers manages a field: "f:spec f:paused". */
int owner_manages(const cJSON *live, const char *field);
void owner_describe(struct op *op);

/* who.c */
void who_begin(struct ops *ops);
void who_end(struct ops *ops);
/* What is known of us in a cluster; NULL: not asked yet. */
const char *who_user(const struct ops *ops, const char *cluster);
void who_user_set(struct ops *ops, const char *cluster, const char *user);
void op_continue(struct op *op); /* op.c: who.c calls it once git has answered */

#endif

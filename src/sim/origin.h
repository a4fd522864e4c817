/* SPDX-License-Identifier: MIT */
#ifndef SIM_ORIGIN_H
#define SIM_ORIGIN_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/vec.h"
#include "net/loop.h"
#include "plan.h"

struct cJSON;

/*
 * The company's Git repository: a bare one on disk, made by the git program, to which anybody may
 * push. What its branch points to is read whole into a snapshot, which is immutable and shared: each
 * cluster holds the one that it has fetched.
 */
struct snapshot {
	int refs;
	char sha[44];
	struct vec files; /* struct origin_file *, by path; shared between snapshots */
};

struct origin_file {
	int refs;
	char blob[44]; /* "" for what was never read back from Git */
	char *path, *text;
};

struct origin;

struct origin_options {
	const char *path;     /* where it will be; nothing is there yet */
	const struct plan *plan;
	const char *catalog;  /* of flags, as text; NULL: none is put there */
	const struct clock *clock; /* NULL: the system's */
	int64_t now_ms;       /* the history ends before this */
	/* A new head was read. The snapshot is borrowed. */
	void (*moved)(void *arg, struct snapshot *snapshot);
	void *arg;
};

/* Starts to make it; origin_head is there at once, without a sha until git is done. */
struct origin *origin_new(struct loop *loop, const struct origin_options *options);
void origin_free(struct origin *origin);
/* Waits for git. NULL when it is made, else why not, in words. */
const char *origin_ready(struct origin *origin);
int origin_waits(const struct origin *origin); /* git is at work */
struct snapshot *origin_head(const struct origin *origin); /* borrowed */
/* Looks whether somebody pushed; `moved` comes later when so. Cheap: one small file is read. */
void origin_look(struct origin *origin);

/* Commits one file, as somebody who pushes would: "Name <mail>". Comes as soon as git has time. */
void origin_commit(struct origin *origin, const char *path, const char *text, const char *author, const char *message);

struct snapshot *snapshot_take(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot); /* NULL is fine */
const struct origin_file *snapshot_file(const struct snapshot *snapshot, const char *path); /* NULL: it has none */

/* values.c: the layers of a service in an environment and region, merged, as JSON to delete. Maps merge deep, lists
 * replace, null overwrites. NULL and err: a file is no YAML; the message names it. */
struct cJSON *values_of(const struct snapshot *snapshot, const char *service, const char *env, const char *region,
                        struct err *err);
/* Merges one more text over them; its name is for the message. */
int values_add(struct cJSON *values, const char *name, const char *text, struct err *err) MUST_USE;
/* origin_text.c: what stands in the files to begin with. */
void service_text(struct buf *out, const struct plan_service *service, const char *env, int minor);
int plan_most_pods(const struct plan_service *service);  /* of its autoscaler, in production */
int plan_fixed_pods(const struct plan_service *service, const char *env); /* of what has none */

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_RUN_FOLDER_H
#define MODEL_RUN_FOLDER_H

#include "base/vec.h"
#include "model/run.h"

/*
 * A run's folder. Its engine holds a lock on RUN_LOCK while it lives, which the kernel lets go
 * whatever ends the engine: so nobody mistakes a dead run for a living one, and the lock tells the
 * engine's process id without a chance that it is another's by now.
 *
 *	manifest.json   what was to happen, from the start
 *	series.jsonl    a line a second; the last one may be cut
 *	latency.hlog    the same seconds as histograms, in HdrHistogram's log format
 *	verdict.json    at the end
 *	engine.log      what the engine had to say
 */
#define RUN_LOCK "lock"
#define RUN_MANIFEST "manifest.json"
#define RUN_SERIES "series.jsonl"
#define RUN_HISTOGRAMS "latency.hlog"
#define RUN_VERDICT "verdict.json"
#define RUN_ENGINE_LOG "engine.log"

/* Reads everything; a run whose engine is gone without a verdict gets its totals from its seconds. */
int run_folder_read(struct run *run, const char *folder, struct err *err) MUST_USE;
/* The manifest and verdict only: for lists. */
int run_folder_read_brief(struct run *run, const char *folder, struct err *err) MUST_USE;
/* Goes on with a run that was read: new seconds, the verdict. Returns 1 when something came, 0 not. */
struct run_follow {
	size_t at;     /* bytes of the series that were read */
	int ended;     /* the verdict is there, or the engine is gone */
};
int run_folder_follow(struct run *run, struct run_follow *follow);
int run_folder_owner(const char *folder); /* the engine's process id; 0: nobody's */

/* Folders below `results` that hold a manifest, the newest first; char * to free. */
void run_folder_list(const char *results, struct vec *folders);
/* The one that a person means: a whole id, a beginning or an end of one that is only one's, or
 * "last". free() it; NULL when there is none. */
char *run_folder_find(const char *results, const char *word, struct err *err);
/* $XDG_STATE_HOME/flagdeck/runs; free(). */
char *run_folder_usual(void);

#endif

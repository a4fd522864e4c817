/* SPDX-License-Identifier: MIT */
#ifndef LOAD_ENGINE_H
#define LOAD_ENGINE_H

#include "base/err.h"
#include "load/profile.h"
#include "model/run.h"

/*
 * The native load engine. It runs in a process of its own, so that no console waits for it and none
 * takes it along when it ends: whoever starts one makes the folder and writes nothing into it; the
 * engine locks it, writes the manifest, a line a second and at the end the verdict. SIGTERM or SIGINT
 * stop it: no request is begun from then on, and within two seconds it is gone.
 *
 * Returns the verdict's state, or -1 and err when it could not even begin to write.
 */
struct engine_options {
	const char *folder; /* exists; its last part is the run's id */
	const struct profile *profile;
};
int engine_run(const struct engine_options *options, struct err *err);

/* Starts an engine as a process that outlives its parent: the program's own "load engine", with the
 * profile on its standard input. Returns when the engine holds its lock, or with err. */
int engine_start(const char *folder, const char *profile_path, const char *text, size_t len,
                 struct err *err) MUST_USE;
/* Asks the folder's engine to stop. 0, or -1 when none runs. */
int engine_stop(const char *folder);

/* Blocks SIGINT and SIGTERM and gives a descriptor that they are read from, so that none is missed between
 * looking and waiting: struct signalfd_siginfo, non-blocking; close() it. */
int run_signals_open(void);
/* A new folder "TIME-NAME-xxxx" under `results` (made where missing). free() it. */
char *run_folder_make(const char *results, const char *name, struct err *err);

#endif

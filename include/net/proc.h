/* SPDX-License-Identifier: MIT */
#ifndef NET_PROC_H
#define NET_PROC_H

#include <stddef.h>

#include "base/err.h"
#include "net/loop.h"

/*
 * A child program: posix_spawn with an argv (never a shell), its own process group, stdin from
 * memory, stdout and stderr captured up to a maximum each, killed (whole group) at a deadline.
 */
struct proc;

struct proc_options {
	const char *const *argv;       /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *extra_env;  /* "NAME=value", NULL-terminated, over ours; a bare "NAME" takes ours
	                                * away; may be NULL */
	const char *input;             /* for stdin; NULL: /dev/null */
	size_t input_len;
	size_t max_output;             /* per stream; more ends the child: too_much */
	double timeout;                /* seconds; 0: none */
	int use_terminal;              /* stdin, stderr and process group are ours: an interactive child */
	/* A child to talk with: stdin stays open for proc_write, and stdout comes in pieces as they are
	 * read, without a maximum. Either alone is fine; `arg` is that of `done`. */
	int converse;
	void (*on_out)(void *arg, const char *bytes, size_t len);
};

struct proc_result {
	int exit_code; /* 0-255, or -1 when a signal ended it */
	int signal;
	int timed_out, too_much;
	const char *out; /* NUL-terminated; valid during the callback */
	size_t out_len;
	const char *errors; /* stderr, raw: sanitise before showing */
	size_t errors_len;
};

/* Starts it. `done` is called exactly once, from the loop, unless proc_cancel comes first. The
 * handle is gone after done. Returns NULL and sets err when it cannot be started. */
struct proc *proc_start(struct loop *loop, const struct proc_options *options,
                        void (*done)(void *arg, const struct proc_result *result), void *arg, struct err *err);
void proc_cancel(struct proc *proc); /* kills the group and reaps; no callback */

/* For stdin of a child with `converse`: queued, and written as the child reads. */
void proc_write(struct proc *proc, const char *bytes, size_t len);
void proc_end_input(struct proc *proc); /* when what is queued was written */
/* Sets the time-out anew, from now; 0: none. */
void proc_set_timeout(struct proc *proc, double seconds);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef APP_CONSOLE_H
#define APP_CONSOLE_H

#include "app/config.h"
#include "app/session.h"
#include "base/err.h"
#include "base/log.h"
#include "ui/spark.h"

/*
 * The console: the screen on one side, the session on the other. Everything it needs is resolved
 * by the caller and stays the caller's until console_run returns.
 */
struct console_options {
	const struct session_context *contexts;
	size_t context_count;
	const char *looked_in;  /* where a kubeconfig was looked for, in words; for the error without contexts */
	const char *service_label, *team_label; /* NULL: the usual ones */
	const struct config_metrics *metrics; /* NULL: no metrics are read */
	const char *theme;      /* name or file; NULL: "dark" */
	const char *keymap;     /* name or file; NULL: "vim" */
	const char *audit_path; /* NULL: nothing can be changed */
	const char *state_path; /* the database; NULL: nothing is remembered */
	enum graph graph;       /* of charts; --ascii has its own */
	const char *load_results, *load_profiles; /* folders of runs and of profiles */
	const struct config *config; /* repositories, and what may be loaded; NULL: neither */
	int ascii, screen_reader, no_color, read_only, allow_unaudited;
	struct log *log;        /* may be NULL */
	const char *dump;        /* a file: SIGUSR1 writes the services there as JSON; NULL: none */
	const char *trace_start; /* a file to which moments of the start are appended; NULL: none */
};

/*
 * Runs until the user quits. Returns the program's exit code: 0 after quitting, 128 + n after
 * signal n, 1 when it could not start or lost the terminal, 2 without a terminal. When err is set
 * (err->text[0] != 0, clear it before) the caller prints it on stderr; the terminal is restored by
 * then.
 *
 * setlocale(LC_CTYPE, "") comes before.
 */
int console_run(const struct console_options *options, struct err *err);

#endif

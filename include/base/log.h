/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

/*
 * The log file of --log-file. A NULL log swallows everything, so callers never test. Lines are
 * stamped and sanitised. Secrets (tokens, keys, Secret values, plugin output) are never passed in.
 */
struct log;

struct log *log_open(const char *path, struct err *err); /* appends, 0600 */
void log_close(struct log *log);
void log_line(struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: MIT */
#ifndef APP_START_TRACE_H
#define APP_START_TRACE_H

#include "base/err.h"
#include "model/fleet.h"

/*
 * The moments of a start, for benchmarks, one line each as it comes, in milliseconds since the
 * process was started (to the 10 ms that the kernel keeps):
 *
 *	first_rows_ms 41     the terminal took a frame with rows of services, remembered ones too
 *	live_rows_ms 212     the same with a row that a cluster confirmed
 *	complete_ms 1490     the same with every row complete, or known to be missing
 */
struct start_trace;

struct start_trace *start_trace_open(const char *path, struct err *err); /* appends */
void start_trace_close(struct start_trace *trace); /* NULL is fine */
/* After a frame was taken by the terminal; rows: of services in it. A NULL trace does nothing. */
void start_trace_frame(struct start_trace *trace, const struct fleet *fleet, size_t rows);

#endif

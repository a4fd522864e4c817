/* SPDX-License-Identifier: MIT */
#ifndef LOAD_ENGINE_FILES_H
#define LOAD_ENGINE_FILES_H

#include "load/histogram.h"
#include "model/run.h"

/* The run's folder, written. A disk that is full stops the run, and the room kept for the verdict is
 * used then. */
struct run_files {
	const char *folder;
	int lock, series, histograms, reserve;
};

struct profile;
/* What stands in the manifest before the first second: whose run it is, of what, and on which machine. */
void run_describe(struct run *run, const struct profile *profile, const char *folder, int64_t started_ms);

int run_files_open(struct run_files *files, const char *folder, double start_wall, struct err *err) MUST_USE;
int run_files_manifest(struct run_files *files, const struct run *run, struct err *err) MUST_USE;
int run_files_second(struct run_files *files, const struct run_second *second, struct err *err) MUST_USE;
/* tag NULL: of all requests. */
int run_files_histogram(struct run_files *files, const char *tag, double at, double seconds,
                        const struct histogram *histogram, struct err *err) MUST_USE;
int run_files_verdict(struct run_files *files, const struct run *run, struct err *err) MUST_USE;
void run_files_close(struct run_files *files);

#endif

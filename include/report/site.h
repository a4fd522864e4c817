/* SPDX-License-Identifier: MIT */
#ifndef REPORT_SITE_H
#define REPORT_SITE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/run.h"

/*
 * The report: static pages and a JSON file a run, for any file server or bucket. Nothing of it comes
 * from elsewhere, its Content-Security-Policy allows nothing else, and what came from targets is
 * only ever shown as text.
 */
struct site_report {
	size_t runs, written, skipped; /* skipped: their files were up to date */
};

/* From the folders below `results` into `out` (made where missing). Runs that cannot be read are left
 * out and named in `trouble` (may be NULL). */
int site_build(const char *results, const char *out, struct site_report *report, struct buf *trouble,
               struct err *err) MUST_USE;

/* Its files; 0 past the last. */
struct site_file {
	const char *name, *type, *text;
};
int site_file_at(size_t index, struct site_file *file);
/* A type by a file's ending, for whoever serves or uploads it. */
const char *site_type(const char *name);

/* site_json.c */
int site_run_write(const struct run *run, struct buf *out) MUST_USE;
struct site_index;
struct site_index *site_index_new(void);
void site_index_add(struct site_index *index, const struct run *run);
int site_index_write(struct site_index *index, struct buf *out) MUST_USE; /* and frees it */

#endif

/* SPDX-License-Identifier: MIT */
#ifndef REPORT_S3_H
#define REPORT_S3_H

#include <stddef.h>

#include "base/err.h"
#include "base/log.h"

/*
 * Places for results: s3://BUCKET/PREFIX and file:///FOLDER. Everything here waits for its answer: it is
 * for commands, and for nothing that draws.
 *
 *	s3://load-results/checkout?region=eu-west-1
 *	s3://load-results?endpoint=http://127.0.0.1:7070&path-style=true
 *
 * Credentials come from the environment, else a web identity (token file and role), else the pod's
 * identity (container credentials), else the machine's metadata service. A source that is there and
 * fails is an error: nothing falls through to the next one in silence.
 */
struct place;

/* `log` may be NULL. */
struct place *place_open(const char *url, struct log *log, struct err *err);
void place_close(struct place *place); /* NULL is fine */
/* Puts bytes under a name, tries again after what passes, and reads them back to see that they are there. */
int place_put(struct place *place, const char *name, const char *type, const char *bytes, size_t len,
              struct err *err) MUST_USE;
int place_put_file(struct place *place, const char *name, const char *path, struct err *err) MUST_USE;
/* All files of a folder, and of folders in it, under `name`; hidden ones and locks are left out. */
int place_put_folder(struct place *place, const char *name, const char *folder, size_t *count,
                     struct err *err) MUST_USE;
/* A URL that anybody may PUT to (or GET) for so long. Only of s3. free() it. */
char *place_presign(struct place *place, const char *method, const char *name, int seconds, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef GIT_BLOBS_H
#define GIT_BLOBS_H

#include <stddef.h>

#include "git/git.h"

/*
 * Objects of a bare repository, through one `git cat-file --batch` that stays: thousands of small
 * files cost one process. It is started by the first request, begun anew when it dies, and ended
 * after a quiet while. Answers come in the order of the requests.
 */
struct blobs;

enum { BLOB_MAX = 16 * 1024 * 1024, BLOB_NAME = 4096 };

struct blob {
	int missing;       /* there is no such object: no failure */
	const char *oid;   /* hex */
	const char *type;  /* "blob", "tree", "commit", "tag" */
	const char *bytes; /* NUL-terminated; valid during the callback; raw */
	size_t len;
};

struct blobs *blobs_new(struct git *git, struct loop *loop);
void blobs_free(struct blobs *blobs); /* forgets what is asked for, without callbacks */

/*
 * `name`: "REVISION:path" or a revision. Copied. `done` is called exactly once, from the loop, with
 * either a blob or a sentence that says why not (over BLOB_MAX, a time-out, no git). A name with a
 * line feed, or one that is too long, is refused at once (-1).
 */
int blobs_read(struct blobs *blobs, const char *name,
               void (*done)(void *arg, const struct blob *blob, const struct err *err), void *arg, struct err *err)
	MUST_USE;
/* Forgets every request with that arg; no callback follows. */
void blobs_cancel(struct blobs *blobs, const void *arg);

#endif

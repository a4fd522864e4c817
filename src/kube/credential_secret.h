/* SPDX-License-Identifier: MIT */
#ifndef KUBE_CREDENTIAL_SECRET_H
#define KUBE_CREDENTIAL_SECRET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Memory for secrets and for the texts that stand beside them: everything taken from a pool is
 * wiped and freed with it. Zero-initialised is empty.
 */
struct secret_pool {
	struct secret_block *first;
};

void *secret_alloc(struct secret_pool *pool, size_t size); /* zeroed */
char *secret_copy(struct secret_pool *pool, const char *bytes,
                  size_t len);                                   /* NUL-terminated; NULL gives NULL */
char *secret_string(struct secret_pool *pool, const char *text); /* NULL gives NULL */
char *secret_printf(struct secret_pool *pool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A copy of a NULL-terminated array of strings; NULL gives NULL. */
const char *const *secret_strings(struct secret_pool *pool, const char *const *strings);
void secret_pool_release(struct secret_pool *pool);

/* Wipes what a buffer holds and frees it. */
void secret_buf_release(struct buf *buf);

/*
 * Reads a whole file of at most max bytes and leaves no copies of it elsewhere in memory. *bytes is
 * NUL-terminated; secret_free() it.
 */
int secret_read_file(const char *path, size_t max, char **bytes, size_t *len, struct err *err) MUST_USE;
void secret_free(char *bytes, size_t len);

#endif

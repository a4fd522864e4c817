/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

/*
 * A growing byte buffer with a stated maximum. `data` is NULL while nothing was added, otherwise
 * always followed by a NUL that `len` does not count. Growth past `max` fails and changes nothing,
 * so that a hostile peer cannot exhaust memory.
 */
struct buf {
	char *data;
	size_t len, cap, max;
};

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf); /* frees the bytes; buf can be used again */
void buf_clear(struct buf *buf);   /* len = 0, memory kept */
/* Each returns 0, or -1 when the maximum would be passed. */
int buf_add(struct buf *buf, const void *bytes, size_t len) MUST_USE;
int buf_add_string(struct buf *buf, const char *text) MUST_USE;
int buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3))) MUST_USE;
int buf_vprintf(struct buf *buf, const char *fmt, va_list args) MUST_USE;
/* len more bytes for the caller to write: where they are, or NULL when the maximum would be passed. */
char *buf_extend(struct buf *buf, size_t len);
void buf_consume(struct buf *buf, size_t len); /* drops the first len bytes */
const char *buf_string(const struct buf *buf); /* never NULL */
/* Reads a whole file. Errors name the path. */
int buf_read_file(struct buf *buf, const char *path, struct err *err) MUST_USE;

#endif

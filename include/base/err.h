/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * An error that a person can act on.
 *
 * A call that can fail returns 0 or -1 and takes a `struct err *` last. On success it is left
 * untouched; on failure it holds one complete sentence: what failed, where, why, and what to do
 * where that is known. A layer above adds its context in front; there is never a second error.
 * The text may be drawn as it is: foreign bytes are sanitised on the way in. It is cut, without a
 * word, at ERR_MAX. A NULL err is allowed and ignored.
 */
enum { ERR_MAX = 512 };

struct err {
	char text[ERR_MAX];
};

/* Sets the text. Returns -1, so that callers can write `return err_set(...)`. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the text that is there. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define MUST_USE __attribute__((warn_unused_result))

#endif

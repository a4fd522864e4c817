/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/*
 * A short text in an array of the caller's: table cells, titles, reasons. Always NUL-terminated.
 * What does not fit is cut at a character boundary (UTF-8).
 *
 *	char room[32];
 *	struct text cell = text_in(room, sizeof(room));
 */
struct text {
	char *data;
	size_t size, len;
};

struct text text_in(char *room, size_t size); /* empty */
void text_clear(struct text *text);
void text_add(struct text *text, const char *string);
void text_printf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Percent-encoded: all but the unreserved characters of RFC 3986. */
void text_add_escaped(struct text *text, const char *string);

#endif

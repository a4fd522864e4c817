/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * UTF-8 (RFC 3629) for the screen, and the one place where foreign text becomes safe for a
 * terminal. Everything from outside passes utf8_sanitise once, when it is taken in; what is in the
 * model may be drawn as it is.
 */

/* Reads one code point, at most len bytes; *used is at least 1. Invalid bytes give U+FFFD. */
uint32_t utf8_decode(const char *bytes, size_t len, size_t *used);
size_t utf8_encode(uint32_t code, char out[4]); /* bytes written; surrogates give U+FFFD */

/* Cells a code point takes: 0 (combining, control), 1 or 2 (wide). Independent of the locale. */
int utf8_width(uint32_t code);
/* Whether it is drawn onto the character before it: an accent, a vowel sign. Of width 0, but not all of
 * that width are: joiners and other invisible controls are not. */
int utf8_is_mark(uint32_t code);
int utf8_cells(const char *text); /* cells of a whole string */
/* Bytes of the longest prefix of text that takes at most `cells` cells. */
size_t utf8_prefix(const char *text, int cells);

/*
 * Copies len bytes to out (size bytes, NUL-terminated, cut at a character), leaving out C0 but tab
 * (tab becomes a space), DEL, C1 in either encoding, the bidi controls U+202A-202E, U+2066-2069,
 * U+200E, U+200F and U+061C, and writing U+FFFD for invalid UTF-8. A line feed becomes a space.
 * Returns the bytes written. out may be the same array as in when size > 3 * len.
 */
size_t utf8_sanitise(char *out, size_t size, const char *in, size_t len);
/* The same into a fresh string of at most max bytes; free() it. */
char *utf8_sanitised(const char *in, size_t len, size_t max);
/* Whether utf8_sanitise would change nothing. Fast for plain ASCII. */
int utf8_is_safe(const char *in, size_t len);

#endif

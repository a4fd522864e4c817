/* SPDX-License-Identifier: MIT */
/*
 * Strict UTF-8 and the filter between foreign text and the terminal. An invalid sequence is
 * replaced once for each of its longest prefixes that could have begun a character, as browsers
 * do, so that what follows it is never swallowed.
 */
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { REPLACEMENT = 0xfffd };

/* Reads a code point; 0 when it is well-formed, else -1 with *used bytes to skip. */
static int decode(const unsigned char *in, size_t len, uint32_t *code, size_t *used)
{
	unsigned char low = 0x80,
	              high = 0xbf; /* of the second byte: excludes overlong, surrogates, > 10FFFF */
	size_t more;

	*used = 1;
	if (len == 0)
		return -1;
	if (in[0] < 0x80) {
		*code = in[0];
		return 0;
	}
	if (in[0] < 0xc2 || in[0] > 0xf4)
		return -1;
	if (in[0] < 0xe0) {
		more = 1;
		*code = in[0] & 0x1fu;
	} else if (in[0] < 0xf0) {
		more = 2;
		*code = in[0] & 0x0fu;
		low = in[0] == 0xe0 ? 0xa0 : low;
		high = in[0] == 0xed ? 0x9f : high;
	} else {
		more = 3;
		*code = in[0] & 0x07u;
		low = in[0] == 0xf0 ? 0x90 : low;
		high = in[0] == 0xf4 ? 0x8f : high;
	}
	for (; more > 0; more--, (*used)++) {
		if (*used >= len || in[*used] < low || in[*used] > high)
			return -1;
		*code = *code << 6 | (in[*used] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	return 0;
}

uint32_t utf8_decode(const char *bytes, size_t len, size_t *used)
{
	uint32_t code;

	return decode((const unsigned char *)bytes, len, &code, used) == 0 ? code : REPLACEMENT;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = REPLACEMENT;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

int utf8_cells(const char *text)
{
	size_t len = strlen(text), used;
	int cells = 0;

	for (size_t i = 0; i < len; i += used)
		cells += utf8_width(utf8_decode(text + i, len - i, &used));
	return cells;
}

size_t utf8_prefix(const char *text, int cells)
{
	size_t i, used;

	for (i = 0; text[i] != '\0'; i += used) {
		size_t ahead = strnlen(text + i, 4); /* not the whole rest: lines can be long */

		cells -= utf8_width(utf8_decode(text + i, ahead, &used));
		if (cells < 0)
			break;
	}
	return i;
}

static int is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

static int is_bidi(uint32_t code)
{
	return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* The bytes to write for the character at `in`: 0 to 4. */
static size_t sanitise_one(const unsigned char *in, size_t len, size_t *used, char out[4])
{
	uint32_t code;

	if (decode(in, len, &code, used) != 0) {
		/* A bare C1 byte: a terminal that is not in UTF-8 mode would obey it. */
		if (*used == 1 && in[0] >= 0x80 && in[0] <= 0x9f)
			return 0;
		return utf8_encode(REPLACEMENT, out);
	}
	if (code == '\t' || code == '\n')
		code = ' ';
	if (is_control(code) || is_bidi(code))
		return 0;
	return utf8_encode(code, out);
}

static size_t sanitise(char *out, size_t size, const char *in, size_t len)
{
	size_t written = 0, used;
	char one[4];

	for (size_t i = 0; i < len; i += used) {
		size_t count = sanitise_one((const unsigned char *)in + i, len - i, &used, one);

		if (count >= size - written)
			break;
		memcpy(out + written, one, count);
		written += count;
	}
	out[written] = '\0';
	return written;
}

size_t utf8_sanitise(char *out, size_t size, const char *in, size_t len)
{
	char *copy;
	size_t written;

	if (size == 0)
		return 0;
	if (len < size && utf8_is_safe(in, len)) {
		if (len > 0)
			memmove(out, in, len);
		out[len] = '\0';
		return len;
	}
	if (out != in)
		return sanitise(out, size, in, len);
	/* In place, a replacement can be longer than what it replaces and overtake the reading. */
	copy = mem_copy(in, len);
	written = sanitise(out, size, copy, len);
	free(copy);
	return written;
}

char *utf8_sanitised(const char *in, size_t len, size_t max)
{
	size_t room = len > max / 3 ? max : 3 * len; /* a byte becomes three at most */
	char *out = mem_new(room + 1);

	utf8_sanitise(out, room + 1, in, len);
	return out;
}

/* Whether all eight bytes are printable ASCII. */
static int word_is_plain(const char *bytes)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t word, bad;

	memcpy(&word, bytes, sizeof(word));
	/* High bit set; below 0x20; equal to 0x7f. */
	bad = word | ((word - ones * 0x20) & ~word) | (word + ones);
	return (bad & (ones << 7)) == 0;
}

int utf8_is_safe(const char *in, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)in;
	size_t i = 0, used;
	uint32_t code;

	while (i < len) {
		while (len - i >= 8 && word_is_plain(in + i))
			i += 8;
		if (i == len)
			break;
		if (decode(bytes + i, len - i, &code, &used) != 0 || is_control(code) || is_bidi(code))
			return 0;
		i += used;
	}
	return 1;
}

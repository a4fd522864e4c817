/* SPDX-License-Identifier: MIT */
/*
 * Finding the difference: text and base are walked side by side. Where they part, the text's next
 * eight bytes are looked for in the base nearby (names of another length shift the rest a little),
 * then through an index of the whole base. The index is made when it is first needed and is small:
 * a piece that it misses costs its bytes, nothing else.
 */
#include "delta.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

enum { WINDOW = 8, NEAR = 48, STRIDE = 4, INDEX_BITS = 11, SHORTEST = 12 };

struct base {
	int refs;
	size_t len;
	uint16_t *index; /* hash of eight bytes -> place / STRIDE + 1; NULL: not made yet */
	char text[];
};

struct base *base_new(const char *text, size_t len)
{
	struct base *base = mem_new(sizeof(*base) + len + WINDOW);
	base->refs = 1;
	base->len = len;
	memcpy(base->text, text, len);
	return base;
}

struct base *base_take(struct base *base)
{
	base->refs++;
	return base;
}

void base_drop(struct base *base)
{
	if (!base || --base->refs > 0)
		return;
	free(base->index);
	free(base);
}

static uint64_t eight(const char *at)
{
	uint64_t bits;
	memcpy(&bits, at, sizeof(bits));
	return bits;
}

static size_t slot_of(uint64_t bits)
{
	return (size_t)((bits * 0x9e3779b97f4a7c15u) >> (64 - INDEX_BITS));
}

static void index_make(struct base *base)
{
	base->index = mem_new_array((size_t)1 << INDEX_BITS, sizeof(*base->index));
	for (size_t at = 0; at + WINDOW <= base->len && at / STRIDE + 1 < UINT16_MAX; at += STRIDE)
		base->index[slot_of(eight(base->text + at))] = (uint16_t)(at / STRIDE + 1);
}

static size_t same_length(const char *a, const char *b, size_t most)
{
	size_t len = 0;
	while (len + WINDOW <= most && eight(a + len) == eight(b + len))
		len += WINDOW;
	while (len < most && a[len] == b[len])
		len++;
	return len;
}

static size_t piece_at(const struct base *base, size_t from, const char *text, size_t left)
{
	size_t room = base->len - from;
	return same_length(base->text + from, text, left < room ? left : room);
}

static int is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* Where the text goes on in the base: its place, and how long it is the same; 0: nowhere. `near` is where it would be if
 * nothing was longer or shorter. */
static size_t piece_find(const struct base *base, size_t near, const char *text, size_t left, size_t *from)
{
	size_t low = near > NEAR ? near - NEAR : 0, len;
	uint64_t bits;
	if (left < WINDOW)
		return 0;
	bits = eight(text);
	/* What differs are words; where one ends, both go on. */
	for (size_t at = low; !is_word(*text) && at < near + NEAR && at + WINDOW <= base->len; at++)
		if (eight(base->text + at) == bits && (len = piece_at(base, at, text, left)) >= SHORTEST) {
			*from = at;
			return len;
		}
	size_t found = base->index[slot_of(bits)];
	if (found == 0)
		return 0;
	*from = (found - 1) * STRIDE;
	len = piece_at(base, *from, text, left);
	return len >= SHORTEST ? len : 0;
}

static void number_write(struct buf *out, size_t number)
{
	unsigned char bytes[10];
	size_t len = 0;
	for (; number >= 0x80; number >>= 7)
		bytes[len++] = (unsigned char)(number | 0x80);
	bytes[len++] = (unsigned char)number;
	buf_must(buf_add(out, bytes, len));
}

static size_t number_read(const char **at)
{
	size_t number = 0;
	for (int shift = 0;; shift += 7) {
		unsigned char byte = (unsigned char)*(*at)++;
		number |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
}

void delta_write(const struct base *base, const char *text, size_t len, struct buf *out)
{
	size_t at = 0, near = 0, own = 0; /* own: where the bytes of our own began */
	if (!base->index)
		index_make((struct base *)(uintptr_t)base);
	while (at < len) {
		size_t from = 0, same = piece_find(base, near, text + at, len - at, &from);
		if (same == 0) {
			at++;
			near++;
			continue;
		}
		number_write(out, at - own);
		buf_must(buf_add(out, text + own, at - own));
		number_write(out, from);
		number_write(out, same);
		at += same;
		near = from + same;
		own = at;
	}
	number_write(out, at - own);
	buf_must(buf_add(out, text + own, at - own));
}

void delta_tell(const struct base *base, const char *steps, size_t steps_len, char *out, size_t len)
{
	const char *end = steps + steps_len, *full = out + len;
	while (steps < end) {
		size_t own = number_read(&steps);
		memcpy(out, steps, own);
		steps += own;
		out += own;
		if (steps >= end)
			break;
		size_t from = number_read(&steps), same = number_read(&steps);
		memcpy(out, base->text + from, same);
		out += same;
	}
	if (out != full)
		abort(); /* our own steps */
}

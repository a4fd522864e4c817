/* SPDX-License-Identifier: MIT */
/*
 * Where most bytes of a fleet go. Blocks of 64 bytes are turned into bit masks: quotes that are
 * not escaped, from them which bytes are inside strings, and the brackets outside of them. A block
 * that cannot close the container is then done with two population counts. Blocks with a backslash,
 * the ends of chunks and the block in which the container closes go byte by byte.
 */
#include "kube/scan_skip.h"

#include <stdint.h>
#include <string.h>

#include "kube/scan.h"

enum { BLOCK = 64 };

void skip_begin(struct skip *skip, int depth)
{
	*skip = (struct skip){.depth = depth, .base = depth - 1};
}

static size_t skip_slowly(struct skip *skip, const char *bytes, size_t len, int *done)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (skip->in_string) {
			if (skip->escaped)
				skip->escaped = 0;
			else if (c == '\\')
				skip->escaped = 1;
			else if (c == '"')
				skip->in_string = 0;
		} else if (c == '"') {
			skip->in_string = 1;
		} else if (c == '{' || c == '[') {
			if (++skip->depth > SCAN_DEPTH) {
				*done = -1;
				return i + 1;
			}
		} else if (c == '}' || c == ']') {
			if (--skip->depth == skip->base) {
				*done = 1;
				return i + 1;
			}
		}
	}
	return len;
}

#ifdef __SSE2__
#include <emmintrin.h>

struct masks {
	uint64_t quote, backslash, open, close;
};

static struct masks block_masks(const char *bytes)
{
	struct masks masks = {0};
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
		/* '[' | 0x20 is '{', ']' | 0x20 is '}': one comparison for both kinds. */
		__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
		int shift = 16 * i;
		masks.quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"'))) << shift;
		masks.backslash |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))) << shift;
		masks.open |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{'))) << shift;
		masks.close |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}'))) << shift;
	}
	return masks;
}

/* Bit i of the result: an odd number of bits at and below i is set. */
static uint64_t parity_below(uint64_t bits)
{
	for (int shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* Quotes without the escaped ones; *carry: the block before ended in a backslash that escapes. */
static uint64_t live_quotes(uint64_t quote, uint64_t backslash, int *carry)
{
	uint64_t escaped = *carry ? 1 : 0;
	backslash &= ~escaped;
	*carry = 0;
	while (backslash) {
		uint64_t lowest = backslash & (0 - backslash);
		escaped |= lowest << 1;
		*carry = lowest >> 63 != 0;
		backslash &= ~(lowest | lowest << 1);
	}
	return quote & ~escaped;
}

size_t skip_bytes(struct skip *skip, const char *bytes, size_t len, int *done)
{
	size_t at = 0;
	*done = 0;
	while (len - at >= BLOCK) {
		struct masks masks = block_masks(bytes + at);
		int carry = skip->escaped;
		uint64_t quotes = live_quotes(masks.quote, masks.backslash, &carry);
		uint64_t strings = parity_below(quotes) ^ (skip->in_string ? ~(uint64_t)0 : 0);
		int opens = __builtin_popcountll(masks.open & ~strings);
		int closes = __builtin_popcountll(masks.close & ~strings);
		/* A backslash outside of strings is no JSON and escapes nothing, which the masks do not know. */
		if (skip->depth - closes <= skip->base || skip->depth + opens > SCAN_DEPTH ||
		    (masks.backslash & ~strings)) {
			at += skip_slowly(skip, bytes + at, BLOCK, done);
			if (*done)
				return at;
			continue;
		}
		skip->depth += opens - closes;
		skip->in_string = (int)(strings >> 63);
		skip->escaped = carry;
		at += BLOCK;
	}
	return at + skip_slowly(skip, bytes + at, len - at, done);
}
#else
size_t skip_bytes(struct skip *skip, const char *bytes, size_t len, int *done)
{
	*done = 0;
	return skip_slowly(skip, bytes, len, done);
}
#endif

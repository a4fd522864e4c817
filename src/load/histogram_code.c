/* SPDX-License-Identifier: MIT */
/*
 * The V2 encoding: a header of 40 bytes, then the counts from the lowest on as ZigZag LEB128 numbers of
 * at most nine bytes, a negative one standing for a run of zeros; all of it deflated behind a header of
 * eight bytes, and in base64.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "load/histogram_index.h"

enum {
	COOKIE_V2 = 0x1c849313,
	COOKIE_COMPRESSED = 0x1c849314,
	HEADER = 40,
	OUTER_HEADER = 8,
	COUNTS_MAX = 1 << 20,                /* places: far above 5 digits over a day of microseconds */
	PLAIN_MAX = HEADER + 9 * COUNTS_MAX, /* bytes */
	TEXT_MAX = 16 << 20,
};

static void put_be(char *out, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (char)(value >> (8 * (bytes - 1 - i)) & 0xff);
}

static uint64_t get_be(const unsigned char *from, int bytes)
{
	uint64_t value = 0;
	for (int i = 0; i < bytes; i++)
		value = value << 8 | from[i];
	return value;
}

/* Eight groups of seven bits; a ninth byte has eight, so that 64 bits fit. */
static int put_number(struct buf *out, int64_t value)
{
	uint64_t bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
	unsigned char bytes[9];
	size_t count = 0;
	while (count < 8 && bits >= 0x80) {
		bytes[count++] = (unsigned char)(bits & 0x7f) | 0x80;
		bits >>= 7;
	}
	bytes[count++] = (unsigned char)bits;
	return buf_add(out, bytes, count);
}

static size_t get_number(const unsigned char *from, size_t len, int64_t *value)
{
	uint64_t bits = 0;
	size_t at = 0;
	for (;;) {
		if (at >= len)
			return 0;
		unsigned char byte = from[at];
		if (at == 8) {
			bits |= (uint64_t)byte << 56;
			at++;
			break;
		}
		bits |= (uint64_t)(byte & 0x7f) << (7 * at);
		at++;
		if (!(byte & 0x80))
			break;
	}
	*value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
	return at;
}

static int put_counts(const struct histogram *histogram, struct buf *out)
{
	size_t used = histogram->total ? histogram_index(histogram, histogram->max) + 1 : 0;
	for (size_t i = 0; i < used;) {
		size_t zeros = 0;
		while (i + zeros < used && histogram->counts[i + zeros] == 0)
			zeros++;
		if (put_number(out, zeros ? -(int64_t)zeros : (int64_t)histogram->counts[i]) < 0)
			return -1;
		i += zeros ? zeros : 1;
	}
	return 0;
}

int histogram_encode(const struct histogram *histogram, struct buf *out)
{
	char header[HEADER] = {0};
	double ratio = 1;
	uint64_t ratio_bits;
	struct buf plain;
	int result = -1;
	buf_init(&plain, PLAIN_MAX);
	memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
	put_be(header, COOKIE_V2, 4);
	put_be(header + 12, (uint64_t)histogram->digits, 4);
	put_be(header + 16, UINT64_C(1) << histogram->unit, 8);
	put_be(header + 24, (uint64_t)histogram->highest, 8);
	put_be(header + 32, ratio_bits, 8);
	if (buf_add(&plain, header, HEADER) < 0 || put_counts(histogram, &plain) < 0) {
		buf_release(&plain);
		return -1;
	}
	put_be(plain.data + 4, plain.len - HEADER, 4);
	uLongf size = compressBound(plain.len);
	char *packed = mem_new(OUTER_HEADER + size);
	if (compress2((Bytef *)packed + OUTER_HEADER, &size, (const Bytef *)plain.data, plain.len, 6) ==
	    Z_OK) {
		put_be(packed, COOKIE_COMPRESSED, 4);
		put_be(packed + 4, size, 4);
		result = base64_encode(packed, OUTER_HEADER + size, out);
	}
	free(packed);
	buf_release(&plain);
	return result;
}

/* The bytes behind both wrappings, at most PLAIN_MAX. */
static int unwrap(struct buf *plain, const char *text, size_t len, struct err *err)
{
	struct buf packed;
	z_stream stream = {0};
	int result = -1, ended = Z_OK;
	buf_init(&packed, TEXT_MAX);
	if (base64_decode(text, len, &packed) < 0) {
		err_set(err, "a histogram is no base64");
		goto out;
	}
	const unsigned char *bytes = (const unsigned char *)packed.data;
	if (packed.len < OUTER_HEADER || get_be(bytes, 4) != COOKIE_COMPRESSED ||
	    get_be(bytes + 4, 4) > packed.len - OUTER_HEADER) {
		err_set(err, "a histogram is not in HdrHistogram's compressed V2 encoding, or cut off");
		goto out;
	}
	stream.next_in = (Bytef *)(uintptr_t)(bytes + OUTER_HEADER);
	stream.avail_in = (uInt)get_be(bytes + 4, 4);
	if (inflateInit(&stream) != Z_OK) {
		err_set(err, "a histogram cannot be unpacked");
		goto out;
	}
	while (ended == Z_OK) {
		Bytef room[16384];
		stream.next_out = room;
		stream.avail_out = sizeof(room);
		ended = inflate(&stream, Z_NO_FLUSH);
		if (buf_add(plain, room, sizeof(room) - stream.avail_out) < 0)
			ended = Z_BUF_ERROR;
	}
	inflateEnd(&stream);
	if (ended == Z_STREAM_END)
		result = 0;
	else
		err_set(err, "a histogram's packed bytes are damaged, or more than can be taken");
out:
	buf_release(&packed);
	return result;
}

static int take_counts(struct histogram *histogram, const unsigned char *bytes, size_t len)
{
	size_t index = 0;
	int64_t number;
	while (len > 0) {
		size_t used = get_number(bytes, len, &number);
		if (used == 0)
			return -1;
		bytes += used;
		len -= used;
		if (number <= 0) {
			if (number == INT64_MIN || -number > COUNTS_MAX ||
			    (index += (size_t)(-number)) > COUNTS_MAX)
				return -1;
			index += number == 0;
			continue;
		}
		if (index >= COUNTS_MAX || histogram->total > UINT64_MAX / 2 || number > INT64_MAX / 2)
			return -1;
		int64_t value = histogram_value_middle(histogram, index);
		if (histogram_value(histogram, index) > histogram->highest)
			return -1;
		if (index >= histogram->room)
			histogram_grow(histogram, index);
		histogram->counts[index] += (uint64_t)number;
		if (histogram->total == 0)
			histogram->min = histogram_value(histogram, index);
		histogram->max = histogram_value_top(histogram, index);
		histogram->total += (uint64_t)number;
		histogram->sum += (double)value * (double)number;
		index++;
	}
	return 0;
}

int histogram_decode(struct histogram *histogram, const char *text, size_t len, struct err *err)
{
	struct buf plain;
	int result = -1;
	*histogram = (struct histogram){.digits = HISTOGRAM_DIGITS, .half_bits = 10, .highest = 1};
	buf_init(&plain, PLAIN_MAX);
	if (unwrap(&plain, text, len, err) < 0)
		goto out;
	const unsigned char *bytes = (const unsigned char *)plain.data;
	if (plain.len < HEADER || get_be(bytes, 4) != COOKIE_V2 ||
	    get_be(bytes + 4, 4) > plain.len - HEADER || get_be(bytes + 8, 4) != 0) {
		err_set(err, "a histogram is not in HdrHistogram's V2 encoding");
		goto out;
	}
	uint64_t digits = get_be(bytes + 12, 4), lowest = get_be(bytes + 16, 8),
	         highest = get_be(bytes + 24, 8);
	/* A bucket's steps and its width must fit into 63 bits together. */
	if (digits < 1 || digits > 5 || lowest < 1 || lowest > UINT64_C(1) << 30 || highest < 2 * lowest ||
	    highest > INT64_MAX / 4) {
		err_set(err, "a histogram has impossible bounds");
		goto out;
	}
	histogram_init(histogram, (int64_t)highest, (int)digits);
	histogram->unit = 63 - __builtin_clzll(lowest);
	if (take_counts(histogram, bytes + HEADER, (size_t)get_be(bytes + 4, 4)) < 0) {
		histogram_release(histogram);
		err_set(err, "a histogram's counts are damaged");
		goto out;
	}
	result = 0;
out:
	buf_release(&plain);
	return result;
}

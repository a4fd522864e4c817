/* SPDX-License-Identifier: MIT */
/*
 * The open log's lines: a ring that grows to its maximum and then gives up the oldest. Colour
 * sequences are taken out whole before a line is sanitised, because a terminal's escape would leave
 * its "[31m" behind.
 */
#include "model/logring.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"

enum { FIRST_LINES = 256, SOURCES_MAX = 4096, SOURCE_NAME = 512 };

struct logring {
	struct logring_line *lines; /* a ring of `cap` */
	size_t cap, first, len, bytes;
	uint64_t dropped, version;
	struct vec sources;         /* char * */
};

struct logring *logring_new(void)
{
	struct logring *ring = mem_new(sizeof(*ring));
	vec_init(&ring->sources);
	return ring;
}

static struct logring_line *line_at(const struct logring *ring, size_t index)
{
	return &ring->lines[(ring->first + index) % ring->cap];
}

void logring_clear(struct logring *ring)
{
	for (size_t i = 0; i < ring->len; i++)
		free((void *)line_at(ring, i)->text);
	ring->first = ring->len = ring->bytes = 0;
	ring->dropped = 0;
	ring->version++;
}

void logring_free(struct logring *ring)
{
	if (!ring)
		return;
	logring_clear(ring);
	for (size_t i = 0; i < ring->sources.len; i++)
		free(ring->sources.items[i]);
	vec_release(&ring->sources);
	free(ring->lines);
	free(ring);
}

/* A source is added once for each pod that is followed and there are few: looked up one by one. */
uint32_t logring_source(struct logring *ring, const char *name)
{
	char safe[SOURCE_NAME];
	utf8_sanitise(safe, sizeof(safe), name, strlen(name));
	for (size_t i = 0; i < ring->sources.len; i++)
		if (strcmp(ring->sources.items[i], safe) == 0)
			return (uint32_t)i;
	if (ring->sources.len >= SOURCES_MAX)
		return SOURCES_MAX - 1;
	vec_push(&ring->sources, mem_copy_string(ring->sources.len == SOURCES_MAX - 1 ? "others" : safe));
	return (uint32_t)(ring->sources.len - 1);
}

const char *logring_source_name(const struct logring *ring, uint32_t source)
{
	return source < ring->sources.len ? ring->sources.items[source] : "";
}

/* Length of the escape sequence at the start of `bytes` (ESC included), as far as it is there. */
static size_t escape_len(const char *bytes, size_t len)
{
	size_t i = 2;
	if (len < 2)
		return len;
	if (bytes[1] == '[') {
		while (i < len && (unsigned char)bytes[i] >= 0x20 && (unsigned char)bytes[i] < 0x40)
			i++;
		return i < len && (unsigned char)bytes[i] >= 0x40 && (unsigned char)bytes[i] < 0x7f ? i + 1
		                                                                                    : i;
	}
	if (bytes[1] == ']') {
		while (i < len && bytes[i] != '\a' && bytes[i] != '\033')
			i++;
		if (i < len && bytes[i] == '\033' && i + 1 < len && bytes[i + 1] == '\\')
			i++;
		return i < len ? i + 1 : i;
	}
	return 1;
}

/* Copies what is not an escape sequence; returns the bytes written, at most `size`. */
static size_t strip_escapes(char *out, size_t size, const char *bytes, size_t len)
{
	size_t used = 0;
	for (size_t i = 0; i < len && used < size;) {
		if (bytes[i] == '\033') {
			i += escape_len(bytes + i, len - i);
			continue;
		}
		const char *escape = memchr(bytes + i, '\033', len - i);
		size_t plain = escape ? (size_t)(escape - (bytes + i)) : len - i;
		if (plain > size - used)
			plain = size - used;
		memcpy(out + used, bytes + i, plain);
		used += plain;
		i += plain;
	}
	return used;
}

/* A safe copy of at most LOGRING_LINE bytes, its end marked when it was cut. */
static char *line_text(const char *bytes, size_t len, size_t *out_len)
{
	static const char more[] = "…";
	char plain[LOGRING_LINE + 8], safe[3 * sizeof(plain) + 1];
	size_t used = strip_escapes(plain, sizeof(plain), bytes, len);
	size_t safe_len = utf8_sanitise(safe, sizeof(safe), plain, used);
	if (used < sizeof(plain) && safe_len <= LOGRING_LINE) {
		*out_len = safe_len;
		return mem_copy(safe, safe_len);
	}
	size_t keep = LOGRING_LINE - (sizeof(more) - 1);
	if (keep > safe_len)
		keep = safe_len;
	while (keep > 0 && ((unsigned char)safe[keep] & 0xc0) == 0x80)
		keep--;
	memcpy(safe + keep, more, sizeof(more));
	*out_len = keep + sizeof(more) - 1;
	return mem_copy(safe, *out_len);
}

static void drop_oldest(struct logring *ring)
{
	struct logring_line *line = line_at(ring, 0);
	ring->bytes -= strlen(line->text) + 1;
	free((void *)line->text);
	ring->first = (ring->first + 1) % ring->cap;
	ring->len--;
	ring->dropped++;
}

static void make_room(struct logring *ring, size_t bytes)
{
	while (ring->len > 0 && (ring->len >= LOGRING_LINES || ring->bytes + bytes > LOGRING_BYTES))
		drop_oldest(ring);
	if (ring->len < ring->cap)
		return;
	size_t cap = ring->cap ? ring->cap * 2 : FIRST_LINES;
	struct logring_line *lines;
	if (cap > LOGRING_LINES)
		cap = LOGRING_LINES;
	lines = mem_new_array(cap, sizeof(*lines));
	for (size_t i = 0; i < ring->len; i++)
		lines[i] = *line_at(ring, i);
	free(ring->lines);
	ring->lines = lines;
	ring->cap = cap;
	ring->first = 0;
}

/* Where a line of that time belongs: behind the last one that is not later. Lines without a time stay with
 * the one before them. */
static size_t place_of(const struct logring *ring, int64_t at_ms, int64_t reach_ms)
{
	size_t place = ring->len;
	if (at_ms == 0)
		return place;
	for (size_t i = ring->len; i > 0; i--) {
		int64_t other = line_at(ring, i - 1)->at_ms;
		if (other == 0)
			continue;
		if (other <= at_ms)
			break;
		if (other - at_ms > reach_ms)
			return ring->len;
		place = i - 1;
	}
	return place;
}

void logring_insert(struct logring *ring, uint32_t source, int64_t at_ms, int64_t reach_ms, const char *bytes,
                    size_t len)
{
	size_t text_len;
	char *text = line_text(bytes, len, &text_len);
	make_room(ring, text_len + 1);
	size_t place = place_of(ring, at_ms, reach_ms);
	ring->len++;
	ring->bytes += text_len + 1;
	for (size_t i = ring->len - 1; i > place; i--)
		*line_at(ring, i) = *line_at(ring, i - 1);
	*line_at(ring, place) = (struct logring_line){.at_ms = at_ms, .source = source, .text = text};
	ring->version++;
}

void logring_add(struct logring *ring, uint32_t source, int64_t at_ms, const char *bytes, size_t len)
{
	logring_insert(ring, source, at_ms, 0, bytes, len);
}

size_t logring_count(const struct logring *ring)
{
	return ring->len;
}

const struct logring_line *logring_at(const struct logring *ring, size_t index)
{
	return index < ring->len ? line_at(ring, index) : NULL;
}

uint64_t logring_dropped(const struct logring *ring)
{
	return ring->dropped;
}

uint64_t logring_version(const struct logring *ring)
{
	return ring->version;
}

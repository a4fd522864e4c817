/* SPDX-License-Identifier: MIT */
/*
 * Lines are handled where they lie in the piece; only one that a piece cuts is copied. Framing is
 * decided as RFC 9112, section 6, has it, and strictly: two answers that disagree about where they
 * end would make every later one wrong.
 */
#include "load/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum state { STATUS, HEADER, LENGTH_BODY, CLOSE_BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, DONE };

void response_init(struct response *response)
{
	*response = (struct response){0};
}

void response_release(struct response *response)
{
	free(response->cut);
	*response = (struct response){0};
}

void response_begin(struct response *response, int to_head)
{
	char *cut = response->cut;
	uint32_t room = response->cut_room;
	*response = (struct response){.cut = cut, .cut_room = room, .no_body = to_head != 0};
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static int take_status(struct response *response, const char *line, size_t len)
{
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ')
		return -1;
	if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) || (len > 12 && line[12] != ' '))
		return -1;
	response->status = (short)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
	if (response->status < 100)
		return -1;
	response->old = line[7] == '0';
	response->state = HEADER;
	return 0;
}

/* Whether a comma-separated list holds the word; *last: whether it ends with it. */
static int list_holds(const char *list, size_t len, const char *word, int *last)
{
	size_t word_len = strlen(word), at = 0;
	int found = 0;
	*last = 0;
	while (at < len) {
		size_t start, end;
		while (at < len && (list[at] == ' ' || list[at] == '\t' || list[at] == ','))
			at++;
		for (start = at; at < len && list[at] != ',';)
			at++;
		for (end = at; end > start && (list[end - 1] == ' ' || list[end - 1] == '\t');)
			end--;
		if (end == start)
			continue;
		*last = end - start == word_len && strncasecmp(list + start, word, word_len) == 0;
		found |= *last;
	}
	return found;
}

static int take_length(struct response *response, const char *value, size_t len)
{
	uint64_t number = 0;
	if (len == 0 || len > 18)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(value[i]))
			return -1;
		number = number * 10 + (uint64_t)(value[i] - '0');
	}
	if (response->has_length && response->left != number)
		return -1;
	response->has_length = 1;
	response->left = number;
	return 0;
}

static int is_name(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

static int take_header(struct response *response, const char *line, size_t len,
                       const struct response_watch *watch)
{
	const char *colon = memchr(line, ':', len);
	int last;
	if (line[0] == ' ' || line[0] == '\t')
		return 0; /* a folded line goes on with a header that is none of ours */
	if (!colon || colon == line || colon[-1] == ' ' || colon[-1] == '\t')
		return -1;
	size_t name_len = (size_t)(colon - line), value_len = len - name_len - 1;
	const char *value = colon + 1;
	while (value_len > 0 && (*value == ' ' || *value == '\t'))
		value++, value_len--;
	while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		value_len--;
	switch (line[0] | 0x20) {
	case 'c':
		if (is_name(line, name_len, "content-length") && take_length(response, value, value_len) < 0)
			return -1;
		if (is_name(line, name_len, "connection")) {
			response->close |= list_holds(value, value_len, "close", &last) != 0;
			response->keep |= list_holds(value, value_len, "keep-alive", &last) != 0;
		}
		break;
	case 't':
		if (is_name(line, name_len, "transfer-encoding")) {
			/* An encoding after `chunked`, or without it, ends with the connection. */
			list_holds(value, value_len, "chunked", &last);
			response->chunked = last ? 1 : 2;
		}
		break;
	default:
		break;
	}
	if (watch && watch->header && response->status >= 200)
		watch->header(watch->arg, line, name_len, value, value_len);
	return 0;
}

/* The empty line after the head: what follows? */
static void head_ends(struct response *response)
{
	if (response->status < 200 && response->status != 101) {
		response_begin(response, response->no_body); /* an interim answer: the real one follows */
		response->started = 1;
		return;
	}
	if (response->no_body || response->status == 204 || response->status == 304 ||
	    response->status == 101) {
		response->state = DONE;
		response->close |= response->status == 101;
	} else if (response->chunked == 1) {
		response->state = CHUNK_SIZE;
		response->close |=
		    response->has_length; /* both: somebody in between may have read it otherwise */
	} else if (response->chunked == 2 || !response->has_length) {
		response->state = CLOSE_BODY;
		response->close = 1;
	} else {
		response->state = response->left > 0 ? LENGTH_BODY : DONE;
	}
}

static int take_chunk_size(struct response *response, const char *line, size_t len)
{
	uint64_t size = 0;
	size_t at = 0;
	for (; at < len && line[at] != ';' && line[at] != ' ' && line[at] != '\t'; at++) {
		char c = line[at] | 0x20;
		int digit = is_digit(line[at]) ? line[at] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0 || at >= 15)
			return -1;
		size = size << 4 | (uint64_t)digit;
	}
	if (at == 0)
		return -1;
	response->left = size;
	response->state = size > 0 ? CHUNK_DATA : TRAILER;
	return 0;
}

static int take_line(struct response *response, const char *line, size_t len,
                     const struct response_watch *watch)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	switch (response->state) {
	case STATUS:
		return take_status(response, line, len);
	case HEADER:
		if (len > 0)
			return take_header(response, line, len, watch);
		head_ends(response);
		return 0;
	case CHUNK_SIZE:
		return take_chunk_size(response, line, len);
	case CHUNK_END:
		response->state = CHUNK_SIZE;
		return len == 0 ? 0 : -1;
	default: /* TRAILER */
		if (len == 0)
			response->state = DONE;
		return 0;
	}
}

/* Finds the line's end in the piece and joins it with what an earlier piece left. */
static int feed_line(struct response *response, const char *bytes, size_t len, size_t *used,
                     const struct response_watch *watch)
{
	const char *end = memchr(bytes, '\n', len);
	size_t part = end ? (size_t)(end - bytes) : len;
	*used = end ? part + 1 : len;
	if (*used > RESPONSE_HEAD - response->head)
		return -1;
	/* Sizes of chunks are no part of the head: a long answer may have many. */
	if (response->state != CHUNK_SIZE && response->state != CHUNK_END)
		response->head += (uint32_t)*used;
	if (end && response->cut_len == 0)
		return take_line(response, bytes, part, watch);
	if (part > RESPONSE_HEAD - response->cut_len)
		return -1;
	if (response->cut_len + part > response->cut_room) {
		response->cut_room = (uint32_t)(response->cut_len + part + 64);
		response->cut = mem_resize(response->cut, response->cut_room, 1);
	}
	if (part > 0)
		memcpy(response->cut + response->cut_len, bytes, part);
	response->cut_len += (uint32_t)part;
	if (!end)
		return 0;
	part = response->cut_len;
	response->cut_len = 0;
	return take_line(response, part ? response->cut : "", part, watch);
}

static size_t feed_body(struct response *response, const char *bytes, size_t len,
                        const struct response_watch *watch)
{
	size_t part = response->state != CLOSE_BODY && response->left < len ? (size_t)response->left : len;
	if (watch && watch->body && part > 0)
		watch->body(watch->arg, bytes, part);
	if (response->state == CLOSE_BODY)
		return part;
	response->left -= part;
	if (response->left == 0)
		response->state = response->state == CHUNK_DATA ? CHUNK_END : DONE;
	return part;
}

enum response_result response_feed(struct response *response, const char *bytes, size_t len, size_t *used,
                                   const struct response_watch *watch)
{
	*used = 0;
	response->started |= len > 0;
	while (*used < len && response->state != DONE) {
		size_t step = 0;
		switch (response->state) {
		case LENGTH_BODY:
		case CLOSE_BODY:
		case CHUNK_DATA:
			step = feed_body(response, bytes + *used, len - *used, watch);
			break;
		default:
			if (feed_line(response, bytes + *used, len - *used, &step, watch) < 0)
				return RESPONSE_BAD;
		}
		*used += step;
	}
	return response->state == DONE ? RESPONSE_DONE : RESPONSE_MORE;
}

int response_ends(const struct response *response)
{
	return response->state == CLOSE_BODY;
}

int response_keeps(const struct response *response)
{
	return !response->close && (!response->old || response->keep);
}

/* SPDX-License-Identifier: MIT */
/*
 * Requests out of bytes. Nothing is taken apart before the whole request is there, so a parse can
 * be repeated as bytes come in and has no state of its own.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server_internal.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes len bytes into out (size bytes with the NUL), cut to fit. `plus` makes + a space.
 * Returns -1 on a broken escape or an encoded NUL. */
static int percent_decode(const char *in, size_t len, int plus, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = in[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_value(in[i + 1]) : -1;
			int low = i + 2 < len ? hex_value(in[i + 2]) : -1;

			if (high < 0 || low < 0 || high + low == 0)
				return -1;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (used + 1 < size)
			out[used++] = c;
	}
	out[used] = '\0';
	return 0;
}

/* The value of a header in `headers`, lines up to an empty one; its length in *len. */
static const char *header_find(const char *headers, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	while (*headers && *headers != '\r' && *headers != '\n') {
		size_t line = strcspn(headers, "\r\n");

		if (line > name_len && strncasecmp(headers, name, name_len) == 0 &&
		    headers[name_len] == ':') {
			const char *value = headers + name_len + 1;
			const char *end = headers + line;

			while (value < end && (*value == ' ' || *value == '\t'))
				value++;
			while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
				end--;
			*len = (size_t)(end - value);
			return value;
		}
		headers += line;
		headers += strncmp(headers, "\r\n", 2) == 0 ? 2 : *headers != '\0';
	}
	return NULL;
}

static int header_has(const char *headers, const char *name, const char *word)
{
	size_t len;
	const char *value = header_find(headers, name, &len);
	size_t word_len = strlen(word);

	for (size_t i = 0; value && i + word_len <= len; i++)
		if (strncasecmp(value + i, word, word_len) == 0)
			return 1;
	return 0;
}

const char *server_header(const struct server_request *request, const char *name, char *out, size_t size)
{
	size_t len;
	const char *value = header_find(request->headers, name, &len);

	if (!value)
		return NULL;
	if (len >= size)
		len = size - 1;
	memcpy(out, value, len);
	out[len] = '\0';
	return out;
}

const char *server_query(const struct server_request *request, const char *name, char *out, size_t size)
{
	const char *pair = request->query;
	char key[256];

	while (*pair) {
		size_t len = strcspn(pair, "&");
		const char *equals = memchr(pair, '=', len);
		size_t key_len = equals ? (size_t)(equals - pair) : len;

		if (percent_decode(pair, key_len, 1, key, sizeof(key)) == 0 && strcmp(key, name) == 0) {
			const char *value = equals ? equals + 1 : pair + len;

			return percent_decode(value, (size_t)(pair + len - value), 1, out, size) ? NULL : out;
		}
		pair += len + (pair[len] == '&');
	}
	return NULL;
}

/* A chunked body at `from`. Returns 0 when it is whole: *used are its bytes in the stream, *len
 * those of the body, which is pulled together in place when `join` is set. 1: more must come. */
static int chunks_read(char *from, size_t have, int join, size_t *used, size_t *len)
{
	size_t at = 0;

	*len = 0;
	for (;;) {
		char *line_end = memmem(from + at, have - at, "\r\n", 2);
		size_t size;
		char *end;

		if (!line_end)
			return have - at > 256 ? -1 : 1;
		size = strtoul(from + at, &end, 16);
		if (end == from + at || !isxdigit((unsigned char)from[at]) || size > SERVER_BODY_MAX ||
		    *len + size > SERVER_BODY_MAX)
			return -1;
		at = (size_t)(line_end - from) + 2;
		if (have - at < size + 2)
			return 1;
		if (from[at + size] != '\r' || from[at + size + 1] != '\n')
			return -1; /* trailers are not for us */
		if (join)
			memmove(from + *len, from + at, size);
		*len += size;
		at += size + 2;
		if (size == 0) {
			*used = at;
			return 0;
		}
	}
}

/* "GET /path?query HTTP/1.1": cuts the line into its parts. */
static int line_cut(char *line, struct parsed *parsed)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	char *query, *path;

	if (!version || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return -1;
	*target++ = '\0';
	*version++ = '\0';
	parsed->version10 = strcmp(version, "HTTP/1.0") == 0;
	path = target;
	if (strncasecmp(path, "http://", 7) == 0) /* as a proxy is asked */
		path = strchr(path + 7, '/');
	if (!path)
		return -1;
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	if (percent_decode(path, strlen(path), 0, path, strlen(path) + 1))
		return -1;
	parsed->request.method = line;
	parsed->request.path = path;
	parsed->request.query = query ? query : "";
	return 0;
}

/* Where the body is and whether it is whole. 0: whole, 1: more must come, -1: status. */
static int body_find(char *body, size_t have, const char *headers, size_t *used, struct parsed *parsed,
                     int *status)
{
	size_t value_len;
	const char *value = header_find(headers, "Content-Length", &value_len);
	char *end;
	int rc;

	*used = 0;
	parsed->request.body = "";
	if (header_has(headers, "Transfer-Encoding", "chunked")) {
		rc = chunks_read(body, have, 0, used, &parsed->request.body_len);
		*status = 400;
		if (rc)
			return rc;
		chunks_read(body, have, 1, used, &parsed->request.body_len);
		parsed->request.body = body;
		return 0;
	}
	if (!value)
		return 0;
	*used = strtoul(value, &end, 10);
	if (end != value + value_len || !isdigit((unsigned char)*value)) {
		*status = 400;
		return -1;
	}
	if (*used > SERVER_BODY_MAX) {
		*status = 413;
		return -1;
	}
	parsed->request.body = body;
	parsed->request.body_len = *used;
	return have < *used;
}

long request_parse(struct buf *in, struct parsed *parsed, int *status)
{
	char *head_end, *line_end;
	size_t head, body;
	int rc;

	*parsed = (struct parsed){0};
	head_end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
	head = head_end ? (size_t)(head_end - in->data) + 4 : in->len;
	if (head > SERVER_HEAD_MAX) {
		*status = 431;
		return -1;
	}
	if (!head_end)
		return 0;
	*status = 400;
	line_end = memmem(in->data, head, "\r\n", 2);
	if (memchr(in->data, '\0', head))
		return -1;
	parsed->request.headers = line_end + 2;
	rc = body_find(in->data + head, in->len - head, line_end + 2, &body, parsed, status);
	if (rc) {
		parsed->wants_continue = rc > 0 && header_has(line_end + 2, "Expect", "100-continue");
		return rc > 0 ? 0 : -1;
	}
	/* From here on the bytes are cut up: the request is whole and will be consumed. */
	parsed->keep_alive = !header_has(line_end + 2, "Connection", "close");
	head_end[2] = '\0';
	*line_end = '\0';
	if (line_cut(in->data, parsed))
		return -1;
	if (parsed->version10)
		parsed->keep_alive = header_has(parsed->request.headers, "Connection", "keep-alive");
	return (long)(head + body);
}

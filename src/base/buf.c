/* SPDX-License-Identifier: MIT */
/*
 * The growing buffer. `cap` counts the room for the NUL, `max` does not. Room doubles, so adding
 * byte by byte stays linear, but never goes past what `max` can use.
 */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { BUF_FIRST = 64, BUF_READ = 16384 };

void buf_init(struct buf *buf, size_t max)
{
	/* Half the address space is more than there is, and keeps the sums below from overflowing. */
	*buf = (struct buf){.max = max > SIZE_MAX / 4 ? SIZE_MAX / 4 : max};
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->cap = 0;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

static int buf_reserve(struct buf *buf, size_t more)
{
	size_t cap;

	if (more > buf->max - buf->len)
		return -1;
	if (buf->len + more + 1 <= buf->cap)
		return 0;
	cap = buf->cap * 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	if (cap < buf->len + more + 1)
		cap = buf->len + more + 1;
	if (cap > buf->max + 1)
		cap = buf->max + 1;
	buf->data = mem_resize(buf->data, cap, 1);
	buf->data[buf->len] = '\0';
	buf->cap = cap;
	return 0;
}

int buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0)
		return 0;
	if (buf_reserve(buf, len) != 0)
		return -1;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

char *buf_extend(struct buf *buf, size_t len)
{
	if (buf_reserve(buf, len) != 0)
		return NULL;
	char *room = buf->data + buf->len;
	buf->len += len;
	buf->data[buf->len] = '\0';
	return room;
}

int buf_add_string(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = buf_vprintf(buf, fmt, args);
	va_end(args);
	return result;
}

int buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
	va_list again;
	int need;

	/* Measured first: a print that does not fit must leave the buffer as it was. */
	va_copy(again, args);
	need = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (need < 0)
		return -1;
	if (need == 0)
		return 0;
	if (buf_reserve(buf, (size_t)need) != 0)
		return -1;
	vsnprintf(buf->data + buf->len, (size_t)need + 1, fmt, args);
	buf->len += (size_t)need;
	return 0;
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_clear(buf);
		return;
	}
	buf->len -= len;
	memmove(buf->data, buf->data + len, buf->len + 1);
}

const char *buf_string(const struct buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

static int read_all(struct buf *buf, int fd, const char *path, struct err *err)
{
	char room[BUF_READ];

	for (;;) {
		ssize_t got = read(fd, room, sizeof(room));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, "cannot read %s: %s", path, strerror(errno));
		if (got == 0)
			return 0;
		if (buf_add(buf, room, (size_t)got) != 0)
			return err_set(err, "cannot read %s: it is larger than %zu bytes", path, buf->max);
	}
}

int buf_read_file(struct buf *buf, const char *path, struct err *err)
{
	size_t before = buf->len;
	int fd, result;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, "cannot open %s: %s", path, strerror(errno));
	result = read_all(buf, fd, path, err);
	close(fd);
	if (result != 0 && buf->data != NULL) {
		buf->len = before;
		buf->data[before] = '\0';
	}
	return result;
}

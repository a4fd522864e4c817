/* SPDX-License-Identifier: MIT */
/*
 * Memory that is wiped before it is given back. A buffer that grows would leave its old self
 * behind, so growing is done here by copying and wiping.
 */
#include "credential_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct secret_block {
	struct secret_block *next;
	size_t size;
	_Alignas(16) char bytes[];
};

void *secret_alloc(struct secret_pool *pool, size_t size)
{
	struct secret_block *block = mem_new(sizeof(*block) + size);

	block->size = size;
	block->next = pool->first;
	pool->first = block;
	return block->bytes;
}

char *secret_copy(struct secret_pool *pool, const char *bytes, size_t len)
{
	char *copy;

	if (!bytes)
		return NULL;
	copy = secret_alloc(pool, len + 1);
	memcpy(copy, bytes, len);
	return copy;
}

char *secret_string(struct secret_pool *pool, const char *text)
{
	return text ? secret_copy(pool, text, strlen(text)) : NULL;
}

char *secret_printf(struct secret_pool *pool, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = secret_alloc(pool, len < 0 ? 1 : (size_t)len + 1);
	va_start(args, fmt);
	if (len >= 0)
		vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	return text;
}

const char *const *secret_strings(struct secret_pool *pool, const char *const *strings)
{
	size_t count = 0;
	const char **copy;

	if (!strings)
		return NULL;
	while (strings[count])
		count++;
	copy = secret_alloc(pool, (count + 1) * sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = secret_string(pool, strings[i]);
	return copy;
}

void secret_pool_release(struct secret_pool *pool)
{
	while (pool->first) {
		struct secret_block *block = pool->first;

		pool->first = block->next;
		explicit_bzero(block->bytes, block->size);
		free(block);
	}
}

void secret_buf_release(struct buf *buf)
{
	if (buf->data)
		explicit_bzero(buf->data, buf->cap);
	buf_release(buf);
}

void secret_free(char *bytes, size_t len)
{
	if (bytes)
		explicit_bzero(bytes, len);
	free(bytes);
}

static void grow(char **bytes, size_t used, size_t *room)
{
	char *bigger = mem_new(*room * 2 + 1);

	memcpy(bigger, *bytes, used);
	secret_free(*bytes, used);
	*bytes = bigger;
	*room *= 2;
}

int secret_read_file(const char *path, size_t max, char **bytes, size_t *len, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat about;
	size_t room = 4096, used = 0;
	char *data;
	ssize_t got = 0;

	if (fd < 0)
		return err_set(err, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 &&
	    (size_t)about.st_size <= max)
		room = (size_t)about.st_size + 1;
	data = mem_new(room + 1);
	while (used <= max) {
		if (used == room)
			grow(&data, used, &room);
		got = read(fd, data + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	if (got < 0)
		err_set(err, "cannot read %s: %s", path, strerror(errno));
	else if (used > max)
		err_set(err, "cannot read %s: it is larger than %zu bytes", path, max);
	close(fd);
	if (got < 0 || used > max) {
		secret_free(data, used);
		return -1;
	}
	data[used] = '\0';
	*bytes = data;
	*len = used;
	return 0;
}

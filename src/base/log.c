/* SPDX-License-Identifier: MIT */
/*
 * The log file. A line is formatted and sanitised whole and goes out in one write, so that two
 * programs that append to one file do not tear each other's lines.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { LOG_LINE_MAX = 4096 };

struct log {
	int fd;
};

struct log *log_open(const char *path, struct err *err)
{
	struct log *log;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, S_IRUSR | S_IWUSR);

	if (fd < 0) {
		err_set(err, "cannot open the log file %s: %s", path, strerror(errno));
		return NULL;
	}
	log = mem_new(sizeof(*log));
	log->fd = fd;
	return log;
}

void log_close(struct log *log)
{
	if (log == NULL)
		return;
	close(log->fd);
	free(log);
}

void log_line(struct log *log, const char *fmt, ...)
{
	char text[LOG_LINE_MAX], line[LOG_LINE_MAX + 64], stamp[32];
	va_list args;
	size_t len;

	if (log == NULL)
		return;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	stamp_format(clock_system.wall(&clock_system), stamp);
	len = (size_t)snprintf(line, sizeof(line), "%s ", stamp);
	len += utf8_sanitise(line + len, sizeof(line) - len - 1, text, strlen(text));
	line[len++] = '\n';
	/* A full disk must not stop an operation that is under way: a line that cannot be written is lost. */
	while (write(log->fd, line, len) < 0 && errno == EINTR)
		continue;
}

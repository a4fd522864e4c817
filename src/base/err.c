/* SPDX-License-Identifier: MIT */
/*
 * Error texts. Both calls format aside first and then sanitise into place: a caller may pass the
 * old text as an argument, and a file name or a server's words may hold bytes that a terminal obeys.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int err_set(struct err *err, const char *fmt, ...)
{
	char room[2 * ERR_MAX];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, fmt);
	if (vsnprintf(room, sizeof(room), fmt, args) < 0)
		room[0] = '\0';
	va_end(args);
	utf8_sanitise(err->text, sizeof(err->text), room, strlen(room));
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char room[4 * ERR_MAX];
	va_list args;
	size_t used;

	if (err == NULL)
		return -1;
	/* Half of the room for the context: when that is not enough, its end is out of sight anyway. */
	va_start(args, fmt);
	if (vsnprintf(room, sizeof(room) / 2, fmt, args) < 0)
		room[0] = '\0';
	va_end(args);
	used = strlen(room);
	snprintf(room + used, sizeof(room) - used, ": %s", err->text);
	utf8_sanitise(err->text, sizeof(err->text), room, strlen(room));
	return -1;
}

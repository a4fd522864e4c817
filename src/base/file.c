/* SPDX-License-Identifier: MIT */
/* Folders and files that are made whole. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* What goes wrong with a part on the way is of no interest: the last one fails then too, and says why. */
int folder_make(const char *path, mode_t mode)
{
	char *copy = mem_copy_string(path);
	for (char *at = copy; *at && (at = strchr(at + 1, '/')); *at = '/') {
		*at = '\0';
		(void)!mkdir(copy, mode);
	}
	int result = mkdir(copy, mode) == 0 ? 1 : errno == EEXIST ? 0 : -1, why = errno;
	free(copy);
	errno = why;
	return result;
}

int folder_make_for(const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	char *folder = mem_copy(path, (size_t)(slash - path));
	int result = folder_make(folder, mode), why = errno;
	free(folder);
	errno = why;
	return result < 0 ? -1 : 0;
}

static int write_all(int file, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(file, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

int file_replace(const char *path, const char *bytes, size_t len, mode_t mode)
{
	char *fresh = mem_printf("%s.new", path);
	int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	int result = file >= 0 && write_all(file, bytes, len) == 0 && fsync(file) == 0 ? 0 : -1, why = errno;
	if (file >= 0 && close(file) < 0 && result == 0) {
		result = -1;
		why = errno;
	}
	if (result == 0 && rename(fresh, path) < 0) {
		result = -1;
		why = errno;
	}
	if (result < 0 && file >= 0)
		unlink(fresh);
	free(fresh);
	errno = why;
	return result;
}

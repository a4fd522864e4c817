/* SPDX-License-Identifier: MIT */
/* An edit of a file on disk: a new file beside it, synced, then renamed over it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "flag/yaml_edit.h"

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static void folder_sync(const char *path)
{
	char *folder = mem_copy_string(path), *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	int fd = open(slash ? (folder[0] ? folder : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

static int file_replace(const char *path, const struct buf *bytes, const struct stat *old, struct err *err)
{
	char *fresh = mem_printf("%s.flagdeck-XXXXXX", path);
	int fd = mkostemp(fresh, O_CLOEXEC), result = -1;
	if (fd < 0) {
		err_set(err, "%s: cannot make a file beside it: %s", path, strerror(errno));
		goto out;
	}
	/* Another owner's file keeps its owner where that is permitted; its mode it keeps in any case. */
	if (fchown(fd, old->st_uid, old->st_gid) < 0)
		errno = 0;
	if (fchmod(fd, old->st_mode & 07777) < 0 || write_all(fd, buf_string(bytes), bytes->len) < 0 || fsync(fd) < 0) {
		err_set(err, "%s: cannot write: %s; the file is as it was", path, strerror(errno));
		goto out;
	}
	if (rename(fresh, path) < 0) {
		err_set(err, "%s: cannot replace it: %s; the file is as it was", path, strerror(errno));
		goto out;
	}
	folder_sync(path);
	result = 0;
out:
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && result < 0)
		unlink(fresh);
	free(fresh);
	return result;
}

int yaml_edit_file(const char *path, int set, struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
{
	char *real = realpath(path, NULL);
	struct stat status;
	struct buf bytes;
	int result = -1;
	if (!real)
		return err_set(err, "%s: %s", path, strerror(errno));
	buf_init(&bytes, YAML_EDIT_MAX);
	edit->name = edit->name ? edit->name : path;
	if (stat(real, &status) < 0) {
		err_set(err, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		err_set(err, "%s: it is no regular file", path);
		goto out;
	}
	if (buf_read_file(&bytes, real, err) < 0)
		goto out;
	result = set ? yaml_edit_set(&bytes, edit, done, err) : yaml_edit_delete(&bytes, edit, done, err);
	if (result == 0 && !done->unchanged)
		result = file_replace(real, &bytes, &status, err);
out:
	buf_release(&bytes);
	free(real);
	return result;
}

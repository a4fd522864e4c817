/* SPDX-License-Identifier: MIT */
/* Taking a folder for a demo, and leaving it without a trace. */
#include "app/demo_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define MARKER ".flagdeck-demo"

static char *usual_path(void)
{
	const char *root = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (root && root[0] == '/')
		return mem_printf("%s/flagdeck/demo", root);
	return home && home[0] == '/' ? mem_printf("%s/.cache/flagdeck/demo", home) : NULL;
}

/* Whether there is anything but a marker; -1 when it cannot be read. */
static int holds_others(const char *path, int *marked)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int others = 0;
	*marked = 0;
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, MARKER) == 0)
			*marked = 1;
		else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			others = 1;
	closedir(dir);
	return others;
}

static int entry_remove(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info, (void)type;
	if (at->level > 0 && !(at->level == 1 && strcmp(path + at->base, MARKER) == 0))
		(void)!remove(path);
	return 0;
}

/* Everything but the marker. Links are removed, not followed. */
static void folder_empty(const char *path)
{
	(void)!nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The marker, locked. Another demo may remove it between our opening and our locking: then once more. */
static int lock_take(const char *path, struct err *err)
{
	char *marker = mem_printf("%s/" MARKER, path), owner[32] = "";
	struct stat ours, there;
	int fd;
	for (;;) {
		fd = open(marker, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0) {
			err_set(err, "%s cannot be used for the demo: %s; choose another folder with --dir", path,
			        strerror(errno));
			break;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			(void)!read(fd, owner, sizeof(owner) - 1);
			err_set(err, "a demo is running in %s already (process %.20s): end it, or give this one a folder of its own "
			             "with --dir", path, owner[0] ? owner : "unknown");
			close(fd);
			fd = -1;
			break;
		}
		if (fstat(fd, &ours) == 0 && stat(marker, &there) == 0 && ours.st_ino == there.st_ino)
			break;
		close(fd);
		(void)folder_make(path, 0700); /* it went with the marker */
	}
	if (fd >= 0 && (ftruncate(fd, 0) < 0 || dprintf(fd, "%d", (int)getpid()) < 0)) {
		err_set(err, "%s cannot be written to: %s; choose another folder with --dir", path, strerror(errno));
		close(fd);
		fd = -1;
	}
	free(marker);
	return fd;
}

int demo_folder_take(struct demo_folder *folder, const char *path, struct err *err)
{
	char *usual = path ? NULL : usual_path(), *whole = NULL, here[PATH_MAX] = "";
	int marked = 0, result = -1;
	folder->lock = -1;
	path = path ? path : usual;
	if (!path || !*path) {
		err_set(err, "there is no home folder to put the demo's files in: give a folder with --dir");
		goto out;
	}
	/* The console and its children may change their own folder; ours stays. */
	if (path[0] != '/' && !getcwd(here, sizeof(here))) {
		err_set(err, "the current folder cannot be found: %s", strerror(errno));
		goto out;
	}
	whole = mem_printf("%s%s%s", here, here[0] ? "/" : "", path);
	folder->made = folder_make(whole, 0700);
	if (folder->made < 0) {
		err_set(err, "%s cannot be made: %s; choose another folder with --dir", whole, strerror(errno));
		goto out;
	}
	int others = folder->made ? 0 : holds_others(whole, &marked);
	if (others < 0)
		err_set(err, "%s cannot be read: %s; choose another folder with --dir", whole, strerror(errno));
	else if (others && !marked)
		err_set(err, "%s holds files that are not a demo's: choose an empty or a new folder with --dir", whole);
	else if ((folder->lock = lock_take(whole, err)) >= 0)
		result = 0;
	if (result < 0)
		goto out;
	folder_empty(whole);
	folder->made |= usual != NULL;
	folder->path = whole;
	whole = NULL;
out:
	free(whole);
	free(usual);
	return result;
}

void demo_folder_remove(struct demo_folder *folder)
{
	char *marker = mem_printf("%s/" MARKER, folder->path);
	struct stat ours, there;
	/* Once it is gone, the next demo may have one in its place. */
	if (fstat(folder->lock, &ours) == 0 && stat(marker, &there) == 0 && ours.st_ino == there.st_ino) {
		folder_empty(folder->path);
		(void)!unlink(marker);
		if (folder->made)
			(void)!rmdir(folder->path);
	}
	free(marker);
}

void demo_folder_release(struct demo_folder *folder)
{
	if (folder->lock >= 0)
		close(folder->lock);
	free(folder->path);
	*folder = (struct demo_folder){.lock = -1};
}

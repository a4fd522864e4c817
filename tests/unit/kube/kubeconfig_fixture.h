/* SPDX-License-Identifier: MIT */
#ifndef TESTS_KUBECONFIG_FIXTURE_H
#define TESTS_KUBECONFIG_FIXTURE_H

/* A folder of files for tests of kubeconfigs and credentials, made and removed by the test. */
#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[64];
};

static inline void folder_make(struct folder *folder)
{
	strcpy(folder->path, "/tmp/flagdeck-kube-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

/* Only the test's own files are in it, one level deep. */
static inline void folder_remove(struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	struct dirent *entry;
	char path[400];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder->path);
}

/* The path of a file in it, in one of four rooms that are used in turn. */
static inline const char *folder_path(const struct folder *folder, const char *name)
{
	static char rooms[4][400];
	static int turn;
	char *room = rooms[turn++ % 4];

	snprintf(room, sizeof(rooms[0]), "%s/%s", folder->path, name);
	return room;
}

static inline const char *folder_put_bytes(const struct folder *folder, const char *name, const void *bytes,
                                           size_t len)
{
	const char *path = folder_path(folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

static inline const char *folder_put(const struct folder *folder, const char *name, const char *text)
{
	return folder_put_bytes(folder, name, text, strlen(text));
}

static inline const char *folder_put_script(const struct folder *folder, const char *name, const char *text)
{
	char script[4096];
	const char *path;

	snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", text);
	path = folder_put(folder, name, script);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Paths as Go's filepath makes them: absolute and cleaned by their text alone, so that "x/../y" means
 * here what it means to kubectl, even where x is a symbolic link.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kubeconfig_internal.h"

/* Cleans an absolute path in place. */
static void path_clean(char *path)
{
	const char *from = path;
	char *to = path;

	while (*from) {
		size_t len;

		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (len == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len > 0 && !(len == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *folder = mem_printf("%s/%.*s", here ? here : "", slash ? (int)(slash - path) : 0, path);

	free(here);
	path_clean(folder);
	return folder;
}

char *path_from(struct secret_pool *pool, const struct kubeconfig_file *file, const char *path)
{
	char *full;

	if (!path || path[0] == '/')
		return secret_string(pool, path);
	full = secret_printf(pool, "%s/%s", file->dir, path);
	path_clean(full);
	return full;
}

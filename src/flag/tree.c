/* SPDX-License-Identifier: MIT */
/* A repository's files of values, found by their paths: the layout's templates, read backwards. */
#include "flag/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct flag_tree *flag_tree_new(void)
{
	struct flag_tree *tree = mem_new(sizeof(*tree));
	map_init(&tree->by_path);
	map_init(&tree->service_names);
	vec_init(&tree->files);
	vec_init(&tree->services);
	return tree;
}

static void file_free(struct flag_file *file)
{
	yaml_release(&file->yaml);
	free(file->path);
	free(file->bytes);
	free(file->trouble);
	free(file->service);
	free(file->env);
	free(file->region);
	free(file);
}

void flag_tree_free(struct flag_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->files.len; i++)
		file_free(tree->files.items[i]);
	if (tree->has_catalog)
		catalog_release(&tree->catalog);
	map_release(&tree->by_path);
	map_release(&tree->service_names);
	vec_release(&tree->files);
	for (size_t i = 0; i < tree->services.len; i++)
		free(tree->services.items[i]);
	vec_release(&tree->services);
	free(tree->revision);
	free(tree->catalog_bytes);
	free(tree);
}

int flag_tree_set_catalog(struct flag_tree *tree, const char *name, const char *bytes, size_t len, struct err *err)
{
	if (catalog_parse(&tree->catalog, name, bytes, len, err) < 0)
		return -1;
	tree->has_catalog = 1;
	tree->catalog_bytes = bytes ? mem_copy(bytes, len) : NULL;
	tree->catalog_len = len;
	return 0;
}

/* Matches a path against a template; names[0..2] are service, env and region, into fresh strings. */
static int template_match(const char *template, const char *path, char *names[3])
{
	static const char *const holes[3] = {"{service}", "{env}", "{region}"};
	while (*template) {
		size_t hole = 0;
		while (hole < 3 && strncmp(template, holes[hole], strlen(holes[hole])) != 0)
			hole++;
		if (hole == 3) {
			if (*template++ != *path++)
				return 0;
			continue;
		}
		template += strlen(holes[hole]);
		char stop[3] = {'/', *template == '/' ? '\0' : *template, '\0'};
		size_t len = strcspn(path, stop);
		if (!len || len > 253)
			return 0;
		if (names[hole] && (strlen(names[hole]) != len || strncmp(names[hole], path, len) != 0))
			return 0;
		if (!names[hole])
			names[hole] = mem_copy(path, len);
		path += len;
	}
	return *path == '\0';
}

/* The layer of a path; LAYER_CATALOG: none. */
static enum flag_layer path_layer(const struct flag_tree *tree, const char *path, char *names[3])
{
	for (size_t i = LAYER_DEFAULTS; i < FLAG_LAYERS; i++) {
		if (tree->catalog.layout[i] && template_match(tree->catalog.layout[i], path, names))
			return (enum flag_layer)i;
		for (size_t k = 0; k < 3; k++) {
			free(names[k]);
			names[k] = NULL;
		}
	}
	/* A flag may have a file of its own, which counts as the service's. */
	for (size_t i = 0; i < tree->catalog.count; i++) {
		if (tree->catalog.flags[i].file && template_match(tree->catalog.flags[i].file, path, names))
			return LAYER_SERVICE;
		for (size_t k = 0; k < 3; k++) {
			free(names[k]);
			names[k] = NULL;
		}
	}
	return LAYER_CATALOG;
}

int flag_tree_wants(const struct flag_tree *tree, const char *path)
{
	char *names[3] = {0};
	int wanted = path_layer(tree, path, names) != LAYER_CATALOG;
	for (size_t k = 0; k < 3; k++)
		free(names[k]);
	return wanted;
}

void flag_tree_add(struct flag_tree *tree, const char *path, const char *bytes, size_t len)
{
	char *names[3] = {0};
	enum flag_layer layer = path_layer(tree, path, names);
	struct err err = {0};
	if (layer == LAYER_CATALOG || map_get(&tree->by_path, path) || tree->files.len >= FLAG_FILES_MAX)
		goto out;
	struct flag_file *file = mem_new(sizeof(*file));
	file->path = mem_copy_string(path);
	file->layer = layer;
	file->service = names[0];
	file->env = names[1];
	file->region = names[2];
	memset(names, 0, sizeof(names));
	file->bytes = mem_copy(bytes, len);
	file->len = len;
	if (len > FLAG_FILE_MAX)
		file->trouble = mem_printf("%s: it is larger than 1 MiB", path);
	else if (yaml_parse(&file->yaml, path, bytes, len, &err) < 0)
		file->trouble = mem_copy_string(err.text);
	else if (file->yaml.root && file->yaml.root->kind != YAML_MAP && !yaml_is_null(file->yaml.root))
		file->trouble = mem_printf("%s:%d: it must be a map of values", path, file->yaml.root->line);
	vec_push(&tree->files, file);
	map_put(&tree->by_path, file->path, file);
	if (file->service && !map_get(&tree->service_names, file->service)) {
		char *name = mem_copy_string(file->service);
		vec_push(&tree->services, name);
		map_put(&tree->service_names, name, name);
	}
out:
	for (size_t k = 0; k < 3; k++)
		free(names[k]);
}

static int names_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int files_compare(const void *a, const void *b)
{
	return strcmp((*(const struct flag_file *const *)a)->path, (*(const struct flag_file *const *)b)->path);
}

void flag_tree_finish(struct flag_tree *tree)
{
	if (tree->services.len)
		qsort(tree->services.items, tree->services.len, sizeof(void *), names_compare);
	if (tree->files.len)
		qsort(tree->files.items, tree->files.len, sizeof(void *), files_compare);
}

static int file_read(int folder, const char *name, struct buf *bytes)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char piece[16384];
	ssize_t got;
	int result = -1;
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		goto out;
	buf_clear(bytes);
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		if (buf_add(bytes, piece, (size_t)got) < 0)
			goto out;
	result = got < 0 ? -1 : 0;
out:
	close(fd);
	return result;
}

/* Walks below `folder`; takes ownership of it. */
static void folder_walk(struct flag_tree *tree, int folder, const char *path, int depth, struct buf *bytes)
{
	DIR *dir = fdopendir(folder);
	struct dirent *entry;
	if (!dir) {
		close(folder);
		return;
	}
	while ((entry = readdir(dir))) {
		struct stat status;
		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		char *below = mem_printf("%s%s%s", path, *path ? "/" : "", entry->d_name);
		if (S_ISDIR(status.st_mode) && depth < 16) {
			int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (fd >= 0)
				folder_walk(tree, fd, below, depth + 1, bytes);
		} else if (S_ISREG(status.st_mode) && flag_tree_wants(tree, below) && file_read(dirfd(dir), entry->d_name, bytes) == 0) {
			flag_tree_add(tree, below, buf_string(bytes), bytes->len);
		}
		free(below);
	}
	closedir(dir);
}

struct flag_tree *flag_tree_load_folder(const char *folder, const char *catalog, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct flag_tree *tree = NULL;
	struct buf bytes;
	const char *path = catalog ? catalog : FLAG_CATALOG_PATH;
	if (fd < 0) {
		err_set(err, "%s: %s", folder, strerror(errno));
		return NULL;
	}
	buf_init(&bytes, 16 << 20);
	tree = flag_tree_new();
	int there = file_read(fd, path, &bytes) == 0;
	if (!there && catalog) {
		err_set(err, "%s/%s: there is no such catalog", folder, catalog);
		goto fail;
	}
	if (flag_tree_set_catalog(tree, path, there ? buf_string(&bytes) : NULL, bytes.len, err) < 0)
		goto fail;
	folder_walk(tree, fd, "", 0, &bytes);
	buf_release(&bytes);
	flag_tree_finish(tree);
	return tree;
fail:
	close(fd);
	buf_release(&bytes);
	flag_tree_free(tree);
	return NULL;
}

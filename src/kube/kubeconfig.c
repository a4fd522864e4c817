/* SPDX-License-Identifier: MIT */
/*
 * Finding, reading and merging kubeconfig files. The trees of the files stay as they are; merging
 * makes three lists of entries that point into them, in which the first file that has a name wins
 * with the whole entry. What an entry means is worked out when it is resolved.
 */
#include "kube/kubeconfig.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "kubeconfig_internal.h"

const char *field_text(const struct yaml_node *map, const char *key)
{
	const char *text = yaml_string(yaml_get(map, key));

	return text && *text ? text : NULL;
}

int field_bool(const struct yaml_node *map, const char *key)
{
	return scalar_is_true(yaml_get(map, key));
}

char *shown_text(const char *text)
{
	return utf8_sanitised(text, strnlen(text, 4 * SHOWN_MAX), SHOWN_MAX);
}

void kubeconfig_env_init(struct kubeconfig_env *env)
{
	*env = (struct kubeconfig_env){
	    .kubeconfig = getenv("KUBECONFIG"),
	    .home = getenv("HOME"),
	    .service_host = getenv("KUBERNETES_SERVICE_HOST"),
	    .service_port = getenv("KUBERNETES_SERVICE_PORT"),
	    .pod_namespace = getenv("POD_NAMESPACE"),
	    .account_dir = "/var/run/secrets/kubernetes.io/serviceaccount",
	};
}

/* Nodes are const to readers; their texts may be keys and tokens, so they do not outlive the tree. */
static void tree_wipe(const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && *node->value)
		explicit_bzero((char *)(uintptr_t)node->value, strlen(node->value));
	for (size_t i = 0; i < node->count; i++)
		tree_wipe(node->items[i]);
}

void yaml_wipe(struct yaml *yaml)
{
	if (yaml->root)
		tree_wipe(yaml->root);
	yaml_release(yaml);
}

static void file_free(struct kubeconfig_file *file)
{
	yaml_wipe(&file->yaml);
	free(file->path);
	free(file->shown);
	free(file->dir);
	free(file);
}

static void entries_free(struct vec *entries)
{
	for (size_t i = 0; i < entries->len; i++) {
		struct kubeconfig_entry *entry = entries->items[i];

		free(entry->shown);
		free(entry->where);
		free(entry);
	}
	vec_release(entries);
}

void kubeconfig_release(struct kubeconfig *config)
{
	struct kubeconfig_memory *memory = config->memory;

	if (memory) {
		entries_free(&memory->clusters);
		entries_free(&memory->users);
		entries_free(&memory->contexts);
		for (size_t i = 0; i < memory->files.len; i++)
			file_free(memory->files.items[i]);
		vec_release(&memory->files);
		secret_pool_release(&memory->texts);
		free(memory->current_where);
		free(memory->searched);
		free(memory);
	}
	*config = (struct kubeconfig){0};
}

static int file_read(struct kubeconfig_file *file, struct err *err)
{
	char *bytes = NULL;
	size_t len = 0;
	int result;

	if (secret_read_file(file->path, KUBECONFIG_MAX, &bytes, &len, err))
		return -1;
	result = yaml_parse(&file->yaml, file->shown, bytes, len, err);
	secret_free(bytes, len);
	return result ? result : kubeconfig_check(file, err);
}

static int file_add(struct kubeconfig_memory *memory, const char *path, int must_exist, struct err *err)
{
	struct kubeconfig_file *file;
	struct stat about;

	/* Only what does not exist is passed over. Anything else that stands in the way is told. */
	if (!must_exist && stat(path, &about) != 0 && errno == ENOENT)
		return 0;
	file = mem_new(sizeof(*file));
	file->path = mem_copy_string(path);
	file->shown = shown_text(path);
	file->dir = path_folder(path);
	if (file_read(file, err)) {
		file_free(file);
		return err_wrap(err, "cannot use the kubeconfig");
	}
	vec_push(&memory->files, file);
	return 0;
}

static void searched_add(struct kubeconfig_memory *memory, const char *path)
{
	char *all = memory->searched ? mem_printf("%.300s, %.300s", memory->searched, path)
	                             : mem_printf("%.300s", path);

	free(memory->searched);
	memory->searched = all;
}

/* $KUBECONFIG: every path once, empty ones not at all. */
static int list_add(struct kubeconfig_memory *memory, const char *list, struct err *err)
{
	struct vec seen;
	int result = 0;

	vec_init(&seen);
	for (const char *at = list; *at && !result;) {
		size_t len = strcspn(at, ":"), i = 0;
		char *path = mem_copy(at, len);

		while (i < seen.len && strcmp(seen.items[i], path) != 0)
			i++;
		if (len > 0 && i == seen.len) {
			searched_add(memory, path);
			result = file_add(memory, path, 0, err);
			vec_push(&seen, path);
		} else {
			free(path);
		}
		at += len + (at[len] == ':');
	}
	for (size_t i = 0; i < seen.len; i++)
		free(seen.items[i]);
	vec_release(&seen);
	return result;
}

static int files_find(struct kubeconfig_memory *memory, const char *path, struct err *err)
{
	const struct kubeconfig_env *env = &memory->env;
	char *standard;
	int result;

	if (path && *path) {
		searched_add(memory, path);
		return file_add(memory, path, 1, err);
	}
	if (env->kubeconfig && *env->kubeconfig)
		return list_add(memory, env->kubeconfig, err);
	/* Without a home kubectl would read ".kube/config" of whatever folder this is: not here. */
	if (!env->home || !*env->home)
		return 0;
	standard = mem_printf("%s/.kube/config", env->home);
	searched_add(memory, standard);
	result = file_add(memory, standard, 0, err);
	free(standard);
	return result;
}

const struct kubeconfig_entry *entry_find(const struct vec *entries, const char *name)
{
	for (size_t i = 0; i < entries->len; i++) {
		const struct kubeconfig_entry *entry = entries->items[i];

		if (strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

static void entries_merge(struct vec *entries, const struct kubeconfig_file *file, const char *list_key,
                          const char *body_key)
{
	const struct yaml_node *list = yaml_get(file->yaml.root, list_key);
	size_t before = entries->len;

	for (size_t i = 0; list && i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		const char *name = field_text(item, "name");
		struct kubeconfig_entry *entry;

		if (!name)
			continue; /* nothing can name it */
		/* Within a file names are unique; only earlier files are looked at. */
		for (size_t j = 0; j < before && name; j++)
			if (strcmp(((struct kubeconfig_entry *)entries->items[j])->name, name) == 0)
				name = NULL;
		if (!name)
			continue;
		entry = mem_new(sizeof(*entry));
		entry->name = name;
		entry->shown = shown_text(name);
		entry->body = yaml_get(item, body_key);
		entry->file = file;
		entry->where = mem_printf("%s:%d", file->shown, item->line);
		vec_push(entries, entry);
	}
}

static void merge(struct kubeconfig_memory *memory)
{
	for (size_t i = 0; i < memory->files.len; i++) {
		const struct kubeconfig_file *file = memory->files.items[i];
		const struct yaml_node *current = yaml_get(file->yaml.root, "current-context");

		if (!file->yaml.root)
			continue;
		entries_merge(&memory->clusters, file, "clusters", "cluster");
		entries_merge(&memory->users, file, "users", "user");
		entries_merge(&memory->contexts, file, "contexts", "context");
		if (!memory->current && field_text(file->yaml.root, "current-context")) {
			memory->current = field_text(file->yaml.root, "current-context");
			memory->current_where = mem_printf("%s:%d", file->shown, current->line);
		}
	}
}

static const char *shown_into(struct secret_pool *pool, const char *text)
{
	char *shown = shown_text(text ? text : "");
	const char *copy = secret_string(pool, shown);

	free(shown);
	return copy;
}

/* What is public of the lists: the contexts. */
static void show(struct kubeconfig *config)
{
	struct kubeconfig_memory *memory = config->memory;
	size_t count = memory->contexts.len;
	struct kubeconfig_context *contexts = secret_alloc(&memory->texts, (count + 1) * sizeof(*contexts));

	for (size_t i = 0; i < count; i++) {
		const struct kubeconfig_entry *entry = memory->contexts.items[i];

		contexts[i] = (struct kubeconfig_context){
		    .name = entry->shown,
		    .raw_name = entry->name,
		    .cluster = shown_into(&memory->texts, field_text(entry->body, "cluster")),
		    .user = shown_into(&memory->texts, field_text(entry->body, "user")),
		    .namespace = shown_into(&memory->texts, field_text(entry->body, "namespace")),
		    .where = entry->where,
		};
	}
	config->contexts = contexts;
	config->context_count = count;
	config->current = shown_into(&memory->texts, memory->current);
}

int kubeconfig_load(struct kubeconfig *config, const char *path, const struct kubeconfig_env *env,
                    struct err *err)
{
	struct kubeconfig_memory *memory = mem_new(sizeof(*memory));
	struct kubeconfig_env real;

	if (!env) {
		kubeconfig_env_init(&real);
		env = &real;
	}
	*config = (struct kubeconfig){.memory = memory};
	memory->env = (struct kubeconfig_env){
	    .kubeconfig = secret_string(&memory->texts, env->kubeconfig),
	    .home = secret_string(&memory->texts, env->home),
	    .service_host = secret_string(&memory->texts, env->service_host),
	    .service_port = secret_string(&memory->texts, env->service_port),
	    .pod_namespace = secret_string(&memory->texts, env->pod_namespace),
	    .account_dir = secret_string(&memory->texts, env->account_dir),
	};
	if (files_find(memory, path, err)) {
		kubeconfig_release(config);
		return -1;
	}
	merge(memory);
	show(config);
	return 0;
}

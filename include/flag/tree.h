/* SPDX-License-Identifier: MIT */
#ifndef FLAG_TREE_H
#define FLAG_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "flag/catalog.h"

/*
 * The flags of a repository at one commit (or in one folder): its catalog and every file of values, as
 * they stand there. Values are resolved from the files when they are asked for: maps merge deep, lists
 * replace, null overwrites, and each value knows the file and line that it comes from.
 *
 * A file that cannot be read is kept with its trouble in words; what it says counts as nothing, and
 * whoever asks is told.
 */
struct flag_file {
	char *path;
	char *bytes;
	size_t len;
	struct yaml yaml;  /* root NULL: empty, or trouble */
	char *trouble;     /* a sentence, or NULL */
	enum flag_layer layer;
	char *service, *env, *region; /* of its path; NULL: it says none */
};

struct flag_tree {
	struct flag_catalog catalog;
	int has_catalog;
	char *catalog_bytes; /* NULL: the built-in one */
	size_t catalog_len;
	char *revision;      /* the commit; NULL: a folder */
	struct map by_path;  /* struct flag_file * */
	struct vec files;    /* the same, in the order of their paths after flag_tree_finish */
	struct vec services; /* char *: names, sorted */
	struct map service_names;
};

enum { FLAG_FILE_MAX = 1 << 20, FLAG_FILES_MAX = 100000 };
#define FLAG_CATALOG_PATH "platform/flags.yaml"

struct flag_tree *flag_tree_new(void);
void flag_tree_free(struct flag_tree *tree); /* NULL is fine */
/* Before any file. bytes NULL: the built-in one. */
int flag_tree_set_catalog(struct flag_tree *tree, const char *name, const char *bytes, size_t len, struct err *err) MUST_USE;
/* Whether the path is one of the layout's; what is not is not added. */
int flag_tree_wants(const struct flag_tree *tree, const char *path);
void flag_tree_add(struct flag_tree *tree, const char *path, const char *bytes, size_t len);
void flag_tree_finish(struct flag_tree *tree);
/* A checkout on disk. Symbolic links are not followed. */
struct flag_tree *flag_tree_load_folder(const char *folder, const char *catalog, struct err *err);

/* The files that speak for a service in an environment and region, most general first. */
struct flag_scope {
	const struct flag_tree *tree;
	const char *service, *env, *region; /* region NULL: none */
	const struct flag_file *files[FLAG_LAYERS];
};
void flag_scope_init(struct flag_scope *scope, const struct flag_tree *tree, const char *service, const char *env,
                     const char *region);
/* Whether the service has a file in that environment. */
int flag_service_in(const struct flag_tree *tree, const char *service, const char *env);

struct flag_value {
	const struct flag *flag;
	enum flag_layer layer;         /* where it comes from */
	const struct flag_file *file;  /* NULL: the catalog */
	int line;
	const struct yaml_node *node;  /* NULL: absent, or overwritten by null */
	const struct yaml_node *merged[FLAG_LAYERS]; /* of an object: the maps that it is made of, most specific first */
	size_t merged_count;
	const struct flag_file *trouble; /* a file of the scope that cannot be read: the value is not certain */
};
void flag_resolve(const struct flag_scope *scope, const struct flag *flag, struct flag_value *value);
/* On: a bool that is true; for others, not what the catalog would give. */
int flag_is_on(const struct flag_value *value);
/* As one line of YAML: true, 5, {a: 1}; "null" when there is none. */
int flag_value_text(const struct flag_value *value, struct buf *out) MUST_USE;
int flag_node_text(const struct yaml_node *node, struct buf *out) MUST_USE;
int flag_holds(const struct flag_scope *scope, const struct flag_condition *condition);

/* Something that is wrong, or will be. */
enum flag_severity { FLAG_ERROR, FLAG_WARNING };
struct flag_issue {
	enum flag_severity severity;
	char *file; /* as the repository names it */
	int line;   /* 0: the file as a whole */
	char *text; /* a sentence */
};
struct flag_issues {
	struct flag_issue *items;
	size_t count, errors;
};
/* Everything: catalog, files, types, bounds, names, conditions in every environment and region, expiry. */
void flag_lint(const struct flag_tree *tree, int64_t now_ms, struct flag_issues *issues);
/* What is wrong with one service in one scope only. */
void flag_lint_scope(const struct flag_scope *scope, struct flag_issues *issues);
void flag_issues_release(struct flag_issues *issues);

#endif

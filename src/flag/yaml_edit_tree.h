/* SPDX-License-Identifier: MIT */
#ifndef FLAG_YAML_EDIT_TREE_H
#define FLAG_YAML_EDIT_TREE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "flag/yaml_edit.h"

/*
 * YAML as its author wrote it: every node with the bytes it stands on. Nothing is resolved: an alias
 * is a node of its own, a merge key is a key. Shared by the files of the editor.
 */
enum edit_kind { EDIT_SCALAR, EDIT_LIST, EDIT_MAP, EDIT_ALIAS };
enum edit_quote { EDIT_PLAIN, EDIT_SINGLE, EDIT_DOUBLE, EDIT_BLOCK };

struct edit_node {
	enum edit_kind kind;
	enum edit_quote quote; /* of a scalar */
	int flow;              /* a collection in brackets, or anything within one */
	int in_flow;           /* stands within brackets */
	size_t start, end;     /* bytes; a block collection ends with its last child. Properties are within */
	size_t content_end;    /* the end without the white space after it */
	size_t line, column;   /* from 0 */
	const char *anchor, *tag; /* NULL: none; an alias names its anchor here */
	const char *value;     /* of a scalar */
	size_t value_len;
	size_t count;
	struct edit_node **keys;  /* of a map */
	struct edit_node **items; /* values of a map, items of a list */
};

struct edit_document {
	struct edit_node *root; /* NULL: empty */
	size_t start, end;      /* bytes; the end is where the next one begins */
};

struct edit_tree {
	struct arena *arena;
	const char *name, *bytes;
	size_t len;
	struct edit_document *documents;
	size_t count;
};

struct edit_step {
	const char *key; /* NULL: an index */
	size_t index;
};

enum { EDIT_STEPS_MAX = 32, EDIT_DEPTH_MAX = 64 };

struct edit_path {
	struct edit_step steps[EDIT_STEPS_MAX];
	size_t count;
	char *text; /* owned */
};

int edit_tree_parse(struct edit_tree *tree, const char *name, const char *bytes, size_t len, struct err *err) MUST_USE;
void edit_tree_release(struct edit_tree *tree);
int edit_path_parse(struct edit_path *path, const char *text, struct err *err) MUST_USE;
void edit_path_release(struct edit_path *path);
/* "spec.ports[0]" of the first `count` steps. */
void edit_path_write(const struct edit_path *path, size_t count, char *out, size_t size);

int edit_is_null(const struct edit_node *node);
/* The index of a key of the map, or -1. Only keys that stand in it themselves. */
long edit_map_find(const struct edit_node *map, const char *key);

/* The node of the anchor that an alias names. */
const struct edit_node *edit_anchor(const struct edit_node *root, const char *anchor);

/* The text of the value as it is to stand in the file; old: what stood there, or NULL. */
int edit_value_write(struct buf *out, const struct yaml_edit *edit, const struct edit_node *old, struct err *err)
    MUST_USE;
int edit_key_write(struct buf *out, const char *key) MUST_USE;
/* A YAML 1.1 boolean: 1 true, 0 false, -1 none. */
int edit_bool_word(const char *word);

/*
 * Whether `now` is `before` with nothing but the path changed, or gone (`gone`). Path steps of
 * parents that were missing before count as the change. Errors say what else is different.
 */
int edit_compare(const struct edit_tree *before, const struct edit_tree *now, size_t document,
                 const struct edit_path *path, int gone, struct err *err) MUST_USE;
/* Whether the node is what `text` says, a value by itself. */
int edit_same_value(const struct edit_node *node, const char *text, struct err *err) MUST_USE;

#endif

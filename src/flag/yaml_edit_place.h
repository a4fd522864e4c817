/* SPDX-License-Identifier: MIT */
#ifndef FLAG_YAML_EDIT_PLACE_H
#define FLAG_YAML_EDIT_PLACE_H

#include "yaml_edit_tree.h"

/* Where a path leads in a document, and the splice that an edit comes down to. */
struct edit_place {
	const struct edit_tree *tree;
	const struct edit_document *document;
	const struct edit_path *path;
	struct edit_node *nodes[EDIT_STEPS_MAX + 1]; /* [0] the root, [i] what i steps lead to */
	size_t found; /* steps that lead somewhere; nodes[found] is the last node */
};

struct edit_splice {
	size_t offset, removed;
	struct buf text;
};

int edit_place_find(struct edit_place *place, const struct edit_tree *tree, const struct edit_document *document,
                    const struct edit_path *path, struct err *err) MUST_USE;

/* For what is there: replaces the value by `text`. */
int edit_splice_replace(struct edit_splice *splice, const struct edit_place *place, const char *text, struct err *err)
    MUST_USE;
/* For what is missing from nodes[found] on. */
int edit_splice_insert(struct edit_splice *splice, const struct edit_place *place, const char *text, struct err *err)
    MUST_USE;
/* Removes what the first `depth` steps lead to. */
int edit_splice_delete(struct edit_splice *splice, const struct edit_place *place, size_t depth, struct err *err)
    MUST_USE;

/* Helpers: the first byte of the line that holds `at`; its end, before the line break; the start of the next. */
size_t edit_line_start(const struct edit_tree *tree, size_t at);
size_t edit_line_end(const struct edit_tree *tree, size_t at);
size_t edit_line_next(const struct edit_tree *tree, size_t at);
/* "\r\n" where the line that holds `at`, or the one before it, ends so. */
const char *edit_line_break(const struct edit_tree *tree, size_t at);
/* The first byte of the node that is no anchor, tag or white space. */
size_t edit_node_content(const struct edit_tree *tree, const struct edit_node *node);

#endif

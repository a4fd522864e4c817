/* SPDX-License-Identifier: MIT */
/*
 * The proof of an edit: the file before and after, node by node. On the way down the path, siblings
 * must be equal in order, text, quotes, tags and anchors; off the path, everything must.
 */
#include <string.h>

#include "yaml_edit_tree.h"

static int same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int same(const struct edit_node *a, const struct edit_node *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->count != b->count || a->quote != b->quote || !same_text(a->anchor, b->anchor) ||
	    !same_text(a->tag, b->tag) || a->value_len != b->value_len ||
	    (a->value_len && memcmp(a->value, b->value, a->value_len) != 0))
		return 0;
	for (size_t i = 0; i < a->count; i++)
		if (!same(a->items[i], b->items[i]) || (a->keys && !same(a->keys[i], b->keys[i])))
			return 0;
	return 1;
}

struct comparison {
	const struct edit_path *path;
	int gone;
};

static int differs_only(const struct comparison *comparison, const struct edit_node *a, const struct edit_node *b,
                        size_t depth);

static int is_key(const struct edit_node *key, const char *text)
{
	return key->kind == EDIT_SCALAR && strcmp(key->value, text) == 0;
}

/* What was not there before: the rest of the path and nothing else. */
static int is_only_path(const struct comparison *comparison, const struct edit_node *b, size_t depth)
{
	const struct edit_step *step = &comparison->path->steps[depth];
	if (depth == comparison->path->count)
		return !comparison->gone;
	return b && b->kind == EDIT_MAP && step->key && b->count == 1 && !b->anchor && !b->tag && is_key(b->keys[0], step->key) &&
	       is_only_path(comparison, b->items[0], depth + 1);
}

static int maps_differ_only(const struct comparison *comparison, const struct edit_node *a, const struct edit_node *b,
                            size_t depth)
{
	const char *key = comparison->path->steps[depth].key;
	const struct edit_node *was = NULL, *is = NULL;
	size_t i = 0, j = 0;
	while (i < a->count || j < b->count) {
		if (i < a->count && is_key(a->keys[i], key)) {
			/* In both it must stand at the same place. */
			if (j < b->count && is_key(b->keys[j], key))
				is = b->items[j++];
			was = a->items[i++];
		} else if (j < b->count && is_key(b->keys[j], key) && !is) {
			is = b->items[j++];
		} else if (i < a->count && j < b->count && same(a->keys[i], b->keys[j]) && same(a->items[i], b->items[j])) {
			i++, j++;
		} else {
			return 0;
		}
	}
	if (was && is)
		return differs_only(comparison, was, is, depth + 1);
	if (was)
		return comparison->gone && depth + 1 == comparison->path->count;
	return is && is_only_path(comparison, is, depth + 1);
}

static int lists_differ_only(const struct comparison *comparison, const struct edit_node *a, const struct edit_node *b,
                             size_t depth)
{
	size_t index = comparison->path->steps[depth].index, shift = b->count < a->count;
	int last = depth + 1 == comparison->path->count;
	for (size_t i = 0; i < a->count && i < index; i++)
		if (i >= b->count || !same(a->items[i], b->items[i]))
			return 0;
	if (index == a->count)
		return b->count == a->count + 1 && last && !comparison->gone;
	if (index > a->count || b->count + shift != a->count || (shift && !(comparison->gone && last)))
		return 0;
	for (size_t i = index + 1; i < a->count; i++)
		if (!same(a->items[i], b->items[i - shift]))
			return 0;
	return shift || differs_only(comparison, a->items[index], b->items[index], depth + 1);
}

static int differs_only(const struct comparison *comparison, const struct edit_node *a, const struct edit_node *b,
                        size_t depth)
{
	if (depth == comparison->path->count)
		return !comparison->gone;
	if (!a || edit_is_null(a))
		return is_only_path(comparison, b, depth);
	/* The last key of the whole file went. */
	if (!b)
		return comparison->gone && depth == 0 && a->kind == EDIT_MAP && a->count == 1 && comparison->path->count == 1 &&
		       comparison->path->steps[0].key && is_key(a->keys[0], comparison->path->steps[0].key);
	if (a->kind != b->kind || !same_text(a->anchor, b->anchor) || !same_text(a->tag, b->tag))
		return 0;
	if (a->kind == EDIT_MAP && comparison->path->steps[depth].key)
		return maps_differ_only(comparison, a, b, depth);
	if (a->kind == EDIT_LIST && !comparison->path->steps[depth].key)
		return lists_differ_only(comparison, a, b, depth);
	return 0;
}

int edit_compare(const struct edit_tree *before, const struct edit_tree *now, size_t document,
                 const struct edit_path *path, int gone, struct err *err)
{
	const struct comparison comparison = {path, gone};
	int fine = before->count == now->count;
	for (size_t i = 0; i < before->count && fine; i++) {
		const struct edit_node *a = before->documents[i].root, *b = now->documents[i].root;
		fine = i == document ? differs_only(&comparison, a, b, 0) : same(a, b);
	}
	if (fine)
		return 0;
	return err_set(err, "%s: the edit would change more than the one place; nothing was written", before->name);
}

int edit_same_value(const struct edit_node *node, const char *text, struct err *err)
{
	struct edit_tree tree;
	int result = -1;
	if (edit_tree_parse(&tree, "value", text, strlen(text), err) < 0)
		return -1;
	if (tree.count == 1 && node && same(tree.documents[0].root, node))
		result = 0;
	edit_tree_release(&tree);
	return result < 0 ? err_set(err, "the value would not be read back as it was given") : 0;
}

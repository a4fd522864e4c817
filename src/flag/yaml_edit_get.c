/* SPDX-License-Identifier: MIT */
/* Reads one value as a reader of the file would see it: through aliases and merge keys. */
#include <string.h>

#include "yaml_edit_place.h"

struct look {
	const struct edit_node *root;
	int jumps; /* an alias may lead to an alias; not for ever */
};

static const struct edit_node *key_find(struct look *look, const struct edit_node *map, const char *key);

static const struct edit_node *resolved(struct look *look, const struct edit_node *node)
{
	while (node && node->kind == EDIT_ALIAS)
		node = look->jumps-- > 0 ? edit_anchor(look->root, node->anchor) : NULL;
	return node;
}

static const struct edit_node *merged_find(struct look *look, const struct edit_node *source, const char *key)
{
	const struct edit_node *found = NULL;
	source = resolved(look, source);
	if (!source)
		return NULL;
	if (source->kind == EDIT_MAP)
		return look->jumps-- > 0 ? key_find(look, source, key) : NULL;
	for (size_t i = 0; source->kind == EDIT_LIST && i < source->count && !found; i++)
		found = source->items[i]->kind == EDIT_LIST ? NULL : merged_find(look, source->items[i], key);
	return found;
}

static const struct edit_node *key_find(struct look *look, const struct edit_node *map, const char *key)
{
	long at = edit_map_find(map, key), merge = edit_map_find(map, "<<");
	if (at >= 0)
		return map->items[at];
	return merge >= 0 && map->keys[merge]->quote == EDIT_PLAIN ? merged_find(look, map->items[merge], key) : NULL;
}

static const struct edit_node *look_up(struct look *look, const struct edit_path *path)
{
	const struct edit_node *node = resolved(look, look->root);
	for (size_t i = 0; i < path->count && node; i++) {
		const struct edit_step *step = &path->steps[i];
		if (step->key)
			node = node->kind == EDIT_MAP ? key_find(look, node, step->key) : NULL;
		else
			node = node->kind == EDIT_LIST && step->index < node->count ? node->items[step->index] : NULL;
		node = resolved(look, node);
	}
	return node;
}

int yaml_edit_get(const char *bytes, size_t len, const struct yaml_edit *edit, struct buf *out, size_t *line,
                  struct err *err)
{
	struct edit_tree tree;
	struct edit_path path;
	int result = -1;
	if (edit_path_parse(&path, edit->path, err) < 0)
		return -1;
	if (edit_tree_parse(&tree, edit->name, bytes, len, err) < 0) {
		edit_path_release(&path);
		return -1;
	}
	if (edit->document > tree.count || (!edit->document && tree.count > 1)) {
		err_set(err, "%s: it has %zu documents; say which one, counted from 1", edit->name, tree.count);
		goto out;
	}
	struct look look = {tree.documents[edit->document ? edit->document - 1 : 0].root, 1000};
	const struct edit_node *node = look_up(&look, &path);
	result = node != NULL;
	if (!node)
		goto out;
	if (line)
		*line = node->line + 1;
	if (node->kind == EDIT_SCALAR) {
		if (buf_add(out, node->value, node->value_len) < 0)
			result = err_set(err, "%s: the value is too large", edit->name);
	} else {
		size_t start = edit_node_content(&tree, node);
		if (buf_add(out, tree.bytes + start, node->content_end > start ? node->content_end - start : 0) < 0)
			result = err_set(err, "%s: the value is too large", edit->name);
	}
out:
	edit_tree_release(&tree);
	edit_path_release(&path);
	return result;
}

/* SPDX-License-Identifier: MIT */
/* Follows a path and refuses those that lead through an anchor that others use. */
#include <stdio.h>
#include <string.h>

#include "yaml_edit_place.h"

size_t edit_line_start(const struct edit_tree *tree, size_t at)
{
	while (at > 0 && tree->bytes[at - 1] != '\n' && tree->bytes[at - 1] != '\r')
		at--;
	return at;
}

size_t edit_line_end(const struct edit_tree *tree, size_t at)
{
	while (at < tree->len && tree->bytes[at] != '\n' && tree->bytes[at] != '\r')
		at++;
	return at;
}

size_t edit_line_next(const struct edit_tree *tree, size_t at)
{
	at = edit_line_end(tree, at);
	if (at + 1 < tree->len && tree->bytes[at] == '\r' && tree->bytes[at + 1] == '\n')
		return at + 2;
	return at < tree->len ? at + 1 : at;
}

const char *edit_line_break(const struct edit_tree *tree, size_t at)
{
	size_t end = edit_line_end(tree, at);
	if (end == tree->len) { /* the last line has none: take the one before */
		size_t start = edit_line_start(tree, at);
		if (start < 1)
			return "\n";
		end = start - 1;
		if (end > 0 && tree->bytes[end] == '\n' && tree->bytes[end - 1] == '\r')
			end--;
	}
	if (tree->bytes[end] != '\r')
		return "\n";
	return end + 1 < tree->len && tree->bytes[end + 1] == '\n' ? "\r\n" : "\r";
}

size_t edit_node_content(const struct edit_tree *tree, const struct edit_node *node)
{
	size_t at = node->start;
	if (!node->anchor && !node->tag)
		return at;
	while (at < node->end && (tree->bytes[at] == '&' || tree->bytes[at] == '!')) {
		while (at < node->end && !strchr(" \t\r\n", tree->bytes[at]))
			at++;
		while (at < node->end && strchr(" \t", tree->bytes[at]))
			at++;
	}
	return at;
}

static int alias_exists(const struct edit_node *node, const char *anchor)
{
	if (node->kind == EDIT_ALIAS)
		return strcmp(node->anchor, anchor) == 0;
	for (size_t i = 0; i < node->count; i++)
		if (alias_exists(node->items[i], anchor) || (node->keys && alias_exists(node->keys[i], anchor)))
			return 1;
	return 0;
}

static int fail_here(const struct edit_place *place, size_t depth, const char *what, struct err *err)
{
	char path[200];
	const struct edit_node *node = place->nodes[depth];
	edit_path_write(place->path, depth, path, sizeof(path));
	return err_set(err, "%s:%zu: %s %s", place->tree->name, node ? node->line + 1 : 1, depth ? path : "the document", what);
}

/* Others must not change with it. */
static int anchors_check(const struct edit_place *place, struct err *err)
{
	for (size_t i = 0; i <= place->found; i++) {
		const struct edit_node *node = place->nodes[i];
		char what[160];
		if (!node || node->kind == EDIT_ALIAS || !node->anchor || !alias_exists(place->document->root, node->anchor))
			continue;
		snprintf(what, sizeof(what), "is the anchor &%.60s: an edit would change every place that names *%.60s too",
		         node->anchor, node->anchor);
		return fail_here(place, i, what, err);
	}
	return 0;
}

/* Takes one step; 1: it leads somewhere, 0: nothing is there, -1: it cannot be. */
static int step_take(struct edit_place *place, size_t depth, struct err *err)
{
	const struct edit_node *node = place->nodes[depth];
	const struct edit_step *step = &place->path->steps[depth];
	if (!node || edit_is_null(node))
		return step->key ? 0 : fail_here(place, depth, "is empty: it has no item to change", err);
	if (node->kind == EDIT_ALIAS)
		return fail_here(place, depth, "is an alias: an edit below it would change its anchor and all that use it", err);
	if (node->kind == EDIT_SCALAR)
		return fail_here(place, depth, "is a single value: nothing can stand below it", err);
	if (node->kind == EDIT_MAP) {
		long index = step->key ? edit_map_find(node, step->key) : -1;
		if (!step->key)
			return fail_here(place, depth, "is a map: it has keys, not indexes", err);
		if (index >= 0)
			place->nodes[depth + 1] = node->items[index];
		return index >= 0;
	}
	if (step->key)
		return fail_here(place, depth, "is a list: it has indexes such as [0], not keys", err);
	if (step->index > node->count || (step->index == node->count && depth + 1 != place->path->count))
		return fail_here(place, depth, "has fewer items than that", err);
	if (step->index < node->count)
		place->nodes[depth + 1] = node->items[step->index];
	return step->index < node->count;
}

int edit_place_find(struct edit_place *place, const struct edit_tree *tree, const struct edit_document *document,
                    const struct edit_path *path, struct err *err)
{
	*place = (struct edit_place){.tree = tree, .document = document, .path = path};
	place->nodes[0] = document->root;
	while (place->found < path->count) {
		int there = step_take(place, place->found, err);
		if (there < 0)
			return -1;
		if (!there)
			break;
		place->found++;
	}
	return document->root ? anchors_check(place, err) : 0;
}

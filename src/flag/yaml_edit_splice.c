/* SPDX-License-Identifier: MIT */
/*
 * Edits as splices. Where a new line goes: behind the last line of the last sibling, so that its
 * trailing comment stays with it, and with that line's kind of line break.
 */
#include <string.h>

#include "yaml_edit_place.h"

static int refuse(const struct edit_tree *tree, const struct edit_node *node, const char *what, struct err *err)
{
	return err_set(err, "%s:%zu:%zu: %s; nothing was written", tree->name, node->line + 1, node->column + 1, what);
}

static int too_large(const struct edit_tree *tree, struct err *err)
{
	return err_set(err, "%s: the change is too large", tree->name);
}

/* Whether a comment may stand in these bytes; quotes may make it say so in vain. */
static int has_comment(const struct edit_tree *tree, size_t from, size_t to)
{
	for (size_t at = from; at < to; at++)
		if (tree->bytes[at] == '#' && (at == from || strchr(" \t\r\n,[]{}", tree->bytes[at - 1])))
			return 1;
	return 0;
}

static int has_anchor(const struct edit_node *node)
{
	if (node->kind != EDIT_ALIAS && node->anchor)
		return 1;
	for (size_t i = 0; i < node->count; i++)
		if (has_anchor(node->items[i]) || (node->keys && has_anchor(node->keys[i])))
			return 1;
	return 0;
}

int edit_splice_replace(struct edit_splice *splice, const struct edit_place *place, const char *text, struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *node = place->nodes[place->found];
	size_t start = edit_node_content(tree, node);
	const char *before = "";
	if (node->kind != EDIT_ALIAS && node->tag)
		return refuse(tree, node, "the value has a tag, which says its type; change it by hand", err);
	if ((node->kind == EDIT_LIST || node->kind == EDIT_MAP) && !node->flow)
		return refuse(tree, node, "a whole block of lines stands there; delete it first, or change one value below it", err);
	if ((node->kind == EDIT_LIST || node->kind == EDIT_MAP) && has_comment(tree, start, node->content_end))
		return refuse(tree, node, "there is a comment within the brackets, which would be lost", err);
	if (node->kind != EDIT_ALIAS && node->count && has_anchor(node))
		return refuse(tree, node, "there is an anchor within the brackets, which others may use", err);
	if (node->kind == EDIT_SCALAR && node->quote == EDIT_BLOCK && has_comment(tree, start, edit_line_end(tree, start)))
		return refuse(tree, node, "there is a comment beside the block's mark, which would be lost", err);
	splice->offset = start;
	splice->removed = node->content_end > start ? node->content_end - start : 0;
	if (!splice->removed) {
		char last = start ? tree->bytes[start - 1] : '\n';
		before = last == ':' || last == '-' || last == '?' ? " " : node->in_flow && last != ' ' ? ": " : "";
	}
	return buf_printf(&splice->text, "%s%s", before, text) < 0 ? too_large(tree, err) : 0;
}

/* How far this document's author indents. */
static size_t indent_step(const struct edit_node *node)
{
	for (size_t i = 0; node && i < node->count; i++) {
		const struct edit_node *child = node->items[i];
		if (node->kind == EDIT_MAP && child->kind == EDIT_MAP && !child->flow && !node->flow && child->count &&
		    child->keys[0]->column > node->keys[i]->column)
			return child->keys[0]->column - node->keys[i]->column;
		size_t below = child->count ? indent_step(child) : 0;
		if (below)
			return below;
	}
	return 0;
}

static int add_indent(struct buf *text, size_t columns)
{
	return buf_printf(text, "%*s", (int)columns, "");
}

/* "a:\n  b: value", indented, for the steps from `depth` on; without a first and last line break. */
static int block_write(struct buf *text, const struct edit_place *place, size_t depth, size_t column, const char *line,
                       const char *value)
{
	size_t step = indent_step(place->document->root);
	for (size_t i = depth; i < place->path->count; i++) {
		if (i > depth && buf_add_string(text, line) < 0)
			return -1;
		if (add_indent(text, column + (i - depth) * (step ? step : 2)) < 0 || !place->path->steps[i].key ||
		    edit_key_write(text, place->path->steps[i].key) < 0 || buf_add_string(text, ":") < 0)
			return -1;
	}
	return buf_printf(text, " %s", value);
}

/* "a: {b: value}" for the steps from `depth` on. */
static int flow_write(struct buf *text, const struct edit_place *place, size_t depth, const char *value)
{
	size_t count = place->path->count;
	for (size_t i = depth; i < count; i++) {
		if (!place->path->steps[i].key || (i > depth && buf_add_string(text, "{") < 0) ||
		    edit_key_write(text, place->path->steps[i].key) < 0 || buf_add_string(text, ": ") < 0)
			return -1;
	}
	if (buf_add_string(text, value) < 0)
		return -1;
	for (size_t i = depth + 1; i < count; i++)
		if (buf_add_string(text, "}") < 0)
			return -1;
	return 0;
}

/* Where a line may come after the node: *at_start says that it is the start of a line. */
static size_t line_after(const struct edit_tree *tree, const struct edit_node *node, int *at_start)
{
	const struct edit_node *last = node;
	while (last->count && !last->flow)
		last = last->items[last->count - 1];
	*at_start = 0;
	if (last->kind == EDIT_SCALAR && last->quote == EDIT_BLOCK) {
		size_t head = edit_node_content(tree, last), end = edit_line_end(tree, head);
		/* What is kept at its end belongs to it. */
		if (memchr(tree->bytes + head, '+', end - head) && last->end > 0 && strchr("\r\n", tree->bytes[last->end - 1])) {
			*at_start = 1;
			return edit_line_start(tree, last->end);
		}
	}
	return edit_line_end(tree, node->content_end);
}

/* One new line or more below a block collection. */
static int insert_below(struct edit_splice *splice, const struct edit_place *place, const char *value, struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *node = place->nodes[place->found];
	int at_start, result;
	size_t at = line_after(tree, node, &at_start);
	const char *line = edit_line_break(tree, at_start && at ? at - 1 : at);
	splice->offset = at;
	result = at_start ? 0 : buf_add_string(&splice->text, line);
	if (result == 0 && node->kind == EDIT_LIST)
		result = add_indent(&splice->text, node->column) < 0 ? -1 : buf_printf(&splice->text, "- %s", value);
	else if (result == 0)
		result = block_write(&splice->text, place, place->found, node->keys[0]->column, line, value);
	if (result == 0 && at_start)
		result = buf_add_string(&splice->text, line);
	return result < 0 ? refuse(tree, node, "this cannot be written here", err) : 0;
}

static int insert_in_brackets(struct edit_splice *splice, const struct edit_place *place, const char *value,
                              struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *node = place->nodes[place->found];
	int result;
	splice->offset = edit_node_content(tree, node) + 1;
	if (node->count) {
		const struct edit_node *last = node->items[node->count - 1];
		splice->offset = last->content_end;
		if (node->keys && node->keys[node->count - 1]->content_end > splice->offset)
			splice->offset = node->keys[node->count - 1]->content_end;
	}
	result = node->count ? buf_add_string(&splice->text, ", ") : 0;
	if (result == 0)
		result = node->kind == EDIT_LIST ? buf_add_string(&splice->text, value)
		                                 : flow_write(&splice->text, place, place->found, value);
	return result < 0 ? refuse(tree, node, "this cannot be written here", err) : 0;
}

/* Lines below a key without a value: after the comments that stand where its value would. */
static int insert_below_key(struct edit_splice *splice, const struct edit_place *place, const struct edit_node *key,
                            const char *value, struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *node = place->nodes[place->found];
	size_t at = edit_line_end(tree, node->start), step = indent_step(place->document->root), column = 0;
	const char *line = edit_line_break(tree, at);
	for (size_t next = edit_line_next(tree, at); next < tree->len; next = edit_line_next(tree, next)) {
		size_t first = next;
		while (first < tree->len && tree->bytes[first] == ' ')
			first++;
		if (first < tree->len && tree->bytes[first] == '#' && first - next > key->column) {
			column = column ? column : first - next;
			at = edit_line_end(tree, first);
		} else if (first != edit_line_end(tree, first)) {
			break;
		}
		if (edit_line_next(tree, next) == next)
			break;
	}
	splice->offset = at;
	if (buf_add_string(&splice->text, line) < 0 ||
	    block_write(&splice->text, place, place->found, column ? column : key->column + (step ? step : 2), line, value) < 0)
		return refuse(tree, node, "this cannot be written here", err);
	return 0;
}

static int insert_in_empty_document(struct edit_splice *splice, const struct edit_place *place, const char *value,
                                    struct err *err)
{
	const struct edit_tree *tree = place->tree;
	size_t at = place->document->end;
	int fresh = at == 0 || strchr("\r\n", tree->bytes[at - 1]) != NULL ||
	            (at == 3 && memcmp(tree->bytes, "\xef\xbb\xbf", 3) == 0);
	const char *line = at ? edit_line_break(tree, at - 1) : "\n";
	splice->offset = at;
	if ((!fresh && buf_add_string(&splice->text, line) < 0) || block_write(&splice->text, place, 0, 0, line, value) < 0 ||
	    (fresh && buf_add_string(&splice->text, line) < 0))
		return err_set(err, "%s: this cannot be written into an empty document", tree->name);
	return 0;
}

int edit_splice_insert(struct edit_splice *splice, const struct edit_place *place, const char *text, struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *node = place->nodes[place->found], *above = place->found ? place->nodes[place->found - 1] : NULL;
	if (!node)
		return insert_in_empty_document(splice, place, text, err);
	if (node->kind != EDIT_SCALAR)
		return node->flow || !node->count ? insert_in_brackets(splice, place, text, err)
		                                  : insert_below(splice, place, text, err);
	/* A null: a key with nothing after it, or the word. */
	if (node->content_end == node->start && above && above->kind == EDIT_MAP && !above->flow && !node->anchor) {
		for (size_t i = 0; i < above->count; i++)
			if (above->items[i] == node)
				return insert_below_key(splice, place, above->keys[i], text, err);
	}
	struct buf flow;
	buf_init(&flow, YAML_EDIT_MAX);
	int result = buf_add_string(&flow, "{") < 0 || flow_write(&flow, place, place->found, text) < 0 ||
	             buf_add_string(&flow, "}") < 0 ? too_large(tree, err)
	                                            : edit_splice_replace(splice, place, buf_string(&flow), err);
	buf_release(&flow);
	return result;
}

static int is_blank(const struct edit_tree *tree, size_t from, size_t to)
{
	for (size_t at = from; at < to; at++)
		if (!strchr(" \t\r\n", tree->bytes[at]))
			return 0;
	return 1;
}

/* An entry within brackets goes with one of the commas beside it. */
static int delete_in_brackets(struct edit_splice *splice, const struct edit_tree *tree, const struct edit_node *parent,
                              size_t index, struct err *err)
{
	const struct edit_node *first = parent->keys ? parent->keys[index] : parent->items[index];
	const struct edit_node *item = parent->items[index];
	size_t start = first->start, end = item->content_end > first->content_end ? item->content_end : first->content_end;
	if (index > 0) {
		const struct edit_node *last = parent->items[index - 1];
		start = last->content_end;
		if (parent->keys && parent->keys[index - 1]->content_end > start)
			start = parent->keys[index - 1]->content_end;
	} else if (parent->count > 1) {
		end = (parent->keys ? parent->keys[1] : parent->items[1])->start;
	} else {
		/* A comma may stand behind the only one. */
		size_t at = end;
		while (at < tree->len && strchr(" \t\r\n", tree->bytes[at]))
			at++;
		end = at < tree->len && tree->bytes[at] == ',' ? at + 1 : end;
	}
	if (has_comment(tree, start, end))
		return refuse(tree, first, "there is a comment beside it within the brackets, which would be lost", err);
	splice->offset = start;
	splice->removed = end - start;
	return 0;
}

/* The dash before a list's item, or (size_t)-1. */
static size_t dash_before(const struct edit_tree *tree, const struct edit_node *item)
{
	size_t at = item->start;
	while (at > 0 && strchr(" \t\r\n", tree->bytes[at - 1]))
		at--;
	return at > 0 && tree->bytes[at - 1] == '-' ? at - 1 : (size_t)-1;
}

/* The lines of an entry of a block collection, from its key or dash to the line of its last byte. */
static int delete_lines(struct edit_splice *splice, const struct edit_tree *tree, const struct edit_node *parent,
                        size_t index, struct err *err)
{
	const struct edit_node *first = parent->keys ? parent->keys[index] : parent->items[index];
	const struct edit_node *item = parent->items[index];
	size_t start = parent->keys ? first->start : dash_before(tree, first);
	if (start == (size_t)-1)
		return refuse(tree, first, "its dash stands too far from it", err);
	size_t line = edit_line_start(tree, start);
	int at_start;
	size_t end = line_after(tree, item->content_end > first->content_end ? item : first, &at_start);
	if (!is_blank(tree, line, start)) {
		/* It shares its line with the dash above: the next entry moves up beside that. */
		const struct edit_node *next = index + 1 >= parent->count ? NULL
		                               : parent->keys ? parent->keys[index + 1] : parent->items[index + 1];
		size_t to = !next ? 0 : parent->keys ? next->start : dash_before(tree, next);
		if (!next || to == (size_t)-1 || has_comment(tree, start, to))
			return refuse(tree, first, "it shares its line with the entry above and cannot go alone", err);
		splice->offset = start;
		splice->removed = to - start;
		return 0;
	}
	splice->offset = line;
	splice->removed = (at_start ? end : edit_line_next(tree, end)) - line;
	return 0;
}

int edit_splice_delete(struct edit_splice *splice, const struct edit_place *place, size_t depth, struct err *err)
{
	const struct edit_tree *tree = place->tree;
	const struct edit_node *parent = place->nodes[depth - 1], *node = place->nodes[depth];
	const struct edit_step *step = &place->path->steps[depth - 1];
	size_t index = step->key ? (size_t)edit_map_find(parent, step->key) : step->index;
	if (has_anchor(node))
		return refuse(tree, node, "it holds an anchor, which others may use", err);
	if (parent->flow)
		return delete_in_brackets(splice, tree, parent, index, err);
	/* The only entry, of a list's item: nothing would stay but the dash. */
	if (parent->count == 1 && depth > 1) {
		size_t start = edit_node_content(tree, parent);
		if (has_comment(tree, start, parent->content_end))
			return refuse(tree, node, "there is a comment within what would be left empty", err);
		splice->offset = start;
		splice->removed = parent->content_end - start;
		return buf_add_string(&splice->text, parent->kind == EDIT_MAP ? "{}" : "[]") < 0 ? too_large(tree, err) : 0;
	}
	return delete_lines(splice, tree, parent, index, err);
}

/* SPDX-License-Identifier: MIT */
/*
 * YAML read into nodes that know their bytes. libyaml counts characters, so its marks are turned
 * into byte offsets by a table (none is needed where every byte is a character). A byte order mark
 * is not counted by it at all.
 *
 * libyaml ends a block collection where the next token begins, which may be many comments later;
 * the end kept here is that of its last child.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"
#include "yaml_edit_tree.h"

enum { NODES_MAX = 1000000, FEW_KEYS = 16 };

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct edit_tree *tree;
	uint32_t *offsets; /* by character; NULL: a character is a byte */
	size_t characters, skipped; /* skipped: bytes of a byte order mark */
	size_t nodes;
	struct err *err;
};

static struct edit_node *read_node(struct reader *reader, int depth, int in_flow);

static int fail_at(struct reader *reader, yaml_mark_t mark, const char *what)
{
	return err_set(reader->err, "%s:%zu:%zu: %s", reader->tree->name, mark.line + 1, mark.column + 1, what);
}

static int next_event(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (yaml_parser_parse(&reader->parser, &reader->event))
		return 0;
	memset(&reader->event, 0, sizeof(reader->event));
	const char *problem = reader->parser.problem ? reader->parser.problem : "it is no YAML";
	if (reader->parser.error == YAML_READER_ERROR)
		return err_set(reader->err, "%s: byte %zu: %s", reader->tree->name, reader->parser.problem_offset, problem);
	return fail_at(reader, reader->parser.problem_mark, problem);
}

static size_t byte_of(const struct reader *reader, size_t character)
{
	if (!reader->offsets)
		return character + reader->skipped < reader->tree->len ? character + reader->skipped : reader->tree->len;
	return reader->offsets[character < reader->characters ? character : reader->characters];
}

static void offsets_build(struct reader *reader)
{
	const char *bytes = reader->tree->bytes;
	size_t len = reader->tree->len, count = 0, at;
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		reader->skipped = 3;
	for (at = reader->skipped; at < len && (unsigned char)bytes[at] < 0x80; at++)
		;
	if (at == len)
		return;
	reader->offsets = mem_new_array(len + 1, sizeof(*reader->offsets));
	for (at = reader->skipped; at < len; at++)
		if (((unsigned char)bytes[at] & 0xc0) != 0x80)
			reader->offsets[count++] = (uint32_t)at;
	reader->offsets[count] = (uint32_t)len;
	reader->characters = count;
}

static void *take(struct reader *reader, size_t size)
{
	void *memory = arena_alloc(reader->tree->arena, size);
	if (!memory)
		err_set(reader->err, "%s: it needs too much memory", reader->tree->name);
	else
		memset(memory, 0, size);
	return memory;
}

static const char *take_text(struct reader *reader, const void *text)
{
	size_t len = text ? strlen(text) : 0;
	char *copy = text ? take(reader, len + 1) : NULL;
	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static struct edit_node *node_new(struct reader *reader, enum edit_kind kind, int in_flow)
{
	struct edit_node *node;
	if (++reader->nodes > NODES_MAX) {
		fail_at(reader, reader->event.start_mark, "it has more than a million nodes");
		return NULL;
	}
	if (!(node = take(reader, sizeof(*node))))
		return NULL;
	node->kind = kind;
	node->in_flow = in_flow;
	node->start = byte_of(reader, reader->event.start_mark.index);
	node->end = node->content_end = byte_of(reader, reader->event.end_mark.index);
	node->line = reader->event.start_mark.line;
	node->column = reader->event.start_mark.column;
	return node;
}

static struct edit_node *read_scalar(struct reader *reader, int in_flow)
{
	static const enum edit_quote quotes[] = {
	    [YAML_SINGLE_QUOTED_SCALAR_STYLE] = EDIT_SINGLE, [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = EDIT_DOUBLE,
	    [YAML_LITERAL_SCALAR_STYLE] = EDIT_BLOCK, [YAML_FOLDED_SCALAR_STYLE] = EDIT_BLOCK};
	const char *bytes = reader->tree->bytes;
	struct edit_node *node = node_new(reader, EDIT_SCALAR, in_flow);
	size_t len = reader->event.data.scalar.length, style = (size_t)reader->event.data.scalar.style;
	char *copy = node ? take(reader, len + 1) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, reader->event.data.scalar.value, len);
	node->value = copy;
	node->value_len = len;
	node->quote = style < sizeof(quotes) / sizeof(quotes[0]) ? quotes[style] : EDIT_PLAIN;
	node->anchor = take_text(reader, reader->event.data.scalar.anchor);
	node->tag = take_text(reader, reader->event.data.scalar.tag);
	while (node->content_end > node->start && strchr(" \t\r\n", bytes[node->content_end - 1]))
		node->content_end--;
	return node;
}

static int fail_duplicate(struct reader *reader, const struct edit_node *key)
{
	return err_set(reader->err, "%s:%zu:%zu: the key \"%.60s\" was there before; a file with duplicate keys is not changed",
	               reader->tree->name, key->line + 1, key->column + 1, key->value);
}

static int keys_check(struct reader *reader, const struct edit_node *map)
{
	struct map seen;
	int result = 0;
	map_init(&seen);
	for (size_t i = 0; i < map->count && result == 0; i++) {
		const struct edit_node *key = map->keys[i];
		if (key->kind == EDIT_ALIAS)
			continue;
		if (key->kind != EDIT_SCALAR || memchr(key->value, 0, key->value_len)) {
			result = err_set(reader->err, "%s:%zu:%zu: a key must be a single value", reader->tree->name,
			                 key->line + 1, key->column + 1);
			break;
		}
		if (map_get(&seen, key->value))
			result = fail_duplicate(reader, key);
		map_put(&seen, key->value, map->keys[i]);
	}
	map_release(&seen);
	return result;
}

static int children_take(struct reader *reader, struct edit_node *node, const struct vec *children)
{
	size_t stride = node->kind == EDIT_MAP ? 2 : 1;
	node->count = children->len / stride;
	node->items = take(reader, (node->count + 1) * sizeof(*node->items));
	node->keys = node->kind == EDIT_MAP ? take(reader, (node->count + 1) * sizeof(*node->keys)) : NULL;
	if (!node->items || (node->kind == EDIT_MAP && !node->keys))
		return -1;
	for (size_t i = 0; i < node->count; i++) {
		if (node->keys)
			node->keys[i] = children->items[i * stride];
		node->items[i] = children->items[i * stride + stride - 1];
	}
	return node->kind == EDIT_MAP ? keys_check(reader, node) : 0;
}

static struct edit_node *read_collection(struct reader *reader, int depth, int is_map, int in_flow)
{
	struct edit_node *node = node_new(reader, is_map ? EDIT_MAP : EDIT_LIST, in_flow), *result = NULL;
	yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	const yaml_event_t *event = &reader->event;
	struct vec children;
	if (!node)
		return NULL;
	vec_init(&children);
	node->flow = is_map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
	                    : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	node->anchor = take_text(reader, is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor);
	node->tag = take_text(reader, is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
	for (;;) {
		struct edit_node *child;
		if (next_event(reader) < 0)
			goto out;
		if (event->type == end)
			break;
		if (!(child = read_node(reader, depth + 1, node->flow)))
			goto out;
		vec_push(&children, child);
	}
	if (children_take(reader, node, &children) < 0)
		goto out;
	if (node->flow) {
		node->end = node->content_end = byte_of(reader, event->end_mark.index);
	} else if (node->count) {
		const struct edit_node *last = node->items[node->count - 1];
		node->end = last->end;
		node->content_end = last->content_end;
		/* An empty last value stands at its key's colon, or nowhere. */
		if (node->keys && node->keys[node->count - 1]->content_end > node->content_end)
			node->end = node->content_end = node->keys[node->count - 1]->content_end;
	}
	result = node;
out:
	vec_release(&children);
	return result;
}

static struct edit_node *read_node(struct reader *reader, int depth, int in_flow)
{
	struct edit_node *node;
	if (depth > EDIT_DEPTH_MAX) {
		fail_at(reader, reader->event.start_mark, "it is nested deeper than 64 levels");
		return NULL;
	}
	switch (reader->event.type) {
	case YAML_ALIAS_EVENT:
		if ((node = node_new(reader, EDIT_ALIAS, in_flow)))
			node->anchor = take_text(reader, reader->event.data.alias.anchor);
		return node;
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, in_flow);
	default:
		return read_collection(reader, depth, reader->event.type == YAML_MAPPING_START_EVENT, in_flow);
	}
}

/* An empty document is one empty plain scalar to libyaml. */
static int is_nothing(const struct edit_node *root)
{
	return root->kind == EDIT_SCALAR && root->quote == EDIT_PLAIN && !root->value_len && !root->anchor && !root->tag;
}

static int read_documents(struct reader *reader, struct vec *roots, struct vec *starts)
{
	if (next_event(reader) < 0) /* the stream */
		return -1;
	for (;;) {
		struct edit_node *root;
		if (next_event(reader) < 0)
			return -1;
		if (reader->event.type == YAML_STREAM_END_EVENT)
			return 0;
		vec_push(starts, (void *)(uintptr_t)byte_of(reader, reader->event.start_mark.index));
		if (next_event(reader) < 0 || !(root = read_node(reader, 1, 0)) || next_event(reader) < 0)
			return -1;
		vec_push(roots, is_nothing(root) ? NULL : root);
	}
}

static int documents_take(struct reader *reader, const struct vec *roots, const struct vec *starts)
{
	struct edit_tree *tree = reader->tree;
	tree->count = roots->len ? roots->len : 1;
	if (!(tree->documents = take(reader, tree->count * sizeof(*tree->documents))))
		return -1;
	tree->documents[0].end = tree->len;
	for (size_t i = 0; i < roots->len; i++) {
		tree->documents[i].root = roots->items[i];
		tree->documents[i].start = i ? (size_t)(uintptr_t)starts->items[i] : 0;
		tree->documents[i].end = i + 1 < roots->len ? (size_t)(uintptr_t)starts->items[i + 1] : tree->len;
	}
	return 0;
}

static int encoding_check(const struct edit_tree *tree, struct err *err)
{
	const unsigned char *bytes = (const unsigned char *)tree->bytes;
	if (tree->len > YAML_EDIT_MAX)
		return err_set(err, "%s: it is larger than 16 MiB", tree->name);
	if (tree->len >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
		return err_set(err, "%s: it is UTF-16; only UTF-8 is changed", tree->name);
	if (tree->len && memchr(bytes, 0, tree->len))
		return err_set(err, "%s: it holds NUL bytes; only UTF-8 text is changed", tree->name);
	return 0;
}

int edit_tree_parse(struct edit_tree *tree, const char *name, const char *bytes, size_t len, struct err *err)
{
	struct reader reader = {.tree = tree, .err = err};
	struct vec roots, starts;
	int result = -1;
	*tree = (struct edit_tree){.name = name, .bytes = bytes ? bytes : "", .len = len};
	if (encoding_check(tree, err) < 0)
		return -1;
	if (!yaml_parser_initialize(&reader.parser))
		return err_set(err, "%s: out of memory", name);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	vec_init(&roots);
	vec_init(&starts);
	offsets_build(&reader);
	/* An encoding that was set is not looked for, so its mark is ours to skip. */
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)tree->bytes + reader.skipped,
	                             len - reader.skipped);
	tree->arena = arena_new((size_t)512 << 20);
	if (read_documents(&reader, &roots, &starts) == 0 && documents_take(&reader, &roots, &starts) == 0)
		result = 0;
	vec_release(&roots);
	vec_release(&starts);
	free(reader.offsets);
	yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	if (result < 0)
		edit_tree_release(tree);
	return result;
}

void edit_tree_release(struct edit_tree *tree)
{
	if (tree->arena)
		arena_free(tree->arena);
	*tree = (struct edit_tree){0};
}

int edit_is_null(const struct edit_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	if (node->kind != EDIT_SCALAR || node->quote != EDIT_PLAIN || node->tag)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->value, words[i]) == 0)
			return 1;
	return 0;
}

long edit_map_find(const struct edit_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->keys[i]->kind == EDIT_SCALAR && strcmp(map->keys[i]->value, key) == 0)
			return (long)i;
	return -1;
}

const struct edit_node *edit_anchor(const struct edit_node *root, const char *anchor)
{
	const struct edit_node *found = NULL, *below;
	if (!root || root->kind == EDIT_ALIAS)
		return NULL;
	if (root->anchor && strcmp(root->anchor, anchor) == 0)
		found = root;
	for (size_t i = 0; i < root->count; i++)
		if ((below = edit_anchor(root->items[i], anchor)))
			found = below;
	return found;
}

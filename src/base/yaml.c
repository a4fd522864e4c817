/* SPDX-License-Identifier: MIT */
/*
 * YAML read into a tree, event by event. All nodes live in one arena and go with it.
 *
 * An alias shares the node of its anchor, so a few lines can describe a tree of any size. Whoever
 * walks the tree sees it unshared; therefore both limits count it unshared: every anchor keeps the
 * weight and the height of what is below it, and each alias adds them again where it stands. An
 * anchor can be named only once its node is complete, so there are no cycles.
 */
#include "base/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
	YAML_DEPTH_MAX = 64,
	YAML_NODES_MAX = 100000,
	YAML_FILE_MAX = 16 << 20,
	YAML_FEW = 16, /* keys that are compared one by one; above it a map is worth its while */
};

struct yaml_memory {
	struct arena *arena;
};

struct anchor {
	const struct yaml_node *node;
	size_t weight;
	int height;
	char name[];
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; always initialised */
	const char *name;
	const char *bytes;
	size_t len;
	struct arena *arena;
	struct map anchors;
	struct vec owned; /* every anchor, those too whose name was taken again */
	size_t nodes;     /* seen so far, aliases counted in full */
	struct err *err;
};

/* A node under construction with what its parent must know of it. */
struct built {
	struct yaml_node *node;
	int height;
};

static int read_node(struct reader *reader, int depth, struct built *out) MUST_USE;

static int fail_at(struct reader *reader, yaml_mark_t mark, const char *what)
{
	return err_set(reader->err, "%s:%zu:%zu: %s", reader->name, mark.line + 1, mark.column + 1, what);
}

/* What libyaml found wrong. Bytes that are no text are given to us by offset only. */
static int fail_parser(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *what = parser->problem == NULL ? "it is no YAML" : parser->problem;
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return err_set(reader->err, "%s: cannot read it: out of memory", reader->name);
	if (parser->error == YAML_READER_ERROR) {
		mark = (yaml_mark_t){0};
		for (size_t i = 0; i < parser->problem_offset && i < reader->len; i++) {
			mark.column++;
			if (reader->bytes[i] == '\n') {
				mark.line++;
				mark.column = 0;
			}
		}
	}
	return fail_at(reader, mark, what);
}

static int next_event(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		memset(&reader->event, 0, sizeof(reader->event));
		return fail_parser(reader);
	}
	return 0;
}

static int fail_full(struct reader *reader)
{
	return fail_at(reader, reader->event.start_mark, "it has more than 100000 nodes");
}

/* Memory is bounded by the input and the count of nodes; the arena's own limit is a second net. */
static void *reader_alloc(struct reader *reader, size_t size)
{
	void *memory = arena_alloc(reader->arena, size);

	if (memory == NULL)
		err_set(reader->err, "%s: it needs too much memory", reader->name);
	return memory;
}

static struct yaml_node *node_new(struct reader *reader, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (++reader->nodes > YAML_NODES_MAX) {
		fail_full(reader);
		return NULL;
	}
	node = reader_alloc(reader, sizeof(*node));
	if (node == NULL)
		return NULL;
	*node = (struct yaml_node){
	    .kind = kind,
	    .line = (int)reader->event.start_mark.line + 1,
	    .column = (int)reader->event.start_mark.column + 1,
	    .value = "",
	};
	return node;
}

static void anchor_put(struct reader *reader, const char *name, const struct built *built, size_t weight)
{
	struct anchor *anchor = mem_new(sizeof(*anchor) + strlen(name) + 1);

	memcpy(anchor->name, name, strlen(name));
	anchor->node = built->node;
	anchor->weight = weight;
	anchor->height = built->height;
	vec_push(&reader->owned, anchor);
	map_put(&reader->anchors, anchor->name, anchor);
}

static int read_alias(struct reader *reader, int depth, struct built *out)
{
	const struct anchor *anchor =
	    map_get(&reader->anchors, (const char *)reader->event.data.alias.anchor);

	if (anchor == NULL)
		return fail_at(reader, reader->event.start_mark, "this alias names no anchor before it");
	/* Both are at most YAML_NODES_MAX: no overflow. */
	reader->nodes += anchor->weight;
	if (reader->nodes > YAML_NODES_MAX)
		return fail_full(reader);
	if (depth + anchor->height - 1 > YAML_DEPTH_MAX)
		return fail_at(reader, reader->event.start_mark, "it is nested deeper than 64 levels");
	/* The tree is const to all but this file, which does not write to a node once it is complete. */
	out->node = (struct yaml_node *)(uintptr_t)anchor->node;
	out->height = anchor->height;
	return 0;
}

static int read_scalar(struct reader *reader, struct built *out)
{
	const char *value = (const char *)reader->event.data.scalar.value;
	size_t len = reader->event.data.scalar.length;
	char *copy;

	if (memchr(value, '\0', len) != NULL)
		return fail_at(reader, reader->event.start_mark, "this text holds a NUL character");
	out->node = node_new(reader, YAML_SCALAR);
	copy = out->node == NULL ? NULL : reader_alloc(reader, len + 1);
	if (copy == NULL)
		return -1;
	memcpy(copy, value, len);
	copy[len] = '\0';
	out->node->value = copy;
	out->node->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	                   reader->event.data.scalar.plain_implicit;
	out->height = 1;
	return 0;
}

static int copy_nodes(struct reader *reader, const struct vec *from, size_t first, size_t stride,
                      const struct yaml_node ***out)
{
	size_t count = from->len / stride;

	*out = reader_alloc(reader, count * sizeof(**out));
	if (*out == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		(*out)[i] = from->items[i * stride + first];
	return 0;
}

static int fail_duplicate(struct reader *reader, const struct yaml_node *key)
{
	return err_set(reader->err, "%s:%d:%d: the key \"%s\" was there before", reader->name, key->line,
	               key->column, key->value);
}

/* Keys and values alternate in `pairs`; the last key is new. Few are compared, many are hashed. */
static int check_key(struct reader *reader, const struct vec *pairs, struct map *seen)
{
	struct yaml_node *key = pairs->items[pairs->len - 1];

	if (key->kind != YAML_SCALAR)
		return err_set(reader->err, "%s:%d:%d: a key must be a single value", reader->name, key->line,
		               key->column);
	if (pairs->len / 2 < YAML_FEW) {
		for (size_t i = 0; i + 2 < pairs->len; i += 2)
			if (strcmp(((struct yaml_node *)pairs->items[i])->value, key->value) == 0)
				return fail_duplicate(reader, key);
		return 0;
	}
	for (size_t i = seen->len * 2; i + 2 < pairs->len; i += 2)
		map_put(seen, ((struct yaml_node *)pairs->items[i])->value, pairs->items[i]);
	return map_get(seen, key->value) == NULL ? 0 : fail_duplicate(reader, key);
}

/* Reads nodes up to the closing event into `children`; says how high the highest is. */
static int read_children(struct reader *reader, int depth, int is_map, struct vec *children, int *height)
{
	yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	struct map seen;
	int result = -1;

	map_init(&seen);
	*height = 0;
	for (;;) {
		struct built child;

		if (next_event(reader) != 0)
			goto out;
		if (reader->event.type == end)
			break;
		if (read_node(reader, depth + 1, &child) != 0)
			goto out;
		vec_push(children, child.node);
		if (child.height > *height)
			*height = child.height;
		if (is_map && children->len % 2 == 1 && check_key(reader, children, &seen) != 0)
			goto out;
	}
	result = 0;
out:
	map_release(&seen);
	return result;
}

static int read_collection(struct reader *reader, int depth, int is_map, struct built *out)
{
	struct yaml_node *node = node_new(reader, is_map ? YAML_MAP : YAML_LIST);
	struct vec children;
	int result = -1;

	if (node == NULL)
		return -1;
	vec_init(&children);
	if (read_children(reader, depth, is_map, &children, &out->height) != 0)
		goto out;
	node->count = is_map ? children.len / 2 : children.len;
	if (is_map && copy_nodes(reader, &children, 0, 2, &node->keys) != 0)
		goto out;
	if (copy_nodes(reader, &children, is_map ? 1 : 0, is_map ? 2 : 1, &node->items) != 0)
		goto out;
	out->node = node;
	out->height++;
	result = 0;
out:
	vec_release(&children);
	return result;
}

/* Reads the node that the current event begins. The root is at depth 1. */
static int read_node(struct reader *reader, int depth, struct built *out)
{
	yaml_event_t *event = &reader->event;
	size_t before = reader->nodes;
	char *anchor = NULL;
	int result;

	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(reader, depth, out);
	if (depth > YAML_DEPTH_MAX)
		return fail_at(reader, event->start_mark, "it is nested deeper than 64 levels");
	/* The event is overwritten by those of the children. */
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = mem_copy_string((const char *)event->data.scalar.anchor);
		result = read_scalar(reader, out);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = mem_copy_string((const char *)event->data.sequence_start.anchor);
		result = read_collection(reader, depth, 0, out);
	} else {
		anchor = mem_copy_string((const char *)event->data.mapping_start.anchor);
		result = read_collection(reader, depth, 1, out);
	}
	if (result == 0 && anchor != NULL)
		anchor_put(reader, anchor, out, reader->nodes - before);
	free(anchor);
	return result;
}

static int read_stream(struct reader *reader, const struct yaml_node **root)
{
	struct built built = {0};

	*root = NULL;
	if (next_event(reader) != 0 || next_event(reader) != 0) /* the stream, then its document */
		return -1;
	if (reader->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next_event(reader) != 0 || read_node(reader, 1, &built) != 0)
		return -1;
	if (next_event(reader) != 0 || next_event(reader) != 0) /* the document's end, then what follows */
		return -1;
	if (reader->event.type != YAML_STREAM_END_EVENT)
		return fail_at(reader, reader->event.start_mark,
		               "a second document begins here; one is allowed");
	*root = built.node;
	return 0;
}

int yaml_parse(struct yaml *yaml, const char *name, const char *bytes, size_t len, struct err *err)
{
	struct reader reader = {.name = name, .bytes = bytes, .len = len, .err = err};
	int result;

	*yaml = (struct yaml){0};
	if (!yaml_parser_initialize(&reader.parser))
		return err_set(err, "%s: cannot read it: out of memory", name);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, len);
	/* A node and its place in two arrays, rounded up, and every byte of text; twice that is plenty. */
	reader.arena = arena_new((size_t)YAML_NODES_MAX * 512 + 2 * len);
	map_init(&reader.anchors);
	vec_init(&reader.owned);

	result = read_stream(&reader, &yaml->root);

	for (size_t i = 0; i < reader.owned.len; i++)
		free(reader.owned.items[i]);
	vec_release(&reader.owned);
	map_release(&reader.anchors);
	yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	if (result != 0) {
		arena_free(reader.arena);
		return -1;
	}
	yaml->name = mem_copy_string(name);
	yaml->memory = mem_new(sizeof(*yaml->memory));
	yaml->memory->arena = reader.arena;
	return 0;
}

int yaml_parse_file(struct yaml *yaml, const char *path, struct err *err)
{
	struct buf buf;
	int result;

	*yaml = (struct yaml){0};
	buf_init(&buf, YAML_FILE_MAX);
	result = buf_read_file(&buf, path, err);
	if (result == 0)
		result = yaml_parse(yaml, path, buf_string(&buf), buf.len, err);
	buf_release(&buf);
	return result;
}

void yaml_release(struct yaml *yaml)
{
	if (yaml->memory != NULL)
		arena_free(yaml->memory->arena);
	free(yaml->memory);
	free(yaml->name);
	*yaml = (struct yaml){0};
}

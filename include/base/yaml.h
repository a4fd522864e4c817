/* SPDX-License-Identifier: MIT */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct cJSON;

/*
 * YAML by libyaml, read into a tree that remembers where everything stood, so that errors can name
 * file:line. JSON is YAML. Anchors and aliases are followed (an alias shares its node); merge keys
 * (<<) are applied by yaml_get. Duplicate keys, a second document, depth over 64 and over 100,000
 * nodes are errors.
 */
enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	int line, column;        /* from 1 */
	int plain;               /* a scalar without quotes or block style */
	const char *value;       /* a scalar's text, NUL-terminated; "" otherwise */
	size_t count;            /* items of a list, pairs of a map */
	const struct yaml_node **keys;  /* of a map */
	const struct yaml_node **items; /* of a list; a map's values */
};

struct yaml {
	const struct yaml_node *root; /* NULL: the document is empty */
	char *name;                   /* for messages */
	struct yaml_memory *memory;
};

/* Parses; `name` goes into messages ("kubeconfig /home/a/.kube/config"). */
int yaml_parse(struct yaml *yaml, const char *name, const char *bytes, size_t len, struct err *err) MUST_USE;
int yaml_parse_file(struct yaml *yaml, const char *path, struct err *err) MUST_USE; /* at most 16 MiB */
void yaml_release(struct yaml *yaml);

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key); /* NULL when absent */
/* A scalar's text; NULL when the node is NULL, no scalar, or a plain null (empty, ~, null). */
const char *yaml_string(const struct yaml_node *node);
int yaml_is_null(const struct yaml_node *node);
/* Plain true/false. Returns 0 and sets *out, or -1. */
int yaml_bool(const struct yaml_node *node, int *out) MUST_USE;
int yaml_int(const struct yaml_node *node, long *out) MUST_USE;

/* The tree as JSON, plain texts typed as in YAML 1.1, as manifests are read; NULL gives null. Free with cJSON_Delete. */
struct cJSON *yaml_json(const struct yaml_node *node);

/* Writes a JSON value as YAML, keys in their order, long strings as literal blocks. */
int yaml_write_json(struct buf *out, const struct cJSON *value, struct err *err) MUST_USE;

#endif

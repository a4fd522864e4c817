/* SPDX-License-Identifier: MIT */
/*
 * What a flag is, and why. The most specific file that says something wins; on the way to the value a
 * null, a scalar or a list in place of a map has overwritten all below it. An object is merged from
 * every layer down to the first that is no map.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flag/tree.h"

void flag_scope_init(struct flag_scope *scope, const struct flag_tree *tree, const char *service, const char *env,
                     const char *region)
{
	*scope = (struct flag_scope){.tree = tree, .service = service, .env = env, .region = region && *region ? region : NULL};
	for (size_t i = LAYER_DEFAULTS; i < FLAG_LAYERS; i++) {
		char *path = tree->catalog.layout[i] ? flag_template_fill(tree->catalog.layout[i], service, env, scope->region) : NULL;
		scope->files[i] = path ? map_get(&tree->by_path, path) : NULL;
		free(path);
	}
}

int flag_service_in(const struct flag_tree *tree, const char *service, const char *env)
{
	char *path = flag_template_fill(tree->catalog.layout[LAYER_SERVICE], service, env, "-");
	int there = path && map_get(&tree->by_path, path) != NULL;
	free(path);
	return there;
}

enum walk { WALK_NOTHING, WALK_FOUND, WALK_OVERWRITTEN };

/* Follows a dotted path. *node is the value, or what stands in its way. */
static enum walk walk_path(const struct yaml_node *root, const char *path, const struct yaml_node **node)
{
	*node = root;
	while (*path) {
		char part[128];
		size_t len = strcspn(path, ".");
		if (!*node || (*node)->kind != YAML_MAP)
			return *node ? WALK_OVERWRITTEN : WALK_NOTHING;
		if (len >= sizeof(part))
			return WALK_NOTHING;
		memcpy(part, path, len);
		part[len] = '\0';
		const struct yaml_node *next = yaml_get(*node, part);
		if (!next)
			return WALK_NOTHING;
		*node = next;
		path += len + (path[len] == '.');
	}
	return *node ? WALK_FOUND : WALK_NOTHING;
}

/* The file of a layer that speaks for the flag. */
static const struct flag_file *layer_file(const struct flag_scope *scope, const struct flag *flag, size_t layer)
{
	if (!flag->file || layer != LAYER_SERVICE)
		return flag->file ? NULL : scope->files[layer];
	char *path = flag_template_fill(flag->file, scope->service, scope->env, scope->region);
	const struct flag_file *file = path ? map_get(&scope->tree->by_path, path) : NULL;
	free(path);
	return file;
}

void flag_resolve(const struct flag_scope *scope, const struct flag *flag, struct flag_value *value)
{
	*value = (struct flag_value){.flag = flag, .layer = LAYER_CATALOG, .line = flag->line};
	int settled = 0;
	for (size_t i = FLAG_LAYERS - 1; i >= LAYER_DEFAULTS; i--) {
		const struct flag_file *file = layer_file(scope, flag, i);
		const struct yaml_node *node;
		if (!file)
			continue;
		if (file->trouble)
			value->trouble = file;
		enum walk walk = file->trouble ? WALK_NOTHING : walk_path(file->yaml.root, flag->path, &node);
		/* An empty file is a null at its root, which overwrites nothing. */
		if (walk == WALK_NOTHING || (walk == WALK_OVERWRITTEN && node == file->yaml.root))
			continue;
		if (!settled) {
			value->layer = (enum flag_layer)i;
			value->file = file;
			value->line = node->line;
			value->node = walk == WALK_FOUND && !yaml_is_null(node) ? node : NULL;
			settled = 1;
		}
		if (walk != WALK_FOUND || node->kind != YAML_MAP)
			return;
		value->merged[value->merged_count++] = node;
	}
	if (!settled)
		value->node = flag->fallback && !yaml_is_null(flag->fallback) ? flag->fallback : NULL;
	if (flag->fallback && flag->fallback->kind == YAML_MAP && value->merged_count < FLAG_LAYERS)
		value->merged[value->merged_count++] = flag->fallback;
}

static int scalar_text(const struct yaml_node *node, struct buf *out)
{
	const char *text = node->value;
	if (node->plain && *text)
		return buf_add_string(out, text);
	if (buf_add_string(out, "\"") < 0)
		return -1;
	for (; *text; text++)
		if (strchr("\"\\", *text) ? buf_printf(out, "\\%c", *text) < 0
		    : *text == '\n' ? buf_add_string(out, "\\n") < 0 : buf_add(out, text, 1) < 0)
			return -1;
	return buf_add_string(out, "\"");
}

int flag_node_text(const struct yaml_node *node, struct buf *out)
{
	int is_map = node && node->kind == YAML_MAP;
	if (!node || yaml_is_null(node))
		return buf_add_string(out, "null");
	if (node->kind == YAML_SCALAR)
		return scalar_text(node, out);
	if (buf_add_string(out, is_map ? "{" : "[") < 0)
		return -1;
	for (size_t i = 0; i < node->count; i++) {
		if (i && buf_add_string(out, ", ") < 0)
			return -1;
		if (is_map && (scalar_text(node->keys[i], out) < 0 || buf_add_string(out, ": ") < 0))
			return -1;
		if (flag_node_text(node->items[i], out) < 0)
			return -1;
	}
	return buf_add_string(out, is_map ? "}" : "]");
}

/* The maps as one, the first having the last word. */
static int merged_text(const struct yaml_node *const *maps, size_t count, struct buf *out)
{
	int first = 1;
	if (buf_add_string(out, "{") < 0)
		return -1;
	for (size_t i = count; i-- > 0;) {
		for (size_t k = 0; k < maps[i]->count; k++) {
			const char *key = maps[i]->keys[k]->value;
			const struct yaml_node *below[FLAG_LAYERS];
			size_t depth = 0;
			int was = 0;
			for (size_t j = i + 1; j < count; j++)
				was |= yaml_get(maps[j], key) != NULL;
			if (was)
				continue; /* written with the more general layer */
			for (size_t j = 0; j <= i && depth < FLAG_LAYERS; j++) {
				const struct yaml_node *node = yaml_get(maps[j], key);
				if (node)
					below[depth++] = node;
				if (node && node->kind != YAML_MAP)
					break;
			}
			size_t are_maps = 0;
			while (are_maps < depth && below[are_maps]->kind == YAML_MAP)
				are_maps++;
			if ((!first && buf_add_string(out, ", ") < 0) || scalar_text(maps[i]->keys[k], out) < 0 ||
			    buf_add_string(out, ": ") < 0 ||
			    (are_maps > 1 ? merged_text(below, are_maps, out) : flag_node_text(below[0], out)) < 0)
				return -1;
			first = 0;
		}
	}
	return buf_add_string(out, "}");
}

int flag_value_text(const struct flag_value *value, struct buf *out)
{
	if (value->node && value->node->kind == YAML_MAP && value->merged_count > 1)
		return merged_text(value->merged, value->merged_count, out);
	return flag_node_text(value->node, out);
}

static int same_text(const struct yaml_node *a, const struct yaml_node *b)
{
	struct buf left, right;
	buf_init(&left, 1 << 20);
	buf_init(&right, 1 << 20);
	int same = flag_node_text(a, &left) == 0 && flag_node_text(b, &right) == 0 && strcmp(buf_string(&left), buf_string(&right)) == 0;
	buf_release(&left);
	buf_release(&right);
	return same;
}

int flag_is_on(const struct flag_value *value)
{
	int on = 0;
	if (!value->node)
		return 0;
	if (value->flag->type == FLAG_BOOL)
		return yaml_bool(value->node, &on) == 0 && on;
	if (value->node->kind == YAML_SCALAR && value->flag->fallback && value->flag->fallback->kind == YAML_SCALAR)
		return strcmp(value->node->value, value->flag->fallback->value) != 0;
	return !value->flag->fallback || !same_text(value->node, value->flag->fallback);
}

int flag_holds(const struct flag_scope *scope, const struct flag_condition *condition)
{
	const struct flag *flag = catalog_flag(&scope->tree->catalog, condition->key);
	struct flag_value value;
	if (!flag)
		return 0;
	flag_resolve(scope, flag, &value);
	if (!condition->value)
		return flag_is_on(&value);
	return value.node && value.node->kind == YAML_SCALAR && strcmp(value.node->value, condition->value) == 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with the values. Each file is walked by itself for names and types; then every service
 * is resolved in every environment and region for what holds between flags. What is wrong in a shared
 * file is said once, not once for each service.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/spell.h"
#include "flag/tree.h"

struct lint {
	const struct flag_catalog *catalog;
	struct flag_issues *issues;
	struct map seen; /* "file:line: text" */
	struct vec seen_keys;
};

__attribute__((format(printf, 5, 6))) static void report(struct lint *lint, enum flag_severity severity, const char *file,
                                                          int line, const char *fmt, ...)
{
	struct flag_issues *issues = lint->issues;
	char text[400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	char *key = mem_printf("%s:%d: %s", file, line, text);
	if (map_get(&lint->seen, key)) {
		free(key);
		return;
	}
	map_put(&lint->seen, key, key);
	vec_push(&lint->seen_keys, key);
	issues->items = mem_resize(issues->items, issues->count + 1, sizeof(*issues->items));
	issues->items[issues->count++] = (struct flag_issue){severity, mem_copy_string(file), line, mem_copy_string(text)};
	issues->errors += severity == FLAG_ERROR;
}

static void lint_init(struct lint *lint, const struct flag_catalog *catalog, struct flag_issues *issues)
{
	*lint = (struct lint){.catalog = catalog, .issues = issues};
	map_init(&lint->seen);
	vec_init(&lint->seen_keys);
}

static void lint_release(struct lint *lint)
{
	map_release(&lint->seen);
	for (size_t i = 0; i < lint->seen_keys.len; i++)
		free(lint->seen_keys.items[i]);
	vec_release(&lint->seen_keys);
}

void flag_issues_release(struct flag_issues *issues)
{
	for (size_t i = 0; i < issues->count; i++) {
		free(issues->items[i].file);
		free(issues->items[i].text);
	}
	free(issues->items);
	*issues = (struct flag_issues){0};
}

static void unknown_key(struct lint *lint, const struct flag_file *file, const struct yaml_node *key, const char *path)
{
	const char *names[600];
	size_t count = 0;
	for (size_t i = 0; i < lint->catalog->count && count < 600; i++)
		names[count++] = lint->catalog->flags[i].path;
	const char *near = spell_nearest(path, names, count);
	report(lint, FLAG_ERROR, file->path, key->line, "there is no flag \"%.80s\"%s%s%s", path, near ? "; did you mean \"" : "",
	       near ? near : "", near ? "\"?" : "");
}

static void check_place(struct lint *lint, const struct flag_file *file, const struct flag *flag, const struct yaml_node *node)
{
	struct err err = {0};
	if (!yaml_is_null(node) && flag_check_value(flag, node, &err) < 0)
		report(lint, FLAG_ERROR, file->path, node->line, "%s", err.text);
	if (file->env && flag->envs.count && !texts_hold(&flag->envs, file->env))
		report(lint, FLAG_ERROR, file->path, node->line, "%s may not be set in %s", flag->key, file->env);
	if (file->region && flag->regions.count && !texts_hold(&flag->regions, file->region))
		report(lint, FLAG_ERROR, file->path, node->line, "%s may not be set in %s", flag->key, file->region);
}

/* Every key of a file must lead to a flag, be one, or stand below one that is an object. */
static void walk_keys(struct lint *lint, const struct flag_file *file, const struct yaml_node *map, const char *path, int depth)
{
	for (size_t i = 0; i < map->count && depth < 32; i++) {
		char below[300];
		const char *name = map->keys[i]->value;
		const struct flag *flag = NULL;
		int leads = 0;
		if (!depth && texts_hold(&lint->catalog->others, name))
			continue;
		snprintf(below, sizeof(below), "%s%s%.120s", path, *path ? "." : "", name);
		size_t len = strlen(below);
		for (size_t k = 0; k < lint->catalog->count && !flag; k++) {
			const char *known = lint->catalog->flags[k].path;
			if (strcmp(known, below) == 0)
				flag = &lint->catalog->flags[k];
			leads |= strncmp(known, below, len) == 0 && known[len] == '.';
		}
		if (flag)
			check_place(lint, file, flag, map->items[i]);
		else if (!leads)
			unknown_key(lint, file, map->keys[i], below);
		else if (map->items[i]->kind == YAML_MAP)
			walk_keys(lint, file, map->items[i], below, depth + 1);
		else if (!yaml_is_null(map->items[i]))
			report(lint, FLAG_ERROR, file->path, map->items[i]->line, "%s must be a map of flags", below);
	}
}

static void scope_name(const struct flag_scope *scope, char *out, size_t size)
{
	snprintf(out, size, "%s/%s%s%s", scope->service, scope->env, scope->region ? "/" : "", scope->region ? scope->region : "");
}

static void condition_text(const struct flag_condition *condition, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", condition->key, condition->value ? "=" : "", condition->value ? condition->value : "");
}

static void check_against(struct lint *lint, const struct flag_scope *scope, const struct flag_value *value, const char *key,
                          int strictly)
{
	const struct flag *other = key ? catalog_flag(lint->catalog, key) : NULL;
	struct flag_value limit;
	char where[300];
	if (!other || !value->node || value->node->kind != YAML_SCALAR)
		return;
	flag_resolve(scope, other, &limit);
	if (!limit.node || limit.node->kind != YAML_SCALAR)
		return;
	double number = flag_number(value->flag->type, value->node->value), most = flag_number(other->type, limit.node->value);
	scope_name(scope, where, sizeof(where));
	if (strictly ? number >= most : number > most)
		report(lint, FLAG_ERROR, value->file ? value->file->path : limit.file ? limit.file->path : lint->catalog->name,
		       value->file ? value->line : limit.line, "%s: %s (%.40s) must be %s %s (%.40s)", where, value->flag->key,
		       value->node->value, strictly ? "below" : "at most", other->key, limit.node->value);
}

/* The switch that a setting belongs to: hpa.enabled for hpa.minReplicas. NULL: none, or itself. */
static const struct flag *switch_of(const struct flag_catalog *catalog, const struct flag *flag)
{
	const char *dot = strrchr(flag->key, '.');
	char key[200];
	if (!dot || strcmp(dot, ".enabled") == 0)
		return NULL;
	snprintf(key, sizeof(key), "%.*s.enabled", (int)(dot - flag->key), flag->key);
	return catalog_flag(catalog, key);
}

static void check_flag(struct lint *lint, const struct flag_scope *scope, const struct flag *flag)
{
	const struct flag *above = switch_of(lint->catalog, flag);
	struct flag_value value;
	char where[300], words[160];
	flag_resolve(scope, flag, &value);
	scope_name(scope, where, sizeof(where));
	/* What is switched off may rest at any value. */
	if (!above || flag_holds(scope, &(struct flag_condition){above->key, NULL})) {
		const struct flag_condition limit = {flag->below ? flag->below : flag->at_most, NULL};
		const struct flag *other = limit.key ? catalog_flag(lint->catalog, limit.key) : NULL;
		const struct flag *other_above = other ? switch_of(lint->catalog, other) : NULL;
		if (!other_above || flag_holds(scope, &(struct flag_condition){other_above->key, NULL})) {
			check_against(lint, scope, &value, flag->below, 1);
			check_against(lint, scope, &value, flag->at_most, 0);
		}
	}
	if (!flag_is_on(&value))
		return;
	const char *file = value.file ? value.file->path : lint->catalog->name;
	for (size_t i = 0; i < flag->require_count; i++) {
		condition_text(&flag->requires[i], words, sizeof(words));
		if (!flag_holds(scope, &flag->requires[i]))
			report(lint, FLAG_ERROR, file, value.line, "%s: %s requires %s", where, flag->key, words);
	}
	for (size_t i = 0; i < flag->conflict_count; i++) {
		condition_text(&flag->conflicts[i], words, sizeof(words));
		if (flag_holds(scope, &flag->conflicts[i]))
			report(lint, FLAG_ERROR, file, value.line, "%s: %s conflicts with %s", where, flag->key, words);
	}
}

static void lint_scope(struct lint *lint, const struct flag_scope *scope)
{
	for (size_t i = 0; i < lint->catalog->count; i++)
		check_flag(lint, scope, &lint->catalog->flags[i]);
}

void flag_lint_scope(const struct flag_scope *scope, struct flag_issues *issues)
{
	struct lint lint;
	*issues = (struct flag_issues){0};
	lint_init(&lint, &scope->tree->catalog, issues);
	for (size_t i = 0; i < FLAG_LAYERS; i++) {
		const struct flag_file *file = scope->files[i];
		if (file && file->trouble)
			report(&lint, FLAG_ERROR, file->path, 0, "%s", file->trouble);
		else if (file && file->yaml.root && i >= LAYER_SERVICE)
			walk_keys(&lint, file, file->yaml.root, "", 0);
	}
	lint_scope(&lint, scope);
	lint_release(&lint);
}

static void check_expiry(struct lint *lint, int64_t now_ms)
{
	for (size_t i = 0; i < lint->catalog->count; i++) {
		const struct flag *flag = &lint->catalog->flags[i];
		char full[64];
		int64_t ms;
		if (!flag->expires)
			continue;
		snprintf(full, sizeof(full), "%.40s%s", flag->expires, strlen(flag->expires) == 10 ? "T00:00:00Z" : "");
		if (stamp_parse(full, &ms) == 0 && ms <= now_ms)
			report(lint, FLAG_WARNING, lint->catalog->name, flag->line, "%s expired on %s: remove the flag or its date", flag->key,
			       flag->expires);
	}
}

void flag_lint(const struct flag_tree *tree, int64_t now_ms, struct flag_issues *issues)
{
	struct lint lint;
	*issues = (struct flag_issues){0};
	lint_init(&lint, &tree->catalog, issues);
	for (size_t i = 0; i < tree->files.len; i++) {
		const struct flag_file *file = tree->files.items[i];
		if (file->trouble)
			report(&lint, FLAG_ERROR, file->path, 0, "%s", file->trouble);
		else if (file->yaml.root && file->yaml.root->kind == YAML_MAP)
			walk_keys(&lint, file, file->yaml.root, "", 0);
		if (file->env && tree->catalog.env_count && !catalog_env(&tree->catalog, file->env)) {
			const char *names[64];
			size_t count = 0;
			for (; count < tree->catalog.env_count && count < 64; count++)
				names[count] = tree->catalog.envs[count].name;
			const char *near = spell_nearest(file->env, names, count);
			report(&lint, FLAG_ERROR, file->path, 0, "the catalog has no environment \"%.60s\"%s%s%s", file->env,
			       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		}
	}
	for (size_t s = 0; s < tree->services.len; s++)
		for (size_t e = 0; e < tree->catalog.env_count; e++) {
			const struct flag_env *env = &tree->catalog.envs[e];
			if (!flag_service_in(tree, tree->services.items[s], env->name))
				continue;
			for (size_t r = 0; r < (env->regions.count ? env->regions.count : 1); r++) {
				struct flag_scope scope;
				flag_scope_init(&scope, tree, tree->services.items[s], env->name,
				                env->regions.count ? env->regions.items[r] : NULL);
				lint_scope(&lint, &scope);
			}
		}
	check_expiry(&lint, now_ms);
	lint_release(&lint);
}

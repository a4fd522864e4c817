/* SPDX-License-Identifier: MIT */
/*
 * The catalog's keys are one table: a name, what kind of value it takes, and where that goes in
 * struct flag. What the table does not know is refused, so that a misspelt `conflict` is no silent
 * permission.
 */
#include "flag/catalog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/spell.h"

const char *const flag_type_names[FLAG_TYPES] = {"bool", "int", "enum", "quantity", "duration", "string", "list", "object"};
const char *const flag_risk_names[3] = {"low", "medium", "high"};
const char *const flag_disable_names[3] = {"safe", "drain", "destructive"};
const char *const flag_layer_names[FLAG_LAYERS] = {"catalog", "defaults", "env", "region", "service", "serviceRegion"};

enum value { TAKES_TEXT, TAKES_TEXTS, TAKES_WORD, TAKES_LONG, TAKES_CONDITIONS, TAKES_EFFECTS, TAKES_BOUNDS, TAKES_ANY };

static const struct flag_key {
	const char *name;
	enum value value;
	size_t offset, count_offset; /* count_offset: of conditions and effects; for words, how many there are */
	const char *const *words;
} flag_keys[] = {
    {"key", TAKES_TEXT, offsetof(struct flag, key), 0, NULL},
    {"type", TAKES_WORD, offsetof(struct flag, type), FLAG_TYPES, flag_type_names},
    {"path", TAKES_TEXT, offsetof(struct flag, path), 0, NULL},
    {"file", TAKES_TEXT, offsetof(struct flag, file), 0, NULL},
    {"default", TAKES_ANY, offsetof(struct flag, fallback), 0, NULL},
    {"bounds", TAKES_BOUNDS, 0, 0, NULL},
    {"values", TAKES_TEXTS, offsetof(struct flag, values), 0, NULL},
    {"envs", TAKES_TEXTS, offsetof(struct flag, envs), 0, NULL},
    {"regions", TAKES_TEXTS, offsetof(struct flag, regions), 0, NULL},
    {"crdsRequired", TAKES_TEXTS, offsetof(struct flag, crds), 0, NULL},
    {"requires", TAKES_CONDITIONS, offsetof(struct flag, requires), offsetof(struct flag, require_count), NULL},
    {"conflicts", TAKES_CONDITIONS, offsetof(struct flag, conflicts), offsetof(struct flag, conflict_count), NULL},
    {"effects", TAKES_EFFECTS, offsetof(struct flag, effects), offsetof(struct flag, effect_count), NULL},
    {"disable", TAKES_WORD, offsetof(struct flag, disable), 3, flag_disable_names},
    {"risk", TAKES_WORD, offsetof(struct flag, risk), 3, flag_risk_names},
    {"approvals", TAKES_LONG, offsetof(struct flag, approvals), 0, NULL},
    {"owner", TAKES_TEXT, offsetof(struct flag, owner), 0, NULL},
    {"docs", TAKES_TEXT, offsetof(struct flag, docs), 0, NULL},
    {"expires", TAKES_TEXT, offsetof(struct flag, expires), 0, NULL},
    {"pattern", TAKES_TEXT, offsetof(struct flag, pattern), 0, NULL},
    {"letter", TAKES_TEXT, offsetof(struct flag, letter), 0, NULL},
    {"below", TAKES_TEXT, offsetof(struct flag, below), 0, NULL},
    {"atMost", TAKES_TEXT, offsetof(struct flag, at_most), 0, NULL},
};
enum { KEY_COUNT = sizeof(flag_keys) / sizeof(flag_keys[0]), FLAGS_MAX = 500 };

static int fail_at(const struct flag_catalog *catalog, const struct yaml_node *node, struct err *err, const char *what,
                   const char *word)
{
	return err_set(err, "%s:%d: %s%s%.80s%s", catalog->name, node->line, what, word ? " \"" : "", word ? word : "", word ? "\"" : "");
}

static int fail_unknown(const struct flag_catalog *catalog, const struct yaml_node *node, const char *const *names,
                        size_t count, struct err *err)
{
	const char *near = spell_nearest(node->value, names, count);
	return err_set(err, "%s:%d: \"%.60s\" is not known here%s%s%s", catalog->name, node->line, node->value,
	               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int read_texts(const struct flag_catalog *catalog, const struct yaml_node *node, struct flag_texts *texts, struct err *err)
{
	if (node->kind != YAML_LIST)
		return fail_at(catalog, node, err, "this must be a list of names", NULL);
	const char **items = mem_new_array(node->count + 1, sizeof(*items));
	texts->items = items;
	for (size_t i = 0; i < node->count; i++) {
		if (!(items[i] = yaml_string(node->items[i])))
			return fail_at(catalog, node->items[i], err, "this must be a name", NULL);
		texts->count = i + 1;
	}
	return 0;
}

static int read_word(const struct flag_catalog *catalog, const struct yaml_node *node, const struct flag_key *key,
                     struct flag *flag, struct err *err)
{
	const char *text = yaml_string(node);
	if (!text)
		return fail_at(catalog, node, err, "a word is missing for", key->name);
	for (size_t i = 0; i < key->count_offset; i++)
		if (strcmp(text, key->words[i]) == 0) {
			unsigned value = (unsigned)i; /* enums are as wide as unsigned */
			memcpy((char *)flag + key->offset, &value, sizeof(value));
			return 0;
		}
	return fail_unknown(catalog, node, key->words, key->count_offset, err);
}

/* Conditions point into the tree; "a=b" is cut in a copy that the list owns. */
static int read_conditions(const struct flag_catalog *catalog, const struct yaml_node *node, struct flag_condition **out,
                           size_t *count, struct err *err)
{
	if (node->kind != YAML_LIST)
		return fail_at(catalog, node, err, "this must be a list such as [hpa.enabled, network.zone=dmz]", NULL);
	*out = mem_new_array(node->count + 1, sizeof(**out));
	for (size_t i = 0; i < node->count; i++) {
		const char *text = yaml_string(node->items[i]);
		if (!text || !*text || *text == '=')
			return fail_at(catalog, node->items[i], err, "this must be a flag, or FLAG=VALUE", NULL);
		char *copy = mem_copy_string(text), *equals = strchr(copy, '=');
		if (equals)
			*equals = '\0';
		(*out)[i] = (struct flag_condition){copy, equals ? equals + 1 : NULL};
		*count = i + 1;
	}
	return 0;
}

static int read_effects(const struct flag_catalog *catalog, const struct yaml_node *node, struct flag *flag, struct err *err)
{
	static const char *const names[] = {"gvk", "op", "restartsPods"}, *const ops[] = {"create", "update", "delete"};
	if (node->kind != YAML_LIST)
		return fail_at(catalog, node, err, "effects are a list of maps {gvk, op, restartsPods}", NULL);
	flag->effects = mem_new_array(node->count + 1, sizeof(*flag->effects));
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *map = node->items[i];
		struct flag_effect *effect = &flag->effects[flag->effect_count++];
		if (map->kind != YAML_MAP)
			return fail_at(catalog, map, err, "an effect is a map {gvk, op, restartsPods}", NULL);
		for (size_t k = 0; k < map->count; k++) {
			const char *name = map->keys[k]->value, *text = yaml_string(map->items[k]);
			if (strcmp(name, "gvk") == 0 && text)
				effect->gvk = text;
			else if (strcmp(name, "op") == 0 && text && (!strcmp(text, ops[0]) || !strcmp(text, ops[1]) || !strcmp(text, ops[2])))
				effect->op = text;
			else if (strcmp(name, "restartsPods") != 0 || yaml_bool(map->items[k], &effect->restarts_pods) < 0)
				return fail_unknown(catalog, map->keys[k], names, 3, err);
		}
		if (!effect->gvk || !effect->op)
			return fail_at(catalog, map, err, "an effect needs gvk and op", NULL);
	}
	return 0;
}

static int read_bounds(const struct flag_catalog *catalog, const struct yaml_node *node, struct flag *flag, struct err *err)
{
	static const char *const names[] = {"min", "max"};
	for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
		int is_max = strcmp(node->keys[i]->value, "max") == 0;
		const char *text = yaml_string(node->items[i]);
		double number = text ? flag_number(flag->type, text) : (double)NAN;
		if (!is_max && strcmp(node->keys[i]->value, "min") != 0)
			return fail_unknown(catalog, node->keys[i], names, 2, err);
		if (isnan(number))
			return fail_at(catalog, node->items[i], err, "this bound is no value of the flag's type", NULL);
		*(is_max ? &flag->max : &flag->min) = number;
	}
	return node->kind == YAML_MAP ? 0 : fail_at(catalog, node, err, "bounds are a map {min, max}", NULL);
}

static int read_key(const struct flag_catalog *catalog, const struct flag_key *key, const struct yaml_node *node,
                    struct flag *flag, struct err *err)
{
	void *place = (char *)flag + key->offset;
	const char *text = yaml_string(node);
	switch (key->value) {
	case TAKES_TEXT:
		if (!text)
			return fail_at(catalog, node, err, "a text is missing for", key->name);
		memcpy(place, &text, sizeof(text));
		return 0;
	case TAKES_LONG:
		return yaml_int(node, place) < 0 ? fail_at(catalog, node, err, "a number is missing for", key->name) : 0;
	case TAKES_ANY:
		memcpy(place, &node, sizeof(node));
		return 0;
	case TAKES_TEXTS:
		return read_texts(catalog, node, place, err);
	case TAKES_WORD:
		return read_word(catalog, node, key, flag, err);
	case TAKES_CONDITIONS:
		return read_conditions(catalog, node, place, (size_t *)((char *)flag + key->count_offset), err);
	case TAKES_EFFECTS:
		return read_effects(catalog, node, flag, err);
	default:
		return 0; /* bounds are read when the type is known */
	}
}

static int flag_finish(const struct flag_catalog *catalog, const struct yaml_node *map, struct flag *flag, struct err *err)
{
	const struct yaml_node *bounds = yaml_get(map, "bounds");
	struct err why = {0};
	if (!flag->key || !*flag->key || !yaml_get(map, "type"))
		return fail_at(catalog, map, err, "a flag needs a key and a type", NULL);
	for (size_t i = 0; i + 1 < catalog->count; i++)
		if (strcmp(catalog->flags[i].key, flag->key) == 0)
			return fail_at(catalog, map, err, "this flag was there before:", flag->key);
	flag->path = flag->path ? flag->path : flag->key;
	if (bounds && read_bounds(catalog, bounds, flag, err) < 0)
		return -1;
	if (flag->type == FLAG_ENUM && !flag->values.count)
		return fail_at(catalog, map, err, "an enum needs its values:", flag->key);
	if (flag->file && flag_template_check(flag->file, &why) < 0)
		return fail_at(catalog, map, err, why.text, NULL);
	if (flag->fallback && !yaml_is_null(flag->fallback) && flag_check_value(flag, flag->fallback, &why) < 0)
		return err_set(err, "%s:%d: the default of %s is not valid: %s", catalog->name, flag->fallback->line, flag->key, why.text);
	if (flag->expires) {
		int64_t ms;
		char full[64];
		snprintf(full, sizeof(full), "%.40s%s", flag->expires, strlen(flag->expires) == 10 ? "T00:00:00Z" : "");
		if (stamp_parse(full, &ms) < 0)
			return fail_at(catalog, map, err, "expires must be a date such as 2027-03-31:", flag->key);
	}
	return 0;
}

static int read_flag(struct flag_catalog *catalog, const struct yaml_node *map, struct err *err)
{
	const char *names[KEY_COUNT];
	if (map->kind != YAML_MAP)
		return fail_at(catalog, map, err, "a flag is a map of keys", NULL);
	if (catalog->count == FLAGS_MAX)
		return fail_at(catalog, map, err, "there are more than 500 flags", NULL);
	catalog->flags = mem_resize(catalog->flags, catalog->count + 1, sizeof(*catalog->flags));
	struct flag *flag = &catalog->flags[catalog->count++];
	*flag = (struct flag){.line = map->line, .min = NAN, .max = NAN, .disable = DISABLE_SAFE, .risk = RISK_MEDIUM};
	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = flag_keys[i].name;
	for (size_t i = 0; i < map->count; i++) {
		size_t k = 0;
		while (k < KEY_COUNT && strcmp(names[k], map->keys[i]->value) != 0)
			k++;
		if (k == KEY_COUNT)
			return fail_unknown(catalog, map->keys[i], names, KEY_COUNT, err);
		if (read_key(catalog, &flag_keys[k], map->items[i], flag, err) < 0)
			return -1;
	}
	return flag_finish(catalog, map, flag, err);
}

static int read_layout(struct flag_catalog *catalog, const struct yaml_node *map, struct err *err)
{
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
		const char *text = yaml_string(map->items[i]);
		size_t layer = LAYER_DEFAULTS;
		struct err why = {0};
		while (layer < FLAG_LAYERS && strcmp(flag_layer_names[layer], map->keys[i]->value) != 0)
			layer++;
		if (layer == FLAG_LAYERS)
			return fail_unknown(catalog, map->keys[i], flag_layer_names + 1, FLAG_LAYERS - 1, err);
		if (text && flag_template_check(text, &why) < 0)
			return fail_at(catalog, map->items[i], err, why.text, NULL);
		catalog->layout[layer] = text;
	}
	if (map->kind != YAML_MAP || !catalog->layout[LAYER_SERVICE])
		return fail_at(catalog, map, err, "the layout needs `service`, the file of a service's own values", NULL);
	return strstr(catalog->layout[LAYER_SERVICE], "{service}")
	           ? 0 : fail_at(catalog, map, err, "the layout's `service` must hold {service}", NULL);
}

static int read_env(struct flag_catalog *catalog, const struct yaml_node *map, struct err *err)
{
	static const char *const names[] = {"name", "protected", "regions"};
	catalog->envs = mem_resize(catalog->envs, catalog->env_count + 1, sizeof(*catalog->envs));
	struct flag_env *env = &catalog->envs[catalog->env_count++];
	*env = (struct flag_env){0};
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
		const char *key = map->keys[i]->value;
		const struct yaml_node *node = map->items[i];
		int result = strcmp(key, "name") == 0        ? -!(env->name = yaml_string(node))
		             : strcmp(key, "protected") == 0 ? yaml_bool(node, &env->protected)
		             : strcmp(key, "regions") == 0   ? read_texts(catalog, node, &env->regions, err)
		                                             : fail_unknown(catalog, map->keys[i], names, 3, err);
		if (result < 0)
			return err && err->text[0] ? -1 : fail_at(catalog, node, err, "this is not a value for", key);
	}
	return env->name ? 0 : fail_at(catalog, map, err, "an environment needs a name", NULL);
}

static int read_freeze(struct flag_catalog *catalog, const struct yaml_node *map, struct err *err)
{
	static const char *const names[] = {"from", "to", "environments", "reason"};
	catalog->freezes = mem_resize(catalog->freezes, catalog->freeze_count + 1, sizeof(*catalog->freezes));
	struct flag_freeze *freeze = &catalog->freezes[catalog->freeze_count++];
	*freeze = (struct flag_freeze){.reason = ""};
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
		const char *key = map->keys[i]->value, *text = yaml_string(map->items[i]);
		int result = strcmp(key, "from") == 0         ? (text ? stamp_parse(text, &freeze->from_ms) : -1)
		             : strcmp(key, "to") == 0         ? (text ? stamp_parse(text, &freeze->to_ms) : -1)
		             : strcmp(key, "reason") == 0     ? -!(freeze->reason = text)
		             : strcmp(key, "environments") == 0 ? read_texts(catalog, map->items[i], &freeze->envs, err)
		                                              : fail_unknown(catalog, map->keys[i], names, 4, err);
		if (result < 0)
			return err && err->text[0] ? -1 : fail_at(catalog, map->items[i], err, "this is not a value for", key);
	}
	return freeze->to_ms > freeze->from_ms && freeze->from_ms
	           ? 0 : fail_at(catalog, map, err, "a freeze needs from and to, such as 2026-12-20T00:00:00Z", NULL);
}

static int read_render(struct flag_catalog *catalog, const struct yaml_node *map, struct err *err)
{
	static const char *const names[] = {"chart", "release"};
	struct err why = {0};
	catalog->render_release = "{service}";
	for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
		const char *key = map->keys[i]->value, *text = yaml_string(map->items[i]);
		int is_chart = strcmp(key, "chart") == 0;
		if (!is_chart && strcmp(key, "release") != 0)
			return fail_unknown(catalog, map->keys[i], names, 2, err);
		if (!text || *text == '-' || (is_chart && flag_template_check(text, &why) < 0))
			return fail_at(catalog, map->items[i], err, "this is not a value for", key);
		*(is_chart ? &catalog->render_chart : &catalog->render_release) = text;
	}
	return catalog->render_chart ? 0 : fail_at(catalog, map, err, "render needs the folder of a chart", NULL);
}

static int read_each(struct flag_catalog *catalog, const struct yaml_node *list, struct err *err,
                     int (*read)(struct flag_catalog *catalog, const struct yaml_node *item, struct err *err))
{
	if (list->kind != YAML_LIST)
		return fail_at(catalog, list, err, "this must be a list", NULL);
	for (size_t i = 0; i < list->count; i++)
		if (read(catalog, list->items[i], err) < 0)
			return -1;
	return 0;
}

static int check_names(const struct flag_catalog *catalog, struct err *err)
{
	struct err why = {0};
	for (size_t i = 0; i < catalog->count; i++) {
		const struct flag *flag = &catalog->flags[i];
		const char *others[2] = {flag->below, flag->at_most};
		for (size_t k = 0; k < flag->require_count + flag->conflict_count + 2; k++) {
			const char *key = k < flag->require_count ? flag->requires[k].key
			                  : k < flag->require_count + flag->conflict_count ? flag->conflicts[k - flag->require_count].key
			                  : others[k - flag->require_count - flag->conflict_count];
			if (key && !catalog_need(catalog, key, &why))
				return err_set(err, "%s:%d: of %s: %s", catalog->name, flag->line, flag->key, why.text);
		}
	}
	return 0;
}

static int read_root(struct flag_catalog *catalog, const struct yaml_node *root, struct err *err)
{
	static const char *const names[] = {"version", "layout", "environments", "freezes", "others", "render", "flags"};
	static const char *const usual[FLAG_LAYERS] = {
	    NULL, "platform/defaults.yaml", "platform/env/{env}.yaml", "platform/region/{region}.yaml",
	    "services/{service}/{env}/platform.yaml", "services/{service}/{env}/{region}/platform.yaml"};
	long version = 0;
	if (!root || root->kind != YAML_MAP)
		return err_set(err, "%s: a catalog is a map with version and flags", catalog->name);
	memcpy(catalog->layout, usual, sizeof(usual));
	for (size_t i = 0; i < root->count; i++) {
		const char *key = root->keys[i]->value;
		const struct yaml_node *node = root->items[i];
		int result = strcmp(key, "version") == 0        ? yaml_int(node, &version)
		             : strcmp(key, "layout") == 0       ? (memset(catalog->layout, 0, sizeof(usual)), read_layout(catalog, node, err))
		             : strcmp(key, "environments") == 0 ? read_each(catalog, node, err, read_env)
		             : strcmp(key, "freezes") == 0      ? read_each(catalog, node, err, read_freeze)
		             : strcmp(key, "render") == 0       ? read_render(catalog, node, err)
		             : strcmp(key, "others") == 0       ? read_texts(catalog, node, &catalog->others, err)
		             : strcmp(key, "flags") == 0        ? read_each(catalog, node, err, read_flag)
		                                                : fail_unknown(catalog, root->keys[i], names, 7, err);
		if (result < 0)
			return err && err->text[0] ? -1 : fail_at(catalog, node, err, "this is not a value for", key);
	}
	if (version != 1)
		return err_set(err, "%s: it must say `version: 1`; other versions are not known here", catalog->name);
	return check_names(catalog, err);
}

int catalog_parse(struct flag_catalog *catalog, const char *name, const char *bytes, size_t len, struct err *err)
{
	struct err why = {0}; /* ours, so that whether something was said can be asked */
	*catalog = (struct flag_catalog){.name = mem_copy_string(bytes ? name : "the built-in catalog"), .is_builtin = !bytes};
	if (!bytes) {
		bytes = flag_catalog_builtin;
		len = strlen(bytes);
	}
	if (yaml_parse(&catalog->yaml, catalog->name, bytes, len, &why) == 0 && read_root(catalog, catalog->yaml.root, &why) == 0)
		return 0;
	catalog_release(catalog);
	return err_set(err, "%s", why.text);
}

static void conditions_free(struct flag_condition *conditions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)conditions[i].key);
	free(conditions);
}

void catalog_release(struct flag_catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		struct flag *flag = &catalog->flags[i];
		free((void *)(uintptr_t)flag->values.items);
		free((void *)(uintptr_t)flag->envs.items);
		free((void *)(uintptr_t)flag->regions.items);
		free((void *)(uintptr_t)flag->crds.items);
		conditions_free(flag->requires, flag->require_count);
		conditions_free(flag->conflicts, flag->conflict_count);
		free(flag->effects);
	}
	for (size_t i = 0; i < catalog->env_count; i++)
		free((void *)(uintptr_t)catalog->envs[i].regions.items);
	for (size_t i = 0; i < catalog->freeze_count; i++)
		free((void *)(uintptr_t)catalog->freezes[i].envs.items);
	free((void *)(uintptr_t)catalog->others.items);
	free(catalog->flags);
	free(catalog->envs);
	free(catalog->freezes);
	free(catalog->name);
	yaml_release(&catalog->yaml);
	*catalog = (struct flag_catalog){0};
}

const struct flag *catalog_flag(const struct flag_catalog *catalog, const char *key)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (strcmp(catalog->flags[i].key, key) == 0)
			return &catalog->flags[i];
	return NULL;
}

const struct flag *catalog_need(const struct flag_catalog *catalog, const char *key, struct err *err)
{
	const struct flag *flag = catalog_flag(catalog, key);
	const char *names[FLAGS_MAX];
	if (flag)
		return flag;
	for (size_t i = 0; i < catalog->count; i++)
		names[i] = catalog->flags[i].key;
	const char *near = spell_nearest(key, names, catalog->count);
	err_set(err, "there is no flag \"%.60s\"%s%s%s", key, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

const struct flag_env *catalog_env(const struct flag_catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->env_count; i++)
		if (strcmp(catalog->envs[i].name, name) == 0)
			return &catalog->envs[i];
	return NULL;
}

const struct flag_freeze *catalog_freeze(const struct flag_catalog *catalog, const char *env, int64_t at_ms)
{
	for (size_t i = 0; i < catalog->freeze_count; i++) {
		const struct flag_freeze *freeze = &catalog->freezes[i];
		if (at_ms >= freeze->from_ms && at_ms < freeze->to_ms && (!freeze->envs.count || texts_hold(&freeze->envs, env)))
			return freeze;
	}
	return NULL;
}

int texts_hold(const struct flag_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return 1;
	return 0;
}

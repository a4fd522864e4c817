/* SPDX-License-Identifier: MIT */
/* Intents, and how they are applied to files. */
#include "flag/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/spell.h"
#include "base/utf8.h"
#include "flag/guard.h"
#include "flag/yaml_edit.h"

void flag_change_init(struct flag_change *change)
{
	unsigned char bytes[16];
	*change = (struct flag_change){0};
	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(change->id + 2 * i, 3, "%02x", bytes[i]);
}

static void intent_release(struct flag_intent *intent)
{
	free(intent->key);
	free(intent->service);
	free(intent->env);
	free(intent->region);
	free(intent->from);
	free(intent->to);
	free(intent->file);
	free(intent->path);
}

void flag_change_release(struct flag_change *change)
{
	char *texts[] = {change->reason, change->subject, change->expires, change->guard, change->guard_for, change->reverts,
	                 change->reverts_commit, change->override, change->audit};
	for (size_t i = 0; i < change->count; i++)
		intent_release(&change->items[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(change->items);
	*change = (struct flag_change){0};
}

void flag_intent_scope(const struct flag_intent *intent, char *out, size_t size)
{
	snprintf(out, size, "%s/%s%s%s", intent->service, intent->env, intent->region ? "/" : "", intent->region ? intent->region : "");
}

int flag_scope_split(char *text, const char **service, const char **env, const char **region)
{
	char *first = strchr(text, '/'), *second = first ? strchr(first + 1, '/') : NULL;
	*service = text;
	*env = first ? first + 1 : NULL;
	*region = second ? second + 1 : NULL;
	if (first)
		*first = '\0';
	if (second)
		*second = '\0';
	return !first || !**service || !**env || (second && (!**region || strchr(*region, '/'))) ? -1 : 0;
}

/* What stands at the path in these bytes, as one line; NULL: nothing. -1: the file cannot be read. */
static int value_at(const char *name, const char *bytes, size_t len, const char *path, char **out, struct err *err)
{
	struct yaml yaml;
	char *copy = mem_copy_string(path), *part = copy;
	const struct yaml_node *node;
	struct buf text;
	*out = NULL;
	if (yaml_parse(&yaml, name, bytes ? bytes : "", len, err) < 0) {
		free(copy);
		return -1;
	}
	for (node = yaml.root; node && *part;) {
		size_t dot = strcspn(part, ".");
		int last = part[dot] == '\0';
		part[dot] = '\0';
		node = node->kind == YAML_MAP ? yaml_get(node, part) : NULL;
		part += dot + !last;
	}
	if (node) {
		buf_init(&text, YAML_VALUE_MAX);
		if (flag_node_text(node, &text) == 0)
			*out = mem_copy_string(buf_string(&text));
		buf_release(&text);
	}
	yaml_release(&yaml);
	free(copy);
	return 0;
}

static const char *normal_bool(const char *text)
{
	static const char *const on[] = {"on", "yes", "true"}, *const off[] = {"off", "no", "false"};
	for (size_t i = 0; i < 3; i++) {
		if (strcasecmp(text, on[i]) == 0)
			return "true";
		if (strcasecmp(text, off[i]) == 0)
			return "false";
	}
	return text;
}

/* The value as the file would hold it: its canonical text, checked. */
static int value_check(const struct flag *flag, const char *typed, char **out, struct err *err)
{
	struct yaml yaml;
	struct buf doc, text;
	const char *value = flag->type == FLAG_BOOL ? normal_bool(typed) : typed;
	struct yaml_edit edit = {.name = flag->key, .path = "v", .value = value,
	                         .style = flag->type == FLAG_BOOL || flag->type == FLAG_INT || flag->type == FLAG_LIST || flag->type == FLAG_OBJECT
	                                      ? YAML_AS_PLAIN : flag->type == FLAG_STRING || flag->type == FLAG_ENUM ? YAML_AS_STRING : YAML_AS_TYPED};
	struct yaml_edited done;
	int result = -1;
	buf_init(&doc, YAML_EDIT_MAX);
	buf_init(&text, YAML_VALUE_MAX);
	if (buf_add_string(&doc, "v:\n") < 0 || yaml_edit_set(&doc, &edit, &done, err) < 0)
		goto out;
	if (yaml_parse(&yaml, flag->key, buf_string(&doc), doc.len, err) < 0)
		goto out;
	const struct yaml_node *node = yaml.root ? yaml_get(yaml.root, "v") : NULL;
	result = node ? flag_check_value(flag, node, err) : err_set(err, "%s needs a value", flag->key);
	if (result == 0 && flag_node_text(node, &text) < 0)
		result = err_set(err, "the value of %s is too large", flag->key);
	if (result == 0)
		*out = mem_copy_string(buf_string(&text));
	yaml_release(&yaml);
out:
	buf_release(&doc);
	buf_release(&text);
	return result;
}

static int check_place(const struct flag_tree *tree, const struct flag *flag, const char *service, const char *env,
                       const char *region, struct err *err)
{
	const struct flag_env *known = catalog_env(&tree->catalog, env);
	if (tree->catalog.env_count && !known) {
		const char *names[64];
		size_t count = 0;
		for (; count < tree->catalog.env_count && count < 64; count++)
			names[count] = tree->catalog.envs[count].name;
		const char *near = spell_nearest(env, names, count);
		return err_set(err, "there is no environment \"%.60s\"%s%s%s", env, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	if (!map_get(&tree->service_names, service)) {
		const char *near = spell_nearest(service, (const char *const *)tree->services.items, tree->services.len);
		return err_set(err, "there is no service \"%.80s\" in the repository%s%s%s", service, near ? "; did you mean \"" : "", near ? near : "",
		               near ? "\"?" : "");
	}
	if (!flag_service_in(tree, service, env))
		return err_set(err, "%s has no values in %s: its file there comes first", service, env);
	if (region && known && !texts_hold(&known->regions, region))
		return err_set(err, "%s has no region \"%.60s\"", env, region);
	if (flag->envs.count && !texts_hold(&flag->envs, env))
		return err_set(err, "%s may not be set in %s", flag->key, env);
	if (region && flag->regions.count && !texts_hold(&flag->regions, region))
		return err_set(err, "%s may not be set in %s", flag->key, region);
	return 0;
}

int flag_change_add(struct flag_change *change, const struct flag_tree *tree, const char *key, const char *service,
                    const char *env, const char *region, const char *to, struct err *err)
{
	const struct flag *flag = catalog_need(&tree->catalog, key, err);
	const char *template;
	char *text = NULL, *from = NULL, *path;
	region = region && *region ? region : NULL;
	if (!flag || check_place(tree, flag, service, env, region, err) < 0)
		return -1;
	if (change->count >= FLAG_CHANGE_MAX)
		return err_set(err, "more than %d values in one change are not permitted", FLAG_CHANGE_MAX);
	template = flag->file ? flag->file : tree->catalog.layout[region ? LAYER_SERVICE_REGION : LAYER_SERVICE];
	path = template ? flag_template_fill(template, service, env, region) : NULL;
	if (!path)
		return err_set(err, "the catalog's layout has no file for %s in %s%s%s", service, env, region ? "/" : "", region ? region : "");
	if (git_path_check(path, err) < 0 || (to && value_check(flag, to, &text, err) < 0))
		goto fail;
	const struct flag_file *file = map_get(&tree->by_path, path);
	if (file && file->trouble) {
		err_set(err, "%s; it is not changed", file->trouble);
		goto fail;
	}
	if (file && value_at(path, file->bytes, file->len, flag->path, &from, err) < 0)
		goto fail;
	for (size_t i = 0; i < change->count; i++)
		if (strcmp(change->items[i].file, path) == 0 && strcmp(change->items[i].path, flag->path) == 0) {
			err_set(err, "%s of %s/%s is named twice", key, service, env);
			goto fail;
		}
	change->items = mem_resize(change->items, change->count + 1, sizeof(*change->items));
	change->items[change->count++] = (struct flag_intent){mem_copy_string(key), mem_copy_string(service), mem_copy_string(env),
	    mem_copy_string(region), from, text, path, mem_copy_string(flag->path), flag->type};
	return 0;
fail:
	free(path);
	free(text);
	free(from);
	return -1;
}

int flag_change_set_reason(struct flag_change *change, const char *reason, struct err *err)
{
	size_t len = strlen(reason);
	while (len && strchr(" \t", reason[len - 1]))
		len--;
	if (!len)
		return err_set(err, "a reason is needed: why is this changed?");
	if (len > FLAG_REASON_MAX || !utf8_is_safe(reason, len))
		return err_set(err, "the reason must be one line of at most %d bytes, without control characters", FLAG_REASON_MAX);
	free(change->reason);
	change->reason = mem_copy(reason, len);
	return 0;
}

int flag_change_set_guard(struct flag_change *change, const char *guard, const char *duration, struct err *err)
{
	size_t name = strspn(guard, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
	size_t op = strspn(guard + name, "<>=");
	char *end;
	double number = strtod(guard + name + op, &end);
	if (!name || !op || op > 2 || end == guard + name + op || number < 0 || strlen(guard) > 80 ||
	    (*end && strcmp(end, "%") != 0 && strcmp(end, "ms") != 0 && strcmp(end, "s") != 0))
		return err_set(err, "a guard is a metric and a limit, such as errorRatio<1%% or p99<300ms, not \"%.60s\"", guard);
	enum metric metric;
	int at_most;
	if (flag_guard_parse(guard, &metric, &at_most, &number) < 0)
		return err_set(err, "\"%.60s\" names no metric that is measured: errorRatio, rps, p50, p99, cpuCores, …", guard);
	double seconds = flag_number(FLAG_DURATION, duration);
	if (!(seconds >= 1 && seconds <= 7 * 86400.0))
		return err_set(err, "--for takes a duration of 1s to 7d, such as 10m, not \"%.40s\"", duration);
	free(change->guard);
	free(change->guard_for);
	change->guard = mem_copy_string(guard);
	change->guard_for = mem_copy_string(duration);
	return 0;
}

const char **flag_change_paths(const struct flag_change *change, size_t *count)
{
	const char **paths = mem_new_array(change->count + 1, sizeof(*paths));
	struct map seen;
	map_init(&seen);
	*count = 0;
	for (size_t i = 0; i < change->count; i++) {
		if (map_get(&seen, change->items[i].file))
			continue;
		map_put(&seen, change->items[i].file, change->items[i].file);
		paths[(*count)++] = change->items[i].file;
	}
	map_release(&seen);
	return paths;
}

static int same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Text of a value as flag_node_text writes it, unquoted where it is a string. */
static int edit_value(struct buf *bytes, const struct flag_intent *intent, struct err *err)
{
	struct yaml_edit edit = {.name = intent->file, .path = intent->path, .value = intent->to, .style = YAML_AS_PLAIN};
	struct yaml_edited done;
	char *unquoted = NULL;
	if (!intent->to)
		return yaml_edit_delete(bytes, &edit, &done, err);
	if (intent->type == FLAG_STRING || intent->type == FLAG_ENUM || intent->to[0] == '"') {
		struct yaml yaml;
		edit.style = YAML_AS_STRING;
		if (yaml_parse(&yaml, intent->key, intent->to, strlen(intent->to), err) < 0)
			return -1;
		unquoted = mem_copy_string(yaml.root ? yaml.root->value : "");
		yaml_release(&yaml);
		edit.value = unquoted;
	} else if (intent->type == FLAG_QUANTITY || intent->type == FLAG_DURATION) {
		edit.style = YAML_AS_TYPED;
	}
	struct err why = {0};
	int result = yaml_edit_set(bytes, &edit, &done, &why);
	/* A list or map that stands there as lines is taken out first; both edits are proven. */
	if (result < 0 && (intent->type == FLAG_LIST || intent->type == FLAG_OBJECT) && strstr(why.text, "delete it first") &&
	    yaml_edit_delete(bytes, &edit, &done, &why) == 0)
		result = yaml_edit_set(bytes, &edit, &done, &why);
	free(unquoted);
	return result < 0 ? err_set(err, "%s", why.text) : 0;
}

/* Applies the intents of one file. Returns how many values changed, or -1. */
static long file_apply(const struct flag_change *change, const struct git_before *before, struct buf *bytes, struct err *err)
{
	long changed = 0;
	if (before->bytes && buf_add(bytes, before->bytes, before->len) < 0)
		return err_set(err, "%s is too large", before->path);
	for (size_t i = 0; i < change->count; i++) {
		const struct flag_intent *intent = &change->items[i];
		char *now, scope[600];
		if (strcmp(intent->file, before->path) != 0)
			continue;
		if (value_at(before->path, buf_string(bytes), bytes->len, intent->path, &now, err) < 0)
			return -1;
		int is_so = same_text(now, intent->to), is_as_planned = same_text(now, intent->from);
		if (!is_so && !is_as_planned) {
			flag_intent_scope(intent, scope, sizeof(scope));
			err_set(err, "%s of %s was %s when this was planned and is %s now: somebody changed it meanwhile; nothing was pushed, look and plan again",
			        intent->key, scope, intent->from ? intent->from : "unset", now ? now : "unset");
			free(now);
			return -1;
		}
		free(now);
		if (is_so)
			continue;
		if (edit_value(bytes, intent, err) < 0)
			return -1;
		changed++;
	}
	return changed;
}

int flag_change_apply(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
                      char **message, struct err *err)
{
	const struct flag_change *change = arg;
	(void)base;
	for (size_t i = 0; i < count; i++) {
		struct buf bytes;
		buf_init(&bytes, YAML_EDIT_MAX);
		long changed = file_apply(change, &before[i], &bytes, err);
		if (changed > 0)
			after[i] = (struct git_after){.touched = 1, .bytes = mem_copy(buf_string(&bytes), bytes.len), .len = bytes.len};
		buf_release(&bytes);
		if (changed < 0)
			return -1;
	}
	*message = flag_change_message(change);
	return 0;
}

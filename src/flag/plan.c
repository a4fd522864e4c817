/* SPDX-License-Identifier: MIT */
/*
 * A plan applies the change to the files in memory, with the code that will apply it for the commit,
 * and resolves both trees. So what it shows is what will be written.
 */
#include "flag/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct flag_file *file_of(const struct flag_tree *tree, const char *path)
{
	return map_get(&tree->by_path, path);
}

/* The tree with the change applied, and the diff of its files. */
static int tree_after(struct flag_plan *plan, const struct flag_tree *tree, const struct flag_change *change, struct err *err)
{
	size_t count;
	const char **paths = flag_change_paths(change, &count);
	struct git_before *before = mem_new_array(count + 1, sizeof(*before));
	struct git_after *after = mem_new_array(count + 1, sizeof(*after));
	struct map changed;
	char *message = NULL;
	int result = -1;
	map_init(&changed);
	for (size_t i = 0; i < count; i++) {
		const struct flag_file *file = file_of(tree, paths[i]);
		before[i] = (struct git_before){paths[i], file ? file->bytes : NULL, file ? file->len : 0};
	}
	if (flag_change_apply((void *)(uintptr_t)change, tree->revision, before, after, count, &message, err) < 0)
		goto out;
	plan->after = flag_tree_new();
	/* A catalog that was read once is read again: nothing can go wrong that did not before. */
	const char *bytes = tree->catalog.is_builtin ? NULL : tree->catalog_bytes;
	if (flag_tree_set_catalog(plan->after, tree->catalog.name, bytes, tree->catalog_len, err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (!after[i].touched)
			continue;
		plan->files++;
		map_put(&changed, paths[i], &after[i]);
		if (flag_diff(&plan->diff, paths[i], before[i].bytes, before[i].len, after[i].bytes, after[i].len) < 0) {
			err_set(err, "the diff is too large to show");
			goto out;
		}
		flag_tree_add(plan->after, paths[i], after[i].bytes ? after[i].bytes : "", after[i].len);
	}
	for (size_t i = 0; i < tree->files.len; i++) {
		const struct flag_file *file = tree->files.items[i];
		if (!map_get(&changed, file->path))
			flag_tree_add(plan->after, file->path, file->bytes, file->len);
	}
	flag_tree_finish(plan->after);
	result = 0;
out:
	for (size_t i = 0; i < count; i++)
		free(after[i].bytes);
	map_release(&changed);
	free(message);
	free(before);
	free(after);
	free(paths);
	return result;
}

static char *value_text(const struct flag_tree *tree, const struct flag_intent *intent, int *on)
{
	const struct flag *flag = catalog_flag(&tree->catalog, intent->key);
	struct flag_scope scope;
	struct flag_value value;
	struct buf text;
	buf_init(&text, 1 << 20);
	flag_scope_init(&scope, tree, intent->service, intent->env, intent->region);
	flag_resolve(&scope, flag, &value);
	*on = flag_is_on(&value);
	if (flag_value_text(&value, &text) < 0)
		buf_clear(&text);
	char *copy = mem_copy_string(buf_string(&text));
	buf_release(&text);
	return copy;
}

static void add_unique(struct vec *list, char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->items[i], text) == 0) {
			free(text);
			return;
		}
	vec_push(list, text);
}

/* The switch that a setting belongs to decides whether anything of it is rendered at all. */
static int is_in_force(const struct flag_tree *tree, const struct flag_intent *intent)
{
	const char *dot = strrchr(intent->key, '.');
	char key[200];
	struct flag_scope scope;
	if (!dot || strcmp(dot, ".enabled") == 0)
		return 1;
	snprintf(key, sizeof(key), "%.*s.enabled", (int)(dot - intent->key), intent->key);
	if (!catalog_flag(&tree->catalog, key))
		return 1;
	flag_scope_init(&scope, tree, intent->service, intent->env, intent->region);
	return flag_holds(&scope, &(struct flag_condition){key, NULL});
}

static void add_effects(struct flag_plan *plan, const struct flag *flag, const struct flag_intent *intent, int was_on, int is_on)
{
	char scope[600];
	flag_intent_scope(intent, scope, sizeof(scope));
	if (!is_in_force(plan->after, intent)) {
		add_unique(&plan->warnings, mem_printf("%s: %s takes effect only when its switch is on", scope, flag->key));
		return;
	}
	for (size_t i = 0; i < flag->effect_count; i++) {
		const struct flag_effect *effect = &flag->effects[i];
		const char *kind = strrchr(effect->gvk, '/');
		const char *op = strcmp(effect->op, "create") != 0 ? effect->op : was_on && is_on ? "update" : is_on ? "create" : "delete";
		add_unique(&plan->effects, mem_printf("%s %s: %s%s", op, kind ? kind + 1 : effect->gvk, scope,
		                                      effect->restarts_pods ? " (restarts its pods)" : ""));
		plan->restarts_pods |= effect->restarts_pods;
	}
	if (was_on && !is_on && flag->disable != DISABLE_SAFE) {
		plan->destructive |= flag->disable == DISABLE_DESTRUCTIVE;
		add_unique(&plan->warnings, mem_printf("%s: switching %s off is %s", scope, flag->key,
		                                       flag->disable == DISABLE_DRAIN ? "only safe once its traffic has drained" : "destructive"));
	}
}

static void add_row(struct flag_plan *plan, const struct flag_tree *tree, const struct flag_intent *intent)
{
	const struct flag *flag = catalog_flag(&tree->catalog, intent->key);
	const struct flag_env *env = catalog_env(&tree->catalog, intent->env);
	struct flag_plan_row *row = &plan->rows[plan->count++];
	int was_on, is_on;
	row->intent = intent;
	row->before = value_text(tree, intent, &was_on);
	row->after = value_text(plan->after, intent, &is_on);
	row->same = strcmp(row->before, row->after) == 0;
	row->same_file = (intent->from == intent->to) || (intent->from && intent->to && strcmp(intent->from, intent->to) == 0);
	if (row->same)
		return;
	plan->nothing = 0;
	plan->risk = flag->risk > plan->risk ? flag->risk : plan->risk;
	plan->approvals = flag->approvals > plan->approvals ? flag->approvals : plan->approvals;
	plan->protected |= env && env->protected;
	add_effects(plan, flag, intent, was_on, is_on);
}

static int issue_was(const struct flag_issues *issues, const struct flag_issue *issue)
{
	for (size_t i = 0; i < issues->count; i++)
		if (strcmp(issues->items[i].text, issue->text) == 0)
			return 1;
	return 0;
}

static void add_problems(struct flag_plan *plan, const struct flag_scope *before, const struct flag_scope *after)
{
	struct flag_issues was, is;
	flag_lint_scope(before, &was);
	flag_lint_scope(after, &is);
	for (size_t i = 0; i < is.count; i++) {
		struct flag_issue *issue = &is.items[i];
		if (issue->severity != FLAG_ERROR || issue_was(&was, issue) || issue_was(&plan->problems, issue))
			continue;
		plan->problems.items = mem_resize(plan->problems.items, plan->problems.count + 1, sizeof(*plan->problems.items));
		plan->problems.items[plan->problems.count++] = (struct flag_issue){issue->severity, mem_copy_string(issue->file), issue->line,
		                                                                  mem_copy_string(issue->text)};
		plan->problems.errors++;
	}
	flag_issues_release(&was);
	flag_issues_release(&is);
}

/* A service is looked at in the region of the change, or in all of its environment. */
static void check_scopes(struct flag_plan *plan, const struct flag_tree *tree, const struct flag_intent *intent)
{
	const struct flag_env *env = catalog_env(&tree->catalog, intent->env);
	size_t regions = !intent->region && env ? env->regions.count : 0;
	for (size_t r = 0; r < (regions ? regions : 1); r++) {
		struct flag_scope before, after;
		const char *region = regions ? env->regions.items[r] : intent->region;
		flag_scope_init(&before, tree, intent->service, intent->env, region);
		flag_scope_init(&after, plan->after, intent->service, intent->env, region);
		add_problems(plan, &before, &after);
	}
}

/* Off and on in one commit is the one thing that KEDA's users must not do. */
static void warn_handover(struct flag_plan *plan, const struct flag_change *change)
{
	for (size_t i = 0; i < change->count; i++)
		for (size_t k = 0; k < change->count; k++) {
			const struct flag_intent *a = &change->items[i], *b = &change->items[k];
			if (strcmp(a->key, "hpa.enabled") == 0 && strcmp(b->key, "keda.enabled") == 0 && strcmp(a->service, b->service) == 0 &&
			    strcmp(a->env, b->env) == 0 && a->from && b->to && strcmp(a->from, "true") == 0 && strcmp(b->to, "true") == 0)
				add_unique(&plan->warnings, mem_printf("%s/%s: hpa off and keda on in one commit: one Helm upgrade would delete the "
				                                       "autoscaler that KEDA has just taken over; make two commits", a->service, a->env));
		}
}

int flag_plan_make(struct flag_plan *plan, const struct flag_tree *tree, const struct flag_change *change, int64_t now_ms,
                   struct err *err)
{
	*plan = (struct flag_plan){.nothing = 1};
	buf_init(&plan->diff, 8 << 20);
	vec_init(&plan->effects);
	vec_init(&plan->warnings);
	if (tree_after(plan, tree, change, err) < 0) {
		flag_plan_release(plan);
		return -1;
	}
	plan->rows = mem_new_array(change->count + 1, sizeof(*plan->rows));
	for (size_t i = 0; i < change->count; i++) {
		const struct flag_intent *intent = &change->items[i];
		add_row(plan, tree, intent);
		if (!plan->freeze)
			plan->freeze = catalog_freeze(&tree->catalog, intent->env, now_ms);
		int seen = 0;
		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(change->items[k].service, intent->service) == 0 && strcmp(change->items[k].env, intent->env) == 0 &&
			       strcmp(change->items[k].region ? change->items[k].region : "", intent->region ? intent->region : "") == 0;
		if (!seen)
			check_scopes(plan, tree, intent);
	}
	warn_handover(plan, change);
	return 0;
}

void flag_plan_release(struct flag_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->rows[i].before);
		free(plan->rows[i].after);
	}
	free(plan->rows);
	for (size_t i = 0; i < plan->effects.len; i++)
		free(plan->effects.items[i]);
	for (size_t i = 0; i < plan->warnings.len; i++)
		free(plan->warnings.items[i]);
	vec_release(&plan->effects);
	vec_release(&plan->warnings);
	flag_issues_release(&plan->problems);
	flag_tree_free(plan->after);
	buf_release(&plan->diff);
	*plan = (struct flag_plan){0};
}

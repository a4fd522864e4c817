/* SPDX-License-Identifier: MIT */
#include "flag/revert.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char *flag_value_typed(enum flag_type type, const char *text)
{
	struct yaml yaml;
	char *out;
	if (!text || text[0] != '"' || (type != FLAG_STRING && type != FLAG_ENUM) || yaml_parse(&yaml, "value", text, strlen(text), NULL) < 0)
		return mem_copy_string(text);
	out = mem_copy_string(yaml.root ? yaml.root->value : "");
	yaml_release(&yaml);
	return out;
}

static int same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int flag_revert_make(struct flag_change *change, const struct flag_tree *tree, const struct flag_commit *commit, struct err *err)
{
	flag_change_init(change);
	change->reverts = mem_copy_string(commit->change.id);
	change->reverts_commit = mem_copy_string(commit->sha);
	for (size_t i = 0; i < commit->change.count; i++) {
		const struct flag_intent *done = &commit->change.items[i];
		const struct flag *flag = catalog_need(&tree->catalog, done->key, err);
		char *back = flag ? flag_value_typed(flag->type, done->from) : NULL, scope[600];
		int result = flag ? flag_change_add(change, tree, done->key, done->service, done->env, done->region, back, err) : -1;
		free(back);
		if (result < 0)
			return -1;
		const struct flag_intent *intent = &change->items[change->count - 1];
		if (same(intent->from, done->to) || same(intent->from, intent->to))
			continue;
		flag_intent_scope(intent, scope, sizeof(scope));
		return err_set(err, "%s of %s is %s now and not %s, which %.10s made it: it was changed since, and is not reverted blindly",
		               done->key, scope, intent->from ? intent->from : "unset", done->to ? done->to : "unset", commit->sha);
	}
	return 0;
}

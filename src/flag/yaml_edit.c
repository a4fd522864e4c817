/* SPDX-License-Identifier: MIT */
/*
 * An edit: read, find the place, make one splice, read again, compare. Only what passes the
 * comparison reaches the caller's buffer.
 */
#include "flag/yaml_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "yaml_edit_place.h"

/* What bots write beside values that they own. */
static const char *const marks[] = {"$imagepolicy", "x-release-please", "$helm-docs", "renovate:", "$yaml-bot", "kpt-set:"};

struct work {
	struct edit_tree tree;
	struct edit_path path;
	struct edit_place place;
	struct edit_splice splice;
	size_t document; /* from 0 */
};

/* SOPS seals a file by a MAC over its values. */
static int sops_check(const struct work *work, const struct edit_node *root, struct err *err)
{
	long at = root && root->kind == EDIT_MAP ? edit_map_find(root, "sops") : -1;
	const struct edit_node *sops = at >= 0 ? root->items[at] : NULL;
	if (!sops || sops->kind != EDIT_MAP || edit_map_find(sops, "mac") < 0)
		return 0;
	long only = edit_map_find(sops, "mac_only_encrypted");
	const struct edit_node *value = work->place.found == work->path.count ? work->place.nodes[work->place.found] : NULL;
	if (only < 0 || sops->items[only]->kind != EDIT_SCALAR || strcmp(sops->items[only]->value, "true") != 0)
		return err_set(err, "%s: it is encrypted by SOPS, whose MAC covers every value; change it with sops", work->tree.name);
	if (work->path.steps[0].key && strcmp(work->path.steps[0].key, "sops") == 0)
		return err_set(err, "%s: what SOPS wrote is not changed by hand", work->tree.name);
	if (value && value->kind == EDIT_SCALAR && strncmp(value->value, "ENC[", 4) == 0)
		return err_set(err, "%s:%zu: this value is encrypted by SOPS; change it with sops", work->tree.name, value->line + 1);
	return 0;
}

static int document_choose(struct work *work, size_t wanted, struct err *err)
{
	if (wanted > work->tree.count)
		return err_set(err, "%s: it has %zu documents, no number %zu", work->tree.name, work->tree.count, wanted);
	if (!wanted && work->tree.count > 1)
		return err_set(err, "%s: it has %zu documents; say which one, counted from 1", work->tree.name, work->tree.count);
	work->document = wanted ? wanted - 1 : 0;
	return 0;
}

static void work_release(struct work *work)
{
	buf_release(&work->splice.text);
	edit_path_release(&work->path);
	edit_tree_release(&work->tree);
}

static int work_init(struct work *work, const char *bytes, size_t len, const struct yaml_edit *edit, struct err *err)
{
	*work = (struct work){0};
	buf_init(&work->splice.text, YAML_EDIT_MAX);
	if (edit_path_parse(&work->path, edit->path, err) < 0)
		return -1;
	if (edit_tree_parse(&work->tree, edit->name, bytes, len, err) < 0) {
		edit_path_release(&work->path);
		return -1;
	}
	if (document_choose(work, edit->document, err) == 0 &&
	    edit_place_find(&work->place, &work->tree, &work->tree.documents[work->document], &work->path, err) == 0 &&
	    sops_check(work, work->tree.documents[work->document].root, err) == 0)
		return 0;
	work_release(work);
	return -1;
}

static void warn(const struct work *work, struct yaml_edited *done)
{
	const struct edit_tree *tree = &work->tree;
	size_t from = edit_line_start(tree, work->splice.offset), to = edit_line_end(tree, work->splice.offset);
	char line[400];
	if (!work->splice.removed)
		return; /* a new line is nobody's */
	snprintf(line, sizeof(line), "%.*s", (int)(to - from < 399 ? to - from : 399), tree->bytes + from);
	const char *comment = strchr(line, '#');
	for (size_t i = 0; comment && i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(comment, marks[i]))
			snprintf(done->warning, sizeof(done->warning),
			         "a bot owns this line (%s): it may set its own value again", marks[i]);
}

/* Builds the new bytes, proves them and swaps them in. `text`: the value set, NULL when deleted. */
static int work_finish(struct work *work, struct buf *bytes, const struct yaml_edit *edit, const char *text,
                       struct yaml_edited *done, struct err *err)
{
	const struct edit_splice *splice = &work->splice;
	size_t rest = splice->offset + splice->removed;
	struct edit_tree now = {0};
	struct edit_place place;
	struct buf fresh;
	int result = -1;
	buf_init(&fresh, bytes->max ? bytes->max : YAML_EDIT_MAX);
	if (buf_add(&fresh, work->tree.bytes, splice->offset) < 0 ||
	    buf_add(&fresh, splice->text.data ? splice->text.data : "", splice->text.len) < 0 ||
	    buf_add(&fresh, work->tree.bytes + rest, work->tree.len - rest) < 0) {
		err_set(err, "%s: the file would become too large", edit->name);
		goto out;
	}
	if (edit_tree_parse(&now, edit->name, buf_string(&fresh), fresh.len, err) < 0) {
		err_wrap(err, "the edit of %s would not be readable, nothing was written", edit->path);
		goto out;
	}
	if (edit_compare(&work->tree, &now, work->document, &work->path, text == NULL, err) < 0)
		goto out;
	if (text) {
		if (edit_place_find(&place, &now, &now.documents[work->document], &work->path, err) < 0 ||
		    (place.found != work->path.count && err_set(err, "%s: the value did not arrive at its place", edit->name)))
			goto out;
		struct edit_node bare = *place.nodes[place.found];
		if (bare.kind != EDIT_ALIAS)
			bare.anchor = NULL;
		if (edit_same_value(&bare, text, err) < 0) {
			err_wrap(err, "%s", edit->name);
			goto out;
		}
		if (edit->style == YAML_AS_STRING &&
		    (bare.kind != EDIT_SCALAR || bare.value_len != strlen(edit->value) || strcmp(bare.value, edit->value) != 0)) {
			err_set(err, "%s: the string would not be read back as it was given", edit->name);
			goto out;
		}
	}
	*done = (struct yaml_edited){.offset = splice->offset, .removed = splice->removed, .added = splice->text.len, .line = 1};
	for (size_t i = 0; i < splice->offset; i++)
		done->line += work->tree.bytes[i] == '\n';
	/* A line that is added begins with the break of the one before. */
	if (splice->text.len && strchr("\r\n", splice->text.data[0]))
		done->line++;
	warn(work, done);
	buf_release(bytes);
	*bytes = fresh;
	buf_init(&fresh, 1);
	result = 0;
out:
	edit_tree_release(&now);
	buf_release(&fresh);
	return result;
}

int yaml_edit_set(struct buf *bytes, const struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
{
	struct work work;
	struct buf text;
	int result = -1;
	if (work_init(&work, buf_string(bytes), bytes->len, edit, err) < 0)
		return -1;
	buf_init(&text, YAML_EDIT_MAX);
	int exists = work.place.found == work.path.count;
	const struct edit_node *old = exists ? work.place.nodes[work.place.found] : NULL;
	if (edit_value_write(&text, edit, old, err) < 0)
		goto out;
	if (old && !old->tag && old->kind != EDIT_ALIAS) {
		struct edit_node bare = *old;
		bare.anchor = NULL;
		if (edit_same_value(&bare, buf_string(&text), NULL) == 0) {
			*done = (struct yaml_edited){.offset = old->start, .line = old->line + 1, .unchanged = 1};
			result = 0;
			goto out;
		}
	}
	if (exists ? edit_splice_replace(&work.splice, &work.place, buf_string(&text), err) < 0
	           : edit_splice_insert(&work.splice, &work.place, buf_string(&text), err) < 0)
		goto out;
	result = work_finish(&work, bytes, edit, buf_string(&text), done, err);
out:
	buf_release(&text);
	work_release(&work);
	return result;
}

int yaml_edit_delete(struct buf *bytes, const struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
{
	struct work work;
	int result = -1;
	if (work_init(&work, buf_string(bytes), bytes->len, edit, err) < 0)
		return -1;
	if (work.place.found < work.path.count) {
		*done = (struct yaml_edited){.unchanged = 1};
		result = 0;
		goto out;
	}
	/* What would be left empty goes with it, but for a list's item, whose place others count. */
	size_t depth = work.path.count;
	while (depth > 1 && work.place.nodes[depth - 1]->count == 1 && work.path.steps[depth - 2].key &&
	       work.path.steps[depth - 1].key)
		depth--;
	work.path.count = depth;
	work.place.found = depth;
	if (edit_splice_delete(&work.splice, &work.place, depth, err) < 0)
		goto out;
	result = work_finish(&work, bytes, edit, NULL, done, err);
out:
	work_release(&work);
	return result;
}

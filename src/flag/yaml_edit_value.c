/* SPDX-License-Identifier: MIT */
/*
 * How a value is written. A string is plain only where no reader, of YAML 1.1 or 1.2, could take it
 * for anything else; otherwise it keeps the quotes that stood there, or gets double ones. Booleans
 * are written true and false: YAML 1.1's other words for them (yes, on, ...) are strings to some.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "yaml_edit_tree.h"

int edit_bool_word(const char *word)
{
	static const struct {
		const char *word;
		int value;
	} words[] = {{"true", 1}, {"yes", 1}, {"on", 1}, {"y", 1}, {"false", 0}, {"no", 0}, {"off", 0}, {"n", 0}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].value;
	return -1;
}

/* Whether a plain scalar of this text is a string to every reader and needs no care in any context. */
static int is_plain_string(const char *text)
{
	static const char *const taken[] = {"", "~", "null", "<<", "=", ".", "-", "---", "..."};
	size_t len = strlen(text);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcasecmp(text, taken[i]) == 0)
			return 0;
	if (edit_bool_word(text) >= 0 || !len || len > 200)
		return 0;
	/* What begins like a number may be one, a date or a time: 1_000, 0o17, 12:30, 2026-01-01, .inf. */
	if (isdigit((unsigned char)text[0]) || strchr("+-.", text[0]))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_./-", text[i]) &&
		    !(text[i] == ' ' && i > 0 && i + 1 < len) && !(strchr("@:+=", text[i]) && i > 0 && i + 1 < len &&
		                                                   isalnum((unsigned char)text[i + 1])))
			return 0;
	return 1;
}

static int write_double(struct buf *out, const char *text)
{
	static const struct {
		char byte, letter;
	} escapes[] = {{'"', '"'}, {'\\', '\\'}, {'\n', 'n'}, {'\t', 't'}, {'\r', 'r'}};
	size_t len = strlen(text), used;
	if (buf_add_string(out, "\"") < 0)
		return -1;
	for (size_t at = 0; at < len; at += used) {
		char letter = 0;
		uint32_t code = utf8_decode(text + at, len - at, &used);
		for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
			if (text[at] == escapes[i].byte)
				letter = escapes[i].letter;
		if (letter ? buf_printf(out, "\\%c", letter) < 0
		    : code < 0x20 || code == 0x7f || code == 0x85 || code == 0xa0 || code == 0x2028 || code == 0x2029 ||
		              code == 0xfeff || (code >= 0x80 && code < 0xa0)
		        ? buf_printf(out, "\\u%04x", (unsigned)code) < 0
		        : buf_add(out, text + at, used) < 0)
			return -1;
	}
	return buf_add_string(out, "\"");
}

/* Single quotes hold what is on one line. */
static int write_single(struct buf *out, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at < 0x20 || *at >= 0x7f)
			return write_double(out, text);
	if (buf_add_string(out, "'") < 0)
		return -1;
	for (const char *at = text; *at; at++)
		if (buf_add(out, *at == '\'' ? "''" : at, *at == '\'' ? 2 : 1) < 0)
			return -1;
	return buf_add_string(out, "'");
}

static int write_string(struct buf *out, const char *text, const struct edit_node *old)
{
	enum edit_quote quote = old && old->kind == EDIT_SCALAR ? old->quote : EDIT_PLAIN;
	if (quote == EDIT_SINGLE)
		return write_single(out, text);
	if (quote == EDIT_DOUBLE || !is_plain_string(text))
		return write_double(out, text);
	return buf_add_string(out, text);
}

int edit_key_write(struct buf *out, const char *key)
{
	return is_plain_string(key) ? buf_add_string(out, key) : write_double(out, key);
}

/* Whether the whole tree is free of what would mean something outside of it. */
static int is_self_contained(const struct edit_node *node)
{
	if (node->kind == EDIT_ALIAS || node->anchor || node->tag)
		return 0;
	for (size_t i = 0; i < node->count; i++)
		if (!is_self_contained(node->items[i]) || (node->keys && !is_self_contained(node->keys[i])))
			return 0;
	return 1;
}

/* Whether the text is, by itself and on one line, a flow collection (1), a plain scalar (2), a quoted
 * one (3), or none of these (0). */
static int shape_of(const char *text)
{
	struct edit_tree tree;
	size_t len = strlen(text);
	int shape = 0;
	if (!len || text[strcspn(text, "\r\n")] || edit_tree_parse(&tree, "value", text, len, NULL) < 0)
		return 0;
	const struct edit_node *root = tree.count == 1 ? tree.documents[0].root : NULL;
	if (root && root->start == 0 && root->content_end == len && is_self_contained(root)) {
		if (root->kind == EDIT_SCALAR)
			shape = root->quote == EDIT_PLAIN ? 2 : root->quote == EDIT_BLOCK ? 0 : 3;
		else
			shape = root->flow ? 1 : 0;
	}
	edit_tree_release(&tree);
	return shape;
}

static int write_typed(struct buf *out, const char *text, const struct edit_node *old)
{
	int shape = shape_of(text), word = edit_bool_word(text);
	int was_quoted = old && old->kind == EDIT_SCALAR && (old->quote == EDIT_SINGLE || old->quote == EDIT_DOUBLE);
	if (shape == 1 || shape == 3)
		return buf_add_string(out, text);
	if (was_quoted || shape == 0)
		return write_string(out, text, old);
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return buf_add_string(out, text);
	if (word >= 0 && old && old->kind == EDIT_SCALAR && edit_bool_word(old->value) >= 0)
		return buf_add_string(out, word ? "true" : "false");
	if (word >= 0 || text[strcspn(text, ",[]{}:#")])
		return write_string(out, text, old);
	return buf_add_string(out, text);
}

int edit_value_write(struct buf *out, const struct yaml_edit *edit, const struct edit_node *old, struct err *err)
{
	const char *text = edit->value;
	int result, shape;
	if (strlen(text) > YAML_VALUE_MAX)
		return err_set(err, "%s: the value for %s is larger than 64 KiB", edit->name, edit->path);
	for (size_t at = 0, used, len = strlen(text); at < len; at += used)
		if (utf8_decode(text + at, len - at, &used) == 0xfffd && used == 1)
			return err_set(err, "%s: the value for %s is not UTF-8", edit->name, edit->path);
	if (edit->style == YAML_AS_PLAIN) {
		shape = shape_of(text);
		if (shape == 0 || shape == 3 || (shape == 2 && text[strcspn(text, ",[]{}")]))
			return err_set(err, "%s: \"%.60s\" cannot be written as it is; write one value on one line", edit->name, text);
		result = buf_add_string(out, text);
	} else {
		result = edit->style == YAML_AS_STRING ? write_string(out, text, old) : write_typed(out, text, old);
	}
	return result < 0 ? err_set(err, "%s: the value for %s is too large", edit->name, edit->path) : 0;
}

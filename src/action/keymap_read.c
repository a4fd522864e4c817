/* SPDX-License-Identifier: MIT */
/* Keymaps from YAML. Every refusal names the line, what is wrong with it and what was meant. */
#include <stdio.h>
#include <string.h>

#include "action/bindings.h"
#include "base/spell.h"
#include "base/yaml.h"
#include "term/embedded.h"

static const char *const known[] = {"vim", "k9s"};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

/* One keymap being read. */
struct reader {
	struct keymap *keymap;
	const char *file;
};

static const char *meant(const char *nearest, char *room, size_t size)
{
	room[0] = 0;
	if (nearest)
		snprintf(room, size, " Did you mean \"%s\"?", nearest);
	return room;
}

static int sequence_parse(const struct reader *reader, const struct yaml_node *node,
                          struct sequence *sequence, struct err *err)
{
	const char *text = node->value;

	memset(sequence, 0, sizeof(*sequence));
	while (*text) {
		char name[64];
		size_t len = strcspn(text, " ");
		if (sequence->count == KEYMAP_SEQUENCE)
			return err_set(err, "%s:%d: \"%s\" is too long: a sequence has at most %d keys.",
			               reader->file, node->line, node->value, KEYMAP_SEQUENCE);
		snprintf(name, sizeof(name), "%.*s", (int)(len < 60 ? len : 60), text);
		if (len > 0 && key_parse(name, &sequence->keys[sequence->count++], err) < 0)
			return err_wrap(err, "%s:%d", reader->file, node->line);
		text += len + (text[len] == ' ');
	}
	if (sequence->count == 0)
		return err_set(err, "%s:%d: a key is missing before the action. The blank is called Space.",
		               reader->file, node->line);
	return 0;
}

static int action_parse(const struct reader *reader, const struct yaml_node *node, enum action_id *id,
                        struct err *err)
{
	const char *name = yaml_string(node);
	char hint[96];

	*id = name ? action_find(name) : ACTION_NONE;
	if (*id != ACTION_NONE)
		return 0;
	return err_set(err, "%s:%d: there is no action \"%s\".%s", reader->file, node->line, name ? name : "",
	               name ? meant(action_nearest(name), hint, sizeof(hint)) : "");
}

static int scope_allows(const struct action *action, unsigned bit)
{
	return (action->scopes & bit) || (action->scopes & SCOPE_GLOBAL);
}

/* Decides between the new binding and those it meets in its scope; 1: it may be added. */
static int binding_settle(struct reader *reader, const struct binding *binding, const char *keys,
                          struct err *err)
{
	struct keymap *keymap = reader->keymap;

	for (size_t i = keymap->count; i-- > 0;) {
		const struct binding *other = &keymap->bindings[i];
		if (other->scope != binding->scope ||
		    !sequence_overlaps(&other->sequence, &binding->sequence))
			continue;
		if (!other->inherited && other->width == binding->width)
			return err_set(err, "%s:%d: \"%s\" is bound already in %s: to %s, in line %d.%s",
			               reader->file, binding->line, keys, scope_name(binding->scope),
			               action_get(other->action)->name, other->line,
			               other->sequence.count == binding->sequence.count
			                   ? ""
			                   : " A key cannot both act and begin a sequence.");
		/* The narrower scope wins, whichever was written first. */
		if (!other->inherited && other->width < binding->width)
			return 0;
		binding_remove(keymap, i);
	}
	return 1;
}

static void binding_take_back(struct keymap *keymap, unsigned scopes, const struct sequence *sequence)
{
	for (size_t i = keymap->count; i-- > 0;) {
		const struct binding *other = &keymap->bindings[i];
		if (other->inherited && (other->scope & scopes) && other->sequence.count == sequence->count &&
		    sequence_overlaps(&other->sequence, sequence))
			binding_remove(keymap, i);
	}
}

static int binding_read(struct reader *reader, unsigned scopes, const struct yaml_node *key,
                        const struct yaml_node *value, struct err *err)
{
	struct binding binding = {.width = __builtin_popcount(scopes), .line = key->line};
	const struct action *action;

	if (sequence_parse(reader, key, &binding.sequence, err) < 0)
		return -1;
	if (value->plain && strcmp(value->value, "none") == 0) {
		binding_take_back(reader->keymap, scopes, &binding.sequence);
		return 0;
	}
	if (action_parse(reader, value, &binding.action, err) < 0)
		return -1;
	action = action_get(binding.action);
	for (unsigned bit = 1; bit < 1u << SCOPE_BITS; bit <<= 1) {
		int settled;
		if (!(scopes & bit))
			continue;
		if (!scope_allows(action, bit))
			return err_set(err, "%s:%d: %s does not work in %s.", reader->file, value->line,
			               action->name, scope_name(bit));
		binding.scope = bit;
		settled = binding_settle(reader, &binding, key->value, err);
		if (settled < 0)
			return -1;
		if (settled)
			binding_add(reader->keymap, &binding);
	}
	return 0;
}

static int scope_read(struct reader *reader, const struct yaml_node *key, const struct yaml_node *node,
                      struct err *err)
{
	unsigned scopes = scope_find(key->value);
	char hint[64];

	if (!scopes)
		return err_set(err, "%s:%d: there is no scope \"%s\".%s", reader->file, key->line, key->value,
		               meant(scope_nearest(key->value), hint, sizeof(hint)));
	if (yaml_is_null(node))
		return 0;
	if (node->kind != YAML_MAP)
		return err_set(err, "%s:%d: a scope is a map from keys to actions, such as {q: app.quit}.",
		               reader->file, node->line);
	for (size_t i = 0; i < node->count; i++)
		if (binding_read(reader, scopes, node->keys[i], node->items[i], err) < 0)
			return -1;
	return 0;
}

static int unbound_read(struct reader *reader, const struct yaml_node *node, struct err *err)
{
	enum action_id id;

	if (node->kind != YAML_LIST)
		return err_set(err, "%s:%d: unbound is a list of actions.", reader->file, node->line);
	for (size_t i = 0; i < node->count; i++) {
		if (action_parse(reader, node->items[i], &id, err) < 0)
			return -1;
		for (size_t j = 0; j < reader->keymap->count; j++)
			if (reader->keymap->bindings[j].action == id)
				return err_set(err, "%s:%d: %s is listed as unbound, and has a key%s.",
				               reader->file, node->items[i]->line, node->items[i]->value,
				               reader->keymap->bindings[j].inherited
				                   ? " by `extends`; set that to none"
				                   : "");
		reader->keymap->unbound[id] = 1;
	}
	return 0;
}

static int extends_read(struct reader *reader, const struct yaml_node *node, struct err *err)
{
	const char *name = yaml_string(node);
	struct keymap *from;

	/* Only names, and what is compiled in is tested: no cycles. */
	if (!name || strchr(name, '/') || strcmp(reader->file, "keymaps/vim.yaml") == 0)
		return err_set(err, "%s:%d: extends takes the name of a keymap, such as vim.", reader->file,
		               node->line);
	from = keymap_load(name, err);
	if (!from)
		return err_wrap(err, "%s:%d", reader->file, node->line);
	for (size_t i = 0; i < from->count; i++) {
		from->bindings[i].inherited = 1;
		binding_add(reader->keymap, &from->bindings[i]);
	}
	memcpy(reader->keymap->unbound, from->unbound, sizeof(from->unbound));
	keymap_free(from);
	return 0;
}

static int document_read(struct reader *reader, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *extends = root ? yaml_get(root, "extends") : NULL;
	const struct yaml_node *unbound = root ? yaml_get(root, "unbound") : NULL;

	if (!root || root->kind != YAML_MAP)
		return err_set(err, "%s:%d: a keymap is a map from scopes to keys.", reader->file,
		               root ? root->line : 1);
	if (extends && extends_read(reader, extends, err) < 0)
		return -1;
	for (size_t i = 0; i < root->count; i++) {
		const char *name = root->keys[i]->value;
		if (strcmp(name, "extends") == 0 || strcmp(name, "unbound") == 0)
			continue;
		if (scope_read(reader, root->keys[i], root->items[i], err) < 0)
			return -1;
	}
	/* Last: what it lists must have no key by then. */
	if (unbound && unbound_read(reader, unbound, err) < 0)
		return -1;
	for (size_t i = 0; i < reader->keymap->count; i++)
		reader->keymap->unbound[reader->keymap->bindings[i].action] = 0;
	return 0;
}

static struct keymap *yaml_read(struct yaml *yaml, const char *file, struct err *err)
{
	struct reader reader = {.keymap = keymap_new(), .file = file};

	if (document_read(&reader, yaml->root, err) < 0) {
		keymap_free(reader.keymap);
		reader.keymap = NULL;
	}
	yaml_release(yaml);
	return reader.keymap;
}

struct keymap *keymap_parse(const char *name, const char *bytes, size_t len, struct err *err)
{
	struct yaml yaml;

	return yaml_parse(&yaml, name, bytes, len, err) < 0 ? NULL : yaml_read(&yaml, name, err);
}

const char *keymap_name(size_t index)
{
	return index < KNOWN ? known[index] : NULL;
}

struct keymap *keymap_load(const char *which, struct err *err)
{
	size_t len = strlen(which);
	char path[96], hint[64];
	const char *text;
	struct yaml yaml;

	if (strchr(which, '/') || (len >= 5 && strcmp(which + len - 5, ".yaml") == 0))
		return yaml_parse_file(&yaml, which, err) < 0 ? NULL : yaml_read(&yaml, which, err);
	snprintf(path, sizeof(path), "keymaps/%.64s.yaml", which);
	text = embedded_find(path);
	if (text)
		return keymap_parse(path, text, strlen(text), err);
	err_set(
	    err,
	    "There is no keymap \"%s\".%s Known are vim and k9s; one of your own is given as the path of a "
	    "file that ends in .yaml.",
	    which, meant(spell_nearest(which, known, KNOWN), hint, sizeof(hint)));
	return NULL;
}

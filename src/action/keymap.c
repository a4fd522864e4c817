/* SPDX-License-Identifier: MIT */
/*
 * The bindings: one row for each scope and sequence. A keymap has some two hundred of them and is
 * asked once a key, so a list that is searched is all it takes.
 */
#include "action/keymap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/bindings.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

struct keymap *keymap_new(void)
{
	return mem_new(sizeof(struct keymap));
}

void keymap_free(struct keymap *keymap)
{
	if (!keymap)
		return;
	free(keymap->bindings);
	free(keymap);
}

static int sequence_begins(const struct sequence *sequence, const struct key *keys, size_t count)
{
	if (count > sequence->count)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!key_equal(sequence->keys[i], keys[i]))
			return 0;
	return 1;
}

int sequence_overlaps(const struct sequence *a, const struct sequence *b)
{
	return sequence_begins(a, b->keys, b->count) || sequence_begins(b, a->keys, a->count);
}

void binding_remove(struct keymap *keymap, size_t index)
{
	keymap->bindings[index] = keymap->bindings[--keymap->count];
}

void binding_add(struct keymap *keymap, const struct binding *binding)
{
	if (keymap->count == keymap->room) {
		keymap->room = keymap->room ? 2 * keymap->room : 128;
		keymap->bindings = mem_resize(keymap->bindings, keymap->room, sizeof(*keymap->bindings));
	}
	keymap->bindings[keymap->count++] = *binding;
}

/* The action of exactly these keys; *longer when they begin a sequence. The innermost scope that
 * knows them decides. */
static enum action_id keys_find(const struct keymap *keymap, const unsigned *scopes, size_t count,
                                const struct keymap_pending *pending, int *longer)
{
	*longer = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < keymap->count; j++) {
			const struct binding *binding = &keymap->bindings[j];
			if (binding->scope != scopes[i] ||
			    !sequence_begins(&binding->sequence, pending->keys, pending->count))
				continue;
			if (binding->sequence.count == pending->count)
				return binding->action;
			*longer = 1;
			return ACTION_NONE;
		}
	return ACTION_NONE;
}

enum action_id keymap_lookup(const struct keymap *keymap, const unsigned *scopes, size_t count,
                             struct key key, struct keymap_pending *pending)
{
	enum action_id action;
	int longer;

	if (pending->count > 0 && key.code == KEYCODE_ESC) {
		pending->count = 0;
		return ACTION_NONE;
	}
	if (pending->count == KEYMAP_SEQUENCE)
		pending->count = 0;
	pending->keys[pending->count++] = key;
	action = keys_find(keymap, scopes, count, pending, &longer);
	if (action == ACTION_NONE && !longer && pending->count > 1) {
		pending->keys[0] = key;
		pending->count = 1;
		action = keys_find(keymap, scopes, count, pending, &longer);
	}
	if (!longer)
		pending->count = 0;
	return action;
}

static void sequence_format(const struct sequence *sequence, char *out, size_t size)
{
	struct text text = text_in(out, size);
	char name[KEY_NAME_MAX];

	for (size_t i = 0; i < sequence->count; i++) {
		key_format(sequence->keys[i], name);
		text_printf(&text, "%s%s", i > 0 ? " " : "", name);
	}
}

static int binding_fits(const struct binding *binding, enum action_id id, unsigned scopes)
{
	return binding->action == id && (binding->scope & scopes);
}

int keymap_hint(const struct keymap *keymap, enum action_id id, unsigned scopes, char out[KEYMAP_HINT])
{
	int best = -1;

	out[0] = 0;
	for (size_t i = 0; i < keymap->count; i++) {
		char name[KEYMAP_HINT];
		int cells;
		if (!binding_fits(&keymap->bindings[i], id, scopes))
			continue;
		sequence_format(&keymap->bindings[i].sequence, name, sizeof(name));
		cells = utf8_cells(name);
		/* Equal ones by their order, so that the answer does not depend on how the list lies. */
		if (best < 0 || cells < best || (cells == best && strcmp(name, out) < 0)) {
			best = cells;
			memcpy(out, name, sizeof(name));
		}
	}
	return best < 0 ? -1 : 0;
}

void keymap_keys(const struct keymap *keymap, enum action_id id, unsigned scopes, char *out, size_t size)
{
	struct text text = text_in(out, size);
	char seen[16][KEYMAP_HINT];
	size_t count = 0;

	for (size_t i = 0; i < keymap->count && count < 16; i++) {
		size_t at = count, same = 0;
		if (!binding_fits(&keymap->bindings[i], id, scopes))
			continue;
		sequence_format(&keymap->bindings[i].sequence, seen[count], KEYMAP_HINT);
		while (same < count && strcmp(seen[same], seen[count]) != 0)
			same++;
		if (same < count)
			continue;
		/* Insert it where it belongs: the shortest first. */
		for (; at > 0 && strlen(seen[at - 1]) > strlen(seen[at]); at--) {
			char swap[KEYMAP_HINT];
			memcpy(swap, seen[at], KEYMAP_HINT);
			memcpy(seen[at], seen[at - 1], KEYMAP_HINT);
			memcpy(seen[at - 1], swap, KEYMAP_HINT);
		}
		count++;
	}
	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s%s", i > 0 ? ", " : "", seen[i]);
}

int keymap_is_unbound(const struct keymap *keymap, enum action_id id)
{
	return id > ACTION_NONE && id < ACTION_COUNT && keymap->unbound[id];
}

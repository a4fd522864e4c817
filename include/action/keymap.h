/* SPDX-License-Identifier: MIT */
#ifndef ACTION_KEYMAP_H
#define ACTION_KEYMAP_H

#include <stddef.h>

#include "action/action.h"
#include "base/err.h"
#include "term/keys.h"

/*
 * Keys to actions, from YAML:
 *
 *	extends: vim              # optional: start from another keymap
 *	global:
 *	  q: app.quit
 *	list:
 *	  g g: move.first         # a sequence of up to KEYMAP_SEQUENCE keys
 *	  x: none                 # takes back what `extends` brought
 *	unbound: [mark.next]      # deliberately without a key
 *
 * A scope's name may be a group ("pager", "move"): it binds in each of its scopes. Refused with
 * file:line and, where one is near, the name that was meant: unknown scopes, actions and keys, an
 * action in a scope where it does not work, a key bound twice in a scope (a narrower scope may bind
 * it anew), a sequence that begins with another bound one.
 */
enum { KEYMAP_SEQUENCE = 3 };

struct keymap;

/* `which` is a name ("vim") or, with a '/' or ending in .yaml, a file. */
struct keymap *keymap_load(const char *which, struct err *err);
struct keymap *keymap_parse(const char *name, const char *bytes, size_t len, struct err *err);
void keymap_free(struct keymap *keymap);
const char *keymap_name(size_t index); /* of those compiled in; NULL past the last */

/* Keys of a sequence that is not complete yet. Zero-initialise. */
struct keymap_pending {
	struct key keys[KEYMAP_SEQUENCE];
	size_t count;
};

/*
 * The action of a key, the scopes that hold given from the innermost outwards (each one bit).
 * While a sequence is not complete ACTION_NONE comes back with pending->count above 0. Esc drops it;
 * so does a key that leads nowhere, which then counts by itself.
 */
enum action_id keymap_lookup(const struct keymap *keymap, const unsigned *scopes, size_t count,
                             struct key key, struct keymap_pending *pending);

enum { KEYMAP_HINT = 48 };
/* The shortest key of an action in those scopes (bits): "f", "g g". -1: none, out is "". */
int keymap_hint(const struct keymap *keymap, enum action_id id, unsigned scopes, char out[KEYMAP_HINT]);
/* All of its keys there: "j, Down". */
void keymap_keys(const struct keymap *keymap, enum action_id id, unsigned scopes, char *out, size_t size);
int keymap_is_unbound(const struct keymap *keymap, enum action_id id); /* listed under unbound */

#endif

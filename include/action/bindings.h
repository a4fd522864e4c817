/* SPDX-License-Identifier: MIT */
#ifndef ACTION_BINDINGS_H
#define ACTION_BINDINGS_H

#include "action/keymap.h"

/* What a keymap is made of. Shared by the file that reads one and the file that asks it. */
struct sequence {
	struct key keys[KEYMAP_SEQUENCE];
	size_t count;
};

struct binding {
	unsigned scope; /* one bit */
	struct sequence sequence;
	enum action_id action;
	int width;     /* of how many scopes the group was that it was written for */
	int inherited; /* from `extends` */
	int line;      /* where it was written */
};

struct keymap {
	struct binding *bindings;
	size_t count, room;
	char unbound[ACTION_COUNT];
};

struct keymap *keymap_new(void);
/* One of the two begins with the other, or they are equal. */
int sequence_overlaps(const struct sequence *a, const struct sequence *b);
void binding_add(struct keymap *keymap, const struct binding *binding);
void binding_remove(struct keymap *keymap, size_t index);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include <stddef.h>

#include "model/resource.h"

/*
 * How objects of a kind are made whole and let go: where their interned strings are, and what else
 * they own. One row a kind, in object.c and flux_shape.c.
 */
struct shape {
	const size_t *words; /* offsets of const char * in the kind's struct, ended by 0; NULL: none */
	void (*release)(struct intern *pool, struct object *object); /* what `words` does not say; may be NULL */
	void (*complete)(struct object *object); /* strings of parts that are NULL become ""; may be NULL */
};

extern const struct shape flux_shapes[OBJECT_KINDS]; /* of the kinds that begin with a struct resource */

struct argo_rollout;
void resource_release(struct intern *pool, struct resource *resource); /* the head's own, not the object */
void resource_complete(struct resource *resource);
void condition_release(struct intern *pool, struct condition *condition);
void condition_complete(struct condition *condition);
void argo_release(struct intern *pool, struct argo_rollout *argo); /* and frees it; NULL is fine */
void argo_complete(struct argo_rollout *argo);
void word_complete(const char **word);
void ref_complete(struct object_ref *ref);

/* The i-th interned string of an object that `offsets` names, or NULL past the last. */
static inline const char **shape_word(const size_t *offsets, void *base, size_t i)
{
	return offsets && offsets[i] ? (const char **)(void *)((char *)base + offsets[i]) : NULL;
}

#define REF_WORDS(type, field) \
	offsetof(type, field.kind), offsetof(type, field.namespace), offsetof(type, field.name)

#endif

/* SPDX-License-Identifier: MIT */
/* The head that all reconciled objects share. */
#include "model/resource.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/owner.h"
#include "shape.h"

static const struct condition absent = {.status = ' ', .reason = ""};

static const size_t words[] = {offsetof(struct resource, finalizers), offsetof(struct resource, requested),
	offsetof(struct resource, handled), REF_WORDS(struct resource, applied_by), REF_WORDS(struct resource, owner),
	offsetof(struct resource, owner_uid), 0};

const struct condition *resource_condition(const struct resource *resource, const char *type)
{
	for (uint16_t i = 0; i < resource->condition_count; i++)
		if (strcmp(resource->conditions[i].type, type) == 0)
			return &resource->conditions[i].is;
	return &absent;
}

int resource_is_observed(const struct resource *resource)
{
	return resource->observed < 0 ? resource->has_status : resource->observed == resource->generation;
}

const struct resource *resource_of(const struct object *object)
{
	return object && kind_is_resource(object->kind) ? (const struct resource *)object : NULL;
}

void ref_release(struct intern *pool, struct object_ref *ref)
{
	intern_drop(pool, ref->kind);
	intern_drop(pool, ref->namespace);
	intern_drop(pool, ref->name);
}

void ref_complete(struct object_ref *ref)
{
	word_complete(&ref->kind);
	word_complete(&ref->namespace);
	word_complete(&ref->name);
}

void hold_free(struct intern *pool, struct hold *hold)
{
	if (!hold)
		return;
	intern_drop(pool, hold->by);
	intern_drop(pool, hold->why);
	intern_drop(pool, hold->manager);
	free(hold);
}

void resource_release(struct intern *pool, struct resource *resource)
{
	const char **word;
	for (size_t i = 0; (word = shape_word(words, resource, i)); i++)
		intern_drop(pool, *word);
	for (uint16_t i = 0; i < resource->condition_count; i++) {
		intern_drop(pool, resource->conditions[i].type);
		condition_release(pool, &resource->conditions[i].is);
	}
	free(resource->conditions);
	hold_free(pool, resource->hold);
}

void resource_complete(struct resource *resource)
{
	const char **word;
	for (size_t i = 0; (word = shape_word(words, resource, i)); i++)
		word_complete(word);
	for (uint16_t i = 0; i < resource->condition_count; i++) {
		word_complete(&resource->conditions[i].type);
		condition_complete(&resource->conditions[i].is);
	}
	if (!resource->hold)
		return;
	word_complete(&resource->hold->by);
	word_complete(&resource->hold->why);
	word_complete(&resource->hold->manager);
}

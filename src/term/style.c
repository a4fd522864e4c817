/* SPDX-License-Identifier: MIT */
/* The table of elements, from include/term/elements.def. */
#include "term/style.h"

#include <stddef.h>

#include "term/theme.h"

static const struct {
	const char *name;
	unsigned mono;
	const char *help;
} elements[ELEMENT_COUNT] = {
#define ELEMENT(id, name, mono, help) [STYLE_##id] = {name, mono, help},
#include "term/elements.def"
#undef ELEMENT
};

/* Two of them and nothing else fit into a style. */
_Static_assert(ELEMENT_COUNT <= 256, "an element must fit into a byte");
_Static_assert(STYLE_TEXT == 0, "style_above relies on it");

const char *element_name(enum element element)
{
	return element < ELEMENT_COUNT ? elements[element].name : NULL;
}

unsigned element_mono(enum element element)
{
	return element < ELEMENT_COUNT ? elements[element].mono : 0;
}

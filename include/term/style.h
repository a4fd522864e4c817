/* SPDX-License-Identifier: MIT */
#ifndef TERM_STYLE_H
#define TERM_STYLE_H

#include <stdint.h>

/*
 * Styles by meaning. A style is an element, optionally with a second one laid over it:
 *
 *	STYLE_OK                                    a healthy word
 *	style_over(STYLE_OK, STYLE_SELECTED)        the same in the selected row
 *
 * The element above gives what its look names (ground, colour of the letters) and adds its
 * attributes; the rest stays that of the element below, so a state keeps its colour in a selected
 * row. An enum element is a style by itself.
 */
enum element {
#define ELEMENT(id, name, mono, help) STYLE_##id,
#include "term/elements.def"
#undef ELEMENT
	ELEMENT_COUNT
};

static inline uint16_t style_over(uint16_t below, uint16_t above)
{
	return (uint16_t)((below & 0xff) | (above & 0xff) << 8);
}

static inline enum element style_below(uint16_t style)
{
	return (enum element)(style & 0xff);
}

/* STYLE_TEXT when nothing lies above. */
static inline enum element style_above(uint16_t style)
{
	return (enum element)(style >> 8);
}

const char *element_name(enum element element); /* "border-focus" */
unsigned element_mono(enum element element); /* LOOK_* without colour */

#endif

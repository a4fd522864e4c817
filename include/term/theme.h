/* SPDX-License-Identifier: MIT */
#ifndef TERM_THEME_H
#define TERM_THEME_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "term/style.h"

/*
 * A theme gives each element a look. As YAML, every element optional (absent: the terminal's own
 * colours, or what `extends` brings):
 *
 *	extends: dark
 *	bad: {fg: "#ff5f5f", bold: true}
 *	selected: {bg: 24}
 *
 * A ground of `text` is every element's that names none, where there are 256 colours or more.
 * Colours are a name (black red green yellow blue magenta cyan white, bright-black …, default), a
 * number of the 256-colour palette or "#rrggbb". Attributes: bold, dim, underline, reverse, italic.
 * Unknown elements, keys and colours are refused with file:line and the nearest known name.
 */
enum { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8, LOOK_ITALIC = 16 };
enum { COLOR_NONE = -1, COLOR_RGB = 1 << 24 }; /* COLOR_RGB | 0xrrggbb; else a palette number */

struct look {
	int fg, bg; /* COLOR_NONE: the terminal's own */
	unsigned attrs;
};

struct theme {
	char name[32];
	struct look looks[ELEMENT_COUNT];
};

/* What the terminal can show. */
enum colors { COLORS_MONO, COLORS_8, COLORS_16, COLORS_256, COLORS_DIRECT };

/* `which` is a name ("dark") or, with a '/' or ending in .yaml, a file. */
int theme_load(struct theme *theme, const char *which, struct err *err) MUST_USE;
int theme_parse(struct theme *theme, const char *name, const char *bytes, size_t len,
                struct err *err) MUST_USE;
const char *theme_name(size_t index); /* of those compiled in; NULL past the last */

/*
 * The look of a style on a terminal of so many colours. Colours come as palette numbers that the
 * terminal has (RGB only with COLORS_DIRECT). Where a ground would vanish for want of colours, an
 * element that reverses without colour reverses.
 */
struct look theme_look(const struct theme *theme, uint16_t style, enum colors colors);

#endif

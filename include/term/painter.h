/* SPDX-License-Identifier: MIT */
#ifndef TERM_PAINTER_H
#define TERM_PAINTER_H

#include "base/buf.h"
#include "base/err.h"
#include "term/decode.h"
#include "term/grid.h"
#include "term/theme.h"

/*
 * ncurses, used for what it is best at: turning a frame into the fewest bytes that a terminal type
 * needs. It never sees the terminal: it writes into memory, and term/screen carries the bytes out.
 * One painter a process. Internal to term/.
 */
struct painter;

struct painter_options {
	const char *term;
	int rows, cols;
	int no_color, ascii;
	const struct theme *theme; /* copied */
};

struct painter *painter_new(const struct painter_options *options, struct err *err);
void painter_free(struct painter *painter);
enum colors painter_colors(const struct painter *painter);
void painter_set_theme(struct painter *painter, const struct theme *theme);
void painter_resize(struct painter *painter, int rows, int cols);
void painter_repaint(struct painter *painter); /* the next frame is painted whole */
void painter_paint(struct painter *painter, const struct grid *grid);
void painter_leave(struct painter *painter); /* bytes that give the terminal back; painting re-enters */
/* Moves the bytes made so far to the end of out; -1 when it passed its maximum. */
int painter_take(struct painter *painter, struct buf *out) MUST_USE;
/* Teaches the decoder the keys of the terminal type. */
void painter_teach(const struct painter *painter, struct decoder *decoder);
/* Bytes that bring back a usable terminal whatever state it is in. */
size_t painter_restore_bytes(const struct painter *painter, char *out, size_t size);

#endif

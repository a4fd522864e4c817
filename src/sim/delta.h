/* SPDX-License-Identifier: MIT */
#ifndef SIM_DELTA_H
#define SIM_DELTA_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Objects of one kind are alike: of a pod's seven thousand bytes its sibling shares all but two
 * hundred. So a text is kept as its difference from a base, another whole text, which many share.
 * A difference is a row of steps: bytes of its own, then a piece of the base. Telling a text again is
 * copying, so that reading a list costs no more than it did.
 */
struct base;

struct base *base_new(const char *text, size_t len);
struct base *base_take(struct base *base);
void base_drop(struct base *base); /* NULL is fine */

/* The text's difference from the base, at the end of out. */
void delta_write(const struct base *base, const char *text, size_t len, struct buf *out);
/* Writes the text of that length to out, which has the room. */
void delta_tell(const struct base *base, const char *steps, size_t steps_len, char *out, size_t len);

#endif

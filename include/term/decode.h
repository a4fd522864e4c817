/* SPDX-License-Identifier: MIT */
#ifndef TERM_DECODE_H
#define TERM_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "term/keys.h"

/*
 * Bytes of a terminal to keys. Knows xterm's sequences, those that decoder_learn was told (from
 * terminfo), bracketed paste and the answer about synchronized output. Holds at most INPUT_MAX
 * bytes; what is more is refused until events were taken.
 */
enum { INPUT_MAX = 1 << 16, PASTE_MAX = 1 << 14, ESC_DELAY_MS = 25 };

enum input_kind { INPUT_NONE, INPUT_KEY, INPUT_PASTE };

struct input {
	enum input_kind kind;
	struct key key;    /* of INPUT_KEY */
	const char *paste; /* of INPUT_PASTE: sanitised; a line end is a blank; until the next call */
};

struct decoder;

struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);
void decoder_learn(struct decoder *decoder, const char *sequence, struct key key);
/* Takes bytes that arrived at now_ms; returns how many were taken. */
size_t decoder_feed(struct decoder *decoder, const char *bytes, size_t len, int64_t now_ms);
/* The next event; 1, or 0 when there is none yet. */
int decoder_next(struct decoder *decoder, int64_t now_ms, struct input *input);
/* Milliseconds until decoder_next may know more without more bytes (a lone Esc), or -1. */
int decoder_wait_ms(const struct decoder *decoder, int64_t now_ms);
int decoder_saw_sync(const struct decoder *decoder); /* the terminal has mode 2026 */

#endif

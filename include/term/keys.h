/* SPDX-License-Identifier: MIT */
#ifndef TERM_KEYS_H
#define TERM_KEYS_H

#include <stdint.h>

#include "base/err.h"

/*
 * A key as a person names it: "g", "G", "Ctrl-F", "Shift-Left", "Alt-x", "Space", "Enter", "Esc",
 * "Tab", "Shift-Tab", "Backspace", "Delete", "Insert", "Up", "PageDown", "Home", "F5", "Ctrl-\".
 * Keys are kept in one form, so that equal keys compare equal: Shift on a letter is the capital
 * letter, Ctrl letters are small, Ctrl-I is Tab, Ctrl-M and Ctrl-J are Enter, Ctrl-[ is Esc,
 * Ctrl-H is Backspace (terminals send the same bytes for each pair).
 */
enum { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

enum keycode {
	KEYCODE_TAB = '\t',
	KEYCODE_ENTER = '\r',
	KEYCODE_ESC = 0x1b,
	KEYCODE_BACKSPACE = 0x7f,
	KEYCODE_FIRST = 0x110000, /* past the last code point */
	KEYCODE_UP = KEYCODE_FIRST,
	KEYCODE_DOWN,
	KEYCODE_LEFT,
	KEYCODE_RIGHT,
	KEYCODE_HOME,
	KEYCODE_END,
	KEYCODE_PAGE_UP,
	KEYCODE_PAGE_DOWN,
	KEYCODE_INSERT,
	KEYCODE_DELETE,
	KEYCODE_F1, /* F1 to F12 follow one another */
	KEYCODE_F12 = KEYCODE_F1 + 11,
};

struct key {
	uint32_t code; /* a code point or an enum keycode */
	uint8_t mods;
};

enum { KEY_NAME_MAX = 32 };

int key_equal(struct key a, struct key b);
int key_is_text(struct key key); /* a printable character without Ctrl or Alt */
/* The whole of text is one key. Errors name the nearest key name. */
int key_parse(const char *text, struct key *key, struct err *err) MUST_USE;
void key_format(struct key key, char out[KEY_NAME_MAX]);

#endif

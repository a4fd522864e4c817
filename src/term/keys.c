/* SPDX-License-Identifier: MIT */
/*
 * Names of keys. Both ways go through one table; key_normal brings what terminals cannot tell
 * apart to one form.
 */
#include "term/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/spell.h"
#include "base/utf8.h"

static const struct {
	const char *name;
	uint32_t code;
} named[] = {
    {"Space", ' '},
    {"Tab", KEYCODE_TAB},
    {"Enter", KEYCODE_ENTER},
    {"Esc", KEYCODE_ESC},
    {"Backspace", KEYCODE_BACKSPACE},
    {"Up", KEYCODE_UP},
    {"Down", KEYCODE_DOWN},
    {"Left", KEYCODE_LEFT},
    {"Right", KEYCODE_RIGHT},
    {"Home", KEYCODE_HOME},
    {"End", KEYCODE_END},
    {"PageUp", KEYCODE_PAGE_UP},
    {"PageDown", KEYCODE_PAGE_DOWN},
    {"Insert", KEYCODE_INSERT},
    {"Delete", KEYCODE_DELETE},
    {"F1", KEYCODE_F1},
    {"F2", KEYCODE_F1 + 1},
    {"F3", KEYCODE_F1 + 2},
    {"F4", KEYCODE_F1 + 3},
    {"F5", KEYCODE_F1 + 4},
    {"F6", KEYCODE_F1 + 5},
    {"F7", KEYCODE_F1 + 6},
    {"F8", KEYCODE_F1 + 7},
    {"F9", KEYCODE_F1 + 8},
    {"F10", KEYCODE_F1 + 9},
    {"F11", KEYCODE_F1 + 10},
    {"F12", KEYCODE_F12},
};
enum { NAMED = sizeof(named) / sizeof(named[0]) };

static const struct {
	const char *prefix;
	uint8_t mod;
} mods[] = {{"Ctrl-", MOD_CTRL}, {"Alt-", MOD_ALT}, {"Shift-", MOD_SHIFT}};
enum { MODS = sizeof(mods) / sizeof(mods[0]) };

int key_equal(struct key a, struct key b)
{
	return a.code == b.code && a.mods == b.mods;
}

int key_is_text(struct key key)
{
	return key.code >= ' ' && key.code != KEYCODE_BACKSPACE && key.code < KEYCODE_FIRST &&
	       !(key.mods & (MOD_CTRL | MOD_ALT));
}

static const char *mods_read(const char *text, uint8_t *out)
{
	for (int again = 1; again;) {
		again = 0;
		for (size_t i = 0; i < MODS; i++) {
			size_t len = strlen(mods[i].prefix);
			if (strncasecmp(text, mods[i].prefix, len) == 0 && text[len]) {
				*out |= mods[i].mod;
				text += len;
				again = 1;
			}
		}
	}
	return text;
}

static int name_read(const char *text, uint32_t *code)
{
	size_t used, len = strlen(text);

	for (size_t i = 0; i < NAMED; i++)
		if (strcasecmp(text, named[i].name) == 0) {
			*code = named[i].code;
			return 0;
		}
	if (len == 0)
		return -1;
	*code = utf8_decode(text, len, &used);
	return used == len && *code > ' ' && utf8_is_safe(text, len) ? 0 : -1;
}

static int is_letter(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

/* Returns what a terminal sends, or NULL and the reason why it cannot. */
static const char *key_normal(struct key *key)
{
	static const struct {
		uint32_t from, to;
	} same[] = {{'i', KEYCODE_TAB},
	            {'m', KEYCODE_ENTER},
	            {'j', KEYCODE_ENTER},
	            {'[', KEYCODE_ESC},
	            {'h', KEYCODE_BACKSPACE}};

	if (is_letter(key->code) && (key->mods & MOD_SHIFT) && !(key->mods & MOD_CTRL)) {
		key->code &= ~0x20u;
		key->mods &= (uint8_t)~MOD_SHIFT;
	} else if ((key->mods & MOD_SHIFT) && key->code > ' ' && key->code < 0x7f) {
		return "Shift goes with letters and named keys only; write the character that it gives";
	}
	if (!(key->mods & MOD_CTRL) || key->code >= KEYCODE_FIRST)
		return NULL;
	if (is_letter(key->code))
		key->code |= 0x20;
	if (key->code == '@')
		key->code = ' ';
	if (key->code == '/')
		key->code = '_';
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (key->code == same[i].from) {
			key->code = same[i].to;
			key->mods &= (uint8_t)~MOD_CTRL;
			return NULL;
		}
	if (!is_letter(key->code) && (key->code > 0x7f || !strchr(" \\]^_", (int)key->code)))
		return "terminals send nothing for it";
	return NULL;
}

int key_parse(const char *text, struct key *key, struct err *err)
{
	struct key read = {0};
	const char *rest = mods_read(text, &read.mods), *names[NAMED], *why, *nearest;

	if (name_read(rest, &read.code) < 0) {
		for (size_t i = 0; i < NAMED; i++)
			names[i] = named[i].name;
		nearest = spell_nearest(rest, names, NAMED);
		return err_set(
		    err,
		    "\"%s\" is no key%s%s%s. Keys are characters (g, G, ?) and names such as Ctrl-F, "
		    "Shift-Left, Space, Enter, Esc, PageDown or F5.",
		    text, nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
	}
	why = key_normal(&read);
	if (why)
		return err_set(err, "\"%s\" cannot be used as a key: %s.", text, why);
	*key = read;
	return 0;
}

void key_format(struct key key, char out[KEY_NAME_MAX])
{
	char name[16] = "?";
	const char *found = NULL;

	for (size_t i = 0; i < NAMED && !found; i++)
		if (named[i].code == key.code)
			found = named[i].name;
	if (found)
		snprintf(name, sizeof(name), "%s", found);
	else if (key.code > ' ' && key.code < KEYCODE_FIRST) {
		uint32_t code = key.mods & MOD_CTRL && is_letter(key.code) ? key.code & ~0x20u : key.code;
		name[utf8_encode(code, name)] = 0;
	}
	snprintf(out, KEY_NAME_MAX, "%s%s%s%s", key.mods & MOD_CTRL ? "Ctrl-" : "",
	         key.mods & MOD_ALT ? "Alt-" : "", key.mods & MOD_SHIFT ? "Shift-" : "", name);
}

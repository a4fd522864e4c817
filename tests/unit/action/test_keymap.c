/* SPDX-License-Identifier: MIT */
/* Keymaps: those compiled in are complete, look-ups by scope and sequence, and everything refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "action/keymap.h"

static struct keymap *parsed(const char *yaml)
{
	struct err err = {""};
	struct keymap *keymap = keymap_parse("k.yaml", yaml, strlen(yaml), &err);

	assert_string_equal(err.text, "");
	assert_non_null(keymap);
	return keymap;
}

/* The actions of keys typed one after the other; names joined by blanks, "-" for none, "." for a
 * sequence that is not complete. */
static void assert_typed(const struct keymap *keymap, const unsigned *scopes, size_t count, const char *keys,
                         const char *expected)
{
	struct keymap_pending pending = {0};
	char copy[128], got[256] = "";

	snprintf(copy, sizeof(copy), "%s", keys);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		struct key key;
		enum action_id id;
		assert_int_equal(key_parse(word, &key, NULL), 0);
		id = keymap_lookup(keymap, scopes, count, key, &pending);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", *got ? " " : "",
		         id              ? action_get(id)->name
		         : pending.count ? "."
		                         : "-");
	}
	assert_string_equal(got, expected);
}

static void test_embedded_are_complete(void **state)
{
	const char *name;

	(void)state;
	for (size_t i = 0; (name = keymap_name(i)); i++) {
		struct err err = {""};
		struct keymap *keymap = keymap_load(name, &err);
		assert_string_equal(err.text, "");
		for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
			char hint[KEYMAP_HINT];
			int bound = keymap_hint(keymap, id, ~0u, hint) == 0;
			if (bound == keymap_is_unbound(keymap, id))
				fail_msg("%s: %s is %s", name, action_get(id)->name,
				         bound ? "bound and listed as unbound"
				               : "neither bound nor listed as unbound");
		}
		keymap_free(keymap);
	}
}

/* Where an action works there is a key for it: in its own scope, or everywhere. */
static void test_every_scope_reaches_its_actions(void **state)
{
	struct keymap *keymap = keymap_load("vim", NULL);

	(void)state;
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
		for (unsigned bit = 1; bit < 1u << SCOPE_BITS; bit <<= 1) {
			char hint[KEYMAP_HINT];
			if (!(action_get(id)->scopes & bit) || keymap_is_unbound(keymap, id))
				continue;
			if (keymap_hint(keymap, id, bit | SCOPE_GLOBAL, hint) < 0)
				fail_msg("%s has no key in %s", action_get(id)->name, scope_name(bit));
		}
	keymap_free(keymap);
}

static void test_lookup(void **state)
{
	static const unsigned list[] = {SCOPE_LIST, SCOPE_GLOBAL},
	                      logs[] = {SCOPE_LOGS, SCOPE_DETAIL, SCOPE_GLOBAL};
	static const unsigned text[] = {SCOPE_TEXT, SCOPE_GLOBAL};
	struct keymap *keymap = keymap_load("vim", NULL);

	(void)state;
	assert_typed(keymap, list, 2, "j Down Ctrl-F G / q",
	             "move.down move.down move.page-down move.last view.filter app.quit");
	assert_typed(keymap, logs, 3, "/ f n w 1", "search logs.follow search.next text.wrap tab.overview");
	assert_typed(keymap, text, 2, "q f", "app.back flag.open");
	assert_typed(keymap, list, 2, "g g", ". move.first");
	assert_typed(keymap, list, 2, "g j j", ". move.down move.down");
	assert_typed(keymap, list, 2, "g Esc g g", ". - . move.first");
	assert_typed(keymap, list, 2, "Esc", "app.back");
	assert_typed(keymap, list, 2, "g F9 g", ". - .");
	assert_typed(keymap, list, 2, "Ctrl-\\ Space '", "mark.clear mark.toggle mark.next");
	assert_typed(keymap, list, 2, "F9", "-");
	keymap_free(keymap);
}

static void test_narrower_wins_whatever_the_order(void **state)
{
	static const char *const yamls[] = {
	    "move: {g: move.first}\nlist: {g: app.help}\n",
	    "list: {g: app.help}\nmove: {g: move.first}\n",
	    "list: {g x: app.help}\nmove: {g: move.first}\nglobal: {g: app.quit}\n",
	};
	static const unsigned list[] = {SCOPE_LIST, SCOPE_GLOBAL}, pods[] = {SCOPE_PODS, SCOPE_GLOBAL};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct keymap *keymap = parsed(yamls[i]);
		assert_typed(keymap, pods, 2, "g", "move.first");
		assert_typed(keymap, list, 2, i < 2 ? "g" : "g x", i < 2 ? "app.help" : ". app.help");
		keymap_free(keymap);
	}
}

static void test_extends(void **state)
{
	static const unsigned list[] = {SCOPE_LIST, SCOPE_GLOBAL}, pods[] = {SCOPE_PODS, SCOPE_GLOBAL};
	struct keymap *keymap =
	    parsed("extends: vim\nmove: {g: move.first, Ctrl-D: none}\nlist: {j: app.help}\n");

	(void)state;
	assert_typed(keymap, list, 2, "g j k Ctrl-D", "move.first app.help move.up -");
	assert_typed(keymap, pods, 2, "j g", "move.down move.first");
	keymap_free(keymap);
}

static void test_hints(void **state)
{
	struct keymap *keymap = keymap_load("vim", NULL);
	char hint[KEYMAP_HINT], keys[64];

	(void)state;
	assert_int_equal(keymap_hint(keymap, ACTION_MOVE_DOWN, SCOPE_LIST, hint), 0);
	assert_string_equal(hint, "j");
	assert_int_equal(keymap_hint(keymap, ACTION_MOVE_DOWN, SCOPE_GLOBAL, hint), -1);
	assert_string_equal(hint, "");
	keymap_keys(keymap, ACTION_MOVE_DOWN, ~0u, keys, sizeof(keys));
	assert_string_equal(keys, "j, Down");
	keymap_keys(keymap, ACTION_MOVE_FIRST, SCOPE_LIST, keys, sizeof(keys));
	assert_string_equal(keys, "g g, Home");
	keymap_free(keymap);
}

static void test_unbound(void **state)
{
	struct keymap *keymap = parsed("unbound: [mark.next]\n");

	(void)state;
	assert_true(keymap_is_unbound(keymap, ACTION_MARK_NEXT));
	assert_false(keymap_is_unbound(keymap, ACTION_APP_QUIT));
	assert_false(keymap_is_unbound(keymap, ACTION_NONE));
	keymap_free(keymap);
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml, *says;
	} rows[] = {
	    {"list:\n  j: move.dwn\n",
	     "k.yaml:2: there is no action \"move.dwn\". Did you mean \"move.down\"?"},
	    {"lst: {j: move.down}\n", "k.yaml:1: there is no scope \"lst\". Did you mean \"list\"?"},
	    {"list:\n  j: move.down\n  Ctrl-: open\n", "k.yaml:3: \"Ctrl-\" is no key"},
	    {"list: {PgUp: move.up}\n", "k.yaml:1: \"PgUp\" is no key"},
	    {"list: {Ctrl-1: move.up}\n", "terminals send nothing for it"},
	    {"list: {Tab: open, Ctrl-I: mark.all}\n",
	     "\"Ctrl-I\" is bound already in list: to open, in line 1."},
	    {"list:\n  g: open\n  g g: mark.all\n", "k.yaml:3: \"g g\" is bound already in list: to open, in "
	                                            "line 2. A key cannot both act and begin a sequence."},
	    {"list: {g g: open, g: mark.all}\n", "cannot both act"},
	    {"list: {a: open}\nlist: {b: open}\n", "k.yaml:2"},
	    {"list: {a: open, a: mark.all}\n", "k.yaml:1"},
	    {"move: {f: logs.follow}\n", "k.yaml:1: logs.follow does not work in list."},
	    {"global: {j: move.down}\n", "k.yaml:1: move.down does not work in global."},
	    {"list: {a b c d: open}\n", "too long: a sequence has at most 3 keys"},
	    {"list: {\" \": open}\n", "The blank is called Space"},
	    {"list: {a: }\n", "there is no action \"\""},
	    {"list: {a: [open]}\n", "there is no action"},
	    {"list: [a]\n", "k.yaml:1: a scope is a map"},
	    {"[a]\n", "k.yaml:1: a keymap is a map"},
	    {"", "a keymap is a map"},
	    {"unbound: open\n", "unbound is a list"},
	    {"unbound: [opne]\n", "k.yaml:1: there is no action \"opne\". Did you mean \"open\"?"},
	    {"list: {a: open}\nunbound: [open]\n", "k.yaml:2: open is listed as unbound, and has a key."},
	    {"extends: vim\nunbound: [open]\n", "by `extends`"},
	    {"extends: vmi\n", "k.yaml:1: There is no keymap \"vmi\". Did you mean \"vim\"?"},
	    {"extends: ./k.yaml\n", "extends takes the name"},
	    {"list: {a: open\n", "k.yaml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = {""};
		struct keymap *keymap = keymap_parse("k.yaml", rows[i].yaml, strlen(rows[i].yaml), &err);
		if (keymap || !strstr(err.text, rows[i].says))
			fail_msg("for: %s\ngot: %s\nwant: %s", rows[i].yaml, err.text, rows[i].says);
	}
}

static void test_files(void **state)
{
	char path[] = "/tmp/keymap-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	struct keymap *keymap;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "list: {a: open}\n", 16), 16);
	close(fd);
	keymap = keymap_load(path, &err);
	assert_non_null(keymap);
	keymap_free(keymap);
	unlink(path);
	assert_null(keymap_load(path, &err));
	assert_non_null(strstr(err.text, path));
	assert_null(keymap_load("emacs", &err));
	keymap_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_embedded_are_complete),
	    cmocka_unit_test(test_every_scope_reaches_its_actions),
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_narrower_wins_whatever_the_order),
	    cmocka_unit_test(test_extends),
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_unbound),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

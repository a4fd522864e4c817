/* SPDX-License-Identifier: MIT */
/* Names of keys, both ways, and bytes of terminals to keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/decode.h"

static void test_names(void **state)
{
	static const struct {
		const char *text, *name; /* name NULL: refused */
	} rows[] = {
	    {"g", "g"},
	    {"G", "G"},
	    {"Shift-g", "G"},
	    {"Ctrl-F", "Ctrl-F"},
	    {"ctrl-f", "Ctrl-F"},
	    {"Ctrl-Shift-F", NULL},
	    {"Space", "Space"},
	    {"Ctrl-Space", "Ctrl-Space"},
	    {"Ctrl-@", "Ctrl-Space"},
	    {"Ctrl-\\", "Ctrl-\\"},
	    {"Ctrl-I", "Tab"},
	    {"Ctrl-M", "Enter"},
	    {"Ctrl-J", "Enter"},
	    {"Ctrl-[", "Esc"},
	    {"Ctrl-H", "Backspace"},
	    {"Ctrl-/", "Ctrl-_"},
	    {"Shift-Tab", "Shift-Tab"},
	    {"Shift-Left", "Shift-Left"},
	    {"Ctrl-PageDown", "Ctrl-PageDown"},
	    {"Alt-x", "Alt-x"},
	    {"Alt-X", "Alt-X"},
	    {"esc", "Esc"},
	    {"F5", "F5"},
	    {"F12", "F12"},
	    {"F13", NULL},
	    {"-", "-"},
	    {"Alt--", "Alt--"},
	    {"?", "?"},
	    {"ü", "ü"},
	    {"日", "日"},
	    {"Shift-1", NULL},
	    {"Ctrl-1", NULL},
	    {"Ctrl-", NULL},
	    {"", NULL},
	    {" ", NULL},
	    {"gg", NULL},
	    {"\033", NULL},
	    {"\xff", NULL},
	    {"\xe2\x80\xae", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct key key = {0}, again;
		struct err err = {""};
		char name[KEY_NAME_MAX];
		int result = key_parse(rows[i].text, &key, &err);
		if (result != (rows[i].name ? 0 : -1))
			fail_msg("\"%s\": %d %s", rows[i].text, result, err.text);
		if (!rows[i].name) {
			assert_true(*err.text);
			continue;
		}
		key_format(key, name);
		assert_string_equal(name, rows[i].name);
		assert_int_equal(key_parse(name, &again, &err), 0);
		assert_true(key_equal(key, again));
	}
}

static void test_nearest_name(void **state)
{
	struct key key;
	struct err err;

	(void)state;
	assert_int_equal(key_parse("Pagedwn", &key, &err), -1);
	assert_non_null(strstr(err.text, "did you mean \"PageDown\""));
	assert_int_equal(key_parse("Shift-1", &key, &err), -1);
	assert_non_null(strstr(err.text, "write the character that it gives"));
}

/* All events as one line: keys by name, pastes in <>. */
static void drain(struct decoder *decoder, int64_t now, char *out, size_t size)
{
	struct input input;

	while (decoder_next(decoder, now, &input)) {
		char name[KEY_NAME_MAX] = "";
		size_t len = strlen(out);
		if (input.kind == INPUT_KEY)
			key_format(input.key, name);
		snprintf(out + len, size - len, input.kind == INPUT_PASTE ? "%s<%s>" : "%s%s", len ? " " : "",
		         input.kind == INPUT_PASTE ? input.paste : name);
	}
}

static const struct {
	const char *bytes;
	size_t len;
	const char *keys;
} sequences[] = {
#define ROW(bytes, keys)                                                                                     \
	{                                                                                                    \
		bytes, sizeof(bytes) - 1, keys                                                               \
	}
    ROW("abc", "a b c"),
    ROW("\r\n\t\b\x7f", "Enter Enter Tab Backspace Backspace"),
    ROW("\0\x01\x1a\x1c\x1d\x1e\x1f", "Ctrl-Space Ctrl-A Ctrl-Z Ctrl-\\ Ctrl-] Ctrl-^ Ctrl-_"),
    ROW("\033[A\033[B\033[C\033[D\033[H\033[F", "Up Down Right Left Home End"),
    ROW("\033OA\033OP\033OS\033OM", "Up F1 F4 Enter"),
    ROW("\033[1;2A\033[1;5C\033[1;3D\033[1;6B", "Shift-Up Ctrl-Right Alt-Left Ctrl-Shift-Down"),
    ROW("\033[2~\033[3~\033[5~\033[6~\033[1~\033[4~", "Insert Delete PageUp PageDown Home End"),
    ROW("\033[15~\033[24~\033[3;5~\033[1;2P", "F5 F12 Ctrl-Delete Shift-F1"),
    ROW("\033[[A\033[[E", "F1 F5"),
    ROW("\033[Z", "Shift-Tab"),
    ROW("\033x\033\r\033\x7f", "Alt-x Alt-Enter Alt-Backspace"),
    ROW("\033[97;5u\033[13u\033[27;5;97~\033[65;2u", "Ctrl-A Enter Ctrl-A A"),
    ROW("\033[?1;2c\033[>0;1;2c\033[I\033[99~\033[999999999999999999999A", "Up"),
    ROW("ü日\xf0\x9f\x98\x80", "ü 日 😀"),
    ROW("a\xffz\xc2\x9bq", "a z q"),
    ROW("\xe2\x80\xaez", "z"),
    ROW("\033[200~one\rtwo\033[201~x", "<one two> x"),
    ROW("\033[200~\033[201~", "<>"),
    ROW("\033[200~a\033[31mb\033[201~", "<a[31mb>"),
    ROW("\033\033[A", "Esc Up"),
    ROW("\033[1;\033[A", "Up"),
    ROW("\033[\x01", "Ctrl-A"),
#undef ROW
};

static void test_sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		struct decoder *decoder = decoder_new();
		char out[512] = "";
		decoder_feed(decoder, sequences[i].bytes, sequences[i].len, 0);
		drain(decoder, 0, out, sizeof(out));
		assert_string_equal(out, sequences[i].keys);
		assert_int_equal(decoder_wait_ms(decoder, 0), -1);
		decoder_free(decoder);
	}
}

/* A line may tear sequences anywhere; as long as the pieces come soon the keys are the same. */
static void test_torn_sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		struct decoder *decoder = decoder_new();
		char out[512] = "";
		for (size_t j = 0; j < sequences[i].len; j++) {
			decoder_feed(decoder, sequences[i].bytes + j, 1, (int64_t)j);
			drain(decoder, (int64_t)j, out, sizeof(out));
		}
		assert_string_equal(out, sequences[i].keys);
		decoder_free(decoder);
	}
}

static void test_given_up(void **state)
{
	static const struct {
		const char *bytes, *keys;
	} rows[] = {{"\033", "Esc"},  {"\033[", "Alt-["}, {"\033O", "Alt-O"},
	            {"\033[1;5", ""}, {"\xe6\x97", ""},   {"\033[200~never ended", "<never ended>"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decoder *decoder = decoder_new();
		char out[128] = "";
		int wait;
		decoder_feed(decoder, rows[i].bytes, strlen(rows[i].bytes), 100);
		drain(decoder, 100, out, sizeof(out));
		assert_string_equal(out, "");
		wait = decoder_wait_ms(decoder, 100);
		assert_true(wait > 0);
		drain(decoder, 99 + wait, out, sizeof(out));
		assert_string_equal(out, "");
		drain(decoder, 100 + wait, out, sizeof(out));
		assert_string_equal(out, rows[i].keys);
		assert_int_equal(decoder_wait_ms(decoder, 100 + wait), -1);
		decoder_free(decoder);
	}
}

static void test_learned(void **state)
{
	struct decoder *decoder = decoder_new();
	char out[128] = "";

	(void)state;
	decoder_learn(decoder, "\033[a", (struct key){KEYCODE_UP, MOD_SHIFT});
	decoder_learn(decoder, "", (struct key){KEYCODE_DOWN, 0});
	decoder_learn(decoder, "\177", (struct key){KEYCODE_DOWN, 0});
	decoder_feed(decoder, "\033[a\177", 4, 0);
	drain(decoder, 0, out, sizeof(out));
	assert_string_equal(out, "Shift-Up Backspace");
	decoder_free(decoder);
}

static void test_bounds(void **state)
{
	struct decoder *decoder = decoder_new();
	static char flood[2 * INPUT_MAX];
	struct input input;
	size_t paste = 0, keys = 0;

	(void)state;
	memset(flood, 'x', sizeof(flood));
	assert_int_equal(decoder_feed(decoder, flood, sizeof(flood), 0), INPUT_MAX);
	while (decoder_next(decoder, 0, &input))
		keys++;
	assert_int_equal(keys, INPUT_MAX);
	memcpy(flood, "\033[200~", 6);
	for (int i = 0; i < 8; i++) {
		decoder_feed(decoder, flood, INPUT_MAX, 0);
		assert_int_equal(decoder_next(decoder, 0, &input), 0);
	}
	decoder_feed(decoder, "\033[201~", 6, 0);
	assert_int_equal(decoder_next(decoder, 0, &input), 1);
	paste = strlen(input.paste);
	assert_int_equal(paste, PASTE_MAX);
	decoder_free(decoder);
}

static void test_sync_answers(void **state)
{
	static const struct {
		const char *answer;
		int has;
	} rows[] = {{"\033[?2026;0$y", 0},
	            {"\033[?2026;1$y", 1},
	            {"\033[?2026;2$y", 1},
	            {"\033[?2026;4$y", 0},
	            {"\033[?2004;2$y", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decoder *decoder = decoder_new();
		struct input input;
		decoder_feed(decoder, rows[i].answer, strlen(rows[i].answer), 0);
		assert_int_equal(decoder_next(decoder, 0, &input), 0);
		assert_int_equal(decoder_saw_sync(decoder), rows[i].has);
		decoder_free(decoder);
	}
}

/* Any bytes: no crash, no endless loop, nothing unsafe comes out. */
static void test_noise(void **state)
{
	static const char alphabet[] = "\033[O;0123~AMRu?$y\x1b\x80\xc2\xe2\xff<>abc";
	struct decoder *decoder = decoder_new();
	unsigned seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char bytes[8];
		struct input input;
		for (size_t j = 0; j < sizeof(bytes); j++) {
			seed = seed * 1103515245u + 12345u;
			bytes[j] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		decoder_feed(decoder, bytes, sizeof(bytes), i);
		while (decoder_next(decoder, i, &input))
			assert_true(input.kind != INPUT_KEY || input.key.code != 0);
	}
	decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),     cmocka_unit_test(test_nearest_name),
	    cmocka_unit_test(test_sequences), cmocka_unit_test(test_torn_sequences),
	    cmocka_unit_test(test_given_up),  cmocka_unit_test(test_learned),
	    cmocka_unit_test(test_bounds),    cmocka_unit_test(test_sync_answers),
	    cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Prompts and dialogs: what each key does. Keys are written as their names, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/dialog.h"
#include "ui/prompt.h"

static enum prompt_result typed(struct prompt *prompt, const char *keys)
{
	enum prompt_result result = PROMPT_OPEN;
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", keys);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		struct key key;
		assert_int_equal(key_parse(word, &key, NULL), 0);
		result = prompt_key(prompt, key);
	}
	return result;
}

static void test_editing(void **state)
{
	static const struct {
		const char *keys, *text;
		size_t cursor;
		enum prompt_result result;
	} rows[] = {
	    {"a b c", "abc", 3, PROMPT_CHANGED},
	    {"a b c Left Left X", "aXbc", 2, PROMPT_CHANGED},
	    {"a ü 日 Left Backspace", "a日", 1, PROMPT_CHANGED},
	    {"a ü 日 Home Delete Delete", "日", 0, PROMPT_CHANGED},
	    {"a ü Ctrl-B Ctrl-B Ctrl-B Ctrl-F", "aü", 1, PROMPT_OPEN},
	    {"o n e Space t w o Space Ctrl-W", "one ", 4, PROMPT_CHANGED},
	    {"o n e Space t w o Ctrl-W Ctrl-W", "", 0, PROMPT_CHANGED},
	    {"o n e Space t w o Left Left Ctrl-U", "wo", 0, PROMPT_CHANGED},
	    {"o n e Space t w o Left Left Ctrl-K", "one t", 5, PROMPT_CHANGED},
	    {"o n e Space t w o Alt-b Alt-b Alt-f X", "oneX two", 4, PROMPT_CHANGED},
	    {"o n e Ctrl-A X Ctrl-E Y", "XoneY", 5, PROMPT_CHANGED},
	    {"a Ctrl-D", "a", 1, PROMPT_OPEN},
	    {"a Home Ctrl-D", "", 0, PROMPT_CHANGED},
	    {"Backspace", "", 0, PROMPT_OPEN},
	    {"a F5 Insert Ctrl-X Alt-z", "a", 1, PROMPT_OPEN},
	    {"a Up Tab", "a", 1, PROMPT_OPEN},
	    {"a Enter", "a", 1, PROMPT_ACCEPTED},
	    {"a Esc", "a", 1, PROMPT_CANCELLED},
	    {"a Ctrl-C", "a", 1, PROMPT_CANCELLED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prompt prompt;
		prompt_init(&prompt, "/");
		assert_int_equal(typed(&prompt, rows[i].keys), rows[i].result);
		assert_string_equal(prompt.text, rows[i].text);
		assert_int_equal(prompt.cursor, rows[i].cursor);
		assert_int_equal(prompt.len, strlen(rows[i].text));
	}
}

static void test_bounded(void **state)
{
	char flood[2 * PROMPT_TEXT];
	struct prompt prompt;

	(void)state;
	for (size_t i = 0; i < sizeof(flood) - 1; i++)
		flood[i] = "\xc3\xbc"[i % 2];
	flood[sizeof(flood) - 1] = 0;
	prompt_init(&prompt, "/");
	typed(&prompt, "a");
	assert_int_equal(prompt_paste(&prompt, flood), PROMPT_CHANGED);
	assert_int_equal(prompt.len, PROMPT_TEXT - 1); /* 1 and 255 times 2 */
	assert_int_equal(typed(&prompt, "b"), PROMPT_OPEN);
	assert_int_equal(prompt_paste(&prompt, "x"), PROMPT_OPEN);
	prompt_set(&prompt, flood);
	assert_int_equal(prompt.len, PROMPT_TEXT - 2); /* cut at a character */
}

static void test_history(void **state)
{
	struct prompt_history history = {0};
	struct prompt prompt;

	(void)state;
	for (int i = 0; i < HISTORY_MAX + 10; i++) {
		char text[16];
		snprintf(text, sizeof(text), "text %d", i);
		prompt_history_add(&history, text);
	}
	prompt_history_add(&history, "text 30");
	prompt_history_add(&history, "");
	assert_int_equal(history.count, HISTORY_MAX);
	assert_string_equal(history.items[0], "text 30");
	assert_string_equal(history.items[1], "text 59");
	prompt_init(&prompt, "/");
	prompt.history = &history;
	typed(&prompt, "n e w");
	assert_int_equal(typed(&prompt, "Up Up"), PROMPT_CHANGED);
	assert_string_equal(prompt.text, "text 59");
	typed(&prompt, "Down Down Down");
	assert_string_equal(prompt.text, "new");
	typed(&prompt, "Up ! Enter");
	assert_string_equal(history.items[0], "text 30!");
	assert_int_equal(history.count, HISTORY_MAX);
	prompt_init(&prompt, "password");
	prompt.history = &history;
	prompt.secret = 1;
	typed(&prompt, "s e c r e t Enter");
	assert_string_equal(history.items[0], "text 30!");
	prompt_history_release(&history);
	assert_int_equal(history.count, 0);
}

static size_t offer(void *arg, const char *text, char (*offers)[PROMPT_OFFER], size_t max)
{
	(void)arg, (void)max;
	if (*text != 'a')
		return 0;
	strcpy(offers[0], "alpha");
	strcpy(offers[1], "axe");
	return 2;
}

static void test_completion(void **state)
{
	struct prompt prompt;

	(void)state;
	prompt_init(&prompt, ":");
	prompt.complete = offer;
	assert_int_equal(typed(&prompt, "a"), PROMPT_CHANGED);
	assert_int_equal(prompt.offer_count, 2);
	assert_int_equal(typed(&prompt, "Tab"), PROMPT_CHANGED);
	assert_string_equal(prompt.text, "alpha");
	typed(&prompt, "Tab");
	assert_string_equal(prompt.text, "axe");
	typed(&prompt, "Tab");
	assert_string_equal(prompt.text, "a");
	typed(&prompt, "Shift-Tab");
	assert_string_equal(prompt.text, "axe");
	typed(&prompt, "Up");
	assert_string_equal(prompt.text, "a");
	typed(&prompt, "Up");
	assert_string_equal(prompt.text, "alpha");
	typed(&prompt, "Ctrl-U b");
	assert_int_equal(prompt.offer_count, 0);
	assert_int_equal(typed(&prompt, "Tab"), PROMPT_OPEN);
}

static enum dialog_result asked(struct dialog *dialog, const char *keys)
{
	enum dialog_result result = DIALOG_OPEN;
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", keys);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		struct key key;
		assert_int_equal(result, DIALOG_OPEN);
		assert_int_equal(key_parse(word, &key, NULL), 0);
		result = dialog_key(dialog, key);
	}
	assert_int_equal(dialog_is_open(dialog), result == DIALOG_OPEN);
	return result;
}

static void test_dialogs(void **state)
{
	static const char *const choices[] = {"one", "two", "three"};
	static const struct {
		enum dialog_kind kind;
		const char *keys;
		enum dialog_result result;
		size_t chosen;
	} rows[] = {
	    {DIALOG_NOTICE, "x", DIALOG_OPEN, 0},
	    {DIALOG_NOTICE, "Enter", DIALOG_ACCEPTED, 0},
	    {DIALOG_NOTICE, "Esc", DIALOG_ACCEPTED, 0},
	    {DIALOG_CONFIRM, "Enter Space x Alt-y", DIALOG_OPEN, 0},
	    {DIALOG_CONFIRM, "y", DIALOG_ACCEPTED, 0},
	    {DIALOG_CONFIRM, "n", DIALOG_REFUSED, 0},
	    {DIALOG_CONFIRM, "Esc", DIALOG_REFUSED, 0},
	    {DIALOG_CONFIRM, "Ctrl-C", DIALOG_REFUSED, 0},
	    {DIALOG_TYPE, "Enter y Enter", DIALOG_OPEN, 0},
	    {DIALOG_TYPE, "p a Enter", DIALOG_OPEN, 0},
	    {DIALOG_TYPE, "p a y s Enter Backspace Enter", DIALOG_ACCEPTED, 0},
	    {DIALOG_TYPE, "p a y Esc", DIALOG_REFUSED, 0},
	    {DIALOG_CHOOSE, "Enter", DIALOG_ACCEPTED, 1},
	    {DIALOG_CHOOSE, "j Enter", DIALOG_ACCEPTED, 2},
	    {DIALOG_CHOOSE, "j j Enter", DIALOG_ACCEPTED, 0},
	    {DIALOG_CHOOSE, "k k Enter", DIALOG_ACCEPTED, 2},
	    {DIALOG_CHOOSE, "G Enter", DIALOG_ACCEPTED, 2},
	    {DIALOG_CHOOSE, "3", DIALOG_ACCEPTED, 2},
	    {DIALOG_CHOOSE, "9", DIALOG_OPEN, 1},
	    {DIALOG_CHOOSE, "q", DIALOG_REFUSED, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dialog dialog;
		dialog_init(&dialog);
		assert_false(dialog_is_open(&dialog));
		if (rows[i].kind == DIALOG_NOTICE)
			dialog_notice(&dialog, "Title", "Body");
		else if (rows[i].kind == DIALOG_CONFIRM)
			dialog_confirm(&dialog, 0, "Title", "Body");
		else if (rows[i].kind == DIALOG_TYPE)
			dialog_type(&dialog, 1, "Title", "Body", "pay");
		else
			dialog_choose(&dialog, "Title", choices, 3, 1);
		if (asked(&dialog, rows[i].keys) != rows[i].result)
			fail_msg("row %zu", i);
		assert_int_equal(dialog.chosen, rows[i].chosen);
	}
}

static void test_paste_is_no_answer(void **state)
{
	struct dialog dialog;

	(void)state;
	dialog_confirm(&dialog, 0, "Title", "Body");
	assert_int_equal(dialog_paste(&dialog, "y"), DIALOG_OPEN);
	dialog_type(&dialog, 0, "Title", "Body", "pay");
	assert_int_equal(dialog_paste(&dialog, "pay"), DIALOG_OPEN);
	assert_int_equal(asked(&dialog, "Enter"), DIALOG_ACCEPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_editing), cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_history), cmocka_unit_test(test_completion),
	    cmocka_unit_test(test_dialogs), cmocka_unit_test(test_paste_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

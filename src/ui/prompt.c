/* SPDX-License-Identifier: MIT */
/*
 * The line editor. Keys that move or delete are a table of functions; each leaves len and cursor on
 * the first byte of a character and the text NUL-terminated.
 */
#include "ui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void prompt_history_add(struct prompt_history *history, const char *text)
{
	size_t at = 0;

	if (!*text)
		return;
	while (at < history->count && strcmp(history->items[at], text) != 0)
		at++;
	if (at == history->count && history->count < HISTORY_MAX)
		history->count++;
	else if (at == history->count)
		at = HISTORY_MAX - 1;
	/* Items move down by one over the place that is free now: a copy's, the oldest's or a new one. */
	free(history->items[at]);
	memmove(history->items + 1, history->items, at * sizeof(history->items[0]));
	history->items[0] = mem_copy_string(text);
}

void prompt_history_release(struct prompt_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->items[i]);
	memset(history, 0, sizeof(*history));
}

static void offers_update(struct prompt *prompt)
{
	prompt->offer_at = -1;
	prompt->offer_count = prompt->complete ? prompt->complete(prompt->complete_arg, prompt->text,
	                                                          prompt->offers, PROMPT_OFFERS)
	                                       : 0;
}

void prompt_init(struct prompt *prompt, const char *label)
{
	memset(prompt, 0, sizeof(*prompt));
	snprintf(prompt->label, sizeof(prompt->label), "%s", label);
	prompt->history_at = prompt->offer_at = -1;
}

/* Replaces the text and leaves offers and history alone. */
static void text_replace(struct prompt *prompt, const char *text)
{
	size_t len = strlen(text);

	while (len >= PROMPT_TEXT || (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80))
		len--;
	memmove(prompt->text, text, len);
	prompt->text[len] = 0;
	prompt->len = prompt->cursor = len;
}

void prompt_set(struct prompt *prompt, const char *text)
{
	text_replace(prompt, text);
	prompt->history_at = -1;
	offers_update(prompt);
}

static size_t char_before(const struct prompt *prompt, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && ((unsigned char)prompt->text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t char_after(const struct prompt *prompt, size_t at)
{
	size_t used = 0;

	if (at < prompt->len)
		utf8_decode(prompt->text + at, prompt->len - at, &used);
	return at + used;
}

static size_t word_before(const struct prompt *prompt, size_t at)
{
	while (at > 0 && prompt->text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_after(const struct prompt *prompt, size_t at)
{
	while (at < prompt->len && prompt->text[at] == ' ')
		at++;
	while (at < prompt->len && prompt->text[at] != ' ')
		at++;
	return at;
}

static enum prompt_result edited(struct prompt *prompt)
{
	prompt->history_at = -1;
	offers_update(prompt);
	return PROMPT_CHANGED;
}

static enum prompt_result delete_range(struct prompt *prompt, size_t from, size_t to)
{
	if (from >= to)
		return PROMPT_OPEN;
	memmove(prompt->text + from, prompt->text + to, prompt->len - to + 1);
	prompt->len -= to - from;
	prompt->cursor = from;
	return edited(prompt);
}

static enum prompt_result insert(struct prompt *prompt, const char *text, size_t len)
{
	if (prompt->len + len >= PROMPT_TEXT)
		return PROMPT_OPEN;
	memmove(prompt->text + prompt->cursor + len, prompt->text + prompt->cursor,
	        prompt->len - prompt->cursor + 1);
	memcpy(prompt->text + prompt->cursor, text, len);
	prompt->len += len;
	prompt->cursor += len;
	return edited(prompt);
}

enum prompt_result prompt_paste(struct prompt *prompt, const char *text)
{
	size_t room = PROMPT_TEXT - 1 - prompt->len, len = strlen(text);

	while (len > room || (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80))
		len--;
	return len > 0 ? insert(prompt, text, len) : PROMPT_OPEN;
}

static enum prompt_result history_step(struct prompt *prompt, long step)
{
	long at = prompt->history_at + step;

	if (!prompt->history || at < -1 || at >= (long)prompt->history->count)
		return PROMPT_OPEN;
	if (prompt->history_at < 0)
		memcpy(prompt->typed, prompt->text, sizeof(prompt->typed));
	text_replace(prompt, at < 0 ? prompt->typed : prompt->history->items[at]);
	offers_update(prompt);
	prompt->history_at = at;
	return PROMPT_CHANGED;
}

/* Offers stay as they are while one after the other is tried; past the ends the typed text is back. */
static enum prompt_result offer_step(struct prompt *prompt, long step)
{
	long count = (long)prompt->offer_count, at = prompt->offer_at + step;

	if (count == 0)
		return PROMPT_OPEN;
	if (prompt->offer_at < 0)
		memcpy(prompt->typed, prompt->text, sizeof(prompt->typed));
	if (at < -1)
		at = count - 1;
	if (at >= count)
		at = -1;
	prompt->offer_at = at;
	text_replace(prompt, at < 0 ? prompt->typed : prompt->offers[at]);
	return PROMPT_CHANGED;
}

static enum prompt_result up_or_down(struct prompt *prompt, int up)
{
	/* With nothing typed, or on the way through it, these keys mean the history. */
	if (prompt->offer_count > 0 && prompt->history_at < 0 && (prompt->len > 0 || prompt->offer_at >= 0))
		return offer_step(prompt, up ? 1 : -1); /* the best offer stands next to the prompt */
	return history_step(prompt, up ? 1 : -1);
}

static enum prompt_result move(struct prompt *prompt, size_t to)
{
	prompt->cursor = to;
	return PROMPT_OPEN;
}

static enum prompt_result accept(struct prompt *prompt)
{
	if (prompt->history && !prompt->secret)
		prompt_history_add(prompt->history, prompt->text);
	return PROMPT_ACCEPTED;
}

static enum prompt_result control_key(struct prompt *prompt, uint32_t letter)
{
	size_t cursor = prompt->cursor;

	switch (letter) {
	case 'a':
		return move(prompt, 0);
	case 'e':
		return move(prompt, prompt->len);
	case 'b':
		return move(prompt, char_before(prompt, cursor));
	case 'f':
		return move(prompt, char_after(prompt, cursor));
	case 'd':
		return delete_range(prompt, cursor, char_after(prompt, cursor));
	case 'w':
		return delete_range(prompt, word_before(prompt, cursor), cursor);
	case 'u':
		return delete_range(prompt, 0, cursor);
	case 'k':
		return delete_range(prompt, cursor, prompt->len);
	case 'p':
		return up_or_down(prompt, 1);
	case 'n':
		return up_or_down(prompt, 0);
	case 'c':
	case 'g':
		return PROMPT_CANCELLED;
	default:
		return PROMPT_OPEN;
	}
}

static enum prompt_result named_key(struct prompt *prompt, struct key key)
{
	size_t cursor = prompt->cursor;
	int word = key.mods & (MOD_CTRL | MOD_ALT);

	switch (key.code) {
	case KEYCODE_ENTER:
		return accept(prompt);
	case KEYCODE_ESC:
		return PROMPT_CANCELLED;
	case KEYCODE_TAB:
		return offer_step(prompt, key.mods & MOD_SHIFT ? -1 : 1);
	case KEYCODE_BACKSPACE:
		return delete_range(prompt, word ? word_before(prompt, cursor) : char_before(prompt, cursor),
		                    cursor);
	case KEYCODE_DELETE:
		return delete_range(prompt, cursor, char_after(prompt, cursor));
	case KEYCODE_LEFT:
		return move(prompt, word ? word_before(prompt, cursor) : char_before(prompt, cursor));
	case KEYCODE_RIGHT:
		return move(prompt, word ? word_after(prompt, cursor) : char_after(prompt, cursor));
	case KEYCODE_HOME:
		return move(prompt, 0);
	case KEYCODE_END:
		return move(prompt, prompt->len);
	case KEYCODE_UP:
		return up_or_down(prompt, 1);
	case KEYCODE_DOWN:
		return up_or_down(prompt, 0);
	default:
		return PROMPT_OPEN;
	}
}

enum prompt_result prompt_key(struct prompt *prompt, struct key key)
{
	char bytes[4];

	if (key_is_text(key))
		return insert(prompt, bytes, utf8_encode(key.code, bytes));
	if (key.mods == MOD_CTRL && key.code < 0x7f)
		return control_key(prompt, key.code);
	if (key.mods == MOD_ALT && key.code == 'b')
		return move(prompt, word_before(prompt, prompt->cursor));
	if (key.mods == MOD_ALT && key.code == 'f')
		return move(prompt, word_after(prompt, prompt->cursor));
	return named_key(prompt, key);
}

/* What is drawn: the text, or one • a character. */
static void shown(const struct prompt *prompt, size_t from, size_t to, char *out, size_t size)
{
	size_t written = 0;

	out[0] = 0;
	for (size_t at = from; at < to; at = char_after(prompt, at)) {
		size_t len = char_after(prompt, at) - at;
		const char *bytes = prompt->secret ? "•" : prompt->text + at;
		len = prompt->secret ? strlen(bytes) : len;
		if (written + len >= size)
			break;
		memcpy(out + written, bytes, len);
		written += len;
		out[written] = 0;
	}
}

void prompt_draw(const struct prompt *prompt, struct grid *grid, struct rect row)
{
	char before[3 * PROMPT_TEXT], after[3 * PROMPT_TEXT];
	size_t from = 0;
	int col, room;

	if (rect_is_empty(row))
		return;
	grid_fill(grid, row, STYLE_INPUT, ' ');
	col = rect_put_cut(grid, row, 0, 0, STYLE_PROMPT, prompt->label) + 1;
	room = row.cols - col - 1; /* and one for the cursor */
	shown(prompt, from, prompt->cursor, before, sizeof(before));
	while (from < prompt->cursor && utf8_cells(before) > room) {
		from = char_after(prompt, from);
		shown(prompt, from, prompt->cursor, before, sizeof(before));
	}
	shown(prompt, prompt->cursor, prompt->len, after, sizeof(after));
	col += rect_put(grid, row, 0, col, STYLE_INPUT, before);
	rect_put_cut(grid, row, 0, col, STYLE_INPUT, after);
	grid->cursor_row = row.row;
	grid->cursor_col = row.col + (col < row.cols ? col : row.cols - 1);
}

void prompt_draw_offers(const struct prompt *prompt, struct grid *grid, struct rect row)
{
	int rows = (int)prompt->offer_count, cols = 0;
	int col = row.col + utf8_cells(prompt->label);

	if (rows > row.row)
		rows = row.row;
	for (int i = 0; i < rows; i++) {
		int cells = utf8_cells(prompt->offers[i]) + 2;
		cols = cells > cols ? cells : cols;
	}
	if (cols > row.col + row.cols - col)
		cols = row.col + row.cols - col;
	/* The best one next to the prompt. */
	for (int i = 0; i < rows; i++) {
		struct rect line = rect_make(row.row - 1 - i, col, 1, cols);
		uint16_t style = i == prompt->offer_at ? STYLE_SUGGESTION_SELECTED : STYLE_SUGGESTION;
		grid_fill(grid, line, style, ' ');
		rect_put_cut(grid, line, 0, 1, style, prompt->offers[i]);
	}
}

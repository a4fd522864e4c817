/* SPDX-License-Identifier: MIT */
/*
 * Questions. A yes to something dangerous takes a deliberate act: `y` (never Enter, which people
 * press without reading), or the whole name.
 */
#include "ui/dialog.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "ui/wrap.h"

enum { DIALOG_COLS = 68, DIALOG_FRAME = 4 }; /* a frame and one blank at either side */

void dialog_init(struct dialog *dialog)
{
	memset(dialog, 0, sizeof(*dialog));
}

int dialog_is_open(const struct dialog *dialog)
{
	return dialog->kind != DIALOG_NONE;
}

static void dialog_open(struct dialog *dialog, enum dialog_kind kind, int danger, const char *title,
                        const char *body)
{
	dialog_init(dialog);
	dialog->kind = kind;
	dialog->danger = danger;
	snprintf(dialog->title, sizeof(dialog->title), "%s%s", danger ? "PROTECTED: " : "", title);
	snprintf(dialog->body, sizeof(dialog->body), "%s", body);
}

void dialog_notice(struct dialog *dialog, const char *title, const char *body)
{
	dialog_open(dialog, DIALOG_NOTICE, 0, title, body);
}

void dialog_confirm(struct dialog *dialog, int danger, const char *title, const char *body)
{
	dialog_open(dialog, DIALOG_CONFIRM, danger, title, body);
}

void dialog_type(struct dialog *dialog, int danger, const char *title, const char *body, const char *expected)
{
	dialog_open(dialog, DIALOG_TYPE, danger, title, body);
	snprintf(dialog->expected, sizeof(dialog->expected), "%s", expected);
	prompt_init(&dialog->prompt, ">");
}

void dialog_choose(struct dialog *dialog, const char *title, const char *const *choices, size_t count,
                   size_t chosen)
{
	dialog_open(dialog, DIALOG_CHOOSE, 0, title, "");
	for (size_t i = 0; i < count && i < DIALOG_CHOICES; i++) {
		snprintf(dialog->choices[i], DIALOG_CHOICE, "%s", choices[i]);
		dialog->choice_count++;
	}
	dialog->chosen = chosen < dialog->choice_count ? chosen : 0;
}

static enum dialog_result closed(struct dialog *dialog, enum dialog_result result)
{
	dialog->kind = DIALOG_NONE;
	return result;
}

static int is_cancel(struct key key)
{
	return key.code == KEYCODE_ESC || (key.mods == MOD_CTRL && (key.code == 'c' || key.code == 'g'));
}

static enum dialog_result choose_key(struct dialog *dialog, struct key key)
{
	size_t count = dialog->choice_count, *chosen = &dialog->chosen;

	if (count == 0 || key.code == 'q')
		return closed(dialog, DIALOG_REFUSED);
	if (key.code == KEYCODE_ENTER || key.code == ' ')
		return closed(dialog, DIALOG_ACCEPTED);
	if (key.code == KEYCODE_DOWN || key.code == 'j')
		*chosen = (*chosen + 1) % count;
	else if (key.code == KEYCODE_UP || key.code == 'k')
		*chosen = *chosen == 0 ? count - 1 : *chosen - 1;
	else if (key.code == KEYCODE_HOME || key.code == 'g')
		*chosen = 0;
	else if (key.code == KEYCODE_END || key.code == 'G')
		*chosen = count - 1;
	else if (key.code >= '1' && key.code <= '9' && key.code - '1' < count) {
		*chosen = key.code - '1';
		return closed(dialog, DIALOG_ACCEPTED);
	}
	return DIALOG_OPEN;
}

static enum dialog_result type_key(struct dialog *dialog, struct key key)
{
	if (prompt_key(&dialog->prompt, key) != PROMPT_ACCEPTED ||
	    strcmp(dialog->prompt.text, dialog->expected) != 0)
		return DIALOG_OPEN;
	return closed(dialog, DIALOG_ACCEPTED);
}

enum dialog_result dialog_key(struct dialog *dialog, struct key key)
{
	if (is_cancel(key))
		return closed(dialog, dialog->kind == DIALOG_NOTICE ? DIALOG_ACCEPTED : DIALOG_REFUSED);
	switch (dialog->kind) {
	case DIALOG_NOTICE:
		return key.code == KEYCODE_ENTER || key.code == ' ' || key.code == 'q'
		           ? closed(dialog, DIALOG_ACCEPTED)
		           : DIALOG_OPEN;
	case DIALOG_CONFIRM:
		if (key.mods == 0 && (key.code == 'y' || key.code == 'Y'))
			return closed(dialog, DIALOG_ACCEPTED);
		if (key.mods == 0 && (key.code == 'n' || key.code == 'N' || key.code == 'q'))
			return closed(dialog, DIALOG_REFUSED);
		return DIALOG_OPEN;
	case DIALOG_TYPE:
		return type_key(dialog, key);
	case DIALOG_CHOOSE:
		return choose_key(dialog, key);
	case DIALOG_NONE:
		break;
	}
	return DIALOG_REFUSED;
}

enum dialog_result dialog_paste(struct dialog *dialog, const char *text)
{
	/* A paste is no answer to yes or no. */
	if (dialog->kind == DIALOG_TYPE)
		prompt_paste(&dialog->prompt, text);
	return DIALOG_OPEN;
}

static const char *keys_line(const struct dialog *dialog)
{
	switch (dialog->kind) {
	case DIALOG_NOTICE:
		return "Enter close";
	case DIALOG_CONFIRM:
		return "y yes   n no";
	case DIALOG_TYPE:
		return "Enter go on   Esc leave";
	default:
		return "Enter choose   Esc leave";
	}
}

static int extra_rows(const struct dialog *dialog)
{
	/* DIALOG_TYPE: a blank, the question and the line to type into. */
	return dialog->kind == DIALOG_TYPE     ? 3
	       : dialog->kind == DIALOG_CHOOSE ? (int)dialog->choice_count
	                                       : 0;
}

static void choices_draw(const struct dialog *dialog, struct grid *grid, struct rect rect)
{
	size_t rows = rect.rows > 0 ? (size_t)rect.rows : 0;
	size_t top = dialog->chosen >= rows ? dialog->chosen - rows + 1 : 0;

	for (size_t i = top; i < dialog->choice_count && rect.rows > 0; i++) {
		struct rect line = rect_cut_top(&rect, 1);
		rect_put(grid, line, 0, 0, STYLE_DIALOG, i == dialog->chosen ? "▸" : " ");
		if (i < 9)
			rect_printf(grid, line, 0, 2, STYLE_KEY, "%zu", i + 1);
		rect_put_cut(grid, line, 0, 4, STYLE_DIALOG, dialog->choices[i]);
		grid_lay(grid, line, i == dialog->chosen ? STYLE_SELECTED : STYLE_DIALOG);
	}
}

static void question_draw(const struct dialog *dialog, struct grid *grid, struct rect rect)
{
	int col = rect_put(grid, rect, 1, 0, STYLE_DIALOG, "Type ");

	col += rect_put_cut(grid, rect, 1, col, STYLE_STRONG, dialog->expected);
	rect_put(grid, rect, 1, col, STYLE_DIALOG, " to go on:");
	rect_cut_top(&rect, 2);
	prompt_draw(&dialog->prompt, grid, rect_cut_top(&rect, 1));
}

void dialog_draw(const struct dialog *dialog, struct grid *grid, struct rect in)
{
	int cols = in.cols - 4 < DIALOG_COLS ? in.cols - 4 : DIALOG_COLS, inner = cols - DIALOG_FRAME, rows;
	const char *text = dialog->body;
	struct rect box, keys, extra;

	if (dialog->kind == DIALOG_NONE || inner < 1)
		return;
	rows = wrap_count(dialog->body, inner) + extra_rows(dialog) + 4;
	box = rect_center(in, rows, cols);
	grid_fill(grid, box, STYLE_DIALOG, ' ');
	grid_box(grid, box, STYLE_DIALOG, dialog->danger ? STYLE_DANGER : STYLE_DIALOG_TITLE, dialog->title);
	box = rect_inset(box, 1, 2);
	keys = rect_cut_bottom(&box, 1);
	rect_cut_bottom(&box, 1);
	extra = rect_cut_bottom(&box, extra_rows(dialog));
	while (*text && box.rows > 0) {
		char line[4 * DIALOG_COLS + 1];
		const char *next;
		size_t len = wrap_line(text, inner, &next);
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		rect_put(grid, rect_cut_top(&box, 1), 0, 0, STYLE_DIALOG, line);
		text = next;
	}
	rect_put_cut(grid, keys, 0, 0, STYLE_KEY, keys_line(dialog));
	grid_lay(grid, keys, STYLE_DIALOG);
	if (dialog->kind == DIALOG_TYPE)
		question_draw(dialog, grid, extra);
	if (dialog->kind == DIALOG_CHOOSE)
		choices_draw(dialog, grid, extra);
}

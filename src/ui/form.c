/* SPDX-License-Identifier: MIT */
/*
 * Fields under one another, one of them with the focus. All are checked at the end, in their order,
 * so that nobody is kept from looking at a later field by an earlier one that is not right yet.
 */
#include "ui/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/wrap.h"

enum { FORM_COLS = 72, FORM_FRAME = 4 };

void form_init(struct form *form, const char *title, const char *body)
{
	memset(form, 0, sizeof(*form));
	snprintf(form->title, sizeof(form->title), "%s", title);
	snprintf(form->body, sizeof(form->body), "%s", body);
}

static struct form_field *field_add(struct form *form, enum form_kind kind, const char *label, const char *help)
{
	struct form_field *field;

	if (form->count == FORM_FIELDS)
		abort(); /* a mistake of ours */
	field = &form->fields[form->count++];
	field->kind = kind;
	snprintf(field->label, sizeof(field->label), "%s", label);
	snprintf(field->help, sizeof(field->help), "%s", help);
	return field;
}

struct form_field *form_text(struct form *form, const char *label, const char *help, int required,
                             form_check_fn *check, void *arg)
{
	struct form_field *field = field_add(form, FORM_LINE, label, help);

	field->required = required;
	field->check = check;
	field->check_arg = arg;
	prompt_init(&field->prompt, "");
	return field;
}

struct form_field *form_choice(struct form *form, const char *label, const char *help,
                               const char *const *choices, size_t count, size_t chosen)
{
	struct form_field *field = field_add(form, FORM_ONE_OF, label, help);

	for (size_t i = 0; i < count && i < FORM_CHOICES; i++)
		snprintf(field->choices[field->choice_count++], FORM_CHOICE, "%s", choices[i]);
	field->chosen = chosen < field->choice_count ? chosen : 0;
	return field;
}

struct form_field *form_switch(struct form *form, const char *label, const char *help, int on)
{
	struct form_field *field = field_add(form, FORM_SWITCH, label, help);

	field->chosen = on != 0;
	return field;
}

static const struct form_field *field_find(const struct form *form, const char *label)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].label, label) == 0)
			return &form->fields[i];
	return NULL;
}

const char *form_value(const struct form *form, const char *label)
{
	const struct form_field *field = field_find(form, label);

	if (!field)
		return "";
	if (field->kind == FORM_LINE)
		return field->prompt.text;
	if (field->kind == FORM_SWITCH)
		return field->chosen ? "yes" : "no";
	return field->choice_count ? field->choices[field->chosen] : "";
}

int form_is_on(const struct form *form, const char *label)
{
	const struct form_field *field = field_find(form, label);

	return field && field->kind == FORM_SWITCH && field->chosen;
}

int form_check_line(void *arg, const char *text, struct err *err)
{
	(void)arg;
	if (*text && text[strspn(text, " \t")] == '\0')
		return err_set(err, "a few words, please: others will read them");
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return err_set(err, "this has to be one line");
	return 0;
}

static int field_is_right(const struct form_field *field, struct err *err)
{
	const char *text = field->prompt.text;

	if (field->kind != FORM_LINE)
		return 1;
	if (!*text && field->required) {
		err_set(err, "this is needed");
		return 0;
	}
	return !*text || !field->check || field->check(field->check_arg, text, err) == 0;
}

static enum form_result form_finish(struct form *form)
{
	struct err err = {.text = ""};

	for (size_t i = 0; i < form->count; i++) {
		if (field_is_right(&form->fields[i], &err))
			continue;
		form->at = i;
		snprintf(form->error, sizeof(form->error), "%s", err.text);
		return FORM_OPEN;
	}
	return FORM_DONE;
}

static void form_step(struct form *form, size_t step)
{
	if (form->count > 0)
		form->at = (form->at + step) % form->count;
	form->error[0] = '\0';
}

static void choice_step(struct form_field *field, int step)
{
	size_t count = field->kind == FORM_SWITCH ? 2 : field->choice_count;

	if (count > 0)
		field->chosen = (field->chosen + count + (size_t)step) % count;
}

static int is_leave(struct key key)
{
	return key.code == KEYCODE_ESC || (key.mods == MOD_CTRL && (key.code == 'c' || key.code == 'g'));
}

enum form_result form_key(struct form *form, struct key key)
{
	struct form_field *field = form->count ? &form->fields[form->at] : NULL;

	if (is_leave(key))
		return FORM_LEFT;
	if (key.code == KEYCODE_ENTER) {
		if (form->at + 1 >= form->count)
			return form_finish(form);
		form_step(form, 1);
		return FORM_OPEN;
	}
	if (!field)
		return FORM_OPEN;
	if ((key.code == KEYCODE_TAB && !(key.mods & MOD_SHIFT)) || key.code == KEYCODE_DOWN)
		form_step(form, 1);
	else if (key.code == KEYCODE_TAB || key.code == KEYCODE_UP)
		form_step(form, form->count - 1);
	else if (field->kind == FORM_LINE) {
		form->error[0] = '\0';
		prompt_key(&field->prompt, key);
	} else if (key.code == KEYCODE_LEFT || key.code == 'h' || key.code == 'k')
		choice_step(field, -1);
	else if (key.code == KEYCODE_RIGHT || key.code == ' ' || key.code == 'l' || key.code == 'j')
		choice_step(field, 1);
	return FORM_OPEN;
}

void form_paste(struct form *form, const char *text)
{
	if (form->count > 0 && form->fields[form->at].kind == FORM_LINE)
		prompt_paste(&form->fields[form->at].prompt, text);
}

static int label_width(const struct form *form)
{
	int width = 0;

	for (size_t i = 0; i < form->count; i++)
		if ((int)strlen(form->fields[i].label) > width)
			width = (int)strlen(form->fields[i].label);
	return width;
}

static void field_draw(const struct form_field *field, struct grid *grid, struct rect row, int focused)
{
	switch (field->kind) {
	case FORM_LINE:
		if (focused)
			prompt_draw(&field->prompt, grid, row);
		else if (*field->prompt.text)
			rect_put_cut(grid, row, 0, 1, STYLE_DIALOG, field->prompt.text);
		else
			rect_put(grid, row, 0, 1, STYLE_DIM, field->required ? "…" : "–");
		break;
	case FORM_ONE_OF:
		rect_printf(grid, row, 0, 0, STYLE_DIALOG, " ‹ %s ›", field->choices[field->chosen]);
		break;
	case FORM_SWITCH:
		rect_put(grid, row, 0, 0, STYLE_DIALOG, field->chosen ? " [x] yes" : " [ ] no");
		break;
	}
	if (focused && field->kind != FORM_LINE)
		grid_lay(grid, row, STYLE_SELECTED);
}

/* What stands below the fields: what is wrong, or what the field with the focus is about. */
static void help_draw(const struct form *form, struct grid *grid, struct rect rect)
{
	const char *text = *form->error ? form->error : form->count ? form->fields[form->at].help : "";

	while (*text && rect.rows > 0) {
		char line[4 * FORM_COLS + 1];
		const char *next;
		size_t len = wrap_line(text, rect.cols, &next);
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		rect_put(grid, rect_cut_top(&rect, 1), 0, 0, *form->error ? STYLE_ERROR : STYLE_DIM, line);
		text = next;
	}
}

void form_draw(const struct form *form, struct grid *grid, struct rect in)
{
	int cols = in.cols - 4 < FORM_COLS ? in.cols - 4 : FORM_COLS, inner = cols - FORM_FRAME;
	int body = wrap_count(form->body, inner), width = label_width(form) + 1;
	const char *text = form->body;
	char title[FORM_TITLE + 16];
	struct rect box, keys, help;

	if (inner < 1)
		return;
	/* A frame, the body and a blank, the fields, a blank, two lines of help, a blank, the keys. */
	box = rect_center(in, body + (body > 0) + (int)form->count + 7, cols);
	snprintf(title, sizeof(title), "%s%s", form->danger ? "PROTECTED: " : "", form->title);
	grid_fill(grid, box, STYLE_DIALOG, ' ');
	grid_box(grid, box, STYLE_DIALOG, form->danger ? STYLE_DANGER : STYLE_DIALOG_TITLE, title);
	box = rect_inset(box, 1, 2);
	keys = rect_cut_bottom(&box, 1);
	help = rect_cut_bottom(&box, 3);
	while (*text && box.rows > (int)form->count) {
		char line[4 * FORM_COLS + 1];
		const char *next;
		size_t len = wrap_line(text, inner, &next);
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		rect_put(grid, rect_cut_top(&box, 1), 0, 0, STYLE_DIALOG, line);
		text = next;
	}
	if (body > 0)
		rect_cut_top(&box, 1);
	for (size_t i = 0; i < form->count; i++) {
		struct rect row = rect_cut_top(&box, 1), label = rect_cut_left(&row, width);
		rect_put_cut(grid, label, 0, 0, i == form->at ? STYLE_STRONG : STYLE_DIALOG, form->fields[i].label);
		field_draw(&form->fields[i], grid, row, i == form->at);
		grid_lay(grid, label, STYLE_DIALOG);
		if (i != form->at)
			grid_lay(grid, row, STYLE_DIALOG);
	}
	help_draw(form, grid, help);
	grid_lay(grid, help, STYLE_DIALOG);
	rect_put_cut(grid, keys, 0, 0, STYLE_KEY, "Tab next   Enter go on   Esc leave");
	grid_lay(grid, keys, STYLE_DIALOG);
}

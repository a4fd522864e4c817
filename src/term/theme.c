/* SPDX-License-Identifier: MIT */
/*
 * Themes: YAML to looks, and a style's look on a given terminal. Without colour the attributes of
 * elements.def speak alone, so no theme can make a state invisible.
 */
#include "term/theme.h"

#include <stdio.h>
#include <string.h>

#include "base/spell.h"
#include "base/yaml.h"
#include "term/color.h"
#include "term/embedded.h"

static const struct {
	const char *name;
	unsigned bit;
} attrs[] = {
    {"bold", LOOK_BOLD},       {"dim", LOOK_DIM},       {"underline", LOOK_UNDERLINE},
    {"reverse", LOOK_REVERSE}, {"italic", LOOK_ITALIC},
};
enum { ATTRS = sizeof(attrs) / sizeof(attrs[0]) };

/* "; did you mean X?" or nothing. */
static const char *meant(const char *nearest, char *room, size_t size)
{
	room[0] = 0;
	if (nearest)
		snprintf(room, size, " Did you mean \"%s\"?", nearest);
	return room;
}

static int color_read(const char *file, const struct yaml_node *value, int *color, struct err *err)
{
	const char *text = yaml_string(value);
	char hint[64];

	if (!text)
		return err_set(err,
		               "%s:%d: a colour is missing. Write a name, a number of the palette or "
		               "\"#rrggbb\" in quotes.",
		               file, value->line);
	if (color_parse(text, color) == 0)
		return 0;
	return err_set(err,
	               "%s:%d: \"%s\" is no colour.%s Write a name (red, bright-blue, default), 0 to 255, or "
	               "\"#rrggbb\".",
	               file, value->line, text, meant(color_nearest(text), hint, sizeof(hint)));
}

static int attr_read(const char *file, const struct yaml_node *key, const struct yaml_node *value,
                     struct look *look, struct err *err)
{
	static const char *const known[] = {"fg", "bg", "bold", "dim", "underline", "reverse", "italic"};
	const char *name = key->value;
	char hint[64];
	int on;

	for (size_t i = 0; i < ATTRS; i++) {
		if (strcmp(name, attrs[i].name) != 0)
			continue;
		if (yaml_bool(value, &on) < 0)
			return err_set(err, "%s:%d: %s must be true or false.", file, value->line, name);
		look->attrs = on ? look->attrs | attrs[i].bit : look->attrs & ~attrs[i].bit;
		return 0;
	}
	return err_set(
	    err, "%s:%d: a look has no \"%s\".%s It has fg, bg, bold, dim, underline, reverse and italic.",
	    file, key->line, name,
	    meant(spell_nearest(name, known, sizeof(known) / sizeof(known[0])), hint, sizeof(hint)));
}

static int look_read(const char *file, const struct yaml_node *node, struct look *look, struct err *err)
{
	if (node->kind != YAML_MAP)
		return err_set(err, "%s:%d: a look is a map, such as {fg: green, bold: true}.", file,
		               node->line);
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->keys[i], *value = node->items[i];
		int failed = strcmp(key->value, "fg") == 0   ? color_read(file, value, &look->fg, err)
		             : strcmp(key->value, "bg") == 0 ? color_read(file, value, &look->bg, err)
		                                             : attr_read(file, key, value, look, err);
		if (failed)
			return -1;
	}
	return 0;
}

static int element_find(const char *name)
{
	for (int i = 0; i < ELEMENT_COUNT; i++)
		if (strcmp(element_name((enum element)i), name) == 0)
			return i;
	return -1;
}

static int element_read(struct theme *theme, const char *file, const struct yaml_node *key,
                        const struct yaml_node *value, struct err *err)
{
	const char *names[ELEMENT_COUNT];
	int element = element_find(key->value);
	char hint[64];

	if (element >= 0)
		return look_read(file, value, &theme->looks[element], err);
	for (int i = 0; i < ELEMENT_COUNT; i++)
		names[i] = element_name((enum element)i);
	return err_set(err, "%s:%d: nothing on the screen is called \"%s\".%s", file, key->line, key->value,
	               meant(spell_nearest(key->value, names, ELEMENT_COUNT), hint, sizeof(hint)));
}

const char *theme_name(size_t index)
{
	static const char *const known[] = {"dark", "light"};

	return index < sizeof(known) / sizeof(known[0]) ? known[index] : NULL;
}

static int embedded_load(struct theme *theme, const char *name, struct err *err)
{
	char path[80], hint[64];
	const char *text, *known[8];
	size_t count = 0;

	snprintf(path, sizeof(path), "themes/%.64s.yaml", name);
	text = embedded_find(path);
	if (text)
		return theme_parse(theme, path, text, strlen(text), err);
	while (count < 8 && theme_name(count)) {
		known[count] = theme_name(count);
		count++;
	}
	return err_set(
	    err,
	    "There is no theme \"%s\".%s Known are dark and light; a theme of your own is given as "
	    "the path of a file that ends in .yaml.",
	    name, meant(spell_nearest(name, known, count), hint, sizeof(hint)));
}

/* Builds in *theme; on failure its contents are unspecified. */
static int document_read(struct theme *theme, const char *file, const struct yaml_node *root, struct err *err)
{
	const struct yaml_node *extends;

	for (int i = 0; i < ELEMENT_COUNT; i++)
		theme->looks[i] = (struct look){COLOR_NONE, COLOR_NONE, 0};
	if (!root)
		return 0;
	if (root->kind != YAML_MAP)
		return err_set(err, "%s:%d: a theme is a map from elements to looks.", file, root->line);
	extends = yaml_get(root, "extends");
	if (extends) {
		const char *from = yaml_string(extends);
		/* Only what is compiled in, which extends nothing: no cycles. */
		if (!from || embedded_load(theme, from, err) < 0)
			return from ? err_wrap(err, "%s:%d", file, extends->line)
			            : err_set(err, "%s:%d: extends takes the name of a theme.", file,
			                      extends->line);
	}
	for (size_t i = 0; i < root->count; i++)
		if (strcmp(root->keys[i]->value, "extends") != 0 &&
		    element_read(theme, file, root->keys[i], root->items[i], err) < 0)
			return -1;
	return 0;
}

static int yaml_read(struct theme *theme, struct yaml *yaml, const char *file, struct err *err)
{
	struct theme read = {0};
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	if (document_read(&read, file, yaml->root, err) < 0)
		return -1;
	snprintf(read.name, sizeof(read.name), "%.*s", (int)strcspn(base, "."), base);
	*theme = read;
	return 0;
}

int theme_parse(struct theme *theme, const char *name, const char *bytes, size_t len, struct err *err)
{
	struct yaml yaml;
	int result;

	if (yaml_parse(&yaml, name, bytes, len, err) < 0)
		return -1;
	result = yaml_read(theme, &yaml, name, err);
	yaml_release(&yaml);
	return result;
}

int theme_load(struct theme *theme, const char *which, struct err *err)
{
	size_t len = strlen(which);
	struct yaml yaml;
	int result;

	if (!strchr(which, '/') && (len < 5 || strcmp(which + len - 5, ".yaml") != 0))
		return embedded_load(theme, which, err);
	if (yaml_parse_file(&yaml, which, err) < 0)
		return -1;
	result = yaml_read(theme, &yaml, which, err);
	yaml_release(&yaml);
	return result;
}

/* With few colours a grey ground cannot be told from the terminal's own. */
static int ground_vanishes(int color, enum colors colors)
{
	int mapped = color_map(color, colors);

	return color != COLOR_NONE && colors <= COLORS_16 &&
	       (mapped == COLOR_NONE || mapped == 0 || mapped == 7 || mapped == 8 || mapped == 15);
}

/* A theme whose text has a ground of its own has it everywhere; with few colours it does without, and
 * without the letters' colour that belongs to it. */
static struct look look_grounded(const struct theme *theme, struct look look, enum colors colors)
{
	const struct look *text = &theme->looks[STYLE_TEXT];

	if (text->bg == COLOR_NONE)
		return look;
	if (colors >= COLORS_256) {
		look.fg = look.fg == COLOR_NONE ? text->fg : look.fg;
		look.bg = look.bg == COLOR_NONE ? text->bg : look.bg;
	} else if (look.bg == text->bg) {
		look.bg = COLOR_NONE;
		look.fg = look.fg == text->fg ? COLOR_NONE : look.fg;
	}
	return look;
}

struct look theme_look(const struct theme *theme, uint16_t style, enum colors colors)
{
	enum element below = style_below(style), above = style_above(style);
	unsigned mono = element_mono(below) | element_mono(above);
	struct look look = theme->looks[below < ELEMENT_COUNT ? below : STYLE_TEXT];

	if (above != STYLE_TEXT && above < ELEMENT_COUNT) {
		const struct look *over = &theme->looks[above];
		look.fg = over->fg != COLOR_NONE ? over->fg : look.fg;
		look.bg = over->bg != COLOR_NONE ? over->bg : look.bg;
		look.attrs |= over->attrs;
	}
	if (colors == COLORS_MONO)
		return (struct look){COLOR_NONE, COLOR_NONE, mono};
	look = look_grounded(theme, look, colors);
	if (ground_vanishes(look.bg, colors)) {
		look.bg = COLOR_NONE;
		/* One even bar: coloured letters would become patches of ground. */
		if (mono & LOOK_REVERSE)
			return (struct look){COLOR_NONE, COLOR_NONE, look.attrs | LOOK_REVERSE};
	}
	look.fg = color_map(look.fg, colors);
	look.bg = color_map(look.bg, colors);
	return look;
}

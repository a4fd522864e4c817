/* SPDX-License-Identifier: MIT */
/*
 * Colours, and what becomes of them on terminals that have fewer. The nearest colour by distance
 * would turn most soft colours grey on a terminal of 16, so there the hue decides: a warning stays
 * yellow whatever its shade.
 */
#include "term/color.h"

#include <stdlib.h>
#include <string.h>

#include "base/spell.h"

static const char *const names[] = {
    "black",        "red",           "green",       "yellow",         "blue",
    "magenta",      "cyan",          "white",       "bright-black",   "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white", "default",
};
enum { NAMES = sizeof(names) / sizeof(names[0]), NAME_DEFAULT = 16 };

/* xterm's first sixteen. */
static const int basic[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};
static const int cube[6] = {0, 95, 135, 175, 215, 255};

int color_parse(const char *text, int *color)
{
	char *end;
	long number;

	for (int i = 0; i < NAMES; i++)
		if (strcmp(text, names[i]) == 0) {
			*color = i == NAME_DEFAULT ? COLOR_NONE : i;
			return 0;
		}
	if (text[0] == '#') {
		if (strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
			return -1;
		*color = COLOR_RGB | (int)strtol(text + 1, NULL, 16);
		return 0;
	}
	if (text[0] < '0' || text[0] > '9')
		return -1;
	number = strtol(text, &end, 10);
	if (*end || number > 255)
		return -1;
	*color = (int)number;
	return 0;
}

const char *color_nearest(const char *text)
{
	return spell_nearest(text, names, NAMES);
}

int color_rgb(int color)
{
	if (color & COLOR_RGB)
		return color & 0xffffff;
	if (color < 16)
		return basic[color & 15];
	if (color >= 232)
		return (8 + 10 * (color - 232)) * 0x010101;
	color -= 16;
	return cube[color / 36] << 16 | cube[color / 6 % 6] << 8 | cube[color % 6];
}

static int distance(int a, int b)
{
	int red = (a >> 16 & 255) - (b >> 16 & 255), green = (a >> 8 & 255) - (b >> 8 & 255);
	int blue = (a & 255) - (b & 255);

	return red * red + green * green + blue * blue;
}

/* The first sixteen differ from terminal to terminal, so they are no candidates. */
static int nearest_256(int rgb)
{
	int best = 16, least = distance(color_rgb(16), rgb);

	for (int i = 17; i < 256; i++) {
		int far = distance(color_rgb(i), rgb);
		if (far < least) {
			least = far;
			best = i;
		}
	}
	return best;
}

static int nearest_16(int rgb)
{
	int red = rgb >> 16 & 255, green = rgb >> 8 & 255, blue = rgb & 255;
	int most = red > green ? red : green, least = red < green ? red : green;
	int middle, bits;

	most = most > blue ? most : blue;
	least = least < blue ? least : blue;
	if (most - least < most / 4 || most < 48)
		return most < 64 ? 0 : most < 150 ? 8 : most < 225 ? 7 : 15;
	middle = (3 * most + 2 * least) / 5;
	bits = (red > middle ? 1 : 0) | (green > middle ? 2 : 0) | (blue > middle ? 4 : 0);
	return most >= 200 ? bits + 8 : bits;
}

int color_map(int color, enum colors colors)
{
	if (color == COLOR_NONE || colors == COLORS_MONO)
		return COLOR_NONE;
	if (colors == COLORS_DIRECT)
		return color & COLOR_RGB || color < 8 ? color : COLOR_RGB | color_rgb(color);
	if (color & COLOR_RGB && colors == COLORS_256)
		return nearest_256(color & 0xffffff);
	if (color >= 16 && colors < COLORS_256)
		color = nearest_16(color_rgb(color));
	if (colors == COLORS_8 && color >= 8)
		return color == 8 ? COLOR_NONE : color - 8;
	return color;
}

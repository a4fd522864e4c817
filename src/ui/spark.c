/* SPDX-License-Identifier: MIT */
/* Sparklines, progress bars and short numbers: graphs that are one line of text. */
#include "ui/spark.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { LEVELS = 8, PERCENT_CELLS = 4 };

int graph_parse(const char *name, enum graph *graph)
{
	static const char *const names[] = {"block", "braille", "tty"};

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0) {
			*graph = (enum graph)i;
			return 0;
		}
	return -1;
}

/* A value's level, 0 (the least) to levels - 1; -1 for NaN. */
static int level_of(double value, double low, double high, int levels)
{
	int level;

	if (isnan(value))
		return -1;
	if (!(high > low))
		return 0;
	level = (int)((value - low) / (high - low) * (levels - 1) + 0.5);
	return level < 0 ? 0 : level >= levels ? levels - 1 : level;
}

static void scale_of(const double *values, size_t count, double *low, double *high)
{
	*low = *high = 0;
	for (size_t i = 0; i < count; i++) {
		if (values[i] < *low)
			*low = values[i];
		if (values[i] > *high)
			*high = values[i];
	}
}

static void code_add(struct text *out, uint32_t code)
{
	char bytes[5] = {0};

	utf8_encode(code, bytes);
	text_add(out, bytes);
}

/* Columns of dots from the bottom up, left and right half of a cell. */
static uint32_t braille_code(int left, int right)
{
	static const uint8_t dots[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	uint32_t code = 0x2800;

	for (int i = 0; i <= left; i++)
		code |= dots[0][i];
	for (int i = 0; i <= right; i++)
		code |= dots[1][i];
	return code;
}

void spark_text(const double *values, size_t count, int cells, enum graph graph, struct text *out)
{
	size_t each = graph == GRAPH_BRAILLE ? 2 : 1, room = cells > 0 ? (size_t)cells * each : 0;
	double low, high;

	if (count > room) {
		values += count - room;
		count = room;
	}
	scale_of(values, count, &low, &high);
	for (size_t blank = (room - count) / each; blank > 0; blank--)
		text_add(out, " ");
	if (graph == GRAPH_BRAILLE && count % 2 == 1) {
		code_add(out, braille_code(-1, level_of(values[0], low, high, 4)));
		values++;
		count--;
	}
	for (size_t i = 0; i < count; i += each) {
		int level = level_of(values[i], low, high, graph == GRAPH_BRAILLE ? 4 : LEVELS);
		if (graph == GRAPH_BRAILLE)
			code_add(out, braille_code(level, level_of(values[i + 1], low, high, 4)));
		else if (level < 0)
			text_add(out, " ");
		else if (graph == GRAPH_BLOCK)
			code_add(out, 0x2581 + (uint32_t)level);
		else
			code_add(out, (uint32_t)glyph_ascii(0x2581 + (uint32_t)level));
	}
}

/* Cells of the bar, and how many of them are done: all only at 100%, none only at 0. */
static int bar_cells(int percent, int cells, int *done)
{
	int bar = cells - PERCENT_CELLS;

	if (bar < 2)
		return *done = 0;
	*done = percent >= 100 ? bar : bar * percent / 100;
	if (percent > 0 && *done == 0)
		*done = 1;
	return bar;
}

void progress_text(int percent, int cells, struct text *out)
{
	int done, bar;

	if (percent < 0)
		return;
	bar = bar_cells(percent, cells, &done);
	for (int i = 0; i < bar; i++)
		text_add(out, i < done ? "▓" : "░");
	text_printf(out, bar > 0 ? "%3d%%" : "%d%%", percent);
}

int progress_draw(struct grid *grid, int row, int col, int cells, int percent, uint16_t style)
{
	uint16_t above = (uint16_t)style_above(style);
	int done, bar, start = col;

	if (percent < 0)
		return 0;
	bar = bar_cells(percent, cells, &done);
	for (int i = 0; i < bar; i++)
		col +=
		    grid_put(grid, row, col, 1, style_over(i < done ? STYLE_BAR_DONE : STYLE_BAR_REST, above),
		             i < done ? "▓" : "░");
	col += grid_printf(grid, row, col, cells - bar, style, bar > 0 ? "%3d%%" : "%d%%", percent);
	return col - start;
}

void number_text(double value, struct text *out)
{
	static const char units[] = "kMGTP";
	double size = fabs(value);
	int unit = -1;

	if (isnan(value)) {
		text_add(out, "–");
		return;
	}
	if (isinf(value)) {
		text_add(out, value < 0 ? "-∞" : "∞");
		return;
	}
	/* 999.5 already reads 1000. */
	while (size >= 999.5 && unit < 4) {
		size /= 1000;
		value /= 1000;
		unit++;
	}
	if (size == 0)
		text_add(out, "0");
	else if (size < 0.005)
		text_printf(out, "%.1g", value);
	else if (size < 9.995 && unit < 0)
		text_printf(out, size == floor(size) ? "%.0f" : "%.2f", value);
	else if (size < 99.95 && size != floor(size))
		text_printf(out, "%.1f", value);
	else
		text_printf(out, "%.0f", value);
	if (unit >= 0)
		text_printf(out, "%c", units[unit]);
}

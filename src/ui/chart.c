/* SPDX-License-Identifier: MIT */
/*
 * Line charts. The plot is a field of dots, finer than the cells: 2 by 4 a cell with braille, 1 by
 * 8 with blocks (filled from below, one series only), else one. A gap in the values is a gap in
 * the line.
 */
#include <math.h>
#include <stdio.h>

#include "base/utf8.h"
#include "ui/spark.h"

enum { SCALE_CELLS = 6 };

struct plot {
	struct grid *grid;
	struct rect rect;
	double low, high;
	int width, height; /* dots */
	enum graph graph;
};

static void plot_scale(struct plot *plot, const struct chart *chart)
{
	plot->low = plot->high = 0;
	for (size_t s = 0; s < chart->series_count; s++)
		for (size_t i = 0; i < chart->series[s].count; i++) {
			double value = chart->series[s].values[i];
			if (isfinite(value) && value < plot->low)
				plot->low = value;
			if (isfinite(value) && value > plot->high)
				plot->high = value;
		}
}

/* The dot row of a value from the bottom, or -1. */
static int plot_row(const struct plot *plot, double value)
{
	int row;

	if (!isfinite(value))
		return -1;
	if (!(plot->high > plot->low))
		return 0;
	row = (int)((value - plot->low) / (plot->high - plot->low) * (plot->height - 1) + 0.5);
	return row;
}

/* The value for a column of dots: the last one at or before it. */
static double series_at(const struct chart_series *series, int x, int width)
{
	size_t index;

	if (series->count == 0)
		return NAN;
	index = width > 1 ? (size_t)((double)x * (double)(series->count - 1) / (width - 1) + 0.5) : 0;
	return series->values[index < series->count ? index : series->count - 1];
}

static void braille_dot(const struct plot *plot, int x, int y, uint16_t style)
{
	static const uint8_t dots[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	int row = plot->rect.row + plot->rect.rows - 1 - y / 4, col = plot->rect.col + x / 2;
	const struct cell *cell = grid_cell(plot->grid, row, col);
	uint32_t code = cell && cell->code >= 0x2800 && cell->code <= 0x28ff ? cell->code : 0x2800;

	grid_put_code(plot->grid, row, col, style, code | dots[x % 2][y % 4]);
}

static void bar_fill(const struct plot *plot, int x, int y, uint16_t style)
{
	int bottom = plot->rect.row + plot->rect.rows - 1, col = plot->rect.col + x;

	for (int row = 0; row <= y / 8; row++) {
		int eighths = row < y / 8 ? 7 : y % 8;
		grid_put_code(plot->grid, bottom - row, col, style, 0x2581 + (uint32_t)eighths);
	}
}

static void point_put(const struct plot *plot, int x, int y, uint16_t style, size_t series)
{
	static const char marks[] = "*+ox";
	int row = plot->rect.row + plot->rect.rows - 1 - y;

	grid_put_code(plot->grid, row, plot->rect.col + x, style,
	              plot->graph == GRAPH_TTY ? (uint32_t)marks[series % 4] : 0x2022);
}

static void series_draw(const struct plot *plot, const struct chart_series *series, size_t number, int filled)
{
	int before = -1;

	for (int x = 0; x < plot->width; x++) {
		int y = plot_row(plot, series_at(series, x, plot->width));
		if (y < 0) {
			before = -1;
			continue;
		}
		if (plot->graph == GRAPH_BRAILLE) {
			/* Up or down from the column before, so that steep parts are no loose dots. */
			int from = before < 0 ? y : before, step = from < y ? 1 : -1;
			for (int dot = from; dot != y; dot += step)
				braille_dot(plot, x, dot, series->style);
			braille_dot(plot, x, y, series->style);
		} else if (filled) {
			bar_fill(plot, x, y, series->style);
		} else {
			point_put(plot, x, y, series->style, number);
		}
		before = y;
	}
}

static void value_format(const struct chart *chart, double value, char *room, size_t size)
{
	struct text text = text_in(room, size);

	number_text(value, &text);
	if (!isnan(value) && chart->unit && *chart->unit)
		text_printf(&text, "%s%s", *chart->unit == '%' ? "" : " ", chart->unit);
}

static void head_draw(struct grid *grid, struct rect row, const struct chart *chart)
{
	int col = rect_put_cut(grid, row, 0, 0, STYLE_CHART_AXIS, chart->title) + 2;
	char room[48];

	for (size_t i = 0; i < chart->series_count; i++) {
		const struct chart_series *series = &chart->series[i];
		double last = series->count > 0 ? series->values[series->count - 1] : NAN;
		if (chart->series_count > 1 && series->name)
			col += rect_put_cut(grid, row, 0, col, series->style, series->name) + 1;
		value_format(chart, last, room, sizeof(room));
		col += rect_put_cut(grid, row, 0, col, isnan(last) ? STYLE_UNKNOWN : series->style, room) + 2;
	}
}

static void scale_draw(const struct plot *plot, struct rect scale)
{
	char room[32];
	struct text text = text_in(room, sizeof(room));

	number_text(plot->high, &text);
	grid_put_right(plot->grid, scale.row, scale.col, scale.cols - 1, STYLE_CHART_AXIS, room);
	if (scale.rows > 1) {
		text_clear(&text);
		number_text(plot->low, &text);
		grid_put_right(plot->grid, scale.row + scale.rows - 1, scale.col, scale.cols - 1,
		               STYLE_CHART_AXIS, room);
	}
}

void chart_draw(struct grid *grid, struct rect rect, const struct chart *chart)
{
	struct plot plot = {.grid = grid, .graph = chart->graph};
	int filled = chart->graph == GRAPH_BLOCK && chart->series_count == 1;

	if (rect_is_empty(rect))
		return;
	head_draw(grid, rect_cut_top(&rect, 1), chart);
	if (rect.rows < 1 || rect.cols < 2 * SCALE_CELLS)
		return;
	plot_scale(&plot, chart);
	scale_draw(&plot, rect_cut_left(&rect, SCALE_CELLS));
	plot.rect = rect;
	plot.width = rect.cols * (chart->graph == GRAPH_BRAILLE ? 2 : 1);
	plot.height = rect.rows * (chart->graph == GRAPH_BRAILLE ? 4 : filled ? 8 : 1);
	for (size_t i = 0; i < chart->series_count; i++)
		series_draw(&plot, &chart->series[i], i, filled);
}

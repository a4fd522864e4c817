/* SPDX-License-Identifier: MIT */
/*
 * The plot is a field of dots, finer than the cells: 2 by 4 a cell with braille, 1 by 2 with blocks (1
 * by 8 for an area), else one. Each series becomes, for each column of dots, the span of values that
 * fall into it, so that a spike of one sample in a week is seen, and however many samples there are
 * the work is one pass over them. Spans are joined to the column before unless a gap lies between.
 */
#include "chart_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What a series is in a column of dots. low > high: a gap. */
struct span {
	float low, high, first, last;
};

struct field {
	const struct plot *plot;
	uint8_t *bits;      /* by cell: braille dots, halves, or marks */
	uint8_t *owner;     /* by cell: series + 1 */
	struct span *spans; /* by column of dots */
};

int plot_row(const struct plot *plot, double value)
{
	double share = plot->high > plot->low ? (value - plot->low) / (plot->high - plot->low) : 0;
	int row = (int)(share * (plot->height - 1) + 0.5);
	return row < 0 ? 0 : row >= plot->height ? plot->height - 1 : row;
}

int plot_column(const struct plot *plot, int64_t at_ms)
{
	const struct chart *chart = plot->chart;
	if (at_ms < chart->start_ms || at_ms > chart->end_ms || chart->end_ms <= chart->start_ms)
		return -1;
	double share = (double)(at_ms - chart->start_ms) / (double)(chart->end_ms - chart->start_ms);
	return (int)(share * (plot->rect.cols - 1) + 0.5);
}

char plot_mark(size_t series)
{
	static const char marks[] = "*+ox#@%&";
	return marks[series % (sizeof(marks) - 1)];
}

static void span_add(struct span *span, double value)
{
	float v = (float)value;
	if (span->low > span->high) {
		*span = (struct span){v, v, v, v};
		return;
	}
	span->low = v < span->low ? v : span->low;
	span->high = v > span->high ? v : span->high;
	span->last = v;
}

static void spans_clear(struct span *spans, int width)
{
	for (int x = 0; x < width; x++)
		spans[x] = (struct span){1, 0, 0, 0};
}

/* More values than columns: each falls into one. */
static void spans_dense(struct span *spans, int width, const struct chart_series *series)
{
	for (int x = 0; x < width; x++) {
		size_t from = (size_t)x * series->count / (size_t)width, to = ((size_t)x + 1) * series->count / (size_t)width;
		float low = INFINITY, high = -INFINITY, first = NAN, last = NAN;
		for (size_t i = from; i < to; i++) {
			float value = (float)series->values[i];
			if (!isfinite(value))
				continue;
			low = value < low ? value : low;
			high = value > high ? value : high;
			first = isnan(first) ? value : first;
			last = value;
		}
		if (low <= high)
			spans[x] = (struct span){low, high, first, last};
	}
}

/* More columns than values: straight lines between neighbours, none over a gap. */
static void spans_sparse(struct span *spans, int width, const struct chart_series *series)
{
	double each = series->count > 1 ? (double)(width - 1) / (double)(series->count - 1) : 0;
	for (size_t i = 0; i < series->count; i++) {
		double value = series->values[i], next = i + 1 < series->count ? series->values[i + 1] : NAN;
		int x = (int)((double)i * each + 0.5), to = (int)((double)(i + 1) * each + 0.5);
		if (!isfinite(value))
			continue;
		span_add(&spans[x], value);
		for (int at = x + 1; isfinite(next) && at < to; at++)
			span_add(&spans[at], value + (next - value) * (at - x) / (to - x));
	}
}

static void dot_put(struct field *field, int x, int y, size_t series)
{
	static const uint8_t braille[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	const struct plot *plot = field->plot;
	int row = plot->rect.rows - 1 - y / plot->dots_y, col = x / plot->dots_x;
	size_t at = (size_t)row * (size_t)plot->rect.cols + (size_t)col;
	uint8_t bit = (uint8_t)(plot->dots_y == 4 ? braille[x % 2][y % 4] : 1 << y % plot->dots_y);
	/* Braille keeps the dots of all, in the colour of the one on top; coarser cells belong to one. */
	if (plot->dots_y != 4 && field->owner[at] != series + 1)
		field->bits[at] = 0;
	field->bits[at] |= bit;
	field->owner[at] = (uint8_t)(series + 1);
}

static void series_dots(struct field *field, const struct chart_series *series, size_t number)
{
	const struct plot *plot = field->plot;
	int area = plot->chart->kind == CHART_AREA && !series->sparse, before_low = -1, before_high = -1;
	for (int x = 0; x < plot->width; x++) {
		const struct span *span = &field->spans[x];
		if (span->low > span->high) {
			before_low = -1;
			continue;
		}
		int low = plot_row(plot, (double)span->low), high = plot_row(plot, (double)span->high);
		int from = low, to = high;
		if (before_low >= 0 && from > before_high + 1)
			from = before_high + 1;
		if (before_low >= 0 && to < before_low - 1)
			to = before_low - 1;
		before_low = low;
		before_high = high;
		if (series->sparse && x % (2 * plot->dots_x) >= plot->dots_x)
			continue;
		for (int y = area ? 0 : from; y <= to; y++)
			dot_put(field, x, y, number);
	}
}

static uint32_t cell_code(const struct plot *plot, uint8_t bits, size_t series)
{
	if (plot->dots_y == 4)
		return 0x2800u | bits;
	if (plot->dots_y == 8) /* filled from below: the number of bits is the height */
		return 0x2580u + (uint32_t)__builtin_popcount(bits);
	if (plot->dots_y == 2)
		return bits == 3 ? 0x2588 : bits == 2 ? 0x2580 : 0x2584;
	return (uint32_t)plot_mark(series);
}

void plot_series(const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	size_t cells = (size_t)plot->rect.rows * (size_t)plot->rect.cols;
	struct field field = {.plot = plot, .bits = mem_new(cells), .owner = mem_new(cells)};
	size_t count = chart->series_count < CHART_SERIES_MAX ? chart->series_count : CHART_SERIES_MAX;
	field.spans = mem_new_array((size_t)plot->width, sizeof(*field.spans));
	/* Comparisons first, the first series last: on top. */
	for (int sparse = 1; sparse >= 0; sparse--)
		for (size_t i = count; i-- > 0;) {
			const struct chart_series *series = &chart->series[i];
			if (!series->sparse != !sparse || series->count == 0)
				continue;
			spans_clear(field.spans, plot->width);
			if (series->count > (size_t)plot->width)
				spans_dense(field.spans, plot->width, series);
			else
				spans_sparse(field.spans, plot->width, series);
			series_dots(&field, series, i);
		}
	for (size_t at = 0; at < cells; at++) {
		size_t series = (size_t)field.owner[at] - 1;
		if (field.owner[at])
			grid_put_code(plot->grid, plot->rect.row + (int)(at / (size_t)plot->rect.cols),
			              plot->rect.col + (int)(at % (size_t)plot->rect.cols), chart->series[series].style,
			              cell_code(plot, field.bits[at], series));
	}
	free(field.bits);
	free(field.owner);
	free(field.spans);
}

/* The largest count of the samples that a column of cells stands for; NaN: a gap. */
static double heat_at(const struct chart_heat *heat, size_t row, size_t col, size_t cols)
{
	size_t from = col * heat->cols / cols, to = (col + 1) * heat->cols / cols;
	double most = NAN;
	if (to <= from)
		to = from + 1;
	for (size_t i = from; i < to && i < heat->cols; i++) {
		double count = heat->counts[row * heat->cols + i];
		if (isfinite(count) && !(count <= most))
			most = count;
	}
	return most;
}

void plot_heat(const struct plot *plot)
{
	static const uint32_t shades[] = {0xb7, 0x2591, 0x2592, 0x2593, 0x2588, 0x2588};
	static const char letters[] = ".:+*%#";
	const struct chart_heat *heat = plot->chart->heat;
	double most = 0;
	if (!heat || heat->rows == 0 || heat->cols == 0)
		return;
	for (size_t i = 0; i < heat->rows * heat->cols; i++)
		if (isfinite(heat->counts[i]) && heat->counts[i] > most)
			most = heat->counts[i];
	for (int r = 0; r < plot->rect.rows; r++)
		for (int c = 0; c < plot->rect.cols; c++) {
			size_t row = (size_t)(plot->rect.rows - 1 - r) * heat->rows / (size_t)plot->rect.rows;
			double count = heat_at(heat, row, (size_t)c, (size_t)plot->rect.cols);
			if (isnan(count))
				continue;
			/* By the square root: a few slow requests among many fast ones are what one looks for. */
			int level = count > 0 && most > 0 ? 1 + (int)(sqrt(count / most) * 4.999) : 0;
			level = level > 5 ? 5 : level;
			grid_put_code(plot->grid, plot->rect.row + r, plot->rect.col + c,
			              level ? (uint16_t)(STYLE_HEAT_1 + level - 1) : STYLE_DIM,
			              plot->chart->graph == GRAPH_TTY ? (uint32_t)letters[level] : shades[level]);
		}
}

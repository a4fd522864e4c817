/* SPDX-License-Identifier: MIT */
/* What stands around the plot: title, scale, time axis, marks, cursor, legend. */
#include "ui/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "chart_plot.h"

enum { SCALE_CELLS = 7, TICKS_MAX = 16, LABEL_CELLS = 11, DAY = 86400 };

uint16_t chart_style(size_t series)
{
	return (uint16_t)(series % 8 < 4 ? STYLE_CHART_1 + series % 8 : STYLE_CHART_5 + series % 8 - 4);
}

static void value_format(const struct chart *chart, double value, struct text *text)
{
	number_text(value, text);
	if (!isnan(value) && chart->unit && *chart->unit)
		text_printf(text, "%s%s", *chart->unit == '%' || *chart->unit == 's' ? "" : " ", chart->unit);
}

/* The smallest of 1, 2, 5 times a power of ten that is not less. */
static double nice(double value)
{
	double power = pow(10, floor(log10(value))), share = value / power;
	return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static void scale_of(struct plot *plot, const struct chart *chart)
{
	double low = 0, high = 0;
	for (size_t s = 0; s < chart->series_count && s < CHART_SERIES_MAX; s++)
		for (size_t i = 0; i < chart->series[s].count; i++) {
			double value = chart->series[s].values[i];
			if (isfinite(value)) {
				low = value < low ? value : low;
				high = value > high ? value : high;
			}
		}
	for (size_t i = 0; i < chart->line_count; i++)
		high = isfinite(chart->lines[i]) && chart->lines[i] > high ? chart->lines[i] : high;
	if (chart->low != chart->high) {
		low = chart->low;
		high = chart->high;
	}
	plot->low = low;
	plot->high = high;
}

/* Steps between labels; the ends of the scale move out to whole steps. */
static double scale_step(struct plot *plot, const struct chart *chart)
{
	int labels = plot->rect.rows / 3;
	if (!(plot->high > plot->low) || !isfinite(plot->high - plot->low))
		return 0;
	double step = nice((plot->high - plot->low) / (labels < 1 ? 1 : labels));
	if (chart->low == chart->high) {
		plot->high = ceil(plot->high / step - 1e-9) * step;
		plot->low = floor(plot->low / step + 1e-9) * step;
	}
	return step;
}

static void scale_draw(const struct plot *plot, struct rect scale, double step)
{
	char room[32];
	int last = -1;
	for (int i = 0; i <= TICKS_MAX; i++) {
		double value = plot->low + i * step;
		struct text text = text_in(room, sizeof(room));
		if (value > plot->high + step / 2 || (i > 0 && step <= 0))
			break;
		if (fabs(value) < step / 1e6)
			value = 0;
		int row = scale.rows - 1 - plot_row(plot, value) / plot->dots_y;
		if (row == last)
			continue;
		last = row;
		number_text(value, &text);
		grid_put_right(plot->grid, scale.row + row, scale.col, scale.cols - 1, STYLE_CHART_AXIS, room);
	}
}

static void heat_scale_draw(const struct plot *plot, struct rect scale)
{
	const struct chart_heat *heat = plot->chart->heat;
	size_t before = SIZE_MAX;
	for (int r = scale.rows - 1; heat && heat->rows > 0 && r >= 0; r--) {
		size_t row = (size_t)(scale.rows - 1 - r) * heat->rows / (size_t)scale.rows;
		char room[32];
		struct text text = text_in(room, sizeof(room));
		/* Every second row, or there is nothing but numbers. */
		if (row == before || (heat->rows * 2 > (size_t)scale.rows && (scale.rows - 1 - r) % 2))
			continue;
		before = row;
		if (isinf(heat->bounds[row]))
			text_add(&text, "more");
		else
			number_text(heat->bounds[row], &text);
		grid_put_right(plot->grid, scale.row + r, scale.col, scale.cols - 1, STYLE_CHART_AXIS, room);
	}
}

static int64_t tick_step(int64_t range_ms, int cols)
{
	static const int64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY,
		2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY};
	int labels = cols / LABEL_CELLS > 0 ? cols / LABEL_CELLS : 1;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if (range_ms / (seconds[i] * 1000) <= labels)
			return seconds[i];
	return range_ms / 1000 / labels + 1;
}

/* Ticks stand at whole hours and days of the local time. */
static void time_draw(const struct plot *plot, struct rect row)
{
	const struct chart *chart = plot->chart;
	int64_t step = tick_step(chart->end_ms - chart->start_ms, row.cols), start = chart->start_ms / 1000;
	time_t moment = (time_t)start;
	struct tm local = {0};
	localtime_r(&moment, &local);
	int64_t shift = local.tm_gmtoff, tick = start + shift;
	int day = -1, free_from = 0;
	for (tick += (step - tick % step) % step; tick - shift <= chart->end_ms / 1000; tick += step) {
		char label[24];
		int col = plot_column(plot, (tick - shift) * 1000);
		moment = (time_t)(tick - shift);
		localtime_r(&moment, &local);
		const char *format = step >= DAY || (local.tm_yday != day && step >= 3600) ? "%d %b" : step < 60 ? "%H:%M:%S" : "%H:%M";
		day = local.tm_yday;
		strftime(label, sizeof(label), format, &local);
		/* Centred under its moment, but inside. */
		int cells = (int)strlen(label), at = col - cells / 2;
		at = at + cells > row.cols ? row.cols - cells : at;
		at = at < 0 ? 0 : at;
		if (col < 0 || at < free_from)
			continue;
		rect_put(plot->grid, row, 0, at, STYLE_CHART_AXIS, label);
		free_from = at + cells + 2;
	}
}

static void upright_draw(const struct plot *plot, int col, uint16_t style, uint32_t code)
{
	for (int row = 0; row < plot->rect.rows; row++)
		grid_put_code(plot->grid, plot->rect.row + row, plot->rect.col + col, style, code);
}

/* Behind the series. */
static void lines_draw(const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	for (size_t i = 0; i < chart->line_count; i++) {
		double value = chart->lines[i];
		if (!isfinite(value) || value < plot->low || value > plot->high)
			continue;
		int row = plot->rect.rows - 1 - plot_row(plot, value) / plot->dots_y;
		for (int col = 0; col < plot->rect.cols; col++)
			grid_put_code(plot->grid, plot->rect.row + row, plot->rect.col + col, STYLE_WARNING,
			              chart->graph == GRAPH_TTY ? '-' : 0x2508);
	}
	for (size_t i = 0; i < chart->mark_count; i++) {
		int col = plot_column(plot, chart->marks[i].at_ms);
		if (col >= 0)
			upright_draw(plot, col, chart->marks[i].style, chart->graph == GRAPH_TTY ? ':' : 0x2506);
	}
}

/* In front of them: the marks' glyphs, and the cursor where it is free. */
static void fronts_draw(const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	int cursor = chart->cursor_ms ? plot_column(plot, chart->cursor_ms) : -1;
	for (int row = 0; cursor >= 0 && row < plot->rect.rows; row++) {
		const struct cell *cell = grid_cell(plot->grid, plot->rect.row + row, plot->rect.col + cursor);
		int is_free = cell && (cell->code == ' ' || cell->code == 0x2506 || cell->code == 0x2508 ||
		                       (chart->graph == GRAPH_TTY && (cell->code == ':' || cell->code == '-')));
		if (cell && (is_free || chart->kind != CHART_LINE))
			grid_put_code(plot->grid, plot->rect.row + row, plot->rect.col + cursor, STYLE_CHART_CURSOR,
			              chart->graph == GRAPH_TTY ? '|' : 0x2502);
	}
	for (size_t i = 0; i < chart->mark_count; i++) {
		int col = plot_column(plot, chart->marks[i].at_ms);
		if (col >= 0)
			grid_put_code(plot->grid, plot->rect.row, plot->rect.col + col, chart->marks[i].style,
			              (uint32_t)(unsigned char)chart->marks[i].glyph);
	}
}

/* The value that the legend tells: under the cursor, else the last one, be it a gap. */
static double series_value(const struct chart *chart, const struct chart_series *series)
{
	size_t index = series->count - 1;
	if (series->count == 0)
		return NAN;
	if (chart->cursor_ms && chart->end_ms > chart->start_ms) {
		double share = (double)(chart->cursor_ms - chart->start_ms) / (double)(chart->end_ms - chart->start_ms);
		share = share < 0 ? 0 : share > 1 ? 1 : share;
		index = (size_t)(share * (double)(series->count - 1) + 0.5);
	}
	return series->values[index];
}

struct flow {
	struct grid *grid;
	struct rect rect;
	int row, col;
};

/* One more item, on the next row where it does not fit. Returns -1 when there is no room left. */
static int flow_item(struct flow *flow, int cells)
{
	if (flow->col > 0 && flow->col + cells > flow->rect.cols) {
		flow->row++;
		flow->col = 0;
	}
	return flow->row < flow->rect.rows ? 0 : -1;
}

static void flow_put(struct flow *flow, uint16_t style, const char *text)
{
	flow->col += rect_put_cut(flow->grid, flow->rect, flow->row, flow->col, style, text);
}

static void legend_series(struct flow *flow, const struct chart *chart, size_t number, int alone)
{
	const struct chart_series *series = &chart->series[number];
	double value = series_value(chart, series);
	char room[48], mark[4] = "\xe2\x96\xa0";
	struct text text = text_in(room, sizeof(room));
	value_format(chart, value, &text);
	if (chart->graph == GRAPH_TTY)
		snprintf(mark, sizeof(mark), "%c", plot_mark(number));
	int named = !alone && series->name;
	if (flow_item(flow, (named ? utf8_cells(series->name) + 3 : 0) + utf8_cells(room)) < 0)
		return;
	if (named) {
		flow_put(flow, series->style, mark);
		flow->col++;
		flow_put(flow, series->style, series->name);
		flow->col++;
	}
	flow_put(flow, isnan(value) ? STYLE_UNKNOWN : series->style, room);
	flow->col += 2;
}

/* What happened where the cursor stands. */
static void legend_marks(struct flow *flow, const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	int cursor = chart->cursor_ms ? plot_column(plot, chart->cursor_ms) : -1;
	for (size_t i = 0; cursor >= 0 && i < chart->mark_count; i++) {
		int col = plot_column(plot, chart->marks[i].at_ms);
		if (col < cursor - 1 || col > cursor + 1 || !chart->marks[i].text)
			continue;
		if (flow_item(flow, utf8_cells(chart->marks[i].text)) < 0)
			return;
		flow_put(flow, chart->marks[i].style, chart->marks[i].text);
		flow->col += 2;
	}
}

static void legend_draw(struct flow *flow, const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	if (chart->cursor_ms && chart->end_ms > chart->start_ms) {
		char label[32];
		struct tm local = {0};
		time_t moment = (time_t)(chart->cursor_ms / 1000);
		localtime_r(&moment, &local);
		strftime(label, sizeof(label), chart->end_ms - chart->start_ms > DAY * 1000 ? "%d %b %H:%M" : "%H:%M:%S", &local);
		flow_put(flow, STYLE_CHART_CURSOR, label);
		flow->col += 2;
	}
	legend_marks(flow, plot);
	for (size_t i = 0; i < chart->series_count && i < CHART_SERIES_MAX; i++)
		legend_series(flow, chart, i, chart->series_count == 1 && !chart->legend);
}

static struct rect title_draw_in(struct grid *grid, struct rect row, const struct chart *chart)
{
	int used = rect_put_cut(grid, row, 0, 0, STYLE_CHART_AXIS, chart->title ? chart->title : "") + 2;
	int note = chart->note && *chart->note ? utf8_cells(chart->note) + 2 : 0;
	if (note > 0 && note < row.cols - used)
		rect_put_cut(grid, row, 0, row.cols - note + 2, STYLE_STALE, chart->note);
	rect_cut_left(&row, used < row.cols ? used : row.cols);
	rect_cut_right(&row, note < row.cols ? note : 0);
	return row;
}

static void dots_choose(struct plot *plot)
{
	const struct chart *chart = plot->chart;
	int alone = chart->series_count == 1 && chart->kind != CHART_HEATMAP;
	plot->dots_x = chart->graph == GRAPH_BRAILLE ? 2 : 1;
	plot->dots_y = chart->graph == GRAPH_BRAILLE ? 4 : chart->graph == GRAPH_TTY ? 1 : alone && chart->kind == CHART_AREA ? 8 : 2;
	plot->width = plot->rect.cols * plot->dots_x;
	plot->height = plot->rect.rows * plot->dots_y;
}

void chart_draw(struct grid *grid, struct rect rect, const struct chart *chart)
{
	struct plot plot = {.grid = grid, .chart = chart};
	struct rect legend, axis = {0}, scale = {0};
	int timed = chart->end_ms > chart->start_ms, legend_rows = chart->legend;
	if (rect_is_empty(rect))
		return;
	legend = title_draw_in(grid, rect_cut_top(&rect, 1), chart);
	if (timed && rect.rows >= 4)
		axis = rect_cut_bottom(&rect, 1);
	while (legend_rows > 0 && rect.rows - legend_rows < 3)
		legend_rows--;
	if (legend_rows > 0)
		legend = rect_cut_bottom(&rect, legend_rows);
	if (!rect_is_empty(axis) && legend_rows > 0) { /* the axis stands between */
		int row = axis.row;
		axis.row = legend.row;
		legend.row += row - (legend.row + legend_rows - 1);
	}
	plot.rect = rect;
	if (rect.rows >= 1 && rect.cols >= 2 * SCALE_CELLS) {
		scale = rect_cut_left(&rect, SCALE_CELLS);
		rect_cut_left(&axis, SCALE_CELLS);
		plot.rect = rect;
		dots_choose(&plot);
		scale_of(&plot, chart);
		double step = scale_step(&plot, chart);
		if (chart->kind == CHART_HEATMAP)
			heat_scale_draw(&plot, scale);
		else
			scale_draw(&plot, scale, step);
		if (!rect_is_empty(axis))
			time_draw(&plot, axis);
		lines_draw(&plot);
		if (chart->kind == CHART_HEATMAP)
			plot_heat(&plot);
		else
			plot_series(&plot);
		fronts_draw(&plot);
	}
	struct flow flow = {.grid = grid, .rect = legend};
	legend_draw(&flow, &plot);
}

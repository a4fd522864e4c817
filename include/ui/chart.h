/* SPDX-License-Identifier: MIT */
#ifndef UI_CHART_H
#define UI_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "ui/spark.h"

/*
 * Charts over time: lines, areas, a histogram's heatmap. Values belong to the caller and are read while
 * drawing. A value that is NaN is a gap and is drawn as one; infinite ones are not drawn. Everything
 * is told without colours too: series have their own marks where the graph is tty, and the legend
 * names them.
 *
 *	title                          note
 *	 4.0k ┤ plot                          ┆ marks
 *	    0 ┤
 *	      14:00      14:15      14:30     time
 *	■ rps 3.8k   ■ errors 12              legend: values under the cursor, else the last ones
 *
 * What does not fit goes in this order: legend beyond a line, time axis, scale.
 */
enum chart_kind { CHART_LINE, CHART_AREA, CHART_HEATMAP };
enum { CHART_SERIES_MAX = 64 };

struct chart_series {
	const char *name;
	const double *values; /* `count` of them, evenly from the chart's start to its end */
	size_t count;
	uint16_t style;
	int sparse;           /* of a comparison: drawn thinner */
};

/* Something that happened: a vertical line with a glyph on top. */
struct chart_mark {
	int64_t at_ms;
	uint16_t style;
	char glyph;        /* 'R' for a rollout; its text stands in the legend when the cursor is on it */
	const char *text;
};

/* A heatmap: how many values fell into each bucket in each step. */
struct chart_heat {
	size_t rows, cols;
	const double *bounds; /* upper bound of each row, ascending; the last may be infinite */
	const double *counts; /* rows * cols, the lowest row first; NaN is a gap */
};

struct chart {
	const char *title;
	const char *unit;           /* behind numbers: "ms"; "" or NULL for none */
	const char *note;           /* at the right of the title: "partial", "old 2m"; NULL for none */
	enum chart_kind kind;
	enum graph graph;
	const struct chart_series *series;
	size_t series_count;        /* the first is drawn on top */
	const struct chart_heat *heat;
	int64_t start_ms, end_ms;   /* times of the first and the last value; equal: no time axis */
	const struct chart_mark *marks;
	size_t mark_count;
	const double *lines;        /* values with a horizontal line: objectives, limits */
	size_t line_count;
	int64_t cursor_ms;          /* 0: none */
	double low, high;           /* the scale; both 0: from the values, 0 included */
	int legend;                 /* rows for it; 0: in the title's line */
};

void chart_draw(struct grid *grid, struct rect rect, const struct chart *chart);
/* The usual styles of series, by their number. */
uint16_t chart_style(size_t series);

/*
 * What part of time a chart shows, and where its cursor stands. Pure: the caller asks for data that
 * fits. While `follows` the end is now.
 */
struct chart_window {
	int64_t range_ms;
	int64_t end_ms;     /* where it stands still; 0: it follows now */
	int64_t cursor_ms;  /* 0: none */
	int64_t compare_ms; /* the previous period lies so far back; 0: no comparison */
};

extern const int64_t chart_ranges[];  /* 5 minutes to 7 days */
extern const size_t chart_range_count;

void chart_window_init(struct chart_window *window); /* the last hour */
void chart_window_bounds(const struct chart_window *window, int64_t now_ms, int64_t *start_ms, int64_t *end_ms);
/* The next shorter (-1) or longer (1) range, around the cursor where there is one. */
void chart_window_zoom(struct chart_window *window, int64_t now_ms, int step);
/* A quarter of the range to the past (-1) or the future (1); at now it follows again. */
void chart_window_pan(struct chart_window *window, int64_t now_ms, int step);
/* Moves the cursor by so many hundredths of the range; the first time it appears at the end. */
void chart_window_cursor(struct chart_window *window, int64_t now_ms, int step);
void chart_window_live(struct chart_window *window); /* back to now, without a cursor */
/* Comparison with: nothing, the period before, a day before, a week before, and round again. */
void chart_window_compare(struct chart_window *window);
/* "1h", "7d, to 14:05, against 1d before" */
void chart_window_describe(const struct chart_window *window, struct text *out);
/* A step that gives about `points` values and that servers like: 1, 2, 5, 15, 30 s, 1, 2, 5 min, … */
int64_t chart_step(int64_t range_ms, size_t points);
/* "5m", "90s", "7d" and "1h30m" to milliseconds; -1 when it is none. */
int64_t chart_range_parse(const char *text);

#endif

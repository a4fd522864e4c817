/* SPDX-License-Identifier: MIT */
#ifndef UI_CHART_PLOT_H
#define UI_CHART_PLOT_H

#include "ui/chart.h"

/* The plot of a chart, shared by chart.c (scale, axes, legend) and chart_plot.c (lines and cells). */
struct plot {
	struct grid *grid;
	struct rect rect;      /* of the plot alone */
	const struct chart *chart;
	double low, high;
	int width, height;     /* dots */
	int dots_x, dots_y;    /* of a cell */
};

void plot_series(const struct plot *plot);
void plot_heat(const struct plot *plot);
/* The column of a moment, or -1 outside. */
int plot_column(const struct plot *plot, int64_t at_ms);
/* The row of dots of a value from the bottom. */
int plot_row(const struct plot *plot, double value);
/* The mark of a series where the graph is tty. */
char plot_mark(size_t series);

#endif

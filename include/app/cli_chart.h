/* SPDX-License-Identifier: MIT */
#ifndef APP_CLI_CHART_H
#define APP_CLI_CHART_H

#include "app/cli.h"
#include "term/grid.h"
#include "ui/chart.h"

/* Prints a grid to stdout: in the theme's colours on a terminal that has them, else as plain text. */
int cli_print_grid(const struct cli *cli, const struct grid *grid, struct err *err) MUST_USE;
/* The size of the terminal on stdout; 100 by 24 where there is none. */
void cli_terminal_size(int *rows, int *cols);
/* The glyphs that suit the terminal and the options. */
enum graph cli_graph(const struct cli *cli);

#endif

/* SPDX-License-Identifier: MIT */
/* Drawings of the command line: a grid, printed once. */
#include "app/cli_chart.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "term/theme.h"

static int is_ascii(const struct cli *cli)
{
	return cli->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

void cli_terminal_size(int *rows, int *cols)
{
	struct winsize size;
	*rows = 24;
	*cols = 100;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row >= 8 && size.ws_col >= 30) {
		*rows = size.ws_row - 1;
		*cols = size.ws_col;
	}
}

enum graph cli_graph(const struct cli *cli)
{
	return is_ascii(cli) ? GRAPH_TTY : GRAPH_BRAILLE;
}

/* 256 colours: what a terminal without a database entry can be trusted with. */
static void print_look(struct look look)
{
	printf("\033[0");
	if (look.attrs & LOOK_BOLD)
		printf(";1");
	if (look.attrs & LOOK_DIM)
		printf(";2");
	if (look.fg >= 0 && look.fg < 256)
		printf(";38;5;%d", look.fg);
	printf("m");
}

static void print_row(const struct grid *grid, int row, const struct theme *theme, int ascii)
{
	uint16_t style = STYLE_TEXT;
	int end = grid->cols;
	while (end > 0 && grid_cell(grid, row, end - 1)->code == ' ')
		end--;
	for (int col = 0; col < end; col++) {
		const struct cell *cell = grid_cell(grid, row, col);
		char bytes[5] = {0};
		if (cell->width == 0)
			continue;
		if (theme && cell->style != style)
			print_look(theme_look(theme, cell->style, COLORS_256));
		style = cell->style;
		utf8_encode(ascii ? (uint32_t)glyph_ascii(cell->code) : cell->code, bytes);
		printf("%s", bytes);
	}
	printf(theme && style != STYLE_TEXT ? "\033[0m\n" : "\n");
}

int cli_print_grid(const struct cli *cli, const struct grid *grid, struct err *err)
{
	struct theme theme;
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	int coloured = isatty(STDOUT_FILENO) && !cli->no_color && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	if (coloured && theme_load(&theme, cli->theme ? cli->theme : cli->config.theme, err) < 0)
		return -1;
	for (int row = 0; row < grid->rows; row++)
		print_row(grid, row, coloured ? &theme : NULL, is_ascii(cli));
	return 0;
}

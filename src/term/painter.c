/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows ncurses. Its output goes into a memfd: a pipe could fill up, and ncurses
 * retries a full descriptor in a busy loop. Input is not read by ncurses at all, so getch's waiting
 * and its key timeouts do not exist here.
 *
 * ncurses finds no terminal behind the memfd, so it leaves termios alone (term/screen sets it) and
 * does not send smkx when it comes back from endwin; painter_paint adds that.
 */
#include "term/painter.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "base/mem.h"

enum { PAIRS_MAX = 250, STYLES = 1 << 16 };

struct pair {
	int fg, bg;
};

/* A style as ncurses wants it, made when it is first used. */
struct paint {
	uint32_t attrs;
	short pair;
	short made;
};

struct painter {
	int memory;
	FILE *out, *in;
	SCREEN *curses;
	int ascii, left;
	enum colors colors;
	struct theme theme;
	struct pair pairs[PAIRS_MAX];
	int pair_count, pair_max;
	struct paint *paints; /* by style */
};

static const char *capability(const char *name)
{
	const char *text = tigetstr(name);

	return text && text != (const char *)-1 ? text : "";
}

static enum colors colors_detect(int no_color)
{
	if (no_color || !has_colors() || start_color() == ERR)
		return COLORS_MONO;
	use_default_colors();
	if (COLORS > 256)
		return tigetflag("RGB") == 1 ? COLORS_DIRECT : COLORS_256;
	return COLORS >= 256 ? COLORS_256 : COLORS >= 16 ? COLORS_16 : COLORS_8;
}

static void variable_put(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/*
 * The size must be right from the start, for newterm sets the scrolling region by it; without a
 * terminal it comes from LINES and COLUMNS alone. Those are put back, and so are the handlers that
 * newterm installs for job control and interrupts where it finds none.
 */
static SCREEN *curses_open(const struct painter_options *options, FILE *out, FILE *in)
{
	static const int numbers[] = {SIGTSTP, SIGINT, SIGTERM, SIGWINCH};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, kept[4];
	char *tall = mem_copy_string(getenv("LINES")), *wide = mem_copy_string(getenv("COLUMNS"));
	char number[16];
	SCREEN *curses;

	for (int i = 0; i < 4; i++)
		sigaction(numbers[i], &ignore, &kept[i]);
	snprintf(number, sizeof(number), "%d", options->rows);
	setenv("LINES", number, 1);
	snprintf(number, sizeof(number), "%d", options->cols);
	setenv("COLUMNS", number, 1);
	curses = newterm(options->term, out, in);
	variable_put("LINES", tall);
	variable_put("COLUMNS", wide);
	free(tall);
	free(wide);
	for (int i = 0; i < 4; i++)
		sigaction(numbers[i], &kept[i], NULL);
	return curses;
}

static int files_open(struct painter *painter, struct err *err)
{
	int spare;

	painter->memory = memfd_create("frame", MFD_CLOEXEC);
	spare = painter->memory < 0 ? -1 : dup(painter->memory);
	if (spare < 0)
		return err_set(err, "Cannot make room for the screen: %s.", strerror(errno));
	painter->out = fdopen(spare, "w");
	painter->in = fopen("/dev/null", "re");
	if (!painter->out || !painter->in)
		return err_set(err, "Cannot open /dev/null for the screen: %s.", strerror(errno));
	return 0;
}

struct painter *painter_new(const struct painter_options *options, struct err *err)
{
	struct painter *painter = mem_new(sizeof(*painter));
	int known;

	painter->memory = -1;
	painter->ascii = options->ascii;
	painter->theme = *options->theme;
	painter->paints = mem_new_array(STYLES, sizeof(*painter->paints));
	if (files_open(painter, err) < 0)
		goto failed;
	/* Asked first, because a newterm that fails leaks. */
	if (setupterm(options->term, painter->memory, &known) == OK) {
		del_curterm(cur_term);
		painter->curses = curses_open(options, painter->out, painter->in);
	}
	if (!painter->curses) {
		err_set(err,
		        "The terminal type \"%s\" is not known here. Set TERM to a known one, such as "
		        "xterm-256color, or install its terminfo entry.",
		        options->term);
		goto failed;
	}
	if (!*capability("cup")) {
		err_set(err,
		        "The terminal type \"%s\" cannot place its cursor. Set TERM to what the terminal "
		        "really is, such as xterm-256color.",
		        options->term);
		goto failed;
	}
	nonl();
	typeahead(-1);
	keypad(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	painter->colors = colors_detect(options->no_color);
	painter->pair_max = painter->colors == COLORS_MONO ? 0 : COLOR_PAIRS - 1;
	if (painter->pair_max > PAIRS_MAX)
		painter->pair_max = PAIRS_MAX;
	painter_resize(painter, options->rows, options->cols);
	return painter;
failed:
	painter_free(painter);
	return NULL;
}

void painter_free(struct painter *painter)
{
	if (!painter)
		return;
	if (painter->curses) {
		if (!painter->left)
			endwin();
		delscreen(painter->curses);
	}
	if (painter->out)
		fclose(painter->out);
	if (painter->in)
		fclose(painter->in);
	if (painter->memory >= 0)
		close(painter->memory);
	free(painter->paints);
	free(painter);
}

enum colors painter_colors(const struct painter *painter)
{
	return painter->colors;
}

void painter_set_theme(struct painter *painter, const struct theme *theme)
{
	painter->theme = *theme;
	memset(painter->paints, 0, STYLES * sizeof(*painter->paints));
	/* Numbers of pairs are used anew; the frame must be painted with them. */
	painter->pair_count = 0;
	clearok(curscr, TRUE);
}

void painter_resize(struct painter *painter, int rows, int cols)
{
	(void)painter;
	resizeterm(rows > 0 ? rows : 1, cols > 0 ? cols : 1);
	clearok(curscr, TRUE);
}

void painter_repaint(struct painter *painter)
{
	(void)painter;
	clearok(curscr, TRUE);
}

/* Pair 0 is the terminal's own colours. When pairs run out (64 with 8 colours) that is what is left. */
static short pair_find(struct painter *painter, int fg, int bg)
{
	if (fg == COLOR_NONE && bg == COLOR_NONE)
		return 0;
	for (int i = 0; i < painter->pair_count; i++)
		if (painter->pairs[i].fg == fg && painter->pairs[i].bg == bg)
			return (short)(i + 1);
	if (painter->pair_count >= painter->pair_max)
		return 0;
	painter->pairs[painter->pair_count] = (struct pair){fg, bg};
	init_extended_pair(painter->pair_count + 1, fg & COLOR_RGB && fg > 0 ? fg & 0xffffff : fg,
	                   bg & COLOR_RGB && bg > 0 ? bg & 0xffffff : bg);
	return (short)++painter->pair_count;
}

static const struct paint *paint_of(struct painter *painter, uint16_t style)
{
	struct paint *paint = &painter->paints[style];
	struct look look;

	if (paint->made)
		return paint;
	look = theme_look(&painter->theme, style, painter->colors);
	paint->attrs = (look.attrs & LOOK_BOLD ? A_BOLD : 0) | (look.attrs & LOOK_DIM ? A_DIM : 0) |
	               (look.attrs & LOOK_UNDERLINE ? A_UNDERLINE : 0) |
	               (look.attrs & LOOK_REVERSE ? A_REVERSE : 0) |
	               (look.attrs & LOOK_ITALIC ? A_ITALIC : 0);
	paint->pair = painter->colors == COLORS_MONO ? 0 : pair_find(painter, look.fg, look.bg);
	paint->made = 1;
	return paint;
}

/* Marks that the C library does not take for such would be cells of their own: they are not sent. */
static void put_char(int row, int col, wchar_t code, const uint32_t *marks, const struct paint *paint)
{
	wchar_t text[2 + CELL_MARKS] = {code, 0};
	cchar_t cell;
	size_t len = 1;

	for (int i = 0; marks && i < CELL_MARKS && marks[i]; i++)
		if (wcwidth((wchar_t)marks[i]) == 0)
			text[len++] = (wchar_t)marks[i];
	text[len] = 0;
	setcchar(&cell, text, paint->attrs, paint->pair, NULL);
	mvadd_wch(row, col, &cell);
}

static void put_cell(struct painter *painter, int row, int col, const struct cell *cell)
{
	const struct paint *paint = paint_of(painter, cell->style);
	wchar_t code = (wchar_t)cell->code;

	if (cell->width == 0)
		return;
	/* ncurses counts cells as the C library does. Where that differs from us its picture of the
	 * line would be wrong from here on, so such a character is not sent. */
	if (painter->ascii)
		code = (unsigned char)glyph_ascii(cell->code);
	else if (wcwidth(code) != cell->width)
		code = '?';
	put_char(row, col, code, painter->ascii || code == '?' ? NULL : cell->marks, paint);
	if (cell->width == 2 && (painter->ascii || code == '?'))
		put_char(row, col + 1, ' ', NULL, paint);
}

void painter_paint(struct painter *painter, const struct grid *grid)
{
	int rows = grid->rows < LINES ? grid->rows : LINES, cols = grid->cols < COLS ? grid->cols : COLS;

	if (grid->rows < LINES || grid->cols < COLS)
		erase();
	for (int row = 0; row < rows; row++)
		for (int col = 0; col < cols; col++) {
			const struct cell *cell = grid_cell(grid, row, col);
			if (cell->width != 2 || col + 1 < cols)
				put_cell(painter, row, col, cell);
		}
	if (grid->cursor_row >= 0 && grid->cursor_row < rows && grid->cursor_col >= 0 &&
	    grid->cursor_col < cols) {
		curs_set(1);
		move(grid->cursor_row, grid->cursor_col);
	} else {
		curs_set(0);
		move(0, 0);
	}
	if (painter->left) {
		fputs(capability("smkx"), painter->out);
		fflush(painter->out);
		painter->left = 0;
		clearok(curscr, TRUE);
	}
	refresh();
}

void painter_leave(struct painter *painter)
{
	if (!painter->left)
		endwin();
	painter->left = 1;
}

int painter_take(struct painter *painter, struct buf *out)
{
	char room[16384];
	off_t at = 0;
	ssize_t got;
	int result = 0;

	fflush(painter->out);
	while ((got = pread(painter->memory, room, sizeof(room), at)) > 0) {
		if (buf_add(out, room, (size_t)got) < 0) {
			result = -1;
			break;
		}
		at += got;
	}
	if (at > 0 || result < 0) {
		if (ftruncate(painter->memory, 0) < 0)
			result = -1;
		lseek(painter->memory, 0, SEEK_SET);
	}
	return result;
}

void painter_teach(const struct painter *painter, struct decoder *decoder)
{
	static const struct {
		const char *capability;
		struct key key;
	} keys[] = {
	    {"kcuu1", {KEYCODE_UP, 0}},          {"kcud1", {KEYCODE_DOWN, 0}},
	    {"kcub1", {KEYCODE_LEFT, 0}},        {"kcuf1", {KEYCODE_RIGHT, 0}},
	    {"khome", {KEYCODE_HOME, 0}},        {"kend", {KEYCODE_END, 0}},
	    {"kpp", {KEYCODE_PAGE_UP, 0}},       {"knp", {KEYCODE_PAGE_DOWN, 0}},
	    {"kich1", {KEYCODE_INSERT, 0}},      {"kdch1", {KEYCODE_DELETE, 0}},
	    {"kLFT", {KEYCODE_LEFT, MOD_SHIFT}}, {"kRIT", {KEYCODE_RIGHT, MOD_SHIFT}},
	    {"kri", {KEYCODE_UP, MOD_SHIFT}},    {"kind", {KEYCODE_DOWN, MOD_SHIFT}},
	    {"kHOM", {KEYCODE_HOME, MOD_SHIFT}}, {"kEND", {KEYCODE_END, MOD_SHIFT}},
	    {"kcbt", {KEYCODE_TAB, MOD_SHIFT}},  {"kent", {KEYCODE_ENTER, 0}},
	};
	char name[8];

	(void)painter;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		decoder_learn(decoder, capability(keys[i].capability), keys[i].key);
	for (uint32_t i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "kf%u", (unsigned)i + 1);
		decoder_learn(decoder, capability(name), (struct key){KEYCODE_F1 + i, 0});
	}
}

size_t painter_restore_bytes(const struct painter *painter, char *out, size_t size)
{
	(void)painter;
	snprintf(out, size, "%s%s%s%s", capability("sgr0"), capability("cnorm"), capability("rmkx"),
	         capability("rmcup"));
	return strlen(out);
}

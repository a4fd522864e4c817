/* SPDX-License-Identifier: MIT */
/*
 * The screen on a real pseudo-terminal: the test holds the other end. Nothing here waits for time;
 * a call that blocked would be ended by the alarm, and that is a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "term/screen.h"

struct fixture {
	int master, slave;
	char name[128];
	struct termios before;
	struct clock_fixed clock;
	struct theme theme;
	struct screen *screen;
	struct grid grid;
	struct buf seen;
};

static void screen_begin(struct fixture *fixture, const char *term, int ascii, int no_color)
{
	struct screen_options options = {.tty = fixture->name,
	                                 .term = term,
	                                 .theme = &fixture->theme,
	                                 .clock = &fixture->clock.clock,
	                                 .ascii = ascii,
	                                 .no_color = no_color};
	struct err err = {""};

	fixture->screen = screen_open(&options, &err);
	assert_string_equal(err.text, "");
	assert_non_null(fixture->screen);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct winsize size = {.ws_row = 30, .ws_col = 90};
	struct err err;

	alarm(60);
	unsetenv("NO_COLOR");
	assert_int_equal(openpty(&fixture->master, &fixture->slave, fixture->name, NULL, &size), 0);
	fcntl(fixture->master, F_SETFL, O_NONBLOCK);
	tcgetattr(fixture->slave, &fixture->before);
	clock_fixed_init(&fixture->clock, 1000);
	assert_int_equal(theme_load(&fixture->theme, "dark", &err), 0);
	grid_init(&fixture->grid, 30, 90);
	buf_init(&fixture->seen, 16 << 20);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	screen_close(fixture->screen);
	close(fixture->master);
	close(fixture->slave);
	grid_release(&fixture->grid);
	buf_release(&fixture->seen);
	free(fixture);
	return 0;
}

/* Takes what the terminal was sent so far. */
static const char *seen(struct fixture *fixture)
{
	char room[4096];
	ssize_t got;

	while ((got = read(fixture->master, room, sizeof(room))) > 0)
		assert_int_equal(buf_add(&fixture->seen, room, (size_t)got), 0);
	return buf_string(&fixture->seen);
}

static void forget(struct fixture *fixture)
{
	seen(fixture);
	buf_clear(&fixture->seen);
}

static void type(struct fixture *fixture, const char *bytes, size_t len)
{
	assert_int_equal(write(fixture->master, bytes, len), (ssize_t)len);
	assert_int_equal(screen_read(fixture->screen), 0);
}

static void assert_key(struct fixture *fixture, const char *name)
{
	struct input input;
	char got[KEY_NAME_MAX];

	assert_int_equal(screen_next(fixture->screen, &input), 1);
	assert_int_equal(input.kind, INPUT_KEY);
	key_format(input.key, got);
	assert_string_equal(got, name);
}

static void assert_no_key(struct fixture *fixture)
{
	struct input input;

	assert_int_equal(screen_next(fixture->screen, &input), 0);
}

static void test_draws_and_restores(void **state)
{
	struct fixture *fixture = *state;
	struct termios now;
	struct sigaction action;

	screen_begin(fixture, "xterm-256color", 0, 0);
	assert_int_equal(screen_rows(fixture->screen), 30);
	assert_int_equal(screen_cols(fixture->screen), 90);
	assert_int_equal(screen_colors(fixture->screen), COLORS_256);
	assert_true(fcntl(screen_input_fd(fixture->screen), F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(fixture->slave, F_GETFL) & O_NONBLOCK);
	tcgetattr(fixture->slave, &now);
	assert_false(now.c_lflag & (ICANON | ECHO));
	sigaction(SIGTSTP, NULL, &action);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
	sigaction(SIGWINCH, NULL, &action);
	assert_ptr_equal(action.sa_handler, SIG_DFL);

	grid_put(&fixture->grid, 3, 5, 40, STYLE_BAD, "▸ pay ● 日本");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_true(screen_ready(fixture->screen));
	assert_non_null(strstr(seen(fixture), "\033[?1049h"));
	assert_non_null(strstr(seen(fixture), "\033[1;30r"));
	assert_non_null(strstr(seen(fixture), "▸ pay ● 日本"));
	assert_non_null(strstr(seen(fixture), "38;5;210m"));

	screen_close(fixture->screen);
	fixture->screen = NULL;
	assert_non_null(strstr(seen(fixture), "\033[?1049l"));
	assert_non_null(strstr(seen(fixture), "\033[?2004l"));
	tcgetattr(fixture->slave, &now);
	assert_memory_equal(&now.c_lflag, &fixture->before.c_lflag, sizeof(now.c_lflag));
	assert_memory_equal(&now.c_oflag, &fixture->before.c_oflag, sizeof(now.c_oflag));
}

static void test_sends_only_changes(void **state)
{
	struct fixture *fixture = *state;
	size_t before;

	screen_begin(fixture, "xterm-256color", 0, 0);
	grid_put(&fixture->grid, 3, 5, 40, STYLE_OK, "healthy");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	before = screen_bytes_written(fixture->screen);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_int_equal(screen_bytes_written(fixture->screen), before);
	grid_put(&fixture->grid, 4, 5, 40, STYLE_TEXT, "x");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_in_range(screen_bytes_written(fixture->screen) - before, 1, 64);
	before = screen_bytes_written(fixture->screen);
	screen_redraw(fixture->screen);
	forget(fixture);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_non_null(strstr(seen(fixture), "healthy"));
}

/* Nobody reads: drawing goes on returning, frames are not queued, and the last one arrives. */
static void test_stalled_reader(void **state)
{
	struct fixture *fixture = *state;
	size_t most;
	int frames = 0, stuck = 0;

	screen_begin(fixture, "xterm-256color", 0, 0);
	/* The kernel moves what it took on to the other end a little later, and then takes more. */
	while (stuck < 40 && frames < 10000) {
		if (!screen_ready(fixture->screen)) {
			usleep(5000);
			assert_int_equal(screen_flush(fixture->screen), 0);
			stuck++;
			continue;
		}
		stuck = 0;
		frames++;
		grid_fill(&fixture->grid, grid_rect(&fixture->grid), frames % 2 ? STYLE_OK : STYLE_BAD,
		          'a' + frames % 26);
		assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	}
	assert_in_range(frames, 1, 9999);
	most = screen_bytes_written(fixture->screen);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_int_equal(screen_bytes_written(fixture->screen), most);
	assert_false(screen_ready(fixture->screen));

	grid_clear(&fixture->grid);
	grid_put(&fixture->grid, 0, 0, 40, STYLE_TEXT, "the latest state");
	for (int i = 0; i < 10000 && !screen_ready(fixture->screen); i++) {
		forget(fixture);
		assert_int_equal(screen_flush(fixture->screen), 0);
	}
	assert_true(screen_ready(fixture->screen));
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_non_null(strstr(seen(fixture), "the latest state"));
}

static void test_resize(void **state)
{
	struct fixture *fixture = *state;
	struct winsize size = {.ws_row = 12, .ws_col = 44};

	screen_begin(fixture, "xterm-256color", 0, 0);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_int_equal(screen_resize(fixture->screen), 0);
	ioctl(fixture->master, TIOCSWINSZ, &size);
	assert_int_equal(screen_resize(fixture->screen), 1);
	assert_int_equal(screen_rows(fixture->screen), 12);
	assert_int_equal(screen_cols(fixture->screen), 44);
	grid_put(&fixture->grid, 11, 20, 40, STYLE_TEXT, "inside");
	grid_put(&fixture->grid, 20, 0, 40, STYLE_TEXT, "outside");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0); /* a grid of the old size */
	assert_non_null(strstr(seen(fixture), "inside"));
	assert_null(strstr(seen(fixture), "outside"));
	size.ws_row = 50;
	size.ws_col = 200;
	ioctl(fixture->master, TIOCSWINSZ, &size);
	assert_int_equal(screen_resize(fixture->screen), 1);
	grid_resize(&fixture->grid, 50, 200);
	grid_put(&fixture->grid, 49, 190, 40, STYLE_TEXT, "farthest");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_non_null(strstr(seen(fixture), "farthest"));
}

static void test_keys(void **state)
{
	struct fixture *fixture = *state;
	struct input input;

	screen_begin(fixture, "xterm-256color", 0, 0);
	/* xterm-256color has arrows as ESC O A in its terminfo; ESC [ A comes in the normal mode. */
	type(fixture, "g\033OA\033[B\033[1;2D\006ü\033[15~\r", 22);
	assert_key(fixture, "g");
	assert_key(fixture, "Up");
	assert_key(fixture, "Down");
	assert_key(fixture, "Shift-Left");
	assert_key(fixture, "Ctrl-F");
	assert_key(fixture, "ü");
	assert_key(fixture, "F5");
	assert_key(fixture, "Enter");
	assert_no_key(fixture);
	assert_int_equal(screen_wait_ms(fixture->screen), -1);

	type(fixture, "\033", 1);
	assert_no_key(fixture);
	assert_int_equal(screen_wait_ms(fixture->screen), ESC_DELAY_MS);
	fixture->clock.mono_ms += ESC_DELAY_MS;
	assert_int_equal(screen_wait_ms(fixture->screen), 0);
	assert_key(fixture, "Esc");

	type(fixture, "\033[200~pay\rments\033[31m q\033[201~z", 30);
	assert_int_equal(screen_next(fixture->screen, &input), 1);
	assert_int_equal(input.kind, INPUT_PASTE);
	assert_string_equal(input.paste, "pay ments[31m q");
	assert_key(fixture, "z");
}

static void test_synchronized_output(void **state)
{
	struct fixture *fixture = *state;

	screen_begin(fixture, "xterm-256color", 0, 0);
	assert_non_null(strstr(seen(fixture), "\033[?2026$p"));
	grid_put(&fixture->grid, 0, 0, 40, STYLE_TEXT, "before");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_null(strstr(seen(fixture), "\033[?2026h"));
	type(fixture, "\033[?2026;2$y", 11);
	assert_no_key(fixture);
	forget(fixture);
	grid_put(&fixture->grid, 0, 0, 40, STYLE_TEXT, "after!");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_memory_equal(seen(fixture), "\033[?2026h", 8);
	assert_string_equal(seen(fixture) + fixture->seen.len - 8, "\033[?2026l");
	/* A frame without a change is no frame. */
	forget(fixture);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_string_equal(seen(fixture), "");
}

static void test_suspend_and_resume(void **state)
{
	struct fixture *fixture = *state;
	struct termios now;
	struct err err = {""};

	screen_begin(fixture, "xterm-256color", 0, 0);
	grid_put(&fixture->grid, 0, 0, 40, STYLE_TEXT, "one");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	screen_suspend(fixture->screen);
	assert_non_null(strstr(seen(fixture), "\033[?1049l"));
	tcgetattr(fixture->slave, &now);
	assert_true(now.c_lflag & ICANON);
	forget(fixture);
	assert_int_equal(screen_resume(fixture->screen, &err), 0);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_non_null(strstr(seen(fixture), "\033[?1049h"));
	assert_non_null(strstr(seen(fixture), "\033[?1h"));
	assert_non_null(strstr(seen(fixture), "one"));
	tcgetattr(fixture->slave, &now);
	assert_false(now.c_lflag & ICANON);
}

static void test_emergency_restore(void **state)
{
	struct fixture *fixture = *state;
	struct termios now;

	screen_emergency_restore(); /* nothing open: nothing happens */
	screen_begin(fixture, "xterm-256color", 0, 0);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	forget(fixture);
	screen_emergency_restore();
	assert_non_null(strstr(seen(fixture), "\033[?1049l"));
	assert_non_null(strstr(seen(fixture), "\033[?2004l"));
	tcgetattr(fixture->slave, &now);
	assert_true(now.c_lflag & ICANON);
}

static void test_terminal_goes_away(void **state)
{
	struct fixture *fixture = *state;

	screen_begin(fixture, "xterm-256color", 0, 0);
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	close(fixture->master);
	assert_int_equal(screen_read(fixture->screen), -1);
	grid_put(&fixture->grid, 0, 0, 40, STYLE_TEXT, "gone");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), -1);
}

static void test_ascii_and_mono(void **state)
{
	struct fixture *fixture = *state;

	screen_begin(fixture, "xterm-256color", 1, 1);
	assert_int_equal(screen_is_ascii(fixture->screen), 1);
	assert_int_equal(screen_colors(fixture->screen), COLORS_MONO);
	grid_put(&fixture->grid, 1, 0, 40, STYLE_BAD, "▸ pay ● ▓▓░ é 日 …");
	assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
	assert_non_null(strstr(seen(fixture), "> pay * ##. e ?  ~"));
	assert_null(strstr(seen(fixture), "38;5"));
	for (const char *byte = seen(fixture); *byte; byte++)
		assert_false(*byte & 0x80);
}

static void test_other_terminals(void **state)
{
	static const struct {
		const char *term;
		enum colors colors;
	} rows[] = {{"linux", COLORS_8},
	            {"vt100", COLORS_MONO},
	            {"screen", COLORS_8},
	            {"tmux-256color", COLORS_256},
	            {"rxvt-unicode-256color", COLORS_256}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		screen_begin(fixture, rows[i].term, 0, 0);
		assert_int_equal(screen_colors(fixture->screen), rows[i].colors);
		for (int j = 0; j < ELEMENT_COUNT && j < 30; j++)
			grid_put(&fixture->grid, j, 0, 40, (uint16_t)j, element_name((enum element)j));
		assert_int_equal(screen_draw(fixture->screen, &fixture->grid), 0);
		assert_non_null(strstr(seen(fixture), "selected-idle"));
		/* Consoles that print what they do not know are not asked. */
		assert_int_equal(strstr(seen(fixture), "2026$p") != NULL, i >= 2);
		screen_close(fixture->screen);
		fixture->screen = NULL;
		forget(fixture);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *tty, *term, *says;
	} rows[] = {
	    {"", "no-such-terminal", "not known here"},
	    {"", "dumb", "cannot place its cursor"},
	    {"", "", "TERM is not set"},
	    {"/nonexistent/tty", "xterm", "Cannot open the terminal /nonexistent/tty"},
	    {"/dev/null", "xterm", "Cannot read the terminal's modes"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct screen_options options = {.tty = *rows[i].tty ? rows[i].tty : fixture->name,
		                                 .term = rows[i].term,
		                                 .theme = &fixture->theme};
		struct err err = {""};
		assert_null(screen_open(&options, &err));
		assert_non_null(strstr(err.text, rows[i].says));
	}
}

static void test_copy(void **state)
{
	struct fixture *fixture = *state;
	char large[60000];

	screen_begin(fixture, "xterm-256color", 0, 0);
	forget(fixture);
	assert_int_equal(screen_copy(fixture->screen, "pay\nments", 9), 0);
	assert_string_equal(seen(fixture), "\033]52;c;cGF5Cm1lbnRz\a");
	forget(fixture);
	/* More than a terminal takes is not sent at all. */
	memset(large, 'x', sizeof(large));
	assert_int_equal(screen_copy(fixture->screen, large, sizeof(large)), -1);
	assert_string_equal(seen(fixture), "");
	screen_close(fixture->screen);
	screen_begin(fixture, "vt100", 0, 0);
	assert_int_equal(screen_copy(fixture->screen, "x", 1), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_draws_and_restores),
	    TEST(test_sends_only_changes),
	    TEST(test_stalled_reader),
	    TEST(test_resize),
	    TEST(test_keys),
	    TEST(test_synchronized_output),
	    TEST(test_suspend_and_resume),
	    TEST(test_emergency_restore),
	    TEST(test_terminal_goes_away),
	    TEST(test_ascii_and_mono),
	    TEST(test_other_terminals),
	    TEST(test_refused),
	    TEST(test_copy),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	signal(SIGHUP, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * The terminal as a whole: its descriptor, its modes, its size, what goes to it and what comes from
 * it. Opening the terminal again gives a file description of our own: O_NONBLOCK on the one of
 * stdin would be seen by the shell and by everybody else who holds it.
 */
#include "term/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "term/output.h"
#include "term/painter.h"

enum { DRAIN_MS = 500, RESTORE_MAX = 256 };

/* Bracketed paste on and off; is synchronized output there?; its begin and end. */
static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l", sync_ask[] = "\033[?2026$p";
static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";

struct screen {
	int fd;
	int rows, cols;
	int ascii, talks; /* talks: understands xterm's private modes, or ignores them */
	int suspended;
	struct termios found, raw;
	const struct clock *clock;
	struct painter *painter;
	struct decoder *decoder;
	struct output output;
	struct buf frame;
};

/*
 * What screen_emergency_restore needs. A signal handler is given nothing, so this is the one thing
 * in term/ that is not passed down; it is written only while `armed` is 0.
 */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	size_t len;
	char bytes[RESTORE_MAX];
	struct termios found;
} emergency;

static int tty_open(const char *path)
{
	return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* In a container the name may not exist although the terminal does; /dev/tty then still works. */
static int tty_find(const char *path, struct err *err)
{
	char name[256];
	int fd = -1, candidates[] = {STDIN_FILENO, STDOUT_FILENO};

	if (path) {
		fd = tty_open(path);
		if (fd < 0)
			return err_set(err, "Cannot open the terminal %s: %s.", path, strerror(errno));
		return fd;
	}
	for (size_t i = 0; i < 2 && fd < 0; i++)
		if (isatty(candidates[i]) && ttyname_r(candidates[i], name, sizeof(name)) == 0)
			fd = tty_open(name);
	if (fd < 0)
		fd = tty_open("/dev/tty");
	if (fd < 0)
		return err_set(err,
		               "There is no terminal to draw on (%s). Run this from a terminal, or use the "
		               "subcommands, which need none.",
		               strerror(errno));
	return fd;
}

static void size_read(struct screen *screen)
{
	struct winsize size;

	if (ioctl(screen->fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) {
		screen->rows = 24;
		screen->cols = 80;
		return;
	}
	screen->rows = size.ws_row;
	screen->cols = size.ws_col;
}

static void raw_make(struct termios *termios)
{
	cfmakeraw(termios);      /* no OPOST: ncurses moves the cursor down by line feeds */
	termios->c_cc[VMIN] = 1; /* so that nothing to read is EAGAIN, and 0 means hung up */
	termios->c_cc[VTIME] = 0;
}

static int locale_is_utf8(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

/* Old hardware and the kernel's console print what they do not know. */
static int term_talks(const char *term)
{
	static const char *const mute[] = {"linux", "vt",     "dumb", "ansi", "cons25",
	                                   "sun",   "wsvt25", "hurd", "mach"};

	for (size_t i = 0; i < sizeof(mute) / sizeof(mute[0]); i++)
		if (strncmp(term, mute[i], strlen(mute[i])) == 0)
			return 0;
	return 1;
}

static void say(struct screen *screen, const char *bytes)
{
	output_add(&screen->output, bytes, strlen(bytes));
}

static void emergency_arm(struct screen *screen)
{
	size_t len = 0;

	emergency.armed = 0;
	if (screen->talks) {
		memcpy(emergency.bytes, sync_end, sizeof(sync_end) - 1);
		len = sizeof(sync_end) - 1;
		memcpy(emergency.bytes + len, paste_off, sizeof(paste_off) - 1);
		len += sizeof(paste_off) - 1;
	}
	emergency.len =
	    len + painter_restore_bytes(screen->painter, emergency.bytes + len, RESTORE_MAX - len);
	emergency.fd = screen->fd;
	emergency.found = screen->found;
	emergency.armed = 1;
}

void screen_emergency_restore(void)
{
	int saved = errno;
	size_t done = 0;

	if (!emergency.armed)
		return;
	emergency.armed = 0;
	for (int tries = 0; tries < 1000 && done < emergency.len; tries++) {
		ssize_t wrote = write(emergency.fd, emergency.bytes + done, emergency.len - done);
		if (wrote > 0)
			done += (size_t)wrote;
	}
	tcsetattr(emergency.fd, TCSANOW, &emergency.found);
	errno = saved;
}

static int screen_start(struct screen *screen, const struct screen_options *options, struct err *err)
{
	const char *no_color = getenv("NO_COLOR"), *term = options->term ? options->term : getenv("TERM");
	struct painter_options paint = {.theme = options->theme};

	if (!term || !*term)
		return err_set(
		    err,
		    "TERM is not set, so the kind of terminal is unknown. Set it, e.g. to xterm-256color.");
	screen->fd = tty_find(options->tty, err);
	if (screen->fd < 0)
		return -1;
	if (tcgetattr(screen->fd, &screen->found) < 0)
		return err_set(err, "Cannot read the terminal's modes: %s.", strerror(errno));
	size_read(screen);
	screen->ascii = options->ascii || !locale_is_utf8();
	screen->talks = term_talks(term);
	paint.term = term;
	paint.rows = screen->rows;
	paint.cols = screen->cols;
	paint.ascii = screen->ascii;
	paint.no_color = options->no_color || (no_color && *no_color);
	screen->painter = painter_new(&paint, err);
	if (!screen->painter)
		return -1;
	painter_teach(screen->painter, screen->decoder);
	screen->raw = screen->found;
	raw_make(&screen->raw);
	if (tcsetattr(screen->fd, TCSANOW, &screen->raw) < 0)
		return err_set(err, "Cannot set the terminal's modes: %s.", strerror(errno));
	output_init(&screen->output, screen->fd);
	emergency_arm(screen);
	if (screen->talks) {
		say(screen, paste_on);
		say(screen, sync_ask);
	}
	output_flush(&screen->output);
	return 0;
}

struct screen *screen_open(const struct screen_options *options, struct err *err)
{
	struct screen *screen = mem_new(sizeof(*screen));

	screen->fd = -1;
	screen->clock = options->clock ? options->clock : &clock_system;
	screen->decoder = decoder_new();
	buf_init(&screen->frame, OUTPUT_MAX);
	output_init(&screen->output, -1);
	if (screen_start(screen, options, err) == 0)
		return screen;
	painter_free(screen->painter);
	decoder_free(screen->decoder);
	if (screen->fd >= 0)
		close(screen->fd);
	free(screen);
	return NULL;
}

/* Moves what the painter made to the output, as one frame. */
static void frame_send(struct screen *screen, int synchronized)
{
	buf_clear(&screen->frame);
	if (painter_take(screen->painter, &screen->frame) < 0) {
		painter_repaint(screen->painter);
		return;
	}
	if (screen->frame.len == 0)
		return;
	if (synchronized)
		say(screen, sync_begin);
	output_add(&screen->output, screen->frame.data, screen->frame.len);
	if (synchronized)
		say(screen, sync_end);
}

void screen_suspend(struct screen *screen)
{
	if (screen->suspended)
		return;
	screen->suspended = 1;
	painter_leave(screen->painter);
	frame_send(screen, 0);
	if (screen->talks)
		say(screen, paste_off);
	output_drain(&screen->output, DRAIN_MS);
	emergency.armed = 0;
	/* Not TCSAFLUSH: it would wait for a terminal that takes nothing. Answers and keys that were
	 * meant for us must not reach the shell. */
	tcflush(screen->fd, TCIFLUSH);
	tcsetattr(screen->fd, TCSANOW, &screen->found);
}

int screen_resume(struct screen *screen, struct err *err)
{
	if (!screen->suspended)
		return 0;
	/* The shell or the child may have changed them; what it set last is what it gets back. */
	if (tcgetattr(screen->fd, &screen->found) < 0 || tcsetattr(screen->fd, TCSANOW, &screen->raw) < 0)
		return err_set(err, "Cannot take the terminal back: %s.", strerror(errno));
	screen->suspended = 0;
	emergency_arm(screen);
	if (screen->talks)
		say(screen, paste_on);
	output_flush(&screen->output);
	painter_repaint(screen->painter);
	screen_resize(screen);
	return 0;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	screen_suspend(screen);
	painter_free(screen->painter);
	decoder_free(screen->decoder);
	output_release(&screen->output);
	buf_release(&screen->frame);
	close(screen->fd);
	free(screen);
}

int screen_input_fd(const struct screen *screen)
{
	return screen->fd;
}

int screen_output_fd(const struct screen *screen)
{
	return screen->fd;
}

int screen_rows(const struct screen *screen)
{
	return screen->rows;
}

int screen_cols(const struct screen *screen)
{
	return screen->cols;
}

int screen_is_ascii(const struct screen *screen)
{
	return screen->ascii;
}

enum colors screen_colors(const struct screen *screen)
{
	return painter_colors(screen->painter);
}

size_t screen_bytes_written(const struct screen *screen)
{
	return screen->output.written;
}

int screen_ready(const struct screen *screen)
{
	return screen->output.pending.len == 0;
}

int screen_draw(struct screen *screen, const struct grid *grid)
{
	if (!screen_ready(screen) && (screen_flush(screen) < 0 || !screen_ready(screen)))
		return screen->output.gone ? -1 : 0;
	painter_paint(screen->painter, grid);
	frame_send(screen, decoder_saw_sync(screen->decoder));
	return screen_flush(screen);
}

int screen_flush(struct screen *screen)
{
	if (screen->output.lost) {
		screen->output.lost = 0;
		painter_repaint(screen->painter);
	}
	return output_flush(&screen->output);
}

int screen_copy(struct screen *screen, const char *text, size_t len)
{
	/* xterm and those that follow it take so much; more would be cut in the middle. */
	enum { COPY_MAX = 74000 };
	struct buf coded;
	int result = -1;

	buf_init(&coded, COPY_MAX);
	if (screen->talks && !screen->suspended && base64_encode(text, len, &coded) == 0) {
		say(screen, "\033]52;c;");
		say(screen, buf_string(&coded));
		say(screen, "\a");
		output_flush(&screen->output);
		result = 0;
	}
	buf_release(&coded);
	return result;
}

void screen_redraw(struct screen *screen)
{
	painter_repaint(screen->painter);
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
	painter_set_theme(screen->painter, theme);
}

int screen_resize(struct screen *screen)
{
	int rows = screen->rows, cols = screen->cols;

	size_read(screen);
	if (rows == screen->rows && cols == screen->cols)
		return 0;
	painter_resize(screen->painter, screen->rows, screen->cols);
	return 1;
}

int screen_read(struct screen *screen)
{
	char room[4096];
	ssize_t got;

	for (;;) {
		got = read(screen->fd, room, sizeof(room));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		/* A full decoder means keys nobody waits for; what does not fit is dropped. */
		decoder_feed(screen->decoder, room, (size_t)got, screen->clock->mono(screen->clock));
		if ((size_t)got < sizeof(room))
			return 0;
	}
	return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

int screen_next(struct screen *screen, struct input *input)
{
	return decoder_next(screen->decoder, screen->clock->mono(screen->clock), input);
}

int screen_wait_ms(const struct screen *screen)
{
	return decoder_wait_ms(screen->decoder, screen->clock->mono(screen->clock));
}

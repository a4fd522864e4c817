/* SPDX-License-Identifier: MIT */
/* When the screen had what. The process' own beginning counts, not main's: linking is start too. */
#include "app/start_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum moment { MOMENT_FIRST_ROWS, MOMENT_LIVE_ROWS, MOMENT_COMPLETE, MOMENTS };

static const char *const names[MOMENTS] = {
	[MOMENT_FIRST_ROWS] = "first_rows_ms", [MOMENT_LIVE_ROWS] = "live_rows_ms", [MOMENT_COMPLETE] = "complete_ms"};

struct start_trace {
	int fd;
	int64_t born_ms; /* on CLOCK_BOOTTIME */
	int told[MOMENTS];
};

static int64_t boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Field 22 of /proc/self/stat: clock ticks from boot to the start of the process; -1: not known.
 * The name in field 2 may hold anything, so fields are counted from its closing bracket. */
static int64_t process_born_ms(void)
{
	enum { FIELD = 22, AFTER_NAME = 2 };
	struct buf stat;
	const char *at = NULL;
	int64_t born = -1;
	long ticks = sysconf(_SC_CLK_TCK);

	buf_init(&stat, 4096);
	if (buf_read_file(&stat, "/proc/self/stat", NULL) == 0)
		at = strrchr(buf_string(&stat), ')');
	for (int field = AFTER_NAME; at && field < FIELD; field++)
		at = strchr(at + 1, ' ');
	if (at && ticks > 0)
		born = strtoll(at, NULL, 10) * 1000 / ticks;
	buf_release(&stat);
	return born;
}

struct start_trace *start_trace_open(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct start_trace *trace;
	int64_t born = process_born_ms();

	if (fd < 0) {
		err_set(err, "the file for --trace-start, %s, cannot be written: %s", path, strerror(errno));
		return NULL;
	}
	trace = mem_new(sizeof(*trace));
	trace->fd = fd;
	trace->born_ms = born >= 0 ? born : boot_ms();
	return trace;
}

void start_trace_close(struct start_trace *trace)
{
	if (!trace)
		return;
	close(trace->fd);
	free(trace);
}

static void tell(struct start_trace *trace, enum moment moment)
{
	if (trace->told[moment])
		return;
	trace->told[moment] = 1;
	dprintf(trace->fd, "%s %lld\n", names[moment], (long long)(boot_ms() - trace->born_ms));
}

static int has_live_row(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->services.len; i++)
		if (!((const struct service *)fleet->services.items[i])->remembered)
			return 1;
	return 0;
}

static int is_complete(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->clusters.len; i++)
		if (!cluster_is_complete(fleet->clusters.items[i]))
			return 0;
	return 1;
}

void start_trace_frame(struct start_trace *trace, const struct fleet *fleet, size_t rows)
{
	if (!trace || trace->told[MOMENT_COMPLETE])
		return;
	if (rows > 0)
		tell(trace, MOMENT_FIRST_ROWS);
	if (rows > 0 && !trace->told[MOMENT_LIVE_ROWS] && has_live_row(fleet))
		tell(trace, MOMENT_LIVE_ROWS);
	if (is_complete(fleet))
		tell(trace, MOMENT_COMPLETE);
}

/* SPDX-License-Identifier: MIT */
/*
 * Files of a run. Lines are written whole by one call, other files under another name first: so a
 * reader, or a kill at any moment, meets whole ones.
 */
#include "engine_files.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "load/engine.h"
#include "model/run_folder.h"

enum { RESERVE = 256 << 10, LINE_MAX_BYTES = 4 << 20 };

static int open_in(const char *folder, const char *name, int flags)
{
	char *path = mem_printf("%s/%s", folder, name);
	int file = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	return file;
}

static int fail(const struct run_files *files, const char *name, struct err *err)
{
	return err_set(err, "%s/%s cannot be written: %s", files->folder, name, strerror(errno));
}

static int write_all(int file, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t done = write(file, bytes, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		len -= (size_t)done;
	}
	return 0;
}

/* What was written half is taken back, so that the line after it is whole. */
static int append(const struct run_files *files, int file, const char *name, const struct buf *line,
                  struct err *err)
{
	off_t before = lseek(file, 0, SEEK_END);
	if (write_all(file, buf_string(line), line->len) == 0)
		return 0;
	int why = errno;
	(void)!ftruncate(file, before);
	errno = why;
	return fail(files, name, err);
}

void run_describe(struct run *run, const struct profile *profile, const char *folder, int64_t started_ms)
{
	const char *slash = strrchr(folder, '/');
	snprintf(run->id, sizeof(run->id), "%s", slash ? slash + 1 : folder);
	snprintf(run->name, sizeof(run->name), "%s", profile->name);
	snprintf(run->service, sizeof(run->service), "%s", profile->service);
	snprintf(run->env, sizeof(run->env), "%s", profile->env);
	snprintf(run->commit, sizeof(run->commit), "%s", profile->commit);
	snprintf(run->target, sizeof(run->target), "%s", profile->target ? profile->target : "");
	snprintf(run->engine, sizeof(run->engine), "%s", engine_name(profile->engine));
	snprintf(run->version, sizeof(run->version), "%s", FLAGDECK_VERSION);
	gethostname(run->host, sizeof(run->host) - 1);
	run->started_ms = started_ms;
	run->planned_seconds = profile_seconds(profile);
	run->peak_rate = profile_peak(profile);
	run->pid = (int)getpid();
	run->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	run->connections = profile->connections;
	run->users = profile->users;
}

int run_files_open(struct run_files *files, const char *folder, double start_wall, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char stamp[32];
	struct buf head;
	*files = (struct run_files){folder, -1, -1, -1, -1};
	files->lock = open_in(folder, RUN_LOCK, O_RDWR);
	if (files->lock < 0)
		return fail(files, RUN_LOCK, err);
	if (fcntl(files->lock, F_SETLK, &lock) < 0)
		return err_set(err, "%s belongs to an engine that runs", folder);
	if ((files->series = open_in(folder, RUN_SERIES, O_WRONLY | O_APPEND)) < 0)
		return fail(files, RUN_SERIES, err);
	if ((files->histograms = open_in(folder, RUN_HISTOGRAMS, O_WRONLY | O_APPEND)) < 0)
		return fail(files, RUN_HISTOGRAMS, err);
	files->reserve = open_in(folder, ".reserve", O_WRONLY);
	if (files->reserve >= 0)
		(void)!posix_fallocate(files->reserve, 0, RESERVE);
	stamp_format((int64_t)(start_wall * 1000), stamp);
	buf_init(&head, LINE_MAX_BYTES);
	(void)!buf_printf(
	    &head,
	    "#[HdrHistogram log format version 1.3; values in microseconds]\n"
	    "#[StartTime: %.3f (seconds since epoch), %s]\n"
	    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
	    start_wall, stamp);
	int result = append(files, files->histograms, RUN_HISTOGRAMS, &head, err);
	buf_release(&head);
	return result;
}

static int write_file(const struct run_files *files, const char *name, const struct buf *text,
                      struct err *err)
{
	char *path = mem_printf("%s/%s", files->folder, name);
	int result = file_replace(path, buf_string(text), text->len, 0600);
	if (result < 0)
		fail(files, name, err);
	free(path);
	return result;
}

int run_files_manifest(struct run_files *files, const struct run *run, struct err *err)
{
	struct buf text;
	buf_init(&text, LINE_MAX_BYTES);
	int result = run_manifest_write(run, &text) < 0 ? err_set(err, "the manifest is too long")
	                                                : write_file(files, RUN_MANIFEST, &text, err);
	buf_release(&text);
	return result;
}

int run_files_second(struct run_files *files, const struct run_second *second, struct err *err)
{
	struct buf text;
	buf_init(&text, LINE_MAX_BYTES);
	int result = run_second_write(second, &text) < 0
	                 ? err_set(err, "a second's line is too long")
	                 : append(files, files->series, RUN_SERIES, &text, err);
	buf_release(&text);
	return result;
}

int run_files_histogram(struct run_files *files, const char *tag, double at, double seconds,
                        const struct histogram *histogram, struct err *err)
{
	struct buf text;
	char clean[80] = "";
	buf_init(&text, LINE_MAX_BYTES);
	/* A tag ends at the first comma, and holds no blanks. */
	for (size_t i = 0; tag && tag[i] && i + 1 < sizeof(clean); i++)
		clean[i] = strchr(", \t\r\n\"", tag[i]) ? '_' : tag[i];
	(void)!buf_printf(&text, "%s%s%s%.3f,%.3f,%.3f,", tag ? "Tag=" : "", clean, tag ? "," : "", at,
	                  seconds, histogram->total ? (double)histogram->max / 1000 : 0);
	int result = histogram_encode(histogram, &text);
	result |= buf_add_string(&text, "\n");
	result = result < 0 ? err_set(err, "a histogram is too long")
	                    : append(files, files->histograms, RUN_HISTOGRAMS, &text, err);
	buf_release(&text);
	return result;
}

int run_files_verdict(struct run_files *files, const struct run *run, struct err *err)
{
	struct buf text;
	char *reserve = mem_printf("%s/.reserve", files->folder);
	buf_init(&text, LINE_MAX_BYTES);
	unlink(reserve);
	free(reserve);
	if (files->reserve >= 0)
		close(files->reserve);
	files->reserve = -1;
	int result = run_verdict_write(run, &text) < 0 ? err_set(err, "the verdict is too long")
	                                               : write_file(files, RUN_VERDICT, &text, err);
	buf_release(&text);
	return result;
}

void run_files_close(struct run_files *files)
{
	int all[] = {files->series, files->histograms, files->reserve, files->lock};
	for (int i = 0; i < 4; i++)
		if (all[i] >= 0)
			close(all[i]);
}

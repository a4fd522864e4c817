/* SPDX-License-Identifier: MIT */
/* Runs on the disk, read. Whoever writes one does it whole lines at a time and renames whole files. */
#include "model/run_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { MANIFEST_MAX = 1 << 20, PIECE = 256 << 10 };

int run_folder_owner(const char *folder)
{
	char *path = mem_printf("%s/" RUN_LOCK, folder);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int file = open(path, O_RDWR | O_CLOEXEC), owner = 0;
	free(path);
	if (file < 0)
		return 0;
	if (fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		owner = lock.l_pid;
	close(file);
	return owner;
}

/* -1: it is there and cannot be read; 1: it is not there. */
static int read_part(struct run *run, const char *folder, const char *name,
                     int (*take)(struct run *, const char *, size_t, struct err *), struct err *err)
{
	char *path = mem_printf("%s/%s", folder, name);
	struct buf text;
	int result = 1;
	buf_init(&text, MANIFEST_MAX);
	if (access(path, F_OK) == 0) {
		result = buf_read_file(&text, path, err);
		if (result == 0 && take(run, buf_string(&text), text.len, err) < 0)
			result = err_wrap(err, "%s", path);
	}
	buf_release(&text);
	free(path);
	return result;
}

int run_folder_read_brief(struct run *run, const char *folder, struct err *err)
{
	struct err trouble = {0};
	int result = read_part(run, folder, RUN_MANIFEST, run_manifest_read, err);
	if (result > 0)
		return err_set(err, "%s is no run: it has no %s", folder, RUN_MANIFEST);
	if (result < 0)
		return -1;
	snprintf(run->folder, sizeof(run->folder), "%s", folder);
	run->state = RUN_RUNNING;
	/* The owner first: an engine writes its verdict before it lets go. */
	int owner = run_folder_owner(folder);
	if (read_part(run, folder, RUN_VERDICT, run_verdict_read, &trouble) == 0 || owner)
		return 0;
	run->state = RUN_INTERRUPTED;
	snprintf(run->words, sizeof(run->words),
	         "the engine ended without a verdict%s%s; what it wrote is kept", trouble.text[0] ? ": " : "",
	         trouble.text);
	return 0;
}

/* The totals of a run that nobody summed up. */
static void sum_up(struct run *run)
{
	struct run_second *total = &run->total;
	*total = (struct run_second){.max = NAN, .mean = NAN, .service_p99 = NAN};
	for (size_t i = 0; i < run->second_count; i++) {
		const struct run_second *second = &run->seconds[i];
		if (second->warmup)
			continue;
		run_second_add(total, second);
		if (!(total->max >= second->max))
			total->max = second->max;
	}
	total->p50 = run_heat_percentile(total, 50);
	total->p90 = run_heat_percentile(total, 90);
	total->p99 = run_heat_percentile(total, 99);
	total->p999 = run_heat_percentile(total, 99.9);
}

/* Whole lines only; what is cut comes again with the next piece. */
static int follow_series(struct run *run, struct run_follow *follow)
{
	char *path = mem_printf("%s/" RUN_SERIES, run->folder), *room = mem_new(PIECE);
	int file = open(path, O_RDONLY | O_CLOEXEC), changed = 0;
	for (ssize_t got; file >= 0 && (got = pread(file, room, PIECE, (off_t)follow->at)) > 0;) {
		char *at = room, *end;
		while ((end = memchr(at, '\n', (size_t)(room + got - at)))) {
			changed |= run_second_read(run, at, (size_t)(end - at)) == 0;
			at = end + 1;
		}
		if (at == room && got < PIECE)
			break;
		/* A line that fills a whole piece is none of ours. */
		follow->at += at == room ? (size_t)got : (size_t)(at - room);
	}
	if (file >= 0)
		close(file);
	free(room);
	free(path);
	return changed;
}

int run_folder_follow(struct run *run, struct run_follow *follow)
{
	struct err err = {0};
	if (follow->ended)
		return 0;
	struct run *again = mem_new(sizeof(*again));
	run_init(again);
	/* In this order: after the engine has let go, everything of it is there. */
	int read = run_folder_read_brief(again, run->folder, &err);
	int changed = follow_series(run, follow);
	if (read == 0 && again->state != RUN_RUNNING) {
		again->seconds = run->seconds;
		again->second_count = run->second_count;
		again->second_room = run->second_room;
		*run = *again;
		if (run->state == RUN_INTERRUPTED)
			sum_up(run);
		follow->ended = changed = 1;
	} else {
		run_release(again);
		if (changed)
			sum_up(run);
	}
	free(again);
	return changed;
}

int run_folder_read(struct run *run, const char *folder, struct err *err)
{
	struct run_follow follow = {0};
	if (run_folder_read_brief(run, folder, err) < 0)
		return -1;
	run_folder_follow(run, &follow);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

void run_folder_list(const char *results, struct vec *folders)
{
	DIR *dir = opendir(results);
	struct dirent *entry;
	vec_init(folders);
	while (dir && (entry = readdir(dir))) {
		char *path = mem_printf("%s/%s/" RUN_MANIFEST, results, entry->d_name);
		if (entry->d_name[0] != '.' && access(path, F_OK) == 0)
			vec_push(folders, mem_printf("%s/%s", results, entry->d_name));
		free(path);
	}
	if (dir)
		closedir(dir);
	/* Ids begin with the time, so their order is that of the runs. */
	if (folders->len > 1)
		qsort(folders->items, folders->len, sizeof(*folders->items), newest_first);
}

static int is_meant(const char *id, const char *word)
{
	size_t id_len = strlen(id), len = strlen(word);
	return strncmp(id, word, len) == 0 || (len <= id_len && strcmp(id + id_len - len, word) == 0);
}

char *run_folder_find(const char *results, const char *word, struct err *err)
{
	struct vec folders;
	char *found = NULL;
	size_t count = 0;
	if (strchr(word, '/'))
		return mem_copy_string(word);
	run_folder_list(results, &folders);
	for (size_t i = 0; i < folders.len; i++) {
		const char *id = strrchr(folders.items[i], '/') + 1;
		if (strcmp(id, word) == 0 || (strcmp(word, "last") == 0 && i == 0)) {
			free(found);
			found = mem_copy_string(folders.items[i]);
			count = 1;
			break;
		}
		if (!is_meant(id, word))
			continue;
		count++;
		if (!found)
			found = mem_copy_string(folders.items[i]);
	}
	for (size_t i = 0; i < folders.len; i++)
		free(folders.items[i]);
	vec_release(&folders);
	if (count == 1)
		return found;
	free(found);
	if (count > 1)
		err_set(err, "\"%.80s\" means %zu runs; write more of its id (flagdeck load list)", word,
		        count);
	else
		err_set(err, "there is no run \"%.80s\" in %s (flagdeck load list)", word, results);
	return NULL;
}

char *run_folder_usual(void)
{
	const char *root = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (root && root[0] == '/')
		return mem_printf("%s/flagdeck/runs", root);
	return mem_printf("%s/.local/state/flagdeck/runs", home && *home ? home : "");
}

/* SPDX-License-Identifier: MIT */
/* Runs and profiles on this machine, for the console. */
#include "app/load_book.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "load/profile.h"
#include "model/run_folder.h"

enum { RUNS_MAX = 500, PROFILES_MAX = 64 };
static const double list_seconds = 1, follow_seconds = 0.1;

struct load_book {
	struct run_book book;
	struct loop *loop;
	struct timer *timer;
	struct demand_runs wanted;
	struct run *open;
	struct run_follow follow;
	int64_t listed_ms;
	void (*changed)(void *arg);
	void *arg;
};

static void forget_runs(struct run_book *book)
{
	for (size_t i = 0; i < book->count; i++) {
		run_release(book->runs[i]);
		free(book->runs[i]);
	}
	free(book->runs);
	book->runs = NULL;
	book->count = 0;
}

static struct run *known_run(const struct run_book *book, const char *folder)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->runs[i] && strcmp(book->runs[i]->folder, folder) == 0)
			return book->runs[i];
	return NULL;
}

/* A run that has ended does not change: it is taken over as it was. */
static void list_runs(struct load_book *load)
{
	struct run_book *book = &load->book, fresh = {0};
	struct vec folders;
	run_folder_list(book->results, &folders);
	fresh.runs = mem_new_array(folders.len + 1, sizeof(struct run *));
	for (size_t i = 0; i < folders.len; i++) {
		struct run *run = known_run(book, folders.items[i]);
		struct err err = {0};
		if (run && run->state != RUN_RUNNING) {
			for (size_t k = 0; k < book->count; k++)
				if (book->runs[k] == run)
					book->runs[k] = NULL;
			fresh.runs[fresh.count++] = run;
		} else if (fresh.count < RUNS_MAX) {
			run = mem_new(sizeof(*run));
			run_init(run);
			int read = run_folder_read_brief(run, folders.items[i], &err);
			if (read == 0 && (run->state == RUN_RUNNING || run->state == RUN_INTERRUPTED))
				read = run_folder_read(run, folders.items[i], &err);
			if (read == 0)
				fresh.runs[fresh.count++] = run;
			else
				free(run);
		}
		free(folders.items[i]);
	}
	vec_release(&folders);
	for (size_t i = 0; i < book->count; i++)
		if (book->runs[i]) {
			run_release(book->runs[i]);
			free(book->runs[i]);
		}
	free(book->runs);
	book->runs = fresh.runs;
	book->count = fresh.count;
}

static void open_run(struct load_book *load)
{
	struct err err = {0};
	char *folder = mem_printf("%s/%s", load->book.results, load->wanted.open);
	run_release(load->open);
	load->follow = (struct run_follow){0};
	load->book.open = NULL;
	if (*load->wanted.open && run_folder_read_brief(load->open, folder, &err) == 0) {
		run_folder_follow(load->open, &load->follow);
		load->book.open = load->open;
	}
	snprintf(load->book.trouble, sizeof(load->book.trouble), "%.255s", err.text);
	free(folder);
}

static void due(void *arg)
{
	struct load_book *load = arg;
	int changed = 0;
	loop_update(load->loop);
	if (load->book.open)
		changed = run_folder_follow(load->open, &load->follow);
	if (!load->book.open && loop_now(load->loop) - load->listed_ms >= (int64_t)(list_seconds * 1000)) {
		load->listed_ms = loop_now(load->loop);
		list_runs(load);
		changed = 1;
	}
	if (changed)
		load->changed(load->arg);
	if (load->wanted.wanted && !(load->book.open && load->follow.ended))
		timer_start(load->timer, load->book.open ? follow_seconds : list_seconds);
}

void load_book_set(struct load_book *load, const struct demand_runs *demand)
{
	if (memcmp(&load->wanted, demand, sizeof(*demand)) == 0)
		return;
	load->wanted = *demand;
	timer_stop(load->timer);
	if (!demand->wanted)
		return;
	open_run(load);
	load->listed_ms = 0;
	due(load);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct run_profile *)a)->name, ((const struct run_profile *)b)->name);
}

static void read_profile(struct run_profile *told, const char *path)
{
	struct profile *profile = mem_new(sizeof(*profile));
	struct vec problems;
	struct err err = {0};
	const char *slash = strrchr(path, '/');
	snprintf(told->path, sizeof(told->path), "%s", path);
	snprintf(told->name, sizeof(told->name), "%s", slash + 1);
	if (profile_read(profile, path, &problems, &err) == 0) {
		snprintf(told->name, sizeof(told->name), "%s", profile->name);
		snprintf(told->service, sizeof(told->service), "%s", profile->service);
		snprintf(told->target, sizeof(told->target), "%s", profile->target ? profile->target : "");
		if (profile->users > 0)
			snprintf(told->words, sizeof(told->words), "%d users for %.0f s", profile->users,
			         profile_seconds(profile));
		else
			snprintf(told->words, sizeof(told->words),
			         "up to %.0f requests a second for %.0f s, %d connections",
			         profile_peak(profile), profile_seconds(profile), profile->connections);
	} else {
		snprintf(told->trouble, sizeof(told->trouble), "%.255s", err.text);
	}
	problems_release(&problems);
	profile_release(profile);
	free(profile);
}

void load_book_profiles(struct load_book *load)
{
	struct run_book *book = &load->book;
	DIR *dir = opendir(book->profiles_from);
	struct dirent *entry;
	free(book->profiles);
	book->profiles = mem_new_array(PROFILES_MAX, sizeof(*book->profiles));
	book->profile_count = 0;
	while (dir && (entry = readdir(dir)) && book->profile_count < PROFILES_MAX) {
		size_t len = strlen(entry->d_name);
		if (len < 6 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		char *path = mem_printf("%s/%s", book->profiles_from, entry->d_name);
		read_profile(&book->profiles[book->profile_count++], path);
		free(path);
	}
	if (dir)
		closedir(dir);
	if (book->profile_count > 1)
		qsort(book->profiles, book->profile_count, sizeof(*book->profiles), by_name);
}

struct load_book *load_book_new(struct loop *loop, const char *results, const char *profiles,
                                void (*changed)(void *arg), void *arg)
{
	struct load_book *load = mem_new(sizeof(*load));
	load->loop = loop;
	load->changed = changed;
	load->arg = arg;
	load->timer = timer_new(loop, due, load);
	load->open = mem_new(sizeof(*load->open));
	run_init(load->open);
	snprintf(load->book.results, sizeof(load->book.results), "%s", results);
	snprintf(load->book.profiles_from, sizeof(load->book.profiles_from), "%s", profiles);
	return load;
}

void load_book_free(struct load_book *load)
{
	if (!load)
		return;
	timer_free(load->timer);
	forget_runs(&load->book);
	free(load->book.profiles);
	run_release(load->open);
	free(load->open);
	free(load);
}

const struct run_book *load_book(const struct load_book *load)
{
	return &load->book;
}

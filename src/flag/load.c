/* SPDX-License-Identifier: MIT */
/* The listing says what there is; the catalog says which of it holds values; one batch reads those. */
#include "flag/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { LIST_MAX = 128 << 20, READ_MAX = 512 << 20 };

enum load_step { LOAD_LIST, LOAD_CATALOG, LOAD_FILES };

struct entry {
	const char *oid, *path; /* within `listing` */
};

struct flag_load {
	struct git *git;
	struct git_call *call;
	enum load_step step;
	char *revision, *catalog;
	int catalog_asked;
	char *listing;
	struct entry *entries;
	size_t count;
	struct buf input;
	struct flag_tree *tree;
	void (*done)(void *arg, struct flag_tree *tree, const struct err *err);
	void *arg;
};

static void step_ended(void *arg, const struct git_answer *answer);

static void load_free(struct flag_load *load)
{
	git_cancel(load->call);
	flag_tree_free(load->tree);
	free(load->revision);
	free(load->catalog);
	free(load->listing);
	free(load->entries);
	buf_release(&load->input);
	free(load);
}

void flag_load_cancel(struct flag_load *load)
{
	if (load)
		load_free(load);
}

static void fail(struct flag_load *load, const char *words)
{
	struct err err = {0};
	err_set(&err, "%s", words);
	load->done(load->arg, NULL, &err);
	load_free(load);
}

static void batch(struct flag_load *load)
{
	static const char *const argv[] = {"cat-file", "--batch", NULL};
	const struct git_command command = {.argv = argv, .input = load->input.len ? load->input.data : NULL, .input_len = load->input.len,
	    .max_output = READ_MAX, .timeout = 120, .doing = "reading files of", .done = step_ended, .arg = load};
	load->call = git_run(load->git, &command);
}

/* "100644 blob SHA\tpath\0": files only; a link is not followed. */
static void take_listing(struct flag_load *load, const struct git_answer *answer)
{
	size_t cap = 0;
	load->listing = mem_copy(answer->out, answer->out_len);
	char *at = load->listing, *end = load->listing + answer->out_len;
	while (at < end) {
		size_t len = strlen(at);
		char *tab = memchr(at, '\t', len), *oid = tab ? strrchr(at, ' ') : NULL;
		if (tab && strncmp(at, "100", 3) == 0 && oid && oid < tab) {
			*tab = '\0';
			oid = strrchr(at, ' ') + 1;
			if (load->count == cap) {
				cap = cap ? 2 * cap : 1024;
				load->entries = mem_resize(load->entries, cap, sizeof(*load->entries));
			}
			load->entries[load->count++] = (struct entry){oid, tab + 1};
		}
		at += len + 1;
	}
}

static const struct entry *entry_find(const struct flag_load *load, const char *path)
{
	for (size_t i = 0; i < load->count; i++)
		if (strcmp(load->entries[i].path, path) == 0)
			return &load->entries[i];
	return NULL;
}

/* The next object of a batch. NULL: the answer ends early. */
static const char *batch_next(const char **at, const char *end, size_t *len)
{
	char oid[80], type[16];
	const char *line = memchr(*at, '\n', (size_t)(end - *at));
	if (!line || sscanf(*at, "%79s %15s %zu", oid, type, len) != 3 || (size_t)(end - line - 1) < *len + 1)
		return NULL;
	*at = line + 1 + *len + 1;
	return line + 1;
}

static int take_catalog(struct flag_load *load, const char *bytes, size_t len)
{
	struct err err = {0};
	const char *path = load->catalog ? load->catalog : FLAG_CATALOG_PATH;
	load->tree = flag_tree_new();
	load->tree->revision = mem_copy_string(load->revision);
	if (flag_tree_set_catalog(load->tree, path, bytes, len, &err) < 0) {
		fail(load, err.text);
		return -1;
	}
	return 0;
}

/* Keeps the entries that hold values, and asks for them. */
static void ask_files(struct flag_load *load)
{
	size_t kept = 0;
	buf_clear(&load->input);
	for (size_t i = 0; i < load->count && kept < FLAG_FILES_MAX; i++)
		if (flag_tree_wants(load->tree, load->entries[i].path)) {
			load->entries[kept++] = load->entries[i];
			if (buf_printf(&load->input, "%s\n", load->entries[i].oid) < 0)
				break;
		}
	load->count = kept;
	load->step = LOAD_FILES;
	batch(load);
}

static void finish(struct flag_load *load)
{
	struct flag_tree *tree = load->tree;
	load->tree = NULL;
	flag_tree_finish(tree);
	load->done(load->arg, tree, NULL);
	load_free(load);
}

static void step_ended(void *arg, const struct git_answer *answer)
{
	struct flag_load *load = arg;
	const char *at = answer->out, *end = answer->out + answer->out_len, *bytes;
	size_t len;
	load->call = NULL;
	if (answer->trouble != GIT_WELL) {
		fail(load, answer->error);
		return;
	}
	if (load->step == LOAD_LIST) {
		take_listing(load, answer);
		const struct entry *entry = entry_find(load, load->catalog ? load->catalog : FLAG_CATALOG_PATH);
		if (!entry && load->catalog) {
			char words[300];
			snprintf(words, sizeof(words), "%.200s: the repository has no such catalog", load->catalog);
			fail(load, words);
		} else if (entry) {
			load->step = LOAD_CATALOG;
			if (buf_printf(&load->input, "%s\n", entry->oid) == 0)
				batch(load);
		} else if (take_catalog(load, NULL, 0) == 0) {
			ask_files(load);
		}
		return;
	}
	if (load->step == LOAD_CATALOG) {
		bytes = batch_next(&at, end, &len);
		if (!bytes)
			fail(load, "the catalog cannot be read from the clone");
		else if (take_catalog(load, bytes, len) == 0)
			ask_files(load);
		return;
	}
	for (size_t i = 0; i < load->count; i++) {
		if (!(bytes = batch_next(&at, end, &len))) {
			fail(load, "files of values cannot be read from the clone");
			return;
		}
		flag_tree_add(load->tree, load->entries[i].path, bytes, len);
	}
	finish(load);
}

struct flag_load *flag_load_start(struct git *git, const char *revision, const char *catalog,
                                  void (*done)(void *arg, struct flag_tree *tree, const struct err *err), void *arg)
{
	struct flag_load *load = mem_new(sizeof(*load));
	const char *const argv[] = {"ls-tree", "-r", "-z", "--full-tree", revision, NULL};
	const struct git_command command = {.argv = argv, .max_output = LIST_MAX, .timeout = 60, .doing = "listing", .done = step_ended, .arg = load};
	*load = (struct flag_load){.git = git, .revision = mem_copy_string(revision), .catalog = mem_copy_string(catalog), .done = done, .arg = arg};
	buf_init(&load->input, 64 << 20);
	load->call = git_run(git, &command);
	return load;
}

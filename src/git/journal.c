/* SPDX-License-Identifier: MIT */
/*
 * What is about to be pushed, written and synced before it is: "pid host commit branch". Whoever finds
 * an entry of a program that runs no more asks the branch whether the commit is in it. The folder of an
 * attempt's files lies beside it and goes with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "git/repo.h"
#include "write_state.h"

static int fail_write(const char *path, struct err *err)
{
	return err_set(err, "%s: cannot write: %s; nothing was pushed", path, strerror(errno));
}

static int file_write(const char *path, const char *bytes, size_t len, int sync, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), result = -1;
	if (fd < 0)
		return fail_write(path, err);
	while (len) {
		ssize_t put = write(fd, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			goto out;
		bytes += put;
		len -= (size_t)put;
	}
	if (!sync || fsync(fd) == 0)
		result = 0;
out:
	if (result < 0)
		fail_write(path, err);
	close(fd);
	return result;
}

static char *entry_path(const struct git_write *write, const char *suffix)
{
	return mem_printf("%s/%s%s", write->journal, write->change_id, suffix);
}

int journal_write(struct git_write *write, struct err *err)
{
	char *path = entry_path(write, ".push"), *fresh = entry_path(write, ".push.new");
	char *text = mem_printf("%ld %s %s\n", (long)getpid(), write->written.commit, write->push_branch);
	int result = file_write(fresh, text, strlen(text), 1, err);
	if (result == 0 && rename(fresh, path) < 0)
		result = fail_write(path, err);
	int folder = open(write->journal, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0) {
		fsync(folder);
		close(folder);
	}
	free(text);
	free(fresh);
	free(path);
	return result;
}

void journal_forget(const struct git_write *write)
{
	char *path = entry_path(write, ".push");
	unlink(path);
	free(path);
}

int journal_make_room(struct git_write *write, struct err *err)
{
	(void)folder_make(write->journal, 0700);
	write->folder = mem_printf("%s/%s.%ld.files", write->journal, write->change_id, (long)getpid());
	write->index = mem_printf("%s/index", write->folder);
	if (mkdir(write->folder, 0700) < 0 && errno != EEXIST)
		return fail_write(write->folder, err);
	for (size_t i = 0; i < write->count; i++) {
		const struct write_file *file = &write->files[i];
		if (!file->after.touched || !file->after.bytes)
			continue;
		char *path = mem_printf("%s/%zu", write->folder, i);
		int result = file_write(path, file->after.bytes, file->after.len, 0, err);
		free(path);
		if (result < 0)
			return -1;
	}
	return 0;
}

static void folder_remove(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

void journal_clear_room(struct git_write *write)
{
	if (write->folder)
		folder_remove(write->folder);
	free(write->folder);
	free(write->index);
	write->folder = write->index = NULL;
}

/* Recovery: entries one after the other, each a fetch of its branch and a question. */
struct entry {
	char *id, *commit, *branch;
};

struct git_recovery {
	struct git *git;
	struct loop *loop;
	char *journal;
	struct vec entries;
	size_t at;
	int holding; /* the second of the two calls */
	struct timer *soon;
	struct git_call *call;
	void (*each)(void *arg, const struct git_recovered *recovered);
	void (*done)(void *arg, const struct err *err);
	void *arg;
	struct err err;
};

static void recovery_go(void *arg);

static void recovery_free(struct git_recovery *recovery)
{
	for (size_t i = 0; i < recovery->entries.len; i++) {
		struct entry *entry = recovery->entries.items[i];
		free(entry->id);
		free(entry->commit);
		free(entry->branch);
		free(entry);
	}
	vec_release(&recovery->entries);
	timer_free(recovery->soon);
	free(recovery->journal);
	free(recovery);
}

static void recovery_answer(void *arg, const struct git_answer *answer)
{
	struct git_recovery *recovery = arg;
	recovery->call = NULL;
	const struct entry *entry = recovery->entries.items[recovery->at];
	/* A branch that is gone, or never was, holds nothing. */
	int no_branch = answer->trouble == GIT_NO_BRANCH;
	if (!recovery->holding && answer->trouble == GIT_WELL) {
		recovery->holding = 1;
	} else if (recovery->holding || no_branch) {
		struct git_recovered recovered = {entry->id, entry->commit, entry->branch, recovery->holding && answer->exit_code == 0};
		char *path = mem_printf("%s/%s.push", recovery->journal, entry->id);
		unlink(path);
		free(path);
		if (recovery->each)
			recovery->each(recovery->arg, &recovered);
		recovery->holding = 0;
		recovery->at++;
	} else {
		recovery->err = (struct err){.text = ""};
		err_set(&recovery->err, "whether change %s was pushed is not known yet: %s", entry->id, answer->error);
		recovery->at++;
	}
	recovery_go(recovery);
}

static void recovery_go(void *arg)
{
	struct git_recovery *recovery = arg;
	char ref[300], refspec[600];
	if (recovery->at >= recovery->entries.len) {
		recovery->done(recovery->arg, recovery->err.text[0] ? &recovery->err : NULL);
		recovery_free(recovery);
		return;
	}
	const struct entry *entry = recovery->entries.items[recovery->at];
	snprintf(ref, sizeof(ref), "refs/remotes/origin/%s", entry->branch);
	snprintf(refspec, sizeof(refspec), "+refs/heads/%s:%s", entry->branch, ref);
	const char *const fetch[] = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "origin", refspec, NULL};
	const char *const holds[] = {"merge-base", "--is-ancestor", entry->commit, ref, NULL};
	/* An exit of 128 says that the commit is not even here: it holds no more than 1 does. */
	recovery->call = git_run(recovery->git, &(struct git_command){.argv = recovery->holding ? holds : fetch, .plain_exit = recovery->holding,
	        .doing = "asking", .timeout = 60, .done = recovery_answer, .arg = recovery});
}

static int is_running(long pid)
{
	return pid > 1 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* "CHANGE.PID.files", left by a program that runs no more. */
static void room_sweep(const char *journal, const char *name)
{
	const char *dot = strchr(name, '.');
	char *end;
	long pid = dot ? strtol(dot + 1, &end, 10) : 0;
	if (pid <= 1 || strcmp(end, ".files") != 0 || is_running(pid))
		return;
	char *path = mem_printf("%s/%s", journal, name);
	folder_remove(path);
	free(path);
}

/* An entry of a program that is still running is its own affair. */
static struct entry *entry_read(const char *journal, const char *name)
{
	char *path = mem_printf("%s/%s", journal, name);
	char text[400] = "", commit[GIT_SHA], branch[201];
	long pid = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	struct entry *entry = NULL;
	if (fd >= 0)
		close(fd);
	if (got > 0 && sscanf(text, "%ld %64s %200s", &pid, commit, branch) == 3 && sha_is_whole(commit) && branch_is_name(branch)) {
		if (is_running(pid))
			goto out;
		entry = mem_new(sizeof(*entry));
		entry->id = mem_copy(name, strlen(name) - strlen(".push"));
		entry->commit = mem_copy_string(commit);
		entry->branch = mem_copy_string(branch);
	} else {
		unlink(path); /* cut short: it was never synced, so nothing was pushed */
	}
out:
	free(path);
	return entry;
}

void git_recovery_cancel(struct git_recovery *recovery)
{
	if (!recovery)
		return;
	git_cancel(recovery->call);
	recovery_free(recovery);
}

struct git_recovery *git_recover(struct git *git, struct loop *loop, const char *journal,
                                 void (*each)(void *arg, const struct git_recovered *recovered),
                                 void (*done)(void *arg, const struct err *err), void *arg)
{
	struct git_recovery *recovery = mem_new(sizeof(*recovery));
	DIR *dir = opendir(journal);
	struct dirent *file;
	*recovery = (struct git_recovery){.git = git, .loop = loop, .journal = mem_copy_string(journal), .each = each, .done = done, .arg = arg};
	vec_init(&recovery->entries);
	while (dir && (file = readdir(dir))) {
		size_t len = strlen(file->d_name);
		struct entry *entry = len > 5 && strcmp(file->d_name + len - 5, ".push") == 0 ? entry_read(journal, file->d_name) : NULL;
		if (entry)
			vec_push(&recovery->entries, entry);
		else
			room_sweep(journal, file->d_name);
	}
	if (dir)
		closedir(dir);
	recovery->soon = timer_new(loop, recovery_go, recovery);
	timer_start(recovery->soon, 0);
	return recovery;
}

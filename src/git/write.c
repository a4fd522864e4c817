/* SPDX-License-Identifier: MIT */
/*
 * A chain of git calls, each begun by what the last one answered. An attempt runs from the tip to the
 * push; a lost race goes back to the fetch. Nothing but objects that nobody names is written before
 * the push, so every step before it can be left as it is.
 */
#include "git/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "git/repo.h"
#include "write_state.h"

const char *const git_write_end_words[7] = {"done", "nothing to change", "refused", "rejected", "raced", "failed", "unknown"};

enum { LIST_AT_ONCE = 40, READ_MAX = 256 * 1024 * 1024, LOST_MAX = 4 };

static void step_go(struct git_write *write);

static void write_free(struct git_write *write)
{
	git_cancel(write->call);
	timer_free(write->timer);
	journal_clear_room(write);
	for (size_t i = 0; i < write->count; i++) {
		free(write->files[i].path);
		free(write->files[i].before);
		free(write->files[i].after.bytes);
	}
	free(write->files);
	free(write->branch);
	free(write->push_branch);
	free(write->journal);
	free(write->change_id);
	free(write->refspec);
	free(write->ref);
	free(write->push_ref);
	free(write->message);
	buf_release(&write->input);
	free(write);
}

void git_write_cancel(struct git_write *write)
{
	if (write)
		write_free(write);
}

static void finish(struct git_write *write, enum git_write_end end)
{
	write->written.end = end;
	if (end != GIT_WRITE_UNKNOWN)
		journal_forget(write);
	if (end == GIT_WRITE_NOTHING)
		write->written.commit[0] = '\0';
	write->done(write->arg, &write->written);
	write_free(write);
}

static void fail(struct git_write *write, const char *words)
{
	if (words && *words)
		err_set(&write->written.err, "%s", words);
	finish(write, GIT_WRITE_FAILED);
}

static void again(void *arg)
{
	struct git_write *write = arg;
	step_go(write);
}

/* Later, at a random time: those who lost the same race must not meet again. */
static void retry(struct git_write *write, enum write_step step)
{
	double most = write->backoff * (double)(1 << (write->written.attempts < 6 ? write->written.attempts : 6));
	write->step = step;
	timer_start(write->timer, most * (0.3 + 0.7 * random_fraction()));
}

static int take_sha(const struct git_answer *answer, char out[GIT_SHA])
{
	size_t len = strcspn(answer->out, " \t\r\n");
	if (answer->exit_code != 0 || len >= GIT_SHA)
		return -1;
	memcpy(out, answer->out, len);
	out[len] = '\0';
	return sha_is_whole(out) ? 0 : -1;
}

/* "100644 blob SHA\tpath\0": of the files that are there. */
static int take_list(struct git_write *write, const struct git_answer *answer)
{
	const char *at = answer->out, *end = answer->out + answer->out_len;
	while (at < end) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		char mode[8], type[8], oid[GIT_SHA];
		if (!tab || sscanf(at, "%7s %7s %64s", mode, type, oid) != 3)
			return err_set(&write->written.err, "git answered with a list of files that makes no sense");
		const char *path = tab + 1;
		for (size_t i = 0; i < write->count; i++) {
			struct write_file *file = &write->files[i];
			if (strcmp(file->path, path) != 0)
				continue;
			if (strcmp(type, "blob") != 0 || strncmp(mode, "100", 3) != 0)
				return err_set(&write->written.err, "%s is no file in the repository (a link, folder or submodule): it is not changed",
				               path);
			memcpy(file->mode, mode, sizeof(mode));
			memcpy(file->oid, oid, sizeof(oid));
		}
		at = path + strlen(path) + 1;
	}
	return 0;
}

/* "SHA blob SIZE\n" and the bytes, in the order in which they were asked for. */
static int take_files(struct git_write *write, const struct git_answer *answer)
{
	const char *at = answer->out, *end = answer->out + answer->out_len;
	for (size_t i = 0; i < write->count; i++) {
		struct write_file *file = &write->files[i];
		char oid[GIT_SHA], type[16];
		size_t size;
		if (!file->mode[0])
			continue;
		const char *line = memchr(at, '\n', (size_t)(end - at));
		if (!line || sscanf(at, "%64s %15s %zu", oid, type, &size) != 3 || strcmp(oid, file->oid) != 0 ||
		    (size_t)(end - line - 1) < size + 1)
			return err_set(&write->written.err, "%s cannot be read from the clone", file->path);
		file->before = mem_copy(line + 1, size);
		file->before_len = size;
		at = line + 1 + size + 1;
	}
	return 0;
}

/* The caller's part. Returns 1 when something is to be committed. */
static int apply(struct git_write *write)
{
	struct git_before *before = mem_new_array(write->count + 1, sizeof(*before));
	struct git_after *after = mem_new_array(write->count + 1, sizeof(*after));
	int changes = 0, result;
	for (size_t i = 0; i < write->count; i++)
		before[i] = (struct git_before){write->files[i].path, write->files[i].before, write->files[i].before_len};
	free(write->message);
	write->message = NULL;
	result = write->change(write->arg, write->written.base, before, after, write->count, &write->message, &write->written.err);
	for (size_t i = 0; i < write->count; i++) {
		struct write_file *file = &write->files[i];
		file->after = after[i];
		if (!file->after.touched)
			continue;
		/* The same bytes, or a file that is not there deleted: no change. */
		if (file->after.bytes ? file->before && file->before_len == file->after.len &&
		                            memcmp(file->before, file->after.bytes, file->after.len) == 0
		                      : !file->before)
			file->after.touched = 0;
		changes += file->after.touched;
	}
	free(before);
	free(after);
	if (result < 0)
		return -1;
	return changes > 0;
}

static void forget_attempt(struct git_write *write)
{
	for (size_t i = 0; i < write->count; i++) {
		struct write_file *file = &write->files[i];
		free(file->before);
		free(file->after.bytes);
		file->before = NULL;
		file->before_len = 0;
		file->after = (struct git_after){0};
		file->mode[0] = file->oid[0] = file->fresh[0] = '\0';
	}
	write->listed = 0;
	journal_clear_room(write);
}

static int take_hashes(struct git_write *write, const struct git_answer *answer)
{
	const char *at = answer->out;
	for (size_t i = 0; i < write->count; i++) {
		struct write_file *file = &write->files[i];
		size_t len = strcspn(at, "\n");
		if (!file->after.touched || !file->after.bytes)
			continue;
		if (len >= GIT_SHA || !at[len])
			return err_set(&write->written.err, "git did not take %s", file->path);
		memcpy(file->fresh, at, len);
		file->fresh[len] = '\0';
		if (!sha_is_whole(file->fresh))
			return err_set(&write->written.err, "git did not take %s", file->path);
		at += len + 1;
	}
	return 0;
}

/* The line of a porcelain push that speaks of our ref: its flag; 0: there is none. */
static char pushed_flag(const struct git_write *write, const struct git_answer *answer, const char **summary)
{
	const char *at = answer->out, *end = answer->out + answer->out_len;
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *stop = line ? line : end, *tab = memchr(at, '\t', (size_t)(stop - at));
		if (tab == at + 1) {
			const char *colon = memchr(tab, ':', (size_t)(stop - tab)), *next = colon ? memchr(colon, '\t', (size_t)(stop - colon)) : NULL;
			if (next && (size_t)(next - colon - 1) == strlen(write->push_ref) &&
			    strncmp(colon + 1, write->push_ref, (size_t)(next - colon - 1)) == 0) {
				*summary = next + 1;
				return *at;
			}
		}
		at = line ? line + 1 : end;
	}
	return 0;
}

/* Whether a person who loses here should simply be asked to try again by us. */
static int is_race(const char *words)
{
	static const char *const races[] = {"fetch first", "non-fast-forward", "cannot lock ref", "incorrect old value provided",
	                                    "failed to update ref", "stale info", "reference already exists", "unable to update local ref"};
	for (size_t i = 0; i < sizeof(races) / sizeof(races[0]); i++)
		if (strcasestr(words, races[i]))
			return 1;
	return 0;
}

static void pushed(struct git_write *write, const struct git_answer *answer)
{
	const char *summary = "";
	char flag = pushed_flag(write, answer, &summary), words[300];
	snprintf(words, sizeof(words), "%.*s", (int)strcspn(summary, "\n"), summary);
	if (answer->exit_code == 0 && flag && flag != '!') {
		finish(write, GIT_WRITE_DONE);
	} else if (flag == '!' && is_race(words)) {
		if (write->written.attempts >= GIT_ATTEMPTS) {
			err_set(&write->written.err, "others were faster %d times in a row; nothing was pushed, try again", GIT_ATTEMPTS);
			finish(write, GIT_WRITE_RACED);
			return;
		}
		forget_attempt(write);
		retry(write, WRITE_FETCH);
	} else if (flag == '!' && !strcasestr(words, "remote failure")) {
		char said[300] = "";
		const char *remote = strstr(answer->said, "remote: ");
		if (remote)
			snprintf(said, sizeof(said), "; it says: %.*s", (int)(strcspn(remote + 8, "\n") < 250 ? strcspn(remote + 8, "\n") : 250), remote + 8);
		err_set(&write->written.err, "the server refused the push to %s: %s%s; where the branch is protected, use a pull request",
		        write->push_branch, words, said);
		finish(write, GIT_WRITE_REJECTED);
	} else if (answer->trouble == GIT_AUTHENTICATION || answer->trouble == GIT_HOST_KEY || answer->trouble == GIT_NO_REPOSITORY ||
	           answer->trouble == GIT_PROTOCOL || answer->trouble == GIT_NO_PROGRAM || answer->trouble == GIT_TLS) {
		fail(write, answer->error); /* it never came to a push */
	} else {
		/* Lost on the way: it may have landed. */
		err_set(&write->written.err, "%s", answer->error);
		retry(write, WRITE_ASK);
	}
}

static void asked(struct git_write *write, const struct git_answer *answer)
{
	char there[GIT_SHA] = "";
	if (answer->trouble != GIT_WELL) {
		if (++write->asked < LOST_MAX) {
			retry(write, WRITE_ASK);
			return;
		}
		err_set(&write->written.err, "the connection was lost while pushing %.10s to %s, and the server cannot be asked: %s",
		        write->written.commit, write->push_branch, answer->error);
		finish(write, GIT_WRITE_UNKNOWN);
		return;
	}
	if (answer->out_len && take_sha(answer, there) == 0 && strcmp(there, write->written.commit) == 0) {
		finish(write, GIT_WRITE_DONE);
		return;
	}
	write->step = WRITE_ASK_FETCH;
	step_go(write);
}

static void lost_again(struct git_write *write)
{
	if (++write->asked >= LOST_MAX) {
		finish(write, GIT_WRITE_FAILED); /* with what the push said */
		return;
	}
	forget_attempt(write);
	retry(write, WRITE_FETCH);
}

static void next(struct git_write *write, enum write_step step)
{
	write->step = step;
	step_go(write);
}

static void read_done(struct git_write *write)
{
	int changes = apply(write);
	if (changes < 0)
		finish(write, GIT_WRITE_REFUSED);
	else if (changes == 0)
		finish(write, GIT_WRITE_NOTHING);
	else if (write->dry)
		finish(write, GIT_WRITE_DONE);
	else if (journal_make_room(write, &write->written.err) < 0)
		fail(write, NULL);
	else
		next(write, WRITE_HASH);
}

static void listed(struct git_write *write, const struct git_answer *answer)
{
	if (take_list(write, answer) < 0) {
		finish(write, GIT_WRITE_REFUSED);
		return;
	}
	write->listed = write->listed + LIST_AT_ONCE < write->count ? write->listed + LIST_AT_ONCE : write->count;
	next(write, write->listed < write->count ? WRITE_LIST : WRITE_READ);
}

static void step_ended(void *arg, const struct git_answer *answer)
{
	struct git_write *write = arg;
	enum write_step step = write->step;
	write->call = NULL;
	if (step == WRITE_PUSH) {
		pushed(write, answer);
		return;
	}
	if (step == WRITE_ASK) {
		asked(write, answer);
		return;
	}
	if (step == WRITE_ASK_HOLDS || step == WRITE_ASK_FETCH) {
		if (step == WRITE_ASK_FETCH && answer->trouble == GIT_WELL)
			next(write, WRITE_ASK_HOLDS);
		else if (step == WRITE_ASK_HOLDS && answer->exit_code == 0)
			finish(write, GIT_WRITE_DONE);
		else
			lost_again(write);
		return;
	}
	/* Others fetch into the same clone: only one at a time moves its ref. */
	if (step == WRITE_FETCH && (answer->trouble == GIT_LOCKED || answer->trouble == GIT_MOVED) && write->locked++ < 50) {
		retry(write, WRITE_FETCH);
		return;
	}
	if (answer->trouble != GIT_WELL && step != WRITE_SETTINGS) {
		fail(write, answer->error);
		return;
	}
	switch (step) {
	case WRITE_SETTINGS:
		write->sign = answer->exit_code == 0 && strncmp(answer->out, "true", 4) == 0;
		next(write, write->fresh ? WRITE_TIP : WRITE_FETCH);
		break;
	case WRITE_FETCH:
		next(write, WRITE_TIP);
		break;
	case WRITE_TIP:
		write->written.attempts++;
		if (take_sha(answer, write->written.base) < 0)
			fail(write, "the branch is not in the clone");
		else
			next(write, write->count ? WRITE_LIST : WRITE_READ);
		break;
	case WRITE_LIST:
		listed(write, answer);
		break;
	case WRITE_READ:
		if (take_files(write, answer) < 0)
			fail(write, NULL);
		else
			read_done(write);
		break;
	case WRITE_HASH:
		if (take_hashes(write, answer) < 0)
			fail(write, NULL);
		else
			next(write, WRITE_INDEX);
		break;
	case WRITE_INDEX:
		next(write, WRITE_UPDATE);
		break;
	case WRITE_UPDATE:
		next(write, WRITE_TREE);
		break;
	case WRITE_TREE:
		if (take_sha(answer, write->tree) < 0)
			fail(write, "git made no tree");
		else
			next(write, WRITE_COMMIT);
		break;
	case WRITE_COMMIT:
		if (take_sha(answer, write->written.commit) < 0)
			fail(write, "git made no commit");
		else if (journal_write(write, &write->written.err) < 0)
			fail(write, NULL);
		else
			next(write, WRITE_PUSH);
		break;
	default:
		break;
	}
}

/* Each call's words. Input is built into write->input. */
static int step_input(struct git_write *write)
{
	int result = 0;
	buf_clear(&write->input);
	for (size_t i = 0; i < write->count && result == 0; i++) {
		const struct write_file *file = &write->files[i];
		if (write->step == WRITE_READ && file->mode[0])
			result = buf_printf(&write->input, "%s\n", file->oid);
		else if (write->step == WRITE_HASH && file->after.touched && file->after.bytes)
			result = buf_printf(&write->input, "%s/%zu\n", write->folder, i);
		else if (write->step == WRITE_UPDATE && file->after.touched)
			result = buf_printf(&write->input, "%s %s\t%s", file->after.bytes ? file->mode[0] ? file->mode : "100644" : "0",
			                    file->after.bytes ? file->fresh : write->written.base, file->path) < 0 ||
			         buf_add(&write->input, "", 1) < 0 ? -1 : 0;
	}
	if (write->step == WRITE_COMMIT)
		result = buf_add_string(&write->input, write->message ? write->message : "");
	return result;
}

static void step_go(struct git_write *write)
{
	static const char *const doing[] = {"asking the clone of", "fetching", "asking the clone of", "reading files of", "reading files of",
	                                    "writing into the clone of", "writing into the clone of", "writing into the clone of",
	                                    "writing into the clone of", "making a commit for", "pushing to", "asking", "fetching",
	                                    "asking the clone of"};
	const char *argv[LIST_AT_ONCE + 12] = {NULL}, *env[3] = {NULL};
	char index[600], refspec[GIT_SHA + 220];
	size_t n = 0;
	struct git_command command = {.argv = argv, .doing = doing[write->step], .done = step_ended, .arg = write, .timeout = 60};
	if (step_input(write) < 0) {
		fail(write, "the change is too large");
		return;
	}
	command.input = write->input.len ? write->input.data : NULL;
	command.input_len = write->input.len;
	if (write->index) {
		snprintf(index, sizeof(index), "GIT_INDEX_FILE=%s", write->index);
		env[0] = index;
		command.extra_env = env;
	}
#define WORDS(...) \
	do { \
		const char *const words[] = {__VA_ARGS__}; \
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) \
			argv[n++] = words[w]; \
	} while (0)
	switch (write->step) {
	case WRITE_SETTINGS: WORDS("config", "--get", "--type=bool", "commit.gpgSign"); command.plain_exit = 1; break;
	case WRITE_FETCH:
	case WRITE_ASK_FETCH:
		WORDS("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "origin", write->refspec);
		break;
	case WRITE_TIP: WORDS("rev-parse", "--verify", "--quiet", "--end-of-options", write->ref); break;
	case WRITE_LIST:
		WORDS("--literal-pathspecs", "ls-tree", "-z", "--full-tree", write->written.base, "--");
		for (size_t i = write->listed; i < write->count && i < write->listed + LIST_AT_ONCE; i++)
			argv[n++] = write->files[i].path;
		break;
	case WRITE_READ: WORDS("cat-file", "--batch"); command.max_output = READ_MAX; break;
	case WRITE_HASH: WORDS("hash-object", "-w", "-t", "blob", "--no-filters", "--stdin-paths"); break;
	case WRITE_INDEX: WORDS("read-tree", write->written.base); break;
	case WRITE_UPDATE: WORDS("update-index", "-z", "--index-info"); break;
	case WRITE_TREE: WORDS("write-tree"); break;
	case WRITE_COMMIT:
		WORDS("commit-tree", "-p", write->written.base);
		if (write->sign)
			argv[n++] = "-S";
		argv[n++] = write->tree;
		break;
	case WRITE_PUSH:
		if (write->progress)
			write->progress(write->arg, "pushing");
		snprintf(refspec, sizeof(refspec), "%s:%s", write->written.commit, write->push_ref);
		WORDS("push", "--porcelain", "--no-verify", "origin", refspec);
		command.timeout = 120;
		break;
	case WRITE_ASK: WORDS("ls-remote", "--quiet", "origin", write->push_ref); break;
	case WRITE_ASK_HOLDS: WORDS("merge-base", "--is-ancestor", write->written.commit, write->ref); command.plain_exit = 1; break;
	}
#undef WORDS
	write->call = git_run(write->git, &command);
}

int git_path_check(const char *path, struct err *err)
{
	static const char *const own[] = {".github", ".gitlab", ".gitea", ".forgejo", ".circleci", ".azuredevops", ".buildkite", ".woodpecker", ".tekton"};
	if (!*path || *path == '/' || strlen(path) > 1000)
		return err_set(err, "\"%.80s\" is no path within a repository", path);
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '\\')
			return err_set(err, "\"%.80s\" is no path that is written to", path);
	for (const char *at = path;;) {
		size_t len = strcspn(at, "/");
		int bad = len == 0 || (len == 1 && *at == '.') || (len == 2 && strncmp(at, "..", 2) == 0) ||
		          (len >= 4 && strncasecmp(at, ".git", 4) == 0) || (len >= 4 && strncasecmp(at, "git~", 4) == 0);
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			bad |= strlen(own[i]) == len && strncasecmp(own[i], at, len) == 0;
		if (bad)
			return err_set(err, "\"%.80s\" leaves the repository, or is Git's or the CI's own: it is not written", path);
		if (!at[len])
			return 0;
		at += len + 1;
	}
}

static int is_id(const char *text)
{
	return *text && strlen(text) < 100 && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")];
}

struct git_write *git_write_start(const struct git_write_options *options, struct err *err)
{
	const char *push = options->push_branch ? options->push_branch : options->branch;
	if (!branch_is_name(options->branch) || !branch_is_name(push) || !is_id(options->change_id)) {
		err_set(err, "\"%.60s\" or \"%.60s\" is no name that a commit can be pushed under", push, options->change_id);
		return NULL;
	}
	if (options->path_count > GIT_CHANGES_MAX) {
		err_set(err, "more than %d files at once are not changed in one commit", GIT_CHANGES_MAX);
		return NULL;
	}
	for (size_t i = 0; i < options->path_count; i++)
		if (git_path_check(options->paths[i], err) < 0)
			return NULL;
	struct git_write *write = mem_new(sizeof(*write));
	*write = (struct git_write){.git = options->git, .loop = options->loop, .branch = mem_copy_string(options->branch),
	    .push_branch = mem_copy_string(push), .journal = mem_copy_string(options->journal), .change_id = mem_copy_string(options->change_id),
	    .refspec = mem_printf("+refs/heads/%s:refs/remotes/origin/%s", options->branch, options->branch),
	    .ref = mem_printf("refs/remotes/origin/%s", options->branch), .push_ref = mem_printf("refs/heads/%s", push),
	    .count = options->path_count, .change = options->change, .progress = options->progress, .done = options->done,
	    .arg = options->arg, .dry = options->dry, .fresh = options->fresh, .backoff = options->backoff > 0 ? options->backoff : 0.05};
	write->files = mem_new_array(write->count + 1, sizeof(*write->files));
	for (size_t i = 0; i < write->count; i++)
		write->files[i].path = mem_copy_string(options->paths[i]);
	buf_init(&write->input, READ_MAX);
	write->timer = timer_new(options->loop, again, write);
	write->step = WRITE_SETTINGS;
	step_go(write);
	return write;
}

/* SPDX-License-Identifier: MIT */
/*
 * Git is spoken to through its program. The repository is made by one fast-import, in which the last
 * weeks of a company's commits are told; afterwards only its branch is looked at, and what a push
 * changed is read by ls-tree and cat-file.
 */
#include "origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api_state.h"
#include "base/mem.h"
#include "net/proc.h"

enum { STREAM_MAX = 64 << 20, COMMITS = 40, GIT_SECONDS = 30, HOUR_S = 3600 };

struct origin {
	struct loop *loop;
	struct origin_options options;
	char *path, *trouble;
	struct proc *proc;
	struct snapshot *head, *coming; /* coming: being read */
	struct vec unread;              /* struct origin_file * of `coming` whose text is not known */
	struct buf stream;
	int making;
	char looked[44];
	struct vec commits; /* struct buf *: streams that wait for git */
};

/* Snapshots */

struct snapshot *snapshot_take(struct snapshot *snapshot)
{
	snapshot->refs++;
	return snapshot;
}

static void file_drop(struct origin_file *file)
{
	if (--file->refs > 0)
		return;
	free(file->path);
	free(file->text);
	free(file);
}

void snapshot_drop(struct snapshot *snapshot)
{
	if (!snapshot || --snapshot->refs > 0)
		return;
	for (size_t i = 0; i < snapshot->files.len; i++)
		file_drop(snapshot->files.items[i]);
	vec_release(&snapshot->files);
	free(snapshot);
}

static struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = mem_new(sizeof(*snapshot));
	snapshot->refs = 1;
	vec_init(&snapshot->files);
	return snapshot;
}

static size_t file_find(const struct snapshot *snapshot, const char *path, int *there)
{
	size_t low = 0, high = snapshot->files.len;
	*there = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(((const struct origin_file *)snapshot->files.items[middle])->path, path);
		if (order == 0) {
			*there = 1;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct origin_file *snapshot_file(const struct snapshot *snapshot, const char *path)
{
	int there;
	size_t at = file_find(snapshot, path, &there);
	return there ? snapshot->files.items[at] : NULL;
}

static void file_add(struct snapshot *snapshot, struct origin_file *file)
{
	int there;
	vec_insert(&snapshot->files, file_find(snapshot, file->path, &there), file);
}

static struct origin_file *file_new(const char *path, const char *text)
{
	struct origin_file *file = mem_new(sizeof(*file));
	file->refs = 1;
	file->path = mem_copy_string(path);
	file->text = mem_copy_string(text);
	return file;
}

/* The beginning */

static const char defaults_text[] =
	"# What holds for every service that says nothing else.\n"
	"app:\n  port: 8080\n  replicas: 1\n"
	"hpa:\n  enabled: false\n  minReplicas: 2\n  targetCPU: 70\n";
static const char prod_text[] =
	"# Production.\napp:\n  replicas: 2\n";
static const char dev_text[] =
	"# Development: small, and nobody is woken.\nobservability:\n  interval: 1m\n";

static void fixed_files(struct origin *origin)
{
	static const char *const fixed[][2] = {
		{"platform/defaults.yaml", defaults_text}, {"platform/env/prod.yaml", prod_text},
		{"platform/env/dev.yaml", dev_text},
		{"platform/region/eu-west-1.yaml", "# Ireland.\napp:\n  region: eu-west-1\n"},
		{"platform/region/us-east-1.yaml", "# Virginia.\napp:\n  region: us-east-1\n"},
		{"README.md", "# The platform\n\nWhat runs, where, and how. A push to main is rolled out by Flux in every cluster.\n\n"
		              "    services/SERVICE/ENV/platform.yaml    what a team says of its service\n"
		              "    platform/                             what holds for all of them\n"},
	};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		file_add(origin->head, file_new(fixed[i][0], fixed[i][1]));
	if (origin->options.catalog)
		file_add(origin->head, file_new("platform/flags.yaml", origin->options.catalog));
}

static void head_begin(struct origin *origin)
{
	const struct plan *plan = origin->options.plan;
	static const char *const envs[] = {"dev", "prod"};
	struct buf text;
	char path[256];
	origin->head = snapshot_new();
	fixed_files(origin);
	buf_init(&text, STREAM_MAX);
	for (size_t i = 0; i < plan->count; i++)
		for (size_t env = 0; env < 2; env++) {
			buf_clear(&text);
			service_text(&text, &plan->services[i], envs[env], plan->services[i].minor);
			snprintf(path, sizeof(path), "services/%s/%s/platform.yaml", plan->services[i].name, envs[env]);
			file_add(origin->head, file_new(path, buf_string(&text)));
		}
	buf_release(&text);
}

#define SAY(...) buf_must(buf_printf(&origin->stream, __VA_ARGS__))

static void stream_commit(struct origin *origin, int64_t ms, int author, const char *message)
{
	static const char *const people[] = {
		"Ines Duarte <ines@example.com>", "Tom Okafor <tom@example.com>", "Mei Lindqvist <mei@example.com>",
		"Jonas Brandt <jonas@example.com>", "Aisha Rahman <aisha@example.com>", "release-bot <release-bot@example.com>"};
	const char *who = people[author % 6];
	long long s = ms / 1000;
	SAY("commit refs/heads/main\nauthor %s %lld +0000\ncommitter %s %lld +0000\ndata %zu\n%s\n", who, s, who, s,
	    strlen(message), message);
}

static void stream_file(struct origin *origin, const char *path, const char *text)
{
	SAY("M 100644 inline %s\ndata %zu\n", path, strlen(text));
	buf_must(buf_add_string(&origin->stream, text));
	SAY("\n");
}

/* The commits of the last weeks are releases: what they changed had the version before in the first commit. */
static void stream_write(struct origin *origin)
{
	const struct plan *plan = origin->options.plan;
	int64_t first = origin->options.now_ms - (int64_t)HOUR_S * 1000 * 24 * 40;
	struct buf text;
	char path[256], message[160];
	buf_init(&text, STREAM_MAX);
	stream_commit(origin, first, 0, "Start the platform repository");
	for (size_t i = 0; i < origin->head->files.len; i++) {
		const struct origin_file *file = origin->head->files.items[i];
		stream_file(origin, file->path, file->text);
	}
	for (size_t i = 0; i < COMMITS && plan->count > 0; i++) {
		const struct plan_service *service = &plan->services[mix(i * 77 + 5) % plan->count];
		int64_t when = first + (int64_t)(i + 1) * HOUR_S * 1000 * 23;
		snprintf(path, sizeof(path), "services/%s/prod/platform.yaml", service->name);
		for (int back = 1; back >= 0; back--) {
			buf_clear(&text);
			service_text(&text, service, "prod", service->minor - back);
			snprintf(message, sizeof(message), back ? "%s: back to 1.%d.0 while latency is looked into\n"
			                                        : "%s: release 1.%d.0\n", service->name, service->minor - back);
			stream_commit(origin, when + (1 - back) * HOUR_S * 3000, back ? (int)i : 5, message);
			stream_file(origin, path, buf_string(&text));
		}
	}
	SAY("done\n");
	buf_release(&text);
}

/* Git */

static struct proc *git_start(struct origin *origin, const char *const *argv, const char *input, size_t len,
                              void (*done)(void *arg, const struct proc_result *result), struct err *err)
{
	/* Nothing of the person's own configuration may matter. */
	static const char *const env[] = {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", NULL};
	const struct proc_options options = {.argv = argv, .extra_env = env, .input = input, .input_len = len,
	                                     .max_output = STREAM_MAX, .timeout = GIT_SECONDS};
	return proc_start(origin->loop, &options, done, origin, err);
}

static void trouble_set(struct origin *origin, const char *what, const struct proc_result *result)
{
	free(origin->trouble);
	origin->trouble = mem_printf("%s: %.200s", what, result && result->errors_len ? result->errors : "git failed");
	origin->trouble[strcspn(origin->trouble, "\n")] = '\0';
	origin->making = 0;
}

static int ref_read(const struct origin *origin, char out[44])
{
	char *path = mem_printf("%s/refs/heads/main", origin->path);
	FILE *file = fopen(path, "re");
	int found = file && fgets(out, 44, file) != NULL;
	if (file)
		fclose(file);
	free(path);
	if (found)
		out[strcspn(out, "\n")] = '\0';
	return found && strlen(out) == 40 ? 0 : -1;
}

static void imported(void *arg, const struct proc_result *result)
{
	struct origin *origin = arg;
	origin->proc = NULL;
	buf_release(&origin->stream);
	if (result->exit_code != 0 || ref_read(origin, origin->head->sha) < 0) {
		trouble_set(origin, "the repository cannot be filled", result);
		return;
	}
	snprintf(origin->looked, sizeof(origin->looked), "%s", origin->head->sha);
	origin->making = 0;
}

static void made(void *arg, const struct proc_result *result)
{
	struct origin *origin = arg;
	const char *const argv[] = {"git", "--git-dir", origin->path, "fast-import", "--quiet", "--done", NULL};
	struct err err = {0};
	origin->proc = NULL;
	if (result->exit_code != 0) {
		trouble_set(origin, "the repository cannot be made", result);
		return;
	}
	origin->proc = git_start(origin, argv, origin->stream.data, origin->stream.len, imported, &err);
	if (!origin->proc)
		trouble_set(origin, err.text, NULL);
}

struct origin *origin_new(struct loop *loop, const struct origin_options *options)
{
	struct origin *origin = mem_new(sizeof(*origin));
	struct err err = {0};
	origin->loop = loop;
	origin->options = *options;
	origin->path = mem_copy_string(options->path);
	origin->making = 1;
	buf_init(&origin->stream, STREAM_MAX);
	vec_init(&origin->unread);
	vec_init(&origin->commits);
	const char *const argv[] = {"git", "init", "--quiet", "--bare", "--initial-branch=main", origin->path, NULL};
	origin->proc = git_start(origin, argv, NULL, 0, made, &err);
	if (!origin->proc)
		trouble_set(origin, err.text, NULL);
	head_begin(origin);
	stream_write(origin);
	return origin;
}

void origin_free(struct origin *origin)
{
	if (!origin)
		return;
	if (origin->proc)
		proc_cancel(origin->proc);
	snapshot_drop(origin->head);
	snapshot_drop(origin->coming);
	vec_release(&origin->unread);
	for (size_t i = 0; i < origin->commits.len; i++) {
		buf_release(origin->commits.items[i]);
		free(origin->commits.items[i]);
	}
	vec_release(&origin->commits);
	buf_release(&origin->stream);
	free(origin->path);
	free(origin->trouble);
	free(origin);
}

const char *origin_ready(struct origin *origin)
{
	while (origin->making)
		loop_poll(origin->loop, 1);
	return origin->trouble;
}

int origin_waits(const struct origin *origin)
{
	return origin->proc != NULL;
}

struct snapshot *origin_head(const struct origin *origin)
{
	return origin->head;
}

/* Reading what was pushed */

static void coming_done(struct origin *origin)
{
	snapshot_drop(origin->head);
	origin->head = origin->coming;
	origin->coming = NULL;
	vec_clear(&origin->unread);
	origin->options.moved(origin->options.arg, origin->head);
}

static void coming_drop(struct origin *origin)
{
	snapshot_drop(origin->coming);
	origin->coming = NULL;
	vec_clear(&origin->unread);
	origin->looked[0] = '\0'; /* once more at the next look */
}

/* "SHA blob SIZE\nBYTES\n" for each that was asked for, in that order. */
static void blobs_read(void *arg, const struct proc_result *result)
{
	struct origin *origin = arg;
	const char *at = result->out, *end = result->out + result->out_len;
	origin->proc = NULL;
	for (size_t i = 0; i < origin->unread.len && result->exit_code == 0; i++) {
		struct origin_file *file = origin->unread.items[i];
		const char *line = memchr(at, '\n', (size_t)(end - at)), *space;
		if (!line || !(space = memrchr(at, ' ', (size_t)(line - at))))
			break;
		size_t len = strtoul(space + 1, NULL, 10);
		if (len + 1 > (size_t)(end - line - 1))
			break;
		file->text = mem_copy(line + 1, len);
		at = line + 1 + len + 1;
	}
	for (size_t i = 0; i < origin->unread.len; i++)
		if (!((struct origin_file *)origin->unread.items[i])->text) {
			coming_drop(origin);
			return;
		}
	coming_done(origin);
}

/* "100644 blob SHA\tPATH\0". Known blobs are shared with the snapshot before. */
static void entry_read(struct origin *origin, const char *entry)
{
	const char *tab = strchr(entry, '\t');
	if (!tab || strncmp(entry, "100", 3) != 0 || tab - entry < 52)
		return;
	char blob[44];
	snprintf(blob, sizeof(blob), "%.40s", tab - 40);
	struct origin_file *known = (struct origin_file *)(uintptr_t)snapshot_file(origin->head, tab + 1);
	if (known && strcmp(known->blob, blob) == 0) {
		known->refs++;
		vec_push(&origin->coming->files, known);
		return;
	}
	struct origin_file *file = file_new(tab + 1, NULL);
	snprintf(file->blob, sizeof(file->blob), "%s", blob);
	file_add(origin->coming, file);
	vec_push(&origin->unread, file);
}

static void tree_read(void *arg, const struct proc_result *result)
{
	struct origin *origin = arg;
	const char *const argv[] = {"git", "--git-dir", origin->path, "cat-file", "--batch", NULL};
	struct buf wanted;
	struct err err = {0};
	origin->proc = NULL;
	if (result->exit_code != 0) {
		coming_drop(origin);
		return;
	}
	for (const char *at = result->out; at < result->out + result->out_len; at += strlen(at) + 1)
		entry_read(origin, at);
	if (origin->unread.len == 0) {
		coming_done(origin);
		return;
	}
	buf_init(&wanted, STREAM_MAX);
	for (size_t i = 0; i < origin->unread.len; i++)
		buf_must(buf_printf(&wanted, "%s\n", ((const struct origin_file *)origin->unread.items[i])->blob));
	origin->proc = git_start(origin, argv, wanted.data, wanted.len, blobs_read, &err);
	if (!origin->proc)
		coming_drop(origin);
	buf_release(&wanted);
}

static void origin_look_at_head(struct origin *origin)
{
	char sha[44];
	struct err err = {0};
	if (origin->proc || origin->trouble || ref_read(origin, sha) < 0 || strcmp(sha, origin->looked) == 0)
		return;
	const char *const argv[] = {"git", "--git-dir", origin->path, "ls-tree", "-r", "-z", sha, NULL};
	snprintf(origin->looked, sizeof(origin->looked), "%s", sha);
	origin->coming = snapshot_new();
	snprintf(origin->coming->sha, sizeof(origin->coming->sha), "%s", sha);
	origin->proc = git_start(origin, argv, NULL, 0, tree_read, &err);
	if (!origin->proc)
		coming_drop(origin);
}

static void committed(void *arg, const struct proc_result *result)
{
	struct origin *origin = arg;
	struct buf *first = origin->commits.items[0];
	origin->proc = NULL;
	/* Somebody pushed in between: once more, on top of that. */
	if (result->exit_code != 0)
		return;
	buf_release(first);
	free(first);
	vec_remove(&origin->commits, 0);
	origin_look(origin);
}

static void commit_next(struct origin *origin)
{
	const char *const argv[] = {"git", "--git-dir", origin->path, "fast-import", "--quiet", "--done", NULL};
	const struct buf *first = origin->commits.len ? origin->commits.items[0] : NULL;
	struct err err = {0};
	if (first && !origin->proc && !origin->trouble && !origin->making)
		origin->proc = git_start(origin, argv, first->data, first->len, committed, &err);
}

void origin_commit(struct origin *origin, const char *path, const char *text, const char *author, const char *message)
{
	struct buf *out = mem_new(sizeof(*out));
	long long now = (origin->options.clock ? origin->options.clock->wall(origin->options.clock) : clock_system.wall(&clock_system)) / 1000;
	buf_init(out, STREAM_MAX);
	buf_must(buf_printf(out, "commit refs/heads/main\nauthor %s %lld +0000\ncommitter %s %lld +0000\ndata %zu\n%s\nfrom "
	                         "refs/heads/main^0\nM 100644 inline %s\ndata %zu\n", author, now, author, now, strlen(message),
	                    message, path, strlen(text)));
	buf_must(buf_add_string(out, text));
	buf_must(buf_add_string(out, "\ndone\n"));
	vec_push(&origin->commits, out);
	commit_next(origin);
}

void origin_look(struct origin *origin)
{
	commit_next(origin);
	origin_look_at_head(origin);
}


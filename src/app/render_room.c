/* SPDX-License-Identifier: MIT */
/* What a repository holds was written by many: a link in it may not make a renderer read this machine's files. */
#include "app/render_room.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "net/proc.h"

enum { OUTPUT_MAX = 32 << 20, SAID = 360 };

struct ran {
	struct buf out;
	int done, code;
	char errors[SAID];
};

static void ran_to_end(void *arg, const struct proc_result *result)
{
	struct ran *ran = arg;
	ran->done = 1;
	ran->code = result->timed_out || result->too_much ? -1 : result->exit_code;
	utf8_sanitise(ran->errors, sizeof(ran->errors), result->errors, result->errors_len);
	if (result->timed_out)
		snprintf(ran->errors, sizeof(ran->errors), "no answer within a minute");
	if (result->too_much)
		snprintf(ran->errors, sizeof(ran->errors), "it said more than 32 MiB");
	if (buf_add(&ran->out, result->out, result->out_len) < 0)
		ran->code = -1;
}

int room_run(struct loop *loop, const char *const *argv, struct buf *out, struct err *err)
{
	/* Remote bases are read by git: by the protocols that are permitted to us, and without a question. */
	static const char *const env[] = {"GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:ssh", NULL};
	const struct proc_options options = {.argv = argv, .extra_env = env, .max_output = OUTPUT_MAX, .timeout = 60};
	struct ran ran = {0};
	int result = -1;

	buf_init(&ran.out, OUTPUT_MAX);
	if (proc_start(loop, &options, ran_to_end, &ran, err)) {
		while (!ran.done)
			loop_poll(loop, 1);
		result = ran.code == 0 ? 0 : err_set(err, "%s: %s", argv[0], ran.errors);
	}
	if (out)
		*out = ran.out;
	else
		buf_release(&ran.out);
	return result;
}

int room_open(struct render_room *room, struct loop *loop, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *top = mem_printf("%s/flagdeck-render-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	int result = 0;

	*room = (struct render_room){.loop = loop};
	if (mkdtemp(top)) {
		room->top = top;
	} else {
		result = err_set(err, "%s: %s", top, strerror(errno));
		free(top);
	}
	return result;
}

void room_close(struct render_room *room)
{
	if (!room->top)
		return;
	const char *const argv[] = {"rm", "-rf", "--", room->top, NULL};
	if (room_run(room->loop, argv, NULL, NULL) < 0)
		rmdir(room->top); /* nothing more can be done about it */
	free(room->top);
	room->top = NULL;
}

int room_write(const char *path, const char *bytes, size_t len, struct err *err)
{
	FILE *file = fopen(path, "we");
	int bad = !file || fwrite(bytes, 1, len, file) != len;
	bad |= file && fclose(file) != 0;
	return bad ? err_set(err, "%s: %s", path, strerror(errno)) : 0;
}

static int leads_out(const char *folder, const char *link)
{
	char *real = realpath(link, NULL), *home = realpath(folder, NULL);
	size_t len = home ? strlen(home) : 0;
	int out = !real || !home || strncmp(real, home, len) != 0 || (real[len] && real[len] != '/');

	free(real);
	free(home);
	return out;
}

int room_unpack(struct render_room *room, const char *tar, const char *folder, struct err *err)
{
	const char *const argv[] = {"tar", "-xf", tar, "-C", folder, NULL};
	char *const roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *tree;
	FTSENT *entry;

	if (room_run(room->loop, argv, NULL, err) < 0)
		return -1;
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return err_set(err, "%s: %s", folder, strerror(errno));
	while ((entry = fts_read(tree)))
		if ((entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE) && leads_out(folder, entry->fts_path))
			unlink(entry->fts_path);
	fts_close(tree);
	return 0;
}

int room_has(const char *program)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	for (const char *at = path ? path : ""; *at;) {
		size_t len = strcspn(at, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, at, program);
		if (len && access(file, X_OK) == 0)
			return 1;
		at += len + (at[len] == ':');
	}
	return 0;
}
